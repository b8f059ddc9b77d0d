"""Curves of time to an event, with their intervals and the table of those at risk."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from outcomes.definitions.profile import Profile, get_profile
from outcomes.figures.curves import Curve, prepare_curves, read_table, say_why_empty
from outcomes.figures.layout import (
    draw_guides,
    dress_axes,
    label_days,
    place_legend,
    say_instead,
    start_axes,
    write_note,
)
from outcomes.figures.risk_table import draw_risk_table, risk_table_height
from outcomes.figures.style import FULL, Looks, draw_context, figure_inches
from outcomes.figures.words import join_sentences, say_percent

_TOLD_DAYS = (28, 56)  # alternative texts tell the curve at weeks 4 and 8
_CURVE_HEIGHT = 50.0  # mm of a full figure that are left for the curve itself
_BOX_ALPHA = 0.28
_CLOCK_STARTS = {
    "response": "first infusion",
    "remission": "first infusion",
    "relapse": "the post-induction score",
    "loss_of_response": "the post-induction score",
}


def plot_survival(
    curve: Any,
    *,
    as_incidence: bool = False,
    compare: Any = None,
    labels: tuple[str, str] = ("interval-censored", "dated at the visit"),
    ax: Axes | None = None,
    risk_ax: Axes | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
    profile: str | Profile = "default",
) -> Axes:
    """Draw how many are still without the event, or have had it, by day, with the table of those at risk.

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
    xlabel, ylabel : str, optional
        Axis labels with their units; else from the endpoint of the Fit, if it was fitted to EVENTS.
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
    Nothing is estimated. At each tick of the table at risk + events + censored = everyone in the group [1]_.
    A group that never has enough people at risk is one thin line without an interval; a group without a curve
    keeps its place in legend and table. The picture says so in both cases.

    References
    ----------
    .. [1] Morris TP, Jarvis CI, Cragg W, et al. (2019). Proposals on Kaplan-Meier plots in medical research
       and a survey of stakeholder views: KMunicate. BMJ Open 9:e030215. doi:10.1136/bmjopen-2019-030215

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> table = pd.DataFrame({
    ...     "group": "all", "day": [7, 14], "estimate": [0.8, 0.5], "conf_low": [0.6, 0.3],
    ...     "conf_high": [0.9, 0.7], "at_risk": [16, 10], "observed": [4, 10], "censored": [0, 0],
    ... })
    >>> ax = oc.plot_survival(table, as_incidence=True)
    >>> ax.get_ylabel()
    'With the event (%)'
    """
    smallest = int(get_profile(profile).value("min_percent_denominator"))
    refusal = say_why_empty(curve, read_table(curve, caller="plot_survival"))
    with draw_context():
        if refusal:
            if risk_ax is not None:
                risk_ax.set_axis_off()
            return say_instead(start_axes(ax), refusal)
        curves = prepare_curves(curve, compare, labels, smallest)
        if ax is None:
            ax, risk_ax = _new_axes(risk_table_height(curves))
        dress_axes(ax)
        for one in curves:
            _draw_curve(ax, one, as_incidence=as_incidence)
        event, clock = _read_event(curve)
        default = f"{'With' if as_incidence else 'Without'} {event} (%)"
        _finish_axes(ax, curves, xlabel=xlabel or clock, ylabel=ylabel or default)
        place_legend(ax, _make_handles(ax, curves))
        _say_limits(ax, curves, smallest)
        if risk_ax is not None:
            draw_risk_table(risk_ax, ax, curves)
    return ax


def describe_survival(curve: Any, *, as_incidence: bool = False, event: str | None = None) -> str:
    """Tell a curve of time to an event in words, for readers who do not see the picture.

    Parameters
    ----------
    curve : Fit or DataFrame, as for plot_survival
    as_incidence : bool, as the picture was drawn
    event : str, optional; what happens, for example "response"; else the endpoint of the Fit

    Returns
    -------
    str, 80 to 350 characters; every number stands in the table (shares as whole percent)

    Raises
    ------
    DataError
        If the table lacks a column.

    Notes
    -----
    Each group is told at its last rows up to day 28 and day 56 (weeks 4 and 8), for as far as there is room.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> table = pd.DataFrame({
    ...     "group": "all", "day": [0, 14], "estimate": [1.0, 0.5], "conf_low": [1.0, 0.3],
    ...     "conf_high": [1.0, 0.7], "at_risk": [20, 10], "observed": [0, 10], "censored": [0, 0],
    ... })
    >>> oc.describe_survival(table, event="relapse").split(". ")[1]
    'All patients: 50 % at day 14, 10 at risk.'
    """
    table = read_table(curve, caller="describe_survival")
    event = event or _read_event(curve)[0]
    kind = f"Step curve of the share {'with' if as_incidence else 'without'} {event} (percent, 0 to 100)"
    refusal = say_why_empty(curve, table)
    if refusal:
        return join_sentences([f"{kind} by days since the start of the clock, not drawn.", refusal])
    groups = dict.fromkeys(table["group"])
    days = _TOLD_DAYS if len(groups) <= 2 else _TOLD_DAYS[-1:]
    told = [_tell_group(name, table[table["group"] == name], days, as_incidence) for name in groups]
    return join_sentences([f"{kind} by days since the start of the clock.", *told])


def _read_event(curve: Any) -> tuple[str, str]:
    """The words for the event and for the clock, from what a Fit says of its events."""
    settings = getattr(curve, "settings", {})
    endpoint = settings.get("endpoint") or ""
    if settings.get("clock") == "infusions":
        clock = "Infusions"
    else:
        clock = (
            f"Days since {_CLOCK_STARTS.get(endpoint.removeprefix('sustained_'), 'the start of the clock')}"
        )
    return endpoint.replace("_", " ") or "the event", clock


def _tell_group(name: str, table: pd.DataFrame, days: tuple[int, ...], as_incidence: bool) -> str:
    rows = table.dropna(subset=["estimate"]).sort_values("day", kind="stable")
    title = "All patients" if name == "all" else name
    if rows.empty:
        return f"{title}: no curve."
    found = [rows[rows["day"] <= day].tail(1) for day in days if (rows["day"] <= day).any()]
    seen = pd.concat(found).drop_duplicates("day") if found else rows.head(1)
    shares = 1 - seen["estimate"] if as_incidence else seen["estimate"]
    told = [
        f"{say_percent(share)} at day {day:.0f}, {at_risk:.0f} at risk"
        for share, day, at_risk in zip(shares, seen["day"], seen["at_risk"], strict=True)
    ]
    return f"{title}: {'; '.join(told)}."


def _new_axes(risk_height: float) -> tuple[Axes, Axes]:
    """A new figure with an axes for the curve, and one below as high as the table needs."""
    size = figure_inches((FULL[0], FULL[1] + risk_height))
    ratios = [_CURVE_HEIGHT, risk_height]
    axes = plt.subplots(2, 1, figsize=size, layout="constrained", height_ratios=ratios)[1]
    return axes[0], axes[1]


def _draw_curve(ax: Axes, curve: Curve, *, as_incidence: bool) -> None:
    """The steps, and where enough people are at risk the interval and the stretches without a known step."""
    shares = curve.rows[["estimate", "conf_low", "conf_high"]]
    percent = 100 * (1 - shares) if as_incidence else 100 * shares
    percent = percent.assign(day=curve.rows["day"])
    looks: Looks = {"color": curve.style.color, "linestyle": curve.style.dash, "linewidth": curve.line_width}
    ax.plot(percent["day"], percent["estimate"], drawstyle="steps-post", zorder=3, gid="curve", **looks)
    if curve.few:
        return
    limits = (percent["conf_low"], percent["conf_high"])
    fill: Looks = {"color": curve.style.color, "alpha": 0.14, "linewidth": 0}
    ax.fill_between(percent["day"], *limits, step="post", zorder=1, gid="interval", **fill)
    for low, high in zip(curve.stretches["low"], curve.stretches["high"], strict=True):
        if high - low > 1 and high <= percent["day"].max():  # an exact day is a stretch of one day
            before, after = (_value_at(percent, day) for day in (low, high))
            box = Rectangle((low, min(before, after)), high - low, abs(after - before), zorder=2)
            box.set(facecolor=curve.style.color, alpha=_BOX_ALPHA, linewidth=0, gid="undetermined")
            ax.add_patch(box)


def _value_at(percent: pd.DataFrame, day: float) -> float:
    return float(percent.loc[percent["day"] <= day, "estimate"].iloc[-1])


def _finish_axes(ax: Axes, curves: list[Curve], *, xlabel: str, ylabel: str) -> None:
    last = max(1.0, *(float(curve.rows["day"].max()) for curve in curves if len(curve.rows)))
    ax.set(xlim=(0.0, 1.02 * last), ylim=(0.0, 100.0), ylabel=ylabel, yticks=[0, 25, 50, 75, 100])
    label_days(ax, last, xlabel)
    draw_guides(ax, "y")


def _make_handles(ax: Axes, curves: list[Curve]) -> list[Artist]:
    handles: list[Artist] = []
    for curve in curves:
        handle = Line2D([], [], color=curve.style.color, linewidth=curve.line_width, label=curve.full_label)
        handle.set_linestyle(curve.style.dash)
        handles.append(handle)
    if any(patch.get_gid() == "undetermined" for patch in ax.patches):
        box = Rectangle((0, 0), 1, 1, facecolor=curves[0].style.color, alpha=_BOX_ALPHA)
        box.set_label("step lies within")
        handles.append(box)
    return handles


def _say_limits(ax: Axes, curves: list[Curve], smallest: int) -> None:
    """Tell below the axes where lines end early or stand without an interval."""
    notes = []
    if any(curve.cut for curve in curves):
        notes.append(f"Lines end where fewer than {smallest} are still at risk.")
    if any(curve.few and len(curve.rows) for curve in curves):
        notes.append(f"Thin line: fewer than {smallest} patients, no interval.")
    if notes:
        write_note(ax, " ".join(notes))
