"""Every table of a report as a workbook: numbers as numbers, text as text, no formula, no link."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from functools import singledispatch
from typing import Any

import xlsxwriter

from outcomes.reports.blocks import (
    Cell,
    Column,
    Count,
    Estimate,
    Mean,
    Median,
    NotEstimable,
    P,
    Prose,
    Share,
    Table,
    Text,
)
from outcomes.reports.format import make_plain
from outcomes.reports.marks import MARKS
from outcomes.reports.report import Report, list_blocks, list_tables

_LONGEST_NAME = 31  # of a sheet
_OPTIONS = {
    "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
}  # fmt: skip
_WIDEST = 60
Fields = dict[str, tuple[Any, str]]
"""Of a cell: the name of each number in it, to the number and its format; "" names the only one."""


def render_xlsx(report: Report) -> bytes:
    """Give every table of a report, also those under figures, as an Excel workbook.

    Parameters
    ----------
    report : Report

    Returns
    -------
    bytes; a sheet "Read me" with the sentences and a list of the sheets, then one sheet per table in reading
    order: title, heading, unit or part of each column, rows, notes. Shares are numbers between 0 and 1.
    """
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, _OPTIONS)
    created = datetime.datetime.fromisoformat(report.meta.report_date)
    book.set_properties({"title": report.meta.title, "created": created})
    formats = {
        "bold": book.add_format({"bold": True}),
        "mark": book.add_format({"bold": True, "font_color": "#8F2D00"}),
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "quiet": book.add_format({"font_color": "#5B6776"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    tables = list(list_tables(report))
    names = _name_sheets(tables)
    _write_cover(book.add_worksheet("Read me"), report, tables, names, formats)
    numbers: dict[str, Any] = {}
    for table, name in zip(tables, names, strict=True):
        _write_table(book, book.add_worksheet(name), report, table, formats, numbers)
    book.close()
    return written.getvalue()


def _name_sheets(tables: list[Table]) -> list[str]:
    """A name for each sheet from the id of its table; longer ids are cut and numbered."""
    names: list[str] = []
    for table in tables:
        name, number = table.id.removesuffix("-data")[:_LONGEST_NAME], 2
        while name in names:
            name, number = f"{table.id[: _LONGEST_NAME - 3]}-{number}", number + 1
        names.append(name)
    return names


def _write_cover(
    sheet: Any, report: Report, tables: list[Table], names: list[str], formats: dict[str, Any]
) -> None:
    meta = report.meta
    lines: list[tuple[str, str, str]] = [
        ("mark", MARKS[meta.audience], ""),
        ("bold", f"{meta.title}, {meta.period}", ""),
        (
            "quiet",
            f"{meta.name}. Dated {meta.report_date}. Profile {meta.profile} ({meta.profile_hash}).",
            "",
        ),
        ("", "", ""),
        ("bold", "Sentences of the report", ""),
        *(("", make_plain(block.text), "") for block in list_blocks(report) if isinstance(block, Prose)),
        ("", "", ""),
        ("bold", "Sheets", "What they hold"),
        *(("", name, make_plain(table.title)) for name, table in zip(names, tables, strict=True)),
    ]
    for place, (look, first, second) in enumerate(lines):
        sheet.write_string(place, 0, first, formats.get(look))
        if second:
            sheet.write_string(place, 1, second, formats.get(look))
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 70)


def _write_table(
    book: Any, sheet: Any, report: Report, table: Table, formats: dict[str, Any], numbers: dict[str, Any]
) -> None:
    sheet.write_string(0, 0, make_plain(table.title), formats["bold"])
    sheet.write_string(1, 0, MARKS[report.meta.audience], formats["mark"])
    spread = [[_list_fields(row[place]) for row in table.rows] for place in range(len(table.columns))]
    columns = list(_name_columns(table.columns, spread))
    for across, (_, title, part) in enumerate(columns):
        sheet.write_string(3, across, title, formats["head"])
        sheet.write_string(4, across, part, formats["quiet"])
    for down in range(len(table.rows)):
        for across, (place, _, part) in enumerate(columns):
            value, kind = spread[place][down].get(part, (None, ""))
            if isinstance(value, str):
                sheet.write_string(5 + down, across, value)
            elif value is not None:
                if kind not in numbers:
                    numbers[kind] = book.add_format({"num_format": kind})
                sheet.write_number(5 + down, across, value, numbers[kind])
    for number, note in enumerate(table.notes):
        sheet.write_string(6 + len(table.rows) + number, 0, make_plain(note), formats["quiet"])
    for across, (place, title, part) in enumerate(columns):
        texts = [
            str(fields[part][0])
            for fields in spread[place]
            if part in fields and isinstance(fields[part][0], str)
        ]
        width = max([len(title) // 2, 8, *(len(text) for text in texts)])
        sheet.set_column(across, across, min(_WIDEST, width + 2))
    sheet.freeze_panes(5, 1)


def _name_columns(columns: tuple[Column, ...], spread: list[list[Fields]]) -> Iterator[tuple[int, str, str]]:
    """For each column of the sheet: the column of the table, its heading, and the part that stands in it."""
    for place, column in enumerate(columns):
        parts = list(dict.fromkeys(part for fields in spread[place] for part in fields)) or [""]
        if len(parts) > 1 and "" in parts:
            parts.remove("")
            for fields in spread[place]:  # words stand where the first number would
                if "" in fields:
                    fields[parts[0]] = fields.pop("")
        for part in parts:
            yield place, make_plain(column.full_title), part


@singledispatch
def _list_fields(cell: Cell) -> Fields:
    raise TypeError(f"{type(cell).__name__} is no cell of a report")


@_list_fields.register
def _(cell: Text) -> Fields:
    return {"": (make_plain(cell.value), "")}


@_list_fields.register
def _(cell: NotEstimable) -> Fields:
    return {"": (cell.reason, "")}


@_list_fields.register
def _(cell: Count) -> Fields:
    return {"": (cell.value, "#,##0")}


@_list_fields.register
def _(cell: P) -> Fields:
    return {"": (cell.value, "0.000")}


@_list_fields.register
def _(cell: Mean) -> Fields:
    kind = _format_digits(cell.digits)
    return {"mean": (cell.value, kind), **({} if cell.sd is None else {"SD": (cell.sd, kind)})}


@_list_fields.register
def _(cell: Median) -> Fields:
    kind = _format_digits(cell.digits)
    return {
        "median": (cell.value, kind),
        "first quartile": (cell.low, kind),
        "third quartile": (cell.high, kind),
    }


@_list_fields.register
def _(cell: Share) -> Fields:
    share = cell.k / cell.n if cell.n and cell.percent_shown else None
    known = share is not None and cell.low is not None and cell.high is not None
    fields: Fields = {}
    if cell.part in ("whole", "count"):
        fields |= {"k": (cell.k, "#,##0"), "N": (cell.n, "#,##0")}
    if cell.part in ("whole", "value") and share is not None:
        fields["share"] = (share, "0 %")
    if cell.part in ("whole", "interval") and known:
        fields |= {"from": (cell.low, "0 %"), "to": (cell.high, "0 %")}
    return fields


@_list_fields.register
def _(cell: Estimate) -> Fields:
    scale, kind = (100.0, "0 %") if cell.unit == "%" else (1.0, _format_digits(cell.digits))
    fields: Fields = {}
    if cell.part in ("whole", "value", "count"):
        fields["value"] = (cell.value / scale, kind)
    if cell.part in ("whole", "interval") and cell.low is not None and cell.high is not None:
        fields |= {"from": (cell.low / scale, kind), "to": (cell.high / scale, kind)}
    return fields


def _format_digits(digits: int) -> str:
    return f"#,##0.{'0' * digits}" if digits else "#,##0"
