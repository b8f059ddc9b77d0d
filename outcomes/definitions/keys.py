"""The keys of a profile: what each may hold, its unit and its meaning, for validation and documentation."""

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
    shape : "whole", "number", "bool", "choice", "choices", "text", "days" (a pair) or "windows"
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


def _points(meaning: str, *, low: float = 1) -> Key:
    return Key("whole", "points", meaning, per_instrument=True, nullable=True, on_total=True, low=low)


def _operator(meaning: str) -> Key:
    return Key("choice", "", meaning, per_instrument=True, nullable=True, choices=("<", "<="))


KEYS: dict[str, Key] = {
    "series_gap_days": Key("whole", "days", "a longer gap between infusions starts a new series", low=1),
    "induction_min_infusions": Key("whole", "infusions", "fewest infusions of a complete induction", low=1),
    "induction_max_infusions": Key(
        "whole", "infusions", "most infusions that still count as induction", low=1
    ),
    "induction_min_days": Key("whole", "days", "earliest day of the last infusion of a complete induction"),
    "induction_max_days": Key(
        "whole", "days", "latest day on which an infusion still counts as induction", low=1
    ),
    "induction_end_gap_days": Key(
        "whole",
        "days",
        "once the fewest infusions are given, a longer gap ends induction",
        nullable=True,
        low=1,
    ),
    "long_gap_days": Key("whole", "days", "a longer gap inside a series is flagged", low=1),
    "observed_from_washout_days": Key(
        "whole", "days", "a series that starts sooner after observed_from is left out"
    ),
    "same_day_policy": Key(
        "choice",
        "",
        "order of a score and an infusion of the same day when nothing tells it",
        choices=("assume_before", "assume_after", "require_evidence"),
    ),
    "before_infusion_days": Key(
        "whole", "days", "a score up to this long before an infusion, none between, is the one before it"
    ),
    "acute_hours": Key("number", "hours", "scores up to this long after an infusion are never endpoints"),
    "early_hours": Key("number", "hours", "scores up to this long after an infusion are early"),
    "early_days": Key("whole", "days", "the same where clock times are unknown"),
    "caseness": _points("baseline total from which a patient is eligible for endpoints"),
    "baseline_window_days": Key(
        "days",
        "days from the first infusion",
        "where the baseline may lie",
        per_instrument=True,
        low=-math.inf,
        high=0,
    ),
    "post_window_days": Key(
        "days", "days from the endpoint anchor", "where the post-induction score may lie"
    ),
    "endpoint_anchor": Key(
        "choice",
        "",
        "the infusion from which the post-induction window is counted",
        choices=("last_induction_infusion", "first_infusion"),
    ),
    "post_window_target": Key(
        "whole", "days from the endpoint anchor", "the score nearest to this day is taken"
    ),
    "follow_up_windows": Key(
        "windows", "days from the first infusion", "where follow-up scores may lie, by target day"
    ),
    "response_percent": Key(
        "number",
        "percent of baseline",
        "smallest fall of the total that is a response",
        per_instrument=True,
        nullable=True,
        low=1,
        high=100,
    ),
    "response_points": _points("smallest fall of the total that is a response"),
    "remission_op": _operator("how the total is compared with remission_value"),
    "remission_value": _points("total that remission is judged by"),
    "remission_label": Key("text", "", "what reports call it", per_instrument=True, nullable=True),
    "reliable_change": _points("smallest change that is reliable"),
    "mcid": _points("smallest change that is important"),
    "csc_cutoff_op": _operator("how the total is compared with csc_cutoff"),
    "csc_cutoff": _points("total that a clinically significant change must cross"),
    "population": Key(
        "choice", "", "whose endpoints the headline rates count", choices=("eligible", "completed_induction")
    ),
    "onset_until_day": Key(
        "whole", "days from the first infusion", "last day of the search for onset", low=1
    ),
    "confirm_min_days": Key(
        "whole",
        "days",
        "a sustained onset still holds at a score at least this much later",
        nullable=True,
        low=1,
    ),
    "relapse_entry": Key(
        "choice",
        "",
        "what a patient must have reached to be at risk of relapse",
        choices=("response", "remission"),
    ),
    "relapse_min_total": _points("smallest total of a relapse"),
    "relapse_requires_loss_of_response": Key("bool", "", "whether the response must be lost at a relapse"),
    "relapse_min_rise": _points("smallest rise of the total from the entry score to a relapse"),
    "relapse_confirm_days": Key(
        "days", "days after the bad score", "where the confirming score must lie", nullable=True, low=1
    ),
    "relapse_event_gap_days": Key(
        "whole", "days", "a care event after a longer time without a score is flagged event_gap", low=1
    ),
    "relapse_care_events": Key(
        "choices",
        "",
        "recorded events that are a relapse by themselves",
        nullable=True,
        choices=("admission", "new_series"),
    ),
    "maintenance": Key(
        "choice",
        "",
        "whether follow-up for relapse ends at the first maintenance infusion",
        choices=("ignore", "censor"),
    ),
    "min_percent_denominator": Key(
        "whole", "patients", "no percent is printed below this denominator", low=1
    ),
    "missing_items": Key(
        "choice", "", "whether missing items make the total missing", choices=("strict", "prorate")
    ),
    "prorate_max_missing": Key(
        "whole", "items", "most missing items if totals are prorated", per_instrument=True
    ),
}
"""Every key of a profile, in the order in which tables and documentation show them."""


def spread_value(key: str, value: Any) -> dict[str, Any]:
    """Give the value of a key for every defined questionnaire: None where it has none, a scalar for all."""
    if KEYS[key].per_instrument and isinstance(value, Mapping):
        return {instrument: value.get(instrument) for instrument in list_instruments()}
    return dict.fromkeys(list_instruments(), value)


def check_value(key: str, value: Any) -> Any:
    """Give a value in the form that its key keeps (tuples, FrozenDicts, None), or raise Invalid."""
    spec = KEYS[key]
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
    kind = "a whole number" if spec.shape in ("whole", "days", "windows") else "a number"
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
}
