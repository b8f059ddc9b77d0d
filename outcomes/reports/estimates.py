"""The fits of a report: average course, onset and relapse, each with its verdict where it cannot be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd

from outcomes.definitions.instrument import Instrument
from outcomes.endpoints.review import find_last_answers
from outcomes.errors import EstimationError
from outcomes.models.estimates.marginal_means import estimate_marginal_means
from outcomes.models.estimates.mean_differences import compare_marginal_means
from outcomes.models.fit import Fit
from outcomes.models.mixed.model import fit_mixed_model
from outcomes.models.survival.interval_survival import fit_interval_survival
from outcomes.models.survival.kaplan_meier import fit_kaplan_meier
from outcomes.reports.settings import ReportSettings
from outcomes.summaries.groups import add_shares


def estimate_course(scores: pd.DataFrame, settings: ReportSettings) -> dict[str, Fit]:
    """Fit the average course of one instrument, a natural spline with a level and slope for each patient.

    Parameters
    ----------
    scores : DataFrame (SCORES after derive_endpoints), of one instrument, of patients whose start was seen
    settings : ReportSettings, model_days, model_knots and mean_days

    Returns
    -------
    dict of Fit: model, means (at mean_days), curve (day by day), differences (from day 0)

    Notes
    -----
    First series only. The baseline is an outcome row and stands at day 0, on whichever day before it was
    taken.
    """
    last_day = settings.model_days
    rows = scores[((scores["series"] == 1) & (scores["day"] <= last_day)).fillna(False).astype(bool)]
    rows = rows.assign(day=rows["day"].clip(lower=0).astype("float64"))
    knots = ", ".join(map(str, settings.model_knots))
    formula = f"total ~ cr(day, knots=[{knots}], lower_bound=0, upper_bound={last_day}, constraints='center')"
    model = attempt("Average course", lambda: fit_mixed_model(rows, formula))
    seen = rows.loc[rows["endpoint_use"].fillna(False).astype(bool), "day"]
    last = int(seen.max()) if len(seen) else 0
    days = [day for day in settings.mean_days if day <= last]
    later = [day for day in days if day > 0]
    return {
        "model": model,
        "means": attempt("Model means", lambda: estimate_marginal_means(model, at={"day": days or [0]})),
        "curve": attempt(
            "Model curve", lambda: estimate_marginal_means(model, at={"day": list(range(last + 1))})
        ),
        "differences": attempt(
            "Differences",
            lambda: compare_marginal_means(model, at={"day": later or [0]}, reference={"day": 0}),
        ),
    }


def estimate_onset(events: pd.DataFrame, settings: ReportSettings) -> dict[str, Fit]:
    """Estimate the time to first response of one instrument, interval-censored and dated at the visit."""
    days = settings.onset_days
    return {
        "interval": attempt(
            "Onset", lambda: fit_interval_survival(events, days=days, n_boot=settings.n_boot)
        ),
        "visit": attempt("Onset", lambda: fit_kaplan_meier(events, landmarks=days)),
    }


def estimate_durations(events: Mapping[str, pd.DataFrame], settings: ReportSettings) -> dict[str, Fit]:
    """Estimate the time to each kind of losing a response: confirmed, at the first bad score, by response."""
    days = sorted({*settings.relapse_days, settings.well_day})
    return {
        name: attempt(name, partial(fit_interval_survival, frame, days=days, n_boot=settings.n_boot))
        for name, frame in events.items()
    }


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
    Every questionnaire with an answer counts, of any series, also those in the hours after an infusion and
    those without a total; the last is the one with the latest date.
    """
    counts = pd.DataFrame({"occasion": [], "k": pd.array([], "Int64"), "n": pd.array([], "Int64")})
    last = find_last_answers(scores)
    last = last[last["instrument"] == instrument.id]
    if len(last):
        item = f"item_{instrument.self_harm_item}"
        at_start = scores[(scores["baseline_of"] == 1).fillna(False) & scores[item].notna()]
        occasions = {"baseline": at_start[item], "last questionnaire": last["answer"]}
        rows = [(name, int((answers > 0).sum()), len(answers)) for name, answers in occasions.items()]
        counts = pd.DataFrame(rows, columns=["occasion", "k", "n"]).astype({"k": "Int64", "n": "Int64"})
    return add_shares(counts, least=smallest)


def is_estimable(fit: Fit) -> bool:
    """Whether a fit holds numbers."""
    return fit.verdict != "NOT ESTIMABLE"


def attempt(kind: str, fit: Callable[[], Fit]) -> Fit:
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
