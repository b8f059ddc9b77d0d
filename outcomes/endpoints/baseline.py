"""The baseline of each series: the last scorable total in the window before its first infusion."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.days import fill_clock
from outcomes.endpoints.rules import lay_along, name_first
from outcomes.endpoints.windows import choose_nearest
from outcomes.schema import require_columns

PAIR = ["patient_id", "instrument"]
KEY = [*PAIR, "series"]
_NEEDED = (
    "assessment_id", "patient_id", "instrument", "clock", "total", "series", "day", "days_to_next_infusion",
    "timing", "timing_class", "order_assumed", "endpoint_use", "baseline_candidate_of", "start_observed",
)  # fmt: skip


def derive_baseline(scores: pd.DataFrame, *, profile: str | Profile = "default") -> pd.DataFrame:
    """Give each questionnaire the baseline of its home series, or the reason why there is none.

    Parameters
    ----------
    scores : DataFrame with the columns of derive_timeline; all questionnaires of these patients
    profile : str or Profile; baseline_window_days is used

    Returns
    -------
    DataFrame, the same rows with baseline (points), baseline_day (Int64), baseline_reason (string) and
    baseline_of: the series for which the row itself is the baseline assessment

    Raises
    ------
    DataError
        If a column of derive_timeline is missing.

    Notes
    -----
    Baseline = the scorable total on the last day d with ``low <= d <= high`` before the first infusion of the
    series (day 0 if known or assumed to be before it), not acute, and for series k > 1 after the last
    infusion of series k - 1; on that day the latest clock time. Reason, first match: not_defined (the profile
    has no window), start_not_observed, not_usable, same_day_unordered, outside_window, only_after_start,
    no_score.

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
    needed = scores[list(_NEEDED)]
    chosen = _choose(_list_candidates(needed, profile))
    home = needed[[*KEY, "start_observed"]].reset_index(drop=True)
    wanted = home[home["series"].notna()].drop_duplicates(KEY)
    table = tabulate_baselines(needed, wanted, profile=profile)
    found = home[KEY].merge(table, on=KEY, how="left", validate="many_to_one")
    baseline_of = pd.Series(pd.NA, index=range(len(scores)), dtype="Int64")
    baseline_of.iloc[chosen["row"].to_numpy()] = chosen["series"].array
    return scores.assign(
        baseline=found["baseline"].array,
        baseline_day=found["baseline_day"].array,
        baseline_reason=found["baseline_reason"].array,
        baseline_of=baseline_of.array,
    )


def tabulate_baselines(scores: pd.DataFrame, wanted: pd.DataFrame, *, profile: Profile) -> pd.DataFrame:
    """Give the baseline of each patient-series wanted, or the reason why there is none.

    Parameters
    ----------
    scores : DataFrame with the columns of derive_timeline
    wanted : DataFrame with patient_id, instrument, series (known, unique together) and start_observed

    Returns
    -------
    DataFrame, one row per row of wanted, in its order: the key, baseline, baseline_day,
    baseline_order_assumed, baseline_reason
    """
    candidates = _list_candidates(scores, profile)
    chosen = _choose(candidates)[[*KEY, "total", "day", "order_assumed"]]
    chosen = chosen.rename(
        columns={"total": "baseline", "day": "baseline_day", "order_assumed": "baseline_order_assumed"}
    )
    table = wanted[[*KEY, "start_observed"]].merge(chosen, on=KEY, how="left", validate="one_to_one")
    lacking = table[table["baseline"].isna()]
    whose = lacking["patient_id"].unique()
    own, near = (frame[frame["patient_id"].isin(whose)] for frame in (scores, candidates))
    reasons = _explain(lacking, own, near, profile).reindex(table.index)
    return table.drop(columns="start_observed").assign(baseline_reason=reasons)


def _list_candidates(scores: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """List the questionnaires inside the baseline window of a series, with or without a total."""
    lows, highs = _split_windows(profile)
    day = -scores["days_to_next_infusion"]
    inside = (day >= lay_along(scores["instrument"], lows)) & (day <= lay_along(scores["instrument"], highs))
    rows = (scores["baseline_candidate_of"].notna() & inside.fillna(False)).to_numpy(dtype=bool)
    kept = scores.loc[rows, ["patient_id", "instrument", "total", "order_assumed", "assessment_id"]]
    return kept.assign(
        series=scores.loc[rows, "baseline_candidate_of"],
        day=day[rows],
        distance=-day[rows],
        clock=fill_clock(scores.loc[rows, "clock"]),
        row=np.flatnonzero(rows),
    )


def _split_windows(profile: Profile) -> tuple[dict[str, int | None], dict[str, int | None]]:
    """Give first and last day of the baseline window by instrument; None where the profile has none."""
    windows = profile.by_instrument("baseline_window_days")
    lows = {name: None if window is None else window[0] for name, window in windows.items()}
    highs = {name: None if window is None else window[1] for name, window in windows.items()}
    return lows, highs


def _choose(candidates: pd.DataFrame) -> pd.DataFrame:
    scorable = candidates[candidates["total"].notna()]
    return choose_nearest(scorable.assign(group=scorable.groupby(KEY, sort=False).ngroup()))


def _explain(
    table: pd.DataFrame, scores: pd.DataFrame, candidates: pd.DataFrame, profile: Profile
) -> pd.Series:
    """Give the first reason that holds for each row of the table, which all lack a baseline."""
    unordered = scores[
        ((scores["timing"] == "unknown") & (scores["day"] == 0)).fillna(False).to_numpy(dtype=bool)
    ]
    window_rows = pd.concat([candidates[[*KEY, "total"]], unordered[[*KEY, "total"]]])
    scorable = scores[scores["total"].notna() & scores["day"].notna()]
    before = (scorable["timing_class"] == "pre_course").fillna(False).astype(bool)
    # The earliest series with a usable score (0: before all), and the latest with any score after its start.
    usable = (before | scorable["endpoint_use"]).to_numpy(dtype=bool)
    earliest = (
        scorable.assign(series=scorable["series"].mask(before, 0))[usable].groupby(PAIR)["series"].min()
    )
    latest = scorable[~before.to_numpy()].groupby(PAIR)["series"].max()
    pairs = pd.MultiIndex.from_frame(table[PAIR])
    lows, _ = _split_windows(profile)
    rules = {
        "not_defined": lay_along(table["instrument"], lows).isna(),
        "start_not_observed": ~table["start_observed"],
        "not_usable": _is_among(table, window_rows[window_rows["total"].isna()]),
        "same_day_unordered": _is_among(table, unordered[unordered["total"].notna()]),
        "outside_window": pd.Series(earliest.reindex(pairs).array, index=table.index) < table["series"],
        "only_after_start": pd.Series(latest.reindex(pairs).array, index=table.index) >= table["series"],
    }
    return name_first(rules, otherwise="no_score")


def _is_among(table: pd.DataFrame, keys: pd.DataFrame) -> pd.Series:
    keys = keys[KEY].drop_duplicates().assign(found=True)
    found = table[KEY].merge(keys, on=KEY, how="left", validate="many_to_one")
    return pd.Series(found["found"].notna().to_numpy(), index=table.index)
