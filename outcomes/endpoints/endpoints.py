"""All derivations of scores in their order, and the same endpoints for any pair of baseline and total."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.baseline import derive_baseline
from outcomes.endpoints.change import derive_change, measure_percent
from outcomes.endpoints.coding import code_ids, share_columns
from outcomes.endpoints.recovery import derive_recovery
from outcomes.endpoints.reliable_change import derive_reliable_change
from outcomes.endpoints.remission import derive_remission
from outcomes.endpoints.response import derive_response
from outcomes.endpoints.severity import derive_severity, measure_severity_shift
from outcomes.endpoints.timeline import derive_timeline
from outcomes.schema import require_columns

_NEEDED = (
    "assessment_id", "patient_id", "instrument", "date", "study_day", "clock", "declared_timing", "total",
)  # fmt: skip
IMPROVEMENT_FLAGS = (
    "response",
    "partial_response",
    "remission",
    "mcid_reached",
    "recovery",
    "reliable_improvement",
    "reliable_recovery",
)
"""Judged where the patient is eligible."""

PAIRED_FLAGS = ("reliable_deterioration", "any_worsening", "change_class", "severity_shift")
"""Judged wherever there are a baseline and a total."""


def derive_endpoints(
    scores: pd.DataFrame,
    infusions: pd.DataFrame,
    patients: pd.DataFrame,
    *,
    profile: str | Profile = "default",
) -> pd.DataFrame:
    """Place each questionnaire on its patient's course and judge it against baseline.

    Parameters
    ----------
    scores : DataFrame (SCORES), all questionnaires of these patients
    infusions : DataFrame (INFUSIONS), all infusions of these patients
    patients : DataFrame (PATIENTS)
    profile : str or Profile

    Returns
    -------
    DataFrame, the same rows with the columns of derive_timeline, derive_baseline, derive_change,
    derive_severity, derive_response, derive_remission, derive_reliable_change and derive_recovery

    Raises
    ------
    DataError
        If a column of SCORES, INFUSIONS or PATIENTS is missing.

    Notes
    -----
    Flags here are about one assessment. Rates need one row per patient and series: build_courses.

    Examples
    --------
    >>> import outcomes as oc
    >>> infusions = oc.INFUSIONS.empty().reindex([0]).assign(patient_id="p1", study_day=0)
    >>> scores = oc.SCORES.empty().reindex(range(2)).assign(patient_id="p1", instrument="phq9")
    >>> scores = scores.assign(study_day=[0, 9], total=[16, 7])
    >>> scores = scores.astype({"study_day": "Int64", "total": "Int64"})
    >>> scores = oc.derive_endpoints(scores, infusions.astype({"study_day": "Int64"}), oc.PATIENTS.empty())
    >>> scores[["day", "change", "severity"]].values.tolist()
    [[0, <NA>, 'moderately severe'], [9, -9, 'mild']]
    """
    profile = get_profile(profile)
    require_columns(scores, _NEEDED, caller="derive_endpoints")
    # Only what the derivations read goes through them; the whole is copied once, at the end.
    with share_columns():
        (derived, infusions, patients), _ = code_ids(scores[list(_NEEDED)], infusions, patients)
        derived = derive_timeline(derived, infusions, patients, profile=profile)
        derived = derive_baseline(derived, profile=profile)
        # As categories, instruments are told apart without comparing their names row by row.
        derived = derived.assign(instrument=derived["instrument"].astype("category"))
        derived = _judge(derive_severity(derive_change(derived)), profile)
    return scores.assign(**{str(name): derived[name].array for name in derived if name not in _NEEDED})


def judge_totals(
    baseline: pd.Series, total: pd.Series, instrument: pd.Series, *, profile: Profile
) -> pd.DataFrame:
    """Give change, percent_change and every endpoint of a total against a baseline of the same instrument."""
    change, instrument = total - baseline, instrument.astype("category")
    pairs = pd.DataFrame({"instrument": instrument, "baseline": baseline, "total": total, "change": change})
    judged = _judge(pairs.assign(percent_change=measure_percent(change, baseline)), profile)
    judged = judged.assign(
        severity_shift=measure_severity_shift(baseline, total, instrument, profile=profile)
    )
    return judged[["change", "percent_change", *IMPROVEMENT_FLAGS, *PAIRED_FLAGS]]


def _judge(scores: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    scores = derive_response(scores, profile=profile)
    scores = derive_remission(scores, profile=profile)
    scores = derive_reliable_change(scores, profile=profile)
    return derive_recovery(scores, profile=profile)
