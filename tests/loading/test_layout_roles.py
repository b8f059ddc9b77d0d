"""A layout gives a column one role, and never one that the file itself contradicts."""

from __future__ import annotations

import pytest

import outcomes as oc

ITEMS = ",".join(f"phq9_{number}" for number in range(1, 10))
BARE = ",".join(f"q{number}" for number in range(1, 10))
VISITS = '[[phq9.visits]]\nvisit = "a"\nday = 9\nrecorded_total = "{}"\n'


@pytest.mark.parametrize(
    ("header", "row", "layout", "needed"),
    [
        (
            "patient_id,day,instrument,total",
            "P,0,gad7,7",
            VISITS.format("total"),
            "names the instrument of each row",
        ),
        (
            f"patient_id,{ITEMS}",
            "P" + ",1" * 9,
            VISITS.format("phq9_9"),
            "headers or question texts say something",
        ),
        ("patient_id,day,a", "P,0,5", '[phq9]\nrecorded_total = "day"\n[columns]\nday = "day"\n', "one role"),
        (
            "patient_id,day,a",
            "P,0,5",
            '[phq9]\nrecorded_total = "a"\n[gad7]\nrecorded_total = "a"\n',
            "one role",
        ),
        (
            f"patient_id,day,{BARE}",
            "P,0" + ",1" * 9,
            f'[columns]\npatient_id = "q1"\n[phq9]\nitems = {BARE.split(",")}\n',
            "one role",
        ),
        (
            f"patient_id,day,{BARE}",
            "P,0" + ",1" * 9,
            f'[columns]\ndrop = ["q9"]\n[phq9]\nitems = {BARE.split(",")}\n',
            "one role",
        ),
        (
            "patient_id,date,day,phq9_total",
            "P,2026-01-01,0,5",
            '[columns]\ndate = "date"\nday = "day"\n',
            "both say when",
        ),
        ("patient_id,day,phq9_total", "P,0,5", '[columns]\ndate_format = "%d/%m/%Y %d"\n', "date_format"),
        (
            "patient_id,day,phq9_total",
            "P,0,5",
            '[phq9]\nlabels = { x = 2 }\nmissing_codes = ["x"]\n',
            "same answer",
        ),
        (
            "day,P1,P2",
            "0,3,4",
            'orientation = "patients-in-columns"\n[phq9]\nrecorded_total = "P1"\n',
            "each cell is a total",
        ),
    ],
)
def test_a_layout_that_contradicts_itself_or_the_file_is_refused(tmp_path, header, row, layout, needed):
    path = tmp_path / "export.csv"
    path.write_text(f"{header}\n{row}\n{row.replace('P', 'Q', 1)}\n")
    with pytest.raises(oc.DefinitionError, match=needed):
        oc.load_cohort(path, layout=layout)


def test_questionnaires_may_share_their_date(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("patient_id,day,phq9_total,gad7_total,when\nA,0,5,6,2026-01-01\n")
    layout = 'limited_data_set = true\n[phq9]\ndate = "when"\n[gad7]\ndate = "when"\n'
    assert oc.load_cohort(path, layout=layout).scores["date"].notna().all()


def test_a_scores_file_without_a_used_row_says_so_beside_infusions_in_days(tmp_path):
    (tmp_path / "i.csv").write_text("patient_id,day,drug,dose_mg\nA,0,ketamine,40\n")
    (tmp_path / "s.csv").write_text("patient_id,day,phq9_total\nA,0,99\n")
    (tmp_path / "outcomes.toml").write_text(
        '[[source]]\nfile = "i.csv"\nrole = "infusions"\n[[source]]\nfile = "s.csv"\nrole = "scores"\n'
    )
    with pytest.raises(oc.DataError, match=r"E25[12]"):
        oc.load_cohort(tmp_path)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"patient_id,day,phq9_total\rA\xe9,0,5\r", "E203"),
        (b"STUDYID,USUBJID,QSTESTCD,QSTEST,QSCAT,QSORRES,QSSTRESN,VISITNUM,QSDTC\n", "E252"),
    ],
)
def test_a_file_without_readable_rows_says_so(tmp_path, data, code):
    path = tmp_path / "export.csv"
    path.write_bytes(data)
    with pytest.raises(oc.DataError, match=code):
        oc.load_cohort(path, layout="limited_data_set = true\n")
