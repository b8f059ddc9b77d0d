"""Simulated clinics where the truth is known: coverage, type I error, and what sensitivity analyses recover.

Its tables stand in docs/validation.md. Run: python benchmarks/calibrate_mixed_models.py [--clinics N]
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pandas as pd
from record import record

import outcomes as oc

WEEKS = np.array([0, 1, 2, 4, 6, 8])
SLOPE, EFFECT = -0.8, -0.4  # points per week; of the second arm in addition


def simulate_growth(seed: int, n: int, *, effect: float, dropout: float) -> pd.DataFrame:
    """Random intercept and slope; the last score seen decides who leaves (missing at random)."""
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % 2
    own = rng.multivariate_normal([0, 0], [[16, -0.6], [-0.6, 0.25]], n)
    mean = 17 + own[:, :1] + (SLOPE + effect * arm[:, None] + own[:, 1:]) * WEEKS
    total = mean + rng.normal(0, 2.2, mean.shape)
    gone = np.zeros(n, dtype=bool)
    seen = np.ones(total.shape, dtype=bool)
    for place in range(1, len(WEEKS)):
        chance = dropout / (len(WEEKS) - 2) * 2 / (1 + np.exp(-(total[:, place - 1] - mean.mean()) / 4))
        gone |= (rng.random(n) < chance) & (place > 1)
        seen[:, place] = ~gone
    who, place = np.nonzero(seen)
    return pd.DataFrame(
        {
            "patient_id": who,
            "week": WEEKS[place],
            "arm": np.array(["A", "B"])[arm[who]],
            "total": total[who, place],
        }
    )


def judge_growth(seed: int, n: int, effect: float, dropout: float, method: str) -> tuple[float, ...]:
    """Covers the slope, covers the difference at week 8, p of the difference of slopes, OK, error."""
    data = simulate_growth(seed, n, effect=effect, dropout=dropout)
    fit = oc.fit_mixed_model(data, "total ~ week * arm", re_formula="~week", df_method=method)
    if fit.verdict == "NOT ESTIMABLE":
        return (np.nan,) * 5
    table = fit.table.set_index("term")
    means = oc.compare_marginal_means(fit, at={"week": [8]}, reference={"arm": "A"}).table.iloc[0]
    slope = table.loc["week"]
    return (
        slope["conf_low"] <= SLOPE <= slope["conf_high"],
        means["conf_low"] <= 8 * effect <= means["conf_high"],
        table.loc["week:arm[T.B]", "p_value"],
        fit.verdict == "OK",
        means["estimate"] - 8 * effect,
    )


def judge_visits(seed: int, n: int, effect: float, dropout: float, method: str) -> tuple[float, ...]:
    """The same for a model of repeated measures; in place of the slope the change of arm A in 8 weeks."""
    data = simulate_growth(seed, n, effect=effect, dropout=dropout)
    fit = oc.fit_mmrm(data, "total ~ C(week) * arm", visit="week", df_method=method)
    if fit.verdict == "NOT ESTIMABLE":
        return (np.nan,) * 5
    change = oc.compare_marginal_means(fit, at={"week": [8]}, reference={"week": 0}, by="arm").table.iloc[0]
    means = oc.compare_marginal_means(fit, at={"week": [8]}, reference={"arm": "A"}).table.iloc[0]
    return (
        change["conf_low"] <= 8 * SLOPE <= change["conf_high"],
        means["conf_low"] <= 8 * effect <= means["conf_high"],
        means["p_value"],
        fit.verdict == "OK",
        means["estimate"] - 8 * effect,
    )


def judge_jump(seed: int, n: int) -> tuple[float, ...]:
    """Dropouts of arm B do go on as arm A: error of the estimate and coverage, for mar and j2r."""
    rng = np.random.default_rng(seed)
    arm, last = np.arange(n) % 2, np.where(rng.random(n) < 0.35, rng.integers(2, 5, n), 9)
    week = np.arange(1, 5)
    drop = week > last[:, None]
    step = -1.5 * np.where(drop, 0, week) * arm[:, None]
    level = rng.normal(0, 3, (n, 1))
    total = 16 - week + step + level + rng.normal(0, 2, (n, 4))
    truth = -1.5 * 4 * (0.65 + 0.35 / 3)  # those who stay to week 4 keep the difference
    who, place = np.nonzero(~drop)
    data = pd.DataFrame(
        {
            "patient_id": who,
            "week": week[place],
            "arm": np.array(["A", "B"])[arm[who]],
            "total": total[who, place],
        }
    )
    found = []
    for rule in ("mar", "j2r"):
        row = oc.estimate_imputed_differences(
            data, "total ~ C(week) * arm", visit="week", arm="arm", reference="A", rule=rule, covariates=[]
        ).table.iloc[-1]
        found += [row["estimate"] - truth, row["conf_low"] <= truth <= row["conf_high"]]
    return tuple(found)


def judge_tip(seed: int, n: int) -> tuple[float, ...]:
    """Dropouts of arm B are 4 points worse than expected: does adding 4 recover the truth?"""
    rng = np.random.default_rng(seed)
    worse, effect, week = 4.0, -5.0, np.arange(1, 5)
    arm = np.arange(n) % 2
    level = rng.normal(0, 3, (n, 1))
    total = 16 - week + effect * week / 4 * arm[:, None] + level + rng.normal(0, 2, (n, 4))
    last = np.where((rng.random(n) < 0.3), rng.integers(2, 4, n), 9)
    drop = week > last[:, None]
    total = total + worse * drop * arm[:, None]
    truth = effect + worse * 0.3  # three in ten leave, and are worse by that
    who, place = np.nonzero(~drop)
    data = pd.DataFrame(
        {
            "patient_id": who,
            "week": week[place],
            "arm": np.array(["A", "B"])[arm[who]],
            "total": total[who, place],
        }
    )
    found = []
    for delta in (0.0, worse):
        row = oc.estimate_imputed_differences(
            data, "total ~ C(week) * arm", visit="week", arm="arm", reference="A", delta=delta, covariates=[]
        ).table.iloc[-1]
        found += [row["estimate"] - truth, row["conf_low"] <= truth <= row["conf_high"]]
    return tuple(found)


def main() -> None:
    """Run every design and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clinics", type=int, default=1_000)
    asked = parser.parse_args()
    designs = {
        ("growth", n, method): partial(judge_growth, n=n, effect=0.0, dropout=0.3, method=method)
        for n in (30, 200)
        for method in ("kenward-roger", "satterthwaite", "robust", "normal")
        if n == 30 or method in ("kenward-roger", "satterthwaite")
    }
    designs |= {
        ("growth with an effect", n, "kenward-roger"): partial(
            judge_growth, n=n, effect=EFFECT, dropout=0.3, method="kenward-roger"
        )
        for n in (30, 200)
    }
    designs |= {
        ("visits", n, "kenward-roger"): partial(
            judge_visits, n=n, effect=0.0, dropout=0.3, method="kenward-roger"
        )
        for n in (30, 200)
    }
    growth, missing = [], []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for (model, n, method), judge in designs.items():
            found = np.array(list(pool.map(judge, range(asked.clinics), chunksize=10)), dtype=float)
            none = np.isnan(found[:, 0])
            found = found[~none]
            covers, bias = found[:, :2].mean(axis=0), found[:, 4].mean() / found[:, 4].std()
            row = {
                "model": model,
                "patients": n,
                "df_method": method,
                "covers slope": f"{covers[0]:.1%}",
                "covers difference": f"{covers[1]:.1%}",
                "p < .05": f"{(found[:, 2] < 0.05).mean():.1%}",
                "verdict OK": f"{found[:, 3].mean():.1%}",
                "bias / SD": f"{bias:+.2f}",
                "not estimable": none.sum(),
            }
            growth.append(row)
        for name, judge, rules in (
            ("dropouts jump to the reference", judge_jump, ("mar", "j2r")),
            ("dropouts are 4 points worse", judge_tip, ("delta 0", "delta 4")),
        ):
            found = np.array(list(pool.map(partial(judge, n=150), range(asked.clinics // 5), chunksize=5)))
            for place, rule in enumerate(rules):
                error, covered = found[:, 2 * place], found[:, 2 * place + 1]
                missing.append(
                    {
                        "in truth": name,
                        "analysis": rule,
                        "patients": 150,
                        "bias": f"{error.mean():+.2f}",
                        "covers": f"{covered.mean():.1%}",
                    }
                )
    record(
        "calibrate_mixed_models",
        {"Mixed models": growth, "Sensitivity to missing scores": missing},
        clinics=asked.clinics,
        trials=asked.clinics // 5,
    )


if __name__ == "__main__":
    main()
