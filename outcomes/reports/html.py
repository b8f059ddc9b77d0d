"""The report as one self-contained HTML page: no script, no outside address, no arithmetic."""

from __future__ import annotations

import base64
from functools import singledispatch
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from outcomes.figures.style import BLUE, HALF, QUIET_TEXT, TEXT
from outcomes.reports.blocks import (
    Block,
    Cards,
    Cell,
    Column,
    Figure,
    NotEstimable,
    Prose,
    Section,
    Table,
)
from outcomes.reports.format import show
from outcomes.reports.marks import MARKS
from outcomes.reports.pictures import draw_pictures
from outcomes.reports.report import Report, say_subtitle
from outcomes.reports.views import count_spans, pair_halves, span_groups, view_card

_KEPT_TOGETHER = 8
"""Tables of so many rows are not broken across pages of paper."""
_WIDE, _WIDEST = 9, 12
"""Tables of so many columns are set smaller, and smaller still."""


def render_html(report: Report, pictures: dict[str, str] | None = None) -> bytes:
    """Render a report as HTML.

    Parameters
    ----------
    report : Report
    pictures : mapping of figure id to SVG, of draw_pictures; drawn here without it

    Returns
    -------
    bytes, UTF-8
    """
    env = Environment(
        loader=PackageLoader("outcomes.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    meta = report.meta
    drawn = draw_pictures(report) if pictures is None else pictures
    text = env.get_template("report.html.j2").render(
        meta=meta,
        mark=MARKS[meta.audience],
        name=meta.name,
        subtitle=say_subtitle(meta),
        sections=[
            _view_section(section, number, drawn) for number, section in enumerate(report.sections, start=1)
        ],
        logo=base64.b64encode(meta.logo).decode("ascii"),
        ink=TEXT,
        quiet=QUIET_TEXT,
        blue=BLUE,
    )
    return text.encode("utf-8")


def _view_section(section: Section, number: int, drawn: dict[str, str]) -> dict[str, Any]:
    return {
        "id": section.id,
        "number": number,
        "title": section.title,
        "question": section.question,
        "blocks": pair_halves([_view(block, drawn) for block in section.blocks]),
        "short": not any(isinstance(block, Figure) for block in section.blocks),
    }


@singledispatch
def _view(block: Block, drawn: dict[str, str]) -> dict[str, Any]:
    raise TypeError(f"{type(block).__name__} is no block of a report")


@_view.register
def _(block: Prose, drawn: dict[str, str]) -> dict[str, Any]:
    return {"kind": "prose", "rule": block.rule, "text": block.text}


@_view.register
def _(block: Cards, drawn: dict[str, str]) -> dict[str, Any]:
    return {"kind": "cards", "cards": [view_card(card) for card in block.cards]}


@_view.register
def _(block: Table, drawn: dict[str, str]) -> dict[str, Any]:
    return {
        "kind": "table",
        "id": block.id,
        "title": block.title,
        "columns": block.columns,
        "groups": span_groups(block.columns),
        "rows": _view_rows(block),
        "notes": block.notes,
        "folded": block.folded,
        "keep": len(block.rows) <= _KEPT_TOGETHER,
        "css": "widest" if len(block.columns) >= _WIDEST else "wide" if len(block.columns) >= _WIDE else "",
    }


@_view.register
def _(block: Figure, drawn: dict[str, str]) -> dict[str, Any]:
    return {
        "kind": "figure",
        "id": block.id,
        "title": block.title,
        "caption": block.caption,
        "svg": Markup(drawn[block.id]),
        "data": _view(block.data, drawn),
        "half": block.size[0] <= HALF[0],
    }


def _view_rows(table: Table) -> list[dict[str, Any]]:
    """The rows, each with the number of rows that its name stands for."""
    return [
        {
            "span": span,
            "cells": [_view_cell(cell, column) for cell, column in zip(row, table.columns, strict=True)],
        }
        for span, row in zip(count_spans(table), table.rows, strict=True)
    ]


def _view_cell(cell: Cell, column: Column) -> dict[str, str]:
    css = "words" if isinstance(cell, NotEstimable) else "num" if column.numeric else "text"
    return {"text": show(cell), "css": css}
