"""Who stops being scored and who is scored more often: simulated clinics where the answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import EstimationError


def make_clinic(n=400, stop=0.0, hurry=0.0, seed=2):
    """Weekly scores up to day 56; `stop` per point makes a score the last one, `hurry` the wait shorter."""
    rng = np.random.default_rng(seed)
    rows = []
    for who in range(n):
        level, day = rng.normal(15, 4), 0
        while day <= 56:
            total = float(np.clip(round(level - 0.1 * day + rng.normal(0, 2)), 0, 27))
            rows.append((f"p{who:03d}", day, total, "north" if who % 2 else "south"))
            if rng.random() < 1 / (1 + np.exp(3.0 - stop * (total - 12))):
                break
            day += 1 + rng.geometric(min(0.9, 0.14 * np.exp(hurry * (total - 12))))
    frame = pd.DataFrame(rows, columns=["patient_id", "day", "total", "site"])
    frame = frame.assign(instrument="phq9", series=1, endpoint_use=frame["day"] > 0, infusion_number=1)
    return frame.assign(baseline_of=(frame["day"] == 0).map({True: 1, False: None}).astype("Int64"))


def list_courses(scores):
    people = pd.DataFrame({"patient_id": scores["patient_id"].unique(), "series": 1, "instrument": "phq9"})
    return people.assign(observed_until_day=200)


def find_row(fit, term):
    return fit.table.set_index("term").loc[term]


def test_patients_who_stop_when_they_are_worse_are_found():
    scores = make_clinic(stop=0.15)
    fit = oc.fit_dropout(scores, list_courses(scores), covariates=["site"])
    row = find_row(fit, "last_total")
    assert row["odds_ratio"] > 1 and row["p_value"] < 0.01
    assert find_row(fit, "site_south")["p_value"] > 0.01
    assert fit.verdict == "OK"


def test_patients_who_stop_by_chance_are_not_accused():
    scores = make_clinic()
    assert (
        find_row(oc.fit_dropout(scores, list_courses(scores), covariates=[]), "last_total")["p_value"] > 0.05
    )


def test_sicker_patients_who_are_scored_more_often_are_found():
    scores = make_clinic(hurry=0.08)
    row = find_row(oc.fit_visit_intensity(scores, list_courses(scores)), "last_total")
    assert row["rate_ratio"] == pytest.approx(np.exp(0.08), rel=0.05)
    assert row["p_value"] < 0.001
    even = make_clinic()
    assert find_row(oc.fit_visit_intensity(even, list_courses(even)), "last_total")["p_value"] > 0.05


def test_too_few_events_or_patients_give_no_number():
    scores = make_clinic(n=6)
    for fit in (
        oc.fit_dropout(scores, list_courses(scores)),
        oc.fit_visit_intensity(scores, list_courses(scores)),
    ):
        assert fit.verdict == "NOT ESTIMABLE"
        assert fit.table["estimate"].isna().all()


def test_a_covariate_that_repeats_another_is_refused_in_words():
    scores = make_clinic(stop=0.1).assign(infusion_number=lambda frame: frame["day"] * 2)
    fit = oc.fit_dropout(scores, list_courses(scores))
    assert fit.verdict == "NOT ESTIMABLE"
    assert any("repeat one another" in note for note in fit.notes)


def test_scores_of_two_instruments_are_refused():
    scores = make_clinic(n=20)
    both = pd.concat([scores, scores.assign(instrument="gad7")])
    with pytest.raises(EstimationError, match="scores of one instrument"):
        oc.fit_dropout(both, list_courses(scores))


def test_patterns_of_dropout_hold_every_patient_once():
    scores = make_clinic(stop=0.1)
    table = oc.summarize_dropout(scores, list_courses(scores), by="site")
    once = table.drop_duplicates(["site", "pattern"])
    assert once["n_patients"].sum() == scores["patient_id"].nunique()
    sums = once.groupby("site").agg(parts=("n_patients", "sum"), whole=("n_all", "first"))
    assert (sums["parts"] == sums["whole"]).all()
    own = scores[scores["site"] == "north"]
    early = own.groupby("patient_id")["day"].max().pipe(lambda last: last[last == 0].index)
    cell = table[(table["site"] == "north") & (table["pattern"] == "0")].iloc[0]
    assert cell["n"] == len(early)
    assert cell["mean"] == pytest.approx(own[own["patient_id"].isin(early)]["total"].mean())
