"""Cases of encoding."""

from .case import Case
from .files import one, totals

GOOD = totals()

CASES = (
    Case("1", "UTF-8 with a byte order mark", one(GOOD.encode("utf-8-sig")), twin=one(GOOD)),
    Case(
        "2", "UTF-16 LE with a byte order mark", one(b"\xff\xfe" + GOOD.encode("utf-16-le")), twin=one(GOOD)
    ),
    Case("3", "UTF-16 BE without a byte order mark", one(GOOD.encode("utf-16-be")), "E203"),
    Case("4", "cp1252", one(totals("Ren\xe9,3,4").encode("cp1252")), "E203", says=('encoding = "cp1252"',)),
    Case(
        "4b",
        "cp1252, declared",
        one(totals("Ren\xe9,3,4").encode("cp1252")),
        layout='encoding = "cp1252"\n',
        twin=one(totals("Ren\xe9,3,4")),
        twin_layout="",
    ),
    Case("5", "NUL inside a score", one(totals("P13,3,1\x002")), "E203", says=("row 14",)),
)
