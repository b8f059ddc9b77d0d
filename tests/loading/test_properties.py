"""What holds for any dirty file: no row is lost, none has two reasons, and their order does not matter."""

from __future__ import annotations

import csv
import re
import tempfile
from datetime import date
from pathlib import Path

import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

import outcomes as oc
from outcomes.loading.duplicates import find_repeats
from outcomes.loading.layout_file import read_layout
from outcomes.loading.ledger import exclude_questionnaires
from outcomes.loading.ordering import Places
from outcomes.loading.scores import study_scores
from outcomes.loading.studied import Declared
from outcomes.loading.tables import read_table

HEADER = ["patient_id", "date", "phq9_total", "gad7_total"]
CLEAN = ["clean", "2026-01-01", "5", "5"]

IDS = st.sampled_from(["A", "a", "B", "007", "7", "NA", "None", "", "total", "1e5"])
DATES = st.sampled_from(
    ["2026-03-01", "2026-03-02", "2026-02-30", "2026-03", "now", "", "1999-01-01", "2026-03-01T09:30"]
)
SCORES = st.sampled_from(
    [
        "0",
        "5",
        "12",
        "21",
        "27",
        "28",
        "",
        "NA",
        "12*",
        "1,5",
        "12.5",
        "12.0",
        "inf",
        "１２",
        "-0",
        "#REF!",
        "-9",
    ]
)
ROWS = st.lists(st.tuples(IDS, DATES, SCORES, SCORES) | st.just(("", "", "", "")), max_size=12)


def write_csv(path: Path, rows) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, CLEAN, *rows, ["last", *CLEAN[1:]]])


def write_xlsx(path: Path, rows) -> None:
    book = Workbook()
    for place, row in enumerate([HEADER, CLEAN, *rows, ["last", *CLEAN[1:]]], start=1):
        for column, cell in enumerate(row, start=1):
            if cell:
                made = book.active.cell(place, column, cell)
                made.data_type = "s"
    book.save(path)


