"""What holds for any dirty file, and that each of the faults that loaders have is noticed."""

from __future__ import annotations

import os
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import Phase, example, given, settings

from outcomes.errors import OutcomesError
from outcomes.loading import duplicates, occasion, questionnaire, scores, scoring, tables, xlsx_table
from tests.loading.dirty_rows import PROPERTIES, TRAPS, check_items, check_ragged, check_sheets, check_states

EXAMPLES = int(os.environ.get("OUTCOMES_EXAMPLES", "100"))
"""Examples per property; a night has time for more."""

EXPLICIT = (
    TRAPS,
    [("A", "2026-03-01", "5", "5"), ("A", "2026-03-01", "5", "")],
    [("A", "2026-03-01", "5", "9"), ("A", "2026-03-01", "6", "22")],
)
NAMES = [check.__name__.removeprefix("check_") for check, _ in PROPERTIES]


@pytest.mark.parametrize(("check", "strategies"), PROPERTIES, ids=NAMES)
def test_a_property_holds_for_any_dirty_rows(check, strategies):
    run = given(*strategies)(check)
    for rows in EXPLICIT if check is check_states else ():
        run = example(rows, False)(run)
    settings(max_examples=EXAMPLES, deadline=None, derandomize=True)(run)()


# The mutant zoo: faults that loaders really have, each planted in ours.


def change_extract(monkeypatch, change) -> None:
    """Change what the reader of a table hands on."""
    real = scores.build_wide

    def changed(*args, **kwargs):
        extract = real(*args, **kwargs)
        frame, rows = change(extract.frame, extract.rows)
        return replace(extract, frame=frame, rows=rows)

    monkeypatch.setattr(scores, "build_wide", changed)


def change_ids(monkeypatch, change) -> None:
    real = occasion.read_ids

    def changed(*args, **kwargs):
        ids, problems, notes = real(*args, **kwargs)
        return change(ids), problems, notes

    monkeypatch.setattr(occasion, "read_ids", changed)


