"""The printed layout: passed back as it is, it asks the same questions again; completed, it answers them."""

from __future__ import annotations

import tomllib

import pytest

import outcomes as oc
from outcomes.errors import OutcomesError
from outcomes.loading.inspect import inspect_folder, inspect_source

PHQ9 = ",".join(f"phq9_{number}" for number in range(1, 10))
GAD7 = ",".join(f"gad7_{number}" for number in range(1, 8))
BARE = ",".join(f"q{number}" for number in range(1, 10))
ONES = "1,2,3,1,2,3,1,2,3"
SYMPTOMS = "b1,b2,b3,b4,b5,c1,c2,d1,d2,d3,d4,d5,d6,d7,e1,e2,e3,e4,e5,e6"
DATED = "limited_data_set = true\n"

SCORES = {
    "no patient": ("day,phq9_total\n0,12\n", ""),
    "two patients": ("subject,client_id,day,phq9_total\nA,B,0,12\n", ""),
    "no day": ("id,phq9_total\nA,12\n", ""),
    "no day but a visit": ("id,visit,phq9_total\nA,pre,12\n", ""),
    "a visit without its day": (
        "id,visit,phq9_total\nA,pre,12\nA,post,3\n", "[columns]\nvisit_day = { pre = 0 }\n",
    ),
    "days from elsewhere": ("id,days_post_session,phq9_total\nA,1,12\n", ""),
    "two dates": ("id,date,visit_date,phq9_total\nA,2026-01-01,2026-01-02,12\n", DATED),
    "date and day": ("id,date,day,phq9_total\nA,2026-01-01,0,12\n", DATED),
    "undeclared dates": ("id,date,phq9_total\nA,2026-01-01,12\n", ""),
    "dates said to be none": ("id,date,phq9_total\nA,2026-01-01,12\n", "limited_data_set = false\n"),
    "undeclared and ambiguous dates": ("id,date,phq9_total\nA,01/02/2026,12\n", ""),
    "day or month first": ("id,date,phq9_total\nA,01/02/2026,12\n", DATED),
    "both orders": ("id,date,phq9_total\nA,13/02/2026,12\nB,02/13/2026,12\n", DATED),
    "two digits": ("id,date,phq9_total\nA,1/2/26,12\n", DATED),
    "serial numbers": ("id,date,phq9_total\nA,45292,12\n", DATED),
    "a zone": ("id,date,phq9_total\nA,2026-01-01T09:30Z,12\n", DATED),
    "no instrument": ("id,day,bdi\nA,0,12\n", ""),
    "bare items": (f"id,day,{BARE}\nA,0,{ONES}\n", ""),
    "bare items and nothing else": (f"{BARE}\n{ONES}\n", ""),
    "other timing words": ("id,day,timing,phq9_total\nA,0,sideways,12\n", ""),
    "0 and 4": (f"id,day,{PHQ9}\nA,0,0,2,3,1,2,3,1,2,4\n", ""),
    "no 0": (f"id,day,{PHQ9}\nA,0,{ONES}\n", ""),
    "no 0, long": (
        "id,day,instrument,item,value\n" + "".join(f"A,0,PHQ-9,{n},1\n" for n in range(1, 10)), "",
    ),
    "no answers": (f"id,day,{PHQ9}\nA,0,{'9.5,' * 9}".rstrip(",") + "\n", ""),
    "totals that differ": (f"id,day,{GAD7},gad7_total\nA,0,0,1,2,3,0,1,2,11\n", ""),
    "item or total": ("id,day,phq9\nA,0,3\n", ""),
    "no version, bare": ("id,day,PHQ\nA,0,13\n", ""),
    "0 to 9": (f"id,day,phq9_0,{PHQ9}\nA,0,0,{ONES}\n", ""),
    "no version": ("id,day,phq_total\nA,0,13\n", ""),
    "a visit in the name": ("id,day,b_phq9_total,total\nA,0,13,13\n", ""),
    "some items": ("id,day,phq9_1,phq9_2,phq9_3\nA,0,1,1,1\n", ""),
    "other words": (f"id,day,{PHQ9}\nA,0{',Not at all' * 8},sometimes\n", ""),
    "a short form": ("id,day,phq2\nA,0,3\n", ""),
    "another instrument": ("id,day,phq8_total\nA,0,13\n", ""),
    "PCL or CAPS": (f"id,day,{SYMPTOMS}\nA,0{',1' * 20}\n", ""),
    "notes": ("id,day,phq9_total,Notes\nA,0,12,fine\n", ""),
    "notes and two dates": ("id,date,visit_date,phq9_total,City\nA,2026-01-01,2026-01-02,12,Rome\n", ""),
    "unknown columns": (
        "id,day,phq9_total,mood\nA,0,13,x\n", '[columns]\nunknown_columns = "refuse"\n',
    ),
    "several redcap dates": (
        f"record_id,phq9_date,start_date,{PHQ9},phq9_complete\n1,2026-01-01,2026-01-02,0,{ONES[2:]},2\n",
        DATED,
    ),
    "no redcap date": (f"record_id,{PHQ9},phq9_complete\n1,0,{ONES[2:]},2\n", ""),
}  # fmt: skip
OTHERS = {
    "no patient": ("infusions", "day,dose_mg\n0,40\n"),
    "no day": ("infusions", "id,dose_mg\nA,40\n"),
    "two dates": ("infusions", "id,infusion_date,visit_date,dose_mg\nA,2026-01-01,2026-01-02,40\n"),
    "two doses": ("infusions", "id,day,dose,dosage\nA,0,40 mg,40 mg\n"),
    "day or month first": ("infusions", "id,infusion_date,dose_mg\nA,01/02/2026,40\n"),
    "a zone": ("infusions", "id,infusion_date,dose_mg\nA,2026-01-01T09:30Z,40\n"),
    "an unknown status": ("infusions", "id,day,dose_mg,status\nA,0,40,perhaps\n"),
    "notes": ("infusions", "id,day,dose_mg,comments\nA,0,40,fine\n"),
    "no patient at all": ("patients", "sex,age\nF,40\n"),
    "two sexes": ("patients", "id,sex,gender\nA,F,F\n"),
    "ambiguous dates": ("patients", "id,sex,observed_until\nA,F,01/02/2026\n"),
    "a place": ("patients", "id,sex,city\nA,F,Rome\n"),
    "questionnaires": ("patients", "id,day,phq9_total\nA,0,12\n"),
}


