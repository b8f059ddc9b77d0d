"""Who the patients are: the first table, and those with an endpoint score beside those without."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from outcomes.definitions.instrument import get_instrument
from outcomes.reports.blocks import Block, Cell, Column, Mean, Median, Section, Share, Table, Text
from outcomes.reports.cells import NOT_ESTIMABLE, make_count, make_estimate, make_share
from outcomes.reports.format import NBSP
from outcomes.reports.sentences import say
from outcomes.reports.study import Study

_QUESTION = "Who started, and do the groups differ at the start?"
_NAMES = {"age": "Age (years)", "n_infusions": "Infusions in the series"}
_NOTE = (
    "Difference: the largest standardized difference between any two groups; it does not depend on how many "
    "there are; not estimable where two groups have nothing in common. No tests of baseline differences are "
    "given."
)


def section_patients(study: Study) -> Section:
    """The quarter's patients at their start, and T0: who was measured."""
    frame, group = study.wider.characteristics, study.wider.grouped_by
    heading = ("patients", "Who are the patients?", _QUESTION)
    if frame.empty:
        return Section(*heading, (say("no-patients", f"Nobody started in {study.quarter}."),))
    by = f", by {group}" if group else ""
    blocks: list[Block] = [
        tabulate_characteristics(frame, "patients-table", f"Patients at their start, {study.quarter}{by}")
    ]
    if len(study.wider.measured):
        table = tabulate_characteristics(
            study.wider.measured,
            "patients-measured",
            f"Those due, by whether they have an endpoint score ({study.lead.instrument.title})",
            names={"yes": "Measured", "no": "Not measured"},
        )
        blocks.append(replace(table, folded=True))
    return Section(*heading, tuple(blocks))


def tabulate_characteristics(
    frame: pd.DataFrame, id: str, title: str, *, names: dict[str, str] | None = None
) -> Table:
    """A table of summarize_characteristics: a column per group, missing values and the difference."""
    groups = list(dict.fromkeys(frame["group"]))
    sizes = frame.drop_duplicates("group").set_index("group")["n_patients"]
    heads = {group: (names or {}).get(group, "All" if group == "all" else str(group)) for group in groups}
    columns = (
        Column("Characteristic", numeric=False),
        Column("Level or number", numeric=False),
        *(Column(f"{heads[group]} (n{NBSP}={NBSP}{int(sizes[group]):,})") for group in groups),
        Column("Missing"),
        *((Column("Difference"),) if len(groups) > 1 else ()),
    )
    rows: list[tuple[Cell, ...]] = []
    for (variable, level), own in frame.fillna({"level": ""}).groupby(["variable", "level"], sort=False):
        held = own.set_index("group")
        first = held.loc["all"]
        end: tuple[Cell, ...] = (make_count(first["n_missing"]),)
        if len(groups) > 1:
            end = (*end, make_estimate(first["difference"], digits=2))
        name = Text(_say_variable(str(variable)))
        if level:
            shares = [_make_level(held.loc[group]) for group in groups]
            rows.append((name, Text(str(level)), *shares, *end))
            continue
        for words, make in (("mean (SD)", _make_mean), ("median (quartiles)", _make_median)):
            rows.append((name, Text(words), *(make(held.loc[group]) for group in groups), *end))
    return Table(id, title, columns, tuple(rows), (_NOTE,) if len(groups) > 1 else ())


def _make_level(row: pd.Series) -> Cell:
    share = make_share(row)
    return Share(share.k, share.n, percent_shown=share.percent_shown)


def _make_mean(row: pd.Series) -> Cell:
    if pd.isna(row["mean"]):
        return NOT_ESTIMABLE
    return Mean(float(row["mean"]), None if pd.isna(row["sd"]) else float(row["sd"]))


def _make_median(row: pd.Series) -> Cell:
    if pd.isna(row["median"]):
        return NOT_ESTIMABLE
    return Median(float(row["median"]), float(row["q1"]), float(row["q3"]))


def _say_variable(name: str) -> str:
    if name.startswith("baseline "):
        return f"{get_instrument(name.removeprefix('baseline ')).title} at baseline"
    return _NAMES.get(name, name.capitalize())
