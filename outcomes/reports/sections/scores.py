"""One instrument: the course of its totals, how much each person changed, and what that amounts to."""

from __future__ import annotations

from typing import Any

from outcomes.figures.change_categories import name_categories
from outcomes.figures.reliable_change import describe_reliable_change, plot_reliable_change
from outcomes.figures.severity_shift import describe_severity_shift, plot_severity_shift
from outcomes.figures.style import FULL, HALF
from outcomes.figures.trajectory import describe_trajectories, plot_trajectories
from outcomes.figures.waterfall import describe_change, plot_change
from outcomes.reports.blocks import Block, Column, Figure, Section, Table, Text, split_cell
from outcomes.reports.cells import make_count, make_estimate, make_share, share_columns, split_share
from outcomes.reports.estimates import is_estimable
from outcomes.reports.sections.rates import tabulate_change, tabulate_rates, tabulate_reliable_change
from outcomes.reports.sentences import say
from outcomes.reports.study import Study, Track

_QUESTION = "How did the scores move, and how much did each person change?"


def section_scores(study: Study, instrument: str) -> Section:
    """Course, change and endpoints of one instrument, or the sentence that it was not collected."""
    track = study.tracks[instrument]
    title = track.instrument.title
    heading = (f"scores-{track.id}", f"{title}, {track.instrument.measures}", _QUESTION)
    if not track.collected:
        missing = say(
            "not-collected", f"The {title} was not collected from those who started in {study.quarter}."
        )
        earlier = (tabulate_rates(study, track), tabulate_change(track)) if track.known else ()
        return Section(*heading, (missing, *earlier))
    blocks: list[Block] = [
        _draw_course(study, track),
        *_draw_doses(study, track),
        _draw_change(study, track),
        _draw_shift(study, track),
        _draw_reliable_change(study, track),
        tabulate_rates(study, track),
        tabulate_change(track),
        tabulate_reliable_change(track),
    ]
    return Section(*heading, tuple(blocks))


def tabulate_points(study: Study, track: Track, id: str) -> Table:
    """The observed means by week with the patients behind them."""
    columns = (
        Column("Week", numeric=False),
        Column("Patients"),
        Column("Mean (points)"),
        Column("95 % CI"),
        Column("Before an infusion"),
        Column(f"Within {study.profile.value('early_hours'):g} hours"),
        Column("Later"),
    )
    rows = []
    for _, row in track.points.iterrows():
        mean = make_estimate(row["mean"], row["conf_low"], row["conf_high"])
        timings = (make_count(row[f"n_{name}"]) for name in ("trough", "early", "later"))
        week = "0 (baseline)" if row["week"] == 0 else f"{row['week']}"
        rows.append((Text(week), make_count(row["n"]), *split_cell(mean, ("value", "interval")), *timings))
    note = (
        "One score per patient and week, the latest; week w ends on day 7 w. Scores in the hours after an "
        f"infusion are left out.{say_unseen(study.n_start_unseen)}"
    )
    return Table(id, f"Observed {track.instrument.title} means by week", columns, tuple(rows), (note,))


def say_unseen(count: int) -> str:
    """Who is left out of a course because nobody knows on which day their scores were given."""
    if not count:
        return ""
    people = "1 person is" if count == 1 else f"{count:,} people are"
    return f" {people} left out: the first infusion may lie before the export."


def _draw_course(study: Study, track: Track) -> Figure:
    curve = track.course["curve"]
    points = track.points

    def draw(canvas: Any) -> None:
        plot_trajectories(
            track.scores,
            instrument=track.id,
            means=points,
            model=curve,
            ax=canvas.subplots(),
            profile=study.profile,
        )

    modelled = (
        (
            f"Line: mean of a mixed model of {study.quarter} and the four quarters before "
            f"({curve.n_patients:,} patients)."
        )
        if is_estimable(curve)
        else "No model mean: it is not estimable."
    )
    return Figure(
        f"{track.id}-course",
        f"{track.instrument.title} by day, first infusions in {study.quarter}",
        tabulate_points(study, track, f"{track.id}-course-data"),
        draw,
        (
            f"To day {study.settings.shown_days}. Thin lines: people. Markers: weekly means of those seen, "
            f"not of those who stayed away. {modelled}"
        ),
        describe_trajectories(track.scores, instrument=track.id, means=points),
        (FULL[0], 78.0),
    )