def settle(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """ITEMS and ledger lines of one file with its own duplicates out, without the limits on lost rows."""
    studied = study_scores(
        read_table(path, number=1), read_layout(None, number=1), Declared(limited_data_set=True)
    )
    assert studied.extract is not None, studied.questions
    frame, rows = studied.extract.frame, studied.extract.rows
    reason = find_repeats(Places(frame), "refuse")
    return frame[reason.isna()], exclude_questionnaires(rows, frame, reason)


# The oracle: plain Python, one row at a time, written from the spec and not from the code.
ORDER = [
    "blank_row",
    "summary_row",
    "missing_id",
    "excel_error",
    "bad_date",
    "partial_date",
    "date_out_of_range",
    "not_a_number",
    "not_integer",
]
ORDER += ["out_of_range", "missing_score", "duplicate", "conflicting_duplicate"]


def judge_score(cell: str, top: int) -> str | None:
    if cell in ("", "NA"):
        return "missing_score"
    if cell.startswith("#"):
        return "excel_error"
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", cell) or cell == "-0":
        return "not_a_number"
    if float(cell) % 1:
        return "not_integer"
    return None if 0 <= float(cell) <= top else "out_of_range"


def judge_date(cell: str) -> str | None:
    if cell == "2026-03":
        return "partial_date"
    try:
        return None if date.fromisoformat(cell[:10]).year >= 2000 else "date_out_of_range"
    except ValueError:
        return "bad_date"


def judge_rows(rows) -> list[str | None]:
    found, seen = [], {}
    for place, (patient, when, *cells) in enumerate(rows):
        number = any(judge_score(cell, 10**9) in (None, "not_integer", "out_of_range") for cell in cells)
        shared = ["missing_id"] * (not patient) + [judge_date(when)] * (judge_date(when) is not None)
        shared += ["summary_row"] * (not when and (patient == "total" or (not patient and number)))
        shared += ["blank_row"] * (not any((patient, when, *cells)))
        faults = {}
        for name, cell, top in zip(("phq9", "gad7"), cells, (27, 21), strict=True):
            own = judge_score(cell, top)
            faults[name] = shared + [own] * (own is not None)
            if not faults[name]:
                seen.setdefault((patient, name, when[:10]), []).append((place, when[11:], float(cell)))
        found.append(faults)
    for (_, name, _), group in seen.items():
        firsts = {(clock, score): place for place, clock, score in reversed(group)}
        for place, clock, score in group:
            rivals = [c for (c, s), p in firsts.items() if p != place and (c == clock or not c or not clock)]
            again = firsts[clock, score] != place
            found[place][name] += ["duplicate"] if again else ["conflicting_duplicate"] * bool(rivals)
    reasons = []
    for faults in found:
        # A blank score is the reason only where the other one is blank too: else nothing was asked there.
        answered = [row for row in faults.values() if "missing_score" not in row] or list(faults.values())
        used = any(not row for row in faults.values())
        reasons.append(None if used else min((f for row in answered for f in row), key=ORDER.index))
    return reasons


@settings(max_examples=15, deadline=None, derandomize=True)
@given(ROWS, st.booleans())
@example([("A", "2026-03-01", "5", "5"), ("A", "2026-03-01", "5", "")], False)
@example([("A", "2026-03-01", "5", "9"), ("A", "2026-03-01", "6", "22")], False)
def test_every_row_has_the_state_and_reason_that_a_plain_reading_gives(rows, as_workbook):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("scores.xlsx" if as_workbook else "scores.csv")
        (write_xlsx if as_workbook else write_csv)(path, rows)
        frame, ledger = settle(path)
    assert ledger["row"].tolist() == list(
        range(2, len(rows) + 4)
    )  # conservation: each physical row once, in order
    reasons = [None if reason is pd.NA else reason for reason in ledger["reason"]]
    assert reasons == judge_rows([CLEAN, *rows, ["last", *CLEAN[1:]]])
    assert set(ledger["assessment_row"].dropna()) == set(frame["row_uid"])


@settings(max_examples=5, deadline=None, derandomize=True)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_only_which_duplicate_is_kept(rows, random):
    shuffled = random.sample(rows, len(rows))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scores.csv"
        states = []
        for order in (rows, shuffled):
            write_csv(path, order)
            frame, ledger = settle(path)
            kept = (
                frame.drop(columns=["assessment_id", "row_uid"])
                .astype("string")
                .fillna("")
                .agg("|".join, axis=1)
            )
            states.append((sorted(kept), sorted(ledger["reason"].fillna("used"))))
    assert states[0] == states[1]


@settings(max_examples=4, deadline=None, derandomize=True)
@given(ROWS)
def test_loading_a_file_twice_adds_only_duplicate_file(rows):
    good = [
        row
        for row in rows
        if judge_rows([row])[0] is None and not any(judge_score(cell, 21) for cell in row[2:])
    ]
    good = list({(patient, when[:10]): (patient, when, *cells) for patient, when, *cells in good}.values())
    cohorts = []
    with tempfile.TemporaryDirectory() as folder:
        lines = ["limited_data_set = true", "observed_until = 2026-12-31"]
        for name in ("once.csv", "twice.csv"):
            write_csv(Path(folder) / name, good)
            lines += ["[[source]]", f'file = "{name}"', 'role = "scores"']
            (Path(folder) / "outcomes.toml").write_text("\n".join(lines))
            cohorts.append(oc.load_cohort(folder))
    once, twice = cohorts
    pd.testing.assert_frame_equal(once.scores, twice.scores)
    pd.testing.assert_frame_equal(once.ledger, twice.ledger.query("input == 1"))
    assert set(twice.ledger.query("input == 2")["reason"]) == {"duplicate_file"}


@settings(max_examples=5, deadline=None, derandomize=True)
@given(ROWS)
def test_a_clean_row_more_is_one_used_row_more(rows):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scores.csv"
        write_csv(path, rows)
        before = settle(path)[1]["reason"].tolist()
        write_csv(path, [("new", "2026-05-05", "7", "7"), *rows])
        after = settle(path)[1]["reason"].tolist()
    assert after == [before[0], pd.NA, *before[1:]]