def ask(path, layout=None) -> list[str]:
    """The codes for which loading stops."""
    with pytest.raises(OutcomesError) as caught:
        oc.load_cohort(path, layout=layout)
    return sorted(problem.code for problem in caught.value.found)


def codes(report) -> list[str]:
    return sorted(problem.code for problem in report.questions)


@pytest.mark.parametrize("name", SCORES)
def test_the_printed_layout_passed_back_unchanged_asks_the_same_again(tmp_path, name):
    text, layout = SCORES[name]
    path = tmp_path / "scores.csv"
    path.write_text(text)
    report = inspect_source(path, layout=layout)
    assert report.questions
    assert ask(path, report.layout) == codes(report)
    assert inspect_source(path, layout=report.layout).layout == report.layout


@pytest.mark.parametrize("name", OTHERS)
def test_so_does_that_of_infusions_and_patients(tmp_path, name):
    role, text = OTHERS[name]
    (tmp_path / "file.csv").write_text(text)
    (tmp_path / "scores.csv").write_text("id,day,phq9_total\nA,0,12\n")
    source = f'[[source]]\nfile = "file.csv"\nrole = "{role}"\n'
    other = '[[source]]\nfile = "scores.csv"\nrole = "scores"\n'
    settings = f"limited_data_set = true\nobserved_until = 2026-12-31\n{other}{source}"
    (tmp_path / "outcomes.toml").write_text(settings)
    report = inspect_folder(tmp_path)[1]
    assert report.questions
    (tmp_path / "layout.toml").write_text(report.layout)
    (tmp_path / "outcomes.toml").write_text(settings + 'layout = "layout.toml"\n')
    assert ask(tmp_path) == codes(report)
    assert inspect_folder(tmp_path)[1].layout == report.layout


