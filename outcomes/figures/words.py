"""The words and numbers that pictures and their alternative texts print."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd

from outcomes.definitions.instrument import get_instrument
from outcomes.errors import DataError

ALT_TEXT_LENGTHS = (80, 350)
"""Fewest and most characters of an alternative text."""

_REASONS = {
    "not_started": "no infusion in the export",
    "start_not_observed": "first infusion may lie before the export",
    "not_matured": "scoring window still open",
    "not_usable": "scored in the window, not usable",
    "same_day_unordered": "order on the infusion day unknown",
    "outside_window": "scored before the window only",
    "only_after_start": "first scored after the first infusion",
    "no_score": "no score",
    "baseline_zero": "baseline of zero",
    "below_caseness": "baseline below the cut-off",
    "induction_not_complete": "induction not complete",
    "acute_only": "scored within hours of an infusion only",
    "new_series_first": "a new series began first",
    "no_score_in_window": "no score in the window",
    "not_defined": "not defined here",
    "no_response": "no response at the endpoint",
    "no_remission": "no remission at the endpoint",
    "maintenance_before_origin": "maintenance infusion before the endpoint score",
}


def join_sentences(sentences: Iterable[str]) -> str:
    """As many sentences from the start as an alternative text holds; none is cut in the middle."""
    text = ""
    for sentence in sentences:
        longer = f"{text} {sentence}".strip()
        if len(longer) > ALT_TEXT_LENGTHS[1]:
            break
        text = longer
    return text


def round_half_up(value: float, digits: int = 0) -> Decimal:
    """A number rounded as people do it: a half goes away from zero, so that 12.5 becomes 13."""
    settled = Decimal(f"{value:.9f}")  # 100 * 0.145 is a hair below 14.5
    return settled.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def say_percent(share: float) -> str:
    """A share as a whole percent: 0.345 is "35 %"."""
    return f"{round_half_up(100 * share)} %"


def say_share(k: int, n: int, *, smallest: int) -> str:
    """A count as percent of `n`, or as "3 of 8" where `n` is below the smallest denominator of a percent."""
    return say_percent(k / n) if n >= max(smallest, 1) else f"{k} of {n}"


def say_count(count: int, one: str, several: str) -> str:
    """A count with its noun, "1 patient" or "1,204 patients"."""
    return f"{count:,} {one if count == 1 else several}"


def say_reason(code: str) -> str:
    """The words for a reason of COURSES or EVENTS; a code that is not known there keeps its own words."""
    return _REASONS.get(code, code.replace("_", " "))


def say_term(term: str) -> str:
    """The words for a term of a model: route: IV for route[T.IV]."""
    return str(term).replace("[T.", ": ").replace("]", "")


def instrument_title(instrument: str) -> str:
    """The name of an instrument as people write it, "PHQ-9"."""
    return get_instrument(instrument).title


def select_instrument(
    frame: pd.DataFrame, instrument: str | None, *, caller: str
) -> tuple[pd.DataFrame, str | None]:
    """The rows of one instrument, and which it is; without a choice there must be only one in the frame."""
    if "instrument" not in frame.columns:
        return frame, instrument
    found = list(frame["instrument"].dropna().unique())
    if instrument is None and len(found) > 1:
        raise DataError(
            f"{caller} draws one instrument; the frame holds {len(found)}. "
            'Name the one to draw, for example instrument="phq9".'
        )
    chosen = instrument if instrument is not None else next(iter(found), None)
    return frame[frame["instrument"] == chosen], chosen
