"""The self-harm item of a group: how many said so at baseline and later, and in how many it rose."""

from __future__ import annotations

import pandas as pd

from outcomes.endpoints.self_harm import derive_self_harm
from outcomes.schema import require_columns
from outcomes.summaries.groups import By, add_shares, is_true, list_by, sum_by_group

_OCCASIONS = ("baseline", "any later", "last", "rise since baseline")


def summarize_self_harm(scores: pd.DataFrame, *, by: By = None, smallest: int = 11) -> pd.DataFrame:
    """Count the patients with an answer above zero to the self-harm item, and those in whom it rose.

    Parameters
    ----------
    scores : DataFrame (SCORES after derive_endpoints)
        Series 1; every answered item counts, also in the hours after a dose and without a total.
    by : str or list of str, optional
        Columns of SCORES that make the groups.
    smallest : int, smallest denominator for which a percentage may be shown

    Returns
    -------
    DataFrame
        One row per group, instrument and occasion (baseline; any later; last; rise since baseline): k
        (patients), n (patients with an answer there; for a rise with one at baseline and later), share,
        conf_low, conf_high (Wilson), percent_shown. Only instruments with such an item. `attrs["note"]` says
        what it is not.

    Raises
    ------
    DataError
        If a column of SCORES or of derive_baseline is missing.

    Notes
    -----
    A prompt for review, no risk score, and a zero is no reassurance [1]_. The list of whom to review is
    build_review_list(); it does not wait for a quarter.

    References
    ----------
    .. [1] Simon GE, Rutter CM, Peterson D, et al. (2013). Psychiatr Serv 64:1195-1202.
       doi:10.1176/appi.ps.201200587

    Examples
    --------
    >>> import outcomes as oc
    >>> infusions = oc.INFUSIONS.empty().reindex([0]).assign(patient_id="p1", study_day=0)
    >>> scores = oc.SCORES.empty().reindex(range(2)).assign(patient_id="p1", instrument="phq9")
    >>> scores = scores.assign(study_day=[-1, 14], total=[16, 15], item_9=[0, 2])
    >>> scores = scores.astype({"study_day": "Int64", "total": "Int64"})
    >>> scores = oc.derive_endpoints(scores, infusions.astype({"study_day": "Int64"}), oc.PATIENTS.empty())
    >>> oc.summarize_self_harm(scores)[["occasion", "k", "n"]].values.tolist()
    [['baseline', 0, 1], ['any later', 1, 1], ['last', 1, 1], ['rise since baseline', 1, 1]]
    """
    columns = list_by(by)
    require_columns(scores, ("day", "clock", "baseline_of", "series", *columns), caller="summarize_self_harm")
    judged = derive_self_harm(scores)
    keys = [*columns, "instrument"]
    kept = judged[judged["item9_any"].notna() & is_true(judged["series"] == 1)]
    kept = kept.assign(
        _first=is_true(kept["baseline_of"] == 1), _any=is_true(kept["item9_any"]), _rise=kept["item9_rise"]
    ).sort_values(["day", "clock", "assessment_id"], na_position="first")
    later = kept[~kept["_first"] & is_true(kept["day"] >= 0)]
    groups = kept[keys].drop_duplicates().sort_values(keys, ignore_index=True)
    people = [*keys, "patient_id"]
    seen = {
        "baseline": kept[kept["_first"]].groupby(people, observed=True, dropna=False)["_any"].max(),
        "any later": later.groupby(people, observed=True, dropna=False)["_any"].max(),
        "last": later.groupby(people, observed=True, dropna=False)["_any"].last(),
        "rise since baseline": later.dropna(subset=["_rise"])
        .groupby(people, observed=True, dropna=False)["_rise"]
        .max(),
    }
    parts = []
    for occasion in _OCCASIONS:
        rows = seen[occasion].rename("_flag").reset_index()
        found = sum_by_group(rows, groups, {"k": rows["_flag"], "n": rows["_flag"].notna()})
        parts.append(found.set_axis(groups.index).assign(occasion=occasion))
    table = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
    table = add_shares(table.astype({"occasion": "string"}), least=smallest)
    result = table[[*keys, "occasion", "k", "n", "share", "conf_low", "conf_high", "percent_shown"]]
    result.attrs["note"] = "A prompt for review, not a risk score; a zero is no reassurance."
    return result
