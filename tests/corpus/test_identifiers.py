"""What identifies a person refuses the file, by header and by value; ordinary columns and values pass."""

import random

import pytest

import outcomes as oc

from .case import inspect, load, write_files
from .files import LIMITED, as_csv, folder, items, one, rows_of, totals
from .marks import WORD, find_marks, say_cohort, say_error

IDENTIFYING = (
    "Patient Name", "FirstName", "LastName", "patient_first", "DOB", "Date of Birth", "BirthDate", "SSN",
    "Soc_Sec", "MRN", "Chart No", "chartNumber", "Phone", "Mobile", "Cell Phone", "E-mail", "EmailAddress",
    "Home Address", "ZIP", "Zip Code", "City", "Clinician Notes", "comments", "Insurance ID", "Member_ID",
    "IP Address", "Emergency Contact", "Initials", "Guardian", "Account #", "NHS Number", "Nickname", "pt_nm",
    "Paciente", "contact", "ID2",
)  # fmt: skip
ORDINARY = (
    "patient_id", "Patient ID", "PHQ-9", "PHQ9 Total", "phq9_1", "GAD-7", "pcl5_20", "Site", "Age", "Sex",
    "Session Number", "infusion_number", "Dose mg", "Weight_kg", "days_from_start", "Series", "Year",
    "first_infusion_day", "last_score", "site_name", "instrument_name", "cell_count", "Week",
)  # fmt: skip
SENTENCE = "Patient reports feeling much better since the last infusion on Monday."
VALUES = (
    ("id", "123-45-6789", "E102"), ("id", "555-12-3456", "E102"), ("id", "000-12-3456", ""),
    ("id", "12-34-5678", ""), ("id", "jdoe@x.org", "E102"), ("id", "415-555-0132", "E102"),
    ("id", "0004157", ""), ("id", "K7Q2-9ZPA", ""), ("id", "P-0001", ""), ("id", "SMITH, JOHN", "E102"),
    ("id", "1234567890", ""), ("site", "10.0.0.1", "E102"), ("site", "Smith, John", "E102"),
    ("site", "Dr Smith", "E102"), ("site", "https://example.org/a", "E102"), ("site", "94110-1234", "E102"),
    ("site", "Main St Clinic", ""), ("visit", SENTENCE, "E103"), ("visit", "maint-12-2026", ""),
    ("session", "2026-01-02", "E104"), ("session", "1/2/26", "E104"), ("session", "1/2", ""),
    ("session", "1-2-3", ""), ("session", "45292", ""), ("visit", "2026", ""), ("age", "92", "E105"),
    ("age", "89", ""), ("age", "34", ""),
)  # fmt: skip
ROWS = rows_of(totals())


def with_column(header: str, *cells: str) -> str:
    """A good table with one more column; the last cells of it are these, the others are blank."""
    filled = [header, *[""] * (len(ROWS) - 1 - len(cells)), *cells]
    return as_csv([[*row, cell] for row, cell in zip(ROWS, filled, strict=True)])


def with_value(column: str, value: str) -> dict:
    """A table, or a folder, that holds this value in this column."""
    if column == "age":
        people = as_csv([["patient_id", "sex", "age"], ["P01", "F", 40], ["P02", "F", value]])
        return folder(scores=totals(), patients=people)
    if column == "id":
        return one(as_csv([*ROWS, [value, 3, 4]]))
    return one(with_column(column, *["Other"] * (len(ROWS) - 2), value))


@pytest.mark.parametrize("header", IDENTIFYING)
def test_an_identifying_column_refuses_the_file_and_no_cell_of_it_comes_out(header, tmp_path):
    path = write_files(one(with_column(header, f"{WORD}1", f"{WORD}2")), tmp_path)
    outcome, (reports, error) = load(path), inspect(path)
    # a column of free text or a place may be dropped by name, so that inspecting shows the file and asks
    questions = [question for report in reports for question in report.questions]
    assert (outcome.error.code, outcome.error.exit_code) == ("E101", 14)
    assert error is not None or [question.code for question in questions] == ["E101"]
    said = {"loading": say_error(outcome.error), "inspecting": say_error(error) + "".join(map(str, reports))}
    assert find_marks(said) == []
    assert header == "contact" or header not in "".join(said.values())  # "contact data" are our own words


@pytest.mark.parametrize("header", IDENTIFYING)
def test_an_unknown_column_is_refused_on_request_whatever_its_name(header, tmp_path):
    layout = '[columns]\nunknown_columns = "refuse"\n'
    path = write_files(one(with_column(header, "x")), tmp_path)
    assert load(path, layout).error.code == "E101"


def test_the_request_does_not_rest_on_patterns(tmp_path):
    path = write_files(one(with_column("zz 1", "x")), tmp_path)
    assert load(path).error is None
    assert load(path, '[columns]\nunknown_columns = "refuse"\n').error.code == "E101"


@pytest.mark.parametrize("header", ORDINARY)
def test_an_ordinary_column_is_not_refused(header, tmp_path):
    cells = [str(number % 20) for number in range(1, len(ROWS))]
    table = [["code", header], *[[f"P{number}", cell] for number, cell in enumerate(cells)]]
    path = write_files(one(as_csv(table)), tmp_path)
    reports, error = inspect(path)
    assert error is None
    assert not [question for question in reports[0].questions if question.code.startswith("E1")]


@pytest.mark.parametrize(("column", "value", "code"), VALUES)
def test_a_value_is_judged_where_it_stands(column, value, code, tmp_path):
    path = write_files(with_value(column, value), tmp_path)
    outcome, (reports, error) = load(path), inspect(path)
    if not code:
        assert outcome.error is None, outcome.error
        assert error is None
        return
    assert (outcome.error.code, outcome.error.exit_code) == (code, 14)
    assert error is not None or any(one.code == code for report in reports for one in report.questions)
    if len(value) > 2:
        assert value not in say_error(outcome.error) + say_error(error) + "".join(map(str, reports))


def test_the_lists_are_whole():
    assert (len(IDENTIFYING), len(ORDINARY), len(VALUES) >= 26) == (36, 23, True)


@pytest.mark.parametrize("seed", range(3))
def test_a_clean_file_of_eight_columns_is_not_refused(seed, tmp_path):
    chance = random.Random(seed)
    head = ["patient_id", "date", "time", "site", "visit", "phq9_total", "gad7_total", "pcl5_total"]
    rows = [
        [f"{chance.choice('KLM')}{number:06}", f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
         f"{chance.randint(8, 18):02}:15", f"Site {chance.randint(1, 5)}", f"week {chance.randint(0, 52)}",
         chance.randint(0, 27), chance.randint(0, 21), chance.randint(0, 80)]
        for number in range(2000)
    ]  # fmt: skip
    outcome = load(write_files(one(as_csv([head, *rows])), tmp_path), LIMITED)
    assert outcome.error is None, outcome.error
    assert set(outcome.cohort.ledger["status"]) == {"used"}


def test_the_cells_of_a_column_that_nobody_knows_enter_no_frame(tmp_path):
    rows = [[*row, f"{WORD}{place}"] for place, row in enumerate(rows_of(items()))]
    cohort = load(write_files(one(as_csv(rows)), tmp_path)).cohort
    frames = "".join(getattr(cohort, name).to_csv() for name in ("scores", "infusions", "patients"))
    assert find_marks({"frames": frames, "rest": say_cohort(cohort)}) == []
    assert oc.check_frame(cohort.scores, "SCORES") is not None
