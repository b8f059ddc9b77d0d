"""The rows of a Cox regression: checked times, covariates, strata and clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models.mixed.formula import list_formula_variables, refuse_single_levels, type_variables
from outcomes.models.stacks import Array
from outcomes.models.survival.event_times import count_patients, read_times
from outcomes.schema import require_columns


@dataclass(frozen=True, eq=False)
class CoxRows:
    """Typed arrays of one row each.

    Attributes
    ----------
    frame : DataFrame, the variables of the formula
    start, stop : arrays (n,), at risk in (start, stop]
    event : array of bool (n,)
    strata, clusters : arrays of int (n,) or None
    cluster_name : str, column of the clusters; empty without
    n_patients : int
    notes : tuple of str
    """

    frame: pd.DataFrame
    start: Array
    stop: Array
    event: Array
    strata: Array | None
    clusters: Array | None
    cluster_name: str
    n_patients: int
    notes: tuple[str, ...]


def read_cox_rows(
    events: pd.DataFrame,
    formula: str,
    *,
    entry: str | None,
    strata: str | Sequence[str] | None,
    clusters: str | None,
    recurrent: bool,
    caller: str,
) -> CoxRows:
    """Read and check the rows; those without a covariate are counted and left out.

    Raises
    ------
    EstimationError, DataError
        As in fit_cox.
    """
    columns = [] if strata is None else [strata] if isinstance(strata, str) else list(strata)
    variables = list_formula_variables(formula, events)
    by_patient = "patient_id" if recurrent and clusters is None else clusters
    more = [*columns, *([entry] if entry else []), *([by_patient] if by_patient else [])]
    require_columns(events, [*variables, *more], caller=caller)
    rows, notes = read_times(events, by=None, caller=caller, repeated=recurrent)
    complete = rows[[*variables, *more]].notna().all(axis=1)
    if not complete.all():
        notes = [*notes, f"Left out: {int((~complete).sum())} rows without a value of the formula."]
    rows = rows[complete & (rows["time"] > 0)].reset_index(drop=True)
    start = rows[entry].to_numpy(dtype=float) if entry else np.zeros(len(rows))
    stop = rows["time"].to_numpy(dtype=float)
    if not (np.isfinite(start).all() and (start >= 0).all() and (start < stop).all()):
        raise EstimationError(
            f"{caller} needs entry days from 0 on that lie before time; "
            f"{int((~((start >= 0) & (start < stop))).sum())} of {len(rows)} rows have others. Correct them."
        )
    stratum = rows.groupby(columns, observed=True).ngroup() if columns else pd.Series(0, index=rows.index)
    if recurrent:
        _refuse_overlap([rows["patient_id"], stratum], start, stop, caller)
    frame = type_variables(rows[variables])
    refuse_single_levels(frame, variables)
    return CoxRows(
        frame=frame,
        start=start,
        stop=stop,
        event=rows["event"].to_numpy(dtype=bool),
        strata=stratum.to_numpy() if columns else None,
        clusters=pd.factorize(rows[by_patient])[0] if by_patient else None,
        cluster_name=by_patient or "",
        n_patients=count_patients(rows),
        notes=tuple(notes),
    )


def _refuse_overlap(keys: list[pd.Series], start: Array, stop: Array, caller: str) -> None:
    """Within a stratum nobody is at risk twice; on a clock of gaps each episode is a stratum of its own."""
    ordered = pd.DataFrame({"patient": keys[0], "stratum": keys[1], "start": start, "stop": stop})
    ordered = ordered.sort_values(["patient", "stratum", "start"])
    before = ordered.groupby(["patient", "stratum"])["stop"].shift(1)
    overlapping = int((ordered["start"] < before).sum())
    if overlapping:
        raise EstimationError(
            f"{caller} needs rows of a patient that do not overlap; {overlapping} begin before the one "
            "before them ends. Correct entry and time."
        )
