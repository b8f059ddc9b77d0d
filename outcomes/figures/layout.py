"""Where things stand on a picture: the axes and its room, ticks, legend, notes, labels outside the data."""

from __future__ import annotations

import math
import textwrap
from typing import Any, Literal, cast

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outcomes.figures.style import (
    FONT_SIZE,
    FONTS,
    FULL,
    GUIDE,
    LINE_WIDTH,
    NARROW,
    QUIET_TEXT,
    TEXT,
    TICK_LENGTH,
    WHITE,
    figure_inches,
)

_TICK_STEPS = (1, 2, 7, 14, 28, 56, 91, 182, 364)


def start_axes(ax: Axes | None, *, size: tuple[float, float] = FULL) -> Axes:
    """The axes to draw on: the given one, or that of a new figure of this size (mm)."""
    if ax is None:
        return plt.subplots(figsize=figure_inches(size), layout="constrained")[1]
    dress_axes(ax)
    return ax


def dress_axes(ax: Axes) -> None:
    """Give an axes that was made under other settings the look of this package."""
    for label in (ax.xaxis.label, ax.yaxis.label):
        label.set(fontsize=FONT_SIZE, fontfamily=FONTS, color=TEXT, parse_math=False)
    ax.tick_params(
        labelsize=FONT_SIZE,
        labelfontfamily=FONTS[0],
        labelcolor=TEXT,
        color=QUIET_TEXT,
        width=LINE_WIDTH,
        length=TICK_LENGTH,
    )
    ax.set_facecolor(WHITE)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(edgecolor=QUIET_TEXT, linewidth=LINE_WIDTH)


def room_width(ax: Axes) -> float:
    """Points across that the axes has with its labels: its columns of the figure."""
    return 72.0 * _figure(ax).get_figwidth() * _share(ax, "columns")


def room_height(ax: Axes) -> float:
    """Points down that the axes has with its labels: its rows of the figure."""
    return 72.0 * _figure(ax).get_figheight() * _share(ax, "rows")


def _figure(ax: Axes) -> Figure:
    return cast(Figure, ax.get_figure(root=True))


def _share(ax: Axes, what: Literal["rows", "columns"]) -> float:
    """Share of the figure by the grid: a layout engine moves the axes only when the figure is drawn."""
    place = ax.get_subplotspec()
    if place is None:
        return ax.get_position().height if what == "rows" else ax.get_position().width
    rows, columns, *_ = place.get_geometry()
    return len(place.rowspan) / rows if what == "rows" else len(place.colspan) / columns


def choose_day_ticks(first: float, last: float, width: float) -> list[int]:
    """Ticks at whole days or weeks around day 0, as many as a figure of this width (points) has room for."""
    most = 8 if width >= NARROW else 4
    step = next((step for step in _TICK_STEPS if (last - first) / step <= most), None)
    if step is None:
        step = _TICK_STEPS[-1] * math.ceil((last - first) / _TICK_STEPS[-1] / most)
    return list(range(step * math.ceil(first / step), math.floor(last) + 1, step))


def label_days(ax: Axes, last: float, xlabel: str) -> None:
    """Label an x axis from 0 to the last day; below ticks of whole weeks, their number.

    Weeks are written only where the label says that the axis counts days, and not, say, infusions.
    """
    ticks = choose_day_ticks(0.0, last, room_width(ax))
    in_weeks = xlabel.lower().startswith("day") and len(ticks) > 1 and all(day % 7 == 0 for day in ticks)
    words = [f"{day}\nwk {day // 7}" if in_weeks and day else f"{day}" for day in ticks]
    ax.set_xticks(ticks, words)
    ax.set_xlabel(xlabel)


def say_instead(ax: Axes, sentence: str) -> Axes:
    """Write a sentence where there is nothing to draw."""
    ax.set_axis_off()
    lines = textwrap.fill(sentence, max(20, int(room_width(ax) / 6)))
    ax.text(0.5, 0.5, lines, transform=ax.transAxes, ha="center", va="center", color=TEXT, gid="sentence")
    return ax


def dress_shares(ax: Axes, last: float, xlabel: str) -> None:
    """Label an axes of shares of patients by day, from day 0 to the last."""
    last = max(1.0, last)
    ax.set(xlim=(0, last), ylim=(0, 100), ylabel="Share of patients (%)", yticks=range(0, 101, 20))
    label_days(ax, last, xlabel)
    draw_guides(ax, "y")


def draw_guides(ax: Axes, axis: Literal["x", "y"]) -> None:
    """Draw pale lines at the ticks of one axis, behind the data."""
    ax.grid(axis=axis, color=GUIDE, linewidth=0.6)
    ax.set_axisbelow(True)


def place_legend(ax: Axes, handles: list, *, columns: int | None = None) -> None:
    """Put the legend above the axes, where it cannot lie over data; in one row if there is room for it."""
    widths = [4.2 * len(handle.get_label()) + 44.0 for handle in handles]
    room = room_width(ax) - 50.0
    fitting = len(handles) if sum(widths) <= room else max(1, int(room // max(widths)))
    ax.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=min(columns or len(handles), fitting),
        borderaxespad=0.2,
        borderpad=0.1,
        columnspacing=1.4,
        handletextpad=0.6,
        labelspacing=0.35,
    )


def write_at_right(ax: Axes, words: str, height: float, **looks: Any) -> None:
    """Write just right of the axes, at a height in data units."""
    ax.annotate(
        words,
        xy=(1.0, height),
        xycoords=("axes fraction", "data"),
        xytext=(4.0, 0.0),
        textcoords="offset points",
        ha="left",
        va="center",
        linespacing=1.0,
        annotation_clip=False,
        **looks,
    )


def write_note(ax: Axes, note: str) -> None:
    """Write a remark below the label of the x axis, at the left of the axes."""
    lines = textwrap.fill(note, max(20, int((room_width(ax) - 40.0) / 4.4)))
    ax.annotate(
        lines,
        xy=(0.0, 0.0),
        xycoords=(ax.transAxes, ax.xaxis.label),
        xytext=(0.0, -2.0),
        textcoords="offset points",
        ha="left",
        va="top",
        color=QUIET_TEXT,
        annotation_clip=False,
        gid="note",
    )
