"""Cases of scores and items."""

from .case import Case
from .files import N_ROWS, items, one, rows_of, totals, workbook

CODES = ("P13,3,-9", "P14,3,99")
THREE = "patient_id,day,phq9_total,gad7_total,pcl5_total\n"
SCORED = THREE + "".join(f"P{row:02},{row},{row},{row},{row}\n" for row in range(1, 20))


def bad(number: str, what: str, *cells: str) -> Case:
    """Cells that are no number, each in a row of its own."""
    content = totals(*(f"Q{place},3,{cell}" for place, cell in enumerate(cells)), n=30)
    return Case(
        number, what, one(content), reasons={32 + place: "not_a_number" for place in range(len(cells))}
    )


def with_total(row: int, answers: list) -> list:
    """The items and their sum; row 3 has another one."""
    return [*answers, sum(answers) + (row == 3)]


CASES = (
    Case(
        "45", "-9 and 99, not declared", one(totals(*CODES)), reasons={14: "out_of_range", 15: "out_of_range"}
    ),
    Case(
        "45b",
        "-9 and 99, declared",
        one(totals(*CODES)),
        layout="[phq9]\nmissing_codes = [-9, 99]\n",
        reasons={14: "missing_code", 15: "missing_code"},
    ),
    Case(
        "46",
        "28, 22 and 81",
        one(SCORED + "Q1,3,28,,\nQ2,3,,22,\nQ3,3,,,81\n"),
        reasons={21: "out_of_range", 22: "out_of_range", 23: "out_of_range"},
    ),
    bad("47", "marks beside the number", "12*", "~12", "12 (est)"),
    Case("48", "12.0", one(totals("P13,3,12.0")), twin=one(totals("P13,3,12"))),
    Case("49", "12.5", one(totals("P13,3,12.5")), reasons={14: "not_integer"}),
    bad("50", "a decimal comma in quotes", '"1,5"'),
    bad("51", "digits of other scripts", "\uff11\uff12", "\u0661\u0662"),
    bad("52", "other ways to write a number", "inf", "nan", "-0", "1e1", "0x0C", "1_2"),
    Case(
        "53",
        "TRUE and FALSE of a workbook",
        one(lambda: workbook([*rows_of(totals()), ["P13", 3, True], ["P14", 3, False]]), "export.xlsx"),
        reasons={14: "not_a_number", 15: "not_a_number"},
    ),
    Case("54", "a blank total", one(totals("P13,3,")), reasons={14: "missing_score"}),
    Case(
        "55",
        "a recorded total that is not the sum",
        one(items(extra=["phq9_total"], make=with_total)),
        reasons={4: "total_mismatch"},
    ),
    Case(
        "55b",
        "recorded totals that are mostly not the sums",
        one(items(extra=["phq9_total"], make=lambda row, answers: [*answers, sum(answers) + row % 2])),
        "E251",
        says=('recorded_total = "ignore"',),
    ),
    Case("56", "items coded 1 to 4", one(items(low=1)), "E253", asks=True),
    Case(
        "57",
        "one item missing",
        one(items(make=lambda row, answers: ["", *answers[1:]] if row == 1 else answers)),
        totals=(None, *(9 for _ in range(N_ROWS - 1))),
    ),
    Case(
        "58",
        "PHQ-9 and GAD-7 swapped",
        one(
            "patient_id,day,gad7_total,phq9_total\n"
            + "".join(f"P{row:02},0,{16 + row},{row}\n" for row in range(1, 12))
        ),
        "E251",
    ),
)
