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
# # 13 Write the paper
#
# **Question.** How do I get Table 1, the methods paragraph and the figures into a manuscript?
#
# **For** the researcher. **Reading time** about six minutes. Everything here is made up: `sample_data/` was
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
# ## Table 1
#
# Standardized differences instead of tests of baseline differences: they do not depend on how many patients there are.

# %%
own = courses.query("series == 1 and instrument == 'phq9'")
table = oc.summarize_characteristics(own, cohort.patients, by="route")


def show(row):
    """A cell of Table 1: mean (SD), or n (%)."""
    return f"{row.k} ({row.share:.0%})" if pd.notna(row.k) else f"{row.mean:.1f} ({row.sd:.1f})"


cells = table.assign(
    cell=[show(row._make([None if pd.isna(one) else one for one in row])) for row in table.itertuples()]
)
names = table["variable"] + table["level"].map(lambda level: "" if pd.isna(level) else f": {level}")
first = cells.assign(characteristic=names).pivot_table(
    index="characteristic", columns="group", values="cell", aggfunc="first", sort=False
)
first["difference"] = (
    table.assign(characteristic=names).groupby("characteristic")["difference"].first().round(2)
)
first

# %% [markdown]
# ## The primary result, with its missing scores

# %%
rates = oc.summarize_endpoints(own, endpoints=["response", "remission"])
shown = rates.query("denominator in ('all_eligible', 'observed')")
shown[["label", "denominator", "k", "n", "share", "conf_low", "conf_high", "n_missing"]].round(3)

# %% [markdown]
# ## The models

# %%
early = phq.query("series == 1 and day <= 60")
early = early.assign(day=early["day"].clip(lower=0).astype(float))
model = oc.fit_mixed_model(early, "total ~ ns(day) * route", df_method="kenward-roger")
onset = oc.build_onset_times(phq, own, endpoint="response")
curve = oc.fit_interval_survival(onset, n_boot=200)
print(model.verdict, curve.verdict)

# %% [markdown]
# ## The methods paragraph
#
# Written from the fits: formula, errors, degrees of freedom, references and versions are those used. Why a model was chosen is yours to say.

# %%
print(oc.describe_methods(model))
print()
print(oc.describe_methods(curve))

# %% [markdown]
# Definitions, with status and source, as the profile has them:

# %%
print("\n".join(str(oc.get_profile("default")).splitlines()[:14]))

# %% [markdown]
# ## Figures at journal size
#
# One column is 86 mm wide, two are 178. Text is 8 points at either size; colors have a second channel.

# %%
import matplotlib.pyplot as plt

figure, ax = plt.subplots(figsize=(86 / 25.4, 65 / 25.4), layout="constrained", dpi=150)
ax = oc.plot_trajectories(early, instrument="phq9", means=oc.summarize_trajectory(early), ax=ax)

# %%
figure, ax = plt.subplots(figsize=(86 / 25.4, 65 / 25.4), layout="constrained", dpi=150)
ax = oc.plot_survival(curve, as_incidence=True, ax=ax)
print(oc.describe_survival(curve, as_incidence=True))

# %% [markdown]
# ## The answer

# %%
lead = shown.query("label == 'response' and denominator == 'all_eligible'")
row = (lead if len(lead) else shown.query("endpoint == 'response' and denominator == 'all_eligible'")).iloc[0]
print(
    f"{row['k']} of {row['n']} eligible people responded ({row['share']:.0%}, 95 % CI {row['conf_low']:.0%} to {row['conf_high']:.0%}; "
    f"{row['n_missing']} without a score count as not responded); table, figures and methods were made from the same frames."
)
