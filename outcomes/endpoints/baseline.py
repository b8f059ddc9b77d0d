"""The baseline of each series: the last scorable total in the window before its first infusion."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.days import fill_clock
from outcomes.endpoints.rules import lay_along
from outcomes.endpoints.windows import choose_nearest
from outcomes.schema import require_columns

KEY = ["patient_id", "instrument", "series"]
_NEEDED = ("assessment_id", "patient_id", "instrument", "clock", "total", "series", "day", "days_to_next_infusion",
           "timing", "timing_class", "order_assumed", "endpoint_use", "baseline_candidate_of", "start_observed")


def derive_baseline(scores: pd.DataFrame, *, profile: str | Profile = "default") -> pd.DataFrame:
    """Give each questionnaire the baseline of its home series, or the reason why there is none.

    Parameters
    ----------
    scores : DataFrame with the columns of derive_timeline; all questionnaires of these patients
    profile : str or Profile; baseline_window_days is used

    Returns
    -------
    DataFrame, the same rows with baseline (points), baseline_day (Int64), baseline_reason (string) and baseline_of:
    the series for which the row itself is the baseline assessment

    Raises
    ------
    DataError
        If a column of derive_timeline is missing.

    Notes
    -----
    Baseline = the scorable total on the last day d with ``low <= d <= high`` before the first infusion of the series
    (day 0 if known or assumed to be before it), not acute, and for series k > 1 after the last infusion of series
    k - 1; on that day the latest clock time. Reason, first match: not_defined (the profile has no window),
    start_not_observed, not_usable, same_day_unordered, outside_window, only_after_start, no_score.

    Examples
    --------
    >>> import outcomes as oc
    >>> infusions = oc.INFUSIONS.empty().reindex([0]).assign(patient_id="p1", study_day=0)
    >>> scores = oc.SCORES.empty().reindex(range(3)).assign(patient_id="p1", instrument="phq9")
    >>> scores = scores.assign(study_day=[-20, -3, 9], total=[18, 16, 7])
    >>> scores = scores.astype({"study_day": "Int64", "total": "Int64"})
    >>> placed = oc.derive_timeline(scores, infusions.astype({"study_day": "Int64"}), oc.PATIENTS.empty())
    >>> oc.derive_baseline(placed)["baseline"].tolist()
    [16, 16, 16]
    """
    profile = get_profile(profile)
    require_columns(scores, _NEEDED, caller="derive_baseline")
    home = scores[[*KEY, "start_observed"]].reset_index(drop=True)
    wanted = home[home["series"].notna()].drop_duplicates(KEY)
    table = tabulate_baselines(scores, wanted, profile=profile)
    found = home.merge(table, on=KEY, how="left", validate="many_to_one")
    chosen = table[table["baseline_row"].notna()]
    baseline_of = pd.Series(pd.NA, index=range(len(scores)), dtype="Int64")
    candidates = _find_candidates(scores, profile)
    best = choose_nearest(candidates[candidates["total"].notna()])
    baseline_of.iloc[best["row"].to_numpy()] = best["series"].array
    del chosen
    return scores.assign(
        baseline=found["baseline"].array,
        baseline_day=found["baseline_day"].array,
        baseline_reason=found["baseline_reason"].array,
        baseline_of=baseline_of.array,
    )