def _draw_doses(study: Study, track: Track) -> tuple[Figure, ...]:
    """The course by number of infusions; of the lead instrument only, for room."""
    if track is not study.lead:
        return ()
    points = track.dose_points

    def draw(canvas: Any) -> None:
        plot_trajectories(
            track.scores, instrument=track.id, by="infusion_number", means=points, ax=canvas.subplots(),
            profile=study.profile,
        )  # fmt: skip

    columns = (
        Column("Infusions before", numeric=False), Column("Patients"), Column("Mean (points)"),
        Column("95 % CI"),
    )  # fmt: skip
    rows = tuple(
        (
            Text(f"{row['infusion_number']}"), make_count(row["n"]),
            *split_cell(make_estimate(row["mean"], row["conf_low"], row["conf_high"]), ("value", "interval")),
        )
        for row in points.to_dict("records")
    )  # fmt: skip
    return (
        Figure(
            f"{track.id}-doses",
            f"{track.instrument.title} by number of infusions, first infusions in {study.quarter}",
            Table(f"{track.id}-doses-data", "Observed means by number of infusions", columns, rows),
            draw,
            "Those with many infusions are the ones who stayed: the points are not one group of people. "
            "Equal steps are infusions, not days.",
            describe_trajectories(track.scores, instrument=track.id, by="infusion_number", means=points),
            (FULL[0], 70.0),
        ),
    )


def _draw_change(study: Study, track: Track) -> Figure:
    courses = track.now.courses

    def draw(canvas: Any) -> None:
        plot_change(courses, instrument=track.id, ax=canvas.subplots(), profile=study.profile)

    names = name_categories(study.profile, track.instrument)
    counts = track.categories.set_index("category")["k"]
    rows = tuple((Text(names[str(category)]), make_count(count)) for category, count in counts.items())
    table = Table(
        f"{track.id}-change-data",
        "Eligible people by what their change amounts to",
        (Column("Category, the first that fits", numeric=False), Column("n")),
        rows,
    )
    return Figure(
        f"{track.id}-waterfall",
        f"Change of each person, {track.instrument.title}, {study.quarter}",
        table,
        draw,
        _caption_change(track, unmeasured=int(counts.get("no_endpoint_total", 0))),
        describe_change(courses, instrument=track.id, profile=study.profile),
        (FULL[0], 62.0),
    )


def _caption_change(track: Track, *, unmeasured: int) -> str:
    if not track.now.courses["eligible"].fillna(False).any():
        return "Nobody is eligible, so there is no bar."
    block = "; the hatched block is as wide as the number without an endpoint total" if unmeasured else ""
    return f"One bar for each eligible person, from baseline to endpoint{block}."


def _draw_shift(study: Study, track: Track) -> Figure:
    shift = track.shift

    def draw(canvas: Any) -> None:
        plot_severity_shift(shift, instrument=track.id, ax=canvas.subplots())

    columns = (
        Column("Band at baseline", numeric=False),
        Column("Band at the endpoint", numeric=False),
        *share_columns(),
    )
    rows = tuple(
        (Text(str(row["band_from"])), Text(str(row["band_to"])), *split_share(make_share(row)))
        for row in shift.to_dict("records")
    )
    return Figure(
        f"{track.id}-shift",
        f"From which severity to which, {track.instrument.title}, {study.quarter}",
        Table(f"{track.id}-shift-data", "Severity bands at baseline and endpoint", columns, rows),
        draw,
        "Everyone due with a baseline. Outlined: the same band as before.",
        describe_severity_shift(shift, instrument=track.id),
        HALF,
    )


def _draw_reliable_change(study: Study, track: Track) -> Figure:
    courses = track.now.courses

    def draw(canvas: Any) -> None:
        plot_reliable_change(courses, instrument=track.id, ax=canvas.subplots(), profile=study.profile)

    rows = courses[courses["due"].fillna(False) & courses["change"].notna()]
    size = rows.groupby(rows["change"].astype(int)).size()
    table = Table(
        f"{track.id}-reliable-data",
        "People by change from baseline to endpoint",
        (Column("Change (points)", numeric=False), Column("n")),
        tuple((Text(f"{change:+d}" if change else "0"), make_count(n)) for change, n in size.items()),
    )
    return Figure(
        f"{track.id}-reliable-change",
        f"Change beyond measurement error, {track.instrument.title}, {study.quarter}",
        table,
        draw,
        "Everyone due with both totals. Dashed: cut-off at the endpoint.",
        describe_reliable_change(courses, instrument=track.id),
        HALF,
    )
