"""Measures of a course of treatment, from its first to its last score: NHS Talking Therapies, New York."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from outcomes.definitions.profile import Profile
from outcomes.endpoints.joint_recovery import Pair, judge_jointly
from outcomes.endpoints.measure_people import take_scores
from outcomes.endpoints.measure_verdict import add_verdict, list_age_rules
from outcomes.endpoints.response import meets_response
from outcomes.endpoints.rules import name_first
from outcomes.schema import Cohort

BEFORE_DAYS = 14
"""Days before the first contact on which the first score may lie: the recall period of PHQ-9 and GAD-7."""


def judge_courses(
    cohort: Cohort, people: pd.DataFrame, profile: Profile, *, year: int, assume: Collection[str]
) -> pd.DataFrame:
    """Give one row per patient and rate (and per questionnaire where each stands for itself).

    Reasons, first match: no_contact, course_not_ended, too_few_contacts, age_unknown, too_young,
    age_uncertain, needs_two_scores, not_a_case; then scores_compared.
    """
    rows = people.merge(_list_contacts(cohort), on="patient_id", how="left", validate="one_to_one")
    place = _place(rows, profile, year)
    pairs = {id: _pair(rows, take_scores(cohort, profile), id) for id in profile.instruments}
    if "recovery" in profile.value("rates"):
        return _judge_both(rows, place, pairs, profile)
    return pd.concat(
        [_judge_one(rows, place, id, pairs[id], profile) for id in profile.instruments], ignore_index=True
    )


def _list_contacts(cohort: Cohort) -> pd.DataFrame:
    """Give each patient's first and last contact, and their number; infusions where there are no visits."""
    contacts = cohort.infusions if cohort.visits.empty else cohort.visits
    dates = contacts[["patient_id", "date"]].dropna().assign(date=lambda frame: frame["date"].dt.normalize())
    return (
        dates.drop_duplicates()
        .groupby("patient_id", as_index=False)
        .agg(first_contact=("date", "min"), last_contact=("date", "max"), n_contacts=("date", "size"))
    )


def _place(rows: pd.DataFrame, profile: Profile, year: int) -> pd.Series:
    first, end = (
        pd.Timestamp(year, 1, 1) + pd.DateOffset(months=months) for months in profile.value("index_months")
    )
    ended = (rows["last_contact"] >= first) & (rows["last_contact"] < end)
    ended &= (rows["observed_until"] >= end - pd.Timedelta(days=1)).fillna(False)
    least, fewest = profile.value("min_age"), profile.value("min_contacts") or 1
    return name_first(
        {
            "no_contact": rows["last_contact"].isna(),
            "course_not_ended": ~ended,
            "too_few_contacts": rows["n_contacts"] < fewest,
            **list_age_rules(rows, rows["first_contact"], least),
        }
    )


def _pair(rows: pd.DataFrame, scores: pd.DataFrame, id: str) -> pd.DataFrame:
    """Give each patient's first and last score of the course; the two must be different scores."""
    own = scores[scores["family"] == id].merge(
        rows[["patient_id", "first_contact", "last_contact"]], on="patient_id", how="inner", validate="m:1"
    )
    day = own["date"].dt.normalize()
    inside = (day >= own["first_contact"] - pd.Timedelta(days=BEFORE_DAYS)) & (day <= own["last_contact"])
    own = own[inside]
    ends = []
    for keep, name in (("first", "index"), ("last", "follow_up")):
        named = {"date": f"{name}_date", "total": f"{name}_total", "assessment_id": f"{name}_assessment"}
        ends.append(
            own.drop_duplicates("patient_id", keep=keep)[["patient_id", *named]].rename(columns=named)
        )
    both = ends[0].merge(ends[1], on="patient_id", validate="one_to_one")
    both = both[both["index_assessment"] != both["follow_up_assessment"]]
    return rows[["patient_id"]].merge(both, on="patient_id", how="left", validate="one_to_one")


def _judge_both(
    rows: pd.DataFrame, place: pd.Series, pairs: dict[str, pd.DataFrame], profile: Profile
) -> pd.DataFrame:
    """The NHS rates: PHQ-9 and the anxiety measure together."""
    mood, worry = pairs["phq9"], pairs["gad7"]
    second = pd.Series("gad7", index=rows.index, dtype="string")
    if "pcl5" in pairs:
        lacking = worry["index_total"].isna() & pairs["pcl5"]["index_total"].notna()
        second = second.mask(lacking, "pcl5")
        worry = worry.mask(lacking, pairs["pcl5"])
    first = pd.Series("phq9", index=rows.index, dtype="string")
    judged = judge_jointly(
        Pair(mood["index_total"], mood["follow_up_total"], first),
        Pair(worry["index_total"], worry["follow_up_total"], second),
        profile=profile,
    )
    two = mood["index_total"].notna() & worry["index_total"].notna()
    case = judged["case"].fillna(False)
    told = rows.assign(
        **{str(name): mood[name] for name in mood if name != "patient_id"},
        instrument=first,
        second_instrument=second,
        second_index_total=worry["index_total"],
        second_follow_up_total=worry["follow_up_total"],
    )
    parts = []
    for rate in profile.value("rates"):
        gated = rate in ("recovery", "reliable_recovery")
        outside = place.mask(place.isna() & ~two, "needs_two_scores")
        if gated:
            outside = outside.mask(outside.isna() & ~case, "not_a_case")
        parts.append(_finish(told, rate, judged[rate], outside))
    return pd.concat(parts, ignore_index=True)


def _judge_one(
    rows: pd.DataFrame, place: pd.Series, id: str, pair: pd.DataFrame, profile: Profile
) -> pd.DataFrame:
    """A response on one questionnaire: enough of a fall, or a total below the line."""
    instrument = pd.Series(id, index=rows.index, dtype="string")
    start, end = (pair[name].astype("Int64") for name in ("index_total", "follow_up_total"))
    flag = meets_response(start, end, instrument, profile=profile)
    below = profile.by_instrument("response_or_below")[id]
    if below is not None:
        flag = flag | (end < below)
    outside = place.mask(place.isna() & start.isna(), "needs_two_scores")
    told = rows.assign(
        **{str(name): pair[name] for name in pair if name != "patient_id"}, instrument=instrument
    )
    return _finish(told, "response", flag, outside)


def _finish(rows: pd.DataFrame, rate: str, flag: pd.Series, place: pd.Series) -> pd.DataFrame:
    told = rows.assign(
        rate=rate,
        stratum="all",
        window_from=rows["first_contact"],
        window_to=rows["last_contact"],
        reason=place.fillna("scores_compared"),
    )
    return add_verdict(told, place, flag, place.isna())
