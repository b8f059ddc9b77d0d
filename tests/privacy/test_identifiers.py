"""What identifies a person is refused by header and by value; ordinary columns and values pass."""

import pandas as pd
import pytest

from outcomes.privacy.identifiers import (
    explain_identifier,
    find_identifier_header,
    find_identifier_values,
    normalize_header,
)

REFUSED = (
    "Patient Name", "FirstName", "LastName", "patient_first", "DOB", "Date of Birth", "BirthDate", "SSN",
    "Soc_Sec", "MRN",
    "Chart No", "chartNumber", "Phone", "Mobile", "Cell Phone", "E-mail", "EmailAddress", "Home Address",
    "ZIP", "Zip Code",
    "City", "Clinician Notes", "comments", "Insurance ID", "Member_ID", "IP Address", "Emergency Contact",
    "Initials",
    "Guardian", "Account #", "NHS Number", "Nickname", "pt_nm", "Paciente", "contact", "ID2",
)  # fmt: skip
ALSO_REFUSED = (
    "redcap_survey_identifier",
    "RecipientEmail",
    "phq9_first_name",
    "IPAddress",
    "LocationLatitude",
    "last",
)
PASSED = (
    "patient_id", "Patient ID", "PHQ-9", "PHQ9 Total", "phq9_1", "GAD-7", "pcl5_20", "Site", "Age", "Sex",
    "Session Number",
    "infusion_number", "Dose mg", "Weight_kg", "days_from_start", "Series", "Year", "first_infusion_day",
    "last_score",
    "site_name", "instrument_name", "cell_count", "Week",
)  # fmt: skip
ALSO_PASSED = (
    "redcap_event_name", "First Opened", "days_from_first_infusion", "first_dose_mg", "last_session",
    "phq9_last",
    "Over the last two weeks, how often have you been bothered by little interest or pleasure in doing "
    "things?",
    "Feeling bad about yourself, or that you are a failure or have let yourself or your family down",
)  # fmt: skip


@pytest.mark.parametrize("header", REFUSED + ALSO_REFUSED)
def test_an_identifying_header_is_refused(header):
    assert find_identifier_header(header).code == "E101"


@pytest.mark.parametrize("header", PASSED + ALSO_PASSED)
def test_an_ordinary_header_passes(header):
    assert find_identifier_header(header) is None


def test_the_lists_are_whole():
    assert (len(REFUSED), len(PASSED)) == (36, 23)


@pytest.mark.parametrize(
    ("header", "wording", "droppable"),
    [
        ("Patient Name", "a name", False),
        ("dob", "a date of birth", False),
        ("Clinician Notes", "free text", True),
        ("City", "a place", True),
        ("e-mail", "contact data", False),
    ],
)
def test_only_free_text_and_places_may_be_dropped_by_name(header, wording, droppable):
    assert find_identifier_header(header)[1:] == (wording, droppable)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("PHQ9Total", "phq9_total"), ("GAD7SCORE", "gad7_score"), ("totalPCL", "total_pcl"), ("phq9Date",
        "phq9_date"),
        ("\ufeffid", "id"), ("Pat\u200bient\u00a0ID", "patient_id"), ("<b>Dose</b> (mg)", "dose_mg"),
        ("PHQ-9", "phq_9"),
        ("PHQ9.class", "phq9_class"), ("PHQ9M", "phq9m"), ("—", ""), ("ｓｉｔｅ", "site"), ("", ""),
    ],
)  # fmt: skip
def test_spellings_of_a_header_agree_after_normalizing(header, expected):
    assert normalize_header(header) == expected


SENTENCE = "Patient reports feeling much better since the last infusion on Monday."


@pytest.mark.parametrize(
    ("value", "kind", "code"),
    [
        ("123-45-6789", "id", "E102"), ("555-12-3456", "id", "E102"), ("000-12-3456", "id", None),
        ("12-34-5678", "id", None),
        ("jdoe@x.org", "id", "E102"), ("415-555-0132", "id", "E102"), ("(415) 555-0132", "label", "E102"),
        ("10.0.0.1", "label", "E102"), ("https://example.org/a", "label", "E102"), ("94110-1234", "label",
        "E102"),
        ("0004157", "id", None), ("K7Q2-9ZPA", "id", None), ("P-0001", "id", None), ("1234567890", "id",
        None),
        ("Smith, John", "label", "E102"), ("SMITH, JOHN", "id", "E102"), ("smith, john", "label", "E102"),
        ("Dr Smith", "label", "E102"), ("Main St Clinic", "label", None), ("MS clinic", "label", None),
        (SENTENCE, "text", "E103"), ("maint-12-2026", "label", None),
        ("2026-01-02", "text", "E104"), ("1/2/26", "text", "E104"), ("2 Jan 2026", "text", "E104"),
        ("2026-01-02", "date", None),
        ("1/2", "text", None), ("1-2-3", "text", None), ("45292", "number", None), ("2026", "number", None),
        ("01-05-12", "id", None), ("2026-01-02", "id", "E104"), ("31/12/2026", "label", "E104"),
        ("2026-13-42", "label", None),
        ("92", "age", "E105"), ("89", "age", None), ("34", "age", None), ("92", "number", None), ("NA",
        "id", None),
    ],
)  # fmt: skip
def test_a_value_is_judged_by_what_it_looks_like(value, kind, code):
    found = find_identifier_values(pd.Series(["", "P1", value, value]), kind=kind)
    assert found == (None if code is None else (code, 2, 2))


def test_clean_columns_of_two_thousand_rows_are_never_refused():
    rows = range(2000)
    columns = {
        "id": [f"K{n:05d}" for n in rows], "label": [f"Site {n % 5}" for n in rows],
        "age": [str(18 + n % 72) for n in rows],
        "number": [str(n % 28) for n in rows], "date": [f"2026-0{1 + n % 9}-{1 + n % 28:02d}" for n in rows],
        "text": [f"{n % 60} mg = {n % 9}.5 mg/kg" for n in rows],
    }  # fmt: skip
    assert [
        kind for kind, cells in columns.items() if find_identifier_values(pd.Series(cells), kind=kind)
    ] == []


@pytest.mark.parametrize("cells", [[], [""], ["", None]])
def test_nothing_is_found_in_nothing(cells):
    assert find_identifier_values(pd.Series(cells, dtype=object), kind="id") is None


def test_the_first_code_in_order_is_given_with_its_own_place():
    found = find_identifier_values(pd.Series(["2026-01-02", "jdoe@x.org"]), kind="label")
    assert (found.code, found.position) == ("E102", 1)


@pytest.mark.parametrize("code", ["E101", "E102", "E103", "E104", "E105"])
def test_every_message_says_what_to_do_and_names_no_command(code):
    message = explain_identifier(code)
    assert any(word in message for word in ("Remove", "Set", "Give"))
    assert "outcomes deidentify" not in message


def test_a_column_that_may_be_left_out_is_named_by_position():
    message = explain_identifier("E101", "free text", column=4)
    assert "drop = [4] under [columns]" in message
