"""Cases of workbooks."""

from .case import Case
from .files import one, repack, rows_of, totals, workbook

GOOD = totals()
ROWS = rows_of(GOOD)
BOOK = "export.xlsx"


def with_book(number: str, what: str, change, code: str = "", **expected) -> Case:
    """The good table as a workbook to which `change` has done something."""
    return Case(number, what, one(lambda: workbook(ROWS, change), BOOK), code, **expected)


def repacked(change=lambda name, data: data, more=None):
    """The good workbook with changed or further parts."""
    return lambda: repack(workbook(ROWS), change, more)


def hide(book) -> None:
    """Hide the rows 3 and 4."""
    for row in (3, 4):
        book.active.row_dimensions[row].hidden = True


def turn_macros_on(name: str, data: bytes) -> bytes:
    """The content type that an .xlsm has."""
    plain, active = b"spreadsheetml.sheet.main+xml", b"macroEnabled.main+xml"
    return data.replace(b"vnd.openxmlformats-officedocument." + plain, b"vnd.ms-excel.sheet." + active)


CASES = (
    with_book(
        "76",
        "merged cells over ids",
        lambda book: book.active.merge_cells("A3:A4"),
        "E231",
        says=("row 3, column 1",),
    ),
    with_book("77", "hidden rows", hide, says=("2 rows are hidden",), totals=tuple(range(6, 18))),
    with_book("78", "a second sheet with data", lambda book: book.create_sheet().append(["id", 1]), "E233"),
    Case(
        "78b",
        "a second sheet with data, the first chosen",
        one(lambda: workbook(ROWS, lambda book: book.create_sheet().append(["id", 1])), BOOK),
        layout="sheet = 1\n",
        twin=one(GOOD),
        twin_layout="",
    ),
    with_book(
        "79", "a formula without a stored value", lambda book: book.active.append(["P13", 3, "=2+2"]), "E232"
    ),
    with_book(
        "80",
        "#REF! in a score",
        lambda book: book.active.append(["P13", 3, "#REF!"]),
        reasons={14: "excel_error"},
    ),
    Case("80b", "#N/A in text", one(totals("P13,3,#N/A")), reasons={14: "excel_error"}),
    Case("81", "macros", one(repacked(more={"xl/vbaProject.bin": b"\0"}), "export.xlsm"), "E209"),
    Case("81b", "macros by the content type alone", one(repacked(turn_macros_on), BOOK), "E209"),
    Case(
        "81c",
        "links to another workbook",
        one(repacked(more={"xl/externalLinks/externalLink1.xml": b"<a/>"}), BOOK),
        "E209",
    ),
)
