"""The words and numbers that pictures and their alternative texts print."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from outcomes.definitions.instrument import get_instrument
from outcomes.errors import DataError

ALT_TEXT_LENGTHS = (80, 350)
"""Fewest and most characters of an alternative text."""

_REASONS = {
    "start_not_observed": "start may lie before the export",
    "not_matured": "scoring window still open",
    "not_usable": "score in the window not usable",
    "same_day_unordered": "order on the infusion day unknown",
    "outside_window": "score before the window only",
    "only_after_start": "scores only after the first infusion",
    "no_score": "no score",
    "below_caseness": "baseline below the cut-off",
    "induction_not_complete": "induction not complete",
    "acute_only": "scores within hours of an infusion only",
    "new_series_first": "a new series began before the window",
    "no_score_in_window": "no score in the window",
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


def say_percent(share: float) -> str:
    """A share as a whole percent: 0.347 is "35 %"."""
    return f"{100 * share:.0f} %"


def say_share(k: int, n: int, *, smallest: int) -> str:
    """A count as percent of `n`, or as "3 of 8" where `n` is below the smallest denominator of a percent."""
    return say_percent(k / n) if n >= max(smallest, 1) else f"{k} of {n}"


def say_count(count: int, one: str, several: str) -> str:
    """A count with its noun, "1 patient" or "1,204 patients"."""
    return f"{count:,} {one if count == 1 else several}"


def say_reason(code: str) -> str:
    """The words for a reason of COURSES; a code that is not known there keeps its own words."""
    return _REASONS.get(code, code.replace("_", " "))


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
