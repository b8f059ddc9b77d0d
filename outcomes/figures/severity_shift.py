"""From which severity band to which: a grid of counts with the shares of each row."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from outcomes.errors import DataError
from outcomes.figures.layout import room_width, say_instead, start_axes
from outcomes.figures.style import FULL, GUIDE, NARROW, QUIET_TEXT, SEVERITY_TINTS, TEXT, WHITE, draw_context
from outcomes.figures.words import instrument_title, join_sentences, select_instrument
from outcomes.schema import require_columns

_NEEDED = ("band_from", "band_to", "k", "n")
_NOTHING = "Nobody due has a baseline in this period."
_ROW = 11.0  # mm of figure per band


def plot_severity_shift(
    shift: pd.DataFrame, *, instrument: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw how many moved from each severity band at baseline to each band of the later total.

    Parameters
    ----------
    shift : DataFrame of summarize_severity_shift, one group
    instrument : str, optional; needed where the frame holds several
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
    Rows: band at baseline; columns: band of the later total, and those without one. In each cell the count
    and, where the row has people enough, its share of the row; darker is a larger share. Outlined: the same
    band as before.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> shift = pd.DataFrame({
    ...     "instrument": "phq9", "band_from": "severe", "band_to": ["mild", "severe", "not measured"],
    ...     "k": [4, 5, 3], "n": 12, "percent_shown": True,
    ... })
    >>> oc.plot_severity_shift(shift).get_xlabel()
    'PHQ-9 band at the endpoint'
    """
    rows, chosen = _select(shift, instrument, "plot_severity_shift")
    title = instrument_title(chosen) if chosen else "Severity"
    befores, afters = (list(dict.fromkeys(rows[name])) for name in ("band_from", "band_to"))
    with draw_context():
        ax = start_axes(ax, size=(FULL[0], max(40.0, 22.0 + _ROW * len(befores))))
        if rows.empty or not rows["n"].sum():
            return say_instead(ax, _NOTHING)
        for row in rows.to_dict("records"):
            _draw_cell(ax, row, befores.index(row["band_from"]), afters.index(row["band_to"]))
        ax.set(
            xlim=(-0.5, len(afters) - 0.5), ylim=(len(befores) - 0.5, -0.5),
            xlabel=f"{title} band at the endpoint", ylabel=f"{title} band at baseline",
        )  # fmt: skip
        totals = rows.drop_duplicates("band_from").set_index("band_from")["n"]
        narrow = room_width(ax) < NARROW  # then every second name stands a line lower
        words = [("\n\n" if narrow and place % 2 else "") + _fold(name) for place, name in enumerate(afters)]
        ax.set_xticks(range(len(afters)), words)
        ax.set_yticks(range(len(befores)), [f"{_fold(name)}\nn = {int(totals[name]):,}" for name in befores])
        ax.tick_params(length=0)
        ax.spines[["left", "bottom"]].set_visible(False)
    return ax


def describe_severity_shift(shift: pd.DataFrame, *, instrument: str | None = None) -> str:
    """Tell the picture of plot_severity_shift in words, for readers who do not see it.

    Parameters
    ----------
    shift, instrument : as for plot_severity_shift

    Returns
    -------
    str, 80 to 350 characters, with how many moved to a milder band, stayed, moved up, were not measured

    Raises
    ------
    DataError
        If a column is missing, there are several groups, or several instruments and none is named.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> shift = pd.DataFrame({
    ...     "instrument": "phq9", "band_from": "severe", "band_to": ["mild", "severe", "not measured"],
    ...     "k": [4, 5, 3], "n": 12, "shift": [-3, 0, None],
    ... })
    >>> oc.describe_severity_shift(shift).split(": ")[-1]
    '4 in a milder band, 5 in the same, 0 in a more severe one, 3 not measured.'
    """
    rows, chosen = _select(shift, instrument, "describe_severity_shift")
    title = instrument_title(chosen) if chosen else "severity"
    kind = f"Grid of {title} bands at baseline (rows) by bands at the endpoint (columns)"
    if rows.empty or not rows["n"].sum():
        return join_sentences([f"{kind}, not drawn.", _NOTHING])
    moved = rows["shift"].astype("Float64")
    milder, same, worse, unknown = (
        int(rows.loc[chosen_rows.fillna(False).astype(bool), "k"].sum())
        for chosen_rows in (moved < 0, moved == 0, moved > 0, moved.isna())
    )
    return join_sentences(
        [
            f"{kind}: {milder:,} in a milder band, {same:,} in the same, {worse:,} in a more severe one, "
            f"{unknown:,} not measured."
        ]
    )


def _select(shift: pd.DataFrame, instrument: str | None, caller: str) -> tuple[pd.DataFrame, str | None]:
    require_columns(shift, _NEEDED, caller=caller)
    rows, chosen = select_instrument(shift, instrument, caller=caller)
    if rows.duplicated(["band_from", "band_to"]).any():
        raise DataError(f"{caller} draws one group; some bands stand there more than once. Choose one group.")
    return rows, chosen


def _draw_cell(ax: Axes, row: dict, down: int, across: int) -> None:
    n, k = int(row["n"]), int(row["k"])
    share = k / n if n else 0.0
    tint = WHITE if k == 0 else SEVERITY_TINTS[min(len(SEVERITY_TINTS) - 1, int(share * len(SEVERITY_TINTS)))]
    cell = Rectangle((across - 0.48, down - 0.46), 0.96, 0.92, facecolor=tint, edgecolor=GUIDE, linewidth=0.6)
    ax.add_patch(cell)
    if row["band_from"] == row["band_to"]:
        cell.set(edgecolor=TEXT, linewidth=1.3, zorder=3)
    percent = bool(row.get("percent_shown", False)) and n > 0 and k > 0
    words = f"{k:,}" + (f"\n{np.floor(100 * share + 0.5):.0f} %" if percent else "")
    ax.text(across, down, words, ha="center", va="center", color=TEXT if k else QUIET_TEXT, linespacing=1.15)


def _fold(name: str) -> str:
    """Long names in two lines."""
    return str(name).replace(" ", "\n", 1) if len(str(name)) > 10 else str(name)
