"""Small clinics made by hand for the report: who started when, and what was scored."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd
import pytest

import outcomes as oc

INFUSION_DAYS = (0, 3, 7, 10, 14, 17)
SCORE_DAYS = (0, 5, 9, 16, 33, 47, 61, 75, 89)
OBSERVED = {"observed_from": pd.Timestamp("2024-07-01"), "observed_until": pd.Timestamp("2026-09-30")}


def fill(schema: oc.schema.Schema, rows: list[dict]) -> pd.DataFrame:
    dtypes = {c.name: c.dtype for c in schema.required_columns}
    return pd.DataFrame(rows, columns=list(dtypes)).astype(dtypes)


def ledger_of(counts: dict[str, int], excluded: int = 0) -> pd.DataFrame:
    rows, place = [], 1
    for number, (role, count) in enumerate(counts.items(), start=1):
        for row in range(2, count + 2):
            rows.append(
                {
                    "row_uid": f"{number}:0:{row}",
                    "input": number,
                    "sha256": f"{number:012x}",
                    "role": role,
                    "sheet": 0,
                    "row": row,
                    "status": "used",
                }
            )
            place += 1
    for row in range(excluded):
        rows.append(
            {
                "row_uid": f"1:0:{90000 + row}",
                "input": 1,
                "sha256": f"{1:012x}",
                "role": "scores",
                "sheet": 0,
                "row": 90000 + row,
                "status": "excluded",
                "reason": "duplicate" if row % 2 else "out_of_range",
                "column": 3,
            }
        )
    return fill(oc.LEDGER, rows)


def make_cohort(
    people: Iterable[dict], *, instruments: tuple[str, ...] = ("phq9",), notes: tuple[str, ...] = ()
) -> oc.Cohort:
    """A cohort of people given as dicts: id, start ("2026-04-10"), site, totals by day ({0: 18, 33: 7})."""
    patients, infusions, scores = [], [], []
    for person in people:
        who = {"patient_id": person["id"], "site": person.get("site", "Harbor")}
        start = pd.Timestamp(person["start"])
        patients.append({**who, **OBSERVED})
        infusions += [
            {
                **who,
                "row_uid": f"2:0:{len(infusions) + place}",
                "date": start + pd.Timedelta(days=day),
                "drug": "ketamine",
                "route": "IV",
            }
            for place, day in enumerate(person.get("infusions", INFUSION_DAYS), start=2)
        ]
        for instrument in instruments:
            for day, total in person["totals"].items():
                uid = f"1:0:{len(scores) + 2}"
                scores.append(
                    {
                        **who,
                        "row_uid": uid,
                        "assessment_id": f"{uid}/{instrument}",
                        "instrument": instrument,
                        "date": start + pd.Timedelta(days=day),
                        "total": total,
                        "items_available": True,
                        "prorated": False,
                        "item_9": person.get("item_9", 0),
                    }
                )
    frames = (fill(oc.SCORES, scores), fill(oc.INFUSIONS, infusions), fill(oc.PATIENTS, patients))
    counts = {"scores": len(scores), "infusions": len(infusions), "patients": len(patients)}
    return oc.Cohort(*frames, ledger_of(counts, excluded=3), notes=notes)


def invent_people(
    n: int, *, start: str = "2025-04-03", days: int = 450, sites: tuple[str, ...] = ("Harbor", "Lakeside")
) -> list[dict]:
    """People whose scores fall, stay or rise in a fixed pattern; every fifth misses the endpoint."""
    people = []
    for place in range(n):
        base, slope = 12 + place % 13, (0.35, 0.6, 0.1, 0.75, -0.1)[place % 5]
        totals = {}
        for visit, day in enumerate(SCORE_DAYS):
            if (day > 0 and (place * 7 + visit * 3) % 11 == 0) or (place % 5 == 2 and day > 16):
                continue
            fall = slope * (1 - 0.5 ** (day / 6)) * base - (0.05 * max(day - 40, 0) if place % 3 == 0 else 0)
            totals[day] = int(min(27, max(0, round(base - fall + (place * 5 + visit * 7) % 4 - 1.5))))
        begun = pd.Timestamp(start) + pd.Timedelta(days=round(place * days / n))
        people.append(
            {
                "id": f"p{place:04d}",
                "start": begun,
                "site": sites[place % len(sites)],
                "totals": totals,
                "item_9": int(place % 6 == 0),
            }
        )
    return people


@pytest.fixture(scope="session")
def clinic() -> Callable[..., oc.Cohort]:
    return make_cohort


@pytest.fixture(scope="session")
def invent() -> Callable[..., list[dict]]:
    return invent_people


@pytest.fixture(scope="session")
def cohort() -> oc.Cohort:
    return make_cohort(
        invent_people(180), notes=("input-1: dates are day first, because 31 values have a day above 12.",)
    )


@pytest.fixture(scope="session")
def report(cohort) -> object:
    return oc.build_report(cohort, quarter="2026Q2", report_date="2026-10-01")
