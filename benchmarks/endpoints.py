"""From SCORES and INFUSIONS to COURSES and EVENTS, beside a loop over patients in pandas."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

import numpy as np
import pandas as pd
from per_patient import judge_all
from record import record

import outcomes as oc

INFUSION_DAYS = (0, 3, 7, 10, 14, 17)
SLOW_LIMIT = 10_000  # patients that the loop is asked for
SCORE_DAYS = (-3, 3, 7, 10, 14, 17, 31, 45, 60, 90)


def make_frame(schema, **columns) -> pd.DataFrame:
    """A frame of a schema from some of its columns; the others are missing."""
    frame = schema.empty().reindex(range(len(next(iter(columns.values()))))).assign(**columns)
    return frame.astype({column.name: column.dtype for column in schema.required_columns})


def make_clinic(patients: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Scores, infusions and patients of a clinic in which everybody keeps the schedule."""
    rng = np.random.default_rng(0)
    ids = np.arange(patients).astype(str)
    start = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 400, patients), unit="D")

    def repeat(days: tuple[int, ...]) -> dict:
        when = np.repeat(start, len(days)) + pd.to_timedelta(np.tile(days, patients), unit="D")
        return {"patient_id": np.repeat(ids, len(days)), "date": when}

    doses, visits = repeat(INFUSION_DAYS), repeat(SCORE_DAYS)
    numbers = {name: np.arange(len(part["date"])).astype(str) for name, part in (("i", doses), ("s", visits))}
    infusions = make_frame(oc.INFUSIONS, row_uid=numbers["i"], route=["IV"] * len(numbers["i"]), **doses)
    totals = rng.integers(0, 28, len(numbers["s"]))
    scores = make_frame(
        oc.SCORES, assessment_id=numbers["s"], instrument=["phq9"] * len(totals), total=totals, **visits
    )
    until = [pd.Timestamp("2026-12-31")] * patients
    return scores, infusions, make_frame(oc.PATIENTS, patient_id=ids, observed_until=until)


def judge(scores: pd.DataFrame, infusions: pd.DataFrame, people: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """From SCORES and INFUSIONS to COURSES and EVENTS."""
    derived = oc.derive_endpoints(scores, infusions, people)
    courses = oc.build_courses(derived, infusions, people)
    onset = oc.build_onset_times(derived, courses)
    return {"courses": courses, "onset": onset, "relapse": oc.build_relapse_times(derived, courses)}


def measure(patients: int, side: str) -> None:
    """Print, as JSON, CPU, wall and peak memory of one side, in this process alone."""
    scores, infusions, people = make_clinic(patients)
    before = read_peak()
    cpu, wall = time.process_time(), time.perf_counter()
    found = judge(scores, infusions, people) if side == "outcomes" else judge_all(scores, infusions, people)
    seconds = (time.process_time() - cpu, time.perf_counter() - wall)
    k = int((found["courses"] if side == "outcomes" else found)["response"].eq(True).sum())
    row = {
        "patients": f"{patients:,}",
        "scores": f"{len(scores):,}",
        "side": side,
        "CPU s": f"{seconds[0]:.2f}",
        "wall s": f"{seconds[1]:.2f}",
        "MB with the input": f"{before:.0f}",
        "MB at the peak": f"{read_peak():.0f}",
        "responders": f"{k:,}",
    }
    print(json.dumps(row))


def read_peak() -> float:
    """Give the largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Run every size and side in a process of its own, one after the other."""
    if len(sys.argv) == 3:
        measure(int(sys.argv[1]), sys.argv[2])
        return
    rows = []
    for patients in (1_000, 10_000, 100_000, 200_000):
        for side in ("outcomes", "per patient"):
            if side == "outcomes" or patients <= SLOW_LIMIT:
                run = [sys.executable, __file__, str(patients), side]
                done = subprocess.run(run, check=True, stdout=subprocess.PIPE, text=True)
                rows.append(json.loads(done.stdout))
    record("endpoints", {"From SCORES to COURSES, onset and relapse": rows})


if __name__ == "__main__":
    main()
