"""Cases of the shape of a table."""

from .case import Case
from .files import HEAD, as_csv, one, rows_of, totals

GOOD = totals()
WEIGHED = as_csv(
    [[*row, "weight" if place == 0 else "70,5"] for place, row in enumerate(rows_of(GOOD))], delimiter=";"
)
EXTRA = HEAD + "".join(f"{line},1\n" for line in GOOD.splitlines()[1:])

CASES = (
    Case("6", "semicolons with decimal commas", one(WEIGHED), "E204"),
    Case(
        "6b",
        "semicolons with decimal commas, declared",
        one(WEIGHED),
        layout='delimiter = ";"\n',
        twin=one(GOOD),
        twin_layout="",
    ),
    Case("7", "tabs in a .csv", one(GOOD.replace(",", "\t")), twin=one(GOOD)),
    Case("7b", "two delimiters that both fit", one("patient_id;day,phq9_total\nP1;1,2\nP2;2,3\n"), "E204"),
    Case("8", "one extra cell in every row", one(EXTRA), "E212"),
    Case("9", "one long row", one(totals("P13,3,4,5")), reasons={14: "row_length"}),
    Case("10", "one short row", one(totals("P13,3")), reasons={14: "row_length"}),
    Case("11", "a header twice", one("patient_id,day,phq9_total,phq9_total\nP1,0,5,5\n"), "E211"),
    Case("12", "headers equal after normalizing", one("patient_id,day,PHQ-9,phq9\nP1,0,5,5\n"), "E211"),
    Case("13", "no header", one(GOOD.removeprefix(HEAD)), "E210"),
    Case(
        "14",
        "title lines above the header",
        one("Quarterly export\n\n" + GOOD),
        "E210",
        says=("row 3 looks like the header",),
    ),
    Case("15", "a first line sep=,", one("sep=,\n" + GOOD), twin=one(GOOD)),
    Case("16", "a header only", one(HEAD), "E252"),
    Case("17", "no bytes", one(""), "E205"),
    Case("18", "blanks only", one(" \n\t\r\n  "), "E205"),
)
