"""What the cells of an instrument leave open, each as one question."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.instrument import Instrument
from outcomes.errors import Problem
from outcomes.loading.answers import RawAnswers, answer_table
from outcomes.loading.plan import MAX_BAD_SHARE, QuestionnairePlan
from outcomes.loading.rows import find_filled
from outcomes.loading.tables import Table


def ask_unknown_words(table: Table, instrument: Instrument, raw: list[RawAnswers]) -> list[Problem]:
    """Ask about words that no table knows, where answers are words; among numbers they are damage."""
    worded = any(column.score.notna().any() for column in raw) or not any(
        column.number.notna().any() for column in raw
    )
    places = [column for column in raw if column.unknown.any()]
    if not worded or not places:
        return []
    count = sum(int(column.count[column.unknown].sum()) for column in places)
    columns = ", ".join(str(column.position + 1) for column in places[:3])
    message = (
        f"{instrument.id} answers must be words of the instrument's table; {count} cells hold other "
        f"words (columns {columns}"
        f"{', ...' if len(places) > 3 else ''}). Add them to labels in the layout, each with its score."
    )
    return [table.problem("E256", message, column=places[0].position)]


def ask_unknown_choices(table: Table, plan: QuestionnairePlan) -> list[Problem]:
    """Ask about choices of the data dictionary whose labels no table knows."""
    found = []
    for position in plan.items:
        choices = plan.choices.get(position)
        if choices is None:
            continue
        known = answer_table(plan.instrument, labels=plan.layout.labels, choices=choices).codes
        lost = len(
            [
                code
                for code in choices
                if code not in known and code not in {str(c) for c in plan.missing_codes}
            ]
        )
        if lost:
            found.append((position, lost))
    if not found:
        return []
    message = (
        f"{plan.instrument.id} choices of the data dictionary must carry the instrument's answer "
        f"labels; {found[0][1]} choices of "
        f"this column and those of {len(found) - 1} others do not. Add the labels, or missing_codes, "
        "to the layout."
    )
    return [table.problem("E256", message, column=found[0][0])]


def ask_bad_cells(
    table: Table, plan: QuestionnairePlan, cells: pd.DataFrame, reason: pd.Series
) -> Problem | None:
    """Where the coding is open because most cells are no answers at all, that is what has to be said."""
    filled = int(find_filled(cells[list(plan.items)]).any(axis=1).sum())
    bad = int(reason.notna().sum())
    if bad <= MAX_BAD_SHARE * filled:
        return None
    message = (
        f"{plan.instrument.id} cells must be answers; {bad} of {filled} rows hold others, mostly "
        f"{reason.value_counts().index[0]}. Export the answers as whole numbers or words."
    )
    return table.problem("E251", message, column=plan.items[0])
