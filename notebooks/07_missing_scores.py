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
# # 07 Missing scores
#
# **Question.** How far could the people we did not measure move the result?
#
# **For** the analyst and the researcher. **Reading time** about eight minutes. Everything here is made up: `sample_data/` was
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
# ## Who is missing

# %%
own = courses.query("instrument == 'phq9'")
ax = oc.plot_completeness_map(oc.summarize_completeness(own, phq, by="site"), by="site", target=0.8)

# %% [markdown]
# Those due with an endpoint score beside those without, by what was known at the start:

# %%
due = own.query("series == 1 and due")
due = due.assign(measured=due["endpoint_total"].notna().map({True: "measured", False: "not measured"}))
who = oc.summarize_characteristics(due, cohort.patients, by="measured")
who.loc[who["level"].isna(), ["variable", "group", "n", "mean", "sd", "difference"]].round(2)

# %% [markdown]
# When people gave their last score, and what it was:

# %%
oc.summarize_dropout(phq, own).head(6)

# %% [markdown]
# ## Four answers to one question
#
# Not reached if not measured; only those measured; reached if not measured; and totals drawn from a model of everything seen.

# %%
rates = oc.summarize_endpoints(own, endpoints=["response"]).set_index("denominator")
modelled = oc.estimate_rates(phq, own, endpoints=["response"])
answers = pd.concat(
    [
        rates.loc[["all_eligible", "observed", "bounds_high"], ["share", "conf_low", "conf_high"]],
        modelled.table.rename(columns={"estimate": "share"}, index={0: "model"})[
            ["share", "conf_low", "conf_high"]
        ],
    ]
).astype(float)
answers.round(3)

# %%
import matplotlib.pyplot as plt

figure, ax = plt.subplots(figsize=(7, 2.4), layout="constrained")
place = range(len(answers))[::-1]
ax.hlines(place, 100 * answers["conf_low"], 100 * answers["conf_high"])
ax.plot(100 * answers["share"], place, "o")
ax.set_yticks(
    list(place), ["not reached if missing", "measured only", "reached if missing", "drawn from a model"]
)
ax.set(xlim=(0, 100), xlabel="PHQ-9 response (%)")
plt.show()

# %% [markdown]
# ## The answer

# %%
low, high = answers.loc["all_eligible", "share"], answers.loc["bounds_high", "share"]
print(
    f"The response rate lies between {low:.0%} and {high:.0%} whatever the missing scores were; the model, which assumes that they depend only "
    f"on what was seen, gives {answers.loc['model', 'share']:.0%}, and those measured alone {answers.loc['observed', 'share']:.0%}."
)
