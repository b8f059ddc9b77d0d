"""Time to relapse: how long a response after induction lasted, known only to end between two visits."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.coding import share_columns
from outcomes.endpoints.events import CARRIED, add_visit_counts, arrange_events
from outcomes.endpoints.response import meets_response
from outcomes.endpoints.rules import is_at_least, lay_along, lay_direction, measure_improvement, name_first
from outcomes.endpoints.stability import tell_stable
from outcomes.endpoints.visits import has_later_visit, is_confirmed, list_visits, take_first, take_last
from outcomes.errors import DefinitionError
from outcomes.schema import require_columns

ENDPOINTS = ("relapse", "loss_of_response")
_SCORES = (
    "assessment_id", "patient_id", "instrument", "clock", "total", "series", "day", "infusion_number",
    "days_since_infusion", "endpoint_use",
)  # fmt: skip
_COURSES = (
    *CARRIED, "start_day", "last_induction_day", "baseline", "eligible", "eligible_reason",
    "endpoint_total", "endpoint_day", "endpoint_reason", "infusion_in_window", "first_maintenance_day",
    "admission_day",
)  # fmt: skip


def build_relapse_times(
    scores: pd.DataFrame,
    courses: pd.DataFrame,
    *,
    endpoint: str = "relapse",
    confirm: bool = True,
    profile: str | Profile = "default",
) -> pd.DataFrame:
    """Give the interval in which each responder relapsed, counted from the post-induction score.

    Parameters
    ----------
    scores : DataFrame with the columns of derive_timeline; all questionnaires of these patients
    courses : DataFrame (COURSES) of the same scores: who responded, when, and what care followed
    endpoint : "relapse", or its companion "loss_of_response" (unconfirmed, by scores alone)
    confirm : bool; False takes the first bad score as the event (sensitivity analysis)
    profile : str or Profile; the relapse_ keys, the response_ keys and maintenance are used

    Returns
    -------
    DataFrame (EVENTS), one row per row of courses, ordered by patient, series and instrument; days are
    counted from origin_day, the day of the post-induction score

    Raises
    ------
    DefinitionError
        If there is no such endpoint.
    DataError
        If a column is missing.

    Notes
    -----
    Population: eligible and at the endpoint in response (relapse_entry). With t0 and F0 the day and total of
    that score, the scores are the usable totals of the series after t0, one per day. A score F is bad if
    ``F >= relapse_min_total``, response is not met, and ``F - F0 >= relapse_min_rise``. A bad score is
    confirmed if every score after it is bad up to the first one at least relapse_confirm_days[0] later, and
    that one lies at most relapse_confirm_days[1] later. The first confirmed one, on day R, is the event, in
    (L, R]: L is the day of the last score before that is not bad (t0 is not). Without an event: censored at
    the last score, or at the last good one if the last is bad. An admission or a new series
    (relapse_care_events) that comes first is the event, at its exact day (L = R). For loss_of_response "bad"
    means that the response is not met.

    With ``maintenance = "censor"`` follow-up ends at the first maintenance infusion after t0 (the last score
    before it), and those with one before t0 are excluded (maintenance_before_origin).

    With ``relapse_entry = "stable"`` the population is those stable at the end of the post-induction window:
    of the last stable_scores scores in it (at least stable_min_scores), stable_min_remission are in
    remission; or else the last stable_min_response ones all meet response.

    excluded_reason, first match: the eligible_reason, the endpoint_reason, not_defined, no_response
    (no_remission, no_stable), maintenance_before_origin.

    Examples
    --------
    >>> import outcomes as oc
    >>> days = {"study_day": "Int64"}
    >>> infusions = oc.INFUSIONS.empty().reindex(range(4))
    >>> infusions = infusions.assign(patient_id="p1", study_day=[0, 3, 7, 10]).astype(days)
    >>> patients = oc.PATIENTS.empty().reindex([0]).assign(patient_id="p1", observed_until_day=200)
    >>> patients = patients.astype({"observed_until_day": "Int64"})
    >>> scores = oc.SCORES.empty().reindex(range(4)).assign(patient_id="p1", instrument="phq9")
    >>> scores = scores.assign(study_day=[0, 31, 45, 55], total=[18, 6, 13, 14])
    >>> scores = scores.astype({**days, "total": "Int64"})
    >>> scores = oc.derive_endpoints(scores, infusions, patients)
    >>> courses = oc.build_courses(scores, infusions, patients)
    >>> oc.build_relapse_times(scores, courses)[["left", "right", "event"]].values.tolist()
    [[0, 14, True]]
    """
    profile = get_profile(profile)
    require_columns(scores, _SCORES, caller="build_relapse_times")
    if endpoint not in ENDPOINTS:
        raise DefinitionError(
            f"build_relapse_times knows the endpoints {', '.join(ENDPOINTS)}; give one of these."
        )
    entry = profile.value("relapse_entry")
    known = () if entry == "stable" else (entry,)
    require_columns(courses, (*_COURSES, *known), caller="build_relapse_times")
    with share_columns():
        courses = courses.sort_values(["patient_id", "series", "instrument"], ignore_index=True)
        if entry == "stable":
            courses = courses.assign(stable=tell_stable(scores, courses, profile=profile))
        excluded = _exclude(courses, endpoint, entry, profile)
        return find_relapses(scores, courses, excluded, endpoint=endpoint, confirm=confirm, profile=profile)


def find_relapses(
    scores: pd.DataFrame,
    courses: pd.DataFrame,
    excluded: pd.Series,
    *,
    endpoint: str,
    confirm: bool,
    profile: Profile,
) -> pd.DataFrame:
    """Give the EVENTS of courses whose clock starts at endpoint_day with endpoint_total.

    Parameters
    ----------
    scores, endpoint, confirm, profile : as for build_relapse_times
    courses : DataFrame (COURSES), ordered, with index 0, 1, ...
    excluded : Series, why a course is not in the population; missing where it is

    Returns
    -------
    DataFrame (EVENTS), one row per row of courses
    """
    companion = endpoint == "loss_of_response"
    events = courses[[*CARRIED]].assign(excluded_reason=excluded, origin_day=courses["endpoint_day"])
    censor = profile.value("maintenance") == "censor"
    visits = _list_follow_up(scores, courses, excluded.isna(), censor=censor)
    visits = visits.assign(bad=_is_bad(visits, courses, endpoint, profile))
    days = profile.value("relapse_confirm_days") if confirm and not companion else None
    events = _add_score_events(events, visits, days)
    if not companion:
        events = _add_care_events(events, visits, courses, profile)
    return arrange_events(add_visit_counts(events, visits), endpoint=endpoint)


def _exclude(courses: pd.DataFrame, endpoint: str, entry: str, profile: Profile) -> pd.Series:
    conditions = [
        lay_along(courses["instrument"], profile.by_instrument(key)).notna()
        for key in ("relapse_min_total", "relapse_min_rise", "response_percent", "response_points")
    ]
    answers = conditions[2] | conditions[3]
    defined = answers if endpoint == "loss_of_response" else conditions[0] | conditions[1]
    if profile.value("relapse_requires_loss_of_response"):
        defined = answers
    maintained = courses["infusion_in_window"] & (profile.value("maintenance") == "censor")
    reasons = name_first(
        {
            "eligible_reason": ~courses["eligible"],
            "endpoint_reason": courses["endpoint_total"].isna(),
            # Without a gate a baseline of 0 gets here, and there was nothing to respond from.
            "baseline_zero": courses[entry].isna() & (courses["baseline"] == 0),
            "not_defined": ~defined | (courses[entry].isna() & (entry != "stable")),
            f"no_{entry}": ~courses[entry].fillna(False),
            "maintenance_before_origin": maintained,
        }
    )
    for name in ("eligible_reason", "endpoint_reason"):
        reasons = reasons.mask((reasons == name).fillna(False), courses[name])
    return reasons


def _list_follow_up(
    scores: pd.DataFrame, courses: pd.DataFrame, included: pd.Series, *, censor: bool
) -> pd.DataFrame:
    """Give the visits after the origin, in days from it; with censor, up to the first maintenance."""
    visits = list_visits(scores, courses[included])
    origin = visits["course"].map(courses["endpoint_day"])
    kept = visits["day"] > origin
    if censor:
        maintained = visits["course"].map(courses["first_maintenance_day"])
        after = (visits["day"] > maintained) | (
            (visits["day"] == maintained) & (visits["days_since_infusion"] == 0)
        )
        kept &= ~after.fillna(False)
    return visits.assign(day=visits["day"] - origin)[kept.to_numpy(dtype=bool)].reset_index(drop=True)


def _is_bad(visits: pd.DataFrame, courses: pd.DataFrame, endpoint: str, profile: Profile) -> pd.Series:
    of_course = courses.loc[visits["course"], ["instrument", "baseline", "endpoint_total"]].set_index(
        visits.index
    )
    instrument, total = of_course["instrument"], visits["total"]
    lost = ~meets_response(of_course["baseline"], total, instrument, profile=profile).fillna(False)
    if endpoint == "loss_of_response":
        return lost
    direction = lay_direction(instrument)
    floor = lay_along(instrument, profile.by_instrument("relapse_min_total")) * direction
    rise = -measure_improvement(of_course["endpoint_total"], total, instrument)
    bad = is_at_least(total * direction, floor)
    bad &= is_at_least(rise, lay_along(instrument, profile.by_instrument("relapse_min_rise")))
    if profile.value("relapse_requires_loss_of_response"):
        bad &= lost
    return bad.fillna(False)


def _add_score_events(
    events: pd.DataFrame, visits: pd.DataFrame, confirm_days: tuple[int, int] | None
) -> pd.DataFrame:
    """Add left, right, time, event and reason as the scores tell them, with or without confirmation."""
    bad, everyone = visits["bad"], events.index
    relapses, lacking = bad, bad & False
    if confirm_days is not None:
        at_least, at_most = confirm_days
        relapses = is_confirmed(visits, bad, at_least=at_least, at_most=at_most)
        lacking = bad & ~has_later_visit(visits, at_least=at_least, at_most=at_most)
    right = take_first(visits, relapses)["day"].reindex(everyone)
    event = right.notna()
    before_event = (visits["day"] < visits["course"].map(right)).fillna(False)
    bracket = take_last(visits, before_event & ~bad)["day"].reindex(everyone)
    last_good = take_last(visits, ~bad)["day"].reindex(everyone)
    last = take_last(visits, pd.Series(True, index=visits.index)).reindex(everyone)
    last_bad = last["bad"].fillna(False)
    left = last["day"].mask(last_bad, last_good).mask(event, bracket).fillna(0)
    reason = pd.Series("last_score", index=everyone, dtype="string")
    reason = reason.mask(last["day"].isna(), "no_follow_up").mask(last_bad, "last_bad_unconfirmed")
    return events.assign(
        left=left,
        right=right,
        time=right.fillna(left),
        event=event,
        reason=reason.mask(event, "score"),
        unconfirmed=~event & everyone.isin(visits.loc[lacking.to_numpy(dtype=bool), "course"]),
        event_gap=False,
    )


def _add_care_events(
    events: pd.DataFrame, visits: pd.DataFrame, courses: pd.DataFrame, profile: Profile
) -> pd.DataFrame:
    """Put an admission or a new series in place of what the scores tell, where it comes first."""
    care = _list_care(courses, profile)
    earlier = care["day"].notna() & ~(events["right"] <= care["day"]).fillna(False)
    seen = visits[(visits["day"] <= visits["course"].map(care["day"])).fillna(False).to_numpy(dtype=bool)]
    unobserved = care["day"] - seen.groupby("course")["day"].max().reindex(events.index).fillna(0)
    long_gap = unobserved > profile.value("relapse_event_gap_days")
    return events.assign(
        **{name: events[name].mask(earlier, care["day"]) for name in ("left", "right", "time")},
        event=events["event"] | earlier,
        reason=events["reason"].mask(earlier, care["name"]),
        unconfirmed=events["unconfirmed"] & ~earlier,
        event_gap=events["event_gap"].astype("boolean").mask(earlier, long_gap),
    )


def _list_care(courses: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Give the day, from the origin, and the name of the first care event after it; missing without one."""
    listed = profile.value("relapse_care_events") or ()
    origin = courses["endpoint_day"]
    starts = courses[["patient_id", "series", "start_day"]].dropna().drop_duplicates()
    following = starts.assign(next_start=starts.groupby("patient_id")["start_day"].shift(-1))
    next_start = courses[["patient_id", "series"]].merge(
        following, on=["patient_id", "series"], how="left", validate="many_to_one"
    )
    new_series = next_start["next_start"] - next_start["start_day"] - origin
    admission = courses["admission_day"] - origin
    # An admission during a later series belongs to that one: here follow-up has ended.
    admission = admission.where(((admission > 0) & ~(admission > new_series).fillna(False)).fillna(False))
    if profile.value("maintenance") == "censor":
        maintained = courses["first_maintenance_day"] - origin
        admission, new_series = (
            day.mask((day > maintained).fillna(False)) for day in (admission, new_series)
        )
    if "admission" not in listed:
        admission = admission.mask(admission.notna())
    if "new_series" not in listed:
        new_series = new_series.mask(new_series.notna())
    names = pd.Series("new_series", index=courses.index, dtype="string").mask(admission.notna(), "admission")
    return pd.DataFrame({"day": admission.fillna(new_series), "name": names})
