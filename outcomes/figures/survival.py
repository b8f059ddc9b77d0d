"""Curves of time to an event with their intervals and the table of those at risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from outcomes.definitions.profile import Profile, get_profile
from outcomes.errors import DataError
from outcomes.figures.style import (
    FULL,
    GUIDE,
    LINE_HEIGHT,
    QUIET_TEXT,
    TEXT,
    GroupStyle,
    choose_day_ticks,
    draw_context,
    dress_axes,
    figure_inches,
    figure_width,
    group_styles,
    place_legend,
    say_instead,
    start_axes,
    write_note,
)
from outcomes.figures.words import join_sentences, say_percent
from outcomes.schema import require_columns

_CURVE = ("group", "day", "estimate", "conf_low", "conf_high", "at_risk", "observed", "censored")
_TOLD_DAYS = (28, 56)  # alternative texts tell the curve at weeks 4 and 8
_RISK_ROWS = (("at_risk", "at risk"), ("observed", "events"), ("censored", "censored"))
_EVERYBODY = "all"
_NOTHING = "No patient has a time to this event in this period."


@dataclass(frozen=True)
class _Curve:
    """One curve ready to draw: the steps shown, the counts of all days, and the stretches where no step can be placed."""

    group: str
    label: str
    rows: pd.DataFrame
    counts: pd.DataFrame
    boxes: pd.DataFrame
    n: int
    few: bool
    cut: bool
    style: GroupStyle

    @property
    def full_label(self) -> str:
        label = "All patients" if self.label == _EVERYBODY else self.label
        return f"{label} (n = {self.n:,})"


def plot_survival(
    curve: Any,
    *,
    as_incidence: bool = False,
    compare: Any = None,
    labels: tuple[str, str] = ("interval-censored", "dated at the visit"),
    ax: Axes | None = None,
    risk_ax: Axes | None = None,
    xlabel: str = "Days since first infusion",
    ylabel: str | None = None,
    profile: str | Profile = "default",
) -> Axes:
    """Draw how many are still without the event, or have had it, by day, with intervals and the table of those at risk.

    Parameters
    ----------
    curve : Fit or DataFrame
        A fitted curve or its table: one row per group and day with group, day, estimate (share without the
        event), conf_low, conf_high, at_risk, observed, censored. Of a Fit, the frame "support" in its extras
        gives the stretches in which the data cannot place a step; they are shaded.
    as_incidence : bool
        True draws the share with the event, which rises.
    compare : Fit or DataFrame, optional
        A second curve of the same people, drawn dashed; both must have one group.
    labels : (str, str)
        Names of the curve and of `compare`; used only where there is one to compare.
    ax : Axes, optional
        Without it, a new figure is made that holds the curve and the table.
    risk_ax : Axes, optional
        Where the table goes; with `ax` and without `risk_ax` no table is drawn.
    xlabel, ylabel : str
        Axis labels with their units.
    profile : str or Profile
        `min_percent_denominator` is used: a curve ends with the last step seen by at least so many at risk.

    Returns
    -------
    Axes, that of the curve

    Raises
    ------
    DataError
        If the table lacks a column, there are more than four groups, or `compare` meets several groups.

    Notes
    -----
    Nothing is estimated. At each tick the table shows at risk + events + censored = everyone in the group [1]_. A group
    that never has enough people at risk is drawn as one thin line without an interval, and the picture says so.

    References
    ----------
    .. [1] Morris TP, Jarvis CI, Cragg W, et al. (2019). Proposals on Kaplan-Meier plots in medical research and a
       survey of stakeholder views: KMunicate. BMJ Open 9:e030215. doi:10.1136/bmjopen-2019-030215

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> table = pd.DataFrame({
    ...     "group": "all", "day": [7, 14], "estimate": [0.8, 0.5], "conf_low": [0.6, 0.3], "conf_high": [0.9, 0.7],
    ...     "at_risk": [16, 10], "observed": [4, 10], "censored": [0, 0],
    ... })
    >>> ax = oc.plot_survival(table, as_incidence=True)
    >>> ax.get_ylim()
    (0.0, 100.0)
    """
    smallest = int(get_profile(profile).value("min_percent_denominator"))
    tables = [_read_table(one) for one in (curve, compare) if one is not None]
    with draw_context():
        refusal = _say_why_empty(tables[0], curve)
        if refusal:
            _clear(risk_ax)
            return say_instead(start_axes(ax), refusal)
        curves = _prepare_curves(tables, [_read_boxes(curve), _no_boxes()], labels, smallest)
        if ax is None:
            ax, risk_ax = _new_axes(_count_risk_lines(curves))
        dress_axes(ax)
        for one in curves:
            _draw_curve(ax, one, as_incidence=as_incidence)
        _finish_axes(ax, curves, xlabel=xlabel, ylabel=ylabel or _default_ylabel(as_incidence), smallest=smallest)
        if risk_ax is not None:
            _draw_risk_table(risk_ax, ax, curves)
    return ax


def describe_survival(curve: Any, *, as_incidence: bool = False, event: str = "the event") -> str:
    """Tell a curve of time to an event in words, for readers who do not see the picture.

    Parameters
    ----------
    curve : Fit or DataFrame, as for plot_survival
    as_incidence : bool, as the picture was drawn
    event : str, what happens, for example "response"

    Returns
    -------
    str, 80 to 350 characters; every number stands in the table (shares as whole percent)

    Raises
    ------
    DataError
        If the table lacks a column.

    Notes
    -----
    Each group is told at the last rows up to day 28 and day 56 (weeks 4 and 8).

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> table = pd.DataFrame({
    ...     "group": "all", "day": [0, 14], "estimate": [1.0, 0.5], "conf_low": [1.0, 0.3], "conf_high": [1.0, 0.7],
    ...     "at_risk": [20, 10], "observed": [0, 10], "censored": [0, 0],
    ... })
    >>> print(oc.describe_survival(table, event="relapse"))
    Step curve of the share without relapse (percent, 0 to 100) by days since the start. all: 50 % at day 14, 10 at risk.
    """
    table = _read_table(curve)
    what = f"{'with' if as_incidence else 'without'} {event}"
    refusal = _say_why_empty(table, curve)
    if refusal:
        return f"Step curve of the share {what} by days since the start, not drawn. {refusal}"[: 350]
    groups = list(table.groupby("group", sort=False))
    told_days = _TOLD_DAYS if len(groups) <= 2 else _TOLD_DAYS[-1:]
    told = [_tell_group(str(name), rows, told_days, as_incidence=as_incidence) for name, rows in groups]
    return join_sentences([f"Step curve of the share {what} (percent, 0 to 100) by days since the start.", *told])


def _tell_group(name: str, rows: pd.DataFrame, days: tuple[int, ...], *, as_incidence: bool) -> str:
    found = [rows[rows["day"] <= day].tail(1) for day in days]
    seen = pd.concat(found).drop_duplicates("day") if any(len(one) for one in found) else rows.head(1)
    told = [
        f"{say_percent(1 - row.estimate if as_incidence else row.estimate)} at day {int(row.day)}, {int(row.at_risk)} at risk"
        for row in seen.itertuples()
    ]
    return f"{name}: {'; '.join(told)}."


def _read_table(curve: Any) -> pd.DataFrame:
    table = curve if isinstance(curve, pd.DataFrame) else curve.table
    require_columns(table, _CURVE, caller="plot_survival")
    numbers = {name: pd.to_numeric(table[name]).astype("float64") for name in _CURVE[1:]}
    return table.assign(group=table["group"].astype("string").fillna("not stated"), **numbers)


def _say_why_empty(table: pd.DataFrame, curve: Any) -> str | None:
    if getattr(curve, "verdict", None) == "NOT ESTIMABLE":
        return f"This curve cannot be estimated. {curve.notes[0]}"
    return _NOTHING if table["estimate"].isna().all() else None


def _read_boxes(curve: Any) -> pd.DataFrame:
    support = getattr(curve, "extras", {}).get("support")
    return _no_boxes() if support is None else support


def _no_boxes() -> pd.DataFrame:
    return pd.DataFrame({"group": pd.Series(dtype="string"), "lo": pd.Series(dtype="float64"), "hi": pd.Series(dtype="float64")})


def _prepare_curves(
    tables: list[pd.DataFrame], boxes: list[pd.DataFrame], labels: tuple[str, str], smallest: int
) -> list[_Curve]:
    tables = [table[table["estimate"].notna()] for table in tables]
    names = [list(dict.fromkeys(table["group"])) for table in tables]
    if len(tables) == 2:
        if max(len(found) for found in names) > 1:
            raise DataError(
                f"plot_survival can compare two curves of one group; there are {max(len(found) for found in names)} groups. "
                "Draw each group on its own axes, with its own compare=."
            )
        shown = [(table, box, name, label) for table, box, (name, *_), label in zip(tables, boxes, names, labels, strict=True)]
    else:
        shown = [(tables[0], boxes[0], name, name) for name in names[0]]
    styles = list(group_styles(str(place) for place in range(len(shown))).values())
    return [
        _prepare_curve(table[table["group"] == name], box, name, label, style, smallest)
        for (table, box, name, label), style in zip(shown, styles, strict=True)
    ]


def _prepare_curve(
    rows: pd.DataFrame, boxes: pd.DataFrame, group: str, label: str, style: GroupStyle, smallest: int
) -> _Curve:
    rows = rows.sort_values("day", kind="stable", ignore_index=True)
    n = int(rows[["at_risk", "observed", "censored"]].iloc[0].sum())
    if rows["day"].iloc[0] > 0:
        origin = {"group": group, "day": 0.0, "estimate": 1.0, "conf_low": 1.0, "conf_high": 1.0}
        start = pd.DataFrame([{**origin, "at_risk": float(n), "observed": 0.0, "censored": 0.0}])
        rows = pd.concat([start, rows[list(_CURVE)]], ignore_index=True)
    seen_by = rows["at_risk"].shift(fill_value=float(n))
    kept = (seen_by >= smallest).cummin()
    few = n < smallest
    mine = boxes[boxes["group"].astype("string").fillna("not stated") == group] if "group" in boxes.columns else boxes
    cut = not few and not bool(kept.all())
    return _Curve(group, label, rows[kept] if cut else rows, rows, mine, n, few, cut, style)


def _draw_curve(ax: Axes, curve: _Curve, *, as_incidence: bool) -> None:
    rows = curve.rows
    shares = {name: _as_percent(rows[name], as_incidence) for name in ("estimate", "conf_low", "conf_high")}
    ax.plot(
        rows["day"], shares["estimate"], drawstyle="steps-post", color=curve.style.color, linestyle=curve.style.dash,
        linewidth=0.8 if curve.few else 1.6, label=curve.full_label, zorder=3, gid="curve",
    )  # fmt: skip
    if curve.few:
        return
    ax.fill_between(
        rows["day"], shares["conf_low"], shares["conf_high"], step="post", color=curve.style.color, alpha=0.14, linewidth=0,
        zorder=1, gid="interval",
    )  # fmt: skip
    for box in curve.boxes.itertuples():
        _draw_box(ax, curve, float(box.lo), float(box.hi), as_incidence=as_incidence)


def _draw_box(ax: Axes, curve: _Curve, low: float, high: float, *, as_incidence: bool) -> None:
    """Shade a stretch longer than a day in which the data do not say when the curve steps."""
    if not np.isfinite(high) or high - low <= 1 or high > curve.rows["day"].iloc[-1]:
        return
    before, after = (
        float(_as_percent(curve.rows.loc[curve.rows["day"] <= day, "estimate"].iloc[-1:], as_incidence).iloc[0])
        for day in (low, high)
    )
    ax.add_patch(
        Rectangle(
            (low, min(before, after)), high - low, abs(after - before), facecolor=curve.style.color, alpha=0.28,
            linewidth=0, zorder=2, gid="undetermined",
        )
    )  # fmt: skip


def _as_percent(share: pd.Series, as_incidence: bool) -> pd.Series:
    return 100 * (1 - share) if as_incidence else 100 * share


def _default_ylabel(as_incidence: bool) -> str:
    return "With the event (%)" if as_incidence else "Without the event (%)"


def _finish_axes(ax: Axes, curves: list[_Curve], *, xlabel: str, ylabel: str, smallest: int) -> None:
    last = max(1.0, *(float(curve.rows["day"].iloc[-1]) for curve in curves))
    ax.set(xlim=(0.0, 1.02 * last), ylim=(0.0, 100.0), xlabel=xlabel, ylabel=ylabel)
    ax.set_xticks(choose_day_ticks(0.0, last, figure_width(ax)))
    ax.yaxis.set_major_formatter(PercentFormatter(decimals=0, symbol=""))
    ax.set_yticks([0, 25, 50, 75, 100])
    ax.grid(axis="y", color=GUIDE, linewidth=0.6)
    ax.set_axisbelow(True)
    handles: list = [
        Line2D([], [], color=c.style.color, linestyle=c.style.dash, linewidth=0.8 if c.few else 1.6, label=c.full_label)
        for c in curves
    ]
    if any(patch.get_gid() == "undetermined" for patch in ax.patches):
        handles.append(Rectangle((0, 0), 1, 1, facecolor=curves[0].style.color, alpha=0.28, label="step lies somewhere here"))
    place_legend(ax, handles)
    notes = [f"Lines end where fewer than {smallest} are still at risk."] if any(c.cut for c in curves) else []
    notes += [f"Thin line: fewer than {smallest} patients, no interval."] if any(c.few for c in curves) else []
    if notes:
        write_note(ax, " ".join(notes))


def _count_risk_lines(curves: list[_Curve]) -> int:
    return len(curves) * (len(_RISK_ROWS) + 1)


def _new_axes(risk_lines: int) -> tuple[Axes, Axes]:
    """A new figure with an axes for the curve, and one below as high as the table needs."""
    risk_height = risk_lines * LINE_HEIGHT / 72 * 25.4 + 6.0
    size = (FULL[0], FULL[1] + risk_height)
    axes = plt.subplots(2, 1, figsize=figure_inches(size), layout="constrained", height_ratios=[50.0, risk_height])[1]
    return axes[0], axes[1]


def _clear(ax: Axes | None) -> None:
    if ax is not None:
        ax.set_axis_off()


def _draw_risk_table(ax: Axes, curve_ax: Axes, curves: list[_Curve]) -> None:
    """Write the counts of each group under the ticks of the curve."""
    ticks = [tick for tick in curve_ax.get_xticks() if tick <= curve_ax.get_xlim()[1]]
    ax.set(xlim=curve_ax.get_xlim(), ylim=(_count_risk_lines(curves) - 0.5, -0.5))
    ax.set_axis_off()
    longest = len(f"{max(curve.n for curve in curves):,}")
    for place, curve in enumerate(curves):
        top = place * (len(_RISK_ROWS) + 1)
        _write_beside(ax, curve.full_label, top, shift=0.0, ha="left", fontweight="bold", color=TEXT)
        for line, (column, words) in enumerate(_RISK_ROWS, start=top + 1):
            _write_beside(ax, words, line, shift=-8.0 - 2.6 * longest, ha="right", color=QUIET_TEXT)
            for tick in ticks:
                ax.text(tick, line, f"{_count_at(curve, column, tick):,}", ha="center", va="center", gid=f"risk:{column}")


def _write_beside(ax: Axes, words: str, line: int, *, shift: float, **looks: Any) -> None:
    """Write at the left edge of the axes, shifted by so many points."""
    ax.annotate(
        words, xy=(0.0, line), xycoords=("axes fraction", "data"), xytext=(shift, 0.0), textcoords="offset points",
        va="center", annotation_clip=False, gid="risk:label", **looks,
    )  # fmt: skip


def _count_at(curve: _Curve, column: str, day: float) -> int:
    """The count after the events and censorings of that day."""
    reached = curve.counts.loc[curve.counts["day"] <= day, column]
    return int(reached.iloc[-1])
