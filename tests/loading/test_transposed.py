"""Tables whose columns are patients: one total per cell, one ledger line per row."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import DataError, DefinitionError, PrivacyError

TURNED = 'orientation = "patients-in-columns"\n'
PHQ9 = TURNED + "[phq9]\n"
TABLE = "Day,P-1,P-2,P-3\nDay_0,18,,12\nDay_7,9.0,14,\nDay 14,,7,3\n"


@pytest.fixture
def load(tmp_path):
    def loader(text: str, layout: str = PHQ9):
        path = tmp_path / "table.csv"
        path.write_text(text)
        return oc.load_cohort(path, layout=layout)

    return loader


def scores(cohort) -> list:
    return cohort.scores[["patient_id", "study_day", "total"]].to_numpy().tolist()


def reasons(cohort) -> list:
    return [None if reason is pd.NA else reason for reason in cohort.ledger["reason"]]


def test_each_filled_cell_is_a_questionnaire(load):
    cohort = load(TABLE)
    assert scores(cohort) == [
        ["P-1", 0, 18], ["P-1", 7, 9], ["P-2", 7, 14], ["P-2", 14, 7], ["P-3", 0, 12], ["P-3", 14, 3],
    ]  # fmt: skip
    assert cohort.scores["assessment_id"].is_unique
    assert cohort.scores["items_available"].eq(False).all()


def test_each_row_is_one_line_of_the_ledger(load):
    ledger = load(TABLE).ledger
    assert ledger["row"].tolist() == [2, 3, 4]
    assert ledger["assessment_row"].tolist() == ["1:0:2", "1:0:3", "1:0:4"]


@pytest.mark.parametrize("label", ["Day_7", "Day 7", "D7", "study day 7"])
def test_the_day_is_the_number_of_the_label(load, label):
    assert scores(load(f"when,P-1\n{label},9\n")) == [["P-1", 7, 9]]


@pytest.mark.parametrize(
    ("label", "day"), [("7", 7), ("7.0", 7), ("-14", -14), ("Day -7", -7), ("Day_-7", -7), ("D\u22127", -7)]
)
def test_a_minus_is_never_lost(load, label, day):
    assert scores(load(f"day,P-1\n{label},9\n")) == [["P-1", day, 9]]


@pytest.mark.parametrize("label", ["Day-7", "D-1", "day - 7"])
def test_a_dash_that_may_join_or_be_a_minus_is_asked(tmp_path, load, label):
    text = f"day,P-1\nDay 0,12\n{label},9\n"
    with pytest.raises(DataError, match=r"E247.*row 3, column 1.*1 rows a dash"):
        load(text)
    (tmp_path / "asked.csv").write_text(text)
    printed = oc.inspect_source(tmp_path / "asked.csv", layout=PHQ9).layout
    assert "# visit_day" in printed
    (asked,) = (line for line in printed.splitlines() if line.startswith("# visit_day"))
    told = printed.replace(asked, f'visit_day = {{ "Day 0" = 0, "{label}" = -7 }}')
    assert scores(load(text, told)) == [["P-1", -7, 9], ["P-1", 0, 12]]


@pytest.mark.parametrize("header", ["week", "session", "when", ""])
def test_numbers_that_may_be_weeks_or_sessions_are_asked(load, header):
    text = f"{header},P-1,P-2\n0,20,12\n4,10,\n"
    with pytest.raises(DataError, match="E247"):
        load(text)
    told = load(text, TURNED + "[columns]\nvisit_day = { 0 = 0, 4 = 28 }\n[phq9]\n")
    assert scores(told) == [["P-1", 0, 20], ["P-1", 28, 10], ["P-2", 0, 12]]
    assert scores(load(text, TURNED + "[columns]\nday = 1\n[phq9]\n"))[1] == ["P-1", 4, 10]


@pytest.mark.parametrize("header", ["Mean", "Total", "Sum", "SD", "N", "Std. Dev.", "Median"])
def test_a_column_headed_by_a_summary_word_is_asked(tmp_path, load, header):
    text = f"day,P-1,P-2,{header}\n0,20,10,15\n7,10,8,9\n"
    with pytest.raises(DataError, match=r"E226.*column 4"):
        load(text)
    (tmp_path / "asked.csv").write_text(text)
    printed = oc.inspect_source(tmp_path / "asked.csv", layout=PHQ9).layout
    cohort = load(text, printed.replace("# drop", "drop"))
    assert set(cohort.scores["patient_id"]) == {"P-1", "P-2"}


def test_numbers_in_the_header_are_patients_where_the_layout_says_so(load):
    text = "day,101,102\n0,20,12\n7,10,8\n"
    assert scores(load(text)) == [["101", 0, 20], ["101", 7, 10], ["102", 0, 12], ["102", 7, 8]]
    with pytest.raises(DataError, match=r'E210.*orientation = "patients-in-columns"'):
        load(text, "[phq9]\n")
    with pytest.raises(DataError, match="E210"):
        load("0,20,12\n7,10,8\n")


def test_a_label_that_says_no_day_is_a_bad_date_or_a_visit(load):
    rows = "".join(f"Day {n},1\n" for n in range(9))
    assert reasons(load(f"when,P-1\nWeek 7,9\n{rows}")) == ["bad_date"] + [None] * 9
    told = load(
        "when,P-1\npre,9\nWeek 7,4\n", TURNED + "[columns]\nvisit_day = { pre = 0, 'week 7' = 49 }\n[phq9]\n"
    )
    assert (scores(told), told.scores["visit"].tolist()) == (
        [["P-1", 0, 9], ["P-1", 49, 4]],
        ["pre", "Week 7"],
    )
    with pytest.raises(DataError, match="E247"):
        load("when,P-1\npre,9\npost,4\n", TURNED + "[columns]\nvisit_day = { pre = 0 }\n[phq9]\n")


def test_dates_may_stand_in_the_first_column(load):
    text = "date,P-1,P-2\n2026-03-01,9,4\n"
    with pytest.raises(PrivacyError, match="E104"):
        load(text)
    cohort = load(text, "limited_data_set = true\n" + PHQ9)
    assert cohort.scores["date"].dt.strftime("%Y-%m-%d").tolist() == ["2026-03-01"] * 2


def test_the_column_of_days_may_stand_anywhere_and_others_may_be_dropped(load):
    layout = TURNED + '[columns]\nday = "day"\ndrop = ["ward"]\n[phq9]\n'
    assert scores(load("P-1,ward,day\n9,north,7\n", layout)) == [["P-1", 7, 9]]


def test_a_bad_cell_is_left_out_of_its_row(load):
    cohort = load(
        TABLE.replace("18", "28")
        + "Day 21,x,,\nDay 28,,,\n"
        + "".join(f"Day {n},1,,\n" for n in range(30, 40))
    )
    assert reasons(cohort)[:5] == [None, None, None, "not_a_number", "missing_score"]
    assert cohort.ledger["left_out"].tolist()[:2] == ["phq9=out_of_range", pd.NA]
    assert cohort.ledger["column"].tolist()[3:5] == [2, pd.NA]
    assert ["P-1", 0, 28] not in scores(cohort)


def test_days_that_repeat_follow_the_rules_for_repeats(load):
    again = "Day_0,,,13\nDay_0,18,,\n" + "".join(f"Day {n},1,,\n" for n in range(30, 40))
    cohort = load(TABLE + again)
    assert reasons(cohort)[:5] == [None, None, None, "conflicting_duplicate", "duplicate"]
    assert ["P-1", 0, 18] in scores(cohort)
    assert not [one for one in scores(cohort) if one[:2] == ["P-3", 0]]


def test_several_repeats_in_one_row_are_one_reason(load):
    same = "Day_0,18,,12\n" + "".join(f"Day {n},1,,\n" for n in range(30, 40))
    assert reasons(load(TABLE + same))[:4] == [None, None, None, "duplicate"]


def test_blank_rows_and_summaries_are_no_days(load):
    cohort = load(TABLE + "Mean,9,9,9\n,,,\n" + "".join(f"Day {n},1,,\n" for n in range(30, 40)))
    assert reasons(cohort)[3:5] == ["summary_row", "blank_row"]


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ("Day,jdoe@x.org,P-2,P-3", "E102"),
        ('Day,"Smith, John",P-2,P-3', "E102"),
        ("Day,P-1,1.23E+11,P-3", "E224"),
        ("Day,P\u200b-1,P-2,P-3", "E222"),
        ("Day,P-1,,P-3", "E226"),
        ("Day,notes,P-2,P-3", "E101"),
    ],
)
def test_headers_are_held_to_the_rules_for_ids(load, header, error):
    with pytest.raises(oc.OutcomesError) as caught:
        load(TABLE.replace("Day,P-1,P-2,P-3", header))
    assert error in {problem.code for problem in caught.value.found}
    assert not any(word in str(caught.value) for word in ("jdoe", "Smith", "1.23E"))


def test_a_table_without_patients_is_asked(load):
    with pytest.raises(DataError, match="E226"):
        load("Day\nDay 1\n")


def test_a_cell_that_identifies_a_person_refuses_the_table(load):
    with pytest.raises(PrivacyError, match="E102"):
        load(TABLE.replace("18", "415-555-0132"))


@pytest.mark.parametrize(
    ("layout", "error", "code"),
    [
        (TURNED, DataError, "E250"),
        (PHQ9 + "[gad7]\n", DataError, "E250"),
        ('kind = "wide-items"\n' + PHQ9, DefinitionError, "E603"),
    ],
)
def test_one_instrument_must_be_named(load, layout, error, code):
    with pytest.raises(error, match=code):
        load(TABLE, layout)


def test_days_that_count_from_something_else_are_asked(load):
    with pytest.raises(DataError, match="E247"):
        load(TABLE.replace("Day,", "days_post_session,"))


def test_the_printed_layout_offers_the_orientation_and_loads(tmp_path, load):
    text = TABLE.replace("P-", "Patient_")
    path = tmp_path / "table.csv"
    path.write_text(text)
    report = oc.inspect_source(path)
    assert [problem.code for problem in report.questions] == ["E250"]
    completed = report.layout.replace("# orientation", "orientation").replace("# [phq9]", "[phq9]")
    cohort = load(text, completed)
    assert len(cohort.scores) == 6
    again = oc.inspect_source(path, layout=completed)
    assert ([role.role for role in again.roles], again.questions) == (
        ["day"] + ["totals of a patient"] * 3,
        (),
    )
    assert load(text, again.layout).scores.equals(cohort.scores)
    assert "Patient_1" not in str(report) + str(again)


def test_a_column_that_is_no_patient_is_not_declared_away(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("day,clinic,P1,P2\n0,3,18,15\n14,3,7,9\n")
    layout = 'orientation = "patients-in-columns"\n[columns]\nday = "day"\nsite = "clinic"\n[phq9]\n'
    with pytest.raises(oc.DefinitionError, match=r"columns\.site does not go with patients in columns"):
        oc.load_cohort(path, layout=layout)
