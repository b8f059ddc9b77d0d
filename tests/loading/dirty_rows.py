"""Dirty rows and what a plain reading says of them: the properties that every loader must have."""

from __future__ import annotations

import csv
import re
import tempfile
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import strategies as st
from openpyxl import Workbook

import outcomes as oc
from outcomes.loading import duplicates, scoring
from outcomes.loading.layouts.file import read_layout
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
RAGGED = st.lists(
    st.tuples(IDS, DATES, SCORES, SCORES)
    | st.tuples(IDS, DATES, SCORES)
    | st.tuples(IDS, DATES, SCORES, SCORES, SCORES),
    max_size=8,
)

ITEM_HEADER = ["patient_id", "date", *(f"phq9_{number}" for number in range(1, 11)), "phq9_total"]
ITEM_LAYOUT = '[phq9]\ncoding = "0-3"\nextra = { "phq9_10" = "difficulty" }\n'
ITEM_CELLS = st.sampled_from(["0", "1", "2", "3", "3", "2", "1", "0", "", "NA", "2*", "7", "1.5"])
ANSWERS = st.lists(st.lists(ITEM_CELLS, min_size=9, max_size=9), min_size=1, max_size=6)


def write_csv(path: Path, rows, header=HEADER) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def write_xlsx(path: Path, rows, more=()) -> None:
    """A workbook of text cells; `more` is a second sheet."""
    book = Workbook()
    for sheet, lines in ((book.active, rows), *(((book.create_sheet(), more),) if more else ())):
        for place, row in enumerate([HEADER, *lines], start=1):
            for column, cell in enumerate(row, start=1):
                if cell:
                    made = sheet.cell(place, column, cell)
                    made.data_type = "s"
    book.save(path)


def frame_in(rows) -> list:
    """The rows between two clean ones, so that the table has a beginning and an end."""
    return [CLEAN, *rows, ["last", *CLEAN[1:]]]


