"""What an index of reliable change rests on: the moments of the paired totals, reliability and cut-offs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.definitions.instrument import get_instrument
from outcomes.definitions.profile import Profile
from outcomes.errors import DefinitionError


@dataclass(frozen=True)
class Sample:
    """Moments of the paired totals of one questionnaire, and the reliability that its indices rest on.

    Attributes
    ----------
    n : int, patients with both totals
    mean, sd : float, of the baselines; sd as given where the user gives one
    mean_after, sd_after : float, of the endpoint totals
    correlation : float, of baseline and endpoint total
    reliability, reliability_after : float
    direction : int, -1 where a lower total is better, else 1
    """

    n: int
    mean: float
    sd: float
    mean_after: float
    sd_after: float
    correlation: float
    reliability: float
    reliability_after: float
    direction: int

    @property
    def sem(self) -> float:
        """Standard error of measurement, sd sqrt(1 - reliability)."""
        return float(self.sd * np.sqrt(1 - self.reliability))


def measure_sample(
    rows: pd.DataFrame,
    instrument: str,
    *,
    reliability: float | Mapping[str, float] | None = None,
    reliability_after: float | Mapping[str, float] | None = None,
    sd: float | Mapping[str, float] | None = None,
) -> Sample:
    """Give the moments of the rows of one questionnaire that have both totals; NaN where too few."""
    pairs = rows[["baseline", "endpoint_total"]].astype("Float64").dropna().to_numpy(dtype=float)
    many = len(pairs) > 1
    (mean, after) = pairs.mean(axis=0) if len(pairs) else (np.nan, np.nan)
    (spread, spread_after) = pairs.std(axis=0, ddof=1) if many else (np.nan, np.nan)
    both = many and spread > 0 and spread_after > 0
    correlation = float(np.corrcoef(pairs.T)[0, 1]) if both else np.nan
    known = _take(reliability, instrument)
    before = find_reliability(instrument)[0] if known is None else _check_reliability(known)
    later = _take(reliability_after, instrument)
    given = _take(sd, instrument)
    if given is not None and not given > 0:
        raise DefinitionError("sd must be above 0; another number was given. Correct it.", code="E603")
    return Sample(
        n=len(pairs),
        mean=float(mean),
        sd=float(spread if given is None else given),
        mean_after=float(after),
        sd_after=float(spread_after),
        correlation=correlation,
        reliability=before,
        reliability_after=before if later is None else _check_reliability(later),
        direction=-1 if get_instrument(instrument).lower_is_better else 1,
    )


def find_reliability(instrument: str) -> tuple[float, str | None]:
    """Give the first verified test-retest reliability, else the first of any status, and its source."""
    entries = [one for one in get_instrument(instrument).reliability if one.kind == "test-retest"]
    if not entries:
        return np.nan, None
    chosen = next((one for one in entries if one.status == "verified"), entries[0])
    said = f"{chosen.source}, {chosen.population}"
    return chosen.value, said if chosen.status == "verified" else f"{said}; {chosen.status}"


def find_cutoffs(
    mean: float,
    sd: float,
    functional: tuple[float, float],
    *,
    direction: int = -1,
    reliabilities: tuple[float, float] = (1.0, 1.0),
) -> dict[str, float]:
    """Give the cut-offs a, b and c between a clinical and a functional group.

    Parameters
    ----------
    mean, sd : float, of the clinical group
    functional : (mean, SD) of the functional group
    direction : int, -1 where a lower total is better, else 1
    reliabilities : (clinical, functional); 1 for Jacobson and Truax, for HA those of the groups
    """
    own, (other_mean, other_sd) = sd * np.sqrt(reliabilities[0]), functional
    other = other_sd * np.sqrt(reliabilities[1])
    return {
        "a": float(mean + direction * 2 * own),
        "b": float(other_mean - direction * 2 * other),
        "c": float((own * other_mean + other * mean) / np.float64(own + other)),
    }


def choose_cutoff(
    sample: Sample,
    instrument: str,
    method: str,
    cutoff: str | float | None,
    functional: tuple[float, float] | None,
    profile: Profile,
) -> tuple[float, str]:
    """Give the cut-off in points and its operator; NaN where the profile has none for the questionnaire."""
    if cutoff is None:
        value = profile.by_instrument("csc_cutoff")[instrument]
        return (np.nan, "<") if value is None else (value, profile.by_instrument("csc_cutoff_op")[instrument])
    if not isinstance(cutoff, str):
        return float(cutoff), "<" if sample.direction < 0 else ">"
    operator = "<" if sample.direction < 0 else ">"
    norms = functional or (np.nan, np.nan)
    reliabilities = (1.0, 1.0)
    if method == "HA":
        error = np.float64(sample.sem)
        reliabilities = (float(1 - (error / sample.sd) ** 2), float(1 - (error / norms[1]) ** 2))
    with np.errstate(all="ignore"):
        found = find_cutoffs(
            sample.mean, sample.sd, norms, direction=sample.direction, reliabilities=reliabilities
        )
    return found[cutoff], operator


def _take(value: float | Mapping[str, float] | None, instrument: str) -> float | None:
    return value.get(instrument) if isinstance(value, Mapping) else value


def _check_reliability(value: float) -> float:
    if not 0 < value < 1:
        message = "A reliability must lie between 0 and 1; another number was given. Correct it."
        raise DefinitionError(message, code="E603")
    return float(value)
