"""Visits, conditions, safety columns and other drugs: what a clinic records beside questionnaires."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc

SETTINGS = """schema = 1
limited_data_set = true
observed_until = 2026-12-31
patient_ids = "unique-across-sites"
"""
SCORES = "patient_id,date,phq9_total\nA,2026-01-04,18\nB,2026-01-04,15\n"


def load(folder: Path, **files: str) -> oc.Cohort:
    sources = ""
    for role, text in {"scores": SCORES, **files}.items():
        (folder / f"{role}.csv").write_text(text, encoding="utf-8")
        sources += f'[[source]]\nfile = "{role}.csv"\nrole = "{role}"\n'
    (folder / "outcomes.toml").write_text(SETTINGS + sources, encoding="utf-8")
    return oc.load_cohort(folder)


def plain(frame: pd.DataFrame, *columns: str) -> list:
    """The values of some columns, None where they are missing."""
    cells = frame[list(columns)].astype(object)
    return cells.where(cells.notna(), None).to_numpy().tolist()


def test_visits_that_were_attended_are_read(tmp_path):
    text = (
        "patient_id,visit_date,visit_type,status,qualifying\n"
        "A,2026-01-04,Office Visit,completed,yes\nA,2026-02-04,Office Visit,no show,yes\nB,2026-01-04,,,\n"
    )
    cohort = load(tmp_path, visits=text)
    assert plain(cohort.visits, "patient_id", "kind", "qualifying") == [
        ["A", "office visit", True],
        ["B", None, None],
    ]
    reasons = cohort.ledger.query("role == 'visits'")["reason"].fillna("used").tolist()
    assert reasons == ["used", "not_administered", "used"]


def test_conditions_become_words_and_free_text_is_never_kept(tmp_path):
    text = (
        "patient_id,date,code\nA,2025-05-01,F31.81\nA,,F33.1\nA,2025-05-01,Hospice\nB,,E11.9\n"
        "B,,lives with his sister\nB,2025-05-01,F31.81\nB,2025-05-01,F31.81\n"
    )
    cohort = load(tmp_path, conditions=text)
    assert plain(cohort.conditions.query("patient_id == 'A'"), "condition") == [
        ["bipolar"],
        ["major_depression"],
        ["hospice"],
    ]
    assert plain(cohort.conditions.query("patient_id == 'B'"), "condition") == [
        ["E11.9"],
        [None],
        ["bipolar"],
    ]
    assert cohort.conditions["date"].isna().tolist() == [False, True, False, True, True, False]
    assert any(note.startswith("input-2") and "condition_unknown: 1 rows" in note for note in cohort.notes)
    assert "sister" not in str(cohort.notes)
    assert cohort.ledger.query("role == 'conditions'")["reason"].value_counts().to_dict() == {"duplicate": 1}


def test_a_folder_without_such_files_has_empty_frames(tmp_path):
    cohort = load(tmp_path)
    oc.check_frame(cohort.visits, "VISITS")
    oc.check_frame(cohort.conditions, "CONDITIONS")
    assert cohort.visits.empty and cohort.conditions.empty


def test_a_file_of_conditions_needs_a_condition_column(tmp_path):
    with pytest.raises(oc.DataError, match="diagnoses or codes is needed"):
        load(tmp_path, conditions="patient_id,date\nA,2025-05-01\n")


def test_what_a_session_records_of_safety_is_read_and_never_loses_a_row(tmp_path):
    text = (
        "patient_id,infusion_date,dose_mg,nausea,bp_before,sbp_peak,cadss_total,urinary_symptoms\n"
        "A,2026-01-05,40,yes,120/80,155,12,no\n"
        "A,2026-01-08,40,No,118 / 76 mmHg,9999,,\n"
        "B,2026-01-05,40,mild,high,150,twelve,denies\n"
    )
    cohort = load(tmp_path, infusions=text)
    columns = (
        "nausea",
        "systolic_before",
        "diastolic_before",
        "systolic_peak",
        "dissociation_total",
        "urinary_symptoms",
    )
    assert plain(cohort.infusions, *columns) == [
        [True, 120, 80, 155, 12.0, False],
        [False, 118, 76, None, None, None],
        [None, None, None, 150, None, False],
    ]
    said = " ".join(cohort.notes)
    for role in ("nausea", "blood_pressure_before", "systolic_peak", "dissociation_total"):
        assert f"{role}_unknown: 1 rows" in said
    assert "twelve" not in said and "mild" not in said


def test_another_drug_is_no_infusion_and_is_counted(tmp_path):
    text = (
        "patient_id,infusion_date,drug\nA,2025-12-01,Ondansetron\nA,2026-01-05,Ketamine\nA,2026-01-08,\n"
        "B,2026-01-05,Spravato\n"
    )
    cohort = load(tmp_path, infusions=text)
    assert cohort.infusions["date"].dt.strftime("%m-%d").tolist() == ["01-05", "01-08", "01-05"]
    assert cohort.ledger.query("reason == 'other_drug'")["row"].tolist() == [2]
    assert any("other_drug: 1 rows" in note for note in cohort.notes)


def test_a_file_of_other_drugs_alone_is_refused(tmp_path):
    with pytest.raises(oc.DataError, match="ketamine or esketamine are needed"):
        load(tmp_path, infusions="patient_id,infusion_date,drug\nA,2025-12-01,Ondansetron\n")
