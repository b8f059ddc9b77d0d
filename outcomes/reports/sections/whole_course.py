"""The whole course: in which state people are by when, response against stopping, and single courses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from outcomes.figures.incidence import describe_incidence, plot_incidence
from outcomes.figures.states import describe_states, plot_states
from outcomes.figures.swimmer import describe_swimmer, plot_swimmer
from outcomes.models.fit import Fit
from outcomes.reports.blocks import Block, Cell, Column, Figure, Section, Table, Text, split_cell
from outcomes.reports.cells import make_count, make_percent
from outcomes.reports.estimates import is_estimable
from outcomes.reports.sentences import say
from outcomes.reports.study import Study

_SIZE = (178.0, 62.0)
_MOST, _BAR = 60, 2.2
_TOLD_DAYS = (0, 7, 14, 28, 56, 84, 119, 175)


def section_whole_course(study: Study) -> Section:
    """State occupancy, and response against stopping."""
    heading = ("whole-course", "Where are people by when?", "How many respond, lose it, respond again, stop?")
    blocks: list[Block] = []
    for name, fit, draw in (
        ("states", study.wider.states, _draw_states), ("incidence", study.wider.incidence, _draw_incidence),
    ):  # fmt: skip
        if is_estimable(fit) and len(fit.table):
            blocks.append(draw(study, fit))
        else:
            why = fit.notes[0] if fit.notes else "nobody was followed."
            blocks.append(say(f"no-{name}", f"The picture of {name} cannot be drawn: {why}"))
    return Section(*heading, tuple(blocks))


def section_single_courses(study: Study) -> Section:
    """The swimmer plot: single courses, internal only."""
    paths = study.wider.paths
    heading = ("single-courses", "Single courses", "What did the course of each person look like?")
    if paths.empty:
        return Section(*heading, (say("no-courses", f"Nobody of {study.quarter} was followed."),))
    people = min(paths.loc[paths["state"] != "stopped", "patient_id"].nunique(), _MOST)

    def draw(canvas: Any) -> None:
        plot_swimmer(paths, study.wider.infusions, ax=canvas.subplots(), most=_MOST)

    lengths = paths.assign(days=paths["stop"] - paths["start"]).groupby("state", sort=False)
    rows = tuple(
        (Text(str(state)), make_count(own["patient_id"].nunique()), make_count(own["days"].sum()))
        for state, own in lengths
    )
    table = Table(
        "single-courses-data",
        "Days in each state",
        (Column("State", numeric=False), Column("People"), Column("Days")),
        rows,
    )
    figure = Figure(
        "single-courses-swimmer",
        f"Single courses, {study.lead.instrument.title}, first infusions in {study.quarter}",
        table,
        draw,
        "One bar per person, those followed longest first, without names. Internal only.",
        describe_swimmer(paths, most=_MOST),
        (178.0, max(48.0, 30.0 + _BAR * people)),
    )
    return Section(*heading, (figure,))


def _draw_states(study: Study, fit: Fit) -> Figure:
    def draw(canvas: Any) -> None:
        plot_states(fit, ax=canvas.subplots(), profile=study.profile)

    table = fit.table[fit.table["day"].isin(_TOLD_DAYS)].dropna(subset=["estimate"])
    states = list(dict.fromkeys(table["state"]))
    columns = (Column("Day", numeric=False), *(Column(f"{name} (%)") for name in states), Column("Followed"))
    rows: list[tuple[Cell, ...]] = []
    for day, own in table.groupby("day"):
        shares = own.set_index("state")["estimate"]
        rows.append(
            (
                Text(f"{day:g}"),
                *(make_percent(shares[name]) for name in states),
                make_count(own["at_risk"].iloc[0]),
            )
        )
    return _frame_figure(
        study, "states", "Share of people in each state by day",
        Table("whole-course-states-data", "States by day", columns, tuple(rows)), draw,
        "Single scores, unconfirmed; people who left are taken to be like those still followed. Stopped: an "
        "incomplete induction without response.",
        describe_states(fit),
    )  # fmt: skip


def _draw_incidence(study: Study, fit: Fit) -> Figure:
    def draw(canvas: Any) -> None:
        plot_incidence(fit, ax=canvas.subplots())

    columns = (
        Column("Day", numeric=False),
        Column("First", numeric=False),
        Column("%"),
        Column("95 % CI"),
        Column("At risk"),
    )
    rows = []
    for row in fit.extras["landmarks"].to_dict("records"):
        share = make_percent(row["estimate"], row["conf_low"], row["conf_high"])
        rows.append(
            (
                Text(f"{row['day']:g}"),
                Text(str(row["cause"])),
                *split_cell(share, ("value", "interval")),
                make_count(row["at_risk"]),
            )
        )
    return _frame_figure(
        study, "incidence", "Response, or stopping before it, by day",
        Table("whole-course-incidence-data", "What came first, by day", columns, tuple(rows)), draw,
        "Who stops can no longer respond to the series: both shares are of everyone eligible who started.",
        describe_incidence(fit),
    )  # fmt: skip


def _frame_figure(
    study: Study, id: str, title: str, table: Table, draw: Callable[[Any], None], caption: str, alt: str
) -> Figure:
    whose = f"First infusions in {study.earlier[0]} to {study.quarter}. "
    return Figure(f"whole-course-{id}", title, table, draw, whose + caption, alt, _SIZE)
