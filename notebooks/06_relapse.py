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
# # 06 Relapse
#
# **Question.** How long does it last, and what does the handling of maintenance do to the curve?
#
# **For** the researcher. **Reading time** about seven minutes. Everything here is made up: `sample_data/` was
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
# ## Responders, from the score that showed it
#
# A relapse is confirmed by a later bad score; loss of response is a single score. Both stand side by side, since published curves use either.

# %%
own = courses.query("instrument == 'phq9'")
relapse = oc.build_relapse_times(phq, own)
loss = oc.build_relapse_times(phq, own, endpoint="loss_of_response")
oc.summarize_events(pd.concat([relapse, loss]))[
    ["endpoint", "n", "n_events", "n_new_series", "n_unconfirmed", "median_gap_days"]
]

# %%
confirmed, single = (oc.fit_interval_survival(one, days=[28, 56, 84], n_boot=300) for one in (relapse, loss))
ax = oc.plot_survival(confirmed, compare=single, labels=("confirmed relapse", "loss of response"))

# %% [markdown]
# ## Maintenance: part of care, or the end of follow-up
#
# Ignored in the primary analysis (what happens under the care that was given); censored at the first maintenance infusion in a sensitivity
# analysis. Neither is the curve without maintenance.

# %%
censoring = oc.get_profile("default").replace(maintenance="censor")
censored = oc.build_relapse_times(phq, own, profile=censoring)
curves = {
    "maintenance ignored": oc.fit_kaplan_meier(relapse),
    "censored at maintenance": oc.fit_kaplan_meier(censored),
}
pd.concat(
    {name: fit.extras["landmarks"].set_index("day")[["estimate", "at_risk"]] for name, fit in curves.items()},
    axis=1,
).round(3)

# %% [markdown]
# ## A number that needs no median

# %%
well = oc.estimate_restricted_mean(relapse, tau=84)
well.table.round(1)

# %% [markdown]
# ## The whole course

# %%
states = oc.build_states(phq, own)
ax = oc.plot_states(oc.fit_state_occupancy(states, days=range(0, 169, 7), n_boot=0))

# %% [markdown]
# ## The answer

# %%
at = confirmed.extras["landmarks"].set_index("day")
print(
    f"By week 8 an estimated {at.loc[56, 'estimate']:.0%} of responders had no confirmed relapse ({int(at.loc[56, 'at_risk'])} still followed); "
    f"of 84 days they spent {well.table['estimate'].item():.0f} without it."
)
