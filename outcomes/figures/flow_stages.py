"""A patient flow made ready to draw: the words in each box, the reasons beside each arrow, side notes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from outcomes.definitions.profile import Profile
from outcomes.errors import DataError
from outcomes.figures.words import say_count, say_reason, say_share, select_instrument
from outcomes.schema import require_columns

BOX_WIDTH = 0.5
"""Share of the picture's width that a box takes; the reasons have the rest."""

CHARACTER = 4.5
"""Points, a little more than a character of DejaVu Sans takes on average at 8 points."""

SIDE_NOTE = "side note"
"""The `kind` of a row that is told below the boxes: a count, not a step."""

_NEEDED = ("step", "n", "left", "reason", "n_reason")
_PADDING = 0.7  # lines of text above and below the words in a box, together
_SHORTEST_ARROW = 1.1  # lines of text
_GLUE = "\u00a0"  # keeps "(95 %)" on one line


@dataclass(frozen=True)
class Stage:
    """One box: its words, and the reasons of those who are not in the next one; both in lines that fit."""

    words: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def height(self) -> float:
        """Lines of text that the box takes."""
        return len(self.words) + _PADDING

    @property
    def gap(self) -> float:
        """Lines of text down to the next box."""
        return max(_SHORTEST_ARROW, len(self.reasons) + 0.5 if self.reasons else 0.0)


def select_flow(
    flow: pd.DataFrame, instrument: str | None, *, caller: str
) -> tuple[pd.DataFrame, str | None]:
    """The flow of one instrument and one group, and which instrument it is."""
    require_columns(flow, _NEEDED, caller=caller)
    rows, chosen = select_instrument(flow, instrument, caller=caller)
    rows = rows.assign(kind=rows["kind"] if "kind" in rows.columns else "step")
    if rows.duplicated(["step", "reason"]).any():
        raise DataError(
            f"{caller} draws the flow of one group; some steps stand there more than once. "
            "Select the rows of one group first, or summarize without by=."
        )
    numbers = {name: pd.to_numeric(rows[name]).astype("Int64") for name in ("n", "left", "n_reason")}
    return rows.assign(**numbers), chosen


def list_steps(rows: pd.DataFrame) -> list[tuple[str, int]]:
    """Every step in order, in words, with its count; empty where nobody started."""
    counts = _keep_steps(rows)
    steps = [(str(step), int(n)) for step, n in zip(counts["step"], counts["n"], strict=True)]
    return steps if any(n for _, n in steps) else []


def list_reasons(rows: pd.DataFrame) -> list[tuple[str, str, int]]:
    """Step, reason and count of everyone who left, step by step and the most frequent reason first."""
    named = rows[rows["n_reason"].fillna(0) > 0].sort_values("n_reason", ascending=False, kind="stable")
    columns = (named["step"], named["reason"].fillna("not stated"), named["n_reason"])
    return [(step, say_reason(why), int(n)) for step, why, n in zip(*columns, strict=True)]


def build_stages(rows: pd.DataFrame, width: float, smallest: int) -> list[Stage]:
    """The boxes in order, for a picture of so many points in width."""
    steps, reasons = list_steps(rows), list_reasons(rows)
    inside = int(width * BOX_WIDTH / CHARACTER) - 3
    beside = int(width * (1 - BOX_WIDTH) / CHARACTER) - 5
    above = [0, *(n for _, n in steps)]
    return [
        Stage(
            tuple(_wrap_box(_say_box(step, n, before, smallest), inside)),
            tuple(_wrap_each((f"{count:,} {why}" for where, why, count in reasons if where == step), beside)),
        )
        for (step, n), before in zip(steps, above, strict=False)
    ]


def build_notes(rows: pd.DataFrame, width: float, profile: Profile) -> list[str]:
    """What stands below the boxes: how to read them, and counts that are no exits."""
    steps, aside = _keep_steps(rows), rows[rows["kind"] == SIDE_NOTE]
    told = ["Percent: of the box above."]
    told += [f"{say_first(words)}: {int(n):,}." for words, n in zip(aside["step"], aside["n"], strict=True)]
    if aside.empty and "n_few_infusions" in rows.columns and len(steps) > 1:
        entered = steps.iloc[-2]
        least = profile.value("induction_min_infusions")
        few = f"{int(entered['n_few_infusions']):,} of {int(entered['n']):,} {entered['step']}"
        told.append(f"Fewer than {least} infusions: {few}; they stay in.")
    if "n_not_started" in rows.columns and int(steps["n_not_started"].iloc[0]):
        waiting = say_count(int(steps["n_not_started"].iloc[0]), "patient", "patients")
        told.append(f"Not shown: {waiting} without any infusion.")
    return textwrap.wrap(" ".join(told), int(width / CHARACTER) - 2)


def _keep_steps(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["kind"] != SIDE_NOTE].drop_duplicates("step")


def say_first(words: str) -> str:
    """Words with a capital letter in front."""
    return f"{words[:1].upper()}{words[1:]}"


def _say_box(step: str, n: int, above: int, smallest: int) -> str:
    head = f"{say_first(step)}: {n:,}"
    return head if above == 0 else f"{head} ({say_share(n, above, smallest=smallest)})"


def _wrap_box(words: str, width: int) -> list[str]:
    """Break between words, but never inside the brackets."""
    head, bracket, share = words.partition(" (")
    kept = (bracket + share).replace(" ", _GLUE)[1:]
    return [line.replace(_GLUE, " ") for line in textwrap.wrap(f"{head} {kept}", width)]


def _wrap_each(lines: Iterable[str], width: int) -> list[str]:
    return [part for line in lines for part in textwrap.wrap(line, width, subsequent_indent="   ")]
