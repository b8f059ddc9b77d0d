"""The same data twice counts once; the same bytes that say something else are read."""

from __future__ import annotations

import pytest
from openpyxl import Workbook

import outcomes as oc

BARE = "patient_id,day," + ",".join(f"a{n}" for n in range(1, 17)) + "\n"
WIDE = BARE + "".join(f"P{n},0,{'1,' * 15}0\n" for n in range(5))
SCORES = "patient_id,day,phq9_total\n" + "".join(f"P{n},0,9\n" for n in range(5))
PEOPLE = "patient_id,sex,age\n" + "".join(f"P{n},F,40\n" for n in range(5))


@pytest.fixture
def load(tmp_path):
    """Load sources given as (file, text, further keys of its [[source]])."""

    def loader(*sources, settings=""):
        lines = [settings]
        for name, text, keys in sources:
            if text:
                (tmp_path / name).write_text(text)
            role = "patients" if name.startswith("patients") else "scores"
            lines.append(f'[[source]]\nfile = "{name}"\nrole = "{role}"\n{keys}')
        (tmp_path / "outcomes.toml").write_text("\n".join(lines))
        return oc.load_cohort(tmp_path)

    return loader


def again(cohort):
    return set(cohort.ledger.loc[cohort.ledger["reason"].eq("duplicate_file"), "input"])


def test_two_sheets_of_one_workbook_are_different_data(load, tmp_path):
    book = Workbook()
    for sheet, name in ((book.active, "phq9_total"), (book.create_sheet(), "gad7_total")):
        for row in [["patient_id", "day", name], *([f"P{n}", 0, 9] for n in range(5))]:
            sheet.append(row)
    book.save(tmp_path / "scores.xlsx")
    cohort = load(*(("scores.xlsx", "", f"sheet = {number}\n") for number in (1, 2, 2)))
    assert cohort.scores["instrument"].value_counts().to_dict() == {"phq9": 5, "gad7": 5}
    assert again(cohort) == {3}


def test_equal_files_of_two_sites_are_different_people(load):
    sources = [
        ("scores_a.csv", SCORES, 'site = "A"\n'),
        ("scores_b.csv", SCORES.replace(",0,9", ",30,9"), 'site = "B"\n'),
        ("patients_a.csv", PEOPLE, 'site = "A"\n'),
        ("patients_b.csv", PEOPLE, 'site = "B"\n'),
    ]
    cohort = load(*sources)
    assert cohort.patients["sex"].tolist() == ["F"] * 10
    assert again(cohort) == set()
    assert "input-4 holds the same bytes as input-3 under another site; both are read" in cohort.notes
    across = load(*sources, settings='patient_ids = "unique-across-sites"\n')
    assert (len(across.patients), again(across)) == (5, {4})


def test_a_file_named_twice_may_give_another_questionnaire_each_time(load, tmp_path):
    for number, (id, places) in enumerate((("phq9", range(3, 12)), ("gad7", range(12, 19))), start=1):
        text = f'[{id}]\nitems = {list(places)}\ncoding = "0-3"\n'
        (tmp_path / f"{number}.toml").write_text(text)
    cohort = load(*(("scores.csv", WIDE, f'layout = "{number}.toml"\n') for number in (1, 2, 1)))
    assert cohort.scores["instrument"].value_counts().to_dict() == {"phq9": 5, "gad7": 5}
    assert again(cohort) == {3}


def test_two_layouts_that_read_the_same_make_a_duplicate_file(load, tmp_path):
    (tmp_path / "1.toml").write_text('kind = "wide-totals"\n')
    cohort = load(("scores.csv", SCORES, 'layout = "1.toml"\n'), ("again.csv", SCORES, ""))
    assert (len(cohort.scores), again(cohort)) == (5, {2})
