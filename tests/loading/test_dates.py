"""Dates are read by evidence or by a declared format, and otherwise not at all."""

import pandas as pd
import pytest

import outcomes as oc
from outcomes.loading.date_forms import suggest_formats
from outcomes.loading.dates import parse_dates, parse_days


def read(*cells, **settings):
    return parse_dates(pd.Series(cells, dtype=object), limited_data_set=True, **settings)


def days(dates):
    return [None if pd.isna(day) else str(day.date()) for day in dates.date]


def as_list(series):
    return [None if pd.isna(one) else one for one in series]


def codes(dates):
    return [code for code, _ in dates.problems]


@pytest.mark.parametrize(
    ("cell", "day", "clock", "fault"),
    [
        ("2026-03-01", "2026-03-01", None, None),
        ("2022/05/20", "2022-05-20", None, None),
        ("2022.5.2", "2022-05-02", None, None),
        ("2026-03-01T09:30", "2026-03-01", 34200, None),
        ("2026-03-01 9:30 PM", "2026-03-01", 77400, None),
        ("2026-03-01 12:05 am", "2026-03-01", 300, None),
        (
            "2026-03-08 02:30",
            "2026-03-08",
            9000,
            None,
        ),  # no such time on many clocks, but a date all the same
        ("2026-07-06 09:14:11.123456789", "2026-07-06", 33251, None),
        ("2024-02-29", "2024-02-29", None, None),
        ("2026-02-30", None, None, "bad_date"),
        ("2026-02-29", None, None, "bad_date"),
        ("2026-13-01", None, None, "bad_date"),
        ("2026-03-01 25:00", None, None, "bad_date"),
        ("2026-03-01 13:30 PM", None, None, "bad_date"),
        ("2026/03-01", None, None, "bad_date"),
        ("２０２６-03-01", None, None, "bad_date"),
        ("now", None, None, "bad_date"),
        ("today", None, None, "bad_date"),
        ("2026-03", None, None, "partial_date"),
        ("2026", None, None, "partial_date"),
        ("2026-03-UN", None, None, "partial_date"),
        ("1999-12-31", None, None, "date_out_of_range"),
        ("9999-01-01", None, None, "date_out_of_range"),
        ("#N/A", None, None, "excel_error"),
        ("", None, None, None),
        ("NA", None, None, None),
    ],
)
def test_a_cell_is_a_date_or_has_its_reason_or_is_blank(cell, day, clock, fault):
    found = read(cell)
    assert (days(found), as_list(found.clock), as_list(found.fault), codes(found)) == (
        [day],
        [clock],
        [fault],
        [],
    )


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (["01/02/2026", "03/04/2026"], "E241"),
        (["1 Mar 2026"], "E241"),
        (["2026-02-01", "13/02/2026"], "E242"),
        (["13/02/2026", "02/13/2026"], "E242"),
        (["1/2/69"], "E243"),
        (["45292"], "E244"),
        (["20260301"], "E244"),
        (["2026-03-31T20:30:00Z"], "E245"),
        (["2026-03-31 20:30+02:00"], "E245"),
    ],
)
def test_a_column_in_doubt_asks(cells, code):
    assert codes(read(*cells)) == [code]


@pytest.mark.parametrize(
    ("cells", "expected", "order"),
    [
        (["01/02/2026", "13/02/2026"], ["2026-02-01", "2026-02-13"], "day first"),
        (["01/02/2026", "02/13/2026"], ["2026-01-02", "2026-02-13"], "month first"),
    ],
)
def test_one_value_proves_the_order_of_its_column_and_is_noted(cells, expected, order):
    found = read(*cells)
    assert (days(found), codes(found)) == (expected, [])
    assert order in found.notes[0]


def test_equal_parts_need_no_proof():
    found = read("05/05/2026", "06/06/2026")
    assert (days(found), codes(found)) == (["2026-05-05", "2026-06-06"], [])


