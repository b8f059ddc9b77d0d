"""The shared look of all pictures: colors with a second channel, sizes, and the drawing context."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.colors import to_rgb

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

FONTS = ["DejaVu Sans"]
LINE_WIDTH, TICK_LENGTH = 0.6, 3.0
_SETTINGS: Any = {
    "font.family": FONTS,
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
    "axes.linewidth": LINE_WIDTH,
    "xtick.major.width": LINE_WIDTH,
    "ytick.major.width": LINE_WIDTH,
    "xtick.major.size": TICK_LENGTH,
    "ytick.major.size": TICK_LENGTH,
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


@contextmanager
def draw_context() -> Iterator[None]:
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
    with mpl.rc_context(_SETTINGS):
        yield
        interactive = mpl.rcParams["interactive"]
    mpl.rcParams["interactive"] = interactive  # a notebook turns it on when the first figure is made


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


def _luminance(color: str) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
