"""A share by quarter with its usual level and limits: the p-chart."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from outcomes.figures.layout import (
    draw_guides,
    place_legend,
    room_width,
    say_instead,
    start_axes,
    write_at_right,
    write_note,
)
from outcomes.figures.style import BLUE, QUIET_TEXT, TEXT, VERMILION, WHITE, Looks, draw_context
from outcomes.figures.words import join_sentences, say_percent
from outcomes.schema import require_columns

_NEEDED = (
    "quarter", "k", "n", "share", "percent_shown", "center", "low", "high", "provisional", "signal", "side",
)  # fmt: skip
_NOTHING = "Nobody is counted in any of these quarters."
_POINT: Looks = {"linestyle": "none", "markersize": 5.0, "markeredgewidth": 1.1}
_TICK_WIDTH = 46.0  # points that the name of a quarter needs


def plot_control_chart(chart: pd.DataFrame, *, ax: Axes | None = None, ylabel: str = "Share (%)") -> Axes:
    """Draw each quarter's share with the center and limits of the usual level.

    Parameters
    ----------
    chart : DataFrame of summarize_control_chart
    ax : Axes, optional; a new figure is made without it
    ylabel : str, what is counted

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    Circles: quarters; hollow where too few are counted to start a signal. Filled squares: quarters with a
    signal. Dashed lines: limits, in steps, as each quarter has its own n; dotted where the level is
    provisional.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> quarters = [f"{year}Q{number}" for year in (2023, 2024, 2025) for number in (1, 2, 3, 4)]
    >>> chart = oc.summarize_control_chart(pd.DataFrame({"quarter": quarters, "k": 20, "n": 40}))
    >>> oc.plot_control_chart(chart, ylabel="Response (%)").get_ylabel()
    'Response (%)'
    """
    require_columns(chart, _NEEDED, caller="plot_control_chart")
    with draw_context():
        ax = start_axes(ax)
        counted = chart[(chart["n"] > 0).fillna(False)]
        if counted.empty:
            return say_instead(ax, _NOTHING)
        place = np.arange(len(chart))
        provisional = bool(chart["provisional"].iloc[-1])
        _draw_level(ax, place, chart, provisional)
        share = 100 * chart["share"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        signal, few = (
            chart["signal"].notna().to_numpy(),
            ~chart["percent_shown"].fillna(False).to_numpy(dtype=bool),
        )
        ax.plot(place, share, color=BLUE, linewidth=0.8, zorder=2)
        for chosen, marker, face, edge in (
            (~signal & ~few, "o", BLUE, BLUE),
            (~signal & few, "o", WHITE, BLUE),
            (signal, "s", VERMILION, TEXT),
        ):
            looks = {**_POINT, "marker": marker, "markerfacecolor": face, "markeredgecolor": edge}
            ax.plot(place[chosen], share[chosen], zorder=3, gid="quarters", **looks)
        _label(ax, chart, ylabel)
        place_legend(ax, _make_handles(bool(signal.any()), bool((few & (chart["n"] > 0)).any()), provisional))
        if provisional:
            write_note(
                ax, "The level rests on few quarters: limits are provisional and no signal is claimed."
            )
    return ax


def describe_control_chart(chart: pd.DataFrame, *, title: str = "Share") -> str:
    """Tell the picture of plot_control_chart in words, for readers who do not see it.

    Parameters
    ----------
    chart : as for plot_control_chart
    title : str, what is counted

    Returns
    -------
    str, 80 to 350 characters, with the last quarter and the usual level

    Raises
    ------
    DataError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> quarters = [f"{year}Q{number}" for year in (2023, 2024, 2025) for number in (1, 2, 3, 4)]
    >>> chart = oc.summarize_control_chart(pd.DataFrame({"quarter": quarters, "k": 20, "n": 40}))
    >>> oc.describe_control_chart(chart, title="Response").split(". ")[-1]
    'None of the four rules found a signal.'
    """
    require_columns(chart, _NEEDED, caller="describe_control_chart")
    kind = f"Control chart: {title} by quarter of first infusion (percent, 0 to 100), with center and limits"
    counted = chart[(chart["n"] > 0).fillna(False)]
    if counted.empty:
        return join_sentences([f"{kind}, not drawn.", _NOTHING])
    last = counted.iloc[-1]
    rate = say_percent(last["share"]) if last["percent_shown"] else f"{last['k']} of {last['n']}"
    told = f"Last: {last['quarter']}, {rate}; center {say_percent(last['center'])}."
    return join_sentences([f"{kind}.", told, _tell_signals(chart)])


def _tell_signals(chart: pd.DataFrame) -> str:
    if bool(chart["provisional"].iloc[-1]):
        return "The level rests on few quarters, so that no signal is claimed."
    with_signal = chart[chart["signal"].notna()]
    if with_signal.empty:
        return "None of the four rules found a signal."
    return f"Signal in {', '.join(with_signal['quarter'].tail(3))}."


def _draw_level(ax: Axes, place: np.ndarray, chart: pd.DataFrame, provisional: bool) -> None:
    """Center and limits in steps, each step as wide as its quarter."""
    edges = np.append(place - 0.5, place[-1] + 0.5)
    dash = "dotted" if provisional else "dashed"
    lines: tuple[tuple[str, Looks], ...] = (
        ("center", {"color": TEXT, "linewidth": 1.0}),
        ("low", {"color": QUIET_TEXT, "linewidth": 0.9, "linestyle": dash}),
        ("high", {"color": QUIET_TEXT, "linewidth": 0.9, "linestyle": dash}),
    )
    for name, looks in lines:
        values = 100 * chart[name].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        ax.stairs(values, edges, baseline=None, zorder=1, gid=name, **looks)
    write_at_right(
        ax,
        f"center\n{say_percent(chart['center'].iloc[-1])}",
        100 * float(chart["center"].iloc[-1]),
        color=TEXT,
    )


def _label(ax: Axes, chart: pd.DataFrame, ylabel: str) -> None:
    count = len(chart)
    step = max(1, int(np.ceil(count * _TICK_WIDTH / max(room_width(ax) - 90.0, _TICK_WIDTH))))
    shown = list(range(count - 1, -1, -step))[::-1]
    words = [f"{chart['quarter'].iloc[one]}\nn {int(chart['n'].iloc[one]):,}" for one in shown]
    ax.set(xlim=(-0.5, count - 0.5), ylim=(0, 100), xlabel="Quarter of first infusion", ylabel=ylabel)
    ax.set_xticks(shown, words)
    ax.set_yticks(range(0, 101, 20))
    draw_guides(ax, "y")


def _make_handles(signal: bool, few: bool, provisional: bool) -> list:
    def mark(marker: str, face: str, edge: str, label: str) -> Line2D:
        return Line2D(
            [], [], marker=marker, markerfacecolor=face, markeredgecolor=edge, label=label, **_POINT
        )

    handles = [mark("o", BLUE, BLUE, "quarter")]
    if few:
        handles.append(mark("o", WHITE, BLUE, "too few to judge"))
    if signal:
        handles.append(mark("s", VERMILION, TEXT, "signal"))
    limits: Looks = {
        "color": QUIET_TEXT,
        "linewidth": 0.9,
        "linestyle": "dotted" if provisional else "dashed",
    }
    handles.append(Line2D([], [], label="limits", **limits))
    return handles
