"""Cases of sessions and duplicates."""

from .case import Case
from .files import dated, folder, one, totals

GOOD = dated()
LATER = dated(n=24)
INFUSED = "patient_id,infusion_date,infusion_number,route,dose_mg\n"


def infusions(*more: str) -> str:
    """Six infusions of two patients, and further lines under them (the first is row 14)."""
    given = [f"P{row:02},2026-02-{place:02},{place},IV,40\n" for row in (1, 2) for place in range(1, 7)]
    return INFUSED + "".join(given) + "".join(f"{line}\n" for line in more)


def lines_of(text: str, *places: int) -> str:
    """Some rows of a table under its header."""
    header, *rows = text.splitlines()
    return "\n".join([header, *(rows[place] for place in places)]) + "\n"


CASES = (
    Case(
        "70",
        "a session number twice",
        folder(scores=GOOD, infusions=infusions("P02,2026-02-09,6,IV,40")),
        reasons={(2, 14): "session_conflict"},
    ),
    Case(
        "70b",
        "a gap in the session numbers",
        folder(scores=GOOD, infusions=infusions("P02,2026-02-09,9,IV,40")),
        says=("infusion numbers have 1 gaps",),
    ),
    Case(
        "70c",
        "session 0",
        folder(scores=GOOD, infusions=infusions("P03,2026-02-09,0,IV,40", "P03,2026-02-12,1,IV,40")),
    ),
    Case(
        "71",
        "two scores of one day",
        one(totals("P05,0,11")),
        reasons={6: "conflicting_duplicate", 14: "conflicting_duplicate"},
    ),
    Case(
        "71b",
        "the same without a day between them",
        one(totals("P05,1,11")),
        totals=(*range(6, 11), 11, *range(11, 18)),
    ),
    Case(
        "72",
        "an identical row",
        one(totals("P05,0,10")),
        twin=one(totals()),
        twin_layout="",
        reasons={14: "duplicate"},
    ),
    Case(
        "73",
        "the same file twice",
        folder(scores1=GOOD, scores2=GOOD),
        twin=folder(scores1=GOOD),
        reasons={(2, row): "duplicate_file" for row in range(2, 14)},
    ),
    Case(
        "74",
        "the same rows under another name and order",
        folder(scores1=GOOD, scores2=lines_of(GOOD, *reversed(range(12)))),
        twin=folder(scores1=GOOD),
        reasons={(2, row): "duplicate" for row in range(2, 14)},
    ),
    Case(
        "75",
        "overlapping exports, one score edited",
        folder(scores1=GOOD, scores2=LATER.replace("P05,2026-03-05,10", "P05,2026-03-05,19")),
        reasons={
            **{(2, row): "duplicate" for row in range(2, 14)},
            (1, 6): "conflicting_duplicate",
            (2, 6): "conflicting_duplicate",
        },
    ),
)
