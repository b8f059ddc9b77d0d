"""Random histories of patients, with every oddity that the rules speak of, and the frames made of them."""

from __future__ import annotations

import datetime

import pandas as pd

from outcomes.schema import EXCLUDED, INFUSIONS, PATIENTS, SCORES

from .rules import HIGHEST

CLOCKS = (None, None, 30_000, 36_000, 40_000, 50_400, 60_000, 86_000)
PHASES = (None, None, "induction", "maintenance", "re-induction")
GAPS = (0, 1, 2, 3, 3, 4, 4, 7, 7, 10, 11, 14, 29, 30, 31, 60, 61, 70)


def draw_patient(rng, id):
    """One patient as plain values; days are ordinals of dates, or study days where there are no dates."""
    dated = rng.random() < 0.8
    zero = datetime.date(2025, 1, 1).toordinal() + rng.randrange(500) if dated else 0
    days, day = [], 0
    for _ in range(rng.choice([0, 1, 2, 4, 6, 6, 8, 8, 10, 12, 16])):
        days.append(day)
        day += rng.choice(GAPS)
    declares = rng.random() < 0.2
    infusions = [
        {
            "row_uid": f"{id}:i{number:02d}", "day": zero + day, "clock": rng.choice((None, 36_000, 43_200)),
            "declared": rng.choice(PHASES) if declares else None,
            "route": rng.choice((None, "IV", "IM", "SL")),
            "drug": rng.choice((None, "ketamine", "esketamine")),
            "site": rng.choice((None, "Harbor", "Lake")),
        }
        for number, day in enumerate(days)
    ]  # fmt: skip
    last = max(days, default=0)
    return {
        "id": id, "dated": dated, "zero": zero, "infusions": infusions,
        "scores": [
            draw_score(rng, f"{id}:a{number:02d}", days, zero, last) for number in range(rng.randint(0, 18))
        ],
        "excluded": [
            draw_score(rng, f"{id}:x{number:02d}", days, zero, last)
            | {"reason": rng.choice(("duplicate", "conflicting_duplicate", "total_mismatch"))}
            for number in range(rng.choice((0, 0, 1, 3)))
        ],
        "site": rng.choice((None, "Harbor", "Summit")), "period": rng.choice((None, "2026Q1")),
        "until": zero + rng.choice((20, 28, 29, 44, 58, 59, 118, 119, 240, 425, 600, 600, 600)),
        "observed_from": zero - rng.choice((0, 59, 60, 200)) if dated and rng.random() < 0.3 else None,
        "admission": zero + rng.randrange(-20, 200) if dated and rng.random() < 0.2 else None,
    }  # fmt: skip


def draw_score(rng, id, days, zero, last):
    instrument = rng.choice(("phq9", "phq9", "phq9", "gad7", "pcl5"))
    borders = (-30, -14, 0, 14, 31, 60, 119, 120, 240, 305, 425)
    day = rng.choice((rng.choice(days) if days else 0, rng.randint(-35, last + 60), rng.randint(0, last + 40),
                      rng.randint(0, 60), rng.choice(borders)))  # fmt: skip
    high = HIGHEST[instrument]
    total = rng.choice(
        (rng.randint(0, high), rng.randint(0, high), rng.randint(high // 3, high), rng.randint(0, 9))
    )
    return {
        "id": id, "instrument": instrument, "day": None if rng.random() < 0.01 else zero + day,
        "clock": rng.choice(CLOCKS), "label": rng.choice((None, None, None, None, "before", "after")),
        "total": None if rng.random() < 0.1 else total, "site": rng.choice((None, None, "Harbor", "Lake")),
    }  # fmt: skip


def make_frames(patients):
    """Give scores, infusions, patients and excluded questionnaires as the loader would."""
    scores, infusions, people, excluded = [], [], [], []
    for one in patients:
        where = place_of(one)
        for row in one["scores"]:
            scores.append(
                {"assessment_id": row["id"], "patient_id": one["id"], "instrument": row["instrument"],
                 "clock": row["clock"], "declared_timing": row["label"], "total": row["total"],
                 "site": row["site"], **where(row["day"])}
            )  # fmt: skip
        for row in one["excluded"]:
            excluded.append(
                {"assessment_id": row["id"], "patient_id": one["id"], "instrument": row["instrument"],
                 "clock": row["clock"], "declared_timing": row["label"], "reason": row["reason"],
                 "site": None, **where(row["day"])}
            )  # fmt: skip
        for row in one["infusions"]:
            infusions.append(
                {"row_uid": row["row_uid"], "patient_id": one["id"], "clock": row["clock"],
                 "site": row["site"], "declared_phase": row["declared"], "route": row["route"],
                 "drug": row["drug"], **where(row["day"], mixed=False)}
            )  # fmt: skip
        person = {"patient_id": one["id"], "site": one["site"], "period": one["period"]}
        if one["dated"]:
            person |= {"observed_until": to_date(one["until"]),
                       "observed_from": to_date(one["observed_from"]),
                       "admission_date": to_date(one["admission"])}  # fmt: skip
        else:
            person |= {"observed_until_day": one["until"]}
        people.append(person)
    return fill(SCORES, scores), fill(INFUSIONS, infusions), fill(PATIENTS, people), fill(EXCLUDED, excluded)


def place_of(patient):
    """Dates, or study days; of a patient with dates a few questionnaires have study days all the same."""
    first = min((one["day"] for one in patient["infusions"]), default=None)

    def where(day, *, mixed=True):
        if day is None:
            return {}
        if not patient["dated"]:
            return {"study_day": day}
        if mixed and first is not None and day % 17 == 0 and day != first:
            return {"study_day": day - first}
        return {"date": to_date(day)}

    return where


def to_date(ordinal):
    return None if ordinal is None else datetime.datetime.fromordinal(ordinal)


def fill(schema, rows):
    columns = {column.name: column.dtype for column in schema.required_columns}
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)
