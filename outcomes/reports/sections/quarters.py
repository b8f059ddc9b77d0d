"""Whether the quarter differs from the usual level: control charts of three shares."""

from __future__ import annotations

from typing import Any

import pandas as pd

from outcomes.figures.control_chart import describe_control_chart, plot_control_chart
from outcomes.reports.blocks import Block, Column, Figure, Prose, Section, Table, Text, split_cell
from outcomes.reports.cells import make_count, make_percent, make_share, share_columns, split_share
from outcomes.reports.sentences import say
from outcomes.reports.study import Study
from outcomes.reports.words import name_endpoint
from outcomes.summaries.control_chart import SIGNALS

_FULL, _HALF = (178.0, 66.0), (86.0, 62.0)
_NOTE = (
    "Center: pooled share of the quarters that make the level. Limits: three standard deviations of a share "
    "of so many people, wider where quarters vary more than chance. Four rules, a closed list: "
    + "; ".join(SIGNALS.values())
    + ". No signal does not mean that nothing changed."
)


def section_quarters(study: Study) -> Section:
    """One sentence and one chart for each of three shares."""
    names = _name_charts(study)
    blocks: list[Block] = [_tell(study, name, title) for name, title in names.items()]
    blocks += [
        draw_chart(study, name, title, size=_FULL if name == "response" else _HALF)
        for name, title in names.items()
    ]
    return Section(
        "quarters",
        "Is this quarter different from the usual level?",
        "Does it lie outside what quarters of this clinic vary by?",
        tuple(blocks),
    )


def tell_response_signal(study: Study) -> Prose:
    """The sentence of the first page on the response of the quarter against the usual level."""
    return _tell(study, "response", _name_charts(study)["response"])


def draw_chart(
    study: Study, name: str, title: str, *, size: tuple[float, float], id: str | None = None
) -> Figure:
    """One control chart with its data."""
    chart, id = study.wider.charts[name], id or f"quarters-{name}"

    def draw(canvas: Any) -> None:
        plot_control_chart(chart, ax=canvas.subplots(), ylabel=f"{title} (%)")

    return Figure(
        id,
        f"{title} by quarter of first infusion, {study.lead.instrument.title}",
        _tabulate(chart, f"{id}-data", title),
        draw,
        _caption(study, chart, name),
        describe_control_chart(chart, title=f"{title}, {study.lead.instrument.title}"),
        size,
    )


def _name_charts(study: Study) -> dict[str, str]:
    return {
        "response": name_endpoint("response", study.lead.id, study.profile),
        "measured": "Measured",
        "worse": "Reliable deterioration",
    }


def _caption(study: Study, chart: pd.DataFrame, name: str) -> str:
    among = {
        "response": "Everyone eligible; no score counts as not responded.",
        "measured": "Of those due, with an endpoint score.",
        "worse": "Of those with both totals.",
    }[name]
    wider = float(chart.attrs.get("widening", 1.0))
    more = f" Limits are {wider:.1f} times as wide as chance alone." if wider > 1 else ""
    level = study.settings.chart_rebase
    new = f" New level from {level} on." if level else ""
    return f"{among} Case mix is not adjusted for.{more}{new}"


def _tell(study: Study, name: str, title: str) -> Prose:
    """The closed list of sentences on the quarter of the report."""
    chart = study.wider.charts[name]
    counted = chart[(chart["n"] > 0).fillna(False)]
    here = counted[counted["quarter"] == study.quarter]
    if here.empty:
        return say(f"quarter-{name}", f"{title}: nobody of {study.quarter} can be judged yet.")
    row, count = here.iloc[0], make_count(len(counted))
    if bool(row["provisional"]):
        return say(
            f"quarter-{name}",
            f"{title}: the usual level rests on {{count}} of {{needed}} quarters; limits are provisional and "
            "no signal is claimed.",
            count=count,
            needed=make_count(study.settings.chart_freeze),
        )
    if pd.isna(row["signal"]):
        return say(
            f"quarter-{name}", f"{title}: none of the four rules found a signal for {study.quarter} "
            "against {count} quarters.", count=count,
        )  # fmt: skip
    return say(
        f"quarter-{name}",
        f"{title}: {study.quarter} completes a signal {row['side']} the usual level of {{center}}: "
        f"{SIGNALS[str(row['signal'])]}.",
        center=make_percent(row["center"]),
    )


def _tabulate(chart: pd.DataFrame, id: str, title: str) -> Table:
    columns = (
        Column("Quarter", numeric=False),
        *share_columns(),
        Column("Center (%)"),
        Column("Limits (%)"),
        Column("Makes the level", numeric=False),
        Column("Signal", numeric=False),
    )
    rows = []
    for row in chart.to_dict("records"):
        level = make_percent(row["center"], row["low"], row["high"])
        signal = "" if pd.isna(row["signal"]) else f"{row['side']}: {SIGNALS[row['signal']]}"
        rows.append(
            (
                Text(str(row["quarter"])),
                *split_share(make_share(row)),
                *split_cell(level, ("value", "interval")),
                Text("yes" if row["baseline"] else ""),
                Text(signal),
            )
        )
    return Table(id, f"{title} by quarter", columns, tuple(rows), (_NOTE,))
