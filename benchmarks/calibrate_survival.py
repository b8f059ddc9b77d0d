"""Simulated clinics with known onset: what dating at the visit does under three ways of scoring.

Prints the table of docs/onset-and-relapse.md. Run: python benchmarks/calibrate_survival.py [--clinics N]
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pandas as pd

import outcomes as oc

DAYS = (14, 28, 56)
SCALE, SHAPE = 30.0, 1.2  # of the Weibull time to response


def simulate(seed: int, n: int, scheme: str) -> pd.DataFrame:
    """True onset, and the visits that bracket it: weekly, two-weekly, or more often in the sicker."""
    rng = np.random.default_rng(seed)
    true, end = SCALE * rng.weibull(SHAPE, n), rng.integers(40, 100, n)
    rows = []
    for who in range(n):
        mean = {"weekly": 7.0, "two-weekly": 14.0, "sicker more often": 5.0 if true[who] > SCALE else 14.0}[
            scheme
        ]
        gaps = np.maximum(rng.poisson(mean, 60), 1)
        visits = np.cumsum(gaps)
        visits = visits[visits <= end[who]]
        with_it = visits[visits >= true[who]]
        before = visits[visits < true[who]]
        rows.append((before[-1] if len(before) else 0, with_it[0] if len(with_it) else np.nan))
    frame = pd.DataFrame(rows, columns=["left", "right"])
    event = frame["right"].notna()
    return frame.assign(event=event, time=frame["right"].fillna(frame["left"]).astype(int))


def judge(seed: int, n: int, scheme: str) -> list[float]:
    """Error and coverage of the share without response, interval-censored and dated at the visit."""
    data = simulate(seed, n, scheme)
    found: list[float] = []
    for fit in (
        oc.fit_interval_survival(data, days=DAYS, n_boot=150, seed=seed),
        oc.fit_kaplan_meier(data[data["time"] > 0], landmarks=DAYS),
    ):
        read = fit.extras["landmarks"].set_index("day")
        for day in DAYS:
            truth = float(np.exp(-((day / SCALE) ** SHAPE)))
            row = read.loc[day]
            found += [row["estimate"] - truth, row["conf_low"] <= truth <= row["conf_high"]]
    return found


def judge_mean(seed: int, n: int) -> list[float]:
    """Error and coverage of a restricted mean, and of a hazard ratio with ties and late entry."""
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % 2
    true, end = np.ceil(rng.exponential(40 / np.exp(0.5 * arm))), rng.integers(30, 200, n)
    entry = rng.integers(0, 5, n)
    data = pd.DataFrame(
        {"arm": np.array(["A", "B"])[arm], "time": np.minimum(true, end).astype(int), "event": true <= end}
    )
    late = data.assign(entry=entry)[data["time"] > entry]
    grid = np.arange(0, 25)
    truth = float(np.exp(-grid / 40).sum())
    row = oc.estimate_restricted_mean(data[data["arm"] == "A"], tau=25).table.iloc[0]
    cox = oc.fit_cox(late, "~ arm", entry="entry").table.iloc[0]
    return [
        row["estimate"] - truth, row["conf_low"] <= truth <= row["conf_high"],
        cox["estimate"] - 0.5, cox["conf_low"] <= 0.5 <= cox["conf_high"],
    ]  # fmt: skip


def main() -> None:
    """Run the designs and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clinics", type=int, default=300)
    asked = parser.parse_args()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        print("| visits | day | between visits: bias | covers | at the visit: bias | covers |")
        print("|---|---|---|---|---|---|")
        for scheme in ("weekly", "two-weekly", "sicker more often"):
            found = np.array(
                list(pool.map(partial(judge, n=150, scheme=scheme), range(asked.clinics), chunksize=5))
            )
            for place, day in enumerate(DAYS):
                ours, theirs = found[:, 2 * place : 2 * place + 2], found[:, 6 + 2 * place : 8 + 2 * place]
                print(
                    f"| {scheme} | {day} | {100 * ours[:, 0].mean():+.1f} | {np.nanmean(ours[:, 1]):.1%} | "
                    f"{100 * np.nanmean(theirs[:, 0]):+.1f} | {np.nanmean(theirs[:, 1]):.1%} |",
                    flush=True,
                )
        found = np.array(list(pool.map(partial(judge_mean, n=150), range(asked.clinics), chunksize=5)))
        print("\n| estimate | bias | covers |\n|---|---|---|")
        print(f"| restricted mean to day 25 | {found[:, 0].mean():+.2f} days | {found[:, 1].mean():.1%} |")
        print(
            f"| log hazard ratio, ties, late entry | {found[:, 2].mean():+.3f} | {found[:, 3].mean():.1%} |"
        )


if __name__ == "__main__":
    main()
