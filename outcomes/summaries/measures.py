"""Quality measures in one row per rate: how many met it, of how many, and who could not be judged."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import get_profile
from outcomes.errors import DataError, Problem
from outcomes.summaries.groups import By, add_shares, is_true, list_by

ALL = "all"
_CHANGED = "values set by the user: not the measure as published"
_KEYS = ["measure", "hash", "instrument", "rate", "stratum"]
_NEEDS = ("patient_id", *_KEYS, "in_denominator", "met", "verdict", "reason")


def summarize_measures(measures: pd.DataFrame, *, by: By = None) -> pd.DataFrame:
    """Count who met each rate of a quality measure, of how many, and everyone who is not counted.

    Parameters
    ----------
    measures : DataFrame (MEASURES), of one or several `build_measure`
    by : str or list of str, columns that make groups, such as "site"

    Returns
    -------
    DataFrame, one row per group, measure, questionnaire, rate and stratum: measure, title, hash (of the
    definitions in use), k (met), n (denominator), share, conf_low, conf_high (Wilson, 95 %), percent_shown,
    n_excluded, n_not_in_denominator, n_not_estimable, main_reason (the most frequent reason of those not
    counted; the first in the alphabet of several), status (the least sure of its values) and note ("not risk
    adjusted: ..." where the original is; where values were set by the user, that too). Where ages make
    strata, a row "all" holds everyone; the thirds of a year stand apart.

    Raises
    ------
    DataError
        If a column of MEASURES is missing.

    Notes
    -----
    A measure that lacks a field has n = 0, everyone in n_not_estimable, and the fields in main_reason: that
    is NOT ESTIMABLE, never a rate of zero.

    Examples
    --------
    >>> import outcomes as oc
    >>> cohort = oc.load_cohort("sample_data")
    >>> table = oc.summarize_measures(oc.build_measure(cohort, "cms159"))
    >>> table[["k", "n", "n_not_estimable", "main_reason"]].values.tolist()
    [[0, 0, 400, 'missing visits, conditions']]
    """
    groups = list_by(by)
    lacking = [name for name in (*groups, *_NEEDS) if name not in measures.columns]
    if lacking:
        raise DataError(
            [
                Problem("E250", "", f"summarize_measures needs the column {name}: run build_measure() first.")
                for name in lacking
            ]
        )
    keys = [*groups, *_KEYS]
    rows = _add_everyone(measures)
    flags = {
        "k": is_true(rows["met"]) & is_true(rows["in_denominator"]),
        "n": is_true(rows["in_denominator"]),
        **{f"n_{verdict.replace(' ', '_')}": is_true(rows["verdict"] == verdict) for verdict in _NOT_COUNTED},
    }
    counted = rows[keys].assign(**flags).groupby(keys, dropna=False, observed=True, as_index=False).sum()
    table = counted.astype(dict.fromkeys(flags, "Int64"))
    reasons = _name_main_reason(rows[~flags["n"]], keys)
    table = table.merge(reasons, on=keys, how="left", validate="1:1")
    return _describe(table)[[*groups, *_SHOWN]]


_NOT_COUNTED = ("excluded", "not in denominator", "not estimable")
_SHOWN = [
    "measure", "title", "hash", "instrument", "rate", "stratum",
    "k", "n", "share", "conf_low", "conf_high", "percent_shown",
    "n_excluded", "n_not_in_denominator", "n_not_estimable", "main_reason", "status", "note",
]  # fmt: skip


def _add_everyone(measures: pd.DataFrame) -> pd.DataFrame:
    """Give the rows, and once more under the stratum "all" those of a measure with age bands."""
    banded = measures["measure"].map(lambda id: _has_bands(str(id))).astype(bool)
    parts = [
        measures[~banded],
        measures[banded & (measures["stratum"] != ALL)],
        measures[banded].assign(stratum=ALL),
    ]
    return pd.concat([part for part in parts if len(part)] or [measures], ignore_index=True)


def _has_bands(measure: str) -> bool:
    return get_profile(measure).value("adult_age") is not None


def _name_main_reason(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    counts = rows.groupby([*keys, "reason"], dropna=False, observed=True).size().rename("many").reset_index()
    ordered = counts.sort_values([*keys, "many", "reason"], ascending=[True] * len(keys) + [False, True])
    return ordered.drop_duplicates(keys)[[*keys, "reason"]].rename(columns={"reason": "main_reason"})


def _describe(table: pd.DataFrame) -> pd.DataFrame:
    """Add shares, and what the profile of each measure says of itself."""
    profiles = {str(id): get_profile(str(id)) for id in table["measure"].unique()}
    least = table["measure"].map({id: one.value("min_percent_denominator") for id, one in profiles.items()})
    adjusted = {id: one.value("risk_adjusted") for id, one in profiles.items()}
    note = {id: "not risk adjusted: the original is" if flag else "" for id, flag in adjusted.items()}
    named = {
        "title": {id: one.title for id, one in profiles.items()},
        "status": {id: one.weakest_status for id, one in profiles.items()},
        "note": note,
    }
    told = {name: table["measure"].map(values).astype("string") for name, values in named.items()}
    changed = table["hash"] != table["measure"].map({id: one.hash for id, one in profiles.items()})
    told["note"] = told["note"].mask(changed & (told["note"] == ""), _CHANGED)
    told["note"] = told["note"].mask(changed & (told["note"] != _CHANGED), told["note"] + "; " + _CHANGED)
    shown = add_shares(table, least=0).assign(percent_shown=(table["n"] >= least).astype("boolean"))
    return shown.assign(**told)
