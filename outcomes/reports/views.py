"""What page and paper share: how blocks, cards and rows are arranged before either prints them."""

from __future__ import annotations

from itertools import groupby, takewhile
from typing import Any

from outcomes.reports.blocks import Card, Column, NotEstimable, Table, Text
from outcomes.reports.format import show, split_card


def pair_halves(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two half figures that follow one another stand side by side."""
    paired: list[dict[str, Any]] = []
    for block in blocks:
        before = paired[-1] if paired else {}
        if block.get("half") and before.get("half"):
            paired[-1] = {"kind": "pair", "figures": [before, block]}
        else:
            paired.append(block)
    return paired


def view_card(card: Card) -> dict[str, Any]:
    """A card as texts."""
    value, under, interval = split_card(card)
    return {
        "title": card.title,
        "value": value,
        "words": isinstance(card.value, Text | NotEstimable),
        "label": under,
        "interval": interval,
        "beside": [(label, show(cell)) for label, cell in card.beside],
        "definition": card.definition,
        "flag": card.flag,
    }


def span_groups(columns: tuple[Column, ...]) -> list[tuple[str, int]]:
    """The headings over several columns with how many they span; none where there is no such heading."""
    spans = [(group, len(list(found))) for group, found in groupby(columns, key=lambda column: column.group)]
    return spans if any(group for group, _ in spans) else []


def count_spans(table: Table) -> list[int]:
    """For each row how many rows its name stands for; 0 where the row above has named it."""
    names = [show(row[0]) if row else "" for row in table.rows]
    spans = []
    for place, name in enumerate(names):
        again = place > 0 and name == names[place - 1] != ""
        spans.append(0 if again else _count_same(names, place))
    return spans


def _count_same(names: list[str], place: int) -> int:
    """How many rows from this one on have its name; 1 where it has none."""
    if not names[place]:
        return 1
    return sum(1 for _ in takewhile(lambda name: name == names[place], names[place:]))
