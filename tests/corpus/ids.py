"""Cases of patient ids."""

from .case import Case
from .files import N_ROWS, one, totals

PLAIN = tuple(f"P{row:02}" for row in range(1, N_ROWS + 1))
CYRILLIC = "\u0420" + "01"

CASES = (
    Case("37", "007 and 7", one(totals("007,3,4", "7,3,4")), patients=(*PLAIN, "007", "7"), says=("E221",)),
    Case(
        "38",
        "ids that read like missing",
        one(totals("NA,3,4", "None,3,4", "null,3,4", "nan,3,4")),
        patients=(*PLAIN, "NA", "None", "null", "nan"),
        says=("4 ids read like a word for missing",),
    ),
    Case("39", "an empty id", one(totals(",3,4")), reasons={14: "missing_id"}),
    Case("40", "1e5 and 100000", one(totals("1e5,3,4", "100000,3,4")), patients=(*PLAIN, "1e5", "100000")),
    Case("41", "twins by case", one(totals("p01,3,4")), patients=(*PLAIN, "p01"), says=("E221",)),
    Case("41b", "twins by a blank at the end", one(totals("P01 ,30,4", "P01\u00a0,31,4")), patients=PLAIN),
    Case("41c", "a zero-width character", one(totals("P\u200b01,3,4")), "E222"),
    Case(
        "42",
        "Cyrillic beside Latin",
        one(totals(f"{CYRILLIC}P,3,4")),
        patients=(*PLAIN, f"{CYRILLIC}P"),
        says=("E223",),
    ),
    Case(
        "43",
        "twenty digits",
        one(totals("12345678901234567890,3,4")),
        patients=(*PLAIN, "12345678901234567890"),
    ),
    Case("44", "scientific notation", one(totals("1.23457E+11,3,4")), "E224"),
)
