"""How many of those due were measured at each occasion, with intervals and the target."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from outcomes.errors import DataError
from outcomes.figures.layout import draw_guides, place_legend, say_instead, start_axes, write_at_right
from outcomes.figures.style import BLUE, FULL, QUIET_TEXT, TEXT, WHITE, Looks, draw_context
from outcomes.figures.words import instrument_title, join_sentences, say_percent, select_instrument
from outcomes.schema import require_columns

_NEEDED = ("occasion", "n_due", "n_measured", "share", "conf_low", "conf_high")
_ROW_HEIGHT = 6.0  # mm of figure per occasion
_MARK: Looks = {
    "marker": "o",
    "markersize": 5.0,
    "markeredgecolor": BLUE,
    "markeredgewidth": 1.2,
    "linestyle": "none",
}


def plot_completeness(
    completeness: pd.DataFrame,
    *,
    instrument: str | None = None,
    target: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of those due who were measured at each occasion.

    Parameters
    ----------
    completeness : DataFrame, one row per instrument and occasion, as summarize_completeness gives it
        occasion, n_due, n_measured, share, conf_low, conf_high; drawn in the order of the rows.
    instrument : str, optional; needed where the frame holds several
    target : float, optional, 0 to 1
        Drawn as a line; occasions at or above it are filled dots, those below hollow ones.
    ax : Axes, optional; a new figure is made without it

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If a column is missing, there are several groups, or several instruments and none is named.

    Notes
    -----
    Nothing is computed: dot and bar are the share and its interval as given, "k of n" stands at the right.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> frame = pd.DataFrame({
    ...     "instrument": "phq9", "occasion": ["baseline", "endpoint"],
    ...     "n_due": [40, 40], "n_measured": [38, 29],
    ...     "share": [0.95, 0.725], "conf_low": [0.835, 0.572], "conf_high": [0.986, 0.839],
    ... })
    >>> ax = oc.plot_completeness(frame, target=0.8)
    >>> ax.get_xlabel()
    'PHQ-9 measured, of those due (%)'
    """
    rows, chosen = _select_rows(completeness, instrument, "plot_completeness")
    title = instrument_title(chosen) if chosen else "Score"
    with draw_context():
        ax = start_axes(ax, size=(FULL[0], max(45.0, 22.0 + _ROW_HEIGHT * len(rows))))
        if rows.empty or not (rows["n_due"] > 0).any():
            return say_instead(ax, f"No patient is due for a {title} in this period.")
        for place, row in enumerate(rows.itertuples()):
            _draw_row(ax, place, row, target)
        if target is not None:
            ax.axvline(100 * target, color=TEXT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1, gid="target")
        ax.set(xlim=(-2, 102), ylim=(len(rows) - 0.4, -0.6), xlabel=f"{title} measured, of those due (%)")
        ax.set_xticks([0, 25, 50, 75, 100])
        ax.set_yticks(range(len(rows)), labels=list(rows["occasion"]))
        ax.tick_params(axis="y", length=0)
        draw_guides(ax, "x")
        place_legend(ax, _make_handles(target))
    return ax


def describe_completeness(
    completeness: pd.DataFrame, *, instrument: str | None = None, target: float | None = None
) -> str:
    """Tell the picture of plot_completeness in words, for readers who do not see it.

    Parameters
    ----------
    completeness, instrument, target : as for plot_completeness

    Returns
    -------
    str, 80 to 350 characters; names the occasion with the lowest share

    Raises
    ------
    DataError
        If a column is missing, there are several groups, or several instruments and none is named.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> frame = pd.DataFrame({
    ...     "instrument": "phq9", "occasion": ["baseline", "endpoint"],
    ...     "n_due": [40, 40], "n_measured": [38, 29],
    ...     "share": [0.95, 0.725], "conf_low": [0.835, 0.572], "conf_high": [0.986, 0.839],
    ... })
    >>> print(oc.describe_completeness(frame).split(". ")[1])
    Lowest at endpoint: 29 of 40
    """
    rows, chosen = _select_rows(completeness, instrument, "describe_completeness")
    title = instrument_title(chosen) if chosen else "score"
    kind = f"Dot chart with intervals: {title} measured, by occasion (percent of those due, 0 to 100)"
    due = rows[rows["n_due"] > 0]
    if due.empty:
        return f"{kind}, not drawn: no patient is due in this period."
    lowest = due.loc[due["share"].idxmin()]
    highest = due.loc[due["share"].idxmax()]
    against = [] if target is None else [f"The target is {say_percent(target)}."]
    found = [
        f"{word} at {row['occasion']}: {row['n_measured']} of {row['n_due']}."
        for word, row in (("Lowest", lowest), ("Highest", highest))
    ]
    return join_sentences([f"{kind}.", *(found if len(due) > 1 else found[:1]), *against])


def _select_rows(
    completeness: pd.DataFrame, instrument: str | None, caller: str
) -> tuple[pd.DataFrame, str | None]:
    require_columns(completeness, _NEEDED, caller=caller)
    rows, chosen = select_instrument(completeness, instrument, caller=caller)
    if rows.duplicated("occasion").any():
        raise DataError(
            f"{caller} draws one group; some occasions stand there more than once. "
            "Select the rows of one group first, or summarize without by=."
        )
    numbers = {
        name: pd.to_numeric(rows[name]).astype("float64") for name in ("share", "conf_low", "conf_high")
    }
    return rows.assign(**numbers).reset_index(drop=True), chosen


def _draw_row(ax: Axes, place: int, row: Any, target: float | None) -> None:
    counts = f"{int(row.n_measured):,} of {int(row.n_due):,}" if row.n_due > 0 else "nobody due"
    color = TEXT if row.n_due > 0 else QUIET_TEXT
    write_at_right(ax, counts, place, color=color, gid="counts")
    if row.n_due == 0:
        return
    ax.hlines(
        place, 100 * row.conf_low, 100 * row.conf_high, color=BLUE, linewidth=1.2, zorder=2, gid="interval"
    )
    reached = target is None or row.share >= target
    ax.plot(
        100 * row.share, place, zorder=3, markerfacecolor=BLUE if reached else WHITE, gid="share", **_MARK
    )


def _make_handles(target: float | None) -> list[Artist]:
    if target is None:
        return [Line2D([], [], markerfacecolor=BLUE, label="share and 95 % interval", **_MARK)]
    return [
        Line2D([], [], markerfacecolor=BLUE, label="at or above target", **_MARK),
        Line2D([], [], markerfacecolor=WHITE, label="below target", **_MARK),
        Line2D(
            [], [], color=TEXT, linewidth=0.9, linestyle=(0, (4, 3)), label=f"target {say_percent(target)}"
        ),
    ]
