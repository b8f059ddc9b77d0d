"""Published rates beside the clinic's own: only where the definitions match, else with what differs."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.benchmarks import list_benchmarks, read_benchmark_note
from outcomes.definitions.instrument import get_instrument
from outcomes.schema import require_columns

_NEEDED = (
    "profile", "instrument", "endpoint", "rule", "window", "denominator", "k", "n", "share", "conf_low",
    "conf_high", "percent_shown",
)  # fmt: skip
_OWN = ("k", "n", "share", "conf_low", "conf_high", "percent_shown")
_COMPARED = {"instrument": "scale", "rule": "rule", "denominator": "denominator", "window": "time"}


def summarize_benchmarks(table: pd.DataFrame) -> pd.DataFrame:
    """Put each published rate beside the clinic's own under the same definition, or name what differs.

    Parameters
    ----------
    table : DataFrame of summarize_profiles, of one group; only the profiles in it are compared

    Returns
    -------
    DataFrame
        One row per published rate: study, setting, scale, endpoint, rule, window, gate, denominator,
        published and published_high (percent), analyzed, treated, matched (boolean), differs (words; empty
        where matched), profile (of the clinic's own rate), k, n, share, conf_low, conf_high, percent_shown
        (missing unless matched), caveat, status and source. `attrs["note"]` is the sentence to print below.

    Raises
    ------
    DataError
        If a column of summarize_profiles is missing.

    Notes
    -----
    Matched: the table holds the profile that stands for the study, and its questionnaire, rule, window and
    denominator are the published ones word for word. Otherwise the row says what differs from the closest
    rate in the table (same endpoint, and same questionnaire where there is one) and has no number of the
    clinic: two rates with different definitions side by side would be read as a comparison. Patients, route
    and setting differ in any case: `caveat` and `setting` say how.

    Examples
    --------
    >>> import outcomes as oc
    >>> table = oc.summarize_profiles(oc.load_cohort("sample_data"), ["default", "mcinnes2022"])
    >>> rates = oc.summarize_benchmarks(table).set_index("benchmark")
    >>> row = rates.loc["mcinnes2022_remission"]
    >>> float(row["published"]), int(row["k"]), int(row["n"])
    (28.9, 85, 213)
    >>> rates.loc["pfeiffer2024_remission", "differs"].split("; ")[0]
    'rule: total <= 5, here total < 5'
    """
    require_columns(table, _NEEDED, caller="summarize_benchmarks")
    published = list_benchmarks()
    own = table[table["n"].notna()]
    rows = [_compare(row, own) for row in published.to_dict("records")]
    found = pd.DataFrame(rows)
    columns = [name for name in published if name not in ("share", "share_high", "profile", "time")]
    shown = published[columns].assign(published=published["share"], published_high=published["share_high"])
    numbers = {"k": "Int64", "n": "Int64", **dict.fromkeys(["share", "conf_low", "conf_high"], "Float64")}
    typed = found.astype(
        {
            **numbers,
            "matched": "boolean",
            "percent_shown": "boolean",
            "differs": "string",
            "profile": "string",
        }
    )
    result = pd.concat([shown, typed], axis=1)
    first = [name for name in result if name not in ("caveat", "status", "source")]
    result = result[[*first, "caveat", "status", "source"]]
    result.attrs["note"] = read_benchmark_note()
    return result


def _compare(row: dict, own: pd.DataFrame) -> dict:
    """Give the clinic's own rate under the published definition, or what differs from the closest one."""
    same = own[own["endpoint"] == row["endpoint"]]
    blank = {**dict.fromkeys(_OWN, pd.NA), "matched": False, "profile": pd.NA}
    if same.empty:
        return {**blank, "differs": f"no {row['endpoint']} in the table"}
    named = same[(same["profile"] == row["profile"]).fillna(False).astype(bool)]
    closest = _find_closest(named if len(named) else same, row)
    here = {**closest, "instrument": get_instrument(str(closest["instrument"])).title}
    there = {**row, "instrument": row["scale"]}
    differs = [
        f"{word}: {there[name]}, here {here[name]}"
        for name, word in _COMPARED.items()
        if closest[name] != row[name]
    ]
    if not differs and len(named):
        own_rate = {name: closest[name] for name in _OWN}
        return {**own_rate, "matched": True, "profile": row["profile"], "differs": ""}
    return {**blank, "differs": "; ".join(differs) or "no profile computes it in this way"}


def _find_closest(rows: pd.DataFrame, published: dict) -> pd.Series:
    """Give the rate that shares most with the published one: questionnaire, denominator, rule, window."""
    weights = {"instrument": 8, "denominator": 4, "rule": 2, "window": 1}
    shared = sum(
        weight * (rows[name] == published[name]).fillna(False).astype(int) for name, weight in weights.items()
    )
    return rows.iloc[int(pd.Series(shared).to_numpy().argmax())]
