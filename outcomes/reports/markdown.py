"""Tables of the pages that are made from definitions and schemas."""

from __future__ import annotations

from collections.abc import Iterable


def make_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Lay out rows of text as a table in Markdown, with a line end after the last row."""
    names = list(head)
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), ""])
