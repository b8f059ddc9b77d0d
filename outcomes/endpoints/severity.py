"""Severity bands of totals, as the instrument's authors published them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.definitions.instrument import get_instrument
from outcomes.definitions.profile import Profile
from outcomes.endpoints.rules import reaches_caseness
from outcomes.schema import require_columns


def derive_severity(scores: pd.DataFrame) -> pd.DataFrame:
    """Name the severity band of each total.

    Parameters
    ----------
    scores : DataFrame with instrument and total (points)

    Returns
    -------
    DataFrame, the same rows with severity (string); missing where the total is, and for an instrument without
    published bands (PCL-5)

    Raises
    ------
    DataError
        If a column of SCORES is missing.

    Notes
    -----
    A band holds the totals from its low to its high end, both included. PHQ-9: 0-4 minimal, 5-9 mild, 10-14
    moderate, 15-19 moderately severe, 20-27 severe [1]_. GAD-7: 0-4 minimal, 5-9 mild, 10-14 moderate, 15-21
    severe [2]_.

    References
    ----------
    .. [1] Kroenke K, Spitzer RL, Williams JBW (2001). The PHQ-9: validity of a brief depression severity
       measure. J Gen Intern Med 16:606-613. doi:10.1046/j.1525-1497.2001.016009606.x
    .. [2] Spitzer RL, Kroenke K, Williams JBW, Löwe B (2006). A brief measure for assessing generalized
       anxiety disorder: the GAD-7. Arch Intern Med 166:1092-1097. doi:10.1001/archinte.166.10.1092

    Examples
    --------
    >>> import outcomes as oc
    >>> import pandas as pd
    >>> scores = pd.DataFrame({"instrument": ["phq9", "gad7"], "total": pd.array([17, 17], dtype="Int64")})
    >>> oc.derive_severity(scores)["severity"].tolist()
    ['moderately severe', 'severe']
    """
    require_columns(scores, ["instrument", "total"], caller="derive_severity")
    return scores.assign(severity=name_severity(scores["total"], scores["instrument"]))


def name_severity(totals: pd.Series, instrument: pd.Series) -> pd.Series:
    """Give the band of each total by its instrument (string)."""
    names = np.full(len(totals), None, dtype=object)
    known = totals.fillna(-1).to_numpy(dtype="int64")
    for each in map(get_instrument, instrument.dropna().unique()):
        rows = (instrument == each.id).fillna(False).to_numpy(dtype=bool) & totals.notna().to_numpy()
        for band in each.bands:
            names[rows & (known >= band.low) & (known <= band.high)] = band.name
    return pd.Series(names, index=totals.index, dtype="string")


def measure_severity_shift(
    baseline: pd.Series, total: pd.Series, instrument: pd.Series, *, profile: Profile
) -> pd.Series:
    """Give the severity band of the total minus that of the baseline, in bands (Int64).

    Without published bands (PCL-5) the two ranges below and from the profile's caseness on count as bands, by
    which -1 is out of the range of cases; missing where one of the totals is, or where there is no caseness.
    """
    ranks = [_rank_severity(one, instrument, profile=profile) for one in (total, baseline)]
    return ranks[0] - ranks[1]


def _rank_severity(totals: pd.Series, instrument: pd.Series, *, profile: Profile) -> pd.Series:
    """Give the place of each total's band, 0 for the mildest (Int64)."""
    known = totals.fillna(-1).to_numpy(dtype="int64")
    ranks = pd.Series(pd.NA, index=totals.index, dtype="Int64")
    gates = profile.by_instrument("caseness")
    for each in map(get_instrument, instrument.dropna().unique()):
        rows = (instrument == each.id).fillna(False) & totals.notna()
        if each.bands:
            lows = [band.low for band in each.bands]
            ranks = ranks.mask(rows, pd.Series(np.searchsorted(lows, known, side="right") - 1, totals.index))
        elif gates[each.id] is not None and rows.any():
            cases = reaches_caseness(totals, instrument, profile=profile).astype("Int64")
            ranks = ranks.mask(rows, cases)
    return ranks