def test_a_declared_format_decides_and_a_time_of_day_may_follow():
    found = read("01/02/2026", "3/4/2026 1:30 PM", "2026-03-04", formats=("%d/%m/%Y",))
    assert (days(found), as_list(found.fault)) == (
        ["2026-02-01", "2026-04-03", None],
        [None, None, "bad_date"],
    )
    assert as_list(found.clock) == [None, 48600, None]


def test_two_formats_may_be_declared_if_no_value_fits_both():
    assert days(read("05-02-2023", "2023-02-05", formats=("%d-%m-%Y", "%Y-%m-%d"))) == ["2023-02-05"] * 2
    assert codes(read("05-02-2023", formats=("%d-%m-%Y", "%m-%d-%Y"))) == ["E242"]


def test_a_format_with_a_two_digit_year_is_evidence_enough():
    assert days(read("3/14/26", formats=("%m/%d/%y",))) == ["2026-03-14"]


def test_dates_of_a_workbook_need_no_format():
    assert days(read("2026-03-01", formats=("%d/%m/%Y",), date_typed=True)) == ["2026-03-01"]


def test_a_stamp_with_a_zone_moves_to_the_clinic_s_own_day():
    found = read(
        "2026-04-01T00:30:00Z", "2026-04-01T01:30:00+02:00", "2026-04-01 00:30", time_zone="America/New_York"
    )
    assert days(found) == ["2026-03-31", "2026-03-31", "2026-04-01"]
    assert as_list(found.clock) == [73800, 70200, 1800]


def test_an_unknown_time_zone_asks_again():
    assert codes(read("2026-04-01T00:30:00Z", time_zone="Mars/Olympus")) == ["E245"]


@pytest.mark.parametrize("cell", ["2026-03-01", "13/02/2026", "1/2/26"])
def test_calendar_dates_must_be_declared(cell):
    found = parse_dates(pd.Series([cell]), limited_data_set=False)
    assert codes(found)[0] == "E104"


def test_what_else_a_date_column_leaves_open_is_asked_beside_the_declaration():
    found = parse_dates(pd.Series(["01/02/2026"]), limited_data_set=False)
    assert codes(found) == ["E104", "E241"]


@pytest.mark.parametrize(
    ("cells", "formats"),
    [
        (["01/02/2026"], [("%d/%m/%Y",), ("%m/%d/%Y",)]),
        (["01/02/2026", "13/02/2026", "now", ""], [("%d/%m/%Y",)]),
        (["13/02/2026", "02/13/2026"], [("%d/%m/%Y", "%m/%d/%Y")]),
        (["1/2/26"], [("%d/%m/%y",), ("%m/%d/%y",)]),
        (["3 Mar 2026 09:30"], [("%d %b %Y",)]),
        (["20260301"], [("%Y%m%d",)]),
        (["45292"], []),
        (["now", ""], []),
        ([], []),
    ],
)
def test_only_formats_that_read_the_column_are_proposed(cells, formats):
    assert suggest_formats(pd.Series(cells, dtype=object)) == formats


def test_two_formats_are_proposed_together_only_where_no_date_fits_both_differently():
    proposed = suggest_formats(pd.Series(["2026-03-01", "13/02/2026", "01/02/2026"]))
    assert ("%Y-%m-%d", "%d/%m/%Y") in proposed
    assert ("%d/%m/%Y", "%m/%d/%Y") not in proposed


def test_a_date_after_the_last_possible_one_is_out_of_range():
    found = read("2026-09-30", "2026-10-01", latest=pd.Timestamp("2026-09-30"))
    assert as_list(found.fault) == [None, "date_out_of_range"]


def test_a_column_of_midnights_holds_no_times():
    found = read("2026-03-01 00:00:00", "2026-03-02 00:00")
    assert as_list(found.clock) == [None, None]
    assert "midnight" in found.notes[0]


def test_a_problem_says_how_many_values_and_where_but_never_which():
    text = pd.Series(["2026-01-01", "2026-01-02", "13/02/2026"], index=[2, 3, 88])
    message = parse_dates(text, limited_data_set=True).problems[0][1]
    assert "row 88" in message
    assert "13/02" not in message


