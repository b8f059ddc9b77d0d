"""Safety: item 9, deterioration, early stopping, what sessions recorded, how often people are treated."""

from __future__ import annotations

import pandas as pd

from outcomes.reports.blocks import Block, Cell, Column, Section, Share, Table, Text
from outcomes.reports.cells import (
    make_count,
    make_estimate,
    make_share,
    share_columns,
    split_share,
    take_share,
)
from outcomes.reports.sentences import say
from outcomes.reports.study import Study

_ITEM_NOTE = (
    "A prompt for review, not a risk score; a zero is no reassurance. Every run of outcomes check counts who "
    "is to be reviewed, and outcomes check FOLDER --review-list FILE writes the list."
)
_SIGNS = {
    "nausea": "Nausea", "systolic_rise": "Systolic pressure, highest after minus before",
    "diastolic_rise": "Diastolic pressure, highest after minus before",
    "dissociation_total": "Dissociation score", "urinary_symptoms": "Urinary symptoms",
    "cognitive_complaints": "Cognitive complaints",
}  # fmt: skip
_OCCASIONS = {
    "baseline": "At baseline", "last questionnaire": "At the last questionnaire",
    "any later": "At any later one, first series",
    "rise since baseline": "Risen since baseline, first series",
}  # fmt: skip


def section_safety(study: Study) -> Section:
    """Everything that was recorded of harm; what was not recorded is said, not counted as absent."""
    blocks: list[Block] = []
    if len(study.lead.self_harm):
        blocks.append(_tabulate_item(study))
    blocks += [_tabulate_course(study), *_tabulate_signs(study), _tabulate_dosing(study)]
    return Section("safety", "Safety", "What harm was recorded, and what was not asked?", tuple(blocks))


def _tabulate_item(study: Study) -> Table:
    instrument = study.lead.instrument
    more = study.wider.self_harm
    more = more[
        (more["instrument"] == instrument.id) & more["occasion"].isin(["any later", "rise since baseline"])
    ]
    rows = [
        (Text(_OCCASIONS[str(row["occasion"])]), *split_share(make_share(row)))
        for frame in (study.lead.self_harm, more)
        for row in frame.to_dict("records")
    ]
    return Table(
        f"{instrument.id}-item",
        f"{instrument.title} item {instrument.self_harm_item} answered above zero, {study.quarter}",
        (Column("Occasion", numeric=False), *share_columns()),
        tuple(rows),
        (_ITEM_NOTE,),
    )


def _tabulate_course(study: Study) -> Table:
    """Worsening by instrument, and inductions that ended early."""
    rows: list[tuple[Cell, ...]] = []
    for track in study.tracks.values():
        if track.collected:
            worse = take_share(track.now.rates, endpoint="reliable_deterioration", denominator="paired")
            words = f"Reliable deterioration, {track.instrument.title}"
            rows.append((Text(words), Text("with both totals"), *split_share(worse)))
    courses = study.lead.now.courses
    status = courses["induction_status"].astype("string").fillna("not known")
    for name in sorted(set(status)):
        count = int((status == name).sum())
        share = Share(count, len(courses), percent_shown=len(courses) >= study.smallest)
        rows.append(
            (Text(f"Induction {name.replace('_', ' ')}"), Text("everyone who started"), *split_share(share))
        )
    columns = (Column("What", numeric=False), Column("Counted among", numeric=False), *share_columns())
    return Table("safety-course", f"Worsening and stopping, {study.quarter}", columns, tuple(rows))


def _tabulate_signs(study: Study) -> tuple[Block, ...]:
    frame = study.wider.safety
    recorded = frame[(frame["n"] > 0).fillna(False)]
    missing = [_SIGNS[str(sign)].lower() for sign in frame.loc[~(frame["n"] > 0).fillna(False), "sign"]]
    silent = (
        (say("not-recorded", f"Not recorded in any session of these people: {', '.join(missing)}."),)
        if missing
        else ()
    )
    if recorded.empty:
        return silent
    columns = (
        Column("Sign", numeric=False), Column("Sessions with a record"), Column("Of sessions"),
        *share_columns("Found"), Column("Mean"), Column("Median"), Column("Highest"),
        Column("People with it"),
    )  # fmt: skip
    rows = []
    for row in recorded.to_dict("records"):
        counted = pd.notna(row["k"])
        unit = f" ({row['unit']})" if row["unit"] else ""
        share = split_share(make_share(row)) if counted else (Text(""), Text(""), Text(""))
        numbers = (
            (Text(""), Text(""), Text(""))
            if counted
            else (
                make_estimate(row["mean"]),
                make_estimate(row["median"], digits=0),
                make_estimate(row["highest"], digits=0),
            )
        )
        rows.append(
            (
                Text(f"{_SIGNS[row['sign']]}{unit}"), make_count(row["n"]), make_count(row["n_infusions"]),
                *share, *numbers, make_count(row["k_patients"]),
            )
        )  # fmt: skip
    notes = (
        "What was written down in sessions of these people; whoever asks more finds more, and a session "
        "without a record is not one without the sign. Intervals allow for several sessions of one person.",
    )
    return (
        Table("safety-signs", f"Infusion sessions, {study.quarter}", columns, tuple(rows), notes),
        *silent,
    )


def _tabulate_dosing(study: Study) -> Table:
    columns = (Column("What", numeric=False), Column("Value"))
    names = (
        ("n_patients", "People", 0), ("n_infusions", "Infusion days", 0),
        ("doses_per_year", "Infusion days per observed year", 1),
        ("median_per_patient", "Median per person", 0), ("highest_per_patient", "Highest of one person", 0),
        ("n_several_series", "People with several series", 0),
        ("n_maintenance", "Infusion days after induction", 0),
        ("dose_mg_per_kg_mean", "Mean dose (mg/kg)", 2),
    )  # fmt: skip
    frame = study.wider.dosing
    rows = tuple(
        (Text(words), make_estimate(frame[name].iloc[0], digits=digits))
        for name, words, digits in names
        if len(frame)
    )
    note = (
        f"First infusions in {study.earlier[0]} to {study.quarter}; a year observed holds the time without "
        "infusions."
    )
    return Table("safety-dosing", "How often people are treated", columns, rows, (note,))
