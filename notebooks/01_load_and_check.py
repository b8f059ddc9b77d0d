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
# # 01 Load and check
#
# **Question.** Is my export usable, and what was left out and why?
#
# **For** the clinic analyst, before the first table. **Reading time** about six minutes. Everything here is made up:
# `sample_data/` was written by `outcomes simulate`.

# %%
from pathlib import Path

import pandas as pd

import outcomes as oc

folder = Path("sample_data") if Path("sample_data").exists() else Path("../sample_data")
pd.set_option("display.width", 160, "display.max_columns", 20)

# %% [markdown]
# ## What is in the folder?
#
# A folder is described by its `outcomes.toml`: which files, from which site, in which role. `inspect_folder` looks at each
# file, changes nothing, and says what it recognized and why. Here is the form-style export of the first site.

# %%
reports = oc.inspect_folder(folder)
reports[0]

# %% [markdown]
# ## Load it
#
# Each physical row of each file ends in the ledger exactly once: used, or excluded for one named reason.

# %%
cohort = oc.load_cohort(folder)
cohort

# %%
oc.summarize_ledger(cohort.ledger)

# %% [markdown]
# Which rows were left out? The ledger names file, row and column, and never shows the content of a cell.

# %%
excluded = cohort.ledger.query("status == 'excluded'")
excluded[["input", "role", "row", "column", "reason"]].head(10)

# %%
assert len(cohort.ledger) == (cohort.ledger["status"] == "used").sum() + len(excluded)
excluded["reason"].value_counts()

# %% [markdown]
# What the loader decided, and on which evidence:

# %%
for note in cohort.notes[:12]:
    print("-", note)

# %% [markdown]
# ## What came out
#
# One row per questionnaire. A total is missing when an item is missing; it is never filled silently.

# %%
columns = ["patient_id", "instrument", "date", "n_items_answered", "total"]
cohort.scores[columns].sample(6, random_state=2).sort_values(["patient_id", "date"])

# %%
scores = cohort.scores.assign(without_total=cohort.scores["total"].isna())
scores.groupby("instrument").agg(
    questionnaires=("assessment_id", "size"),
    without_total=("without_total", "sum"),
    patients=("patient_id", "nunique"),
)

# %% [markdown]
# ## The first picture
#
# `derive_endpoints` puts every score on the patient's own clock (day 0 is the first infusion) and keeps the rows as they
# are; the same plain frame goes to `summarize_` and `plot_`.

# %%
derived = oc.derive_endpoints(cohort.scores, cohort.infusions, cohort.patients)
first_series = derived.query("series == 1 and day <= 60")
means = oc.summarize_trajectory(first_series)
ax = oc.plot_trajectories(first_series, instrument="phq9", means=means)

# %% [markdown]
# ## The answer

# %%
used = int((cohort.ledger["status"] == "used").sum())
print(
    f"Usable: {used:,} of {len(cohort.ledger):,} rows were used; {len(excluded):,} were left out, "
    f"each for one of {excluded['reason'].nunique()} reasons that the ledger names."
)
