"""The rows of EVENTS that a survival curve is made of: one per patient, and checked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError, Problem
from outcomes.schema import require_columns

ALL = "all"
SEPARATED = 10.0  # a coefficient on the log scale this large over the range of its covariate has run away
FEW_EVENTS = 5  # fewer events than this in a curve, or per parameter of a test: the numbers are fragile


def select_event_rows(
    events: pd.DataFrame,
    *,
    by: str | Sequence[str] | None,
    needs: Sequence[str],
    caller: str,
    repeated: bool = False,
) -> tuple[pd.DataFrame, list[str]]:
    """Return the included rows of series 1 with a column `group`, and notes that count what was left out.

    Parameters
    ----------
    events : DataFrame, EVENTS or any frame with the columns in `needs`
    by : str, list of str or None, columns whose values name the group
    needs : the columns that the caller reads
    caller : str, the public function, for messages
    repeated : bool, whether a patient may have several rows

    Returns
    -------
    tuple of DataFrame and list of str

    Raises
    ------
    DataError
        If a column is missing.
    EstimationError
        If the rows mix instruments or endpoints, or a patient has several rows.
    """
    columns = [] if by is None else [by] if isinstance(by, str) else list(by)
    require_columns(events, [*needs, *columns], caller=caller)
    rows = events.reset_index(drop=True)
    notes: list[str] = []
    if "included" in rows.columns:
        rows, notes = _keep(
            rows, rows["included"].fillna(False).astype(bool), "not in the population of this endpoint", notes
        )
    if "series" in rows.columns:
        rows, notes = _keep(
            rows,
            (rows["series"] == 1).fillna(False).astype(bool),
            "of a later series (each patient counts once)",
            notes,
        )
    if columns:
        rows, notes = _keep(
            rows, rows[columns].notna().all(axis=1), f"without a value of {' and '.join(columns)}", notes
        )
    _refuse_mixtures(rows, columns, caller, repeated)
    return rows.assign(group=name_groups(rows, columns)), [*notes, *_say_gap(rows)]


def read_times(
    events: pd.DataFrame, *, by: str | Sequence[str] | None, caller: str, repeated: bool = False
) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows with checked `time` (int) and `event` (bool), and notes; `repeated` patients may be."""
    rows, notes = select_event_rows(events, by=by, needs=("time", "event"), caller=caller, repeated=repeated)
    problems: list[Problem] = _find_bad_times(rows, "time")
    event = _as_floats(rows["event"])
    unclear = ~np.isin(event, (0.0, 1.0))
    if unclear.any():
        problems.append(_say_rows(rows, unclear, "event must be true or false", "missing or other in"))
    time = _as_floats(rows["time"])
    if ((time == 0) & (event == 1)).any():
        problems.append(
            _say_rows(rows, (time == 0) & (event == 1), "an event must come after day 0", "day 0 in")
        )
    if problems:
        raise EstimationError(problems)
    never_followed = int((time == 0).sum())
    if never_followed:
        notes.append(f"{never_followed} patients without follow-up are counted and carry no information.")
    return rows.assign(time=time.astype("int64"), event=event.astype(bool)), notes


