"""How much worse patients who dropped out must be before a conclusion turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from outcomes.errors import EstimationError
from outcomes.models.fit import Fit
from outcomes.models.missing.completed_visits import Rule
from outcomes.models.missing.imputed_refits import (
    SENSITIVITY,
    check_words,
    choose_raised,
    prepare_course,
    refit_without_each,
    withhold_table,
)
from outcomes.models.visits.repeated_visits import RepeatedVisits

_TITLE = "Tipping point"
_COLUMNS = ("delta", "group", "estimate", "std_error", "conf_low", "conf_high")
_TIP = 0.05  # width to which the tipping point is searched, in score points


def estimate_tipping_point(
    scores: pd.DataFrame,
    formula: str,
    *,
    visit: str,
    arm: str | None,
    reference: Any = None,
    at: Any = None,
    rule: Rule = "mar",
    delta_arms: Sequence[Any] | None = None,
    largest: float = 20.0,
    step: float = 1.0,
    covariates: Sequence[str] = ("baseline",),
    groups: str = "patient_id",
    level: float = 0.95,
) -> Fit:
    """Find how much worse dropouts must be, in score points, before the conclusion turns.

    Parameters
    ----------
    scores, formula, visit, arm, reference, rule, delta_arms, covariates, groups, level
        As in estimate_imputed_differences; the error is that of the jackknife.
    at : the visit that is judged; None for the last
    largest : float, largest delta that is tried
    step : float, step of the printed grid

    Returns
    -------
    Fit
        `table` has one row per delta (and arm): delta, group, estimate, std_error, conf_low, conf_high. In
        `extras["tipping"]` one row per arm: group, delta (the smallest at which the interval holds 0; 0 if it
        does at once, missing if none up to `largest` does), delta_in_sd (over the model's standard deviation
        of the score at the visit), reached.

    Raises
    ------
    EstimationError
        As estimate_imputed_differences; also if `at` is no visit, or the numbers are not positive.

    Notes
    -----
    Delta is added to each score filled in after dropout [1]_. Estimates are straight lines in delta, so that
    one jackknife serves the grid; the tipping point is found within 0.05 points. Whether it is plausible is a
    clinical judgment: compare it with the change that patients notice.

    References
    ----------
    .. [1] Cro S, Morris TP, Kenward MG, Carpenter JR (2020). Stat Med 39:2815-2842. doi:10.1002/sim.8569

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import outcomes as oc
    >>> noise = np.random.default_rng(1).normal(0, 3, 160)
    >>> scores = pd.DataFrame({"patient_id": [f"p{i // 4}" for i in range(160)], "week": [1, 2, 4, 8] * 40})
    >>> scores["change"] = -0.9 * scores["week"] + noise
    >>> seen = scores[(scores["week"] < 8) | (noise < 1)]
    >>> tip = oc.estimate_tipping_point(seen, "change ~ C(week)", visit="week", arm=None, covariates=[])
    >>> tip.extras["tipping"].columns.tolist()
    ['group', 'delta', 'delta_in_sd', 'reached']
    """
    if not (largest > 0 and step > 0 and np.isfinite([largest, step]).all()):
        raise EstimationError("largest and step must be positive numbers. Use for example 20 and 1.")
    settings = {
        "formula": formula, "visit": visit, "arm": arm, "reference": reference, "rule": rule, "at": at,
        "delta_arms": None if delta_arms is None else ", ".join(map(str, delta_arms)), "largest": largest,
        "covariates": ", ".join(covariates), "groups": groups, "standard_error": "jackknife", "level": level,
    }  # fmt: skip
    check_words(rule, "jackknife", arm, delta_arms)
    prepared = prepare_course(scores, formula, visit, arm, reference, groups, list(covariates))
    if isinstance(prepared, Fit):
        return withhold_table(prepared, _TITLE, _COLUMNS, settings)
    place = _find_visit(prepared.course.data, at)
    spread = refit_without_each(prepared, rule, choose_raised(prepared.course, reference, delta_arms))
    half = stats.norm.ppf((1 + level) / 2)
    grid = np.arange(0, largest + step / 2, step)
    rows, tips = [], []
    sd = float(np.sqrt(prepared.sigma[place, place]))
    for number, group in enumerate(prepared.groups):

        def read(delta: float, number: int = number) -> tuple[float, float]:
            estimate, error = spread.read(delta)
            return float(estimate[number, place]), float(error[number, place])

        for one in grid:
            estimate, error = read(one)
            rows.append((one, group, estimate, error, estimate - half * error, estimate + half * error))
        tip = _search_tip(read, half, largest)
        tips.append((group, tip, tip / sd, bool(np.isfinite(tip))))
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    tipping = pd.DataFrame(tips, columns=["group", "delta", "delta_in_sd", "reached"])
    notes = (SENSITIVITY, *_say_tips(tipping, largest), *prepared.fit.notes)
    return Fit(
        f"{_TITLE} of {prepared.course.data.design.response} at {prepared.course.data.names[place]}",
        table, "CAUTION" if spread.failed else prepared.fit.verdict, notes,
        settings, prepared.fit.n_rows, prepared.fit.n_patients, extras={"tipping": tipping},
    )  # fmt: skip


def _search_tip(read: Callable[[float], tuple[float, float]], half: float, largest: float) -> float:
    """The smallest delta at which the interval holds zero, by bisection; infinite if there is none."""

    def holds(delta: float) -> bool:
        estimate, error = read(delta)
        return bool(abs(estimate) <= half * error)

    if holds(0.0):
        return 0.0
    steps = np.arange(0, largest + _TIP, _TIP * 5)
    first = next((number for number, one in enumerate(steps) if holds(one)), None)
    if first is None:
        return np.inf
    low, high = steps[first - 1], steps[first]
    while high - low > _TIP / 10:
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return float(high)


def _find_visit(data: RepeatedVisits, at: Any) -> int:
    if at is None:
        return len(data.names) - 1
    values = list(data.design.frame["_visit"].cat.categories)
    if at not in values:
        raise EstimationError("at= must be a visit of the data. Name one of its visits.")
    return values.index(at)


def _say_tips(tipping: pd.DataFrame, largest: float) -> list[str]:
    said = []
    for row in tipping.itertuples():
        whose = "" if row.group == "all" else f"{row.group}: "
        if not row.reached:
            said.append(f"{whose}no delta up to {largest:g} points turns the conclusion.")
        elif row.delta == 0:
            said.append(f"{whose}the interval holds 0 without any delta.")
        else:
            said.append(
                f"{whose}the interval holds 0 once dropouts are {row.delta:.2f} points worse than expected "
                f"({row.delta_in_sd:.2f} standard deviations)."
            )
    return said
