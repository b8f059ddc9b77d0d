"""What share of patients is in which state of its course on each day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.endpoints.states import STATES
from outcomes.errors import EstimationError
from outcomes.models.fit import Fit, Verdict, join_verdicts, withhold
from outcomes.models.stacks import Array
from outcomes.models.survival.event_times import ALL, name_groups
from outcomes.schema import require_columns

_NEEDED = ("patient_id", "instrument", "state", "start", "stop")
_COLUMNS = ["group", "state", "day", "estimate", "conf_low", "conf_high", "at_risk"]
_FEW = 10


def fit_state_occupancy(
    states: pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    days: Sequence[int] = (0, 7, 14, 28, 56, 84, 120, 180),
    n_boot: int = 500,
    seed: int = 0,
    level: float = 0.95,
) -> Fit:
    """Estimate the share of patients in each state on given days, those who left being like those who stayed.

    Parameters
    ----------
    states : DataFrame of build_states, one instrument
    by : str or list of str, optional; columns that name the groups
    days : sequence of int
    n_boot : int, bootstrap samples of patients; 0 gives no intervals
    seed : int
    level : float, of the intervals

    Returns
    -------
    Fit
        `table` has one row per group, state and day: group, state, day, estimate, conf_low, conf_high,
        at_risk (patients still followed after the day, those who stopped not counted); estimates of a day
        add to 1. They are missing after the last day on which anybody is followed. `extras["time"]`: mean
        days in each state up to the last of `days` that was reached (group, state, until, estimate,
        conf_low, conf_high). CAUTION below ten patients.

    Raises
    ------
    EstimationError
        If there is more than one instrument.
    DataError
        If a column is missing.

    Notes
    -----
    Aalen-Johansen: P(t) = product over days of (I + dA(s)), dA_hj(s) the moves from h to j over those in h
    just before s [1]_, consistent for the share in a state also where the past matters [2]_, if leaving has
    nothing to do with the state. Moves are dated at the visit that shows them; who stopped stays so.
    Percentile intervals over resampled patients.

    References
    ----------
    .. [1] Aalen OO, Johansen S (1978). Scand J Stat 5:141-150.
    .. [2] Datta S, Satten GA (2001). Stat Probab Lett 55:403-411. doi:10.1016/S0167-7152(01)00155-9

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> states = pd.DataFrame({
    ...     "patient_id": ["A", "A", "B"], "instrument": "phq9", "start": [0, 7, 0], "stop": [7, 28, 28],
    ...     "state": ["not responding", "responding", "not responding"],
    ... })
    >>> shares = oc.fit_state_occupancy(states, days=[0, 14], n_boot=0).table
    >>> shares.loc[shares["state"] == "responding", "estimate"].tolist()
    [0.0, 0.5]
    """
    columns = [] if by is None else [by] if isinstance(by, str) else list(by)
    require_columns(states, (*_NEEDED, *columns), caller="fit_state_occupancy")
    if len(states["instrument"].unique()) > 1:
        raise EstimationError("fit_state_occupancy needs one instrument. Choose one first, with .query.")
    rows = states.dropna(subset=columns) if columns else states
    named = name_groups(rows, columns)
    tables, times, notes, verdicts = [], [], [], list[Verdict]()
    for group in sorted(named.unique()) or [ALL]:
        own = rows[named == group]
        count = own["patient_id"].nunique()
        whose = "" if group == ALL else f"{group}: "
        verdict: Verdict = "OK" if count >= _FEW else "CAUTION" if count else "NOT ESTIMABLE"
        if verdict != "OK":
            notes.append(f"{whose}{count} patients; at least {_FEW} are advised.")
        verdicts.append(verdict)
        table, time = _estimate(own, days, n_boot, seed, level)
        tables.append((withhold(table) if verdict == "NOT ESTIMABLE" else table).assign(group=group))
        times.append((withhold(time) if verdict == "NOT ESTIMABLE" else time).assign(group=group))
    settings = {
        "method": "Aalen-Johansen", "interval": "bootstrap percentiles by patient" if n_boot else "none",
        "by": by, "n_boot": n_boot, "seed": seed, "level": level,
    }  # fmt: skip
    time_columns = ["group", "state", "until", "estimate", "conf_low", "conf_high"]
    extras = {"time": pd.concat(times, ignore_index=True)[time_columns]}
    return Fit(
        "State occupancy", pd.concat(tables, ignore_index=True)[_COLUMNS], join_verdicts(verdicts),
        tuple(notes), settings, len(rows), rows["patient_id"].nunique(), None, extras,
    )  # fmt: skip


def _estimate(
    rows: pd.DataFrame, days: Sequence[int], n_boot: int, seed: int, level: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Shares on the days, and mean days in each state up to the last day that was reached."""
    start, stop = rows["start"].to_numpy(dtype=float), rows["stop"].to_numpy(dtype=float)
    state = pd.Categorical(rows["state"], STATES).codes
    codes, people = pd.factorize(rows["patient_id"])
    following = _find_following(codes, start, state)
    final, followed = np.zeros(len(people)), rows["state"].ne(STATES[-1]).to_numpy(dtype=bool)
    np.maximum.at(final, codes[followed], stop[followed])
    wanted = sorted(days)
    until = max((day for day in wanted if len(final) and day <= final.max()), default=0)
    grid = np.arange(until + 1, dtype=float)
    whole = _trace(start, stop, state, following, np.ones(len(rows)), grid)
    rng, draws = np.random.default_rng(seed), []
    for _ in range(n_boot if len(people) else 0):
        weights = np.bincount(rng.integers(0, len(people), len(people)), minlength=len(people)).astype(float)
        draws.append(_trace(start, stop, state, following, weights[codes], grid))
    sampled = np.array(draws) if draws else np.full((1, *whole.shape), np.nan)
    low, high = _limit(sampled, level)
    shares = pd.DataFrame(
        [
            {
                "state": name, "day": day, "at_risk": int((final > day).sum()),
                **{
                    key: values[day, number] if day <= until else np.nan
                    for key, values in (("estimate", whole), ("conf_low", low), ("conf_high", high))
                },
            }
            for day in wanted
            for number, name in enumerate(STATES)
        ]
    )  # fmt: skip
    area, (less, more) = whole[:-1].sum(axis=0), _limit(sampled[:, :-1].sum(axis=1), level)
    time = pd.DataFrame(
        {"state": STATES, "until": until, "estimate": area, "conf_low": less, "conf_high": more}
    )
    return shares, time


