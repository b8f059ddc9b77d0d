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
# # 10 The report
#
# **Question.** How do I make, read and check it?
#
# **For** the clinic analyst. **Reading time** about six minutes. Everything here is made up: `sample_data/` was
# written by `outcomes simulate`.

# %%
import tempfile
from dataclasses import replace
from pathlib import Path

import outcomes as oc
from outcomes.reports.blocks import Column, Count, Section, Table, Text
from outcomes.reports.settings import ReportSettings

folder = Path("sample_data") if Path("sample_data").exists() else Path("../sample_data")
cohort = oc.load_cohort(folder)

# %% [markdown]
# ## Make it
#
# One call; a settings file would do the same from the command line (`outcomes report --init quarterly.toml`). A section of your own is a
# function.


# %%
def section_routes(study):
    counts = study.lead.now.courses["route"].value_counts()
    rows = tuple((Text(route), Count(int(count))) for route, count in counts.items())
    columns = (Column("Route", numeric=False), Column("People"))
    return Section(
        "routes", "Routes", "Who was given what?", (Table("routes", "People by route", columns, rows),)
    )


settings = replace(
    ReportSettings(), sections=("summary", "people", "quarters", "safety", "definitions", "quality")
)
report = oc.build_report(
    cohort, quarter="2026Q2", settings=settings, more_sections=[section_routes], report_date="2026-10-01"
)
report

# %% [markdown]
# ## Write it
#
# Whole or not at all. The same input and date give the same bytes.

# %%
target = Path(tempfile.mkdtemp())
written = oc.write_report(report, target)
sorted(path.name for path in written.iterdir())

# %% [markdown]
# ## Read it
#
# Every figure is also a file of its own:

# %%
from IPython.display import Image

Image(written / "figures" / "summary-chart.png", width=420)

# %% [markdown]
# ## Check it
#
# Every number stands in `results.json` with its shown text; the ledger accounts for every row.

# %%
import json

results = json.loads((written / "results.json").read_text(encoding="utf-8"))
cards = next(block for block in results["sections"][0]["blocks"] if block["kind"] == "cards")["cards"]
[(card["title"], card["value"]["text"]) for card in cards]

# %% [markdown]
# ## The answer

# %%
cells = sum(
    len(block["rows"]) * len(block["columns"])
    for section in results["sections"]
    for block in section["blocks"]
    if block["kind"] == "table"
)
print(
    f"{len(results['sections'])} sections with {cells:,} cells in tables, written in one step; "
    f"{len(cohort.ledger):,} rows of exports are accounted for in ledger.csv."
)
