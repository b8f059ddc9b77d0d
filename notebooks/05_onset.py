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
# # 05 Onset
#
# **Question.** When does response first show, given that we only look at visits?
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
# ## The interval between two visits
#
# A response was not there at one score and there at the next. `build_onset_times` gives both days; a curve that dates it at the visit is late
# by part of a gap.

# %%
onset = oc.build_onset_times(phq, courses.query("instrument == 'phq9'"), endpoint="response")
onset.query("included")[["patient_id", "left", "right", "event", "reason", "median_gap_days"]].head(6)

# %%
curve = oc.fit_interval_survival(onset, n_boot=300)
visit = oc.fit_kaplan_meier(onset, landmarks=(14, 28, 56))
ax = oc.plot_survival(curve, as_incidence=True, compare=visit)

# %% [markdown]
# Shares at fixed days, with the range that the data leave open where a day lies inside a step:

# %%
curve.extras["landmarks"].round(3)

# %% [markdown]
# ## In numbers of infusions

# %%
doses = oc.fit_interval_survival(onset, clock="infusions", days=[2, 4, 6], n_boot=100)
ax = oc.plot_survival(doses, as_incidence=True)

# %% [markdown]
# ## Stopping before response
#
# Who stops can no longer respond to the series: both shares are of everyone who started.

# %%
either = oc.fit_cumulative_incidence(oc.build_competing_times(onset, courses), days=[14, 28, 56])
ax = oc.plot_incidence(either)

# %% [markdown]
# ## The answer


# %%
def read(fit):
    return 1 - float(fit.extras["landmarks"].set_index("day")["estimate"].get(14))


print(
    f"Half have responded {curve.extras['medians']['text'].item()}; by day 14 {read(curve):.0%} taken between visits and "
    f"{read(visit):.0%} dated at the visit."
)
