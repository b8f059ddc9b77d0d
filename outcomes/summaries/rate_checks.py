"""What a rate must not hide: flags of another profile, and baselines from which no change can be reached."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from outcomes.definitions.instrument import get_instrument
from outcomes.definitions.profile import Profile
from outcomes.endpoints.endpoints import judge_totals
from outcomes.errors import DataError
from outcomes.summaries.groups import is_true

_POINTS = {
    "reliable_improvement": "reliable_change",
    "reliable_recovery": "reliable_change",
    "reliable_deterioration": "reliable_change",
    "mcid_reached": "mcid",
}


def refuse_other_profile(rows: pd.DataFrame, endpoints: Sequence[str], *, profile: Profile) -> None:
    """Judge the totals again: flags that another profile set must not be printed under this one's rules.

    Parameters
    ----------
    rows : DataFrame (COURSES); without baseline and endpoint_total nothing can be compared
    endpoints : flags of the eligible
    profile : Profile

    Raises
    ------
    DataError
        If a flag of an eligible patient is not what the profile makes of the two totals.
    """
    if not {"baseline", "endpoint_total"} <= set(rows.columns):
        return
    paired = rows["baseline"].notna() & rows["endpoint_total"].notna() & is_true(rows["eligible"])
    pairs = rows[is_true(paired)]
    baseline, total = (pairs[name].astype("Int64") for name in ("baseline", "endpoint_total"))
    again = judge_totals(baseline, total, pairs["instrument"], profile=profile)
    for endpoint in endpoints:
        here, there = pairs[endpoint].astype("boolean"), again[endpoint].astype("boolean")
        if (is_true(here != there) | (here.isna() != there.isna())).any():
            raise DataError(
                f"The flags of {endpoint} are not those of the profile {profile.id}. Give the profile that "
                "build_courses() was given.",
                code="E250",
            )


def find_out_of_reach(rows: pd.DataFrame, endpoint: str, *, profile: Profile) -> pd.Series:
    """Tell whose baseline leaves no room for the points of an endpoint; missing where it asks for none."""
    key = _POINTS.get(endpoint)
    if key is None or "baseline" not in rows.columns:
        return pd.Series(pd.NA, index=rows.index, dtype="boolean")
    parts = [pd.Series(dtype="boolean")]
    for name, own in rows.groupby("instrument", observed=True):
        points = profile.by_instrument(key)[str(name)]
        if points is not None:
            worse = endpoint == "reliable_deterioration"
            parts.append(lacks_room(own["baseline"], str(name), points, worse=worse))
    return pd.concat([part for part in parts if len(part)] or parts).reindex(rows.index)


def lacks_room(baseline: pd.Series, instrument: str, points: int, *, worse: bool = False) -> pd.Series:
    """Tell where the scale ends before a change of so many points for better, or for worse (boolean)."""
    it = get_instrument(instrument)
    downwards = it.lower_is_better != worse
    room = baseline - it.total_min if downwards else it.total_max - baseline
    return (room.astype("Int64") < points).astype("boolean")
