"""How many have had each of several competing events by each day."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from outcomes.figures.curves import take_table
from outcomes.figures.layout import dress_shares, place_legend, say_instead, start_axes
from outcomes.figures.style import draw_context, group_styles
from outcomes.figures.words import join_sentences
from outcomes.schema import require_columns

_NEEDED = ("group", "cause", "day", "estimate", "conf_low", "conf_high")
_NOTHING = "No patient has had any of these events in this period."
_TOLD_DAY = 28


def plot_incidence(curves: Any, *, ax: Axes | None = None, xlabel: str = "Days since first infusion") -> Axes:
    """Draw the cumulative incidence of competing events as rising steps with their intervals.

    Parameters
    ----------
    curves : Fit or DataFrame of fit_cumulative_incidence, one group or one cause (at most four curves)
    ax : Axes, optional; a new figure is made without it
    xlabel : str

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If a column is missing, or there are more than four curves.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> curves = pd.DataFrame({
    ...     "group": "all", "cause": ["response", "response", "stopped", "stopped"], "day": [0, 14, 0, 14],
    ...     "estimate": [0, 0.4, 0, 0.2], "conf_low": [0, 0.3, 0, 0.1], "conf_high": [0, 0.5, 0, 0.3],
    ... })
    >>> oc.plot_incidence(curves).get_ylabel()
    'Share of patients (%)'
    """
    table = take_table(curves)
    require_columns(table, _NEEDED, caller="plot_incidence")
    shown = _name(table.dropna(subset=["estimate"]))
    with draw_context():
        ax = start_axes(ax)
        if shown.empty:
            return say_instead(ax, _NOTHING)
        styles = group_styles(shown["name"])
        handles = []
        for name, style in styles.items():
            own = shown[shown["name"] == name]
            low, high = (
                100 * own["conf_low"].fillna(own["estimate"]),
                100 * own["conf_high"].fillna(own["estimate"]),
            )
            ax.fill_between(own["day"], low, high, step="post", color=style.color, alpha=0.15, linewidth=0)
            ax.step(
                own["day"],
                100 * own["estimate"],
                where="post",
                color=style.color,
                linestyle=style.dash,
                gid=name,
            )
            handles.append(Line2D([], [], color=style.color, linestyle=style.dash, label=name))
        dress_shares(ax, float(shown["day"].max()), xlabel)
        place_legend(ax, handles)
    return ax


def describe_incidence(curves: Any) -> str:
    """Tell the picture of plot_incidence in words.

    Parameters
    ----------
    curves : as for plot_incidence

    Returns
    -------
    str, 80 to 350 characters, with the share of each curve by day 28

    Raises
    ------
    DataError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> curves = pd.DataFrame({
    ...     "group": "all", "cause": ["response", "response"], "day": [0, 14], "estimate": [0, 0.4],
    ...     "conf_low": [0, 0.3], "conf_high": [0, 0.5],
    ... })
    >>> oc.describe_incidence(curves).split(": ", 1)[1]
    'response 40 %.'
    """
    table = take_table(curves)
    require_columns(table, _NEEDED, caller="describe_incidence")
    kind = f"Step curves of the share of patients with each of several competing events by day {_TOLD_DAY}"
    shown = _name(table.dropna(subset=["estimate"]))
    if shown.empty:
        return join_sentences([f"{kind}, not drawn.", _NOTHING])
    told = [
        f"{name} {own.loc[own['day'] <= _TOLD_DAY, 'estimate'].iloc[-1]:.0%}".replace("%", " %")
        for name, own in shown.groupby("name", sort=False)
    ]
    return join_sentences([f"{kind}: {', '.join(told)}."])


def _name(table: pd.DataFrame) -> pd.DataFrame:
    """The name of each curve: its cause, its group, or both where both vary."""
    cause, group = table["cause"].astype(str), table["group"].astype(str)
    several = len(group.unique()) > 1, len(cause.unique()) > 1
    name = group + ", " + cause if all(several) else group if several[0] else cause
    return table.assign(name=name)
