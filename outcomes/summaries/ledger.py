"""Accounts of what was read: each row used or excluded, each score by what is known of its time."""

from __future__ import annotations

import pandas as pd

from outcomes.errors import LedgerError, Problem
from outcomes.schema import require_columns
from outcomes.summaries.groups import By, add_shares, is_true, list_by


def summarize_ledger(ledger: pd.DataFrame, *, by: By = "input") -> pd.DataFrame:
    """Count the rows read, used and excluded by reason, so that they add up.

    Parameters
    ----------
    ledger : DataFrame (LEDGER)
        One row per physical row of every file.
    by : str or list of str, optional
        Columns of LEDGER that make the groups: "input" (each file), ["input", "role"], or None for
        everything together.

    Returns
    -------
    DataFrame
        One row per group and reason (one row with a missing reason where nothing is excluded): read, used,
        excluded, reason, n_reason, and used_in_part (of the used rows, those of which an instrument was
        left out).

    Raises
    ------
    LedgerError
        If a row is neither used nor excluded, or is excluded without a reason.

    Notes
    -----
    ``read = used + excluded`` and ``excluded = sum of n_reason`` in every group, asserted.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> ledger = pd.DataFrame({
    ...     "input": [1, 1, 1], "status": ["used", "used", "excluded"], "reason": [None, None, "duplicate"],
    ...     "left_out": [None, "gad7=out_of_range", None],
    ... })
    >>> oc.summarize_ledger(ledger).values.tolist()
    [[1, 3, 2, 1, 1, 'duplicate', 1]]
    """
    columns = list_by(by)
    require_columns(ledger, ["status", "reason", "left_out", *columns], caller="summarize_ledger")
    _assert_states(ledger)
    used = ledger["status"] == "used"
    flags = {"read": True, "used": used, "excluded": ~used, "used_in_part": used & ledger["left_out"].notna()}
    rows = ledger[columns].assign(
        _all=0, **{name: pd.Series(flag, index=ledger.index).astype("Int64") for name, flag in flags.items()}
    )
    keys = ["_all", *columns]
    totals = rows.groupby(keys, dropna=False, observed=True)[list(flags)].sum().reset_index()
    reasons = rows[~used].assign(reason=ledger.loc[~used, "reason"].astype("string"))
    reasons = (
        reasons.groupby([*keys, "reason"], observed=True, dropna=False)
        .size()
        .rename("n_reason")
        .reset_index()
    )
    table = totals.merge(reasons, on=keys, how="left", validate="1:m")
    table = table.assign(
        n_reason=table["n_reason"].fillna(0).astype("Int64"), reason=table["reason"].astype("string")
    )
    return table[[*columns, "read", "used", "excluded", "used_in_part", "reason", "n_reason"]]


def summarize_timing(scores: pd.DataFrame, *, by: By = None, level: float = 0.95) -> pd.DataFrame:
    """Count what is known of the time of each questionnaire, and how many baselines rest on an assumed order.

    Parameters
    ----------
    scores : DataFrame (SCORES after derive_endpoints)
    by : str or list of str, optional
        Columns of SCORES that make the groups, for example "site".
    level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        One row per group, instrument and fact: fact, k (questionnaires with it), n (of how many), share,
        conf_low, conf_high. Facts: `date only` (no clock time), `on an infusion day`, `order assumed` (of
        those on an infusion day), `baseline order assumed` (of the baselines), `recall overlaps the last
        infusion`, and one `timing: ...` for each timing class.

    Notes
    -----
    Shares have Wilson intervals; they treat questionnaires as independent, so they are a description and
    not a test.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> scores = pd.DataFrame({
    ...     "instrument": "phq9", "clock": [None, 32400], "timing": ["before", "none"],
    ...     "order_assumed": [True, False], "baseline_of": [1, None], "recall_overlap": [False, True],
    ...     "timing_class": ["pre_course", "early"],
    ... })
    >>> oc.summarize_timing(scores).query("fact == 'baseline order assumed'")[["k", "n"]].values.tolist()
    [[1, 1]]
    """
    columns = list_by(by)
    needs = (
        "instrument",
        "clock",
        "timing",
        "order_assumed",
        "baseline_of",
        "recall_overlap",
        "timing_class",
        *columns,
    )
    require_columns(scores, needs, caller="summarize_timing")
    everyone = pd.Series(True, index=scores.index)
    same_day, baseline = scores["timing"].ne("none").fillna(False), scores["baseline_of"].notna()
    facts = {
        "date only": (scores["clock"].isna(), everyone),
        "on an infusion day": (same_day, everyone),
        "order assumed": (scores["order_assumed"], same_day),
        "baseline order assumed": (scores["order_assumed"], baseline),
        "recall overlaps the last infusion": (scores["recall_overlap"], everyone),
        **{
            f"timing: {name}": (scores["timing_class"] == name, everyone)
            for name in sorted(scores["timing_class"].dropna().unique())
        },
    }
    keys = [*columns, "instrument"]
    counts = [
        _count_fact(scores[keys], name, is_true(has), is_true(among), keys, order)
        for order, (name, (has, among)) in enumerate(facts.items())
    ]
    table = pd.concat(counts, ignore_index=True).sort_values([*keys, "_order"], ignore_index=True)
    return add_shares(table, least=0, level=level)[
        [*keys, "fact", "k", "n", "share", "conf_low", "conf_high"]
    ]


def _assert_states(ledger: pd.DataFrame) -> None:
    stateless = int((~ledger["status"].isin(["used", "excluded"])).sum())
    unnamed = int((ledger["status"].eq("excluded") & ledger["reason"].isna()).sum())
    named = int((ledger["status"].eq("used") & ledger["reason"].notna()).sum())
    faults = {
        f"{stateless} rows are neither used nor excluded": stateless,
        f"{unnamed} excluded rows have no reason": unnamed,
        f"{named} used rows have a reason to be excluded": named,
    }
    problems = [
        Problem(
            "E900",
            "LEDGER",
            f"each row must be used, or excluded with one reason; {what}. Load the files again.",
        )
        for what, count in faults.items()
        if count
    ]
    if problems:
        raise LedgerError(problems)


def _count_fact(
    rows: pd.DataFrame, fact: str, has: pd.Series, among: pd.Series, keys: list[str], order: int
) -> pd.DataFrame:
    counted = rows.assign(k=(has & among).astype("Int64"), n=among.astype("Int64"))
    sums = counted.groupby(keys, dropna=False, observed=True)[["k", "n"]].sum().reset_index()
    return sums.assign(fact=pd.Series(fact, index=sums.index, dtype="string"), _order=order)
