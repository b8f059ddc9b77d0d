"""The average course of the scores: model means with differences from day 0, and how people vary."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.models.fit import VERDICTS, Fit, Verdict, worst_verdict
from outcomes.reports.blocks import Block, Cell, Column, Count, Section, Table, Text, split_cell
from outcomes.reports.cells import make_count, make_estimate, make_p
from outcomes.reports.estimates import is_estimable
from outcomes.reports.sections.scores import say_unseen
from outcomes.reports.sentences import say
from outcomes.reports.study import Study, Track

_QUESTION = "What is the average course of everyone who started, also of those who stopped answering?"


def section_course(study: Study) -> Section:
    """Mixed models of the quarter and the four quarters before together, one per instrument."""
    blocks: list[Block] = []
    for track in study.tracks.values():
        blocks += _describe(study, track)
    return Section("course", "Average course", _QUESTION, tuple(blocks))


def _describe(study: Study, track: Track) -> list[Block]:
    model, title = track.course["model"], track.instrument.title
    if not is_estimable(model):
        return [
            say(f"no-model-{track.id}", f"{title}: the average course is not estimable. {model.notes[0]}")
        ]
    counts = {"rows": Count(model.n_rows), "patients": Count(model.n_patients)}
    verdict = judge_course(track.course)
    sentence = say(
        "model",
        f"{title}: a mixed model of {{rows}} scores of {{patients}} people who started in "
        f"{study.earlier[0]} to {study.quarter}; verdict {verdict}: {VERDICTS[verdict]}.",
        **counts,
    )
    return [sentence, _tabulate_means(track), _tabulate_model(study, track, model)]


def judge_course(course: Mapping[str, Fit]) -> Verdict:
    """The worst verdict of the model and of the two tables that are printed from it."""
    return worst_verdict(course[name].verdict for name in ("model", "means", "differences"))


def _tabulate_means(track: Track) -> Table:
    columns = (
        Column("Day", numeric=False),
        Column("Model mean (points)"),
        Column("95 % CI"),
        Column("Difference from day 0"),
        Column("95 % CI"),
        Column("df"),
        Column("p"),
    )
    means, differences = track.course["means"], track.course["differences"]
    found = differences.table.set_index("day") if is_estimable(differences) else pd.DataFrame()
    rows: list[tuple[Cell, ...]] = []
    for row in means.table.to_dict("records"):
        mean = make_estimate(row["estimate"], row["conf_low"], row["conf_high"])
        rows.append(
            (
                Text(f"{row['day']:g}"),
                *split_cell(mean, ("value", "interval")),
                *_list_difference(found, row["day"]),
            )
        )
    notes = dict.fromkeys(
        [
            *_pick(means),
            *_pick(differences),
            "Each interval and p stands alone; nothing is adjusted for their number.",
        ]
    )
    return Table(
        f"{track.id}-means", f"Model means, {track.instrument.title}", columns, tuple(rows), tuple(notes)
    )


def _list_difference(found: pd.DataFrame, day: float) -> tuple[Cell, ...]:
    if day not in found.index:
        return (Text("reference" if day == 0 else ""), Text(""), Text(""), Text(""))
    row = found.loc[day]
    change = make_estimate(row["estimate"], row["conf_low"], row["conf_high"])
    return (*split_cell(change, ("value", "interval")), make_estimate(row["df"]), make_p(row["p_value"]))


def _pick(fit: Fit) -> list[str]:
    return [note for note in fit.notes if "adjusted" not in note]


def _tabulate_model(study: Study, track: Track, model: Fit) -> Table:
    columns = (
        Column("Term", numeric=False),
        Column("Kind", numeric=False),
        Column("Estimate"),
        Column("95 % CI"),
        Column("SE"),
        Column("df"),
        Column("p"),
    )
    tests = model.extras["tests"]
    rows: list[tuple[Cell, ...]] = [
        (
            Text("course over days, joint test"),
            Text(f"fixed, F on {int(row['df_numerator'])}"),
            make_estimate(row["statistic"]),
            Text(""),
            Text(""),
            make_estimate(row["df_denominator"]),
            make_p(row["p_value"]),
        )
        for row in tests.to_dict("records")
    ]
    for row in model.table.to_dict("records"):
        if row["kind"] == "fixed" and row["term"] != "Intercept":
            continue
        rows.append(_list_term(row))
    rows += [
        (Text("scores"), Text("n"), make_count(model.n_rows), *(Text("") for _ in range(4))),
        (Text("people"), Text("n"), make_count(model.n_patients), *(Text("") for _ in range(4))),
    ]
    knots = ", ".join(map(str, study.settings.model_knots))
    unseen = say_unseen(study.n_start_unseen + study.n_start_unseen_before)
    notes = (
        f"Natural spline of day with knots at {knots}, to day {study.settings.model_days}; each person has a "
        f"level and a slope; REML, {str(model.settings['df_method']).title()} degrees of freedom. Spline "
        "parts mean nothing one by one and are tested jointly.",
        "First series only; scores in the hours after an infusion are left out; the baseline stands at day "
        f"0. Right if missing scores depend only on the scores seen.{unseen}",
        *model.notes,
    )
    return Table(f"{track.id}-model", f"Mixed model, {track.instrument.title}", columns, tuple(rows), notes)


def _list_term(row: dict) -> tuple[Cell, ...]:
    name = str(row["term"]).replace("Intercept", "level").replace("day", "slope per day")
    if row["kind"] == "variance":
        digits = 1 if abs(row["estimate"]) >= 1 else 4
        return (
            Text(name),
            Text("variance (points squared)"),
            make_estimate(row["estimate"], digits=digits),
            *(Text("") for _ in range(4)),
        )
    estimate = make_estimate(row["estimate"], row["conf_low"], row["conf_high"])
    numbers = (make_estimate(row["std_error"], digits=2), make_estimate(row["df"]), make_p(row["p_value"]))
    return (
        Text(f"{name}, average over the spline"),
        Text("fixed"),
        *split_cell(estimate, ("value", "interval")),
        *numbers,
    )
