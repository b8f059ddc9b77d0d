"""Cases of files that are not what their names say, or that could do harm."""

import io
import struct
import zipfile

from .case import Case
from .files import archive, one, repack, rows_of, totals, workbook

GOOD = totals()
ROWS = rows_of(GOOD)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PAGE = "<html><body><table>\n<tr><td>patient_id</td></tr>\n<tr><td> P1 </td></tr></table></body></html>"
WIDE = [f"measure {letter}" for letter in map(str, range(16_382))]
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<worksheet>&b;</worksheet>"
)


def change_sheet(data: bytes):
    """The good workbook with another sheet."""
    return repack(workbook(ROWS), lambda name, old: data if name == "xl/worksheets/sheet1.xml" else old)


def bomb() -> bytes:
    """A workbook whose sheet expands about a thousand times."""
    return change_sheet(b"<worksheet><sheetData>" + b" " * 30_000_000 + b"</sheetData></worksheet>")


def lying_directory() -> bytes:
    """A workbook whose directory states a tenth of what its sheet expands to."""
    content = change_sheet(b"<worksheet>" + bytes(range(32, 60)) * 40_000 + b"</worksheet>")
    part = zipfile.ZipFile(io.BytesIO(content)).getinfo("xl/worksheets/sheet1.xml")
    stated = struct.pack("<L", part.file_size)
    return content.replace(stated, struct.pack("<L", part.file_size // 10))


def stray_cell() -> bytes:
    """A workbook with one cell in the last row that a spreadsheet has."""
    return workbook(ROWS, lambda book: book.active.cell(1_048_576, 1, "P99"))


CASES = (
    Case("19", "a web page saved as .csv", one(PAGE), "E206"),
    Case("19b", "a web page saved as .xls", one(PAGE, "export.xls"), "E206"),
    Case("20", "a workbook renamed .csv", one(lambda: workbook(ROWS)), "E206"),
    Case("21", "a text table renamed .xlsx", one(GOOD, "export.xlsx"), "E206"),
    Case("22", "an old .xls", one(OLE + b"\0" * 600, "export.xls"), "E207", says=(".xlsx or .csv",)),
    Case("22b", "an .xlsb", one(lambda: archive({"xl/workbook.bin": b"\x83"}), "export.xlsb"), "E207"),
    Case(
        "22c",
        "an .ods",
        one(lambda: archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "export.ods"),
        "E207",
    ),
    Case(
        "23",
        "a workbook with a password",
        one(OLE + b"\0" * 99 + "EncryptedPackage".encode("utf-16-le"), "export.xlsx"),
        "E208",
    ),
    Case(
        "24",
        "a workbook cut in half",
        one(lambda: (data := workbook(ROWS))[: len(data) // 2], "export.xlsx"),
        "E208",
    ),
    Case("25", "a zip that expands a thousand times", one(bomb, "export.xlsx"), "E201"),
    Case("26", "a zip whose directory lies", one(lying_directory, "export.xlsx"), "E201"),
    Case("27", "entities in the sheet", one(lambda: change_sheet(ENTITIES), "export.xlsx"), "E202"),
    Case(
        "28",
        "a cell of ten million characters",
        one(totals("P13,3,4," + "x" * 10_000_000, head="patient_id,day,phq9_total,z\n")),
        "E213",
    ),
    Case(
        "29",
        "16,385 columns",
        one(",".join(["patient_id", "day", "phq9_total", *WIDE]) + "\nP1,0,5" + "," * 16_382 + "\n"),
        "E214",
    ),
    Case(
        "29b",
        "16,384 columns",
        one(",".join(["patient_id", "day", "phq9_total", *WIDE[:-1]]) + "\nP1,0,5" + "," * 16_381 + "\n"),
        totals=(5,),
    ),
    Case("29c", "a stray cell in the last row of a sheet", one(stray_cell, "export.xlsx"), "E214"),
)
