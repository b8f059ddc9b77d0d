"""The measure of use: any questionnaire in each third of the year (HEDIS DMS-E, CMS160)."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from outcomes.definitions.profile import Profile
from outcomes.endpoints.measure_people import find_conditions, take_scores
from outcomes.endpoints.measure_verdict import add_verdict, list_age_rules
from outcomes.endpoints.rules import name_first
from outcomes.schema import Cohort

THIRDS = {"January to April": (1, 5), "May to August": (5, 9), "September to December": (9, 13)}
"""The three periods of a calendar year: first month, and the month after the last."""


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
    diagnosed = find_conditions(cohort, rows, profile.value("diagnoses") or (), last_day)
    place = name_first(
        {
            "no_visit": ~rows["patient_id"].isin(visits["patient_id"]),
            "no_diagnosis": ~(diagnosed | ("all_diagnosed" in assume)),
            **list_age_rules(rows, last_day, profile.value("min_age")),
            "window_not_closed": rows["observed_until"].isna() | (rows["observed_until"] < last_day),
        }
    )
    counted, scored = place.isna(), rows["follow_up_total"].notna()
    seen = scored.map({True: "score_in_window", False: "no_score_in_window"}).astype("string")
    told = rows.assign(
        instrument=profile.instruments[0],
        window_from=first,
        window_to=last_day,
        reason=place.mask(counted, seen),
    )
    return add_verdict(told, place, scored, counted)
