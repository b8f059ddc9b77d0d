"""A fitted curve made ready to draw: its groups, the steps that are shown, and the counts behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from outcomes.errors import DataError
from outcomes.figures.style import GroupStyle, group_styles
from outcomes.schema import require_columns

CURVE_COLUMNS = ("group", "day", "estimate", "conf_low", "conf_high", "at_risk", "observed", "censored")
_EVERYBODY = "all"
_NOTHING = "No patient has a time to this event in this period."


@dataclass(frozen=True)
class Curve:
    """The curve of one group.

    Attributes
    ----------
    label : str, the group's name, or what tells it from the curve beside it
    rows : DataFrame, the steps that are drawn, from day 0; no row where the group has no curve
    counts : DataFrame, at_risk, observed and censored of all days
    stretches : DataFrame, low and high of the stretches in which the data cannot place a step
    n : int, everyone in the group
    few : bool, True where the group never has enough people at risk for an interval
    cut : bool, True where the last steps are not drawn because too few were at risk
    style : GroupStyle
    """

    label: str
    rows: pd.DataFrame
    counts: pd.DataFrame
    stretches: pd.DataFrame
    n: int
    few: bool
    cut: bool
    style: GroupStyle

    @property
    def full_label(self) -> str:
        """The label with the number of people."""
        label = "All patients" if self.label == _EVERYBODY else self.label
        return f"{label} (n = {self.n:,}){', no curve' if self.rows.empty else ''}"

    @property
    def line_width(self) -> float:
        """Points; thin where there is no interval."""
        return 0.8 if self.few else 1.6

    def count_at(self, column: str, day: float) -> int:
        """The count after the events and censorings of that day."""
        reached = self.counts.loc[self.counts["day"] <= day, column]
        if reached.empty:
            return self.n if column == "at_risk" else 0
        return int(reached.iloc[-1])


def take_table(fit: Any) -> pd.DataFrame:
    """The table of a Fit, or the frame itself."""
    return fit if isinstance(fit, pd.DataFrame) else fit.table


def read_table(curve: Any, *, caller: str) -> pd.DataFrame:
    """The table of a Fit, or the frame itself, with its numbers as floats."""
    table = take_table(curve)
    require_columns(table, CURVE_COLUMNS, caller=caller)
    numbers = {name: pd.to_numeric(table[name]).astype("float64") for name in CURVE_COLUMNS[1:]}
    return table.assign(group=table["group"].astype("string").fillna("not stated"), **numbers)


def say_why_empty(curve: Any, table: pd.DataFrame) -> str | None:
    """The sentence that stands in place of a picture; None where there is something to draw."""
    if getattr(curve, "verdict", None) == "NOT ESTIMABLE":
        return f"This curve cannot be estimated. {curve.notes[0]}"
    return _NOTHING if table["estimate"].isna().all() else None


def prepare_curves(curve: Any, compare: Any, labels: tuple[str, str], smallest: int) -> list[Curve]:
    """The curves of all groups, or with `compare` the two curves of one group, as they are drawn."""
    both = [one for one in (curve, compare) if one is not None]
    tables = [read_table(one, caller="plot_survival") for one in both]
    groups = [list(dict.fromkeys(table["group"])) for table in tables]
    if compare is not None and max(len(names) for names in groups) > 1:
        raise DataError(
            f"plot_survival compares two curves of one group; there are {max(map(len, groups))} groups. "
            "Draw each group on its own axes, with its own compare=."
        )
    places = [(place, name) for place, names in enumerate(groups) for name in names]
    shown = [name for _, name in places] if compare is None else list(labels[: len(places)])
    styles = group_styles(shown)
    return [
        _prepare_curve(
            tables[place][tables[place]["group"] == name],
            _read_stretches(both[place], name),
            label,
            styles[label],
            smallest,
        )
        for (place, name), label in zip(places, shown, strict=True)
    ]


def _read_stretches(curve: Any, group: str) -> pd.DataFrame:
    """Where a Fit of interval-censored times says that its curve falls, up to the last visit."""
    support = getattr(curve, "extras", {}).get("support")
    if support is None:
        return pd.DataFrame({"low": [], "high": []})
    own = support[(support["group"] == group) & support["high"].notna()]
    return own[["low", "high"]].astype("float64")


def _prepare_curve(
    table: pd.DataFrame, stretches: pd.DataFrame, label: str, style: GroupStyle, smallest: int
) -> Curve:
    """Start at day 0, and end with the last step that enough people at risk have seen."""
    counts = table.sort_values("day", kind="stable", ignore_index=True)
    n = int(counts[["at_risk", "observed", "censored"]].iloc[0].sum())
    counts = counts.assign(seen_by=counts["at_risk"].shift(fill_value=float(n)))
    rows = counts.dropna(subset=["estimate"])
    if len(rows) and rows["day"].iloc[0] > 0:
        start = {"day": 0.0, "estimate": 1.0, "conf_low": 1.0, "conf_high": 1.0, "seen_by": float(n)}
        rows = pd.concat([pd.DataFrame([start]), rows], ignore_index=True)
    few = n < smallest
    kept = (rows["seen_by"] >= smallest).cummin() | few
    return Curve(label, rows[kept], counts, stretches, n, few, not bool(kept.all()), style)
