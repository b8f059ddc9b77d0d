"""Change from baseline, in points and in percent."""

from __future__ import annotations

import pandas as pd

from outcomes.schema import require_columns


def derive_change(scores: pd.DataFrame) -> pd.DataFrame:
    """Give the change from baseline of each questionnaire that may serve an endpoint.

    Parameters
    ----------
    scores : DataFrame with total, baseline (points) and endpoint_use

    Returns
    -------
    DataFrame, the same rows with change (points, Int64) and percent_change (percent of baseline, Float64),
    both missing without total or baseline or where endpoint_use is not True; percent_change also at baseline
    0

    Raises
    ------
    DataError
        If a column of derive_timeline or derive_baseline is missing.

    Notes
    -----
    ``change = total - baseline``; ``percent_change = 100 * change / baseline``. Baseline and total are always
    of the same instrument: nothing converts one questionnaire into another.

    Examples
    --------
    >>> import outcomes as oc
    >>> import pandas as pd
    >>> scores = pd.DataFrame({"total": [7], "baseline": [15]}, dtype="Int64").assign(endpoint_use=True)
    >>> oc.derive_change(scores)["change"].tolist()
    [-8]
    """
    require_columns(scores, ["total", "baseline", "endpoint_use"], caller="derive_change")
    use = scores["endpoint_use"].fillna(False).astype(bool)
    change = (scores["total"] - scores["baseline"]).where(use)
    return scores.assign(change=change, percent_change=measure_percent(change, scores["baseline"]))


def measure_percent(change: pd.Series, baseline: pd.Series) -> pd.Series:
    """Give the change in percent of baseline (Float64); missing at baseline 0."""
    return (100 * change.astype("Float64") / baseline.where((baseline != 0).fillna(False))).astype("Float64")


def select_judged(scores: pd.DataFrame, *, caller: str) -> pd.Series:
    """Give the totals that have a change from baseline, the only ones that endpoints are judged on."""
    require_columns(scores, ["instrument", "total", "baseline", "change"], caller=caller)
    return scores["total"].where(scores["change"].notna())
