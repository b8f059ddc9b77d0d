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
# # 11 A new instrument
#
# **Question.** How do I add a scale without touching Python?
#
# **For** the researcher. **Reading time** about five minutes. Everything here is made up: `sample_data/` was
# written by `outcomes simulate`.

# %%
import tempfile
from pathlib import Path

import outcomes as oc

oc.get_instrument("phq9")

# %% [markdown]
# ## What an instrument is
#
# A TOML file: items, range, bands, cut-offs, reliable change, each with a source and a status. The built-in ones are read as strictly as
# yours will be.

# %%
import outcomes.definitions as definitions

source = Path(definitions.__file__).parent / "instruments" / "phq9.toml"
text = source.read_text(encoding="utf-8")
print(text[:1200])

# %% [markdown]
# ## One of your own
#
# Here a copy with another name; `outcomes instruments --check FILE` reads it the same way.

# %%
own = Path(tempfile.mkdtemp()) / "mood9.toml"
own.write_text(text.replace("phq9", "mood9").replace("PHQ-9", "MOOD-9"), encoding="utf-8")
instrument = oc.read_instrument(own)
print(instrument.id, instrument.title, instrument.total_min, instrument.total_max)

# %% [markdown]
# A file that is not complete is refused with the line:

# %%
own.write_text(text.replace("status =", "statsu =", 1), encoding="utf-8")
try:
    oc.read_instrument(own)
except oc.DefinitionError as error:
    print(str(error)[:300])

# %% [markdown]
# ## The bands, as every picture draws them

# %%
folder = Path("sample_data") if Path("sample_data").exists() else Path("../sample_data")
cohort = oc.load_cohort(folder)
scores = oc.derive_endpoints(cohort.scores, cohort.infusions, cohort.patients)
ax = oc.plot_trajectories(scores.query("series == 1 and day <= 60"), instrument="gad7")

# %% [markdown]
# ## The answer

# %%
print(
    f"{len(oc.list_instruments())} instruments are built in ({', '.join(oc.list_instruments())}); another one is a file of definitions with a source "
    "for every clinical number, checked before anything is counted."
)
