"""Patient files: a patient stands in the frame once, or the file says why not."""

import pandas as pd
import pytest

from outcomes.errors import OutcomesError
from outcomes.loading.patients import read_patients
from outcomes.loading.tables import read_table
from outcomes.schema import LEDGER, PATIENTS, check_frame


@pytest.fixture
def extract(tmp_path):
    """Write a text table to a file and read its patients."""

    def reader(text, **settings):
        path = tmp_path / "patients.csv"
        path.write_text(text)
        return read_patients(read_table(path, number=2), **{"limited_data_set": True, **settings})

    return reader


def reasons(found):
    return {
        int(row): reason
        for row, reason in zip(found.rows["row"], found.rows["reason"], strict=True)
        if pd.notna(reason)
    }


def test_a_clean_file_gives_every_column_of_the_schema(extract):
    found = extract(
        "patient_id,site,sex,age,diagnosis,period,observed_from,observed_until,admission_date,age_band\n"
        "007,North,F,34,MDD,2026Q2,2024-07-01,2026-09-30,,30-39\n"
        "7,North,,89,,,,2026-09-30,2026-05-01,80+\n"
    )
    check_frame(found.frame, PATIENTS)
    check_frame(found.rows, LEDGER)
    assert found.frame["patient_id"].tolist() == ["007", "7"]
    assert found.frame["age"].tolist() == [34, 89]
    assert found.frame["admission_date"].dt.strftime("%F").fillna("").tolist() == ["", "2026-05-01"]
    assert found.rows["role"].unique().tolist() == ["patients"]
    assert "columns not read (1): 10" in found.notes


def test_study_days_may_say_how_long_a_patient_was_observable(extract):
    found = extract("patient_id,observed_until_day\nP1,120\nP2,x\n", limited_data_set=False)
    assert found.frame["observed_until_day"].tolist() == [120]
    assert reasons(found) == {3: "bad_date"}


def test_a_repeated_row_counts_once_and_rows_that_differ_count_for_nothing(extract):
    found = extract("patient_id,site,age\nP1,A,34\nP1,A,34\nP2,A,34\nP2,A,35\nP2,A,34\nP1,B,50\n")
    assert reasons(found) == {
        3: "duplicate",
        4: "conflicting_duplicate",
        5: "conflicting_duplicate",
        6: "conflicting_duplicate",
    }
    assert found.frame[["site", "patient_id"]].to_numpy().tolist() == [["A", "P1"], ["B", "P1"]]


def test_each_row_is_used_or_has_one_reason(extract):
    found = extract(
        "patient_id,sex,observed_until\nP1,F,2026-09-30\n,F,2026-09-30\nP2,F,2026-02-30\n\nP3,M\nP4,M,\n"
    )
    assert reasons(found) == {3: "missing_id", 4: "bad_date", 5: "blank_row", 6: "row_length"}
    assert found.frame["patient_id"].tolist() == ["P1", "P4"]


def test_an_observation_that_ends_before_it_begins_is_out_of_range(extract):
    found = extract(
        "patient_id,observed_from,observed_until\nP1,2026-05-02,2026-05-01\nP2,2026-05-01,2026-05-01\n"
    )
    assert reasons(found) == {2: "date_out_of_range"}
    assert found.rows["column"].tolist() == [3, pd.NA]


def test_a_long_diagnosis_may_be_left_out_by_the_layout(extract):
    text = "patient_id,sex,diagnosis\nP1,F,recurrent depressive disorder with a severe current episode\n"
    with pytest.raises(OutcomesError, match=r"E103.*drop = \[3\]"):
        extract(text)
    assert extract(text, dropped={2}).frame["diagnosis"].isna().all()


def test_an_age_that_is_no_number_is_missing_and_counted(extract):
    found = extract("patient_id,age\nP1,thirty\nP2,NA\nP3,34.5\n")
    assert found.frame["age"].isna().all()
    assert "age_unknown: 2 rows, column 2; the age is missing" in found.notes


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        ("patient_id,age\nP1,92\n", "E105", 14),
        ("patient_id,date_of_birth\nP1,x\n", "E101", 14),
        ('patient_id,observed_until,diagnosis\nP1,2026-09-30,"Smith, John"\n', "E102", 14),
        ("patient_id,sex\nP1,2026-09-30\n", "E104", 14),
        ("age,sex\n34,F\n", "E226", 10),
        ("patient_id,sex,gender\nP1,F,F\n", "E250", 10),
        ("patient_id,diagnosis\nP1,MDD <b>\n", "E261", 10),
        ("patient_id,period\nP1,2026-Q1\n", "E250", 10),
        ("patient_id,period\nP1,first\n", "E250", 10),
        ("patient_id,observed_until\nP1,01/02/2026\n", "E241", 10),
    ],
)
def test_a_file_in_doubt_asks_and_an_identified_one_is_refused(extract, text, code, status):
    with pytest.raises(OutcomesError) as caught:
        extract(text)
    assert (caught.value.code, caught.value.exit_code) == (code, status)


def test_an_identified_column_that_is_empty_is_only_left_out(extract):
    found = extract("patient_id,Email,sex\nP1,,F\n")
    assert len(found.frame) == 1
    assert any("contact data; it is empty" in note for note in found.notes)


@pytest.mark.parametrize("text", ["patient_id,age,observed_until\n", "patient_id\n"])
def test_a_header_alone_gives_empty_frames_of_the_schema(extract, text):
    found = extract(text)
    assert (len(found.frame), len(found.rows)) == (0, 0)
    check_frame(found.frame, PATIENTS)
