"""Public REDCap files of other projects give exactly the numbers counted by hand; they are never copied."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from redcap_examples import write_csv

import outcomes as oc
from outcomes.errors import OutcomesError
from outcomes.loading.redcap.dictionary import read_dictionary
from outcomes.loading.redcap.events import read_events

FOLDER = os.environ.get("OUTCOMES_REAL_EXPORTS")
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="OUTCOMES_REAL_EXPORTS does not name the folder of public exports"
)
REDCAP = Path(FOLDER or "") / "redcap"
PROJECT = "psilocybin_ptsd_project_odm.xml"
LAYOUT = """
limited_data_set = true
[columns]
date = "baseline_visit_date"
day = "days_post_session"
day_zero = "session_start_time"
drop = ["subjective_benefit_notes"]
"""
EXPECTED = {
    "harmony_DataDictionary.csv": "a data dictionary, a companion",
    "psilocybin_ptsd_DataDictionary.csv": "a data dictionary, a companion",
    PROJECT: "one date column is needed",
    "redcapr_arm-single-longitudinal_data.csv": "none was recognized",
    "redcapr_arm-single-longitudinal_dictionary.csv": "a data dictionary, a companion",
    "redcapr_arm-single-longitudinal_event.csv": "an events file, a companion",
    "redcapr_clinical-trial-1_data.csv": "none was recognized",
    "redcapr_clinical-trial-1_dictionary.csv": "a data dictionary, a companion",
    "redcapr_repeating-instruments_data.csv": "none was recognized",
    "redcapr_repeating-instruments_dictionary.csv": "a data dictionary, a companion",
    "redcapr_survey_data.csv": "none was recognized",
    "redcapr_survey_dictionary.csv": "a data dictionary, a companion",
}


def test_every_file_of_the_folder_is_listed_here():
    assert sorted(path.name for path in REDCAP.iterdir()) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_that_does_not_explain_itself_is_refused_with_the_reason(name):
    with pytest.raises(OutcomesError) as caught:
        oc.load_cohort(REDCAP / name)
    found = {problem.code for problem in caught.value.found}
    assert EXPECTED[name] in str(caught.value)
    assert found == ({"E101", "E247", "E249"} if name == PROJECT else {"E250"})


def test_the_project_gives_its_five_questionnaires():
    cohort = oc.load_cohort(REDCAP / PROJECT, layout=LAYOUT)
    scores = cohort.scores
    assert scores["total"].tolist() == [37, 31, 28, 21, 12]
    assert scores["recorded_total"].tolist() == [57, 51, 48, 41, 32]
    assert scores["date"].dt.strftime("%Y-%m-%d").tolist() == [
        "2026-07-06", "2026-07-07", "2026-07-13", "2026-08-05", "2026-10-04",
    ]  # fmt: skip
    assert set(scores["instrument"]) == {"pcl5"}
    assert cohort.ledger["reason"].fillna("used").value_counts().to_dict() == {
        "other_instrument": 5,
        "used": 5,
    }
    assert any("recorded_total_is_code_sum" in note for note in cohort.notes)
    assert any("PHQ-2" in note for note in cohort.notes)


def test_the_order_of_events_is_that_of_the_project():
    layout = LAYOUT.replace('date = "baseline_visit_date"\n', "")
    visits = oc.load_cohort(REDCAP / PROJECT, layout=layout).scores["visit"].tolist()
    assert visits[-2:] == ["postsession_month_arm_1", "postsession_month_arm_1b"]


def test_the_project_asks_for_the_days_of_its_six_events():
    report = oc.inspect_source(REDCAP / PROJECT, layout="limited_data_set = true\n")
    assert "each of the 6 events" in str(report)
    assert "events 1-6, by unique name" in report.layout


def test_the_harmony_dictionary_decides_the_coding_of_made_up_records(tmp_path):
    gad7, phq9 = ([f"gad701_{n}" for n in range(1, 8)], [f"phq10_{n}" for n in range(1, 11)])
    dictionary = (REDCAP / "harmony_DataDictionary.csv").read_bytes()
    with (REDCAP / "harmony_DataDictionary.csv").open(encoding="mac_roman", newline="") as file:
        record_id = list(csv.reader(file))[1][0]
    rows = [
        [record_id, "redcap_event_name", *gad7, *phq9],
        ["1", "day_1_arm_1", *"1234123", *"1234123411"],
        ["2", "day_1_arm_1", *"1111111", *"4444444444"],
    ]
    (tmp_path / "records.csv").write_text(write_csv(rows))
    (tmp_path / "dictionary.csv").write_bytes(dictionary)
    (tmp_path / "layout.toml").write_text('[columns]\noccasion = "single"\n')
    (tmp_path / "outcomes.toml").write_text(
        '[[source]]\nfile = "records.csv"\nrole = "scores"\ndictionary = "dictionary.csv"\n'
        'layout = "layout.toml"\n'
    )
    cohort = oc.load_cohort(tmp_path)
    totals = cohort.scores.pivot_table(index="patient_id", columns="instrument", values="total")
    assert totals.loc["1"].to_dict() == {"gad7": 9, "phq9": 12}
    assert totals.loc["2"].to_dict() == {"gad7": 0, "phq9": 27}
    assert cohort.scores.query("instrument == 'phq9'")["difficulty"].tolist() == [0, 3]
    assert any("is not UTF-8; it was read as" in note for note in cohort.notes)


def test_both_dictionaries_and_the_events_file_are_read_whole():
    harmony = read_dictionary(REDCAP / "harmony_DataDictionary.csv", number=1)
    assert list(harmony.fields["gad701_1"].choices) == ["1", "2", "3", "4"]
    own = read_dictionary(REDCAP / "psilocybin_ptsd_DataDictionary.csv", number=1)
    assert own.fields["pcl5_b1"].choices["5"] == "Extremely"
    assert next(iter(own.fields.values())).identifier
    events = read_events(REDCAP / "redcapr_arm-single-longitudinal_event.csv", number=1)
    assert [one.unique_name for one in events] == ["intake_arm_1", "dischage_arm_1", "follow_up_arm_1"]


def test_base_and_instance_rows_are_told_apart(tmp_path):
    """The repeating records with made-up answers beside them: 2 base rows and 4 instances."""
    with (REDCAP / "redcapr_repeating-instruments_data.csv").open(newline="") as file:
        header, *rows = list(csv.reader(file))
    items = [f"gad7_{n}" for n in range(1, 8)]
    answered = [[*row, *(["0", *"123012"] if row[1] else [""] * 7), row[-1]] for row in rows]
    path = tmp_path / "records.csv"
    text = write_csv([[*header[:-1], "bp_done", *items, "bp_complete"], *answered])
    path.write_text(text)
    cohort = oc.load_cohort(path, layout='limited_data_set = true\n[gad7]\ndate = "date_bp"\n')
    # the instances of the first record share one date, and so here all of their answers
    assert cohort.ledger["reason"].fillna("used").tolist() == [
        "other_instrument", "used", "duplicate", "duplicate", "other_instrument", "used",
    ]  # fmt: skip
