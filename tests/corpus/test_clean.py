"""Clean exports in many layouts: none is refused, no row is lost, and every total is right."""

from datetime import date, datetime, timedelta

import pytest

import outcomes as oc

from .case import load, write_files
from .exports import ASKED
from .files import LIMITED, as_csv, folder, one, workbook
from .formats import WORDS
from .redcap import DICTIONARY, field, phq9_fields

FIRST = date(2026, 3, 2)
DAYS = (0, 7, 28)
PEOPLE = [f"K{number:02}" for number in range(1, 13)]
ITEMS = [f"phq9_{number}" for number in range(1, 10)]


def answers(person: int, visit: int, *, size: int = 9, low: int = 0, high: int = 3) -> list[int]:
    """Made-up answers; all of them occur."""
    return [low + (person + 2 * visit + place) % (high - low + 1) for place in range(size)]


VISITS = [(person, visit) for person in range(len(PEOPLE)) for visit in range(len(DAYS))]
EXPECTED = [sum(answers(person, visit)) for person, visit in VISITS]


def days(person: int, visit: int) -> int:
    return DAYS[visit]


def iso(person: int, visit: int) -> str:
    return (FIRST + timedelta(person + DAYS[visit])).isoformat()


def day_first(person: int, visit: int) -> str:
    return (FIRST + timedelta(person + DAYS[visit])).strftime("%d/%m/%Y")


def stamp(person: int, visit: int) -> str:
    return f"{iso(person, visit)} 09:{person:02}:00"


def wide(head, when, cells, *, of=VISITS):
    """One row per questionnaire: patient, when, and what `cells` gives."""
    return [head, *[[PEOPLE[person], when(person, visit), *cells(person, visit)] for person, visit in of]]


def total(person: int, visit: int) -> list:
    return [sum(answers(person, visit))]


def words(person: int, visit: int) -> list:
    return [WORDS[answer] for answer in answers(person, visit)]


def numbered_words(person: int, visit: int) -> list:
    return [f"{answer} - {WORDS[answer]}" for answer in answers(person, visit)]


def with_total(person: int, visit: int) -> list:
    return [*answers(person, visit), sum(answers(person, visit))]


def from_one(person: int, visit: int) -> list:
    return [*[answer + 1 for answer in answers(person, visit)], sum(answers(person, visit))]


def three_instruments(person: int, visit: int) -> list:
    return [
        *answers(person, visit),
        *answers(person, visit, size=7),
        *answers(person, visit, size=20, high=4),
    ]


def with_site(person: int, visit: int) -> list:
    return [("North", "South")[person % 2], *total(person, visit)]


def long_totals() -> list:
    return [
        ["patient_id", "day", "instrument", "total"],
        *[[PEOPLE[p], DAYS[v], "PHQ-9", *total(p, v)] for p, v in VISITS],
    ]


def long_items() -> list:
    rows = [
        [PEOPLE[p], DAYS[v], "PHQ-9", place, answer]
        for p, v in VISITS
        for place, answer in enumerate(answers(p, v), 1)
    ]
    return [["patient_id", "day", "instrument", "item", "value"], *rows]


BY_DAY = wide(["patient_id", "day", *ITEMS], days, answers)
BY_DATE = wide(["patient_id", "date", *ITEMS], iso, answers)
TOTALS = wide(["patient_id", "day", "phq9_total"], days, total)
DATED_TOTALS = wide(["Patient ID", "Assessment Date", "PHQ-9 Total"], iso, total)
FORM = wide(["Patient ID", "Timestamp", *[text.split(" - ")[1] for text in ASKED]], stamp, words)
CELLS = [
    [row[0], date.fromisoformat(row[1]) if place else row[1], row[2]]
    for place, row in enumerate(DATED_TOTALS)
]
STAMPS = [
    [row[0], datetime.fromisoformat(row[1]) if place else row[1], *row[2:]] for place, row in enumerate(FORM)
]
EVENTS = ["record_id", "redcap_event_name", "phq9_date", *ITEMS, "visit_complete"]
RECORDS = [EVENTS, *[[PEOPLE[p], f"visit_{v}_arm_1", iso(p, v), *answers(p, v), 2] for p, v in VISITS]]
LABELED = [
    EVENTS,
    *[[PEOPLE[p], f"Visit {v} (Arm 1: A)", iso(p, v), *words(p, v), "Complete"] for p, v in VISITS],
]
CODEBOOK = as_csv([DICTIONARY, field("record_id", kind="text", flag="y"), *phq9_fields()])
INFUSED = as_csv(
    [
        ["patient_id", "infusion_date", "infusion_number", "route", "dose_mg", "weight_kg"],
        *[[name, iso(p, 0), 1, "IV", 40, 80] for p, name in enumerate(PEOPLE)],
    ]
)
LISTED = as_csv([["patient_id", "sex", "age"], *[[name, "F", 30 + p] for p, name in enumerate(PEOPLE)]])


