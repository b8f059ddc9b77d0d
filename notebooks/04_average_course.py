# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 04 The average course
#
# **Question.** What is the typical trajectory, and is the model to be trusted?
#
# **For** the researcher. **Reading time** about eight minutes. Everything here is made up: `sample_data/` was
# written by `outcomes simulate`.

# %%
from pathlib import Path

import pandas as pd

import outcomes as oc

folder = Path("sample_data") if Path("sample_data").exists() else Path("../sample_data")
pd.set_option("display.width", 160, "display.max_columns", 20)
cohort = oc.load_cohort(folder)
scores = oc.derive_endpoints(cohort.scores, cohort.infusions, cohort.patients)
courses = oc.build_courses(scores, cohort.infusions, cohort.patients)
phq = scores.query("instrument == 'phq9'")

# %% [markdown]
# ## A mixed model on all scores
#
# Each person has a level and a slope of their own; the mean is a smooth curve of days. People who stop answering stay in the model:
# it is right if what is missing depends only on the scores seen.

# %%
early = phq.query("series == 1 and day <= 60")
early = early.assign(day=early["day"].clip(lower=0).astype(float))
model = oc.fit_mixed_model(early, "total ~ ns(day) * route", df_method="kenward-roger")
model

# %%
model.extras["tests"].round(4)

# %% [markdown]
# ## Means and differences
#
# Spline coefficients mean nothing one by one; means on days and their differences do.

# %%
means = oc.estimate_marginal_means(model, at={"day": [0, 7, 14, 28, 56]}, by="route")
means.table.round(2)

# %%
oc.compare_marginal_means(model, at={"day": [28]}, by="route", pairwise="route", adjust="holm").table.round(3)

# %%
curve = oc.estimate_marginal_means(model, at={"day": list(range(57))})
ax = oc.plot_trajectories(early, instrument="phq9", means=oc.summarize_trajectory(early), model=curve)

# %% [markdown]
# ## Is it to be trusted?
#
# Residuals against days, and against the quantiles that they should have.

# %%
residuals = oc.estimate_residuals(model)
ax = oc.plot_residuals(residuals, against="day")

# %%
ax = oc.plot_quantiles(residuals)

# %% [markdown]
# Which patients move the estimates most:

# %%
oc.estimate_influence(model).table.head(5).round(3)

# %% [markdown]
# ## The answer

# %%
table = means.table.query("day in (0, 28)")
falls = table.pivot_table(index="route", columns="day", values="estimate")
largest = (falls[0.0] - falls[28.0]).round(1)
print(
    f"Verdict {model.verdict}: by day 28 the model mean falls by "
    + ", ".join(f"{points:.1f} points ({route})" for route, points in largest.items())
    + "; there is no comparison group, so that this is a course, not what treatment did."
)
