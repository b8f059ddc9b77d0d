"""What a made-up session records of safety: nausea, blood pressure before and at its peak, dissociation."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import RandomState

COLUMNS = ("nausea", "bp_before", "bp_peak", "cadss_total")
HEADERS = ("Nausea", "BP before", "BP peak", "CADSS total")
_NOT_RECORDED, _NAUSEA = 0.05, 0.11
_FADING = 0.15
"""By how much of its first mean dissociation falls with each infusion."""


def record_safety(infusions: pd.DataFrame, random: RandomState) -> pd.DataFrame:
    """Add the safety columns of given sessions; blank where missed, or where nobody wrote them down.

    Parameters
    ----------
    infusions : DataFrame of Records
    random : RandomState; it is copied, so that whatever is drawn from it later stays the same

    Returns
    -------
    DataFrame, the same rows with nausea ("Yes", "No"), bp_before and bp_peak ("128/76"), cadss_total
    """
    twin = RandomState()
    twin.set_state(random.get_state())
    own = RandomState(twin.randint(2**31 - 1))
    n, given = len(infusions), (infusions["status"] == "given").to_numpy()
    number = infusions["number"].fillna(1).to_numpy(dtype=float)
    before = np.rint(own.normal(124, 12, n)), np.rint(own.normal(77, 8, n))
    rise = np.maximum(np.rint(own.normal(19, 9, n)), 0), np.maximum(np.rint(own.normal(11, 6, n)), 0)
    fading = np.maximum(1 - _FADING * (number - 1), 0.3)
    dissociation = np.rint(own.gamma(1.6, 5.5, n) * fading)
    written = [given & (own.random_sample(n) >= _NOT_RECORDED) for _ in COLUMNS]
    values = (
        np.where(own.random_sample(n) < _NAUSEA, "Yes", "No").astype(object),
        _write_pressure(*before),
        _write_pressure(before[0] + rise[0], before[1] + rise[1]),
        dissociation.astype(int).astype(object),
    )
    columns = {
        name: np.where(there, value, "") for name, there, value in zip(COLUMNS, written, values, strict=True)
    }
    return infusions.assign(**columns)


def _write_pressure(systolic: np.ndarray, diastolic: np.ndarray) -> np.ndarray:
    return np.array(
        [f"{int(high)}/{int(low)}" for high, low in zip(systolic, diastolic, strict=True)], dtype=object
    )
