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
# # 02 Endpoints
#
# **Question.** Who responded, and how much does the definition change the answer?
#
# **For** the clinic analyst. **Reading time** about seven minutes. Everything here is made up: `sample_data/` was
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
# ## One row per patient, series and questionnaire
#
# `build_courses` keeps everyone who started, also those without a score; a missing value has a reason.

# %%
columns = [
    "patient_id",
    "instrument",
    "baseline",
    "endpoint_total",
    "change",
    "response",
    "eligible_reason",
    "endpoint_reason",
]
courses.query("series == 1 and instrument == 'phq9'")[columns].head(8)

# %% [markdown]
# ## Rates on every denominator
#
# All eligible: no score counts as not reached. Observed: only those with a score. The bounds say how far the people we did not
# measure could move the rate.

# %%
rates = oc.summarize_endpoints(courses, endpoints=["response", "remission"])
rates.query("instrument == 'phq9'")[
    ["label", "rule", "denominator", "k", "n", "share", "conf_low", "conf_high", "n_missing"]
].round(3)

# %% [markdown]
# Who left on the way, by a named door:

# %%
ax = oc.plot_flow(oc.summarize_flow(courses), instrument="phq9")

# %% [markdown]
# ## The same people under other definitions
#
# Each profile is a file of definitions with sources: published studies, and quality measures of payers.

# %%
table = oc.summarize_profiles(cohort, ["default", "mcinnes2022", "hull2022", "sustain1_like"])
shown = table.query(
    "instrument == 'phq9' and endpoint == 'response' and denominator in ('all_eligible', 'observed')"
)
shown[["profile", "denominator", "window", "k", "n", "share"]].round(3)

# %%
figure = oc.plot_profiles(table, instrument="phq9")

# %% [markdown]
# ## An exception of your own
#
# A changed key is named, and changes the hash that is printed with every report.

# %%
own = oc.get_profile("default").replace(post_window_days=[14, 60])
wider = oc.build_courses(scores, cohort.infusions, cohort.patients, profile=own)
print(own.changed, own.hash)

# %% [markdown]
# ## The answer

# %%
share = shown["share"].astype(float)
lead = rates.query("instrument == 'phq9' and endpoint == 'response' and denominator == 'all_eligible'")
own = float(lead["share"].item())
print(
    f"Between {share.min():.0%} and {share.max():.0%} of the same people responded, depending on definition and denominator; "
    f"under the default {own:.0%} of everyone eligible."
)
