"""From an export to SCORES, beside pandas reading the file as text and a script that scores by patient."""

from __future__ import annotations

import argparse
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from record import record

VISITS, DAYS_APART = 10, 14
INSTRUMENTS = {"phq9": (9, 3), "gad7": (7, 3), "pcl5": (20, 4)}
LAYOUT = "limited_data_set = true\n"
CHUNK = 200_000
SCRIPT_ROWS = 10_000
"""Rows on which the script of an analyst is timed; it is scaled from there, for it is linear and slow."""


def write_export(path: Path, rows: int, *, instruments: tuple[str, ...]) -> None:
    """Write a made-up export: ten visits per patient, in the order of their dates.

    With one instrument the columns are patient_id, date, its items and recorded total, and app_version, which
    nothing reads (13 for PHQ-9); with several there are no totals (38 for all three).
    """
    rng = np.random.default_rng(rows)
    patient, visit = np.divmod(np.arange(rows), VISITS)
    day = patient * 7_919 % 1_200 + visit * DAYS_APART
    order = np.argsort(day, kind="stable")
    items = [(id, number) for id in instruments for number in range(1, INSTRUMENTS[id][0] + 1)]
    single = len(instruments) == 1
    extra = [f"{instruments[0]}_total", "app_version"] if single else []
    with path.open("w", encoding="ascii") as file:
        file.write(
            ",".join(["patient_id", "date", *(f"{id}_{number}" for id, number in items), *extra]) + "\n"
        )
        for start in range(0, rows, CHUNK):
            at = order[start : start + CHUNK]
            answers = [rng.integers(0, INSTRUMENTS[id][1] + 1, len(at), dtype=np.int8) for id, _ in items]
            dates = (np.datetime64("2021-01-04") + day[at]).astype("datetime64[D]").astype(str)
            columns = [np.char.add("P", np.char.zfill(patient[at].astype(str), 7)), dates]
            columns += [answer.astype(str) for answer in answers]
            if single:
                total = np.sum(answers, axis=0, dtype=np.int64)
                columns += [total.astype(str), np.char.add("4.", (day[at] // 90).astype(str))]
            file.write("\n".join(map(",".join, zip(*(c.tolist() for c in columns), strict=True))) + "\n")


def read_text(path: str) -> object:
    """All cells as text, and nothing else."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, na_filter=False)


def run_script(path: str) -> object:
    """What an analyst would write: patient by patient, repeats dropped, items summed where all are there."""
    frame = read_text(path)
    items = [name for name in frame.columns if name[-1].isdigit()]  # type: ignore[attr-defined]

    def score_patient(rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows.assign(date=pd.to_datetime(rows["date"])).sort_values("date").drop_duplicates("date")
        answers = rows[items].apply(pd.to_numeric, errors="coerce")
        return rows.assign(total=answers.sum(axis=1).where(answers.notna().all(axis=1)))

    return frame.groupby("patient_id", group_keys=False)[frame.columns].apply(score_patient)  # type: ignore[attr-defined]


def load(path: str) -> object:
    """load_cohort with every check."""
    import outcomes as oc

    cohort = oc.load_cohort(path, layout=LAYOUT, progress=lambda said: print(said, file=sys.stderr))
    assert len(cohort.ledger) == int((cohort.ledger["status"] == "used").sum())
    return cohort


SIDES = {"outcomes": load, "read_csv": read_text, "script": run_script}


def measure(side: str, path: Path) -> tuple[float, float, float]:
    """Wall and CPU seconds and peak memory (MB) of one side, in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--side", side, "--file", str(path)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    wall, cpu, peak = map(float, done.stdout.split())
    return wall, cpu, peak


def run_side(side: str, path: str) -> None:
    """Time one side; the imports are not counted, the memory of everything is."""
    import outcomes as oc

    oc.load_cohort  # noqa: B018 - loads the heavy libraries before the clock starts
    wall, cpu = time.perf_counter(), time.process_time()
    result = SIDES[side](path)
    seconds = (time.perf_counter() - wall, time.process_time() - cpu)
    assert result is not None
    print(*seconds, measure_peak())


def measure_peak() -> float:
    """Peak memory of this process in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # the other count is inherited from the process that started this one
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        assert found is not None
        return int(found[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def compare(rows: int, instruments: tuple[str, ...], repeats: int, folder: Path) -> list[dict[str, object]]:
    """Run the sides alternately on one file; a row of medians for each."""
    path = folder / f"{len(instruments)}x{rows}.csv"
    write_export(path, rows, instruments=instruments)
    found: dict[str, list[tuple[float, float, float]]] = {"outcomes": [], "read_csv": []}
    for _ in range(repeats):
        for side, runs in found.items():
            runs.append(measure(side, path))
    base = statistics.median(wall for wall, _, _ in found["read_csv"])
    megabytes = path.stat().st_size / 1e6
    path.unlink()
    shown: list[dict[str, object]] = []
    for side, runs in found.items():
        wall, cpu, peak = (statistics.median(part) for part in zip(*runs, strict=True))
        shown.append(
            {
                "rows": f"{rows:,}",
                "instruments": "+".join(instruments),
                "MB": f"{megabytes:.1f}",
                "side": side,
                "wall s": f"{wall:.2f}",
                "CPU s": f"{cpu:.2f}",
                "peak MB": f"{peak:.0f}",
                "times read_csv": f"{wall / base:.1f}",
            }
        )
    return shown


def main() -> None:
    """Run every file, or measure one side for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--side", choices=SIDES)
    parser.add_argument("--file")
    given = parser.parse_args()
    if given.side:
        run_side(given.side, given.file)
        return
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rows in given.rows:
            found += compare(rows, ("phq9",), given.repeats, folder)
        for rows in given.rows:
            if rows <= 1_000_000:
                found += compare(rows, tuple(INSTRUMENTS), given.repeats, folder)
        path = folder / "script.csv"
        write_export(path, SCRIPT_ROWS, instruments=("phq9",))
        wall = statistics.median(measure("script", path)[0] for _ in range(given.repeats))
    script = {
        "rows": f"{SCRIPT_ROWS:,}",
        "wall s": f"{wall:.2f}",
        "scaled to 1,000,000 rows": f"{wall * 1_000_000 / SCRIPT_ROWS:.0f}",
    }
    record(
        "loading",
        {"From an export to SCORES": found, "A script with groupby.apply": [script]},
        repeats=given.repeats,
    )


if __name__ == "__main__":
    main()
