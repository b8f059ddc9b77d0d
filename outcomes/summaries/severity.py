"""How severity bands shift from baseline to a later total: one row per pair of bands."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.definitions.instrument import get_instrument
from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.severity import name_severity
from outcomes.summaries.groups import By, add_shares, is_true, list_by, select_headline, sum_by_group

NOT_MEASURED = "not measured"
ANY_TOTAL = "any total"
"""The one band of a questionnaire with neither published bands nor caseness."""


def summarize_severity_shift(
    courses: pd.DataFrame, *, by: By = None, window: int | None = None, profile: str | Profile = "default"
) -> pd.DataFrame:
    """Count who moved from each severity band at baseline to each band of the later total.

    Parameters
    ----------
    courses : DataFrame (COURSES)
        Series 1 only is counted; everyone due with a baseline, without a gate.
    by : str or list of str, optional
        Columns of COURSES that make the groups.
    window : int, optional
        Target day of a follow-up window, such as 90; None: the post-induction window.
    profile : str or Profile
        Caseness divides the totals of a questionnaire without published bands (PCL-5); without caseness
        either there is one band, "any total". min_percent_denominator is used.

    Returns
    -------
    DataFrame
        One row per group, instrument, band_from and band_to, mildest band first and "not measured" last among
        band_to: shift (bands; negative is better; missing where not measured), k, n (everyone in band_from),
        share, conf_low, conf_high (Wilson) and percent_shown. Every pair of bands has its row, also with k =
        0. A group without anybody has n = 0.

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    The k of a band_from add up to its n: nobody is left out. Bands are those of Kroenke 2001 (PHQ-9) and
    Spitzer 2006 (GAD-7); PCL-5 has none and is divided at the profile's caseness.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> courses = pd.DataFrame({
    ...     "series": 1, "instrument": "phq9", "due": True, "baseline": [20, 16, 12],
    ...     "endpoint_total": [10, 3, None],
    ... })
    >>> shift = oc.summarize_severity_shift(courses)
    >>> shift.loc[shift["k"] > 0, ["band_from", "band_to", "shift"]].values.tolist()
    [['moderate', 'not measured', <NA>], ['moderately severe', 'minimal', -3], ['severe', 'moderate', -2]]
    """
    profile = get_profile(profile)
    due, total = ("due", "endpoint_total") if window is None else (f"due_{window}", f"total_{window}")
    rows, groups = select_headline(
        courses, by=by, needs=(due, "baseline", total), caller="summarize_severity_shift"
    )
    counted = rows[is_true(rows[due]) & rows["baseline"].notna()]
    before, after = (
        name_band(counted[name].astype("Int64"), counted["instrument"], profile)
        for name in ("baseline", total)
    )
    parts = []
    for name, own in groups.groupby("instrument", sort=False):
        bands = list_bands(str(name), profile)
        for start, band_from in enumerate(bands):
            flags = {band: (before == band_from) & (after == band) for band in (*bands, NOT_MEASURED)}
            found = sum_by_group(counted, own, {"_n": before == band_from, **flags}).set_axis(own.index)
            for end, band_to in enumerate((*bands, NOT_MEASURED)):
                shift = end - start if end < len(bands) else np.nan
                parts.append(
                    own.assign(
                        band_from=band_from, band_to=band_to, shift=shift, k=found[band_to], n=found["_n"]
                    )
                )
    columns = [*list_by(by), "instrument", "band_from", "band_to", "shift"]
    if not parts:
        return pd.DataFrame(columns=[*columns, "k", "n", "share", "conf_low", "conf_high", "percent_shown"])
    table = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
    table = table.astype({"band_from": "string", "band_to": "string", "shift": "Int64"})
    shares = add_shares(table, least=profile.value("min_percent_denominator"))
    return shares[[*columns, "k", "n", "share", "conf_low", "conf_high", "percent_shown"]]


def list_bands(instrument: str, profile: Profile) -> tuple[str, ...]:
    """Give the bands of a questionnaire, mildest first; around the caseness line where it has none."""
    it = get_instrument(instrument)
    if it.bands:
        return tuple(band.name for band in it.bands)
    line = profile.by_instrument("caseness")[instrument]
    if line is None:
        return (ANY_TOTAL,)
    below, above = f"below {line}", f"{line} or above"
    return (below, above) if it.lower_is_better else (f"above {line}", f"{line} or below")


def name_band(totals: pd.Series, instrument: pd.Series, profile: Profile) -> pd.Series:
    """Give the band of each total; "not measured" where there is none."""
    named = name_severity(totals, instrument)
    for name in instrument.dropna().unique():
        it = get_instrument(str(name))
        if not it.bands:
            line = profile.by_instrument("caseness")[it.id]
            mine = (instrument == name) & totals.notna()
            if line is None:
                named = named.mask(mine, ANY_TOTAL)
                continue
            milder, worse = list_bands(it.id, profile)
            case = totals >= line if it.lower_is_better else totals <= line
            named = named.mask(mine & is_true(case), worse).mask(mine & ~is_true(case), milder)
    return named.fillna(NOT_MEASURED)
