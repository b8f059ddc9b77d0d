"""Cases of lines: ends, quotes, blanks and summaries."""

from .case import Case
from .files import LIMITED, as_csv, dated, one, rows_of, totals

GOOD = totals()
BROKEN = as_csv(
    [
        [*row, "shade" if place == 0 else "dark\nblue" if place == 3 else "red"]
        for place, row in enumerate(rows_of(GOOD))
    ]
)
BLANKS = GOOD.replace("P05,", "\n,,\nP05,")
TRAILING = "".join(f"{line},\n" for line in GOOD.splitlines())

CASES = (
    Case(
        "30",
        "a quote that is never closed",
        one(totals('P13,3,"4', "P14,3,4", "P15,3,4")),
        "E215",
        says=("row 14",),
    ),
    Case("31", "a line break inside quotes", one(BROKEN), twin=one(GOOD)),
    Case(
        "31b",
        "a line break inside a date, and the rows below",
        one(dated('P13,"2026-03\n-01",4', "P14,2026-02-30,4")),
        layout=LIMITED,
        reasons={14: "bad_date", 16: "bad_date"},
    ),
    Case("32", "CR alone ends the lines", one(GOOD.replace("\n", "\r")), twin=one(GOOD)),
    Case("33", "CRLF and LF mixed", one(GOOD.replace("\n", "\r\n", 5)), twin=one(GOOD)),
    Case("34", "blank lines in the middle", one(BLANKS), reasons={6: "blank_row", 7: "blank_row"}),
    Case("35", "a total row at the end", one(totals("Total,,138")), reasons={14: "summary_row"}),
    Case("36", "a trailing comma everywhere", one(TRAILING), twin=one(GOOD)),
    Case(
        "36b",
        "a last column without a name that is filled",
        one(TRAILING.replace("P03,21,8,", "P03,21,8,1")),
        "E212",
    ),
)
