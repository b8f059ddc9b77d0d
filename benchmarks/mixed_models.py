"""Mixed models side by side: outcomes, statsmodels, lme4, pbkrtest and nlme on the same data, in one run.

Each side runs in a process of its own with one thread. Seconds are of its own clock around the call:
building from the formula counts, reading the data and imports do not. The deviance (-2 log of the restricted
likelihood) stands beside each time: a time without the optimum is no result.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from record import record

FORMULA = "total ~ week * route + site + sex + age + baseline + prior_failures"
R_FORMULA = f"{FORMULA} + (1 + week | patient_id)"
VISITS_FORMULA = "total ~ C(visit) * arm"
LIMIT = 120  # seconds

OURS = """
import json, resource, sys, time
import pandas as pd
import outcomes as oc
data = pd.read_csv(sys.argv[1])
warm = data[data["patient_id"] < 60]
{fit_warm}
clock, cpu = time.perf_counter(), time.process_time()
{fit}
wall, cpu = time.perf_counter() - clock, time.process_time() - cpu
fixed = fit.table[fit.table["kind"] == "fixed"]
print(json.dumps({{
    "wall": wall, "cpu": cpu, "deviance": {deviance}, "verdict": fit.verdict,
    "terms": fixed["term"].tolist(), "fixed": fixed["estimate"].tolist(),
    "error": fixed["std_error"].tolist(),
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}}))
"""
STATSMODELS = """
import json, resource, sys, time, warnings
import pandas as pd
import statsmodels.formula.api as smf
warnings.simplefilter("ignore")
data = pd.read_csv(sys.argv[1])
clock, cpu = time.perf_counter(), time.process_time()
fit = smf.mixedlm("{formula}", data, groups="patient_id", re_formula="~week").fit({options})
wall, cpu = time.perf_counter() - clock, time.process_time() - cpu
print(json.dumps({{
    "wall": wall, "cpu": cpu, "deviance": -2 * fit.llf,
    "verdict": "converged" if fit.converged else "not converged",
    "terms": fit.fe_params.index.tolist(), "fixed": fit.fe_params.tolist(), "error": fit.bse_fe.tolist(),
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}}))
"""
R_HEAD = """
suppressMessages({{library(jsonlite); library({package})}})
data <- read.csv(commandArgs(TRUE)[1], stringsAsFactors = TRUE)
data$patient_id <- factor(data$patient_id)
"""
R_TAIL = """
cat(toJSON(list(wall = unname(clock[3]), cpu = unname(clock[1] + clock[2]), deviance = deviance, verdict = "",
  terms = terms, fixed = fixed, error = error, memory = sum(gc()[, 6])), digits = 12, auto_unbox = TRUE))
"""
LMER = """
control <- lmerControl({control}check.conv.grad = "ignore", check.conv.hess = "ignore")
clock <- system.time(fit <- lmer({formula}, data, control = control))
deviance <- REMLcrit(fit); terms <- names(fixef(fit))
fixed <- unname(fixef(fit)); error <- unname(sqrt(diag(as.matrix(vcov(fit)))))
"""
PBKRTEST = """
fit <- lmer({formula}, data)
clock <- system.time({{adjusted <- vcovAdj(fit); rows <- diag(length(fixef(fit)))
  df <- apply(rows, 1, function(row) Lb_ddf(row, vcov(fit), adjusted))}})
deviance <- REMLcrit(fit); terms <- names(fixef(fit))
fixed <- unname(fixef(fit)); error <- unname(sqrt(diag(as.matrix(adjusted))))
"""
GLS = """
data$visit <- factor(data$visit)
clock <- system.time(fit <- gls(total ~ visit * arm, data, correlation = corSymm(form = ~ place | patient_id),
  weights = varIdent(form = ~ 1 | visit), method = "REML"))