def settle(rows, *, as_workbook=False, header=HEADER, layout=None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """ITEMS and ledger lines of one file with its own duplicates out, without the limits on lost rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("scores.xlsx" if as_workbook else "scores.csv")
        write_xlsx(path, rows) if as_workbook else write_csv(path, rows, header)
        table = read_table(path, number=1)
    studied = study_scores(table, read_layout(layout, number=1), Declared(limited_data_set=True))
    assert studied.extract is not None, studied.questions
    frame, ledger = studied.extract.frame, studied.extract.rows
    reason = duplicates.find_repeats(Places(frame), "refuse")
    return frame[reason.isna()], exclude_questionnaires(ledger, frame, reason)


def list_reasons(ledger: pd.DataFrame) -> list[str | None]:
    return [None if reason is pd.NA else reason for reason in ledger["reason"]]


# The oracle: plain Python, one row at a time, written from the spec and not from the code.
ORDER = [
    "blank_row",
    "summary_row",
    "row_length",
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
        if len(cells) != 2:
            found.append({"phq9": ["row_length" if any((patient, when, *cells)) else "blank_row"]})
            continue
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


def check_states(rows, as_workbook) -> None:
    """Conservation and classification: each physical row once, in the state that a plain reading gives."""
    frame, ledger = settle(frame_in(rows), as_workbook=as_workbook)
    assert ledger["row"].tolist() == list(range(2, len(rows) + 4))
    assert list_reasons(ledger) == judge_rows(frame_in(rows))
    assert set(ledger["assessment_row"].dropna()) == set(frame["row_uid"])
    assert frame["assessment_id"].is_unique
    assert (ledger["status"].eq("used") == ledger["reason"].isna()).all()


def check_ragged(rows) -> None:
    """A row of another width is excluded, and no cell of it slips into another column."""
    whole = frame_in(rows) + [["tail", *CLEAN[1:]]] * (2 * len(rows))
    frame, ledger = settle(whole)
    expected = judge_rows(whole)
    assert list_reasons(ledger) == expected
    assert set(ledger["assessment_row"].dropna()) == set(frame["row_uid"])


def check_order(rows, random) -> None:
    """The order of rows changes only which duplicate is kept."""
    states = []
    for order in (rows, random.sample(rows, len(rows))):
        frame, ledger = settle(frame_in(order))
        kept = (
            frame.drop(columns=["assessment_id", "row_uid"]).astype("string").fillna("").agg("|".join, axis=1)
        )
        states.append((sorted(kept), sorted(ledger["reason"].fillna("used"))))
    assert states[0] == states[1]


def check_parts(rows, others) -> None:
    """Two files of different people, one below the other, have the ledger of the two."""
    mine = [(f"{id}-1" if id not in ("", "total") else id, *rest) for id, *rest in rows]
    theirs = [(f"{id}-2" if id not in ("", "total") else id, *rest) for id, *rest in others]
    apart = [list_reasons(settle(frame_in(part))[1])[1:-1] for part in (mine, theirs)]
    together = list_reasons(settle(frame_in([*mine, *theirs]))[1])[1:-1]
    assert together == apart[0] + apart[1]


def check_one_more(rows) -> None:
    """A clean row more is one used line more, a bad one an excluded line, and nothing else changes."""
    before = list_reasons(settle(frame_in(rows))[1])
    for row, reason in (
        (("new", "2026-05-05", "7", "7"), None),
        (("new", "2026-02-30", "7", "7"), "bad_date"),
    ):
        after = list_reasons(settle(frame_in([row, *rows]))[1])
        assert after == [before[0], reason, *before[1:]]


def check_twice(rows) -> None:
    """Loading a file twice is loading it once, and duplicate_file for every row of the second."""
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
            write_csv(Path(folder) / name, frame_in(good))
            lines += ["[[source]]", f'file = "{name}"', 'role = "scores"']
            (Path(folder) / "outcomes.toml").write_text("\n".join(lines))
            cohorts.append(oc.load_cohort(folder))
    once, twice = cohorts
    pd.testing.assert_frame_equal(once.scores, twice.scores)
    pd.testing.assert_frame_equal(once.ledger, twice.ledger.query("input == 1"))
    assert set(twice.ledger.query("input == 2")["reason"]) == {"duplicate_file"}


def check_round_trip(rows) -> None:
    """What was used, written again as a long table and loaded, is all used and says the same."""
    frame, _ = settle(frame_in(rows))
    stamps = [
        f"{row.date:%Y-%m-%d}"
        + ("" if pd.isna(row.clock) else f" {row.clock // 3600:02}:{row.clock // 60 % 60:02}")
        for row in frame.itertuples()
    ]
    lines = list(zip(frame["patient_id"], stamps, frame["instrument"], frame["recorded_total"], strict=True))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "again.csv"
        write_csv(path, lines, ["patient_id", "date", "instrument", "total"])
        again = oc.load_cohort(path, layout="limited_data_set = true\n")
    assert again.ledger["status"].eq("used").all()
    keys = ["patient_id", "date", "clock", "instrument"]
    expected = frame.sort_values(keys).set_index(keys)["recorded_total"].tolist()
    assert again.scores.sort_values(keys)["total"].tolist() == expected


def check_items(answers) -> None:
    """Each answer stands under its own item, a gap leaves no total, and nothing else enters one."""
    rows = [
        [f"P{place}", "2026-03-01", *cells, "2", sum(int(c) for c in cells if c in "0123" and c)]
        for place, cells in enumerate([["0", "1", "2", "3", "0", "1", "2", "3", "0"], *answers])
    ]
    frame, ledger = settle(rows, header=ITEM_HEADER, layout=f"limited_data_set = true\n{ITEM_LAYOUT}")
    scores = scoring.score_items(frame).set_index("patient_id")
    for place, row in enumerate(rows):
        cells = row[2:11]
        marks = {"not_a_number": "2*", "not_integer": "1.5", "out_of_range": "7"}
        faults = [fault for fault, mark in marks.items() if mark in cells]
        faults += ["no_answers"] * (not any(cell in ("0", "1", "2", "3") for cell in cells))
        assert ledger["reason"].fillna("").tolist()[place] == (faults[0] if faults else "")
        if faults:
            assert row[0] not in scores.index
            continue
        mine = scores.loc[row[0]]
        given = [None if cell in ("", "NA") else int(cell) for cell in cells]
        assert [None if pd.isna(mine[f"item_{n}"]) else mine[f"item_{n}"] for n in range(1, 10)] == given
        assert (None if pd.isna(mine["total"]) else mine["total"]) == (None if None in given else sum(given))  # type: ignore[arg-type]
        assert mine["difficulty"] == 2


def check_sheets(rows, more) -> None:
    """A second sheet with data is never left out in silence."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scores.xlsx"
        write_xlsx(path, frame_in(rows), more=frame_in(more))
        with pytest.raises(oc.DataError, match="E233"):
            read_table(path, number=1)


TRAPS = [
    ("007", "2026-03-01", "5", "5"),
    ("7", "2026-03-01", "9", "9"),
    ("", "2026-03-02", "5", "5"),
    ("NA", "2026-03-01", "12", "0"),
    ("", "", "", ""),
    ("B", "2026-03-01", "5", "5"),
    ("B", "2026-03-01", "5", "5"),
    ("B", "2026-03-02", "21", "5"),
    ("A", "2026-03-01", "5", "5"),
    ("A", "2026-03-01", "12", "5"),
    ("a", "2026-03-02", "28", ""),
    ("a", "2026-03-02", "12*", "12*"),
    ("B", "2026-02-30", "5", "5"),
]
"""Rows that carry the usual faults, whatever the strategies draw."""

PROPERTIES = (
    (check_states, (ROWS, st.booleans())),
    (check_ragged, (RAGGED,)),
    (check_order, (ROWS, st.randoms(use_true_random=False))),
    (check_parts, (ROWS, ROWS)),
    (check_one_more, (ROWS,)),
    (check_twice, (ROWS,)),
    (check_round_trip, (ROWS,)),
    (check_items, (ANSWERS,)),
    (check_sheets, (ROWS, ROWS)),
)
"""Every property with the strategies of its arguments."""
