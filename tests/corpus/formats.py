"""Cases of tables: item columns, codings, lookalikes and infusion records."""

from .case import Case
from .files import LIMITED, as_csv, dated, folder, items, one, rows_of, totals

WORDS = ("Not at all", "Several days", "More than half the days", "Nearly every day")
GOOD = totals()
ROWS = rows_of(GOOD)
BARE = [
    f"{letter}{number}"
    for letter, size in zip("BCDE", (5, 2, 7, 6), strict=True)
    for number in range(1, size + 1)
]


def plus(row: int, answers: list[int]) -> list[object]:
    """The items and their sum."""
    return [*answers, sum(answers)]


def worded(*more: str) -> str:
    """PHQ-9 items as words; `more` are the first answers of further rows (the first is row 14)."""
    rows = [["patient_id", "day", *[f"phq9_{number}" for number in range(1, 10)]]]
    rows += [[f"P{row:02}", row, *[WORDS[(row + place) % 4] for place in range(9)]] for row in range(1, 13)]
    rows += [[f"Q{row:02}", row, answer, *[WORDS[1]] * 8] for row, answer in enumerate(more)]
    return as_csv(rows)


def infused(dose_header: str, *cells: tuple[str, str]) -> dict:
    """Infusions of 40 mg, then one of each cell (dose and weight)."""
    rows = [
        [f"P{row:02}", f"2026-02-{row:02}", "IV", "40" if dose_header == "dose_mg" else "40 mg", "80"]
        for row in range(1, 13)
    ]
    rows += [
        [f"Q{row:02}", f"2026-02-{row:02}", "IV", dose, weight] for row, (dose, weight) in enumerate(cells, 1)
    ]
    return folder(
        scores=dated(),
        infusions=as_csv([["patient_id", "infusion_date", "route", dose_header, "weight_kg"], *rows]),
    )


def short(stem: str, size: int, low: int = 0) -> dict:
    """A questionnaire that looks like one of ours."""
    return one(items(stem=stem, size=size, low=low))


ZEROS = items(make=lambda row, answers: [answer or "5.397605e-79" for answer in answers])
SCRATCH = GOOD + ",,\n" * 5 + "responders,7,\nmean,,12\n,,9\n"