def sites(count: int) -> dict:
    """One file per site."""
    parts = {}
    for site in range(count):
        rows = wide(
            ["patient_id", "date", *ITEMS], iso, answers, of=[one for one in VISITS if one[0] % count == site]
        )
        parts[f"scores{site + 1}"] = (as_csv(rows), f'site = "Site {site + 1}"')
    return folder(**parts)


LAYOUTS = {
    "items by day": one(as_csv(BY_DAY)),
    "items by date": (one(as_csv(BY_DATE)), LIMITED),
    "totals by day": one(as_csv(TOTALS)),
    "totals by date, headers in words": (one(as_csv(DATED_TOTALS)), LIMITED),
    "long totals": one(as_csv(long_totals())),
    "long items": one(as_csv(long_items())),
    "a form with answers in words": (one(as_csv(FORM)), LIMITED),
    "a workbook of items": one(workbook(BY_DAY), "export.xlsx"),
    "a workbook of totals, date cells": (one(workbook(CELLS), "export.xlsx"), LIMITED),
    "a workbook of a form, time stamps": (one(workbook(STAMPS), "export.xlsx"), LIMITED),
    "a workbook of long totals": one(workbook(long_totals()), "export.xlsx"),
    "semicolons": one(as_csv(BY_DAY, delimiter=";")),
    "tabs": one(as_csv(BY_DAY, delimiter="\t"), "export.tsv"),
    "bars, declared": (one(as_csv(BY_DAY, delimiter="|")), 'delimiter = "|"\n'),
    "a byte order mark": one(as_csv(BY_DAY).encode("utf-8-sig")),
    "UTF-16": one(as_csv(BY_DAY).encode("utf-16")),
    "CRLF, no last line end": one(as_csv(BY_DAY).replace("\n", "\r\n").rstrip()),
    "CR, and sep=,": one("sep=,\r" + as_csv(BY_DAY).replace("\n", "\r")),
    "every cell quoted": one("\n".join(",".join(f'"{cell}"' for cell in row) for row in BY_DAY) + "\n"),
    "a column of sites": one(as_csv(wide(["patient_id", "day", "site", "phq9_total"], days, with_site))),
    "two sites, two files": sites(2),
    "five sites, five files": sites(5),
    "REDCap codes with their dictionary": {
        **folder(scores=(as_csv(RECORDS), 'dictionary = "dictionary.csv"')),
        "dictionary.csv": CODEBOOK,
    },
    "REDCap labels with their dictionary": {
        **folder(scores=(as_csv(LABELED), 'dictionary = "dictionary.csv"')),
        "dictionary.csv": CODEBOOK,
    },
    "three instruments": one(
        as_csv(
            wide(
                [
                    "patient_id",
                    "day",
                    *ITEMS,
                    *[f"gad7_{n}" for n in range(1, 8)],
                    *[f"pcl5_{n}" for n in range(1, 21)],
                ],
                days,
                three_instruments,
            )
        )
    ),
    "numbers beside words": one(as_csv(wide(["patient_id", "day", *ITEMS], days, numbered_words))),
    "days before months, proven": (
        one(as_csv(wide(["patient_id", "date", *ITEMS], day_first, answers))),
        LIMITED,
    ),
    "dates with a clock": (one(as_csv(wide(["patient_id", "date", *ITEMS], stamp, answers))), LIMITED),
    "items and their totals": one(
        as_csv(wide(["patient_id", "day", *ITEMS, "phq9_total"], days, with_total))
    ),
    "items from 1, proven by their totals": one(
        as_csv(wide(["patient_id", "day", *ITEMS, "phq9_total"], days, from_one))
    ),
    "items numbered from 0": one(
        as_csv(wide(["patient_id", "day", *[f"phq9_{n}" for n in range(9)]], days, answers))
    ),
    "NHANES names": one(as_csv(wide(["SEQN", "day", *[f"DPQ0{n}0" for n in range(1, 10)]], days, answers))),
    "columns that nobody knows": one(
        as_csv([[*row, "x" if place else "phase of the moon"] for place, row in enumerate(BY_DAY)])
    ),
    "scores, infusions and patients": folder(scores=as_csv(BY_DATE), infusions=INFUSED, patients=LISTED),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_clean_export_is_read_whole(name, tmp_path):
    files, layout = LAYOUTS[name] if isinstance(LAYOUTS[name], tuple) else (LAYOUTS[name], None)
    path = write_files(files, tmp_path)
    outcome = load(path, layout)
    assert outcome.error is None, outcome.error
    cohort = outcome.cohort
    assert set(cohort.ledger["status"]) == {"used"}
    assert len(cohort.patients) == len(PEOPLE)
    scores = cohort.scores[cohort.scores["instrument"] == "phq9"].assign(
        person=lambda frame: frame["patient_id"].str.split("/").str[-1]
    )
    assert scores.sort_values(["person", "date", "study_day"])["total"].tolist() == EXPECTED
    reports = oc.inspect_folder(path) if path.is_dir() else (oc.inspect_source(path, layout=layout),)
    assert [report.questions for report in reports if report.questions] == []


def test_there_are_enough_layouts():
    assert len(LAYOUTS) >= 25
