"""Recovery on PHQ-9 and an anxiety measure at once, as NHS Talking Therapies judges it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.rules import lay_along, measure_improvement, name_first, reaches_caseness
from outcomes.errors import DefinitionError
from outcomes.schema import require_columns

_NEEDED = (
    "patient_id", "site", "series", "instrument", "quarter", "route", "drug", "due", "baseline",
    "endpoint_total", "baseline_reason", "endpoint_reason", "eligible_reason",
)  # fmt: skip
_CARRIED = ["patient_id", "site", "series", "quarter", "route", "drug", "due"]


@dataclass(frozen=True)
class Pair:
    """First and last totals of one questionnaire, row by row, and which questionnaire it is."""

    start: pd.Series
    end: pd.Series
    instrument: pd.Series


def judge_jointly(first: Pair, second: Pair, *, profile: Profile) -> dict[str, pd.Series]:
    """Judge two questionnaires together (boolean by name; missing where a total is).

    Returns
    -------
    dict with case (caseness at the start on either), recovery (no caseness at the end on either),
    reliable_improvement (reliably better on one, and not reliably worse on the other), reliable_recovery
    (both) and reliable_deterioration (the reverse of reliable_improvement)
    """
    cases: list[pd.Series] = []
    ends: list[pd.Series] = []
    better: list[pd.Series] = []
    worse: list[pd.Series] = []
    for pair in (first, second):
        start, end = pair.start.astype("Int64"), pair.end.astype("Int64")
        cases.append(reaches_caseness(start, pair.instrument, profile=profile))
        ends.append(reaches_caseness(end, pair.instrument, profile=profile))
        gain = measure_improvement(start, end, pair.instrument)
        limit = lay_along(pair.instrument, profile.by_instrument("reliable_change"))
        better.append(gain >= limit)
        worse.append(-gain >= limit)
    recovery = ~(ends[0] | ends[1])
    improvement = (better[0] | better[1]) & ~(worse[0] | worse[1])
    judged = {
        "case": cases[0] | cases[1],
        "recovery": recovery,
        "reliable_improvement": improvement,
        "reliable_recovery": recovery & improvement,
        "reliable_deterioration": (worse[0] | worse[1]) & ~(better[0] | better[1]),
    }
    totals = pd.concat([first.start, first.end, second.start, second.end], axis=1)
    known = totals.notna().all(axis=1)
    started = first.start.notna() & second.start.notna()
    return {
        name: flag.astype("boolean").where(started if name == "case" else known)
        for name, flag in judged.items()
    }


def build_joint_recovery(
    courses: pd.DataFrame,
    *,
    instruments: tuple[str, str] = ("phq9", "gad7"),
    profile: str | Profile = "default",
) -> pd.DataFrame:
    """Judge recovery and reliable change on two questionnaires at once, by patient and series.

    Parameters
    ----------
    courses : DataFrame (COURSES) with rows of both questionnaires
    instruments : (str, str); PHQ-9 and the anxiety measure
    profile : str or Profile; caseness and reliable_change are used

    Returns
    -------
    DataFrame, one row per patient and series, with the columns that summarize_endpoints counts: patient_id,
    site, series, quarter, route, drug, instrument ("phq9+gad7"), due, eligible (due, both baselines, and
    caseness on at least one), eligible_reason (missing where eligible), endpoint_reason (missing where both
    totals are there), recovery, reliable_improvement, reliable_recovery (boolean; missing where not eligible
    or a total is missing) and reliable_deterioration (for everyone due with all four totals)

    Raises
    ------
    DataError
        If a column of COURSES is missing.
    DefinitionError
        If the profile has no caseness or reliable change for one of the two.

    Notes
    -----
    Recovery: caseness on either questionnaire at baseline, and on neither in the window. Reliable
    improvement: better by the reliable change on either, and not worse by it on the other; reliable
    deterioration the reverse; reliable recovery: both of the first [1]_. Patients with one questionnaire only
    are not eligible, with that reason: nothing is judged on half.

    References
    ----------
    .. [1] NHS Talking Therapies for anxiety and depression manual (secondary). The condition on the other
       questionnaire is unverified.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> courses = oc.COURSES.empty().reindex(range(2)).assign(
    ...     patient_id="p1", series=1, instrument=["phq9", "gad7"], due=True, baseline=[16, 9],
    ...     endpoint_total=[9, 8],
    ... )
    >>> oc.build_joint_recovery(courses)[["recovery", "reliable_recovery"]].values.tolist()
    [[True, True]]
    """
    profile = get_profile(profile)
    require_columns(courses, _NEEDED, caller="build_joint_recovery")
    for key in ("caseness", "reliable_change"):
        lacking = [id for id in instruments if profile.by_instrument(key)[id] is None]
        if lacking:
            message = f"{profile.id} has no {key} for {lacking[0]}, and both need one. Give another profile."
            raise DefinitionError(message, code="E603")
    keys = ["patient_id", "series"]
    parts = [courses[(courses["instrument"] == id).fillna(False).to_numpy(dtype=bool)] for id in instruments]
    totals = ["baseline", "endpoint_total", "baseline_reason", "endpoint_reason"]
    rows = parts[0][[*_CARRIED, *totals, "eligible_reason"]].merge(
        parts[1][[*keys, *totals]], on=keys, how="inner", suffixes=("", "_2"), validate="one_to_one"
    )
    names = [pd.Series(id, index=rows.index, dtype="string") for id in instruments]
    judged = judge_jointly(
        Pair(rows["baseline"], rows["endpoint_total"], names[0]),
        Pair(rows["baseline_2"], rows["endpoint_total_2"], names[1]),
        profile=profile,
    )
    due = rows["due"].fillna(False).astype(bool)
    place = name_first(
        {
            "not_due": ~due,
            "no_baseline": rows["baseline"].isna(),
            "no_second_baseline": rows["baseline_2"].isna(),
            "below_caseness": ~judged["case"].fillna(False),
        }
    )
    reason = place.mask((place == "not_due").fillna(False), rows["eligible_reason"])
    reason = reason.mask((place == "no_baseline").fillna(False), rows["baseline_reason"])
    reason = reason.mask((place == "no_second_baseline").fillna(False), rows["baseline_reason_2"])
    eligible = place.isna()
    flags = {
        name: judged[name].where(eligible)
        for name in ("recovery", "reliable_improvement", "reliable_recovery")
    }
    return rows[_CARRIED].assign(
        instrument=pd.array(["+".join(instruments)] * len(rows), dtype="string"),
        eligible=eligible.astype("boolean"),
        eligible_reason=reason.fillna(place),
        endpoint_reason=rows["endpoint_reason"].fillna(rows["endpoint_reason_2"]),
        **flags,
        reliable_deterioration=judged["reliable_deterioration"].where(due),
    )
