"""Cases of labels and identifiers."""

from .case import Case
from .files import as_csv, folder, one, rows_of, totals

ROWS = rows_of(totals())
PEOPLE = [["patient_id", "sex", "age"], *([f"P{row:02}", "F", 30 + row] for row in range(1, 13))]
SENTENCE = "He says that he feels much better since the last infusion on Monday."


def with_column(header: str, *cells: str) -> str:
    """The good table with one more column, whose first cells are these; the rest is blank."""
    filled = [*cells, *[""] * (len(ROWS) - 1 - len(cells))]
    return as_csv([[*row, cell] for row, cell in zip(ROWS, [header, *filled], strict=True)])


def site(number: str, what: str, name: str) -> Case:
    """A site that may not travel."""
    return Case(number, what, one(with_column("site", "Main St Clinic", name)), "E261")


def person(number: str, what: str, code: str, header: str, cell: str) -> Case:
    """A column that identifies a person."""
    return Case(number, what, one(with_column(header, cell)), code, says=("de-identified data only",))


CASES = (
    site("82", "a formula as a site", '=HYPERLINK("a")'),
    Case(
        "82b",
        "a formula as a header",
        one(with_column("=cmd|' /C calc'!A0", "x")),
        twin=one(totals()),
        says=("columns not read (1): 4",),
    ),
    site("83", "markup as a site", "<script>alert(1)</script>"),
    site("83b", "a path as a site", "../../etc"),
    site("83c", "a site of 300 letters", "x" * 300),
    site("83d", "an emoji", "Clinic \N{SYRINGE}"),
    site("83e", "a mark that turns the reading direction", "Clinic\u202ecinilC"),
    person("84", "a name by its header", "E101", "Patient Name", "x"),
    person("84b", "a social security number", "E102", "visit", "123-45-6789"),
    person("84c", "a sentence", "E103", "visit", SENTENCE),
    person("84d", "a full date outside of a date column", "E104", "visit", "2026-01-02"),
    Case(
        "84e", "an age of 92", folder(scores=totals(), patients=as_csv([*PEOPLE, ["P13", "M", 92]])), "E105"
    ),
)