deviance <- -2 * as.numeric(logLik(fit)); terms <- names(coef(fit))
fixed <- unname(coef(fit)); error <- unname(sqrt(diag(vcov(fit))))
"""


def simulate_growth(patients: int, seed: int = 0) -> pd.DataFrame:
    """Ten planned scores in 12 weeks, a fifth of them lost after dropout, random intercept and slope."""
    rng = np.random.default_rng(seed)
    who, week = np.repeat(np.arange(patients), 10), np.tile(np.linspace(0, 12, 10), patients)
    week = np.round(np.clip(week + rng.uniform(-0.4, 0.4, len(week)), 0, None), 2)
    gone = rng.random(patients) < 0.2
    kept = week <= np.where(gone, rng.uniform(1, 12, patients), 99)[who]
    age, baseline = rng.normal(45, 13, patients).round(), rng.normal(17, 4, patients).round()
    route, site, sex = (
        rng.integers(0, 3, patients),
        rng.integers(0, 4, patients),
        rng.integers(0, 2, patients),
    )
    failures = rng.poisson(3, patients)
    own = rng.multivariate_normal([0, 0], [[16, -0.3], [-0.3, 0.16]], patients)
    total = 3 + 0.6 * baseline[who] - (0.4 + 0.1 * route[who]) * week + 0.02 * age[who] + 0.1 * failures[who]
    total = total + own[who, 0] + own[who, 1] * week + rng.normal(0, 2.5, len(who))
    frame = pd.DataFrame(
        {
            "patient_id": who, "week": week, "total": total.round(3), "age": age[who],
            "baseline": baseline[who],
            "route": np.array(["IM", "IV", "nasal"])[route[who]],
            "site": np.array(["A", "B", "C", "D"])[site[who]],
            "sex": np.array(["F", "M"])[sex[who]], "prior_failures": failures[who],
        }
    )  # fmt: skip
    return frame[kept].reset_index(drop=True)


def simulate_visits(patients: int, seed: int = 0) -> pd.DataFrame:
    """Eight visits in two arms with unequal spread, a fifth of the patients lost on the way."""
    rng = np.random.default_rng(seed)
    who, place = np.repeat(np.arange(patients), 8), np.tile(np.arange(1, 9), patients)
    lag = np.abs(np.subtract.outer(np.arange(8), np.arange(8)))
    spread = np.linspace(4, 6, 8)
    sigma = np.outer(spread, spread) * (0.4 + 0.6 * 0.7**lag)
    noise = rng.multivariate_normal(np.zeros(8), sigma, patients).ravel()
    arm = rng.integers(0, 2, patients)[who]
    last = np.where(rng.random(patients) < 0.2, rng.integers(2, 9, patients), 9)[who]
    total = (17 - place - 0.3 * arm * place + noise).round(3)
    frame = pd.DataFrame(
        {"patient_id": who, "visit": place, "place": place, "arm": np.array(["A", "B"])[arm], "total": total}
    )
    return frame[place < last].reset_index(drop=True)


def list_sides(patients: int, repeated: bool) -> dict[str, tuple[str, str]]:
    """Name of each side -> (program, script)."""
    if repeated:
        fit = f'fit = oc.fit_mmrm({{data}}, "{VISITS_FORMULA}", visit="visit"{{more}})'
        ours = {
            name: (sys.executable, _write_ours(fit, more, 'fit.extras["deviance"]'))
            for name, more in {
                "outcomes, Kenward-Roger": "",
                "outcomes, no df": ', df_method="residual"',
            }.items()
        }
        return ours | (
            {"nlme::gls": ("Rscript", R_HEAD.format(package="nlme") + GLS + R_TAIL)}
            if patients <= 500
            else {}
        )
    fit = f'fit = oc.fit_mixed_model({{data}}, "{FORMULA}", re_formula="~week"{{more}})'
    sides = {
        name: (sys.executable, _write_ours(fit, more, "-2 * fit.model.llf"))
        for name, more in {
            "outcomes, Kenward-Roger": "",
            "outcomes, no df": ', df_method="residual"',
        }.items()
    }
    if patients <= 5_000:
        for name, options in {"statsmodels, default": "", "statsmodels, lbfgs": "method=['lbfgs']"}.items():
            sides[name] = (sys.executable, STATSMODELS.format(formula=FORMULA, options=options))
    head = R_HEAD.format(package="lme4")
    for name, control in {"lme4, no derivatives": "calc.derivs = FALSE, ", "lme4, default": ""}.items():
        sides[name] = ("Rscript", head + LMER.format(control=control, formula=R_FORMULA) + R_TAIL)
    if patients <= 500:
        head = R_HEAD.format(package="pbkrtest")
        sides["pbkrtest (after lmer)"] = ("Rscript", head + PBKRTEST.format(formula=R_FORMULA) + R_TAIL)
    return sides


def _write_ours(fit: str, more: str, deviance: str) -> str:
    return OURS.format(
        fit_warm=fit.format(data="warm", more=more), fit=fit.format(data="data", more=more), deviance=deviance
    )


def run_side(program: str, script: str, data: Path) -> dict[str, object] | str:
    """The result of one side, or why there is none."""
    if shutil.which(program) is None:
        return "not installed"
    with tempfile.NamedTemporaryFile(
        "w", suffix=".R" if program == "Rscript" else ".py", delete=False
    ) as file:
        file.write(script)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [program, file.name, str(data)],
            capture_output=True,
            text=True,
            env=environment,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"> {LIMIT} s"
    finally:
        Path(file.name).unlink()
    if done.returncode:
        return "package missing" if "there is no package" in done.stderr else "failed"
    return dict(json.loads(done.stdout))


def compare_sides(
    data: pd.DataFrame, patients: int, repeats: int, *, repeated: bool
) -> list[dict[str, object]]:
    """One row per side: median seconds, memory, distances from the best deviance and from our estimates."""
    sides = list_sides(patients, repeated)
    found: dict[str, list[dict[str, object] | str]] = {name: [] for name in sides}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        data.to_csv(path, index=False)
        for turn in range(repeats):
            for name, (program, script) in sides.items():
                slow = turn and isinstance(found[name][0], dict) and float(found[name][0]["wall"]) > 20  # type: ignore[index,arg-type]
                if not slow and not (turn and isinstance(found[name][0], str)):
                    found[name].append(run_side(program, script, path))
    good = {name: [one for one in runs if isinstance(one, dict)] for name, runs in found.items()}
    best = min((runs[0] for runs in good.values() if runs), key=lambda one: float(one["deviance"]))  # type: ignore[arg-type]
    plain = good["outcomes, no df"][0]
    rows = []
    for name, runs in good.items():
        row: dict[str, object] = {"patients": f"{patients:,}", "rows": f"{len(data):,}", "side": name}
        if not runs:
            rows.append(row | {"wall": found[name][0]})
            continue
        middle = {
            key: float(np.median([float(one[key]) for one in runs])) for key in ("wall", "cpu", "memory")
        }  # type: ignore[arg-type]
        apart = (_name_terms(runs[0]) - _name_terms(plain)).abs() / _name_terms(plain, "error")
        rows.append(
            row
            | {name: f"{value:.3f}" if name != "memory" else f"{value:.0f}" for name, value in middle.items()}
            | {
                "deviance above best": f"{float(runs[0]['deviance']) - float(best['deviance']):.1e}",  # type: ignore[arg-type]
                "estimates apart, in SE": f"{apart.max():.1e}",
                "says": runs[0]["verdict"],
            }
        )
    return rows


def _name_terms(run: dict[str, object], what: str = "fixed") -> pd.Series:
    """The numbers by term, named alike: route[T.IV]:week and week:routeIV are one term."""
    names = (
        pd.Index(run["terms"])
        .str.replace(r"C\((\w+)\)", r"\1", regex=True)
        .str.replace(r"\[T?\.?|\]|[()]", "", regex=True)
    )  # type: ignore[arg-type]
    return pd.Series(run[what], index=[":".join(sorted(name.split(":"))) for name in names]).sort_index()


def main() -> None:
    """Run every side on both models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, nargs="+", default=[500, 5_000, 50_000])
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    tables: dict[str, list[dict[str, object]]] = {}
    for title, repeated, simulate in (
        ("Random intercept and slope, 12 fixed effects, REML", False, simulate_growth),
        ("Eight visits, unstructured covariance, REML", True, simulate_visits),
    ):
        rows: list[dict[str, object]] = []
        for patients in asked.patients:
            rows += compare_sides(simulate(patients), patients, asked.repeats, repeated=repeated)
        tables[title] = rows
    record("mixed_models", tables, repeats=asked.repeats)


if __name__ == "__main__":
    main()