def without(frame: pd.DataFrame, rows: pd.DataFrame, lost: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The frames without these lines of the ledger."""
    uids = set(rows.loc[lost.fillna(False).astype(bool), "row_uid"])
    return frame[~frame["row_uid"].isin(uids)], rows[~rows["row_uid"].isin(uids)].reset_index(drop=True)


def plant_missing_ids(monkeypatch):
    """A default list of missing words, then groupby: patients called NA and None are gone."""
    named = ("NA", "None")
    change_extract(
        monkeypatch,
        lambda frame, rows: without(
            frame, rows, rows["row_uid"].isin(frame.loc[frame["patient_id"].isin(named), "row_uid"])
        ),
    )


def plant_coercion(monkeypatch):
    """Coerce to numbers, then drop what is none."""
    change_extract(monkeypatch, lambda frame, rows: without(frame, rows, rows["reason"].eq("not_a_number")))


def plant_multiplying_merge(monkeypatch):
    """A merge on the patient that multiplies the rows of patients who stand twice."""

    def multiply(frame, rows):
        dates = frame[["patient_id", "date"]].drop_duplicates()
        return frame.drop(columns="date").merge(dates, on="patient_id")[list(frame.columns)], rows

    change_extract(monkeypatch, multiply)


def plant_silent_duplicates(monkeypatch):
    """drop_duplicates without a word."""

    def drop(frame, rows):
        content = frame.drop(columns=["assessment_id", "row_uid"]).astype("string").fillna("")
        again = frame.loc[content.duplicated(), "row_uid"]
        return without(frame, rows, rows["row_uid"].isin(again))

    change_extract(monkeypatch, drop)


def plant_two_reasons(monkeypatch):
    """One row excluded under two reasons."""

    def double(frame, rows):
        excluded = rows[rows["status"].eq("excluded")].head(1).assign(reason="out_of_range")
        return frame, pd.concat([rows, excluded], ignore_index=True)

    change_extract(monkeypatch, double)


def plant_wrong_use(monkeypatch):
    """Totals above the range are used."""
    real = questionnaire.parse_whole
    monkeypatch.setattr(
        questionnaire, "parse_whole", lambda text, **bounds: real(text, **{**bounds, "high": 10**6})
    )


def plant_lost_blanks(monkeypatch):
    """Blank lines are skipped, so that the rows below are counted wrong."""
    change_extract(monkeypatch, lambda frame, rows: without(frame, rows, rows["reason"].eq("blank_row")))


def plant_shifted_columns(monkeypatch):
    """A row with one cell too many moves to the left."""
    real = tables.read_csv_records

    def shifted(source, **settings):
        lines = source.data.split(b"\r\n")
        width = lines[0].count(b",")
        moved = [line.split(b",", 1)[1] if line.count(b",") > width else line for line in lines]
        return real(replace(source, data=b"\r\n".join(moved)), **settings)

    monkeypatch.setattr(tables, "read_csv_records", shifted)


def plant_numeric_ids(monkeypatch):
    """Ids compared as numbers: 007 is 7."""
    change_ids(monkeypatch, lambda ids: ids.str.replace(r"^0+(?=\d)", "", regex=True))


def plant_filled_ids(monkeypatch):
    """A blank id is that of the row above."""
    real = tables.read_csv_records

    def filled(source, **settings):
        lines = source.data.split(b"\r\n")
        for place in range(1, len(lines)):
            if lines[place].startswith(b",2"):
                lines[place] = lines[place - 1].split(b",", 1)[0] + lines[place]
        return real(replace(source, data=b"\r\n".join(lines)), **settings)

    monkeypatch.setattr(tables, "read_csv_records", filled)


def plant_first_sheet(monkeypatch):
    """Only the first sheet is looked at."""
    monkeypatch.setattr(xlsx_table, "_choose_sheet", lambda *args: 1)


def plant_gaps_as_zero(monkeypatch):
    """A missing item is summed as 0."""
    real = scoring.split_whole

    def filled(column):
        values, missing = real(column)
        return values, missing & False

    monkeypatch.setattr(scoring, "split_whole", filled)


def plant_last_of_conflicts(monkeypatch):
    """Of contradicting questionnaires the last one is kept."""
    real = duplicates.find_repeats
    monkeypatch.setattr(duplicates, "find_repeats", lambda places, same_day: real(places, "last"))


def change_plans(monkeypatch, change) -> None:
    real = scores.recognize_columns

    def changed(*args, **kwargs):
        known = real(*args, **kwargs)
        return replace(known, plans=tuple(change(plan) for plan in known.plans))

    monkeypatch.setattr(scores, "recognize_columns", changed)


def plant_shifted_items(monkeypatch):
    """Each item is read from the column beside it."""
    change_plans(monkeypatch, lambda plan: replace(plan, items=(*plan.items[1:], *plan.items[:1])))


def plant_difficulty_as_item(monkeypatch):
    """The difficulty question stands in for the last item."""

    def put(plan):
        return replace(plan, items=(*plan.items[:-1], plan.difficulty)) if plan.difficulty else plan

    change_plans(monkeypatch, put)


def plant_recorded_total(monkeypatch):
    """A recorded total stands in where an item is missing."""
    real = scoring.score_items

    def trusting(items, **settings):
        made = real(items, **settings)
        return made.assign(total=made["total"].fillna(made["recorded_total"]))

    monkeypatch.setattr(scoring, "score_items", trusting)


MUTANTS = (
    (plant_missing_ids, check_states),
    (plant_coercion, check_states),
    (plant_multiplying_merge, check_states),
    (plant_silent_duplicates, check_states),
    (plant_two_reasons, check_states),
    (plant_wrong_use, check_states),
    (plant_lost_blanks, check_states),
    (plant_shifted_columns, check_ragged),
    (plant_numeric_ids, check_states),
    (plant_filled_ids, check_states),
    (plant_first_sheet, check_sheets),
    (plant_gaps_as_zero, check_items),
    (plant_last_of_conflicts, check_states),
    (plant_shifted_items, check_items),
    (plant_difficulty_as_item, check_items),
    (plant_recorded_total, check_items),
)
"""Each fault with the property that must catch it."""


@pytest.mark.parametrize(("plant", "check"), MUTANTS, ids=lambda one: one.__name__)
def test_a_planted_fault_is_caught(plant, check, monkeypatch):
    plant(monkeypatch)
    run = given(*dict(PROPERTIES)[check])(check)
    if check is check_states:
        run = example(TRAPS, False)(run)
    phases = [Phase.explicit, Phase.generate]
    run = settings(max_examples=30, deadline=None, derandomize=True, database=None, phases=phases)(run)
    with pytest.raises((AssertionError, ValueError, OutcomesError, ExceptionGroup, pytest.fail.Exception)):
        run()
