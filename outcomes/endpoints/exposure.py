"""Follow-up cut at infusions, so that what had been given by a day can be a covariate of that day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.schema import require_columns

_KEY = ["patient_id", "series"]


def build_exposure_rows(
    events: pd.DataFrame, infusions: pd.DataFrame, *, within_days: int = 28
) -> pd.DataFrame:
    """Cut each patient's follow-up where what has been infused changes.

    Parameters
    ----------
    events : DataFrame (EVENTS of build_relapse_times), one instrument and endpoint
    infusions : DataFrame with the columns of derive_series
    within_days : int, an infusion counts as recent for so many days

    Returns
    -------
    DataFrame
        The included rows of series 1 with follow-up, in pieces that do not overlap: the columns of `events`,
        entry and time (at risk in (entry, time], days from origin_day), event (True on the piece that ends
        with it), n_infusions (since origin_day, before the piece) and recent_infusion (True where one was
        given within `within_days` before the piece).

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    Only what was given before a day counts on it: an infusion changes the covariates from the day after, and
    none is known before it is given. Infusions are given to patients for reasons, often because they feel
    worse: a hazard ratio of recent_infusion is not the effect of an infusion.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> events = pd.DataFrame({
    ...     "patient_id": ["A"], "series": 1, "instrument": "phq9", "endpoint": "relapse", "included": True,
    ...     "origin_day": 21, "time": 80, "event": True,
    ... })
    >>> infusions = pd.DataFrame({"patient_id": ["A", "A"], "series": 1, "day": [18, 51]})
    >>> rows = oc.build_exposure_rows(events, infusions)
    >>> rows[["entry", "time", "event", "n_infusions", "recent_infusion"]].values.tolist()
    [[0, 25, False, 0, True], [25, 30, False, 0, False], [30, 58, False, 1, True], [58, 80, True, 1, False]]
    """
    require_columns(events, (*_KEY, "included", "origin_day", "time", "event"), caller="build_exposure_rows")
    require_columns(infusions, (*_KEY, "day"), caller="build_exposure_rows")
    kept = (
        events["included"].fillna(False).astype(bool)
        & (events["series"] == 1).fillna(False).astype(bool)
        & (events["time"] > 0).fillna(False).astype(bool)
    )
    rows = events[kept].reset_index(drop=True)
    given = infusions[[*_KEY, "day"]].dropna().drop_duplicates()
    doses = rows[[*_KEY, "origin_day", "time"]].assign(row=rows.index).merge(given, on=_KEY, how="inner")
    doses = doses.assign(at=(doses["day"] - doses["origin_day"]).astype("int64"))
    doses = doses[doses["at"] < doses["time"]]
    cuts = pd.concat(
        [
            pd.DataFrame({"row": rows.index, "entry": 0}),
            doses.loc[doses["at"] > 0, ["row", "at"]].rename(columns={"at": "entry"}),
            doses[["row"]].assign(entry=doses["at"] + within_days),
        ]
    )
    cuts = cuts.merge(rows[["time"]].astype("int64"), left_on="row", right_index=True)
    cuts = cuts[(cuts["entry"] >= 0) & (cuts["entry"] < cuts["time"])].drop_duplicates(["row", "entry"])
    cuts = cuts.sort_values(["row", "entry"], ignore_index=True)
    following = cuts.groupby("row")["entry"].shift(-1)
    pieces = rows.loc[cuts["row"]].reset_index(drop=True)
    last = following.isna()
    pieces = pieces.assign(
        entry=cuts["entry"].astype("Int64"),
        time=following.fillna(cuts["time"]).astype("Int64"),
        event=(pieces["event"].fillna(False).astype(bool) & last).astype("boolean"),
    )
    return _count(pieces, cuts, doses, within_days)


def _count(pieces: pd.DataFrame, cuts: pd.DataFrame, doses: pd.DataFrame, within_days: int) -> pd.DataFrame:
    """Add the infusions up to the start of each piece."""
    days = {row: np.sort(own.to_numpy()) for row, own in doses.groupby("row")["at"]}
    none = np.empty(0, dtype="int64")
    counted, recent = [], []
    for row, entry in zip(cuts["row"], cuts["entry"], strict=True):
        own = days.get(row, none)
        upto = own[own <= entry]
        counted.append(int((upto > 0).sum()))
        recent.append(bool(len(upto) and entry - upto[-1] < within_days))
    return pieces.assign(
        n_infusions=pd.array(counted, dtype="Int64"), recent_infusion=pd.array(recent, dtype="boolean")
    )
