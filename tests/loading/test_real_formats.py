"""Public samples of formats with rules of their own give what was counted by hand; they are never copied."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import PrivacyError

FOLDER = os.environ.get("OUTCOMES_REAL_EXPORTS")
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="OUTCOMES_REAL_EXPORTS does not name the folder of public exports"
)

SYNTHEA = 'limited_data_set = true\n[columns]\ntime_zone = "America/New_York"\n'


def path(name: str) -> Path:
    return Path(FOLDER or "") / name


def test_the_qualtrics_sample_identifies_its_respondents():
    with pytest.raises(PrivacyError, match="anonymized responses") as caught:
        oc.load_cohort(path("formats/qualtrics_sample.csv"))
    places = [problem.where.split(", ")[-1] for problem in caught.value.found if problem.code == "E101"]
    assert places == ["column 4", "column 14", "column 15"]


def test_the_legacy_qualtrics_sample_does_so_by_its_second_row():
    with pytest.raises(PrivacyError, match="anonymized responses") as caught:
        oc.inspect_source(path("formats/qualtrics_sample_legacy.csv"))
    places = [problem.where.split(", ")[-1] for problem in caught.value.found if problem.code == "E101"]
    assert places == ["column 3", "column 6", "column 13", "column 14"]


def test_three_synthea_rows_are_one_gad_7():
    cohort = oc.load_cohort(path("formats/synthea_observations_CONSTRUCTED.csv"), layout=SYNTHEA)
    assert cohort.scores[["instrument", "total"]].to_numpy().tolist() == [["gad7", 8]]
    assert cohort.ledger["reason"].tolist() == ["other_instrument", "lookalike", pd.NA]


def test_the_synthea_code_for_teens_counts_where_the_layout_says_so():
    layout = 'codes = { "89204-2" = "phq9" }\n' + SYNTHEA
    cohort = oc.load_cohort(path("formats/synthea_observations_CONSTRUCTED.csv"), layout=layout)
    assert cohort.scores[["instrument", "total"]].to_numpy().tolist() == [["phq9", 14], ["gad7", 8]]


def test_synthea_stamps_need_a_time_zone():
    report = oc.inspect_source(path("formats/synthea_observations_CONSTRUCTED.csv"))
    assert {problem.code for problem in report.questions} == {"E104", "E245"}
    assert report.kind == "synthea"


def test_a_table_of_patients_is_read_with_its_layout():
    cohort = oc.load_cohort(
        path("tabular/synthetic_patients_as_columns.csv"),
        layout='orientation = "patients-in-columns"\n[phq9]\n',
    )
    assert (len(cohort.scores), len(cohort.ledger), len(cohort.patients)) == (550, 50, 100)
    assert (cohort.scores["total"].notna().all(), cohort.scores["total"].max()) == (True, 22)
    assert (cohort.scores["study_day"].min(), cohort.scores["study_day"].max()) == (2, 364)
    assert cohort.ledger["status"].eq("used").all()
