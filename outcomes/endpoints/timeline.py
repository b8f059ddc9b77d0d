"""The place of each questionnaire on its patient's course of infusions, and what it may therefore serve."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.definitions.instrument import get_instrument, list_instruments
from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.days import code_patients, fill_clock, measure_span, place_days
from outcomes.endpoints.rules import lay_along, name_first
from outcomes.endpoints.series import build_infusion_days, tell_observed_starts
from outcomes.schema import require_columns

SECONDS_PER_DAY = 86_400
SECONDS_PER_HOUR = 3_600
_ASSUMED = {"assume_before": "before", "assume_after": "after", "require_evidence": "unknown"}


class _Places(NamedTuple):
    """Positions in the frame of infusion days, one per score; -1 where there is none."""

    today: np.ndarray  # the infusion day of the score's own date
    last_earlier: np.ndarray  # the last one of an earlier date
    next_later: np.ndarray  # the first one of a later date
    first: np.ndarray  # the patient's first one


def derive_timeline(
    scores: pd.DataFrame,
    infusions: pd.DataFrame,
    patients: pd.DataFrame,
    *,
    profile: str | Profile = "default",
) -> pd.DataFrame:
    """Place each questionnaire on its patient's course: series, day, order on infusion days, clinical timing.

    Parameters
    ----------
    scores : DataFrame (SCORES), one row per questionnaire
    infusions : DataFrame (INFUSIONS), all infusions of these patients
    patients : DataFrame (PATIENTS); observed_from is used
    profile : str or Profile; same_day_policy, the acute_ and early_ limits, observed_from_washout_days, and
        the keys of derive_series are used

    Returns
    -------
    DataFrame, the same rows with the columns of SCORES that derive_timeline makes. A row without date and
    study day belongs to series 1, has no day and may serve nothing; without any infusion there is no series
    either.

    Raises
    ------
    DataError
        If a column of SCORES, INFUSIONS or PATIENTS is missing.

    Notes
    -----
    Order on an infusion day: the declared label; else both clock times (score <= start is before); else the
    profile's same_day_policy, flagged order_assumed. An order that stays unknown counts neither the infusion
    of that day as given nor as due. Home series: the latest whose first infusion precedes the score, else
    series 1. Hours are counted from the latest start at or before the score.

    timing_class, first match: unknown_same_day (order unknown); pre_course (before infusion 1 of series 1);
    acute (``hours <= acute_hours``, or after the infusion of the same day with hours unknown); trough (before
    infusion 2, 3, ... of the home series on its day); early (``hours <= early_hours``, without clock times
    ``days <= early_days``); later.

    Examples
    --------
    >>> import outcomes as oc
    >>> infusions = oc.INFUSIONS.empty().reindex(range(2))
    >>> infusions = infusions.assign(patient_id="p1", study_day=[0, 3]).astype({"study_day": "Int64"})
    >>> scores = oc.SCORES.empty().reindex(range(3))
    >>> scores = scores.assign(patient_id="p1", study_day=[-2, 3, 9]).astype({"study_day": "Int64"})
    >>> oc.derive_timeline(scores, infusions, oc.PATIENTS.empty())["timing_class"].tolist()
    ['pre_course', 'trough', 'later']
    """
    profile = get_profile(profile)
    needed = ("patient_id", "instrument", "date", "study_day", "clock", "declared_timing")
    require_columns(scores, needed, caller="derive_timeline")
    days = build_infusion_days(infusions, profile=profile)
    days = days.assign(start_observed=tell_observed_starts(days, patients, profile=profile))

    absolute_day = place_days(scores, infusions)
    places = _find_places(scores, absolute_day, days)
    timing, assumed = _order_on_day(scores, places, days, profile)
    last = np.where(timing == "after", places.today, places.last_earlier)
    following = np.where(timing == "before", places.today, places.next_later)
    starts_today = (timing == "unknown") & (_take(days["infusion_number"], places.today) == 1)
    start = _find_home_start(places, last, starts_today, days)

    seconds = _count_seconds(scores, absolute_day, infusions, days, last)
    placed = pd.Series(absolute_day.notna().to_numpy() & (start >= 0))
    series = _take(days["series"], start)
    in_home = _take(days["series"], last) == series
    columns = pd.DataFrame(
        {
            "series": series,
            "day": pd.Series(absolute_day.array) - _take(days["absolute_day"], start),
            "infusion_number": _take(days["infusion_number"], last)
            .where(in_home.fillna(False), 0)
            .where(placed),
            "days_since_infusion": pd.Series(absolute_day.array) - _take(days["absolute_day"], last),
            "days_to_next_infusion": _take(days["absolute_day"], following) - pd.Series(absolute_day.array),
            "hours_since_infusion": seconds.astype("Float64") / SECONDS_PER_HOUR,
            "phase": _take(days["phase"], last).fillna("before").where(placed),
            "timing": pd.Series(timing, dtype="string").where(placed),
            "order_assumed": pd.Series(assumed, dtype="boolean"),
            "start_observed": _take(days["start_observed"], start),
            "route": _take(days["route"], start),
            "drug": _take(days["drug"], start),
        }
    )
    columns["timing_class"] = _classify(
        columns, seconds, _take(days["series"], places.today), placed, profile
    )
    columns["endpoint_use"] = _tell_use(columns)
    columns["baseline_candidate_of"] = _find_baseline_series(columns, following, days)
    recall = lay_along(
        scores["instrument"], {name: get_instrument(name).recall_days for name in list_instruments()}
    )
    overlap = (columns["days_since_infusion"] < recall.array).fillna(False)
    columns["recall_overlap"] = overlap.astype("boolean").where(placed)
    return scores.assign(**{str(name): columns[name].array for name in columns})


def _take(column: pd.Series, positions: np.ndarray) -> pd.Series:
    """Give the values at these positions; missing where the position is -1."""
    return pd.Series(column.array.take(positions, allow_fill=True))


def _find_places(scores: pd.DataFrame, absolute_day: pd.Series, days: pd.DataFrame) -> _Places:
    patient, infusion_patient = code_patients(scores, days)
    known = absolute_day.notna().to_numpy()
    score_day = absolute_day.fillna(0).to_numpy(dtype="int64")
    infusion_day = days["absolute_day"].to_numpy(dtype="int64")
    earliest, span = measure_span(score_day[known], infusion_day)
    infusion_key = infusion_patient * span + infusion_day - earliest
    score_key = np.where(known, patient * span + score_day - earliest, patient * span)

    first = np.searchsorted(infusion_key, patient * span)
    end = np.searchsorted(infusion_key, (patient + 1) * span)
    at = np.searchsorted(infusion_key, score_key, side="left")
    after = np.searchsorted(infusion_key, score_key, side="right")
    return _Places(
        today=np.where(known & (after > at), at, -1),
        last_earlier=np.where(known & (at > first), at - 1, -1),
        next_later=np.where(known & (after < end), after, -1),
        first=np.where(end > first, first, -1),
    )


def _order_on_day(
    scores: pd.DataFrame, places: _Places, days: pd.DataFrame, profile: Profile
) -> tuple[np.ndarray, np.ndarray]:
    """Tell before, after, unknown or none of each score, and where the order is the profile's assumption."""
    declared = scores["declared_timing"].fillna("").to_numpy(dtype=object)
    clock, start = fill_clock(scores["clock"]), fill_clock(_take(days["first_clock"], places.today))
    is_declared = np.isin(declared, ["before", "after"])
    has_clocks = (clock >= 0) & (start >= 0)
    on_infusion_day = places.today >= 0
    timing = np.select(
        [~on_infusion_day, is_declared, has_clocks & (clock <= start), has_clocks],
        [np.array("none", dtype=object), declared, "before", "after"],
        default=_ASSUMED[profile.value("same_day_policy")],
    )
    undecided = on_infusion_day & ~is_declared & ~has_clocks
    return timing, undecided & (timing != "unknown")


