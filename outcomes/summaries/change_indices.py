"""Reliable change by every published index side by side, with the inputs that each rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.change_index import CRITICAL, GROUP_RELATIVE, METHODS, Method, derive_change_index
from outcomes.endpoints.change_sample import choose_cutoff, find_reliability, measure_sample
from outcomes.summaries.groups import By, add_shares, is_true, list_by, select_headline, sum_by_group

_RELATIVE = "relative to the group's change: does not say who improved"
CLASSES = ("improved", "unchanged", "deteriorated")
CATEGORIES = ("recovered", "improved", "unchanged", "deteriorated", "harmed")


def summarize_change_indices(
    courses: pd.DataFrame,
    *,
    by: By = None,
    methods: Sequence[str] = METHODS,
    reliability: float | Mapping[str, float] | None = None,
    reliability_after: float | Mapping[str, float] | None = None,
    sd: float | Mapping[str, float] | None = None,
    cutoff: Literal["a", "b", "c"] | float | None = None,
    functional: tuple[float, float] | None = None,
    profile: str | Profile = "default",
) -> pd.DataFrame:
    """Count who changed reliably by each index, beside the inputs that decide it.

    Parameters
    ----------
    courses : DataFrame (COURSES)
        Series 1 only; everyone due with both totals, without a gate. Mean and SD are those of all these rows,
        not of each group.
    by : str or list of str, optional
        Columns of COURSES that make the groups.
    methods : sequence of str, some of JT, GLN, HLL, EN, NK, HA
    reliability, reliability_after, sd, cutoff, functional, profile : as in derive_change_index

    Returns
    -------
    DataFrame
        One row per group, instrument, method and outcome (kind "class": improved, unchanged, deteriorated;
        kind "category": recovered, improved, unchanged, deteriorated, harmed): k, n, share, conf_low,
        conf_high (Wilson), percent_shown, n_near (of n, those within one standard error of measurement of the
        threshold: they may stand on the wrong side of it), note, and the inputs: reliability,
        reliability_source ("given" where the user gives it), sd, sd_source, sem, critical and cutoff.
        Missing k and n where the index cannot be computed.

    Notes
    -----
    Formulas and sources: derive_change_index. The points of the profile (summarize_reliable_change) and the
    indices from the clinic's own SD stand side by side: they answer the same question from different
    reliabilities. Each patient's own slope from a mixed model is judged by estimate_slopes.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> courses = pd.DataFrame({
    ...     "series": 1, "instrument": "phq9", "due": True,
    ...     "baseline": [20, 16, 12, 14], "endpoint_total": [8, 15, 13, None],
    ... })
    >>> found = oc.summarize_change_indices(courses, methods=["JT"], sd=5.0, reliability=0.84)
    >>> found.loc[found["kind"] == "class", ["outcome", "k", "n"]].values.tolist()
    [['improved', 1, 3], ['unchanged', 2, 3], ['deteriorated', 0, 3]]
    """
    profile = get_profile(profile)
    rows, groups = select_headline(
        courses, by=by, needs=("due", "baseline", "endpoint_total"), caller="summarize_change_indices"
    )
    paired = rows[is_true(rows["due"]) & rows["baseline"].notna() & rows["endpoint_total"].notna()]
    given: dict[str, Any] = {"reliability": reliability, "reliability_after": reliability_after, "sd": sd}
    cut: dict[str, Any] = {"cutoff": cutoff, "functional": functional}
    parts = []
    for method in methods:
        judged = derive_change_index(paired, method=cast(Method, method), profile=profile, **given, **cut)
        for name, own in groups.groupby("instrument", sort=False):
            mine = judged[is_true(judged["instrument"] == name)]
            inputs = _list_inputs(mine, str(name), method, given, cut, profile)
            parts += [one.assign(method=method, **inputs) for one in _count(mine, own)]
    shown = [
        *list_by(by), "instrument", "method", "kind", "outcome", "k", "n", "share", "conf_low", "conf_high",
        "percent_shown", "n_near", "note", "reliability", "reliability_source", "sd", "sd_source", "sem",
        "critical", "cutoff",
    ]  # fmt: skip
    if not parts:
        return pd.DataFrame(columns=shown)
    table = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
    numbers = dict.fromkeys(["reliability", "sd", "sem", "critical", "cutoff"], "Float64")
    texts = dict.fromkeys(["method", "kind", "outcome", "note", "reliability_source", "sd_source"], "string")
    typed = table.astype({**numbers, **texts})
    return add_shares(typed, least=profile.value("min_percent_denominator"))[shown]


def _count(rows: pd.DataFrame, groups: pd.DataFrame) -> list[pd.DataFrame]:
    """Give one frame per class and category: how many, of those that have one."""
    parts = []
    kinds = (("class", CLASSES, "change_index_class"), ("category", CATEGORIES, "change_index_category"))
    for kind, names, column in kinds:
        known = rows[column].notna()
        flags = {name: is_true(rows[column] == name) for name in names}
        near = {"_near": known & is_true(rows["change_index_near"])}
        found = sum_by_group(rows, groups, {"_n": known, **near, **flags}).set_axis(groups.index)
        # Without an index nobody has been judged: no count, and not a count of nobody.
        judged = bool(known.any()) or rows.empty
        for name in names:
            counts = {"k": found[name], "n": found["_n"], "n_near": found["_near"]}
            blank = {column: counts[column] if judged else counts[column].mask(counts[column].notna())
                     for column in counts}  # fmt: skip
            parts.append(groups.assign(kind=kind, outcome=name, **blank))
    return parts


def _list_inputs(
    rows: pd.DataFrame,
    instrument: str,
    method: str,
    given: dict[str, Any],
    cut: dict[str, Any],
    profile: Profile,
) -> dict[str, Any]:
    sample = measure_sample(rows, instrument, **given)
    value, _ = choose_cutoff(sample, instrument, method, cut["cutoff"], cut["functional"], profile)
    reliability = given["reliability"]
    named = reliability.get(instrument) if isinstance(reliability, Mapping) else reliability
    own_sd = given["sd"].get(instrument) if isinstance(given["sd"], Mapping) else given["sd"]
    return {
        "note": _RELATIVE if method in GROUP_RELATIVE else "",
        "reliability": sample.reliability,
        "reliability_source": find_reliability(instrument)[1] if named is None else "given",
        "sd": sample.sd,
        "sd_source": f"baselines of the {sample.n} with both totals" if own_sd is None else "given",
        "sem": sample.sem,
        "critical": CRITICAL[method],
        "cutoff": value,
    }