def read_intervals(
    events: pd.DataFrame, *, by: str | Sequence[str] | None, caller: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows with checked `left` and `right` (float; infinity: no event seen), and notes."""
    rows, notes = select_event_rows(events, by=by, needs=("left", "right"), caller=caller)
    problems = [*_find_bad_times(rows, "left"), *_find_bad_times(rows, "right", missing_allowed=True)]
    left, right = (_as_floats(rows[name]) for name in ("left", "right"))
    right = np.where(np.isnan(right), np.inf, right)
    if (left > right).any():
        problems.append(_say_rows(rows, left > right, "left must not lie after right", "left after right in"))
    if (right == 0).any():
        problems.append(_say_rows(rows, right == 0, "an event must come after day 0", "day 0 in"))
    if problems:
        raise EstimationError(problems)
    unknown = int(((left == 0) & np.isinf(right)).sum())
    if unknown:
        notes.append(f"{unknown} patients without follow-up are counted and carry no information.")
    return rows.assign(left=left, right=right), notes


def list_refusals(frame: pd.DataFrame, event: np.ndarray, parameters: int) -> list[str]:
    """Return why a regression cannot be fitted: too few events, or a level of a category without one."""
    count, reasons = int(event.sum()), []
    if count < FEW_EVENTS * max(parameters, 1):
        reasons.append(f"{count} events for {parameters} parameters: at least {FEW_EVENTS} each are needed.")
    for name, column in frame.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            seen = pd.Series(event).groupby(column.to_numpy(), observed=False).sum()
            empty = [str(level) for level, events in seen.items() if not events]
            if empty:
                reasons.append(
                    f"No event in {name} = {', '.join(empty)}: groups are compared only where each has one."
                )
    return reasons


def take_clock(events: pd.DataFrame, clock: str, *, caller: str) -> pd.DataFrame:
    """Return the events with left, right and time counted in days, or in infusions (onset only).

    Raises
    ------
    EstimationError
        If there is no such clock.
    DataError
        If the columns of infusions are missing.
    """
    if clock == "days":
        return events
    if clock != "infusions":
        raise EstimationError("clock must be 'days' or 'infusions'; another word was given. Use one.")
    require_columns(events, ("left_infusions", "right_infusions"), caller=caller)
    left, right = events["left_infusions"], events["right_infusions"]
    return events.assign(left=left, right=right, time=right.fillna(left), event=right.notna())


def name_endpoint(rows: pd.DataFrame) -> str | None:
    """Return the endpoint of the rows; None where the frame names none or several."""
    named = set(rows["endpoint"].dropna()) if "endpoint" in rows.columns else set()
    return str(named.pop()) if len(named) == 1 else None


def list_groups(rows: pd.DataFrame) -> list[str]:
    """Return the names of the groups in sorted order; one group `all` where there are no rows."""
    return sorted(rows["group"].unique()) or [ALL]


def _find_bad_times(rows: pd.DataFrame, name: str, *, missing_allowed: bool = False) -> list[Problem]:
    """Return what is wrong with a column of days: missing, infinite, negative, or not whole."""
    numbers = _as_floats(rows[name])
    whole = np.isfinite(numbers) & (numbers >= 0)
    faults = {
        "missing": np.isnan(numbers) & (not missing_allowed),
        "infinite": np.isinf(numbers) & ~((numbers > 0) & missing_allowed),
        "negative": numbers < 0,
        "not whole days": whole & (numbers != np.floor(numbers)),
    }
    return [
        _say_rows(rows, bad, f"{name} must be whole days from 0 on", f"{word} in")
        for word, bad in faults.items()
        if bad.any()
    ]


def _say_rows(rows: pd.DataFrame, bad: np.ndarray, needed: str, found: str) -> Problem:
    """Return a problem that counts the rows and places the first three, without their values."""
    places = ", ".join(str(place) for place in np.flatnonzero(bad)[:3])
    return Problem(
        "E701",
        "",
        f"{needed}; {found} {int(bad.sum())} of {len(rows)} included rows (positions {places}). "
        "Correct these rows, or make the frame with build_onset_times() or build_relapse_times().",
    )


def count_patients(rows: pd.DataFrame) -> int:
    """Return the number of patients: by patient_id, or one per row where the frame names none."""
    return int(rows["patient_id"].nunique()) if "patient_id" in rows.columns else len(rows)


def _as_floats(column: pd.Series) -> np.ndarray:
    return column.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)


def _keep(rows: pd.DataFrame, kept: pd.Series, why: str, notes: list[str]) -> tuple[pd.DataFrame, list[str]]:
    left_out = int((~kept).sum())
    return rows[kept].reset_index(drop=True), [
        *notes,
        *([f"Left out: {left_out} rows {why}."] if left_out else []),
    ]


def _refuse_mixtures(rows: pd.DataFrame, columns: list[str], caller: str, may_repeat: bool) -> None:
    problems = [
        Problem(
            "E701",
            "",
            f"{caller} needs one {name}; the rows hold {rows[name].nunique()}. Use .query, or add it to by=.",
        )
        for name in ("instrument", "endpoint")
        if name in rows.columns and name not in columns and rows[name].nunique(dropna=True) > 1  # noqa: PD101
    ]
    who = [name for name in ("patient_id", "instrument", "endpoint") if name in rows.columns]
    repeated = int(rows.duplicated(who).sum()) if "patient_id" in who and not may_repeat else 0
    if repeated:
        problems.append(
            Problem(
                "E701",
                "",
                f"{caller} needs one row per patient; {repeated} rows repeat one. Keep one row of each.",
            )
        )
    if problems:
        raise EstimationError(problems)


def name_groups(rows: pd.DataFrame, columns: list[str]) -> pd.Series:
    """Name the group of each row by its columns; all without columns."""
    if not columns:
        return pd.Series(ALL, index=rows.index, dtype="string")
    named = rows[columns].astype("string")
    return named[columns[0]].str.cat(named[columns[1:]], sep=" / ") if len(columns) > 1 else named[columns[0]]


def _say_gap(rows: pd.DataFrame) -> list[str]:
    known = (
        rows["median_gap_days"].dropna() if "median_gap_days" in rows.columns else pd.Series(dtype="float64")
    )
    return (
        [f"Median gap between scores: {known.median():.0f} days (median over patients)."]
        if len(known)
        else []
    )