def _find_home_start(
    places: _Places, last: np.ndarray, starts_today: pd.Series, days: pd.DataFrame
) -> np.ndarray:
    """Give the position of the first infusion of each score's home series; -1 without infusions."""
    first_of_series = np.arange(len(days)) - (days["infusion_number"].to_numpy(dtype="int64") - 1)
    home = np.where(starts_today.fillna(False).to_numpy(dtype=bool), places.today, last)
    if not len(days):
        return home
    return np.where(home >= 0, first_of_series[home], places.first)


def _count_seconds(
    scores: pd.DataFrame,
    absolute_day: pd.Series,
    infusions: pd.DataFrame,
    days: pd.DataFrame,
    last: np.ndarray,
) -> pd.Series:
    """Give seconds since the latest known start on the day of the last infusion (Int64)."""
    infusion_day = place_days(infusions, infusions)
    timed = (infusion_day.notna() & infusions["clock"].notna()).to_numpy()
    clock = fill_clock(scores["clock"])
    known = (clock >= 0) & (last >= 0)
    missing = pd.Series(pd.NA, index=range(len(scores)), dtype="Int64")
    if not (timed.any() and known.any()):
        return missing
    patient, start_patient = code_patients(scores, infusions)
    start_day = infusion_day[timed].to_numpy(dtype="int64")
    score_day = absolute_day.fillna(0).to_numpy(dtype="int64")
    last_day = _take(days["absolute_day"], last).fillna(0).to_numpy(dtype="int64")
    earliest, span = measure_span(start_day, score_day[known], last_day[known])

    def key(codes: np.ndarray, day: np.ndarray, second: np.ndarray | int) -> np.ndarray:
        return (codes * span + day - earliest) * SECONDS_PER_DAY + second

    starts = np.sort(key(start_patient[timed], start_day, fill_clock(infusions["clock"])[timed]))
    score = key(patient, score_day, clock)
    day_begins = key(patient, last_day, 0)
    found = np.searchsorted(starts, np.minimum(score, day_begins + SECONDS_PER_DAY - 1), side="right") - 1
    start = starts[np.maximum(found, 0)]
    known &= (found >= 0) & (start >= day_begins)
    return missing.mask(known, pd.Series(score - start, dtype="Int64"))


