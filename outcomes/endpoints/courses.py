"""Courses: one row per patient, series and instrument, with its results or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.baseline import KEY, tabulate_baselines
from outcomes.endpoints.coding import code_ids, name_ids, share_columns
from outcomes.endpoints.endpoints import IMPROVEMENT_FLAGS, PAIRED_FLAGS, judge_totals
from outcomes.endpoints.rules import keep_where, name_first, reaches_caseness
from outcomes.endpoints.severity import name_severity
from outcomes.endpoints.starts import build_starts
from outcomes.endpoints.timeline import derive_timeline
from outcomes.endpoints.windows import find_window_scores, list_course_visits
from outcomes.schema import COURSES, SCORES, require_columns

_TIMELINE = tuple(column.name for column in SCORES.columns if column.made_by == "derive_timeline")


def build_courses(
    scores: pd.DataFrame,
    infusions: pd.DataFrame,
    patients: pd.DataFrame,
    *,
    profile: str | Profile = "default",
    instruments: Iterable[str] | None = None,
    excluded: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Give one row per patient, series and instrument: who was due, eligible and measured, with what result.

    Parameters
    ----------
    scores : DataFrame with the columns of derive_timeline; all questionnaires of these patients
    infusions : DataFrame (INFUSIONS)
    patients : DataFrame (PATIENTS)
    profile : str or Profile
    instruments : iterable of str, optional; by default those present in scores, and those of the profile if
        there is none. Name them where a cohort is worked on in blocks of patients.
    excluded : DataFrame (EXCLUDED), optional; the questionnaires that loading left out, `Cohort.excluded`. In
        a window they make the reason not_usable, where without them it would read as if nobody had asked.

    Returns
    -------
    DataFrame (COURSES), ordered by patient, series and instrument. Every patient of any frame appears; one
    without infusions has one row per instrument, no series, and the reason not_started.

    Raises
    ------
    DataError
        If a column is missing, or a patient with infusions has no last observable day.

    Notes
    -----
    due = started, start observed, matured (observed at least to the last day on which the post-induction
    window of anybody can close). eligible = due with a baseline that reaches caseness, and with a complete
    induction or an endpoint total where the profile's population asks for it. eligible_reason, first match:
    not_started, start_not_observed, not_matured, the baseline_reason, below_caseness,
    induction_not_complete, and the endpoint_reason (population with_endpoint only).

    The endpoint is the usable total of the series in post_window_days after the anchor that is nearest to
    post_window_target (a tie: the earlier day; then the latest clock time). endpoint_reason, first match:
    not_started, start_not_observed, not_matured, not_usable, acute_only, new_series_first,
    no_score_in_window. The last or best score never stands in for it.

    Follow-up windows count from the first infusion and take any later series. Each has its own due, eligible,
    reason and endpoints, with the window's target day as suffix.

    Examples
    --------
    >>> import outcomes as oc
    >>> days = {"study_day": "Int64"}
    >>> infusions = oc.INFUSIONS.empty().reindex(range(4))
    >>> infusions = infusions.assign(patient_id="p1", study_day=[0, 3, 7, 10]).astype(days)
    >>> patients = oc.PATIENTS.empty().reindex([0]).assign(patient_id="p1", observed_until_day=200)
    >>> patients = patients.astype({"observed_until_day": "Int64"})
    >>> scores = oc.SCORES.empty().reindex(range(2)).assign(patient_id="p1", instrument="phq9")
    >>> scores = scores.assign(study_day=[-1, 26], total=[16, 7]).astype({**days, "total": "Int64"})
    >>> scores = oc.derive_timeline(scores, infusions, patients)
    >>> courses = oc.build_courses(scores, infusions, patients)
    >>> courses[["eligible", "endpoint_day", "response"]].values.tolist()
    [[True, 26, True]]
    """
    profile = get_profile(profile)
    needed = ("assessment_id", "patient_id", "site", "instrument", "clock", "total", *_TIMELINE)
    require_columns(scores, needed, caller="build_courses")
    names = _choose_instruments(scores, profile, instruments)
    left_out = excluded if excluded is not None and len(excluded) else scores[["patient_id"]].head(0)
    with share_columns():
        frames = (scores[list(needed)], infusions, patients, left_out)
        (scores, infusions, patients, left_out), ids = code_ids(*frames)
        starts = build_starts(scores, infusions, patients, profile=profile)
        if len(left_out):
            placed = _place_excluded(left_out, infusions, patients, profile)[list(needed)]
            scores = pd.concat([scores, placed], ignore_index=True)
        scores = scores[scores["instrument"].isin(names).to_numpy(dtype=bool)]
        courses = starts.merge(pd.DataFrame({"instrument": pd.array(names, dtype="string")}), how="cross")
        courses = _add_eligibility(_add_baseline(courses, scores, profile), profile)
        visits = list_course_visits(scores, courses)
        courses = _add_endpoint(courses, visits, profile)
        if profile.value("population") == "with_endpoint":
            courses = _keep_measured(courses)
        for target, window in profile.value("follow_up_windows").items():
            courses = _add_follow_up(courses, visits, int(target), window, profile)
        courses = _add_judgments(courses, profile)
    return name_ids(_arrange(courses), ids)


