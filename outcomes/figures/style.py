"""The shared look of all pictures: colors with a second channel, sizes, and the drawing context."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, cast

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from outcomes.errors import DataError

WHITE = "#FFFFFF"
TEXT = "#1F2A37"
QUIET_TEXT = "#5B6776"
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY = "#56B4E9"  # below 3:1 on white: for fills with a dark edge only
GRAY = "#767676"
PATIENT_LINE = "#7C8794"
GUIDE = "#E3E7EC"  # grid lines: decoration, no reading depends on them
HATCH = "#A9B4C0"  # decoration: what it means stands in words beside it
SEVERITY_TINTS = ("#F6F9FC", "#EAF1F7", "#DDE8F2", "#D0DFED", "#C3D6E8")

TEXT_COLORS = (TEXT, QUIET_TEXT)
MARK_COLORS = (BLUE, VERMILION, GREEN, PURPLE, GRAY, PATIENT_LINE)
EDGED_FILLS = (SKY,)

FULL, TALL, HALF = (178.0, 75.0), (178.0, 105.0), (86.0, 65.0)
"""Figure sizes in mm: the text block of a page, the same but taller, and two side by side."""

Looks = dict[str, Any]
"""How an artist is drawn: keyword arguments of matplotlib."""

NARROW = 300.0
"""Figures below this width (points) get fewer ticks and shorter labels."""

FONT_SIZE = 8.0
LINE_HEIGHT = 11.0
"""Points from one line of text to the next."""

_TICK_STEPS = (1, 2, 7, 14, 28, 56, 91, 182, 364)
_FONTS = ["DejaVu Sans"]
_LINE, _TICK_LENGTH = 0.6, 3.0
_SETTINGS: Any = {
    "font.family": _FONTS,
    "font.size": FONT_SIZE,
    "axes.titlesize": FONT_SIZE,
    "axes.labelsize": FONT_SIZE,
    "xtick.labelsize": FONT_SIZE,
    "ytick.labelsize": FONT_SIZE,
    "legend.fontsize": FONT_SIZE,
    "figure.titlesize": FONT_SIZE,
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "axes.edgecolor": QUIET_TEXT,
    "xtick.color": QUIET_TEXT,
    "ytick.color": QUIET_TEXT,
    "xtick.labelcolor": TEXT,
    "ytick.labelcolor": TEXT,
    "text.parse_math": False,  # a label is never a formula: "$" may stand in a site name
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": _LINE,
    "xtick.major.width": _LINE,
    "ytick.major.width": _LINE,
    "xtick.major.size": _TICK_LENGTH,
    "ytick.major.size": _TICK_LENGTH,
    "axes.facecolor": WHITE,
    "figure.facecolor": WHITE,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
}


@dataclass(frozen=True)
class GroupStyle:
    """How one group is drawn: a color, and a dash and a marker for readers who cannot use it."""

    color: str
    dash: Literal["solid", "dashed", "dashdot", "dotted"]
    marker: str


GROUP_STYLES = (
    GroupStyle(BLUE, "solid", "o"),
    GroupStyle(VERMILION, "dashed", "s"),
    GroupStyle(GREEN, "dashdot", "^"),
    GroupStyle(PURPLE, "dotted", "D"),
)


def draw_context() -> AbstractContextManager[None]:
    """The settings under which every picture is drawn; matplotlib's own are as before when the block ends.

    Returns
    -------
    context manager

    Examples
    --------
    >>> import matplotlib as mpl
    >>> from outcomes.figures.style import draw_context
    >>> with draw_context():
    ...     mpl.rcParams["font.size"]
    8.0
    """
    return mpl.rc_context(_SETTINGS)


def group_styles(groups: Iterable[str]) -> dict[str, GroupStyle]:
    """One style per group, in the order given.

    Parameters
    ----------
    groups : iterable of str, at most four different names

    Returns
    -------
    dict, group to GroupStyle

    Raises
    ------
    DataError
        If there are more than four groups.
    """
    names = list(dict.fromkeys(groups))
    if len(names) > len(GROUP_STYLES):
        raise DataError(
            f"A picture can tell {len(GROUP_STYLES)} groups apart; {len(names)} were given. "
            "Draw small multiples: one axes per group, each with its own call and ax=."
        )
    return dict(zip(names, GROUP_STYLES, strict=False))


def contrast_ratio(color: str, background: str = WHITE) -> float:
    """Contrast of two colors, from 1 (the same) to 21 (black on white).

    Parameters
    ----------
    color, background : str, colors that matplotlib knows

    Returns
    -------
    float

    Notes
    -----
    (L1 + 0.05) / (L2 + 0.05) with L1 >= L2 the relative luminances [1]_. Text needs 4.5, marks 3.

    References
    ----------
    .. [1] W3C (2023). Web Content Accessibility Guidelines 2.2, success criteria 1.4.3 and 1.4.11.

    Examples
    --------
    >>> from outcomes.figures.style import contrast_ratio
    >>> round(contrast_ratio("black", "white"), 1)
    21.0
    """
    lighter, darker = sorted((_luminance(color), _luminance(background)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def figure_inches(size: tuple[float, float]) -> tuple[float, float]:
    """A size in mm as the inches that matplotlib asks for."""
    return size[0] / 25.4, size[1] / 25.4


def start_axes(ax: Axes | None, *, size: tuple[float, float] = FULL) -> Axes:
    """The axes to draw on: the given one, or that of a new figure of this size (mm)."""
    if ax is None:
        return plt.subplots(figsize=figure_inches(size), layout="constrained")[1]
    dress_axes(ax)
    return ax


def dress_axes(ax: Axes) -> None:
    """Give an axes that was made under other settings the look of this package."""
    for label in (ax.xaxis.label, ax.yaxis.label):
        label.set(fontsize=FONT_SIZE, fontfamily=_FONTS, color=TEXT, parse_math=False)
    ax.tick_params(
        labelsize=FONT_SIZE,
        labelfontfamily=_FONTS[0],
        labelcolor=TEXT,
        color=QUIET_TEXT,
        width=_LINE,
        length=_TICK_LENGTH,
    )
    ax.set_facecolor(WHITE)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(edgecolor=QUIET_TEXT, linewidth=_LINE)


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


def say_instead(ax: Axes, sentence: str) -> Axes:
    """Write a sentence where there is nothing to draw."""
    ax.set_axis_off()
    lines = textwrap.fill(sentence, max(20, int(room_width(ax) / 6)))
    ax.text(0.5, 0.5, lines, transform=ax.transAxes, ha="center", va="center", color=TEXT, gid="sentence")
    return ax


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


def _luminance(color: str) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