def _limit(sampled: Array, level: float) -> tuple[Array, Array]:
    tail = (1 - level) / 2 * 100
    low, high = np.percentile(sampled, [tail, 100 - tail], axis=0)
    return low, high


def _find_following(codes: Array, start: Array, state: Array) -> Array:
    """The state that follows each stretch; -1 for the last of a patient."""
    order = np.lexsort((start, codes))
    following = np.full(len(codes), -1)
    same = np.diff(codes[order]) == 0
    following[order[:-1][same]] = state[order[1:][same]]
    return following


def _trace(start: Array, stop: Array, state: Array, following: Array, weights: Array, days: Array) -> Array:
    """Shares in each state on the days, (days, states)."""
    moved = following >= 0
    times = np.unique(stop[moved])
    size = len(STATES)
    moves = np.zeros((len(times), size, size))
    np.add.at(moves, (np.searchsorted(times, stop[moved]), state[moved], following[moved]), weights[moved])
    shares = np.zeros((len(times) + 1, size))
    shares[0, 0] = 1.0
    masks = [state == one for one in range(size)]
    open_then = [_count_open(times, start[own], stop[own], weights[own]) for own in masks]
    at_risk = np.stack(open_then, axis=1)
    for place in range(len(times)):
        flow = shares[place][:, None] * moves[place] / np.maximum(at_risk[place], 1e-300)[:, None]
        shares[place + 1] = shares[place] - flow.sum(axis=1) + flow.sum(axis=0)
    return np.asarray(shares[np.searchsorted(times, days, side="right")])


def _count_open(times: Array, start: Array, stop: Array, weights: Array) -> Array:
    """Weights of the stretches with start < time <= stop."""
    begun, ended = (
        np.bincount(np.searchsorted(times, one, side="right"), weights, len(times) + 1)[: len(times)]
        for one in (start, stop)
    )
    return np.cumsum(begun) - np.cumsum(ended)
