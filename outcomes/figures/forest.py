"""Ratios with their intervals, one line each: hazard ratios, odds ratios, rate ratios."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from outcomes.figures.curves import take_table
from outcomes.figures.layout import draw_guides, say_instead, start_axes
from outcomes.figures.style import BLUE, TEXT, draw_context
from outcomes.figures.words import join_sentences, say_term
from outcomes.schema import require_columns

_NEEDED = ("term", "estimate", "conf_low", "conf_high")
_NOTHING = "There is no ratio to draw: none could be estimated."
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10)
_MOST_TOLD = 5


def plot_forest(fit: Any, *, ax: Axes | None = None, xlabel: str = "Hazard ratio") -> Axes:
    """Draw ratios with their intervals on a logarithmic axis, with a line at 1.

    Parameters
    ----------
    fit : Fit or DataFrame with coefficients on the log scale, such as fit_cox or fit_dropout; rows named
        Intercept are left out
    ax : Axes, optional; a new figure is made without it
    xlabel : str, what the ratio is

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> ratio = {"term": ["route[T.IV]"], "estimate": [0.2], "conf_low": [-0.1], "conf_high": [0.5]}
    >>> table = pd.DataFrame(ratio)
    >>> [text.get_text() for text in oc.plot_forest(table).get_yticklabels()]
    ['route: IV']
    """
    table = _read(fit, "plot_forest")
    with draw_context():
        ax = start_axes(ax)
        if table.empty:
            return say_instead(ax, _NOTHING)
        place = np.arange(len(table))[::-1]
        middle, low, high = (
            np.exp(table[name].to_numpy(dtype=float)) for name in ("estimate", "conf_low", "conf_high")
        )
        ax.hlines(place, low, high, color=BLUE, linewidth=1.2)
        ax.plot(middle, place, linestyle="none", marker="s", markersize=4.5, color=BLUE, gid="ratios")
        ax.axvline(1, color=TEXT, linewidth=0.8)
        reach = max(2.0, float(np.nanmax([1 / low, high])) * 1.1)
        ax.set(xscale="log", xlim=(1 / reach, reach), ylim=(-0.7, len(table) - 0.3), xlabel=xlabel)
        ticks = [tick for tick in _TICKS if 1 / reach <= tick <= reach]
        ax.xaxis.set_major_locator(FixedLocator(ticks))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.set_xticklabels([f"{tick:g}" for tick in ticks])
        ax.set_yticks(place, [say_term(term) for term in table["term"]])
        draw_guides(ax, "x")
    return ax


def describe_forest(fit: Any) -> str:
    """Tell the picture of plot_forest in words.

    Parameters
    ----------
    fit : as for plot_forest

    Returns
    -------
    str, 80 to 350 characters, with the first ratios and their intervals

    Raises
    ------
    DataError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> ratio = {"term": ["route[T.IV]"], "estimate": [0.0], "conf_low": [-0.1], "conf_high": [0.1]}
    >>> table = pd.DataFrame(ratio)
    >>> oc.describe_forest(table).split(": ", 1)[1]
    'route: IV 1.00 (0.90 to 1.11).'
    """
    table = _read(fit, "describe_forest")
    kind = "Forest plot of ratios with their intervals on a logarithmic axis, a line standing at 1"
    if table.empty:
        return join_sentences([f"{kind}, not drawn.", _NOTHING])
    ratios = np.exp(table[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float))
    told = [
        f"{say_term(term)} {ratio:.2f} ({low:.2f} to {high:.2f})"
        for term, (ratio, low, high) in zip(table["term"].head(_MOST_TOLD), ratios, strict=False)
    ]
    return join_sentences([f"{kind}: {'; '.join(told)}."])


def _read(fit: Any, caller: str) -> pd.DataFrame:
    table = take_table(fit)
    require_columns(table, _NEEDED, caller=caller)
    return table[(table["term"] != "Intercept") & table["conf_high"].notna()].reset_index(drop=True)
