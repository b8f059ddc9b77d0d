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
# # 08 Sites and quarters
#
# **Question.** Is this quarter or this site outside ordinary variation?
#
# **For** the director's analyst. **Reading time** about six minutes. Everything here is made up: `sample_data/` was
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
# ## Quarters
#
# The level is that of the first twelve quarters; before that limits are provisional and no signal is claimed. The sample network has six
# quarters, so that the second chart is invented.

# %%
rates = oc.summarize_endpoints(courses, by="quarter", endpoints=["response"])
counts = rates.query("instrument == 'phq9' and denominator == 'all_eligible' and n > 0")
chart = oc.summarize_control_chart(counts)
ax = oc.plot_control_chart(chart, ylabel="Response (%)")

# %%
import numpy as np

rng = np.random.default_rng(5)
quarters = pd.period_range("2022Q1", "2026Q2", freq="Q").astype(str)
n = rng.integers(35, 80, len(quarters))
invented = pd.DataFrame({"quarter": quarters, "k": rng.binomial(n, [0.4] * 14 + [0.62] * 4), "n": n})
signals = oc.summarize_control_chart(invented)
ax = oc.plot_control_chart(signals, ylabel="Response, invented (%)")

# %%
signals.loc[signals["signal"].notna(), ["quarter", "k", "n", "signal", "side"]]

# %% [markdown]
# ## Sites
#
# Three sites stand in a table; limits need five. Twelve invented sites show the funnel: names stand only outside the 99.8 % limits, and
# nothing is ranked.

# %%
by_site = oc.summarize_endpoints(courses, by="site", endpoints=["response"])
by_site.query("instrument == 'phq9' and denominator == 'all_eligible'")[
    ["site", "k", "n", "share", "conf_low", "conf_high"]
].round(3)

# %%
n = rng.integers(15, 140, 12)
sites = pd.DataFrame(
    {"site": [f"Site {one}" for one in "ABCDEFGHIJKL"], "k": rng.binomial(n, [0.45] * 11 + [0.8]), "n": n}
)
funnel = oc.summarize_funnel(sites)
ax = oc.plot_funnel(funnel, ylabel="Response, invented (%)")

# %% [markdown]
# ## The answer

# %%
outside = funnel.loc[funnel["place"].isin(["far above", "far below"]), "site"].tolist()
print(
    f"Sample network: {len(chart)} quarters, too few for a signal. Invented clinic: signals in "
    f"{', '.join(signals.loc[signals['signal'].notna(), 'quarter'])}; outside the funnel: {', '.join(outside) or 'no site'}."
)
