"""From a row of a summary or a fit to typed cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from outcomes.models.fit import Fit
from outcomes.models.survival.curve import NOT_REACHED
from outcomes.reports.blocks import Cell, Column, Count, Estimate, NotEstimable, P, Share, Text, split_cell

NOBODY = NotEstimable("nobody")
NOT_ESTIMABLE = NotEstimable("not estimable")
TOO_FEW = NotEstimable("too few")
NOBODY = NotEstimable("nobody")
NO_EVENT = NotEstimable("no event")
NOT_DETERMINED = NotEstimable("open")
"""Why a curve has no number for a day; a note under each table says them at length."""
SHARE_COLUMNS = ("k of N", "%", "95 % CI")


def take_share(frame: pd.DataFrame, **where: Any) -> Share:
    """The share of the one row that fits; 0 of 0 where there is none, as in a quarter without patients.

    Parameters
    ----------
    frame : DataFrame of summarize_endpoints, summarize_completeness or summarize_reliable_change
    **where : column to value
    """
    for column, value in where.items():
        frame = frame[(frame[column] == value).fillna(False).astype(bool)]
    return make_share(frame.iloc[0]) if len(frame) else Share(0, 0, percent_shown=False)


def make_share(row: Any) -> Share:
    """The share in a row with k and n (or n_measured and n_due), its interval, and percent_shown."""
    k, n = (int(row[name]) for name in (("n_measured", "n_due") if "n_due" in row else ("k", "n")))
    if n == 0:
        return Share(0, 0, percent_shown=False)
    low, high = float(row["conf_low"]), float(row["conf_high"])
    return Share(k, n, low, high, percent_shown=bool(row.get("percent_shown", True)))


def split_share(share: Share) -> tuple[Cell, ...]:
    """A share as three cells, for the columns of share_columns."""
    return split_cell(share, ("count", "value", "interval"))


def share_columns(group: str = "") -> tuple[Column, ...]:
    """Three columns: k of N, percent, interval."""
    return tuple(Column(name, group=group) for name in SHARE_COLUMNS)


def make_estimate(
    value: Any, low: Any = pd.NA, high: Any = pd.NA, *, digits: int = 1, unit: str = ""
) -> Cell:
    """An estimate with its interval, or words where there is no number."""
    if pd.isna(value):
        return NOT_ESTIMABLE
    known = not (pd.isna(low) or pd.isna(high))
    return Estimate(float(value), float(low) if known else None, float(high) if known else None, digits, unit)


def make_percent(value: Any, low: Any = None, high: Any = None) -> Cell:
    """A share that comes from a curve (0 to 1) as a whole percent."""
    value, low, high = (pd.NA if pd.isna(part) else 100 * float(part) for part in (value, low, high))
    return make_estimate(value, low, high, digits=0, unit="%")


def make_count(value: Any, unit: str = "") -> Cell:
    """A whole number, or nothing where it is missing."""
    return Text("") if pd.isna(value) else Count(int(value), unit)


def make_p(value: Any) -> Cell:
    """A p-value, or words where there is none."""
    return NOT_ESTIMABLE if pd.isna(value) else P(float(value))


@dataclass(frozen=True)
class Landmark:
    """A curve on one day: its value, or words with the interval that is left, and how many are at risk."""

    value: Cell
    at_risk: int | None
    bound: Estimate | None = None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Value, interval and number at risk, for the columns of a table."""
        value, interval = split_cell(self.value, ("value", "interval"))
        return (value, self.bound or interval, Text("") if self.at_risk is None else Count(self.at_risk))


def read_landmark(fit: Fit, day: int, *, as_incidence: bool, smallest: int, widest: float) -> Landmark:
    """The curve at a day, and how many are still followed then.

    Parameters
    ----------
    fit : Fit of a curve with extras["landmarks"]
    day : int, one of its landmarks
    as_incidence : bool, True for the share with the event
    smallest : int, fewer at risk than this and no number is printed
    widest : float, where the visits leave more than this share open there is no number either

    Returns
    -------
    Landmark; where nobody had the event it holds the exact interval of those still followed, and no value
    """
    landmarks = fit.extras.get("landmarks")
    if landmarks is None:
        return Landmark(NOT_ESTIMABLE, None)
    row = landmarks[landmarks["day"] == day].iloc[0]
    at_risk = int(row["at_risk"])
    if not fit.table.filter(["at_risk", "observed", "censored"]).to_numpy().any():
        return Landmark(NOBODY, at_risk)
    if at_risk < smallest:
        return Landmark(TOO_FEW, at_risk)
    # the interval of a curve that has not moved has no width: a number would look certain
    if row["estimate"] == 1 or not fit.table["observed"].any():
        return Landmark(NO_EVENT, at_risk, _bound(row["event_share_upper"], as_incidence=as_incidence))
    if pd.isna(row["estimate"]):
        return Landmark(NOT_ESTIMABLE, at_risk)
    if "inside" in landmarks and row["highest"] - row["lowest"] > widest:
        return Landmark(NOT_DETERMINED, at_risk)
    parts = [row["estimate"], row["conf_low"], row["conf_high"]]
    if as_incidence:
        parts = [1 - parts[0], 1 - parts[2], 1 - parts[1]]
    return Landmark(make_percent(*parts), at_risk)


def _bound(upper: Any, *, as_incidence: bool) -> Estimate | None:
    """The exact interval of a share that was not seen to move, as the interval of an estimate."""
    if pd.isna(upper):
        return None
    value, low, high = (0.0, 0.0, 100 * upper) if as_incidence else (100.0, 100 * (1 - upper), 100.0)
    return Estimate(value, float(low), float(high), digits=0, unit="%", part="interval")


def read_median(fit: Fit, *, smallest: int) -> Cell:
    """The median of a curve in words, with its interval where it has one, "not reached" where it is not.

    Where fewer than `smallest` were at risk just before it, it rests on the last few and is not printed.
    """
    medians = fit.extras.get("medians")
    if medians is None or fit.verdict == "NOT ESTIMABLE":
        return NOT_ESTIMABLE
    row = medians.iloc[0]
    if pd.notna(row["at_risk_before"]) and row["at_risk_before"] < smallest:
        return NotEstimable("too few at risk")
    if "conf_low" not in medians or pd.isna(row["at_risk_before"]):
        return Text(str(row["text"]))
    low, high = (NOT_REACHED if pd.isna(day) else f"{day:g}" for day in (row["conf_low"], row["conf_high"]))
    return Text(f"{row['text']} ({low} to {high})")