@pytest.mark.parametrize("cells", [[], ["", ""]])
def test_an_empty_column_gives_no_dates_and_no_problems(cells):
    found = read(*cells)
    assert (days(found), found.problems, str(found.date.dtype)) == ([None] * len(cells), (), "datetime64[ns]")


def test_study_days_are_whole_numbers_and_may_be_negative():
    found = parse_days(pd.Series(["-7", "0", "14.0", "14.5", "x", "99999", ""]))
    assert as_list(found.value) == [-7, 0, 14, None, None, None, None]
    assert as_list(found.fault) == [None, None, None, "bad_date", "bad_date", "date_out_of_range", None]


NEW_YORK = {"time_zone": "America/New_York"}


@pytest.mark.parametrize(
    ("cell", "day", "clock"),
    [
        ("2026/01/05 2:00:22 PM GMT-5", "2026-01-05", 50_422),
        ("2026/01/05 11:00:22 PM GMT-8", "2026-01-06", 7_222),
        ("2026/01/05 2:00:22 PM GMT+5:30", "2026-01-05", 12_622),
        ("2026/01/05 2:00:22 PM UTC-0500", "2026-01-05", 50_422),
        ("2026-01-05 19:00:22+00", "2026-01-05", 50_422),
        ("2026/01/05 2:00:22 PM EST", "2026-01-05", 50_422),
        ("2026/07/05 2:00:22 PM EDT", "2026-07-05", 50_422),
        ("2026/07/05 11:30:00 PM EST", "2026-07-06", 1_800),
        ("5/31/2026 11:30:00 PM EDT", "2026-05-31", 84_600),
    ],
)
def test_a_stamp_is_read_in_its_own_zone(cell, day, clock):
    assert codes(read(cell)) == ["E245"]
    found = read(cell, **NEW_YORK)
    assert (days(found), as_list(found.clock), codes(found)) == ([day], [clock], [])


def test_the_abbreviation_of_another_zone_is_asked_for_it_may_stand_for_two():
    assert codes(read("2026/01/05 2:00:22 PM CST", **NEW_YORK)) == ["E245"]
    assert codes(read("2026/01/05 2:00:22 PM CST", time_zone="America/Chicago")) == []
    assert as_list(read("2026/01/05 2:00:22 PM XYZ", **NEW_YORK).fault) == ["bad_date"]


def test_stamps_that_are_all_at_midnight_are_dates_and_are_not_moved():
    found = read("2026-04-01T00:00:00Z", "2026-04-02T00:00:00Z", "", **NEW_YORK)
    assert days(found) == ["2026-04-01", "2026-04-02", None]
    assert as_list(found.clock) == [None] * 3
    assert any("2 stamps with a zone are all at midnight" in note for note in found.notes)
    assert days(read("2026-04-01T00:00:00Z", "2026-04-02T00:00:01Z", **NEW_YORK))[0] == "2026-03-31"


@pytest.mark.parametrize(
    ("second", "code"), [("02/13/2026", "E242"), ("13/02/2026", None), ("2026-02-13", None)]
)
def test_the_date_columns_of_one_file_have_one_order(tmp_path, second, code):
    visits = "".join(
        f"[[phq9.visits]]\nvisit = '{n}'\nrecorded_total = {n * 2 + 1}\ndate = {n * 2}\n" for n in (1, 2)
    )
    (tmp_path / "wide.csv").write_text(f"id,on_a,a_phq9,on_b,b_phq9\nA,13/01/2026,12,{second},7\n")
    layout = f"limited_data_set = true\n[columns]\npatient_id = 'id'\n{visits}"
    questions = oc.inspect_source(tmp_path / "wide.csv", layout=layout).questions
    assert [one.code for one in questions] == ([code] if code else [])
    (tmp_path / "people.csv").write_text(
        f"patient_id,sex,observed_from,observed_until\nA,F,13/01/2026,{second}\n"
    )
    questions = oc.inspect_source(tmp_path / "people.csv", layout="limited_data_set = true\n").questions
    assert [one.code for one in questions] == ([code] if code else [])
