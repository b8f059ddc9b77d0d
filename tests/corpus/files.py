"""The makers of small files: tables as text, workbooks, folders."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence

import openpyxl

HEAD = "patient_id,day,phq9_total\n"
DATED = "patient_id,date,phq9_total\n"
LIMITED = "limited_data_set = true\n"
N_ROWS = 12


def totals(*more: str, head: str = HEAD, n: int = N_ROWS) -> str:
    """A table of totals by study day, and further lines under it (the first is row 14)."""
    lines = [f"P{row:02},{row % 5 * 7},{5 + row % 20}\n" for row in range(1, n + 1)]
    return head + "".join(lines) + "".join(f"{line}\n" for line in more)


def dated(*more: str, head: str = DATED, n: int = N_ROWS) -> str:
    """A table of totals by calendar date, and further lines under it (the first is row 14)."""
    lines = [f"P{row:02},2026-03-{row:02},{5 + row % 20}\n" for row in range(1, n + 1)]
    return head + "".join(lines) + "".join(f"{line}\n" for line in more)


def items(
    *more: Sequence[object], stem: str = "phq9_", size: int = 9, first: int = 1, n: int = N_ROWS,
    extra: Sequence[str] = (), make: Callable[[int, list[int]], list[object]] | None = None, low: int = 0,
) -> str:  # fmt: skip
    """A table of items by study day: answers 0, 1, 2 in turn; `make` may change the cells of a row."""
    names = [f"{stem}{number}" for number in range(first, first + size)]
    rows: list[Sequence[object]] = []
    for row in range(1, n + 1):
        answers = [(row + place) % 3 + low for place in range(size)]
        rows.append([f"P{row:02}", row % 5 * 7, *(make(row, answers) if make else answers)])
    return as_csv([["patient_id", "day", *names, *extra], *rows, *more])


def as_csv(rows: Iterable[Sequence[object]], *, delimiter: str = ",") -> str:
    """Rows as CSV text."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()


def rows_of(text: str) -> list[list[object]]:
    """The rows of a CSV text, whole numbers as numbers."""
    return [
        [int(cell) if cell.isdecimal() else cell or None for cell in row]
        for row in csv.reader(io.StringIO(text))
    ]


def workbook(
    rows: Iterable[Sequence[object]], change: Callable[[openpyxl.Workbook], object] | None = None
) -> bytes:
    """Bytes of a workbook with these rows; `change` may do more to it."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    if change:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def repack(
    content: bytes, change: Callable[[str, bytes], bytes | None], more: Mapping[str, bytes] | None = None
) -> bytes:
    """The same zip with its parts changed by `change(name, data)` (None leaves one out), and with more."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            data = change(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
        for name, data in (more or {}).items():
            new.writestr(name, data)
    return packed.getvalue()


def archive(parts: Mapping[str, bytes]) -> bytes:
    """Bytes of a zip with these parts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return packed.getvalue()


def one(content, name: str = "export.csv") -> dict:
    """The files of a case that is one file."""
    return {name: content}


def folder(settings: str = "", **files) -> dict:
    """The files of a folder: role, or role and a number, to content or (content, further keys of its source).

    Names end in .csv; a name given as `name` within the keys is left to the content.
    """
    lines = ["limited_data_set = true\nobserved_from = 2020-01-01\nobserved_until = 2026-12-31\n" + settings]
    made: dict = {}
    for key, given in files.items():
        content, keys = given if isinstance(given, tuple) else (given, "")
        name = f"{key}.csv"
        made[name] = content
        lines.append(f'[[source]]\nfile = "{name}"\nrole = "{key.rstrip("0123456789")}"\n{keys}')
    return {"outcomes.toml": "\n".join(lines), **made}
