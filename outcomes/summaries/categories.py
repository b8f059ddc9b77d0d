"""What the change of each eligible patient amounts to: one category each, the first that fits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.schema import require_columns
from outcomes.summaries.groups import By, add_shares, is_true, list_by, select_headline, sum_by_group

CATEGORIES = (
    "remission",
    "response",
    "reliable_improvement",
    "no_reliable_change",
    "reliable_deterioration",
    "no_endpoint_total",
)
_FLAGS = ("remission", "response", "reliable_improvement", "reliable_deterioration")


def summarize_categories(
    courses: pd.DataFrame, *, by: By = None, profile: str | Profile = "default"
) -> pd.DataFrame:
    """Count the eligible by what their change amounts to, each in the first category that fits.

    Parameters
    ----------
    courses : DataFrame (COURSES)
        Series 1 only is counted.
    by : str or list of str, optional
        Columns of COURSES that make the groups. A group with nobody stays, with n = 0.
    profile : str or Profile
        `min_percent_denominator` is used.

    Returns
    -------
    DataFrame
        Per group and instrument six rows in the order of precedence: category (`remission`, `response`,
        `reliable_improvement`, `no_reliable_change`, `reliable_deterioration`, `no_endpoint_total`), k, n
        (everyone eligible; the six k add up to it), share, conf_low, conf_high (Wilson; missing where n is 0)
        and percent_shown.

    Notes
    -----
    With an endpoint total: remission if it is reached; else response; else reliable improvement; else
    reliable deterioration; else no reliable change. Without one: no endpoint total. A flag that is missing,
    as where an endpoint is not defined, is not reached.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> courses = pd.DataFrame({
    ...     "series": 1, "instrument": "phq9", "eligible": True, "endpoint_total": [4, 9, None],
    ...     "remission": [True, False, None], "response": [True, True, None],
    ...     "reliable_improvement": [True, True, None], "reliable_deterioration": [False, False, None],
    ... })
    >>> counts = oc.summarize_categories(courses)
    >>> counts.loc[counts["k"] > 0, ["category", "k", "n"]].values.tolist()
    [['remission', 1, 3], ['response', 1, 3], ['no_endpoint_total', 1, 3]]
    """
    profile = get_profile(profile)
    rows, groups = select_headline(
        courses, by=by, needs=("eligible", "endpoint_total", *_FLAGS), caller="summarize_categories"
    )
    eligible, category = is_true(rows["eligible"]), find_category(rows)
    counts = sum_by_group(
        rows,
        groups,
        {"_everyone": eligible, **{name: eligible & (category == name) for name in CATEGORIES}},
    )
    keys = list(groups.columns)
    table = pd.concat(
        [counts[keys].assign(category=name, k=counts[name], n=counts["_everyone"]) for name in CATEGORIES]
    )
    table = table.sort_index(kind="stable").reset_index(drop=True).astype({"category": "string"})
    shares = add_shares(table, least=profile.value("min_percent_denominator"))
    columns = ["category", "k", "n", "share", "conf_low", "conf_high", "percent_shown"]
    return shares[[*list_by(by), "instrument", *columns]]


def find_category(courses: pd.DataFrame) -> pd.Series:
    """Return the category of each row, the first that fits; its flags must be there."""
    require_columns(courses, ("endpoint_total", *_FLAGS), caller="find_category")
    flags = {name: is_true(courses[name]) for name in _FLAGS}
    conditions = {"no_endpoint_total": courses["endpoint_total"].isna(), **flags}
    found = np.select(list(conditions.values()), list(conditions), default="no_reliable_change")
    return pd.Series(found, index=courses.index, dtype="string")
