"""The share of patients in each state of a course, day by day."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from outcomes.definitions.profile import Profile, get_profile
from outcomes.errors import DataError
from outcomes.figures.curves import take_table
from outcomes.figures.layout import dress_shares, place_legend, say_instead, start_axes, write_note
from outcomes.figures.style import BLUE, GRAY, SKY, TEXT, VERMILION, WHITE, Looks, draw_context
from outcomes.figures.words import join_sentences
from outcomes.schema import require_columns

_NEEDED = ("group", "state", "day", "estimate", "at_risk")
LOOKS: dict[str, Looks] = {
    "responding": {"facecolor": BLUE, "hatch": ""},
    "responding again": {"facecolor": SKY, "hatch": "///"},
    "response lost": {"facecolor": VERMILION, "hatch": "\\\\\\"},
    "not responding": {"facecolor": WHITE, "hatch": "..."},
    "stopped": {"facecolor": GRAY, "hatch": ""},
}
_NOTHING = "No patient with a baseline at caseness was followed in this period."
_TOLD_DAY = 84


def plot_states(
    occupancy: Any,
    *,
    ax: Axes | None = None,
    xlabel: str = "Days since first infusion",
    profile: str | Profile = "default",
) -> Axes:
    """Draw the share of patients in each state as areas that fill the whole.

    Parameters
    ----------
    occupancy : Fit or DataFrame of fit_state_occupancy, one group
    ax : Axes, optional; a new figure is made without it
    xlabel : str
    profile : str or Profile; below its min_percent_denominator patients still followed the areas end

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If a column is missing, or there is more than one group.

    Notes
    -----
    From below: responding, responding again, response lost, not responding, stopped. Between the days of
    the table the edges are straight lines.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> states = ["responding", "not responding"]
    >>> occupancy = pd.DataFrame({
    ...     "group": "all", "state": states * 2, "day": [0, 0, 28, 28], "estimate": [0, 1, 0.4, 0.6],
    ...     "at_risk": [40, 40, 20, 20],
    ... })
    >>> oc.plot_states(occupancy).get_ylabel()
    'Share of patients (%)'
    """
    table = _check(occupancy, "plot_states")
    smallest = int(get_profile(profile).value("min_percent_denominator"))
    ends = table.loc[table["at_risk"] < smallest, "day"].min()  # its shares rest on those followed before
    table = table[~(table["day"] > ends)]
    with draw_context():
        ax = start_axes(ax)
        if table.empty:
            return say_instead(ax, _NOTHING)
        wide = (
            table.pivot_table(index="day", columns="state", values="estimate")
            .reindex(columns=list(LOOKS))
            .fillna(0)
            * 100
        )
        floor = wide.iloc[:, 0] * 0
        handles = []
        for name, looks in LOOKS.items():
            ceiling = floor + wide[name]
            ax.fill_between(wide.index, floor, ceiling, edgecolor=TEXT, linewidth=0.4, gid=name, **looks)
            handles.append(Patch(edgecolor=TEXT, linewidth=0.4, label=name, **looks))
            floor = ceiling
        dress_shares(ax, float(wide.index.max()), xlabel)
        place_legend(ax, handles)
        if not pd.isna(ends):
            write_note(ax, f"Areas end where fewer than {smallest} are still followed.")
    return ax


def describe_states(occupancy: Any) -> str:
    """Tell the picture of plot_states in words.

    Parameters
    ----------
    occupancy : as for plot_states

    Returns
    -------
    str, 80 to 350 characters, with the shares at day 84, or at the last day before it

    Raises
    ------
    DataError
        If a column is missing, or there is more than one group.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> states = ["responding", "not responding"]
    >>> occupancy = pd.DataFrame({
    ...     "group": "all", "state": states, "day": 28, "estimate": [0.4, 0.6], "at_risk": 20,
    ... })
    >>> oc.describe_states(occupancy).split(": ", 1)[1]
    'responding 40 %, not responding 60 %.'
    """
    table = _check(occupancy, "describe_states")
    kind = "Stacked areas of the share of patients in each state of the course by day"
    if table.empty:
        return join_sentences([f"{kind}, not drawn.", _NOTHING])
    day = table.loc[table["day"] <= _TOLD_DAY, "day"].max()
    at = table[table["day"] == day].set_index("state")["estimate"]
    told = [f"{name} {at[name]:.0%}".replace("%", " %") for name in LOOKS if name in at.index]
    return join_sentences([f"{kind}; at day {day:g}: {', '.join(told)}."])


def _check(occupancy: Any, caller: str) -> pd.DataFrame:
    table = take_table(occupancy)
    require_columns(table, _NEEDED, caller=caller)
    table = table.dropna(subset=["estimate"])
    count = len(table["group"].unique())
    if count > 1:
        raise DataError(f"{caller} draws one group; the table holds {count}. Choose one.")
    return table
