"""The fits of a report: average course, onset and relapse, each with its verdict where it cannot be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd

from outcomes.definitions.instrument import Instrument
from outcomes.definitions.profile import Profile
from outcomes.errors import EstimationError
from outcomes.models.fit import CURVE_COLUMNS, Fit
from outcomes.models.interval_survival import fit_interval_survival
from outcomes.models.marginal_means import compare_marginal_means, estimate_marginal_means
from outcomes.models.mixed import fit_mixed_model
from outcomes.models.survival import fit_kaplan_meier
from outcomes.reports.words import name_endpoint
from outcomes.summaries.groups import add_shares

KNOTS = (3, 7, 21, 42)
MEAN_DAYS = (0, 7, 14, 28, 56)
LANDMARKS = (14, 28, 56)
RELAPSE_LANDMARKS = (28, 56, 84)
N_BOOT = 500


def estimate_course(scores: pd.DataFrame, *, last_day: int) -> dict[str, Fit]:
    """Fit the average course of one instrument, a natural spline with a level and slope for each patient.

    Parameters
    ----------
    scores : DataFrame (SCORES after derive_endpoints), of one instrument
    last_day : int, later scores are left out

    Returns
    -------
    dict of Fit: model, means (at MEAN_DAYS), curve (day by day), differences (from day 0)

    Notes
    -----
    First series only. The baseline is an outcome row and stands at day 0, on whichever day before it was
    taken.
    """
    rows = scores[((scores["series"] == 1) & (scores["day"] <= last_day)).fillna(False).astype(bool)]
    rows = rows.assign(day=rows["day"].clip(lower=0).astype("float64"))
    knots = ", ".join(map(str, KNOTS))
    formula = f"total ~ cr(day, knots=[{knots}], lower_bound=0, upper_bound={last_day}, constraints='center')"
    model = _attempt("Average course", lambda: fit_mixed_model(rows, formula))
    seen = rows.loc[rows["endpoint_use"].fillna(False).astype(bool), "day"]
    last = int(seen.max()) if len(seen) else 0
    days = [day for day in MEAN_DAYS if day <= last]
    later = [day for day in days if day > 0]
    return {
        "model": model,
        "means": _attempt("Model means", lambda: estimate_marginal_means(model, at={"day": days or [0]})),
        "curve": _attempt(
            "Model curve", lambda: estimate_marginal_means(model, at={"day": list(range(last + 1))})
        ),
        "differences": _attempt(
            "Differences",
            lambda: compare_marginal_means(model, at={"day": later or [0]}, reference={"day": 0}),
        ),
    }


def estimate_onset(events: pd.DataFrame) -> dict[str, Fit]:
    """Estimate the time to first response of one instrument, interval-censored and dated at the visit."""
    return {
        "interval": _attempt("Onset", lambda: _trace(events, LANDMARKS)),
        "visit": _attempt("Onset", lambda: fit_kaplan_meier(events, landmarks=LANDMARKS)),
    }


def estimate_durations(relapse: pd.DataFrame, loss: pd.DataFrame) -> dict[str, Fit]:
    """Estimate the time to confirmed relapse and to loss of response among responders."""
    return {
        "relapse": _attempt("Relapse", lambda: _trace(relapse, RELAPSE_LANDMARKS)),
        "loss": _attempt("Loss of response", lambda: _trace(loss, RELAPSE_LANDMARKS)),
    }


def _trace(events: pd.DataFrame, landmarks: tuple[int, ...]) -> Fit:
    """The curve between visits, with a row for every day on which it falls or people leave.

    The table of fit_interval_survival has the days of its steps only, so that those at risk would seem to
    stay until the next step. Inside an interval that the visits leave open the step stands at its end.
    """
    counted = events.loc[events["included"].fillna(False).astype(bool), ["left", "right"]]
    last = 0 if counted.isna().all(axis=None) else int(counted.max().max())
    days = sorted({*range(last + 1), *landmarks})
    fit = fit_interval_survival(events, days=days, n_boot=N_BOOT)
    daily = fit.extras["landmarks"]
    if not is_estimable(fit):
        return fit
    settled = daily.assign(estimate=daily["highest"])
    limits = ["conf_low", "conf_high"]
    settled = settled.assign(**{name: daily[name].mask(daily["inside"]).ffill() for name in limits})
    shown = settled[settled["estimate"].notna()]
    moved = shown[["estimate", "at_risk", "observed", "censored"]].diff().ne(0).any(axis=1)
    return replace(fit, table=shown.loc[moved, list(CURVE_COLUMNS)].reset_index(drop=True))


def find_median_gap(events: pd.DataFrame) -> float:
    """The median over included first series of their median gap between scores; nan if there is none."""
    counted = events[(events["included"] & (events["series"] == 1)).fillna(False).astype(bool)]
    return float(counted["median_gap_days"].astype("float64").median())


def count_self_harm_answers(scores: pd.DataFrame, instrument: Instrument, *, smallest: int) -> pd.DataFrame:
    """Count answers above zero to the self-harm item: at the baseline, and at the last questionnaire.

    Parameters
    ----------
    scores : DataFrame (SCORES after derive_endpoints), of one instrument
    instrument : Instrument
    smallest : int, the smallest denominator of a percent

    Returns
    -------
    DataFrame, one row per occasion: occasion, k (patients above zero), n (patients who answered the item),
    share with interval; without rows where the instrument has no such item or nobody answered it

    Notes
    -----
    Every questionnaire with an answer counts, also those in the hours after an infusion and those without a
    total.
    """
    item = f"item_{instrument.self_harm_item}"
    if instrument.self_harm_item is None or item not in scores.columns:
        return add_shares(
            pd.DataFrame({"occasion": [], "k": pd.array([], "Int64"), "n": pd.array([], "Int64")}),
            least=smallest,
        )
    answered = scores[scores[item].notna() & scores["day"].notna()].sort_values(
        ["day", "clock", "assessment_id"], na_position="first"
    )
    last = answered.drop_duplicates("patient_id", keep="last")
    occasions = {
        "baseline": answered[(answered["baseline_of"] == 1).fillna(False)],
        "last questionnaire": last,
    }
    rows = [
        {"occasion": name, "k": int((rows[item] > 0).sum()), "n": len(rows)}
        for name, rows in occasions.items()
    ]
    return add_shares(pd.DataFrame(rows).astype({"k": "Int64", "n": "Int64"}), least=smallest)


def count_categories(courses: pd.DataFrame, instrument: str, profile: Profile) -> pd.DataFrame:
    """Count the eligible by the first category that fits, as the waterfall colors them.

    Parameters
    ----------
    courses : DataFrame (COURSES), of one instrument and one series
    instrument : str
    profile : Profile

    Returns
    -------
    DataFrame, one row per category in the order of precedence, the last for those without an endpoint total:
    category (in words), n; they add up to the eligible
    """
    eligible = courses[courses["eligible"].fillna(False).astype(bool)]
    percent_known = eligible["percent_change"].notna()
    flags = ["remission", "response", "reliable_improvement", "no_reliable_change", "reliable_deterioration"]
    rest, counts = percent_known, {}
    for flag in flags:
        if flag == "no_reliable_change":
            hit = rest & ~eligible["reliable_deterioration"].fillna(False)
        else:
            hit = rest & eligible[flag].fillna(False)
        counts[flag] = int(hit.sum())
        rest = rest & ~hit
    names = [
        name_endpoint("remission", instrument, profile).lower(),
        f"{name_endpoint('response', instrument, profile).lower()} only",
        "reliable improvement only",
        "no reliable change",
        "reliable deterioration",
        "no endpoint total",
    ]
    numbers = [*counts.values(), int((~percent_known).sum())]
    return pd.DataFrame({"category": names, "n": numbers})


def is_estimable(fit: Fit) -> bool:
    """Whether a fit holds numbers."""
    return fit.verdict != "NOT ESTIMABLE"


def _attempt(kind: str, fit: Callable[[], Fit]) -> Fit:
    """The fit, or where the data cannot even enter it, the same refusal as a Fit with its reason in words."""
    try:
        return fit()
    except EstimationError as error:
        return Fit(
            kind,
            pd.DataFrame(columns=["day", "estimate", "conf_low", "conf_high"]),
            "NOT ESTIMABLE",
            notes=tuple(_say(error)),
        )


def _say(error: EstimationError) -> Mapping[str, None]:
    return dict.fromkeys(problem.message for problem in error.found)
