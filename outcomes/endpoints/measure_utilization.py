"""The measure of use: any questionnaire in each third of the year (HEDIS DMS-E, CMS160)."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from outcomes.definitions.profile import Profile
from outcomes.endpoints.measure_people import bound_age, find_conditions, take_scores
from outcomes.endpoints.rules import name_first
from outcomes.schema import Cohort

THIRDS = {"January to April": (1, 5), "May to August": (5, 9), "September to December": (9, 13)}
"""The three periods of a calendar year: first month, and the month after the last."""

_OUTSIDE = {
    "no_visit": "not in denominator",
    "no_diagnosis": "not in denominator",
    "too_young": "not in denominator",
    "age_unknown": "not estimable",
    "age_uncertain": "not estimable",
    "window_not_closed": "not estimable",
}


def judge_utilization(
    cohort: Cohort, people: pd.DataFrame, profile: Profile, *, year: int, assume: Collection[str]
) -> pd.DataFrame:
    """Give one row per patient and third of the year.

    Reasons, first match: no_visit, no_diagnosis, age_unknown, too_young, age_uncertain, window_not_closed;
    then score_in_window or no_score_in_window.
    """
    scores, start = take_scores(cohort, profile), pd.Timestamp(year, 1, 1)
    parts = []
    for name, months in THIRDS.items():
        first, end = (start + pd.DateOffset(months=month - 1) for month in months)
        parts.append(_judge_third(cohort, people, scores, profile, (first, end), assume).assign(stratum=name))
    return pd.concat(parts, ignore_index=True).assign(rate=profile.value("rates")[0])


def _judge_third(
    cohort: Cohort,
    people: pd.DataFrame,
    scores: pd.DataFrame,
    profile: Profile,
    period: tuple[pd.Timestamp, pd.Timestamp],
    assume: Collection[str],
) -> pd.DataFrame:
    first, end = period
    last_day = pd.Series(end - pd.Timedelta(days=1), index=people.index)
    visits = cohort.visits[(cohort.visits["date"] >= first) & (cohort.visits["date"] < end)]
    own = scores[(scores["date"] >= first) & (scores["date"] < end)].drop_duplicates(
        "patient_id", keep="last"
    )
    named = {"date": "follow_up_date", "total": "follow_up_total", "assessment_id": "follow_up_assessment"}
    rows = people.merge(
        own[["patient_id", *named]].rename(columns=named), on="patient_id", how="left", validate="one_to_one"
    )
    youngest, oldest = bound_age(rows, last_day)
    least = profile.value("min_age")
    diagnosed = find_conditions(cohort, rows, profile.value("diagnoses") or (), last_day)
    place = name_first(
        {
            "no_visit": ~rows["patient_id"].isin(visits["patient_id"]),
            "no_diagnosis": ~(diagnosed | ("all_diagnosed" in assume)),
            "age_unknown": youngest.isna(),
            "too_young": oldest < least,
            "age_uncertain": youngest < least,
            "window_not_closed": rows["observed_until"].isna() | (rows["observed_until"] < last_day),
        }
    )
    counted = place.isna()
    met = rows["follow_up_total"].notna().astype("boolean").where(counted)
    verdict = place.map(_OUTSIDE).astype("string")
    verdict = verdict.mask(counted, met.map({True: "met", False: "not met"}).astype("string"))
    seen = met.map({True: "score_in_window", False: "no_score_in_window"}).astype("string")
    return rows.assign(
        instrument=profile.instruments[0],
        window_from=first,
        window_to=last_day,
        in_denominator=counted,
        met=met,
        verdict=verdict,
        reason=place.mask(counted, seen),
    )
