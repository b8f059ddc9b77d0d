"""What a key of a profile may hold, and the check of a value against it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

from outcomes.definitions.instrument import list_instruments
from outcomes.definitions.strict import FrozenDict


class Invalid(ValueError):
    """A value that its key cannot take; the message says what the key needs and never shows the value."""


@dataclass(frozen=True)
class Key:
    """What a key may hold.

    Attributes
    ----------
    shape : "whole", "number", "bool", "choice", "choices", "text", "texts", "days" (a pair), "windows", or
        "points" (a whole number or one of the choices)
    unit, meaning : str, for tables and documentation
    per_instrument : bool, whether instruments may have their own values
    nullable : bool, whether `value = "none"` may drop the condition
    on_total : bool, whether the number is a total or a difference of totals, bounded by their range
    low, high : bounds of a number or of the days
    choices : tuple of str
    """

    shape: str
    unit: str
    meaning: str
    per_instrument: bool = False
    nullable: bool = False
    on_total: bool = False
    low: float = 0
    high: float = math.inf
    choices: tuple[str, ...] = ()


def spread_value(spec: Key, value: Any) -> dict[str, Any]:
    """Give the value of a key for every defined questionnaire: None where it has none, a scalar for all."""
    if spec.per_instrument and isinstance(value, Mapping):
        return {instrument: value.get(instrument) for instrument in list_instruments()}
    return dict.fromkeys(list_instruments(), value)


def check_value(spec: Key, value: Any) -> Any:
    """Give a value in the form that its key keeps (tuples, FrozenDicts, None), or raise Invalid."""
    if spec.per_instrument and isinstance(value, Mapping):
        if not set(value) <= set(list_instruments()) or not value:
            known = ", ".join(list_instruments())
            raise Invalid(f"may have values by instrument for {known} only. Correct the names.")
        parts = {name: _check_scalar(spec, part) for name, part in sorted(value.items())}
        kept = {name: part for name, part in parts.items() if part is not None}
        return FrozenDict(kept) or None
    return _check_scalar(spec, value)


def _check_scalar(spec: Key, value: Any) -> Any:
    if value is None or (isinstance(value, str) and value == "none"):
        if spec.nullable:
            return None
        raise Invalid("is needed by every profile and cannot be dropped. Give it a value.")
    return _CHECKS[spec.shape](spec, value)


def _check_number(spec: Key, value: Any) -> int | float:
    kind = "a whole number" if spec.shape in ("whole", "days", "windows", "points") else "a number"
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise Invalid(f"must be {kind} ({spec.unit}). Correct it.")
    number = float(value)
    if not spec.low <= number <= spec.high:
        bounds = (("at least", spec.low), ("at most", spec.high))
        ends = " and ".join(f"{word} {end:g}" for word, end in bounds if math.isfinite(end))
        raise Invalid(f"must be {ends} ({spec.unit}). Correct it.")
    # 50 and 50.0 are the same definition and must give the same hash.
    if number.is_integer():
        return int(number)
    if spec.shape != "number":
        raise Invalid(f"must be {kind} ({spec.unit}). Correct it.")
    return number


def _check_days(spec: Key, value: Any) -> tuple[int, int]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise Invalid("must be a pair of days, such as [14, 31]. Correct it.")
    low, high = (int(_check_number(spec, end)) for end in value)
    if low > high:
        raise Invalid("must have its earlier day first. Exchange the two.")
    return low, high


def _check_windows(spec: Key, value: Any) -> FrozenDict:
    if not isinstance(value, Mapping) or not value:
        raise Invalid('must hold a pair of days for each target day, such as {"90" = [60, 119]}. Correct it.')
    windows = {}
    for name, days in value.items():
        if not str(name).isascii() or not str(name).isdigit():
            raise Invalid("must name each window by its target day. Correct the names.")
        low, high = _check_days(spec, days)
        if not low <= int(name) <= high:
            raise Invalid("must have each target day within its window. Correct the days.")
        windows[str(int(name))] = (low, high)
    return FrozenDict(sorted(windows.items(), key=lambda window: int(window[0])))


def _check_choice(spec: Key, value: Any) -> str:
    if not isinstance(value, str) or value not in spec.choices:
        raise Invalid(f"must be one of {', '.join(spec.choices)}. Choose one.")
    return value


def _check_points(spec: Key, value: Any) -> int | float | str:
    return value if isinstance(value, str) and value in spec.choices else _check_number(spec, value)


def _check_texts(spec: Key, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value or len(set(map(str, value))) != len(value):
        raise Invalid("must be a list of texts, each once. Correct it.")
    return tuple(_check_text(spec, part) for part in value)


def _check_choices(spec: Key, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value or len(set(map(str, value))) != len(value):
        raise Invalid(f"must be a list of some of {', '.join(spec.choices)}, each once. Correct it.")
    return tuple(_check_choice(spec, part) for part in value)


def _check_bool(spec: Key, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid("must be true or false. Correct it.")
    return value


def _check_text(spec: Key, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Invalid("must be a text that is not empty. Correct it.")
    return value


_CHECKS = {
    "whole": _check_number,
    "number": _check_number,
    "days": _check_days,
    "windows": _check_windows,
    "choice": _check_choice,
    "choices": _check_choices,
    "bool": _check_bool,
    "text": _check_text,
    "texts": _check_texts,
    "points": _check_points,
}
