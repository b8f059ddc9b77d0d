"""Simulated clinics with known onset and relapse: what dating at the visit does under three ways of scoring.

Its tables stand in docs/validation.md. Run: python benchmarks/calibrate_survival.py [--clinics N]
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from record import record

import outcomes as oc

SHAPE = 1.2  # of the Weibull times
MORE = 10  # times the clinics, for estimates that take little time


@dataclass(frozen=True)
class Design:
    """Scale of the true times, days that are read, first and last end of follow-up, mean gaps of visits.

    The last scheme of each has a pair of gaps: of those whose event comes late, and early.
    """

    scale: float
    days: tuple[int, ...]
    ends: tuple[int, int]
    schemes: dict[str, tuple[float, float]]


DESIGNS = {
    "onset": Design(
        30, (14, 28, 56), (40, 100),
        {"weekly": (7, 7), "two-weekly": (14, 14), "sicker more often": (5, 14)},
    ),
    "relapse": Design(
        150, (28, 84, 168), (100, 300),
        {"two-weekly": (14, 14), "four-weekly": (28, 28), "sicker more often": (28, 10)},
    ),
}  # fmt: skip


def simulate(seed: int, n: int, design: Design, scheme: str) -> pd.DataFrame:
    """True times, and the visits that bracket them."""
    rng = np.random.default_rng(seed)
    true, end = design.scale * rng.weibull(SHAPE, n), rng.integers(*design.ends, n)
    rows = []
    for who in range(n):
        mean = design.schemes[scheme][0 if true[who] > design.scale else 1]
        gaps = np.maximum(rng.poisson(mean, 60), 1)
        visits = np.cumsum(gaps)
        visits = visits[visits <= end[who]]
        with_it = visits[visits >= true[who]]
        before = visits[visits < true[who]]
        rows.append((before[-1] if len(before) else 0, with_it[0] if len(with_it) else np.nan))
    frame = pd.DataFrame(rows, columns=["left", "right"])
    event = frame["right"].notna()
    return frame.assign(event=event, time=frame["right"].fillna(frame["left"]).astype(int))


def judge(seed: int, n: int, design: Design, scheme: str) -> list[float]:
    """Error and coverage of the share without the event, interval-censored and dated at the visit."""
    data = simulate(seed, n, design, scheme)
    found: list[float] = []
    for fit in (
        oc.fit_interval_survival(data, days=design.days, n_boot=150, seed=seed),
        oc.fit_kaplan_meier(data[data["time"] > 0], landmarks=design.days),
    ):
        read = fit.extras["landmarks"].set_index("day")
        for day in design.days:
            truth = float(np.exp(-((day / design.scale) ** SHAPE)))
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
    rows = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for event, scheme in [(name, one) for name, design in DESIGNS.items() for one in design.schemes]:
            run = partial(judge, n=150, design=DESIGNS[event], scheme=scheme)
            found = np.array(list(pool.map(run, range(asked.clinics), chunksize=5)))
            for place, day in enumerate(DESIGNS[event].days):
                columns = [2 * place, 2 * place + 1, 6 + 2 * place, 7 + 2 * place]
                bias, covers, late, late_covers = np.nanmean(found[:, columns], axis=0)
                rows.append(
                    {
                        "event": event,
                        "visits": scheme,
                        "day": day,
                        "between visits: bias": f"{100 * bias:+.1f}",
                        "covers": f"{covers:.1%}",
                        "at the visit: bias": f"{100 * late:+.1f}",
                        "covers ": f"{late_covers:.1%}",
                    }
                )
        many = range(asked.clinics * MORE)
        found = np.array(list(pool.map(partial(judge_mean, n=150), many, chunksize=5)))
    bias, covers = found[:, ::2].mean(axis=0), found[:, 1::2].mean(axis=0)
    means = [
        {
            "estimate": "restricted mean to day 25, days",
            "bias": f"{bias[0]:+.2f}",
            "covers": f"{covers[0]:.1%}",
        },
        {
            "estimate": "log hazard ratio, ties and late entry",
            "bias": f"{bias[1]:+.3f}",
            "covers": f"{covers[1]:.1%}",
        },
    ]
    record(
        "calibrate_survival",
        {"Share without the event": rows, "Restricted mean and hazard ratio": means},
        clinics=asked.clinics,
        clinics_of_the_last=len(many),
    )


if __name__ == "__main__":
    main()
