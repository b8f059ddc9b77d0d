"""The report as a tagged PDF for A4 or Letter: a fixed typst template and one JSON of facts."""

from __future__ import annotations

import datetime
import json
import textwrap
from functools import cache, singledispatch
from importlib.resources import files
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.ft2font import FT2Font

from outcomes.errors import ReportError
from outcomes.figures.style import HALF
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

_FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"
_LACKING = "\ufffd"
_PAPERS = {"a4": "a4", "letter": "us-letter"}
_NUMBER = 9  # characters of a heading that is no wider than the numbers under it
_WRAPPED = 26  # characters of text from which a column wraps


def render_pdf(report: Report, pictures: dict[str, str] | None = None) -> bytes:
    """Render a report as a PDF (PDF/UA-1: tagged, with alternative texts).

    Parameters
    ----------
    report : Report
    pictures : mapping of figure id to SVG, of draw_pictures; drawn here without it

    Returns
    -------
    bytes, the same for the same report

    Raises
    ------
    ReportError
        E303 if the page cannot be set, or the setter warns of anything.

    Notes
    -----
    Folded tables and the data under figures are left out: they are in the HTML and in the workbook. A
    character that the font (DejaVu Sans) lacks stands as the replacement character.
    """
    import typst

    drawn = draw_pictures(report) if pictures is None else pictures
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(_FONTS)])
    dated = datetime.datetime.fromisoformat(report.meta.report_date).replace(tzinfo=datetime.UTC)
    template = files("outcomes.reports").joinpath("templates", "report.typ").read_bytes()
    try:
        made, warnings = typst.compile_with_warnings(
            template,
            format="pdf",
            font_paths=fonts,
            sys_inputs={"facts": json.dumps(_keep_shown(_list_facts(report, drawn)), ensure_ascii=False)},
            pdf_standards="ua-1",
            timestamp=dated,
        )
    except typst.TypstError as error:
        raise ReportError(
            f"The PDF cannot be set: {error.message}. Please report this; the HTML page holds the same.",
            code="E303",
        ) from None
    if warnings:
        raise ReportError(
            f"The PDF was set with a warning: {warnings[0].message}. Please report this.", code="E303"
        )
    return bytes(made)


def _keep_shown(value: Any) -> Any:
    """The same facts with each character that the font lacks as the replacement character."""
    if isinstance(value, str):
        return "".join(one if ord(one) in _list_characters() else _LACKING for one in value)
    if isinstance(value, dict):  # pictures hold their letters as outlines
        return {key: one if key == "svg" else _keep_shown(one) for key, one in value.items()}
    return [_keep_shown(one) for one in value] if isinstance(value, list) else value


@cache
def _list_characters() -> frozenset[int]:
    """The characters that both weights of the font have."""
    weights = [
        FT2Font(str(_FONTS / name)).get_charmap() for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
    ]
    return frozenset(weights[0]) & frozenset(weights[1]) | {ord("\n")}


def _list_facts(report: Report, drawn: dict[str, str]) -> dict[str, Any]:
    meta = report.meta
    return {
        "title": meta.title,
        "period": meta.period,
        "name": meta.name,
        "subtitle": say_subtitle(meta),
        "mark": MARKS[meta.audience],
        "paper": _PAPERS[meta.paper],
        "logo": list(meta.logo),
        "made": f"Made with outcomes {meta.versions.get('outcomes', '')}.",
        "sections": [_list_section(section, drawn) for section in report.sections],
    }


def _list_section(section: Section, drawn: dict[str, str]) -> dict[str, Any]:
    blocks = [_list_block(block, drawn) for block in section.blocks]
    return {
        "id": section.id,
        "title": section.title,
        "question": section.question,
        "blocks": pair_halves([block for block in blocks if block]),
    }


@singledispatch
def _list_block(block: Block, drawn: dict[str, str]) -> dict[str, Any]:
    raise TypeError(f"{type(block).__name__} is no block of a report")


@_list_block.register
def _(block: Prose, drawn: dict[str, str]) -> dict[str, Any]:
    return {"kind": "prose", "text": block.text}


@_list_block.register
def _(block: Cards, drawn: dict[str, str]) -> dict[str, Any]:
    return {"kind": "cards", "cards": [view_card(card) for card in block.cards]}


@_list_block.register
def _(block: Figure, drawn: dict[str, str]) -> dict[str, Any]:
    return {
        "kind": "figure",
        "title": block.title,
        "svg": drawn[block.id],
        "alt": block.alt,
        "caption": block.caption,
        "half": block.size[0] <= HALF[0],
    }


@_list_block.register
def _(block: Table, drawn: dict[str, str]) -> dict[str, Any]:
    if block.folded or not block.rows:
        return {}
    return {
        "kind": "table",
        "title": block.title,
        "columns": [
            {"title": _fold(block, place), "numeric": column.numeric}
            for place, column in enumerate(block.columns)
        ],
        "groups": span_groups(block.columns),
        "weights": [_weigh(block, place) for place in range(len(block.columns))],
        "rows": _list_rows(block),
        "notes": list(block.notes),
    }


def _weigh(table: Table, place: int) -> float:
    """The share of the width that a column of long text asks for; 0 where its content decides."""
    column: Column = table.columns[place]
    if column.numeric:
        return 0.0
    lengths = [len(show(row[place])) for row in table.rows]
    return round(sum(lengths) / len(lengths) + _WRAPPED, 1) if max(lengths) > _WRAPPED else 0.0


def _fold(table: Table, place: int) -> str:
    """A heading over numbers in lines no longer than these, so that it does not widen its column."""
    column: Column = table.columns[place]
    if not column.numeric:
        return column.title
    widest = max(len(show(row[place])) for row in table.rows)
    return textwrap.fill(column.title, max(_NUMBER, widest), break_long_words=False)


def _list_rows(table: Table) -> list[dict[str, Any]]:
    """Rows of texts, each with the number of rows that its name stands for."""
    return [
        {"span": span, "cells": [_list_cell(cell) for cell in row]}
        for span, row in zip(count_spans(table), table.rows, strict=True)
    ]


def _list_cell(cell: Cell) -> list[Any]:
    return [show(cell), isinstance(cell, NotEstimable)]
