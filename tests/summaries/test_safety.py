"""Safety of sessions, dosing, the self-harm item and visit intensity, counted by hand."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import DataError


def infusions(rows: list[dict]) -> pd.DataFrame:
    names = {column.name: column.dtype for column in oc.INFUSIONS.columns if column.made_by == "load_cohort"}
    frame = pd.DataFrame(rows, columns=list(names)).astype(names)
    return frame.assign(row_uid=[f"i{n}" for n in range(len(frame))])


SESSIONS = [
    {"patient_id": "A", "study_day": 0, "nausea": True, "systolic_before": 120, "systolic_peak": 150,
     "dose_mg": 40.0, "site": "Lake"},
    {"patient_id": "A", "study_day": 3, "nausea": True, "systolic_before": 118, "systolic_peak": 138,
     "dose_mg": 50.0, "site": "Lake"},
    {"patient_id": "A", "study_day": 3, "nausea": None, "systolic_before": 120, "site": "Lake"},
    {"patient_id": "B", "study_day": 0, "nausea": False, "urinary_symptoms": True, "site": "Bay"},
    {"patient_id": "B", "study_day": 70, "nausea": False, "dissociation_total": 12.0, "site": "Bay"},
]  # fmt: skip


def test_signs_are_counted_of_the_sessions_that_recorded_them():
    table = oc.summarize_safety(infusions(SESSIONS)).set_index("sign")
    names = ["n_infusions", "n", "n_patients", "k", "k_patients"]
    assert table.loc["nausea", names].tolist() == [5, 4, 2, 2, 1]
    assert table.loc["nausea", "share"] == 0.5
    rise = table.loc["systolic_rise"]
    assert rise[["n", "mean", "median", "highest"]].tolist() == [2, 25.0, 25.0, 30.0]
    assert rise["sd"] == pytest.approx(7.0711, abs=1e-4)
    assert table.loc["urinary_symptoms", ["n", "k", "k_patients"]].tolist() == [1, 1, 1]
    assert table.loc["cognitive_complaints", "n"] == 0
    assert pd.isna(table.loc["cognitive_complaints", "k"]), "not recorded is not absent"


def test_sessions_of_one_patient_widen_the_interval():
    rows = [{"patient_id": f"P{n // 10}", "study_day": n % 10, "nausea": n // 10 < 2} for n in range(60)]
    row = oc.summarize_safety(infusions(rows)).set_index("sign").loc["nausea"]
    apart = [{**one, "patient_id": f"P{n}", "study_day": 0} for n, one in enumerate(rows)]
    alone = oc.summarize_safety(infusions(apart)).set_index("sign").loc["nausea"]
    assert row["share"] == alone["share"]
    assert row["conf_high"] - row["conf_low"] > 2 * (alone["conf_high"] - alone["conf_low"])


def test_doses_a_year_count_the_time_after_the_last_dose_too():
    frame = oc.derive_series(infusions(SESSIONS))
    patients = (
        oc.PATIENTS.empty()
        .reindex(range(2))
        .assign(patient_id=["A", "B"], observed_until_day=pd.array([364, 729], dtype="Int64"))
    )
    row = oc.summarize_dosing(frame, patients).iloc[0]
    counts = ["n_patients", "n_infusions", "n_series", "n_several_series", "highest_per_patient"]
    assert row[counts].tolist() == [2, 4, 3, 1, 2]
    assert row["patient_years"] == pytest.approx((365 + 730) / 365.25)
    assert row["doses_per_year"] == pytest.approx(4 / ((365 + 730) / 365.25))
    assert row["dose_mg_mean"] == 45.0
    by_site = oc.summarize_dosing(frame, patients, by="site").set_index("site")
    assert by_site["n_infusions"].to_dict() == {"Bay": 2, "Lake": 2}


def test_dosing_without_the_end_of_the_records_is_refused():
    frame = oc.derive_series(infusions(SESSIONS))
    patients = oc.PATIENTS.empty().reindex([0]).assign(patient_id="A", observed_until_day=pd.NA)
    with pytest.raises(DataError, match="no last observable day"):
        oc.summarize_dosing(frame, patients)


def make_scores(rows: list[tuple[str, int, int | None, int | None]]) -> pd.DataFrame:
    """patient, day, total, item 9; one infusion on day 0 each."""
    names = {column.name: column.dtype for column in oc.SCORES.required_columns}
    frame = pd.DataFrame(
        [
            {"assessment_id": f"a{n}", "patient_id": patient, "instrument": "phq9", "study_day": day,
             "total": total, "item_9": answer}
            for n, (patient, day, total, answer) in enumerate(rows)
        ],
        columns=list(names),
    ).astype(names)  # fmt: skip
    people = sorted(frame["patient_id"].unique())
    doses = infusions([{"patient_id": one, "study_day": 0} for one in people])
    patients = oc.PATIENTS.empty().reindex(range(len(people))).assign(patient_id=people)
    return oc.derive_endpoints(frame, doses, patients)


def test_the_self_harm_item_counts_patients_and_not_answers():
    rows = [
        ("A", -1, 16, 0), ("A", 10, 15, 2), ("A", 20, 12, 1),
        ("B", -1, 18, 2), ("B", 10, 15, 0),
        ("C", -1, 18, None), ("C", 10, None, 1),
        ("D", -1, 18, 1),
    ]  # fmt: skip
    table = oc.summarize_self_harm(make_scores(rows)).set_index("occasion")
    assert table[["k", "n"]].to_numpy().tolist() == [[2, 3], [2, 3], [2, 3], [1, 2]]
    assert not table["percent_shown"].any()
    assert table.attrs["note"] == "A prompt for review, not a risk score; a zero is no reassurance."
