"""When a model for repeated measures can be fitted, and what is doubted after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np
import pandas as pd

from outcomes.errors import EstimationError
from outcomes.models.mixed.kenward_roger import DfMethod, Information
from outcomes.models.stacks import Array
from outcomes.models.visits.covariances import COVARIANCES, LADDER, Structure
from outcomes.models.visits.repeated_visits import RepeatedVisits

# The thresholds are this project's own; they are statistical, not clinical.
_FEW_PATIENTS, _NEARLY_SINGULAR = 10, 1e-4


def check_arguments(
    covariances: Sequence[str], df_method: str, information: str, visit: str, level: float
) -> None:
    """Raise if a word is unknown or a number is out of range."""
    if not covariances or not set(covariances) <= set(COVARIANCES):
        message = f"covariance must be one of {', '.join(COVARIANCES)}; another word was given. Use one."
        raise EstimationError(message)
    if df_method not in get_args(DfMethod) or information not in get_args(Information):
        message = (
            f"df_method must be one of {', '.join(get_args(DfMethod))}, and information observed or "
            "expected; another word was given. Use one."
        )
        raise EstimationError(message)
    if not isinstance(visit, str):
        raise EstimationError("visit must be the name of one column. Name the column.")
    if not 0 < level < 1:
        raise EstimationError(
            "level must lie between 0 and 1; another number was given. Use for example 0.95."
        )


def refuse_repeats(data: RepeatedVisits) -> None:
    """Raise if a patient has two rows at one visit."""
    pairs = pd.Series(data.design.codes * len(data.names) + data.visits)
    repeated = int(pairs.duplicated().sum())
    if repeated:
        raise EstimationError(
            f"fit_mmrm needs one row per patient and visit; {repeated} rows repeat one. Choose one score for "
            "each visit first, for example the one nearest to its day."
        )


def list_visit_refusals(data: RepeatedVisits, structure: Structure) -> list[str]:
    """Reasons in words why nothing can be estimated from this design."""
    design, names = data.design, data.names
    if len(names) < 2:
        return ["There is one visit only; a covariance needs two."]
    if np.ptp(design.y) == 0:
        return ["The outcome is the same in all rows."]
    there = np.zeros((len(design.labels), len(names)))
    there[design.codes, data.visits] = 1
    together = there.T @ there
    if structure.name == "us":
        rows, columns = np.nonzero(np.triu(together < 2, 1))
        if len(rows):
            pair = f"{names[rows[0]]} and {names[columns[0]]}"
            full = {short: word for word, short in COVARIANCES.items()}
            others = ", ".join(full[one] for one in LADDER)
            return [
                f"Visits {pair} are seen together in fewer than two patients: their covariance cannot be "
                f"estimated. Try covariance= {others}."
            ]
    n_parameters = design.x.shape[1] + structure.n_parameters
    if n_parameters > len(design.y) / 2:
        return [
            f"The model has {n_parameters} parameters for {len(design.y)} rows; two rows for each are needed."
        ]
    if len(design.labels) < structure.size + 2:
        return [f"There are {len(design.labels)} patients for {structure.size} visits; more are needed."]
    return []


def list_visit_cautions(data: RepeatedVisits, sigma: Array) -> list[str]:
    """Reasons in words to read a finished fit with care."""
    spread = np.sqrt(np.diag(sigma))
    ratio = np.linalg.eigvalsh(sigma / np.outer(spread, spread))
    found = []
    if ratio[0] < _NEARLY_SINGULAR * ratio[-1]:
        found.append("The covariance of the visits is nearly singular: some visits are almost copies.")
    counts = np.bincount(data.visits, minlength=len(data.names))
    few = [f"{name} ({many})" for name, many in zip(data.names, counts, strict=True) if many < _FEW_PATIENTS]
    if few:
        found.append(f"Few patients are seen at {', '.join(few)}; at least {_FEW_PATIENTS} are advised.")
    return found
