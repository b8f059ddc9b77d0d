"""fit_mixed_model beside statsmodels' own optimizers: seconds, and distance from the best log-likelihood."""

from __future__ import annotations

import os
import platform
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import statsmodels
import statsmodels.formula.api as smf

import outcomes as oc

FORMULA = "total ~ bs(day, df=4) * route + baseline"


def simulate(patients: int, seed: int = 0) -> pd.DataFrame:
    """Ten scores per patient on days 1 to 60 with a random intercept and slope."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(patients), 10)
    day = np.tile(np.linspace(2, 60, 10), patients) + rng.integers(-1, 2, who.size)
    baseline = rng.normal(17, 5, patients)[who]
    own = rng.multivariate_normal([0, 0], [[20, -0.02], [-0.02, 0.002]], patients)[who]
    total = (
        4 + 0.4 * baseline + 6 * np.exp(-day / 7) + own[:, 0] + own[:, 1] * day + rng.normal(0, 2.2, who.size)
    )
    route = np.array(["IV", "IM"])[(who % 2)]
    return pd.DataFrame(
        {"patient_id": who.astype(str), "day": day, "baseline": baseline, "route": route, "total": total}
    )


def run(fit: Callable[[], object]) -> tuple[object, float, float]:
    """The result, CPU and wall seconds of one run."""
    cpu, wall = time.process_time(), time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = fit()
    return result, time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    """Run every side once per size, alternating."""
    print(
        f"Python {platform.python_version()}, statsmodels {statsmodels.__version__}, "
        f"load {os.getloadavg()[0]:.1f}"
    )
    print(f"{'patients':>9} {'side':<34} {'CPU s':>8} {'wall s':>8} {'log-likelihood below the best':>30}")
    for patients in (200, 500):
        data = simulate(patients)

        def ours(data: pd.DataFrame = data) -> float:
            fit = oc.fit_mixed_model(data, FORMULA, re_formula="~day")
            return fit.model.llf

        def theirs(method: str | None, unit: str, data: pd.DataFrame = data) -> float:
            # the likelihood does not depend on the unit of time of the random slope; the optimizers do
            weekly = data.assign(week=data["day"] / 7)
            model = smf.mixedlm(FORMULA, weekly, groups="patient_id", re_formula=f"~{unit}")
            return (model.fit() if method is None else model.fit(method=[method])).llf

        sides = {
            "outcomes, with Kenward-Roger": ours,
            "statsmodels, default, days": lambda theirs=theirs: theirs(None, "day"),
            "statsmodels, default, weeks": lambda theirs=theirs: theirs(None, "week"),
            "statsmodels, lbfgs, weeks": lambda theirs=theirs: theirs("lbfgs", "week"),
        }
        found = {name: run(side) for name, side in sides.items()}
        best = max(llf for llf, _, _ in found.values())
        for name, (llf, cpu, wall) in found.items():
            print(f"{patients:>9} {name:<34} {cpu:8.2f} {wall:8.2f} {best - llf:30.2e}")


if __name__ == "__main__":
    main()
