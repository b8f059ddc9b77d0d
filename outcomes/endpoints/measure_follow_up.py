"""Measures with an index score and a window after it: CMS159, HEDIS DRR-E, MBHR2, MBHR7."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from outcomes.definitions.profile import Profile
from outcomes.endpoints.measure_people import bound_age, find_conditions, take_scores
from outcomes.endpoints.measure_verdict import add_verdict, list_age_rules
from outcomes.endpoints.remission import meets_remission
from outcomes.endpoints.response import meets_response
from outcomes.endpoints.rules import name_first
from outcomes.schema import Cohort


def judge_follow_up(
    cohort: Cohort, people: pd.DataFrame, profile: Profile, *, year: int, assume: Collection[str]
) -> pd.DataFrame:
    """Give one row per patient and rate, with index, window, score used, verdict and reason.

    Reasons, first match: no_index, age_unknown, no_diagnosis, too_young, age_uncertain, exclusion,
    window_not_closed; then in the denominator no_score_in_window, or the judgment of the score.
    """
    scores = take_scores(cohort, profile)
    rows = people.merge(
        _find_index(cohort, scores, profile, year, assume), on="patient_id", how="left", validate="one_to_one"
    )
    rows = _add_window(rows, profile)
    rows = _add_score(rows, scores)
    rows = rows.assign(place=_place(cohort, rows, profile, assume), stratum=_name_strata(rows, profile))
    family = rows["family"].fillna(profile.instruments[0])
    flags = {
        "follow_up": rows["follow_up_total"].notna(),
        "remission": meets_remission(rows["follow_up_total"], family, profile=profile),
        "response": meets_response(rows["index_total"], rows["follow_up_total"], family, profile=profile),
    }
    rows = rows.assign(instrument=family)
    return pd.concat(
        [_judge(rows, rate, flags[rate], profile) for rate in profile.value("rates")], ignore_index=True
    )


def _find_index(
    cohort: Cohort, scores: pd.DataFrame, profile: Profile, year: int, assume: Collection[str]
) -> pd.DataFrame:
    """Give each patient's first score that can be the index."""
    start = pd.Timestamp(year, 1, 1)
    first, last = (start + pd.DateOffset(months=months) for months in profile.value("index_months"))
    least = profile.by_instrument("index_min_total")
    limits = scores["family"].map({id: least[id] or 0 for id in profile.instruments}).astype("Float64")
    able = scores[(scores["total"] >= limits).fillna(False).to_numpy(dtype=bool)]
    days = profile.value("index_visit_days")
    if days is None:
        found = able[(able["date"] >= first) & (able["date"] < last)]
    else:
        qualifying = cohort.visits["qualifying"].fillna("all_visits_qualify" in assume).astype(bool)
        visits = cohort.visits.loc[qualifying, ["patient_id", "date"]].dropna().drop_duplicates()
        visits = visits[(visits["date"] >= first) & (visits["date"] < last)].rename(columns={"date": "visit"})
        pairs = able.merge(visits, on="patient_id", how="inner")
        ahead = (pairs["visit"].dt.normalize() - pairs["date"].dt.normalize()).dt.days
        found = pairs[ahead.between(0, days)]
    found = found.sort_values(["date", "clock", "assessment_id"]).drop_duplicates("patient_id")
    named = {"date": "index_date", "total": "index_total", "assessment_id": "index_assessment"}
    return found[["patient_id", "family", *named]].rename(columns=named)


def _add_window(rows: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    low, high = profile.value("follow_up_days")
    middle = rows["index_date"].dt.normalize() + pd.DateOffset(months=profile.value("follow_up_months"))
    return rows.assign(
        window_from=middle + pd.Timedelta(days=low), window_to=middle + pd.Timedelta(days=high)
    )


def _add_score(rows: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Add the most recent score in the window; of one day the latest on the clock."""
    keyed = rows.dropna(subset=["index_date"])[
        ["patient_id", "family", "index_date", "window_from", "window_to"]
    ]
    pairs = keyed.merge(scores, on=["patient_id", "family"], how="inner", validate="one_to_many")
    day = pairs["date"].dt.normalize()
    inside = (
        (day >= pairs["window_from"]) & (day <= pairs["window_to"]) & (pairs["date"] > pairs["index_date"])
    )
    named = {"date": "follow_up_date", "total": "follow_up_total", "assessment_id": "follow_up_assessment"}
    last = pairs[inside].drop_duplicates("patient_id", keep="last").rename(columns=named)
    return rows.merge(
        last[["patient_id", *named.values()]], on="patient_id", how="left", validate="one_to_one"
    )


def _place(cohort: Cohort, rows: pd.DataFrame, profile: Profile, assume: Collection[str]) -> pd.Series:
    """Give the first reason for which a patient is not counted; missing where the patient is."""
    least, wanted = profile.value("min_age"), profile.value("diagnoses")
    index, until = rows["index_date"], rows["window_to"]
    diagnosed = (
        pd.Series(True, index=rows.index)
        if wanted is None or "all_diagnosed" in assume
        else find_conditions(cohort, rows, wanted, index)
    )
    return name_first(
        {
            "no_index": index.isna(),
            "no_diagnosis": ~diagnosed,
            **list_age_rules(rows, index, least),
            "exclusion": find_conditions(cohort, rows, profile.value("exclusions") or (), until),
            "window_not_closed": rows["observed_until"].isna() | (rows["observed_until"] < until),
        }
    )


def _name_strata(rows: pd.DataFrame, profile: Profile) -> pd.Series:
    """Give the age band of the index; 'all' where the measure has none."""
    adult, least = profile.value("adult_age"), profile.value("min_age")
    strata = pd.Series("all", index=rows.index, dtype="string")
    if adult is None:
        return strata
    youngest, oldest = bound_age(rows, rows["index_date"])
    strata = strata.mask((youngest >= adult).fillna(False), f"{adult} and over")
    strata = strata.mask((oldest < adult).fillna(False), f"{least} to {adult - 1}")
    unsure = ((youngest < adult) & (oldest >= adult)).fillna(False)
    return strata.mask(unsure, "age band uncertain")


def _judge(rows: pd.DataFrame, rate: str, flag: pd.Series, profile: Profile) -> pd.DataFrame:
    """Give the rows of one rate with met, verdict and reason."""
    counted = rows["place"].isna()
    lacking = rows["follow_up_total"].isna()
    if not profile.value("missing_fails"):
        counted &= ~lacking
    reason = (
        rows["place"].fillna("score_in_window").mask(rows["place"].isna() & lacking, "no_score_in_window")
    )
    return add_verdict(rows.assign(rate=rate, reason=reason), rows["place"], flag, counted)
