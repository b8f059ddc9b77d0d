"""Who and when, of each row."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.loading.layouts.layout import ColumnsLayout
from outcomes.loading.occasion import Dating, holds_clock_times, read_when, read_who

OPEN = Dating(limited_data_set=True)


def when(table, roles, dating=OPEN):
    return read_when(table, roles, dating=dating, live=pd.Series(True, index=table.cells.index))


def test_a_date_keeps_its_clock_and_a_blank_one_is_a_bad_date(read):
    found = when(read("id,date\nA,2026-03-08 02:30\nB,\n"), {"date": 1})
    assert found.date.dt.day.tolist()[0] == 8
    assert found.clock.tolist() == [9000, pd.NA]
    assert list(found.faults[0][1]) == [pd.NA, "bad_date"]


def test_a_clock_column_fills_in_what_the_date_lacks(read):
    found = when(read("id,date,time\nA,2026-03-08,9:05\nB,2026-03-08,25:00\n"), {"date": 1, "time": 2})
    assert found.clock.tolist() == [32700, pd.NA]


def test_dates_are_a_question_unless_they_are_declared(read):
    found = when(read("id,date\nA,2026-03-08\n"), {"date": 1}, Dating())
    assert [problem.code for problem in found.problems] == ["E104"]


def test_a_scratch_line_makes_no_question(read):
    table = read("id,date\nA,2026-03-08\nscratch,1/2/26\n")
    found = read_when(table, {"date": 1}, dating=OPEN, live=pd.Series([True, False], index=table.cells.index))
    assert found.problems == ()


def test_who_is_text_and_a_blank_id_is_missing(read):
    table = read("patient_id,site,timing\n007,North,Before\n7,North,\n,South,after\n#N/A,South,after\n")
    who = read_who(table, {"patient_id": 0, "site": 1, "timing": 2}, columns=ColumnsLayout(), site=None)
    assert who.patient_id.tolist() == ["007", "7", pd.NA, "#N/A"]
    assert who.timing.tolist() == ["before", pd.NA, "after", "after"]
    assert [fault.dropna().tolist() for _, fault in who.faults] == [["missing_id"], ["excel_error"]]
    assert any("E221" in note for note in who.notes)


def test_every_row_may_be_a_person_of_its_own(read):
    table = read("day\n0\n0\n")
    who = read_who(table, {}, columns=ColumnsLayout(patient_id="row"), site="North")
    assert who.patient_id.tolist() == ["1:0:2", "1:0:3"]
    assert who.site.tolist() == ["North", "North"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("patient_id,site\nA,=cmd()\n", "E261"),
        ("patient_id,site\nA\u200b1,North\n", "E222"),
        ("patient_id,site\n1.23457E+11,North\n", "E224"),
        ("patient_id,site\n123-45-6789,North\n", "E102"),
        ("patient_id,timing\nA,during\n", "E250"),
        ("patient_id,visit\nA,2026-01-02\n", "E104"),
    ],
)
def test_ids_and_labels_that_may_not_travel_are_refused(read, text, code):
    table = read(text)
    roles = {name: place for place, name in enumerate(table.header)}
    problems = read_who(table, roles, columns=ColumnsLayout(), site=None).problems
    assert [problem.code for problem in problems] == [code]


@pytest.mark.parametrize(
    ("cells", "expected"), [(["9:05", "23:59:59", ""], True), (["9:05", "noon"], False), (["", ""], False)]
)
def test_clock_times_are_told_from_visits(cells, expected):
    assert holds_clock_times(pd.Series(cells)) is expected


def test_a_declared_site_never_speaks_over_the_site_of_a_row(tmp_path):
    (tmp_path / "scores.csv").write_text("patient_id,site,day,phq9_total\nA,Bay,0,18\nA,Harbor,14,7\n")
    settings = '[[source]]\nfile = "scores.csv"\nrole = "scores"\nsite = "Harbor"\n'
    (tmp_path / "outcomes.toml").write_text(settings)
    with pytest.raises(oc.DataError, match="1 rows name another"):
        oc.load_cohort(tmp_path)