@pytest.mark.parametrize(
    ("name", "line", "answer"),
    [
        ("no patient", '# patient_id = "row"', 'patient_id = "row"'),
        ("two patients", '# patient_id = "subject"', 'patient_id = "client_id"'),
        ("no day", '# occasion = "single"', 'occasion = "single"'),
        ("no day but a visit", "# visit_day = { pre = 0 }", "visit_day = { pre = 0 }"),
        ("two dates", '# date = "date"', 'date = "visit_date"'),
        ("date and day", '# date = "date"', 'date = "date"'),
        ("undeclared dates", "# limited_data_set = true", "limited_data_set = true"),
        ("day or month first", '# date_format = ["%d/%m/%Y"]', 'date_format = ["%d/%m/%Y"]'),
        ("both orders", '# date_format = ["%d/%m/%Y", "%m/%d/%Y"]', 'date_format = ["%d/%m/%Y", "%m/%d/%Y"]'),
        ("a zone", '# time_zone = ""', 'time_zone = "America/New_York"'),
        ("no 0", '# coding = "0-3"', 'coding = "1-4"'),
        ("no 0, long", '# coding = "0-3"', 'coding = "0-3"'),
        ("totals that differ", 'recorded_total = "gad7_total"', 'recorded_total = "ignore"'),
        ("other words", "# labels = { }", 'labels = { "sometimes" = 1 }'),
        ("notes", "# drop = [4]", "drop = [4]"),
        ("item or total", '# recorded_total = "phq9"', 'recorded_total = "phq9"'),
        ("no version", '# recorded_total = "phq_total"', 'recorded_total = "phq_total"'),
        ("0 to 9", '# items = ["phq9_0"', 'items = ["phq9_0"'),
        ("several redcap dates", "# date = 2", "date = 3"),
    ],
)
def test_the_completed_line_answers_the_question(tmp_path, name, line, answer):
    text, layout = SCORES[name]
    path = tmp_path / "scores.csv"
    path.write_text(text)
    printed = inspect_source(path, layout=layout).layout
    assert line in printed
    assert len(oc.load_cohort(path, layout=printed.replace(line, answer)).scores) > 0


def test_a_table_to_complete_stands_ready_where_bare_items_name_no_questionnaire(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(f"id,day,{BARE}\nA,0,0,{ONES[2:]}\n")
    printed = inspect_source(path).layout
    completed = printed.replace("# [phq9]", "[phq9]")
    assert oc.load_cohort(path, layout=completed).scores["instrument"].tolist() == ["phq9"]
    items = "\n".join(line.removeprefix("# ") if "items" in line else line for line in completed.splitlines())
    assert tomllib.loads(items)["phq9"]["items"] == [f"q{number}" for number in range(1, 10)]


def test_what_is_declared_is_printed_again(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("id,day,visit_date,phq9_total,Notes,mood\nA,0,2026-01-01,12,x,y\n")
    declared = (
        '[columns]\nday = "day"\ndrop = ["Notes"]\nunknown_columns = "refuse"\n'
        '[phq9]\nlabels = { "most days" = 2 }\nmissing_codes = [-9]\n'
    )
    printed = tomllib.loads(inspect_source(path, layout=declared).layout)
    assert printed["columns"]["drop"] == ["Notes"]
    assert printed["columns"]["unknown_columns"] == "refuse"
    assert printed["phq9"] == {
        "recorded_total": "phq9_total", "labels": {"most days": 2}, "missing_codes": [-9],
    }  # fmt: skip


def test_a_folder_that_declares_dates_is_not_contradicted_by_the_printed_layout(tmp_path):
    (tmp_path / "scores.csv").write_text("id,date,visit_date,phq9_total\nA,2026-01-01,2026-01-02,12\n")
    source = '[[source]]\nfile = "scores.csv"\nrole = "scores"\n'
    (tmp_path / "outcomes.toml").write_text(f"limited_data_set = true\nobserved_until = 2026-12-31\n{source}")
    (report,) = inspect_folder(tmp_path)
    assert "limited_data_set" not in report.layout


def test_questions_of_one_file_come_in_one_round(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(f"date,{BARE}\n01/02/2026,{ONES}\n")
    with pytest.raises(OutcomesError) as caught:
        oc.load_cohort(path)
    assert {problem.code for problem in caught.value.found} == {"E104", "E226", "E241", "E250"}
