"""Data quality: every row used or excluded with a reason, and what is known of the time of scores."""

from __future__ import annotations

import pandas as pd

from outcomes.reports.blocks import Block, Cell, Column, Count, Prose, Section, Table, Text
from outcomes.reports.cells import make_share, split_share, take_share
from outcomes.reports.sentences import say
from outcomes.reports.study import Study
from outcomes.reports.words import name_timings


def section_quality(study: Study) -> Section:
    """The ledger, the order of scores and infusions, and what the loader decided."""
    blocks: list[Block] = [
        _tell_sum(study),
        _tabulate_ledger(study.ledger),
        *_tell_order(study),
        _tabulate_timing(study),
    ]
    if study.cohort.notes:
        rows = tuple(
            (Text(str(number)), Text(note)) for number, note in enumerate(study.cohort.notes, start=1)
        )
        columns = (
            Column("Note", numeric=False),
            Column("What the loader decided, and on which evidence", numeric=False),
        )
        blocks.append(Table("quality-notes", "Decisions at loading", columns, rows, folded=True))
    return Section("quality", "Data quality", "Which rows were left out, and why?", tuple(blocks))


def _tell_sum(study: Study) -> Prose:
    total = study.ledger_total
    return say(
        "ledger",
        "{read} rows were read: {used} used and {excluded} excluded, each with one reason.",
        **{name: Count(int(total[name])) for name in ("read", "used", "excluded")},
    )


def _tabulate_ledger(ledger: pd.DataFrame) -> Table:
    columns = (
        Column("Input", numeric=False),
        Column("Role", numeric=False),
        Column("Read"),
        Column("Used"),
        Column("Used in part"),
        Column("Excluded"),
        Column("Reason", numeric=False),
        Column("Rows with it"),
    )
    rows: list[tuple[Cell, ...]] = []
    seen: set[tuple[int, str]] = set()
    for row in ledger.to_dict("records"):
        key = (int(row["input"]), str(row["role"]))
        counts = [Count(int(row[name])) for name in ("read", "used", "used_in_part", "excluded")]
        shown = counts if key not in seen else [Text("") for _ in counts]
        why = (
            (Text(""), Text(""))
            if pd.isna(row["reason"])
            else (Text(str(row["reason"]).replace("_", " ")), Count(int(row["n_reason"])))
        )
        rows.append((Text(f"input-{key[0]}"), Text(key[1]), *shown, *why))
        seen.add(key)
    files = ledger.drop_duplicates(["input", "role"])
    totals = [Count(int(files[name].sum())) for name in ("read", "used", "used_in_part", "excluded")]
    rows.append(
        (Text("all inputs"), Text(""), *totals, Text("all reasons"), Count(int(ledger["n_reason"].sum())))
    )
    note = (
        "Read = used + excluded in every line. Used in part: a questionnaire on the row was left "
        "out. Row "
        "numbers are in ledger.csv."
    )
    return Table("quality-ledger", "Rows read, used and excluded", columns, tuple(rows), (note,))


def _tell_order(study: Study) -> list[Prose]:
    rows = study.timing[
        (study.timing["fact"] == "baseline order assumed") & (study.timing["instrument"] == study.lead.id)
    ]
    if rows.empty or not int(rows["n"].iloc[0]):
        return []
    policy = {
        "assume_before": "taken before the infusion of the day",
        "assume_after": "taken after the infusion of the day",
        "require_evidence": "left out",
    }[study.profile.value("same_day_policy")]
    share = make_share(rows.iloc[0])
    return [
        say(
            "order",
            (
                f"{{k}} of {{n}} {study.lead.instrument.title} baselines rest on an assumed order: scores "
                f"of an infusion day without clock times are {policy}."
            ),
            k=Count(share.k),
            n=Count(share.n),
        )
    ]


def _tabulate_timing(study: Study) -> Table:
    """What is known of the time of each questionnaire, the instruments side by side."""
    collected = [track for track in study.tracks.values() if track.collected]
    columns = (
        Column("What is known of the time", numeric=False),
        *(
            Column(name, group=track.instrument.title)
            for track in collected
            for name in ("k of N", "%", "95 % CI")
        ),
    )
    words = name_timings(study.profile)
    facts = [fact for fact in words if fact in set(study.timing["fact"])]
    rows = tuple(
        (
            Text(words[fact]),
            *(
                cell
                for track in collected
                for cell in split_share(take_share(_allow_percents(study), fact=fact, instrument=track.id))
            ),
        )
        for fact in facts
    )
    note = "Questionnaires of first series; intervals treat them as independent."
    return Table(
        "quality-timing", f"Time of the scores, first infusions in {study.quarter}", columns, rows, (note,)
    )


def _allow_percents(study: Study) -> pd.DataFrame:
    return study.timing.assign(percent_shown=study.timing["n"] >= study.smallest)
