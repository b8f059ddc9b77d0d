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
# # 03 Reliable change
#
# **Question.** Whose change is larger than measurement error?
#
# **For** the analyst and the clinician. **Reading time** about six minutes. Everything here is made up: `sample_data/` was
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
# ## Points, and where they come from
#
# A total moves by a few points without anything changing. The reliable change is the number of points beyond which that is unlikely; it
# follows from a reliability and a standard deviation, and published values differ.

# %%
index = oc.summarize_change_indices(courses)
index.query("instrument == 'phq9'").head(8)

# %% [markdown]
# ## Everyone with both totals
#
# Gray: change within measurement error. Below it people are reliably better, above it reliably worse.

# %%
ax = oc.plot_reliable_change(courses, instrument="phq9")

# %%
reliable = oc.summarize_reliable_change(courses)
reliable.query("instrument == 'phq9'").T

# %% [markdown]
# ## From which severity to which

# %%
shift = oc.summarize_severity_shift(courses)
ax = oc.plot_severity_shift(shift, instrument="phq9")

# %% [markdown]
# ## Each person
#
# One bar per person, sorted; the hatched block is as wide as the number without an endpoint score.

# %%
ax = oc.plot_change(courses, instrument="phq9")

# %% [markdown]
# ## The answer

# %%
own = courses.query("series == 1 and instrument == 'phq9' and due and change.notna()")
better, worse = int(own["reliable_improvement"].fillna(False).sum()), int(own["reliable_deterioration"].sum())
any_worse = int((own["change"] > 0).sum())
print(
    f"Of {len(own)} people with both totals, {better} improved by more than measurement error and {worse} worsened by more; "
    f"{any_worse} have a higher total than before, which mostly says nothing."
)
