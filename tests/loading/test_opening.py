"""A file is held to the role and the kind that are declared for it."""

from __future__ import annotations

import pytest

import outcomes as oc
from outcomes.errors import DataError, DefinitionError
from outcomes.loading.inspect import inspect_folder, inspect_source

SCORES = "id,day,phq9_total\nA,0,12\n"
ITEMS = f"id,day,{','.join(f'phq9_{n}' for n in range(1, 10))}\nA,0,0,1,2,3,0,1,2,3,0\n"
FORM = (
    "id,day,Little interest or pleasure in doing things,Feeling down depressed or hopeless,Trouble falling "
    "asleep or sleeping too much,Feeling tired or having little energy,Poor appetite or overeating,Feeling "
    "bad about yourself,Trouble concentrating on things,Moving or speaking so slowly,Thoughts that you would "
    "be better off dead\nA,0,0,1,2,3,0,1,2,3,0\n"
)
INFUSIONS = "id,day,dose_mg,route\nA,0,40,IV\n"
PATIENTS = "id,sex,age\nA,F,40\n"
LONG = "id,day,instrument,total\nA,0,PHQ-9,12\n"


@pytest.fixture
def folder(tmp_path):
    """A folder of one questionnaire file and the file of the test, under its role."""

    def maker(text: str, role: str, layout: str = "", keys: str = ""):
        (tmp_path / "scores.csv").write_text("id,day,phq9_total\nZ,0,12\n")
        (tmp_path / "file.csv").write_text(text)
        (tmp_path / "layout.toml").write_text(layout)
        lines = ['[[source]]\nfile = "scores.csv"\nrole = "scores"']
        lines.append(f'[[source]]\nfile = "file.csv"\nrole = "{role}"\nlayout = "layout.toml"\n{keys}')
        (tmp_path / "outcomes.toml").write_text("\n".join(lines))
        return tmp_path

    return maker


@pytest.mark.parametrize(
    ("text", "role"),
    [
        (SCORES, "infusions"),
        (ITEMS, "infusions"),
        (FORM, "infusions"),
        (LONG, "infusions"),
        (INFUSIONS, "patients"),
        (ITEMS, "patients"),
        (INFUSIONS, "scores"),
        (PATIENTS, "scores"),
    ],
)
def test_a_file_under_the_role_of_another_is_refused(folder, text, role):
    path = folder(text, role)
    with pytest.raises(DataError, match="role") as caught:
        oc.load_cohort(path)
    assert [problem.code for problem in caught.value.found] == ["E250"]
    assert [problem.code for problem in inspect_folder(path)[1].questions] == ["E250"]


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("id,day\nA,0\n", "infusions"),
        ("id,day,dose_mg,phq9_total\nA,0,40,12\n", "infusions"),
        ("id,sex,first_infusion_day\nA,F,0\n", "patients"),
    ],
)
def test_what_a_role_allows_is_read(folder, text, role):
    assert set(oc.load_cohort(folder(text, role)).ledger["status"]) == {"used"}


def test_columns_of_another_role_may_be_dropped(folder):
    text = "id,sex,phq9_total\nA,F,12\n"
    path = folder(text, "patients", "[columns]\ndrop = [3]\n")
    assert oc.load_cohort(path).patients["sex"].dropna().tolist() == ["F"]


@pytest.mark.parametrize(
    ("text", "role", "kind"),
    [
        (SCORES, "scores", "infusions"),
        (INFUSIONS, "infusions", "wide-items"),
        (PATIENTS, "patients", "infusions"),
        (FORM, "scores", "wide-items"),
        (ITEMS, "scores", "form"),
        (SCORES, "scores", "wide-items"),
        (ITEMS, "scores", "wide-totals"),
        (LONG, "scores", "wide-totals"),
        (SCORES, "scores", "long-scores"),
        (INFUSIONS, "scores", "redcap"),
    ],
)
def test_a_kind_that_contradicts_role_or_content_is_refused(folder, text, role, kind):
    path = folder(text, role, f'kind = "{kind}"\n')
    with pytest.raises(DefinitionError) as caught:
        oc.load_cohort(path)
    assert [problem.code for problem in caught.value.found] == ["E603"]
    with pytest.raises(DefinitionError, match="E603"):
        inspect_folder(path)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (SCORES, "wide-totals"),
        (ITEMS, "wide-items"),
        (FORM, "form"),
        (LONG, "long-scores"),
        (ITEMS, "redcap"),
    ],
)
def test_a_kind_that_fits_is_accepted(tmp_path, text, kind):
    (tmp_path / "scores.csv").write_text(text)
    layout = f'kind = "{kind}"\n[columns]\nday = "day"\n'
    assert len(oc.load_cohort(tmp_path / "scores.csv", layout=layout).scores) == 1


def test_a_single_file_of_infusions_says_how_to_load_it(tmp_path):
    (tmp_path / "log.csv").write_text(INFUSIONS)
    with pytest.raises(DataError, match='role = "infusions" in the'):
        oc.load_cohort(tmp_path / "log.csv")
    report = inspect_source(tmp_path / "log.csv", layout='kind = "infusions"\n')
    assert [(one.position, one.role, one.header) for one in report.roles] == [
        (1, "patient_id", "id"), (2, "day", "day"), (3, "dose_mg", "dose_mg"), (4, "route", "route"),
    ]  # fmt: skip


def test_a_sheet_of_a_text_file_is_a_contradiction(folder):
    with pytest.raises(DefinitionError, match=r"E603(.|\n)*sheet"):
        oc.load_cohort(folder(PATIENTS, "patients", keys="sheet = 1\n"))
    with pytest.raises(DefinitionError, match=r"E603(.|\n)*sheet"):
        oc.load_cohort(folder(PATIENTS, "patients", "sheet = 1\n"))


def test_the_layout_of_another_file_is_refused_for_every_role(folder):
    with pytest.raises(DefinitionError, match="E603"):
        oc.load_cohort(folder(PATIENTS, "patients", 'sha256 = "000000000000"\n'))
