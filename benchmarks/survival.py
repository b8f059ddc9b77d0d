"""Survival side by side in one run: interval-censored curves, cumulative incidence, robust Cox regression.

Ours beside lifelines, statsmodels and R's survival (where present). One thread. Seconds of the call alone.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from record import record

import outcomes as oc

R_COX = """
suppressMessages({library(survival); library(jsonlite)})
d <- read.csv(commandArgs(TRUE)[1])
t <- system.time(f <- coxph(Surv(time, event) ~ a + b + c + d + e + f, d, cluster = site))
cat(toJSON(list(seconds = unname(t[3]), value = unname(coef(f)[1])), digits = 12, auto_unbox = TRUE))
"""
R_INCIDENCE = """
suppressMessages({library(survival); library(jsonlite)})
d <- read.csv(commandArgs(TRUE)[1]); d$state <- factor(ifelse(d$cause == "", "censored", d$cause))
d$state <- relevel(d$state, "censored")
t <- system.time(f <- survfit(Surv(time, state) ~ 1, d))
cat(toJSON(list(seconds = unname(t[3]), value = summary(f, times = 28)$pstate[2]),
  digits = 12, auto_unbox = TRUE))
"""
R_INTERVAL = """
suppressMessages({library(survival); library(jsonlite)})
d <- read.csv(commandArgs(TRUE)[1])
t <- system.time(f <- survfit(Surv(left, right, type = "interval2") ~ 1, d))
cat(toJSON(list(seconds = unname(t[3]), value = summary(f, times = 28)$surv), digits = 12, auto_unbox = TRUE))
"""


def simulate(n: int, seed: int = 0) -> pd.DataFrame:
    """Visits every 3 to 14 days, six covariates, sites, a competing event, whole days."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, 6)), columns=list("abcdef"))
    risk = np.exp(0.3 * frame["a"] - 0.2 * frame["b"])
    true = np.ceil(rng.exponential(30 / risk)).clip(1, 400)
    end, stop = rng.integers(20, 120, n), np.ceil(rng.exponential(90, n))
    first = np.minimum(np.minimum(true, end), stop)
    frame["time"] = first.astype(int)
    frame["event"] = (true <= first).astype(int)
    frame["cause"] = np.where(true <= first, "response", np.where(stop <= first, "stopped", ""))
    visits = rng.integers(3, 15, (n, 40)).cumsum(axis=1)
    came = visits <= end[:, None]
    frame["left"] = np.where(came & (visits < true[:, None]), visits, 0).max(axis=1)
    seen = np.where(came & (visits >= true[:, None]), visits, np.inf).min(axis=1)
    frame["right"] = np.where(np.isfinite(seen), seen, np.nan)
    return frame.assign(site=rng.integers(0, 40, n))


def clock(call: Callable[[], float]) -> tuple[float, float]:
    """Seconds and the value of a call."""
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = call()
    return time.perf_counter() - start, value


def clock_r(script: str, data: pd.DataFrame) -> tuple[float, float] | None:
    """Seconds and the value of R; None where it is missing."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path, code = Path(folder) / "data.csv", Path(folder) / "run.R"
        data.to_csv(path, index=False)
        code.write_text(script)
        try:
            done = subprocess.run(
                ["Rscript", str(code), str(path)], capture_output=True, text=True, timeout=120, check=False
            )
        except subprocess.TimeoutExpired:
            return None
    if done.returncode:
        return None
    found = json.loads(done.stdout)
    return float(found["seconds"]), float(found["value"])


def list_sides(n: int, data: pd.DataFrame) -> dict[str, dict[str, Callable[[], tuple[float, float] | None]]]:
    """For each task the sides that are run at this size."""
    import lifelines
    from statsmodels.duration.survfunc import CumIncidenceRight

    covariates = "~ a + b + c + d + e + f"
    cause = data["cause"].replace("", None)
    codes = data["cause"].map({"": 0, "response": 1, "stopped": 2}).to_numpy()
    columns = data[[*"abcdef", "time", "event", "site"]]

    def read(fit: oc.Fit) -> float:
        return float(fit.extras["landmarks"].query("day == 28")["estimate"].iloc[0])

    def lifelines_interval() -> float:
        fit = lifelines.KaplanMeierFitter().fit_interval_censoring(data["left"], data["right"].fillna(np.inf))
        return float(fit.survival_function_.loc[:28].iloc[-1, 0])

    def statsmodels_incidence() -> float:
        fit = CumIncidenceRight(data["time"].to_numpy(), codes)
        return float(fit.cinc[0][np.searchsorted(fit.times, 28, side="right") - 1])

    return {
        "interval-censored curve, S(28)": {
            "outcomes, certified": lambda: clock(lambda: read(oc.fit_interval_survival(data, n_boot=0))),
            **(
                {"outcomes, 1,000 resamples": lambda: clock(lambda: read(oc.fit_interval_survival(data)))}
                if n <= 1_000
                else {}
            ),
            **({"lifelines": lambda: clock(lifelines_interval)} if n <= 10_000 else {}),
            **({"survival (R)": lambda: clock_r(R_INTERVAL, data[["left", "right"]])} if n <= 1_000 else {}),
        },
        "cumulative incidence, F(28)": {
            "outcomes": lambda: clock(lambda: read(oc.fit_cumulative_incidence(data.assign(cause=cause)))),
            "statsmodels": lambda: clock(statsmodels_incidence),
            "survival (R)": lambda: clock_r(R_INCIDENCE, data[["time", "cause"]]),
        },
        "Cox, six covariates, robust by site": {
            "outcomes": lambda: clock(
                lambda: float(oc.fit_cox(data, covariates, clusters="site").table["estimate"].iloc[0])
            ),
            "lifelines": lambda: clock(
                lambda: float(
                    lifelines.CoxPHFitter()
                    .fit(columns, "time", "event", cluster_col="site", robust=True)
                    .params_.iloc[0]
                )
            ),
            "survival (R)": lambda: clock_r(R_COX, columns),
        },
    }


def main() -> None:
    """Run every side at every size."""
    list_sides(50, simulate(50))
    oc.fit_cox(simulate(300), "~ a", clusters="site")
    rows = []
    for n in (1_000, 10_000, 100_000):
        for task, sides in list_sides(n, simulate(n)).items():
            for side, run in sides.items():
                found = [one for one in (run() for _ in range(3 if n < 100_000 else 1)) if one is not None]
                if found:
                    seconds = float(np.median([one[0] for one in found]))
                    rows.append(
                        {
                            "task": task,
                            "rows": f"{n:,}",
                            "side": side,
                            "seconds": f"{seconds:.3f}",
                            "value": f"{found[0][1]:.7f}",
                        }
                    )
    record("survival", {"Seconds of the call alone": rows})


if __name__ == "__main__":
    main()
