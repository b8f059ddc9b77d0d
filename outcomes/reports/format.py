"""From a typed cell to the text that is printed: the one place that every number of a report passes."""

from __future__ import annotations

import math
import re
from functools import singledispatch

from outcomes.figures.words import round_half_up
from outcomes.reports.blocks import (
    Card,
    Cell,
    Count,
    Estimate,
    Mean,
    Median,
    NotEstimable,
    P,
    Share,
    Text,
    take_part,
)

NBSP, MINUS = "\u00a0", "\u2212"
SMALLEST_P = 0.001


@singledispatch
def show(cell: Cell) -> str:
    """Give the text of a cell.

    Notes
    -----
    Percents are whole and printed only where the denominator allows it, else "3 of 8"; scores have one
    decimal; a half is rounded away from zero; p is 0.03 or <0.001. A number that does
    not exist is never printed: cells hold words instead.
    """
    raise TypeError(f"{type(cell).__name__} is no cell of a report")


@show.register
def _(cell: Text) -> str:
    return cell.value


@show.register
def _(cell: NotEstimable) -> str:
    return cell.reason


@show.register
def _(cell: Count) -> str:
    return _number(cell.value, 0) + (f"{NBSP}{cell.unit}" if cell.unit else "")


@show.register
def _(cell: P) -> str:
    if cell.value < SMALLEST_P:
        return f"<{SMALLEST_P}"
    if cell.value > 0.99:
        return ">0.99"
    return f"{cell.value:.2f}" if cell.value >= 0.01 else f"{cell.value:.3f}"


@show.register
def _(cell: Share) -> str:
    count = f"{_number(cell.k, 0)} of {_number(cell.n, 0)}"
    percent = cell.percent_shown and cell.n > 0
    if not percent:
        return "" if cell.part in ("value", "interval") else count
    value = f"{_number(100 * cell.k / cell.n, 0)}{NBSP}%"
    limits = [_number(100 * limit, 0) for limit in (cell.low, cell.high) if limit is not None]
    interval = " to ".join(limits) if len(limits) == 2 else ""
    return {"count": count, "value": value, "interval": interval}.get(cell.part, f"{value} ({count})")


@show.register
def _(cell: Estimate) -> str:
    unit = f"{NBSP}{cell.unit}" if cell.unit else ""
    value = _number(cell.value, cell.digits) + unit
    known = cell.low is not None and cell.high is not None
    interval = f"{_number(cell.low, cell.digits)} to {_number(cell.high, cell.digits)}" if known else ""
    whole = f"{value} (95{NBSP}% CI {interval})" if interval else value
    return {"value": value, "interval": interval}.get(cell.part, whole)


@show.register
def _(cell: Mean) -> str:
    spread = "" if cell.sd is None else f" ({_number(cell.sd, cell.digits)})"
    return _number(cell.value, cell.digits) + spread


@show.register
def _(cell: Median) -> str:
    value, low, high = (_number(one, cell.digits) for one in (cell.value, cell.low, cell.high))
    return f"{value} ({low} to {high})"


def show_plain(cell: Cell) -> str:
    """The text of a cell with common blanks and hyphens, for a terminal."""
    return make_plain(show(cell))


def make_plain(text: str) -> str:
    """The same text with common blanks and hyphens."""
    return text.replace(NBSP, " ").replace(MINUS, "-")


def split_card(card: Card) -> tuple[str, str, str]:
    """What a card prints large, the line below, and its interval; empty where there is none."""
    if not isinstance(card.value, Share | Estimate):
        return show(card.value), card.label, ""
    value, interval = show(take_part(card.value, "value")), show(take_part(card.value, "interval"))
    interval = f"95{NBSP}% CI {interval}" if interval else ""
    if isinstance(card.value, Estimate):
        return value, card.label, interval
    count = show(take_part(card.value, "count"))
    return (value, f"{count} {card.label}", interval) if value else (count, card.label, "")


def say_card(card: Card) -> str:
    """A card as one plain line."""
    value, under, interval = split_card(card)
    whole = (
        f"{value} ({', '.join(part for part in (under, interval) if part)})" if under or interval else value
    )
    beside = f"; {say_beside(card)}" if card.beside else ""
    return make_plain(f"{name_card(card)}: {whole}{beside}")


def name_card(card: Card) -> str:
    """The title of a card, with its flag."""
    return f"{card.title} [{card.flag}]" if card.flag else card.title


def say_beside(card: Card) -> str:
    """What stands beside the number of a card: the same on other denominators or periods."""
    return "; ".join(f"{label}: {show(cell)}" for label, cell in card.beside)


def find_numbers(text: str) -> list[str]:
    """The numbers that a text prints, as typed; names of questionnaires such as PHQ-9 hold none.

    Examples
    --------
    >>> from outcomes.reports.format import find_numbers
    >>> find_numbers("27 of 1,063 had a PHQ-9 above 10.5")
    ['27', '1,063', '10.5']
    """
    words = re.sub(r"\b[A-Z]{3,}-\d+\b|\b\d{4}Q[1-4]\b|\b\d{4}-\d{2}-\d{2}\b", " ", make_plain(text))
    return re.findall(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?![\d])", words)


def _number(value: float | None, digits: int) -> str:
    if value is None or not math.isfinite(value):
        raise TypeError("A report prints words, not a number, where there is no number.")
    text = f"{round_half_up(value, digits):,}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)
