"""A report for machines: every cell with its raw numbers and its shown text, and the manifest."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from functools import singledispatch
from typing import Any

from outcomes.reports.blocks import Block, Card, Cards, Cell, Figure, Prose, Section, Table
from outcomes.reports.format import show_plain
from outcomes.reports.report import Report


def render_results(report: Report) -> bytes:
    """Give all sentences, cards and tables of a report as JSON.

    Parameters
    ----------
    report : Report

    Returns
    -------
    bytes, UTF-8; each section has its blocks in reading order, by kind: sentence, cards, table, figure;
    tables have id, title, columns, rows of typed cells (raw numbers and shown text) and notes
    """
    return _write_json(
        {"meta": _list_meta(report), "sections": [_list_section(one) for one in report.sections]}
    )


def render_manifest(report: Report, files: Mapping[str, bytes]) -> bytes:
    """Give the files of a report with size and hash, and what the report was made from, as JSON.

    Parameters
    ----------
    report : Report
    files : mapping of file name to content

    Returns
    -------
    bytes, UTF-8
    """
    listed = [
        {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in sorted(files.items())
    ]
    return _write_json({**_list_meta(report), "files": listed})


def _list_meta(report: Report) -> dict[str, Any]:
    meta = report.meta
    inputs = [
        {"input": number, "sha256": sha256, "role": role, "rows": rows}
        for number, sha256, role, rows in meta.inputs
    ]
    return {
        "title": meta.title,
        "name": meta.name,
        "period": meta.period,
        "audience": meta.audience,
        "report_date": meta.report_date,
        "profile": {"id": meta.profile, "hash": meta.profile_hash},
        "versions": dict(meta.versions),
        "inputs": inputs,
    }


def _list_section(section: Section) -> dict[str, Any]:
    blocks = [_list_block(block) for block in section.blocks]
    return {"id": section.id, "title": section.title, "question": section.question, "blocks": blocks}


@singledispatch
def _list_block(block: Block) -> dict[str, Any]:
    raise TypeError(f"{type(block).__name__} is no block of a report")


@_list_block.register
def _(block: Prose) -> dict[str, Any]:
    facts = {name: _list_cell(cell) for name, cell in block.facts.items()}
    return {"kind": "sentence", "rule": block.rule, "text": block.text, "facts": facts}


@_list_block.register
def _(block: Cards) -> dict[str, Any]:
    return {"kind": "cards", "cards": [_list_card(card) for card in block.cards]}


@_list_block.register
def _(block: Table) -> dict[str, Any]:
    return {"kind": "table", **_list_table(block)}


@_list_block.register
def _(block: Figure) -> dict[str, Any]:
    words = {"id": block.id, "title": block.title, "caption": block.caption, "alt": block.alt}
    return {"kind": "figure", **words, "data": _list_table(block.data)}


def _list_card(card: Card) -> dict[str, Any]:
    beside = [{"label": label, "cell": _list_cell(cell)} for label, cell in card.beside]
    return {
        "id": card.id,
        "title": card.title,
        "value": _list_cell(card.value),
        "label": card.label,
        "beside": beside,
        "definition": card.definition,
        "flag": card.flag,
    }


def _list_table(table: Table) -> dict[str, Any]:
    columns = [column.full_title for column in table.columns]
    rows = [[_list_cell(cell) for cell in row] for row in table.rows]
    return {
        "id": table.id,
        "title": table.title,
        "columns": columns,
        "rows": rows,
        "notes": list(table.notes),
    }


def _list_cell(cell: Cell) -> dict[str, Any]:
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(cell).__name__).lower()
    return {"kind": kind, "text": show_plain(cell), **dataclasses.asdict(cell)}


def _write_json(content: Any) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")