def _classify(
    columns: pd.DataFrame, seconds: pd.Series, series_today: pd.Series, placed: pd.Series, profile: Profile
) -> pd.Series:
    timing, days_since = columns["timing"], columns["days_since_infusion"]
    acute = (seconds <= profile.value("acute_hours") * SECONDS_PER_HOUR) | (
        (timing == "after") & seconds.isna()
    )
    early = (seconds <= profile.value("early_hours") * SECONDS_PER_HOUR) | (
        seconds.isna() & (days_since <= profile.value("early_days"))
    )
    rules = {
        "unknown_same_day": timing == "unknown",
        "pre_course": days_since.isna(),
        "acute": acute,
        "trough": (timing == "before") & (series_today == columns["series"]),
        "early": early,
    }
    return name_first(rules, otherwise="later").where(placed)


def _tell_use(columns: pd.DataFrame) -> pd.Series:
    """Tell which scores may serve an endpoint: after the start, not acute, order known on day 0."""
    klass = columns["timing_class"]
    later_unknown = (klass == "unknown_same_day") & (columns["day"] > 0)
    return (klass.isin(["trough", "early", "later"]) | later_unknown).fillna(False).astype("boolean")


def _find_baseline_series(columns: pd.DataFrame, following: np.ndarray, days: pd.DataFrame) -> pd.Series:
    """Give the series that the next infusion begins, for scores that may be its baseline."""
    usable = (columns["timing_class"] == "pre_course").fillna(False) | columns["endpoint_use"]
    begins = (_take(days["infusion_number"], following) == 1) & _take(days["start_observed"], following)
    return _take(days["series"], following).where((begins & usable).fillna(False))
