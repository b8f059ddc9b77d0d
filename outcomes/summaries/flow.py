"""The flow of patients from the first infusion to the endpoint, where everybody leaves by a named door."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.errors import LedgerError
from outcomes.summaries.groups import By, is_true, list_by, select_headline, sum_by_group

STEPS = (
    "started",
    "start observed",
    "matured",
    "baseline in window",
    "at or above caseness",
    "score in endpoint window",
)


def summarize_flow(
    courses: pd.DataFrame, *, by: By = None, profile: str | Profile = "default"
) -> pd.DataFrame:
    """Count the patients at each step from the first infusion to an endpoint score, and why the others left.

    Parameters
    ----------
    courses : DataFrame (COURSES)
        Series 1 only is counted, so that each person counts once.
    by : str or list of str, optional
        Columns of COURSES that make the groups. A group with nobody stays, with n = 0.
    profile : str or Profile
        `induction_min_infusions` is used for the side note.

    Returns
    -------
    DataFrame
        Per group and instrument the steps in order, one row per step and reason for leaving after it: step,
        n, left (all who leave after this step), reason (string; missing where nobody leaves), n_reason,
        n_few_infusions (of n, fewer infusions than an induction needs; they stay in every denominator) and
        n_not_started (patients of the group without any infusion).

    Raises
    ------
    LedgerError
        If someone leaves without a reason, so that the counts do not add up.

    Notes
    -----
    For every step ``n(i) = n(i + 1) + sum of n_reason(i)``, asserted.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> courses = pd.DataFrame({
    ...     "series": 1, "instrument": "phq9", "n_infusions": [6, 6, 2], "start_observed": True,
    ...     "matured": [True, True, False], "baseline": 18, "baseline_reason": None,
    ...     "eligible": [True, True, False], "eligible_reason": [None, None, "not_matured"],
    ...     "endpoint_total": [6, None, None], "endpoint_reason": [None, "no_score_in_window", "not_matured"],
    ... })
    >>> flow = oc.summarize_flow(courses)
    >>> flow[["step", "n", "left"]].values.tolist()[-2:]
    [['at or above caseness', 2, 1], ['score in endpoint window', 1, 0]]
    """
    profile = get_profile(profile)
    needs = (
        "n_infusions",
        "start_observed",
        "matured",
        "baseline",
        "baseline_reason",
        "eligible",
        "eligible_reason",
        "endpoint_total",
        "endpoint_reason",
    )
    rows, groups = select_headline(courses, by=by, needs=needs, caller="summarize_flow")
    reached, reasons = _follow(rows)
    few = is_true(rows["n_infusions"] < profile.value("induction_min_infusions"))
    pieces = [_count_step(rows, groups, i, reached, reasons, few) for i in range(len(STEPS))]
    flow = pd.concat(pieces).sort_values(["_group", "_step"], kind="stable").reset_index(drop=True)
    _assert_sums(flow)
    flow = flow.merge(
        _count_not_started(courses, groups), on=list(groups.columns), how="left", validate="m:1"
    )
    counts = ["step", "n", "left", "reason", "n_reason", "n_few_infusions", "n_not_started"]
    return flow[[*list_by(by), "instrument", *counts]]


def _follow(rows: pd.DataFrame) -> tuple[list[pd.Series], list[pd.Series]]:
    """For each step who reached it, and for each but the last why a patient does not reach the next one."""
    passes = [
        pd.Series(True, index=rows.index),
        is_true(rows["start_observed"]),
        is_true(rows["matured"]),
        rows["baseline"].notna(),
        is_true(rows["eligible"]),
        rows["endpoint_total"].notna(),
    ]
    reached = [passes[0]]
    for step in passes[1:]:
        reached.append(reached[-1] & step)
    # Below caseness, or what else the profile's population asks for: the course says which.
    named = (
        rows[name].astype("string") for name in ("baseline_reason", "eligible_reason", "endpoint_reason")
    )
    fixed = (
        pd.Series(name, index=rows.index, dtype="string") for name in ("start_not_observed", "not_matured")
    )
    reasons = [*fixed, *named]
    return reached, reasons


def _count_step(
    rows: pd.DataFrame,
    groups: pd.DataFrame,
    i: int,
    reached: list[pd.Series],
    reasons: list[pd.Series],
    few: pd.Series,
) -> pd.DataFrame:
    keys = list(groups.columns)
    last = i == len(STEPS) - 1
    leaves = pd.Series(False, index=rows.index) if last else reached[i] & ~reached[i + 1]
    counted = {"n": reached[i], "left": leaves, "n_few_infusions": reached[i] & few}
    found = sum_by_group(rows, groups, counted).assign(step=STEPS[i], _step=i, _group=range(len(groups)))
    why = pd.Series(pd.NA, index=rows.index, dtype="string") if last else reasons[i]
    by_reason = (
        rows.loc[leaves, keys]
        .assign(reason=why[leaves])
        .dropna(subset=["reason"])
        .groupby([*keys, "reason"], dropna=False, observed=True)
        .size()
        .rename("n_reason")
        .reset_index()
    )
    joined = found.merge(by_reason, on=keys, how="left", validate="1:m")
    return joined.assign(
        n_reason=joined["n_reason"].fillna(0).astype("Int64"), reason=joined["reason"].astype("string")
    ).astype({"step": "string"})


def _assert_sums(flow: pd.DataFrame) -> None:
    steps = flow.groupby(["_group", "_step"], as_index=False).agg(
        n=("n", "first"), left=("left", "first"), named=("n_reason", "sum")
    )
    following = steps.groupby("_group")["n"].shift(-1).fillna(steps["n"])
    unnamed = int((steps["left"] != steps["named"]).sum()) + int(
        (steps["n"] != following + steps["left"]).sum()
    )
    if unnamed:
        raise LedgerError(
            f"Every patient who leaves the flow needs a reason; at {unnamed} steps they do not add up. "
            "Make the frame with build_courses()."
        )


def _count_not_started(courses: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    waiting = courses[courses["series"].isna()]
    return sum_by_group(waiting, groups, {"n_not_started": pd.Series(True, index=waiting.index)})
