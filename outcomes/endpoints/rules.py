"""Numbers of definitions laid along the rows of a frame, for exact comparisons by instrument."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from outcomes.definitions.instrument import get_instrument, list_instruments
from outcomes.definitions.profile import Profile


def lay_along(instrument: pd.Series, values: Mapping[str, Any], *, dtype: str = "Float64") -> pd.Series:
    """Give each row the value of its instrument; missing where the instrument has none."""
    codes, names = pd.factorize(instrument)
    table = pd.Series([values.get(name) for name in names], dtype=dtype).array
    return pd.Series(table.take(codes, allow_fill=True), index=instrument.index)


def lay_direction(instrument: pd.Series) -> pd.Series:
    """Give 1 where a lower total is better and -1 where a higher one is (Int64)."""
    directions = {name: 1 if get_instrument(name).lower_is_better else -1 for name in list_instruments()}
    return lay_along(instrument, directions, dtype="Int64")


def lay_percent(instrument: pd.Series, values: Mapping[str, Any]) -> tuple[pd.Series, pd.Series]:
    """Give a percentage by instrument as numerator and denominator (Int64), so that 33.3 compares exactly."""
    exact = {name: None if value is None else Fraction(str(value)) for name, value in values.items()}
    tops = {name: None if value is None else value.numerator for name, value in exact.items()}
    bottoms = {name: None if value is None else value.denominator for name, value in exact.items()}
    return lay_along(instrument, tops, dtype="Int64"), lay_along(instrument, bottoms, dtype="Int64")


def is_at_least(values: pd.Series, limits: pd.Series) -> pd.Series:
    """Tell where values reach their limits; a missing limit is a condition that is dropped, so it holds."""
    return (values >= limits) | limits.isna()


def is_below(totals: pd.Series, operators: pd.Series, limits: pd.Series) -> pd.Series:
    """Tell where totals are below their limits by each row's operator, "<" or "<="; missing without one."""
    return (totals < limits) | ((totals == limits) & (operators == "<="))


def measure_improvement(baseline: pd.Series, total: pd.Series, instrument: pd.Series) -> pd.Series:
    """Give the improvement: baseline - total where lower is better, total - baseline where higher is."""
    return (baseline - total) * lay_direction(instrument)


def reaches_caseness(baseline: pd.Series, instrument: pd.Series, *, profile: Profile) -> pd.Series:
    """Tell where a baseline is at least the profile's caseness, the gate of improvement endpoints.

    Returns
    -------
    Series of boolean; missing where the baseline is. True for every baseline where the profile has no gate.
    """
    direction = lay_direction(instrument)
    limit = lay_along(instrument, profile.by_instrument("caseness"))
    return is_at_least(baseline * direction, limit * direction).where(baseline.notna())


def name_first(rules: Mapping[str, pd.Series], *, otherwise: str | None = None) -> pd.Series:
    """Give the name of the first rule that is True in each row (string), else `otherwise`."""
    matches = [rule.fillna(False).to_numpy(dtype=bool) for rule in rules.values()]
    index = next(iter(rules.values())).index
    names = np.full(len(index), otherwise, dtype=object)
    for name, match in reversed(list(zip(rules, matches, strict=True))):
        names[match] = name
    return pd.Series(names, index=index, dtype="string")


def keep_where(flags: pd.Series, condition: pd.Series) -> pd.Series:
    """Keep flags where the condition is True; missing where it is False or missing."""
    return flags.astype("boolean").where(condition.fillna(False).astype(bool))
