"""Cases of degenerate data, which load (tests/house/test_edges.py goes on), and of wrong units."""

from .case import Case
from .files import as_csv, folder, one

POUNDS = [
    ["patient_id", "infusion_date", "route", "dose_mg", "weight_kg"],
    *([f"P{row:02}", f"2026-02-{row:02}", "IV", 40, 160 + row] for row in range(1, 13)),
]
TOO_MUCH = [
    [*row[:3], row[3] if place == 0 else 400, 80 if place else row[4]] for place, row in enumerate(POUNDS)
]
SCORES = "patient_id,date,phq9_total\nP01,2026-02-01,12\n"

CASES = (
    Case("88", "one patient and one score", one("patient_id,day,phq9_total\nP1,0,12\n"), totals=(12,)),
    Case(
        "88b",
        "one patient, all scores equal",
        one("patient_id,day,phq9_total\nP1,0,9\nP1,7,9\nP1,14,9\n"),
        totals=(9, 9, 9),
    ),
    Case(
        "89",
        "nobody changes",
        one(
            "patient_id,day,phq9_total\n"
            + "".join(f"P{row},{day},15\n" for row in range(1, 7) for day in (-1, 7))
        ),
        totals=(15,) * 12,
    ),
    Case("90", "weights in pounds", folder(scores=SCORES, infusions=as_csv(POUNDS)), "E254"),
    Case("90b", "doses of another unit", folder(scores=SCORES, infusions=as_csv(TOO_MUCH)), "E254"),
)
