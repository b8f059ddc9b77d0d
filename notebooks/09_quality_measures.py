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
# # 09 Quality measures
#
# **Question.** Why do CMS159, DRR and NHS style rates differ on the same people?
#
# **For** the payer's analyst. **Reading time** about six minutes. Everything here is made up: `sample_data/` was
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
# ## Each measure has its own people, window and rule for missing scores

# %%
measures = pd.concat([oc.build_measure(cohort, name) for name in ("cms159", "hedis_drr", "nhs_tt")])
table = oc.summarize_measures(measures)
table[
    [
        "measure",
        "rate",
        "k",
        "n",
        "share",
        "n_excluded",
        "n_not_in_denominator",
        "n_not_estimable",
        "main_reason",
    ]
].round(3)

# %% [markdown]
# A measure that lacks a field has nobody counted and names the field: that is no rate of zero. What the clinic knows and no file shows can
# be stated, and is said in every row that rests on it.

# %%
stated = ("no_exclusions", "all_visits_qualify", "all_diagnosed")
measures = pd.concat(
    [oc.build_measure(cohort, name, assume=stated) for name in ("cms159", "hedis_drr", "nhs_tt")]
)
table = oc.summarize_measures(measures)
table[
    [
        "measure",
        "rate",
        "k",
        "n",
        "share",
        "conf_low",
        "conf_high",
        "n_not_in_denominator",
        "main_reason",
        "status",
    ]
].round(3)

# %%
import matplotlib.pyplot as plt

shown = table.query("n > 0").reset_index(drop=True)
figure, ax = plt.subplots(figsize=(7, 0.4 * len(shown) + 1.2), layout="constrained")
ax.hlines(shown.index, 100 * shown["conf_low"].astype(float), 100 * shown["conf_high"].astype(float))
ax.plot(100 * shown["share"].astype(float), shown.index, "s")
ax.set_yticks(shown.index, [f"{one.measure}: {one.rate} ({one.k} of {one.n})" for one in shown.itertuples()])
ax.set(xlim=(0, 100), xlabel="Met (%)")
ax.invert_yaxis()
plt.show()

# %% [markdown]
# ## One person's place

# %%
who = measures.loc[measures["measure"] == "nhs_tt", "patient_id"].iloc[0]
measures.query("patient_id == @who").T

# %% [markdown]
# ## The answer

# %%
share = shown["share"].astype(float)
print(
    f"On the same {cohort.patients['patient_id'].nunique()} people {len(shown)} rates lie between {share.min():.0%} and {share.max():.0%}, since "
    f"they count between {shown['n'].min()} and {shown['n'].max()} of them, in different windows, and differ in what a missing score means."
)