def _choose_instruments(
    scores: pd.DataFrame, profile: Profile, instruments: Iterable[str] | None
) -> list[str]:
    if instruments is not None:
        return sorted([instruments] if isinstance(instruments, str) else set(instruments))
    return sorted(scores["instrument"].dropna().unique()) or sorted(profile.instruments)


def _place_excluded(
    excluded: pd.DataFrame, infusions: pd.DataFrame, patients: pd.DataFrame, profile: Profile
) -> pd.DataFrame:
    """Place the questionnaires left out on their courses, without a total; a duplicate says nothing new."""
    others = excluded[(excluded["reason"] != "duplicate").fillna(True).to_numpy(dtype=bool)]
    without = others.assign(total=pd.Series(pd.NA, index=others.index, dtype="Int64"))
    return derive_timeline(without, infusions, patients, profile=profile)


def _add_baseline(courses: pd.DataFrame, scores: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    started = courses.loc[courses["series"].notna(), [*KEY, "start_observed"]]
    table = tabulate_baselines(scores, started, profile=profile).set_axis(started.index).drop(columns=KEY)
    courses = courses.join(table, validate="one_to_one")
    return courses.assign(
        baseline_reason=courses["baseline_reason"].where(courses["series"].notna(), "not_started"),
        baseline_severity=name_severity(courses["baseline"], courses["instrument"]),
    )


def _add_eligibility(courses: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    at_caseness = reaches_caseness(courses["baseline"], courses["instrument"], profile=profile).fillna(False)
    completed = (courses["induction_status"] == "complete").fillna(False)
    everyone = profile.value("population") != "completed_induction"
    reasons = name_first(
        {
            "not_started": courses["series"].isna(),
            "start_not_observed": ~courses["start_observed"],
            "not_matured": ~courses["matured"],
            "no_baseline": courses["baseline"].isna(),
            "below_caseness": ~at_caseness,
            "induction_not_complete": ~completed & (not everyone),
        }
    )
    return courses.assign(
        at_caseness=at_caseness,
        eligible=reasons.isna(),
        eligible_reason=reasons.mask((reasons == "no_baseline").fillna(False), courses["baseline_reason"]),
    )


def _add_endpoint(courses: pd.DataFrame, visits: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    window = profile.value("post_window_days")
    home = visits[visits["in_home"].to_numpy(dtype=bool)]
    offset = home["day"] - home["course"].map(courses["anchor_day"])
    target = profile.value("post_window_target")
    found = find_window_scores(home, offset, window=window, target=target, courses=courses.index)
    reasons = name_first(
        {
            "not_started": courses["series"].isna(),
            "start_not_observed": ~courses["start_observed"],
            "not_matured": ~courses["matured"],
            "measured": found["total"].notna(),
            "not_usable": found["has_unusable"],
            "acute_only": found["has_acute"],
            "new_series_first": courses["next_series_day"] <= courses["anchor_day"] + window[1],
        },
        otherwise="no_score_in_window",
    )
    measured = reasons == "measured"
    total, day = found["total"].where(measured), found["day"].where(measured)
    maintained = courses["first_maintenance_day"]
    between = (maintained < day) | ((maintained == day) & (found["days_since_infusion"] == 0))
    return courses.assign(
        endpoint_total=total,
        endpoint_day=day,
        endpoint_reason=reasons.mask(measured),
        endpoint_timing_class=found["timing_class"].where(measured),
        endpoint_severity=name_severity(total, courses["instrument"]),
        infusion_in_window=between.fillna(False).astype("boolean").where(measured),
    )


def _keep_measured(courses: pd.DataFrame) -> pd.DataFrame:
    """Leave out of the eligible whoever has no endpoint total, as a profile of completers does."""
    lacking = courses["eligible"] & courses["endpoint_total"].isna()
    return courses.assign(
        eligible=courses["eligible"] & ~lacking,
        eligible_reason=courses["eligible_reason"].mask(lacking, courses["endpoint_reason"]),
    )


def _add_follow_up(
    courses: pd.DataFrame, visits: pd.DataFrame, target: int, window: tuple[int, int], profile: Profile
) -> pd.DataFrame:
    found = find_window_scores(visits, visits["day"], window=window, target=target, courses=courses.index)
    closed = courses["observed_until_day"] >= window[1]
    due = (courses["start_observed"] & closed).fillna(False)
    reasons = name_first(
        {
            "not_started": courses["series"].isna(),
            "start_not_observed": ~courses["start_observed"],
            "not_matured": ~closed,
            "measured": found["total"].notna(),
            "not_usable": found["has_unusable"],
            "acute_only": found["has_acute"],
        },
        otherwise="no_score_in_window",
    )
    measured = reasons == "measured"
    complete = (courses["induction_status"] == "complete").fillna(False)
    eligible = (
        due & courses["at_caseness"] & (complete | (profile.value("population") != "completed_induction"))
    )
    if profile.value("population") == "with_endpoint":
        eligible &= measured
    columns = {
        "due": due,
        "eligible": eligible,
        "total": found["total"].where(measured),
        "day": found["day"].where(measured),
        "reason": reasons.mask(measured),
        "after_new_series": (~found["in_home"].astype("boolean")).where(measured),
    }
    return courses.assign(**{f"{name}_{target}": column for name, column in columns.items()})


def _add_judgments(courses: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Add change and every endpoint of the endpoint total, and of each follow-up total with its suffix."""
    totals = {"": courses["endpoint_total"]}
    totals |= {f"_{target}": courses[f"total_{target}"] for target in profile.value("follow_up_windows")}
    # All windows are judged in one go: the definitions are laid along the rows once.
    baseline, instrument = (
        pd.concat(dict.fromkeys(totals, courses[name])) for name in ("baseline", "instrument")
    )
    judged = judge_totals(baseline, pd.concat(totals), instrument, profile=profile)
    columns: dict[str, pd.Series] = {}
    for place, suffix in enumerate(totals):
        part = judged.iloc[place * len(courses) : (place + 1) * len(courses)].set_axis(courses.index)
        eligible, due = courses[f"eligible{suffix}"], courses[f"due{suffix}"]
        columns |= {f"{name}{suffix}": part[name] for name in ("change", "percent_change")}
        columns |= {f"{name}{suffix}": keep_where(part[name], eligible) for name in IMPROVEMENT_FLAGS}
        columns |= {f"{name}{suffix}": part[name].where(due) for name in PAIRED_FLAGS}
    return courses.assign(**columns)


def _arrange(courses: pd.DataFrame) -> pd.DataFrame:
    """Give the columns of COURSES with their dtypes, then those of further follow-up windows."""
    known = [column.name for column in COURSES.columns]
    more = [str(name) for name in courses if name not in known and str(name).rpartition("_")[2].isdigit()]
    ordered = courses.sort_values(["patient_id", "series", "instrument"], ignore_index=True)
    return ordered.reindex(columns=[*known, *more]).astype({c.name: c.dtype for c in COURSES.columns})
