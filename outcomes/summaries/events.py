"""What was seen of an event: who was followed, how many had it, and how finely its day can be known."""

from __future__ import annotations

import pandas as pd

from outcomes.schema import require_columns
from outcomes.summaries.groups import By, is_true, list_by

_CARE = ("new_series", "admission")
_NEEDED = ("patient_id", "series", "instrument", "endpoint", "included", "event", "reason", "unconfirmed")


def summarize_events(events: pd.DataFrame, *, by: By = None) -> pd.DataFrame:
    """Count who was followed for an event, who had it and by what, and the usual gap between scores.

    Parameters
    ----------
    events : DataFrame (EVENTS)
        Series 1 only is counted.
    by : str or list of str, optional
        Columns of EVENTS that make the groups, for example "quarter".

    Returns
    -------
    DataFrame
        One row per group, instrument and endpoint: n (included patients), n_events, n_by_score, n_new_series,
        n_admission (of the events; the three add up to n_events), n_unconfirmed (patients without the event
        whose candidate lacked a confirming score), n_no_follow_up (patients without any later score) and
        median_gap_days (median over patients of their median gap between scores; missing where there is
        none).

    Notes
    -----
    A patient without the event is censored at the last score: an event that no score shows, and that no new
    series or admission tells, is not in these numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> events = pd.DataFrame({
    ...     "patient_id": ["A", "B", "C"], "series": 1, "instrument": "phq9", "endpoint": "relapse",
    ...     "included": True, "event": [True, True, False], "reason": ["score", "new_series", "last_score"],
    ...     "unconfirmed": [False, False, True], "median_gap_days": [14.0, 7.0, 30.0],
    ... })
    >>> oc.summarize_events(events)[["n", "n_events", "n_new_series", "n_unconfirmed"]].values.tolist()
    [[3, 2, 1, 1]]
    """
    columns = list_by(by)
    require_columns(events, (*_NEEDED, "median_gap_days", *columns), caller="summarize_events")
    keys = [*columns, "instrument", "endpoint"]
    rows = events[is_true(events["series"] == 1)]
    included, event = is_true(rows["included"]), is_true(rows["event"])
    flags = {
        "n": included,
        "n_events": included & event,
        "n_by_score": included & event & ~rows["reason"].isin(_CARE),
        **{f"n_{name}": included & event & is_true(rows["reason"] == name) for name in _CARE},
        "n_unconfirmed": included & ~event & is_true(rows["unconfirmed"]),
        "n_no_follow_up": included & is_true(rows["reason"] == "no_follow_up"),
    }
    counted = rows[keys].assign(**{name: flag.astype("Int64") for name, flag in flags.items()})
    gaps = rows["median_gap_days"].astype("Float64").where(included)
    grouped = counted.assign(median_gap_days=gaps).groupby(keys, dropna=False, observed=True)
    sums = dict.fromkeys(flags, "sum")
    return grouped.agg({**sums, "median_gap_days": "median"}).reset_index()
