"""Files that come out the same, byte for byte, whenever the same rows are written."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time stamp that a zip archive can hold."""


@dataclass(frozen=True)
class Source:
    """One line of outcomes.toml.

    Attributes
    ----------
    file : str, path inside the folder
    role : str, scores, infusions or patients
    site : str
    rows : int, physical data rows
    faults : dict of kind to the number planted, see messiness.EXPECTED
    layout, dictionary : str, paths inside the folder; empty where there is none
    """

    file: str
    role: str
    site: str
    rows: int
    faults: dict[str, int] = field(default_factory=dict)
    layout: str = ""
    dictionary: str = ""


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]], *, bom: bool = False) -> int:
    """Write a CSV file with plain line ends; missing values are empty. Returns the number of rows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    count = 0
    for row in rows:
        writer.writerow(["" if _is_missing(cell) else cell for cell in row])
        count += 1
    write_text(path, text.getvalue(), bom=bom)
    return count


def write_text(path: Path, text: str, *, bom: bool = False) -> None:
    """Write UTF-8 text without changing its line ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8-sig" if bom else "utf-8"))


def write_xlsx(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]], *, sheet: str, date: datetime
) -> int:
    """Write a workbook of one sheet, as of the given date. Returns the number of rows, blank ones too."""
    from openpyxl import Workbook

    book = Workbook()
    table = book.active
    table.title = sheet
    table.append(list(header))
    count = 0
    for row in rows:
        table.append([None if _is_missing(cell) else _plain(cell) for cell in row])
        count += 1
    for column in table.iter_cols(min_row=2):
        for cell in column:
            if cell.is_date:
                cell.number_format = "yyyy-mm-dd"
    book.properties.creator = "outcomes simulate"
    book.properties.created = date
    made = io.BytesIO()
    book.save(made)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_fix_stamps(made.getvalue(), date))
    return count


def _fix_stamps(archive: bytes, date: datetime) -> bytes:
    """Replace the time of saving, which openpyxl sets itself, in the properties and the archive directory."""
    stamp = date.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    fixed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(fixed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            target.writestr(
                zipfile.ZipInfo(name, EPOCH), content, compress_type=zipfile.ZIP_DEFLATED, compresslevel=9
            )
    return fixed.getvalue()


def _is_missing(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and cell != cell)


def _plain(cell: Any) -> Any:
    if isinstance(cell, pd.Timestamp):
        return cell.to_pydatetime()
    return cell.item() if hasattr(cell, "item") else cell
