"""What inspect_source says, and that it never says too much."""

from __future__ import annotations

import dataclasses

import pytest

import outcomes as oc
from outcomes.errors import PrivacyError
from outcomes.loading.inspect import inspect_folder, inspect_source

ITEMS = ",".join(f"phq9_{number}" for number in range(1, 10))


@pytest.fixture
def inspect(tmp_path):
    def inspector(text: str, layout: str | None = None, name: str = "Smith_John_1961.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return inspect_source(path, layout=layout)

    return inspector


def test_a_plain_file_needs_no_answer(inspect):
    report = inspect("patient_id,day,phq9_total\nA,0,18\nA,14,7\nB,0,44\nC,0,3\nD,1,3\nE,1,3\n")
    assert (report.kind, report.instruments, report.n_rows) == ("wide-totals", ("phq9",), 6)
    assert report.questions == ()
    assert report.excluded == {"out_of_range": 1}
    assert [(one.position, one.role, one.header) for one in report.roles] == [
        (1, "patient_id", "patient_id"), (2, "day", "day"), (3, "phq9 total", "phq9_total"),
    ]  # fmt: skip


def test_a_column_in_doubt_is_listed_as_such(inspect):
    roles = inspect("id,day,phq9\nA,0,3\n").roles
    assert [(one.position, one.role, one.header) for one in roles][2] == (3, "phq9, in doubt", None)


def test_exclusions_are_said_to_stand_before_duplicates_are_looked_for(inspect):
    rows = "".join(f"P{n},0,3\n" for n in range(9))
    report = inspect(f"patient_id,day,phq9_total\n{rows}A,0,44\nP1,0,3\n")
    assert report.excluded == {"out_of_range": 1}
    assert "before duplicates across rows and files are looked for" in str(report)


def test_the_report_is_frozen_and_changes_nothing(inspect, tmp_path):
    report = inspect("patient_id,day,phq9_total\nA,0,18\n")
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.kind = "form"
    assert [path.name for path in tmp_path.iterdir()] == ["Smith_John_1961.csv"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("id,phq9_total\nA,12\n", '# occasion = "single"'),
        ("day,phq9_total\n0,12\n", '# patient_id = "row"'),
        ("id,date,visit_date,phq9_total\nA,2026-01-01,2026-01-02,12\n", '# date = "date"'),
        ("id,date,phq9_total\nA,2026-01-01,12\n", "# limited_data_set = true"),
        ("id,day,phq9\nA,0,3\n", "# ASK phq9: column 3"),
        (f"id,day,{ITEMS}\nA,0,1,2,3,1,2,3,1,2,3\n", '# coding = "0-3"'),
        (f"id,day,{ITEMS}\n" + "A,0" + ",Not at all" * 8 + ",sometimes\n", "# labels = {"),
    ],
)
def test_what_is_asked_stands_in_the_layout_as_a_line_to_edit(inspect, text, line):
    report = inspect(text)
    assert report.questions
    asked = [one for one in report.layout.splitlines() if "ASK" in one]
    assert any(one.startswith(line) for one in asked)


def test_the_printed_layout_loads_the_file_once_its_line_is_edited(inspect, tmp_path):
    answers = "A,0,1,2,3,1,2,3,1,2,3\nB,0,1,1,1,1,1,1,1,1,1\n"
    report = inspect(f"id,day,{ITEMS}\n{answers}")
    edited = report.layout.replace('# coding = "0-3"', 'coding = "1-4"')
    cohort = oc.load_cohort(tmp_path / "Smith_John_1961.csv", layout=edited)
    assert cohort.scores["total"].tolist() == [9, 0]
    assert inspect(f"id,day,{ITEMS}\n{answers}", edited).questions == ()


def test_the_layout_of_a_settled_file_reads_the_same(inspect, tmp_path):
    text = f"Patient ID,study_day,{ITEMS},mood\nA,0,0,2,3,1,2,3,1,2,3,x\n"
    layout = inspect(text).layout
    path = tmp_path / "Smith_John_1961.csv"
    assert oc.load_cohort(path).scores.equals(oc.load_cohort(path, layout=layout).scores)


def test_no_cell_header_or_file_name_is_ever_shown(inspect):
    canary = "Zyxw"
    header = f"id,day,{canary}head,phq9_1,{canary}_date,gad7_total"
    text = f"{header}\n{canary}A,0,{canary}b,{canary}c,2026-01-01,{canary}9\n"
    report = inspect(text)
    assert report.questions
    for shown in (str(report), report.layout, *map(str, report.questions), *report.evidence):
        assert canary.lower() not in shown.lower()
        assert "smith" not in shown.lower()


@pytest.mark.parametrize("header", ["Last Name", "DOB", "E-mail"])
def test_an_identified_file_is_refused(inspect, header):
    with pytest.raises(PrivacyError):
        inspect(f"id,day,phq9_total,{header}\nA,0,12,x\n")


def test_infusion_and_patient_files_are_recognized(inspect):
    assert inspect("patient_id,day,dose_mg,route\nA,0,40,IV\n").kind == "infusions"
    assert inspect("patient_id,sex,age\nA,F,40\n").kind == "patients"


def test_a_folder_is_inspected_source_by_source(tmp_path):
    (tmp_path / "scores.csv").write_text("patient_id,day,phq9_total\nA,0,18\n")
    (tmp_path / "infusions.csv").write_text("patient_id,day,dose_mg,route\nA,0,40,IV\n")
    (tmp_path / "outcomes.toml").write_text(
        '[[source]]\nfile = "scores.csv"\nrole = "scores"\n[[source]]\nfile = "infusions.csv"\nrole '
        '= "infusions"\n'
    )
    assert [report.kind for report in inspect_folder(tmp_path)] == ["wide-totals", "infusions"]
