"""From scores and infusions to courses and event times, at growing numbers of patients."""

from __future__ import annotations

import os
import time

import numpy as np
import pandas as pd

import outcomes as oc

INFUSION_DAYS = (0, 3, 7, 10, 14, 17)
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


def main() -> None:
    """Print CPU and wall seconds of each step."""
    print(f"load {os.getloadavg()[0]:.1f}")
    print(f"{'patients':>9} {'scores':>9} {'step':<20} {'CPU s':>8} {'wall s':>8}")
    for patients in (1_000, 10_000, 100_000):
        scores, infusions, people = make_clinic(patients)
        results: dict[str, pd.DataFrame] = {}
        steps = {
            "derive_endpoints": lambda: oc.derive_endpoints(scores, infusions, people),  # noqa: B023
            "build_courses": lambda: oc.build_courses(results["derive_endpoints"], infusions, people),  # noqa: B023
            "build_onset_times": lambda: oc.build_onset_times(results["derive_endpoints"]),  # noqa: B023
        }
        for name, step in steps.items():
            cpu, wall = time.process_time(), time.perf_counter()
            results[name] = step()
            seconds = (time.process_time() - cpu, time.perf_counter() - wall)
            print(f"{patients:>9,} {len(scores):>9,} {name:<20} {seconds[0]:8.2f} {seconds[1]:8.2f}")


if __name__ == "__main__":
    main()
