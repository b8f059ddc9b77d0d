"""The same patients under other definitions, published rates beside, and quality measures."""

from __future__ import annotations

from typing import Any

import pandas as pd

from outcomes.figures.profiles import describe_profiles, plot_profiles
from outcomes.reports.blocks import Block, Cell, Column, Figure, NotEstimable, Section, Table, Text
from outcomes.reports.cells import make_percent, make_share, share_columns, split_share
from outcomes.reports.sentences import say
from outcomes.reports.study import Study

_AMONG = {
    "all_eligible": "everyone eligible", "observed": "those with a score", "paired": "with both totals",
    "measure": "as the measure counts",
}  # fmt: skip
_ENDPOINTS = ("response", "remission")
_SAME = "same definition; patients and setting differ"
_BLANK = (Text(""), Text(""), Text(""))


def section_comparison(study: Study) -> Section:
    """Response and remission under every profile that knows the lead instrument, and the benchmarks."""
    rows = study.wider.profiles
    own = rows[(rows["instrument"] == study.lead.id) & rows["endpoint"].isin(_ENDPOINTS)]
    own = own[own["denominator"].isin(["all_eligible", "observed"])]
    heading = (
        "comparison", "Other definitions and published rates",
        "How much does the definition change the answer, and is a published rate comparable?",
    )  # fmt: skip
    if not own["n"].fillna(0).gt(0).any():
        return Section(*heading, (say("no-rates", "Nobody can be judged under any of the definitions."),))
    blocks: list[Block] = [_draw_profiles(study, own), _tabulate_benchmarks(study)]
    return Section(*heading, tuple(blocks))


def section_measures(study: Study) -> Section:
    """Quality measures of payers and registries, each by its own rules."""
    rows = study.wider.profiles
    rows = rows[rows["denominator"] == "measure"]
    columns = (
        Column("Measure", numeric=False), Column("Met when", numeric=False), *share_columns(),
        Column("Not counted", numeric=False), Column("Status", numeric=False),
    )  # fmt: skip
    cells: list[tuple[Cell, ...]] = []
    for row in rows.to_dict("records"):
        known = pd.notna(row["n"]) and int(row["n"]) > 0
        share = split_share(make_share(row)) if known else (NotEstimable("nobody counted"), *_BLANK[1:])
        cells.append(
            (
                Text(str(row["title"])), Text(_say(row["rule"])), *share, Text(_say(row["not_counted"])),
                Text(_say(row["status"])),
            )
        )  # fmt: skip
    heading = (
        "measures",
        "Quality measures",
        "How does the clinic stand by the rules of payers and registries?",
    )
    if not cells:
        return Section(*heading, (say("no-measures", "No quality measure can be judged from this export."),))
    notes = (
        "Each measure has its own population, window and rule for missing scores, so that rates differ on "
        "the same people. A measure that lacks a field it needs has nobody counted and names the field; that "
        "is no rate of zero. Unverified: wording or window not read in the measure itself.",
    )
    return Section(*heading, (Table("measures-table", "Quality measures", columns, tuple(cells), notes),))


def _draw_profiles(study: Study, rows: pd.DataFrame) -> Figure:
    lead = study.lead

    def draw(canvas: Any) -> None:
        plot_profiles(rows, instrument=lead.id, endpoints=_ENDPOINTS, figure=canvas)

    columns = (
        Column("Definition", numeric=False), Column("Endpoint", numeric=False), Column("Rule", numeric=False),
        Column("Counted among", numeric=False), *share_columns(),
    )  # fmt: skip
    cells: list[tuple[Cell, ...]] = []
    for row in rows.to_dict("records"):
        known = pd.notna(row["n"]) and int(row["n"]) > 0
        share = split_share(make_share(row)) if known else _BLANK
        cells.append(
            (
                Text(str(row["profile"])), Text(_say(row["label"]).capitalize()), Text(_say(row["rule"])),
                Text(_AMONG[row["denominator"]]), *share,
            )
        )  # fmt: skip
    lines = len(set(zip(rows["profile"], rows["denominator"], strict=True)))
    return Figure(
        "comparison-profiles",
        f"The same people under other definitions, {lead.instrument.title}",
        Table("comparison-profiles-data", "Rates by definition", columns, tuple(cells)),
        draw,
        f"First infusions in {study.earlier[0]} to {study.quarter}. A rate under a definition is what these "
        "people give under it; it is no published figure.",
        describe_profiles(rows, instrument=lead.id, endpoints=_ENDPOINTS),
        (178.0, max(52.0, 30.0 + 5.4 * lines)),
    )


def _tabulate_benchmarks(study: Study) -> Table:
    frame = study.wider.benchmarks
    columns = (
        Column("Study", numeric=False), Column("Setting", numeric=False), Column("Endpoint", numeric=False),
        Column("Published"), *share_columns("This clinic, same definition")[:2],
        Column("Why not comparable", numeric=False),
    )  # fmt: skip
    rows = []
    for row in frame.sort_values("matched", ascending=False, kind="stable").to_dict("records"):
        share = make_share(row) if row["matched"] else None
        rows.append(
            (
                Text(str(row["study"])), Text(_say(row["setting"])),
                Text(f"{_say(row['endpoint']).replace('_', ' ')}, {_say(row['scale'])}"),
                make_percent(row["published"] / 100),
                *(split_share(share)[:2] if share else _BLANK[:2]),
                Text(_SAME if row["matched"] else _say(row["differs"])),
            )
        )  # fmt: skip
    notes = (
        str(frame.attrs.get("note", "")),
        "Read as the abstracts say; never drawn on the clinic's own figures.",
    )
    return Table(
        "comparison-benchmarks", "Published rates", columns, tuple(rows), tuple(one for one in notes if one),
        folded=True,
    )  # fmt: skip


def _say(value: Any) -> str:
    return "" if pd.isna(value) else str(value)
