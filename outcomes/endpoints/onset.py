"""Time to onset: when a patient who started first met an endpoint, known only to lie between two visits."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.baseline import KEY
from outcomes.endpoints.coding import share_columns
from outcomes.endpoints.events import CARRIED, add_visit_counts, arrange_events
from outcomes.endpoints.remission import meets_remission
from outcomes.endpoints.response import meets_response
from outcomes.endpoints.rules import name_first, reaches_caseness
from outcomes.endpoints.starts import name_quarters
from outcomes.endpoints.visits import is_confirmed, list_visits, take_first, take_last
from outcomes.errors import DataError, DefinitionError
from outcomes.schema import require_columns

ENDPOINTS = ("response", "remission", "sustained_response", "sustained_remission")
_NEEDED = (
    "assessment_id", "patient_id", "site", "instrument", "date", "clock", "total", "series", "day",
    "infusion_number", "days_since_infusion", "start_observed", "endpoint_use", "route", "drug", "baseline",
    "baseline_reason",
)  # fmt: skip


def build_onset_times(
    scores: pd.DataFrame,
    courses: pd.DataFrame | None = None,
    *,
    endpoint: str = "response",
    profile: str | Profile = "default",
) -> pd.DataFrame:
    """Give the interval in which each patient-series first met an endpoint, counted from the first infusion.

    Parameters
    ----------
    scores : DataFrame with the columns of derive_timeline and derive_baseline; all questionnaires of these
        patients
    courses : DataFrame (COURSES) of the same scores, optional; with it, patient-series without any
        questionnaire appear too, and the quarter is known where there are study days only
    endpoint : "response", "remission", "sustained_response" or "sustained_remission"
    profile : str or Profile; onset_until_day, confirm_min_days, caseness and the keys of the endpoint are
        used

    Returns
    -------
    DataFrame (EVENTS), one row per patient, series and instrument, ordered by these

    Raises
    ------
    DefinitionError
        If there is no such endpoint.
    DataError
        If a column is missing, or courses hold patients with a baseline whose questionnaires scores does not
        hold.

    Notes
    -----
    Population: start observed and baseline at caseness, matured or not; finishing induction is not needed.
    Scores: usable totals of the home series after the first infusion, up to onset_until_day; one per day. The
    event is the first score, on day R, that meets the endpoint, and it happened in (L, R]: L is the day of
    the last earlier score, else 0; an event on day 0 is (0, 1]. Without an event: censored at the last score;
    at 0 with reason no_follow_up if there is none. Sustained: the first R from which every score meets the
    endpoint up to the first score at least confirm_min_days later, which may lie after onset_until_day; if
    only the confirmation is missing, censored at the last score that does not meet the endpoint, reason
    unconfirmed.

    excluded_reason, first match: not_started, not_defined, start_not_observed, the baseline_reason,
    below_caseness.

    Examples
    --------
    >>> import outcomes as oc
    >>> days = {"study_day": "Int64"}
    >>> infusions = oc.INFUSIONS.empty().reindex([0]).assign(patient_id="p1", study_day=0).astype(days)
    >>> scores = oc.SCORES.empty().reindex(range(3)).assign(patient_id="p1", instrument="phq9")
    >>> scores = scores.assign(study_day=[0, 4, 9], total=[16, 12, 8]).astype({**days, "total": "Int64"})
    >>> scores = oc.derive_endpoints(scores, infusions, oc.PATIENTS.empty())
    >>> oc.build_onset_times(scores)[["left", "right", "event"]].values.tolist()
    [[4, 9, True]]
    """
    profile = get_profile(profile)
    require_columns(scores, _NEEDED, caller="build_onset_times")
    if endpoint not in ENDPOINTS:
        raise DefinitionError(
            f"build_onset_times knows the endpoints {', '.join(ENDPOINTS)}; give one of these."
        )
    with share_columns():
        events = _list_courses(scores) if courses is None else _take_courses(courses, scores)
        events = events.assign(excluded_reason=_exclude(events, endpoint, profile), origin_day=0)
        visits = list_visits(scores, events[events["excluded_reason"].isna()])
        visits = visits.assign(met=_meets(visits, events, endpoint, profile))
        in_time = visits["day"] <= profile.value("onset_until_day")
        searched = visits[in_time.to_numpy(dtype=bool)]
        onset = visits["met"]
        if endpoint.startswith("sustained_"):
            onset = is_confirmed(visits, visits["met"], at_least=profile.value("confirm_min_days") or 0)
        events = _add_intervals(events, searched, onset.reindex(searched.index))
        events = add_visit_counts(events, searched)
    return arrange_events(events, endpoint=endpoint)


def _list_courses(scores: pd.DataFrame) -> pd.DataFrame:
    """Give the patient-series that questionnaires alone can show."""
    elapsed = pd.to_timedelta(scores["day"].fillna(0).to_numpy(dtype="int64"), unit="D")
    start = (scores["date"] - elapsed).where(scores["day"].notna())
    rows = scores.assign(quarter=name_quarters(start))
    site = rows.dropna(subset=["site"]).groupby("patient_id")["site"].min()
    groups = rows.groupby(KEY, dropna=False, as_index=False).agg(
        dict.fromkeys(("quarter", "route", "drug", "start_observed", "baseline", "baseline_reason"), "first")
    )
    return groups.assign(site=groups["patient_id"].map(site))


def _take_courses(courses: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    needed = [*CARRIED, "start_observed", "baseline", "baseline_reason"]
    require_columns(courses, needed, caller="build_onset_times")
    courses = courses[needed].reset_index(drop=True)
    held = pd.MultiIndex.from_frame(scores[["patient_id", "instrument"]].drop_duplicates())
    wanted = pd.MultiIndex.from_frame(courses[["patient_id", "instrument"]])
    lacking = int((courses["baseline"].notna().to_numpy() & ~wanted.isin(held)).sum())
    if lacking:
        raise DataError(
            "build_onset_times needs the scores that the courses were built from; "
            f"{lacking} rows of courses have a baseline and no questionnaire in scores. "
            "Give scores and courses of the same patients and instruments.",
            code="E250",
        )
    return courses


def _exclude(events: pd.DataFrame, endpoint: str, profile: Profile) -> pd.Series:
    sustained, kind = endpoint.startswith("sustained_"), endpoint.removeprefix("sustained_")
    keys = ("response_percent", "response_points") if kind == "response" else ("remission_value",)
    defined = {
        name for key in keys for name, value in profile.by_instrument(key).items() if value is not None
    }
    if sustained and profile.value("confirm_min_days") is None:
        defined = set()
    at_caseness = reaches_caseness(events["baseline"], events["instrument"], profile=profile)
    reasons = name_first(
        {
            "not_started": events["series"].isna(),
            "not_defined": ~events["instrument"].isin(defined),
            "start_not_observed": ~events["start_observed"],
            "no_baseline": events["baseline"].isna(),
            "below_caseness": ~at_caseness,
            # Without a gate a baseline of 0 gets here, and there is nothing to respond from.
            "baseline_zero": (events["baseline"] == 0) & (kind == "response"),
        }
    )
    return reasons.mask((reasons == "no_baseline").fillna(False), events["baseline_reason"])


def _meets(visits: pd.DataFrame, events: pd.DataFrame, endpoint: str, profile: Profile) -> pd.Series:
    of_course = events.loc[visits["course"], ["instrument", "baseline"]].set_index(visits.index)
    if endpoint.endswith("remission"):
        met = meets_remission(visits["total"], of_course["instrument"], profile=profile)
    else:
        met = meets_response(of_course["baseline"], visits["total"], of_course["instrument"], profile=profile)
    return met.fillna(False)


def _add_intervals(events: pd.DataFrame, searched: pd.DataFrame, onset: pd.Series) -> pd.DataFrame:
    """Add the interval on both clocks, event and reason, from the visits up to onset_until_day."""
    everyone = events.index
    first = take_first(searched, onset)[["day", "infusion_number"]].reindex(everyone)
    event = first["day"].notna()
    before_event = searched["day"] < searched["course"].map(first["day"])
    not_met = ~searched["met"]
    last = take_last(searched, pd.Series(True, index=searched.index)).reindex(everyone)
    unconfirmed = ~event & last["met"].fillna(False)

    bracket = take_last(searched, before_event.fillna(False) & not_met).reindex(everyone)
    last_not_met = take_last(searched, not_met).reindex(everyone)
    chosen = [bracket, last_not_met, last]
    left, left_infusions = (
        chosen[2][name].mask(unconfirmed, chosen[1][name]).mask(event, chosen[0][name]).fillna(0)
        for name in ("day", "infusion_number")
    )
    right = first["day"].clip(lower=1)
    right_infusions = first["infusion_number"]
    same = (left_infusions >= right_infusions).fillna(False)
    reason = pd.Series("last_score", index=everyone, dtype="string")
    reason = (
        reason.mask(last["day"].isna(), "no_follow_up").mask(unconfirmed, "unconfirmed").mask(event, "score")
    )
    return events.assign(
        left=left,
        right=right,
        time=right.fillna(left),
        event=event,
        left_infusions=left_infusions.mask(same, right_infusions - 1),
        right_infusions=right_infusions,
        reason=reason,
        unconfirmed=unconfirmed,
    )
