"""Cases of dates."""

from datetime import date

from openpyxl.utils.datetime import CALENDAR_MAC_1904

from .case import Case
from .files import DATED, LIMITED, dated, folder, one, rows_of, workbook

GOOD = dated()
DAY_MONTH = DATED + "".join(f"P{row:02},{row:02}/02/2026,{row}\n" for row in range(1, 13))
SERIALS = [[row[0], 45292 + place if place else row[1], row[2]] for place, row in enumerate(rows_of(GOOD))]
TYPED = [
    [row[0], date(2026, 3, place) if place else row[1], row[2]] for place, row in enumerate(rows_of(GOOD))
]


def in_1904(book) -> None:
    """Let the workbook count its days from 1904, as old ones of a Mac do."""
    book.epoch = CALENDAR_MAC_1904


CASES = (
    Case(
        "59",
        "a day that does not exist",
        one(dated("P13,2026-02-30,4")),
        layout=LIMITED,
        reasons={14: "bad_date"},
    ),
    Case("60", "day and month that nothing tells apart", one(DAY_MONTH), "E241", asks=True, layout=LIMITED),
    Case(
        "61",
        "ISO with a time",
        one(dated("P13,2026-03-08 02:30:00,4")),
        layout=LIMITED,
        twin=one(dated("P13,2026-03-08T02:30,4")),
    ),
    Case("62", "ISO and day first in one column", one(dated("P13,31/12/2025,4")), "E242", layout=LIMITED),
    Case("63", "a year of two digits", one(dated("P13,1/2/69,4")), "E243", layout=LIMITED),
    Case(
        "64",
        "now and today",
        one(dated("P13,now,4", "P14,today,4")),
        layout=LIMITED,
        reasons={14: "bad_date", 15: "bad_date"},
    ),
    Case("65", "serial numbers as text", one(dated("P13,45292,4")), "E244", layout=LIMITED),
    Case(
        "65b",
        "serial numbers in a workbook",
        one(lambda: workbook(SERIALS), "export.xlsx"),
        "E244",
        layout=LIMITED,
    ),
    Case(
        "65c",
        "cells formatted as dates",
        one(lambda: workbook(TYPED), "export.xlsx"),
        layout=LIMITED,
        twin=one(GOOD),
    ),
    Case(
        "66",
        "a workbook that counts from 1904",
        one(lambda: workbook(TYPED, in_1904), "export.xlsx"),
        layout=LIMITED,
        twin=one(GOOD),
    ),
    Case(
        "67",
        "after the end, and before 2000",
        folder(scores=dated("P13,2027-01-01,4", "P14,1999-12-31,4")),
        reasons={14: "date_out_of_range", 15: "date_out_of_range"},
    ),
    Case(
        "68", "a stamp with Z near midnight", one(dated("P13,2026-03-31T23:30:00Z,4")), "E245", layout=LIMITED
    ),
    Case(
        "68b",
        "a stamp with Z, and the clinic's zone",
        one(dated("P13,2026-04-01T01:30:00Z,4")),
        layout=LIMITED + '[columns]\ntime_zone = "America/New_York"\n',
        twin=one(dated("P13,2026-03-31 21:30,4")),
    ),
    Case(
        "69",
        "a time that the clock change leaves out",
        one(dated("P13,2026-03-08 02:30,4")),
        layout=LIMITED,
        totals=(*range(6, 18), 4),
    ),
    Case("E104", "dates that nobody declared", one(GOOD), "E104"),
)