CASES = (
    Case(
        "94",
        "marks of a merge conflict",
        one(GOOD.replace("P04", "<<<<<<< HEAD\nP04")),
        "E218",
        says=("row 5",),
    ),
    Case(
        "95",
        "a name made unique by a spreadsheet reader",
        one(as_csv([[*row, row[1] if place else "day...2"] for place, row in enumerate(ROWS)])),
        "E211",
    ),
    Case(
        "96",
        "items numbered 0 to 8",
        one(items(first=0)),
        twin=one(items()),
        says=("items are numbered 0 to 8",),
    ),
    Case(
        "97",
        "eight GAD-7 columns, and totals of all eight",
        one(items(stem="gad7_", size=8, extra=["gad7_total"], make=plus)),
        "E251",
        asks=True,
        says=("with column 10 added",),
    ),
    Case(
        "97b",
        "eight GAD-7 columns, settled",
        one(items(stem="gad7_", size=8, extra=["gad7_total"], make=plus)),
        layout='[gad7]\nrecorded_total = "ignore"\nextra = { "gad7_8" = "ignore" }\n',
        twin=one(items(stem="gad7_", size=7)),
        twin_layout="",
    ),
    Case(
        "98",
        "recorded totals that count gaps as 0",
        one(
            items(
                extra=["phq9_total"],
                make=lambda row, answers: (
                    ["" if row < 4 and place == 0 else answer for place, answer in enumerate(answers)]
                    + [sum(answers) - (answers[0] if row < 4 else 0)]
                ),
            )
        ),
        totals=(*[None] * 3, *[9] * 9),
        says=("recorded_total_unverified in 3 rows",),
    ),
    Case(
        "99",
        "answers 1 to 3 only, and their sum",
        one(items(low=1, extra=["phq9_total"], make=plus)),
        "E253",
        asks=True,
    ),
    Case("103", "zeros as the smallest numbers", one(ZEROS), "E251", says=("not_a_number",)),
    Case(
        "104",
        "7 and 9 in an item, not declared",
        one(items(["Q1", 3, 7, *[1] * 8], ["Q2", 3, 9, *[1] * 8])),
        reasons={14: "out_of_range", 15: "out_of_range"},
    ),
    Case(
        "104b",
        "7 and 9 in an item, declared",
        one(items(["Q1", 3, 7, *[1] * 8], ["Q2", 3, 9, *[1] * 8])),
        layout="[phq9]\nmissing_codes = [7, 9]\n",
        totals=(*[9] * 12, None, None),
    ),
    Case(
        "105",
        "the severity word None",
        one(as_csv([[*row, "None" if place else "phq9_severity"] for place, row in enumerate(ROWS)])),
        twin=one(GOOD),
    ),
    Case(
        "106",
        "patients as columns",
        one(
            as_csv(
                [["day", *[f"patient_{n}" for n in range(1, 13)]], *[[day, *[5] * 12] for day in range(5)]]
            )
        ),
        "E250",
        asks=True,
        says=("patients are columns",),
    ),
    Case("107", "a PCL of 17 items", short("pcl_", 17, low=1), "E257"),
    Case("107b", "a PHQ-8", short("phq8_", 8), "E257"),
    Case("107c", "eight items of a PHQ-9", short("phq9_", 8), "E257"),
    Case("107d", "a PHQ-2", short("phq2_", 2), "E257"),
    Case("107e", "a PHQ-4", short("phq4_", 4), "E257"),
    Case(
        "108",
        "bare B1 to E6",
        one(
            as_csv([["patient_id", "day", *BARE], *[[f"P{row}", row, *[row % 5] * 20] for row in range(12)]])
        ),
        "E257",
        asks=True,
        says=("CAPS-5",),
    ),
    Case(
        "109b",
        "a questionnaire for teens in a long table",
        one(
            "patient_id,day,instrument,total\n"
            + "".join(f"P{row},0,PHQ-9,{row}\n" for row in range(12))
            + "P1,1,PHQ-9M,9\n"
        ),
        reasons={14: "other_instrument"},
    ),
    Case(
        "110",
        "a lone column phq9 of 0 to 3",
        one(as_csv([["patient_id", "day", "phq9"], *[[f"P{row}", row, row % 4] for row in range(12)]])),
        "E255",
        asks=True,
    ),
    Case(
        "111", "an answer that no table knows", one(worded("Most days")), "E256", asks=True, says=("1 cells",)
    ),
    Case(
        "112",
        "a number and a word that disagree",
        one(worded("2 - Several days")),
        reasons={14: "answer_conflict"},
    ),
    Case(
        "113",
        "two date columns",
        one(
            as_csv([[*row, row[1] if place else "visit_date"] for place, row in enumerate(rows_of(dated()))])
        ),
        "E249",
        asks=True,
        layout=LIMITED,
    ),
    Case("113b", "neither date nor day", one(as_csv([[row[0], row[2]] for row in ROWS])), "E247", asks=True),
    Case("113c", "no patient", one(as_csv([row[1:] for row in ROWS])), "E226", asks=True),
    Case(
        "130",
        "doses and weights in doubt",
        infused("dose_mg", ("40 --> 50", "80"), ("40", "80-85")),
        says=("dose_ambiguous: 1 rows", "weight_unreadable: 1 rows"),
    ),
    Case(
        "130b", "a dose without a unit", infused("dosage", ("40", "80")), says=("dose_unit_unknown: 1 rows",)
    ),
    Case(
        "131",
        "a dose that was held",
        infused("dose_mg", ("held", "80")),
        reasons={(2, 14): "not_administered"},
    ),
    Case(
        "132",
        "a scratch table under the data",
        one(SCRATCH),
        reasons={**dict.fromkeys(range(14, 19), "blank_row"), **dict.fromkeys(range(19, 22), "summary_row")},
    ),
)
