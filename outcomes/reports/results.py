"""A report for machines: every cell with its raw numbers and its shown text, and the manifest."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from outcomes.reports.blocks import Card, Cards, Cell, Figure, Prose, Section, Table
from outcomes.reports.format import show_plain
from outcomes.reports.report import Report


def render_results(report: Report) -> bytes:
    """Give all sentences, cards and tables of a report as JSON.

    Parameters
    ----------
    report : Report

    Returns
    -------
    bytes, UTF-8; tables have id, title, columns, rows of typed cells (raw numbers and shown text) and notes
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
        "period": meta.period,
        "audience": meta.audience,
        "report_date": meta.report_date,
        "profile": {"id": meta.profile, "hash": meta.profile_hash},
        "versions": dict(meta.versions),
        "inputs": inputs,
    }


def _list_section(section: Section) -> dict[str, Any]:
    cards = [card for block in section.blocks if isinstance(block, Cards) for card in block.cards]
    prose = [block for block in section.blocks if isinstance(block, Prose)]
    tables = [block for block in section.blocks if isinstance(block, Table)]
    figures = [block for block in section.blocks if isinstance(block, Figure)]
    return {
        "id": section.id,
        "title": section.title,
        "question": section.question,
        "cards": [_list_card(card) for card in cards],
        "sentences": [
            {"rule": one.rule, "text": one.text, "facts": {k: _list_cell(v) for k, v in one.facts.items()}}
            for one in prose
        ],
        "tables": [_list_table(table) for table in tables],
        "figures": [
            {
                "id": one.id,
                "title": one.title,
                "caption": one.caption,
                "alt": one.alt,
                "data": _list_table(one.data),
            }
            for one in figures
        ],
    }


def _list_card(card: Card) -> dict[str, Any]:
    beside = [{"label": label, "cell": _list_cell(cell)} for label, cell in card.beside]
    return {
        "id": card.id,
        "title": card.title,
        "value": _list_cell(card.value),
        "label": card.label,
        "beside": beside,
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
