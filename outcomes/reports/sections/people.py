"""Who is in these numbers: the flow from first infusion to endpoint, and how complete the scores are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from outcomes.figures.completeness import describe_completeness, plot_completeness
from outcomes.figures.completeness_map import describe_completeness_map, plot_completeness_map
from outcomes.figures.flow import describe_flow, plot_flow
from outcomes.figures.words import say_reason
from outcomes.reports.blocks import Block, Cell, Column, Count, Figure, Prose, Section, Table, Text
from outcomes.reports.cells import (
    make_count,
    make_estimate,
    make_share,
    share_columns,
    split_share,
    take_share,
)
from outcomes.reports.format import show
from outcomes.reports.sentences import say
from outcomes.reports.study import Study, Track
from outcomes.reports.words import define_eligible

_WIDTH = 178.0
_COMPLETENESS_NOTE = "k of N: with a total, of those due. Offset: day of the score minus the target day."


def section_people(study: Study) -> Section:
    """Flow and completeness of the first instrument in full, completeness of the others as tables."""
    blocks: list[Block] = [*_draw_flow(study)]
    blocks += [_draw_completeness(study, study.lead), *_draw_map(study), _tabulate_occasions(study)]
    for track in list(study.tracks.values())[1:]:
        if track.collected:
            blocks.append(replace(_tabulate_completeness(track), folded=True))
        else:
            blocks.append(
                say(
                    "not-collected",
                    (
                        f"The {track.instrument.title} was not collected from those who started in "
                        f"{study.quarter}."
                    ),
                )
            )
    return Section(
        "people",
        "Who is in these numbers?",
        "Who started, who was due, who was measured, and where are the others?",
        tuple(blocks),
    )


def _draw_flow(study: Study) -> tuple[Figure, Prose]:
    lead = study.lead
    flow = lead.flow
    start = flow[flow["step"] == "started"].head(1)
    few = int(start["n_few_infusions"].iloc[0]) if len(start) else 0
    least = int(study.profile.value("induction_min_infusions"))
    side = f"fewer than {least} infusions, still counted"

    def draw(canvas: Any) -> None:
        plot_flow(flow, instrument=lead.id, ax=canvas.subplots(), profile=study.profile)

    height = 20.0 + 9.6 * flow["step"].nunique() + 4.2 * int(flow["reason"].notna().sum())
    table = Table(
        "people-flow-data",
        f"Flow of patients, {study.quarter}",
        (
            Column("Step", numeric=False),
            Column("n"),
            Column("Leave after it"),
            Column("Reason", numeric=False),
            Column("n with it"),
        ),
        (*_list_steps(flow), (Text(side.capitalize()), Count(few), Text(""), Text(""), Text(""))),
        ("Each n is the next one plus all who leave in between.",),
    )
    figure = Figure(
        "people-flow",
        f"From first infusion to endpoint, {lead.instrument.title}, {study.quarter}",
        table,
        draw,
        f"Everybody who leaves does so by a named door. Eligible: {define_eligible(lead.id, study.profile)}. "
        f"People with fewer than {least} infusions stay in every rate.",
        describe_flow(flow, instrument=lead.id),
        (_WIDTH, height if len(flow) else 40.0),
    )
    waiting = say(
        "waiting",
        "People in the export without any infusion, who belong to no quarter: {n}.",
        n=Count(study.n_not_started),
    )
    return figure, waiting


def _list_steps(flow: pd.DataFrame) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    last = None
    for row in flow.itertuples():
        name = str(row.step).capitalize()
        first = (
            (Text(name), make_count(row.n), make_count(row.left))
            if name != last
            else (Text(f"{name}, further reason"), Text(""), Text(""))
        )
        why = (
            (Text(say_reason(str(row.reason))), make_count(row.n_reason))
            if pd.notna(row.reason)
            else (Text(""), Text(""))
        )
        rows.append((*first, *why))
        last = name
    return rows


def _draw_map(study: Study) -> tuple[Figure, ...]:
    """Completeness of the last quarters; none where one quarter stands alone."""
    frame = study.wider.completeness
    shown = (*study.earlier, study.quarter)
    frame = frame[frame["quarter"].isin(shown) & (frame["n_due"] > 0).fillna(False)]
    count = len(frame["quarter"].unique())
    if count < 2:
        return ()
    target, title = study.settings.measured_target, study.lead.instrument.title

    def draw(canvas: Any) -> None:
        plot_completeness_map(
            frame, by="quarter", instrument=study.lead.id, target=target, ax=canvas.subplots()
        )

    columns = (Column("Quarter", numeric=False), Column("Occasion", numeric=False), *share_columns())
    rows = tuple(
        (Text(str(row["quarter"])), Text(str(row["occasion"])), *split_share(make_share(row)))
        for row in frame.to_dict("records")
    )
    return (
        Figure(
            "people-map",
            f"How complete were the quarters? {title}",
            Table("people-map-data", "Measured of those due, by quarter and occasion", columns, rows),
            draw,
            f"Share of those due with a total, and how many are due. Outlined: below {100 * target:.0f} %.",
            describe_completeness_map(frame, by="quarter", instrument=study.lead.id),
            (_WIDTH, 23.0 + 8.0 * count),
        ),
    )


def _draw_completeness(study: Study, track: Track) -> Figure:
    frame = track.now.completeness

    def draw(canvas: Any) -> None:
        plot_completeness(
            frame, instrument=track.id, target=study.settings.measured_target, ax=canvas.subplots()
        )

    return Figure(
        "people-completeness",
        f"How complete are the scores? {track.instrument.title}, {study.quarter}",
        _tabulate_completeness(track),
        draw,
        (
            "Share of those due at each occasion who have a total, with 95 % intervals; dashed: target "
            f"{100 * study.settings.measured_target:.0f} %."
        ),
        describe_completeness(frame, instrument=track.id, target=study.settings.measured_target),
        (_WIDTH, max(48.0, 21.0 + 5.0 * len(frame))),
    )


def _tabulate_occasions(study: Study) -> Table:
    """Baseline, endpoint and follow-up of all instruments, without the scores before each infusion."""
    columns = (Column("Instrument", numeric=False), *_list_columns(study.lead))
    rows = tuple(
        (Text(track.instrument.title), *cells)
        for track in study.tracks.values()
        if track.known
        for cells in _list_occasions(track)
        if not show(cells[0]).startswith("Before")
    )
    return Table("people-occasions", "Completeness, all instruments", columns, rows, (_COMPLETENESS_NOTE,))


def _tabulate_completeness(track: Track) -> Table:
    title = f"Completeness at every occasion, {track.instrument.title}"
    return Table(
        f"people-completeness-{track.id}",
        title,
        _list_columns(track),
        tuple(_list_occasions(track)),
        (_COMPLETENESS_NOTE,),
    )


def _list_columns(track: Track) -> tuple[Column, ...]:
    now, before = track.now.label, track.before.label
    return (
        Column("Occasion", numeric=False),
        *share_columns(now),
        Column("Median offset (days)", group=now),
        *share_columns(before)[:2],
    )


def _list_occasions(track: Track) -> list[tuple[Cell, ...]]:
    now, before = track.now.completeness, track.before.completeness
    rows: list[tuple[Cell, ...]] = []
    for occasion in dict.fromkeys([*now["occasion"], *(before["occasion"] if now.empty else ())]):
        offset = now.loc[now["occasion"] == occasion, "median_offset_days"].dropna()
        cells = split_share(take_share(now, occasion=occasion))
        shift = make_estimate(offset.iloc[0], digits=0) if len(offset) else Text("")
        earlier = split_share(take_share(before, occasion=occasion))[:2]
        rows.append((Text(str(occasion).capitalize()), *cells, shift, *earlier))
    return rows
