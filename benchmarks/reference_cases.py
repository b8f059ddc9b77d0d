"""How far our numbers lie from those of R on the same data, case by case; no timing.

The answers of R, and the scripts that made them, are in tests/reference. The table is in docs/validation.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from record import record

import outcomes as oc

ANSWERS = Path(__file__).parents[1] / "tests" / "reference"
FIXED = ("estimate", "std_error", "df")


def read_answers(name: str) -> dict[str, Any]:
    """The answers of R to one file of cases, with their data."""
    return dict(json.loads((ANSWERS / f"{name}.json").read_text(encoding="utf-8")))


def find_distance(ours: object, theirs: object) -> float:
    """The greatest relative difference; where the answer is zero, the absolute one."""
    own, other = np.asarray(ours, dtype=float).ravel(), np.asarray(theirs, dtype=float).ravel()
    apart = np.abs(own - other)
    return float(np.nanmax(np.where(other == 0, apart, apart / np.where(other == 0, 1, np.abs(other)))))


def compare(case: str, program: str, pairs: dict[str, tuple[object, object]]) -> dict[str, object]:
    """The row of a case: how many numbers, and the farthest of them."""
    return {
        "case": case,
        "against": program,
        "compared": ", ".join(pairs),
        "numbers": sum(np.asarray(theirs, dtype=float).size for _, theirs in pairs.values()),
        "greatest difference": f"{max(find_distance(*pair) for pair in pairs.values()):.0e}",
    }


def compare_mixed() -> Iterator[dict[str, object]]:
    """Random intercepts and slopes, with both adjustments of degrees of freedom."""
    answers = read_answers("mixed_models")
    data = pd.DataFrame(answers["data"])
    for model, method, options in (
        ("slope", "kenward-roger", {}),
        ("slope", "satterthwaite", {}),
        ("level", "kenward-roger", {"re_formula": "~1"}),
        ("slope_ml", "satterthwaite", {"reml": False}),
    ):
        want = answers[model]
        fit = oc.fit_mixed_model(data, "total ~ day * route + baseline", df_method=method, **options)
        rows = fit.table[fit.table["kind"] == "fixed"].set_index("term")
        rows.index = rows.index.str.replace("Intercept", "(Intercept)").str.replace(
            r"\[T\.|\]", "", regex=True
        )
        theirs = want[method.replace("-", "_")]
        rows = rows.loc[theirs["terms"]]
        pairs = {name: (rows[name], theirs[name]) for name in FIXED}
        pairs["deviance"] = (
            -2 * fit.model.llf,
            want["deviance" if model == "slope_ml" else "reml_criterion"],
        )
        program = "lme4, pbkrtest" if method == "kenward-roger" else "lme4, lmerTest"
        yield compare(f"mixed model, {model.replace('_', ' ')}, {method}", program, pairs)


def compare_sites() -> Iterator[dict[str, object]]:
    """Patients within sites, and patients seen at two."""
    answers = read_answers("sites")
    for name in ("slope_kr", "crossed_kr"):
        data = pd.DataFrame(answers["data"])
        data = data.assign(site=answers["moved"]) if name.startswith("crossed") else data
        re_formula = "~week" if name.startswith("slope") else "~1"
        fit = oc.fit_mixed_model(data, "total ~ week * arm", re_formula=re_formula, sites="site")
        rows = fit.table[fit.table["kind"] == "fixed"].set_index("term")
        rows = rows.loc[["Intercept", "week", "arm[T.B]", "week:arm[T.B]"]]
        pairs = {column: (rows[column], answers[name][column]) for column in FIXED}
        what = "patients within sites" if name == "slope_kr" else "patients seen at two sites"
        yield compare(f"mixed model, {what}", "lme4, pbkrtest", pairs)


def compare_visits() -> Iterator[dict[str, object]]:
    """Repeated measures with five covariances."""
    answers = read_answers("mmrm")
    data = pd.DataFrame(answers["data"])
    for covariance, want in answers["fits"].items():
        fit = oc.fit_mmrm(
            data,
            "y ~ C(week) * arm",
            visit="week",
            groups="id",
            covariance=covariance,
            df_method="satterthwaite",
        )
        rows = fit.table[fit.table["kind"] == "fixed"]
        pairs = {name: (rows[name], want[name]) for name in ("estimate", "std_error")}
        yield compare(f"repeated measures, {covariance}", "nlme::gls", pairs)


def compare_curves() -> Iterator[dict[str, object]]:
    """Kaplan-Meier curves and the log-rank test."""
    answers = read_answers("survival")
    data = pd.DataFrame(answers["data"])
    table = oc.fit_kaplan_meier(data, by="arm").table
    pairs = {}
    for name in ("estimate", "conf_low", "conf_high"):
        ours, theirs = [], []
        for arm, want in answers["kaplan_meier"].items():
            ours += table[table["group"] == arm].set_index("day").loc[want["day"], name].tolist()
            theirs += want[name]
        pairs[name] = (ours, pd.to_numeric(pd.Series(theirs, dtype="object")))
    yield compare("Kaplan-Meier, three groups", "survival", pairs)
    test = oc.compare_survival(data, by="arm").table["statistic"].iloc[0]
    yield compare("log-rank test", "survival", {"statistic": (test, answers["log_rank"]["statistic"])})


def compare_survival_models() -> Iterator[dict[str, object]]:
    """Cox regression, competing events, restricted means, regression on intervals."""
    answers = read_answers("survival_models")
    data = pd.DataFrame(answers["data"]).assign(event=lambda one: one["event"].astype(bool))
    for case, errors, options in (
        ("cox", "std_error", {}),
        ("late", "robust", {"entry": "entry", "clusters": "site"}),
    ):
        table, want = oc.fit_cox(data, "~ arm + baseline", **options).table, answers[case]
        what = "ties" if case == "cox" else "late entry, robust by site"
        pairs = {
            "estimate": (table["estimate"], want["estimate"]),
            "std_error": (table["std_error"], want[errors]),
        }
        yield compare(f"Cox, {what}", "survival", pairs)
    want = answers["incidence"]
    found = oc.fit_cumulative_incidence(data, days=want["day"]).extras["landmarks"].set_index("cause")
    for cause in ("response", "stopped"):
        pairs = {
            "estimate": (found.loc[cause, "estimate"], want[cause]),
            "std_error": (found.loc[cause, "std_error"], want[f"error_{cause}"]),
        }
        yield compare(f"cumulative incidence, {cause}", "survival", pairs)
    statistic = [
        oc.compare_cumulative_incidence(data, by="arm", of=cause).table["statistic"].iloc[0]
        for cause in ("response", "stopped")
    ]
    yield compare("Gray's test (another covariance)", "cmprsk", {"statistic": (statistic, answers["gray"])})
    means = oc.estimate_restricted_mean(data, tau=40, by="arm").table.set_index("group")
    theirs = np.array([answers["restricted_mean"][arm] for arm in means.index])
    pairs = {"estimate": (means["estimate"], theirs[:, 0]), "std_error": (means["std_error"], theirs[:, 1])}
    yield compare("restricted mean", "survival", pairs)


def compare_change() -> Iterator[dict[str, object]]:
    """Six indices of reliable change."""
    answers = read_answers("change")
    given = answers["given"]
    totals = {"baseline": given["before"], "endpoint_total": given["after"]}
    pairs = pd.DataFrame({"instrument": "phq9"} | totals)
    reliability = {name: given[name] for name in ("reliability", "reliability_after")}
    indices = {}
    for method, want in answers["index"].items():
        judged = oc.derive_change_index(
            pairs, method=method, cutoff="c", functional=tuple(given["functional"]), **reliability
        )
        indices[method] = (judged["change_index"], want)
    yield compare("reliable change, six indices", "base R, by published formulas", indices)


CASES = (
    compare_mixed,
    compare_sites,
    compare_visits,
    compare_curves,
    compare_survival_models,
    compare_change,
)


def main() -> None:
    """Compare every case."""
    rows = [row for run in CASES for row in run()]
    record("reference_cases", {"Distance from R": rows})


if __name__ == "__main__":
    main()
