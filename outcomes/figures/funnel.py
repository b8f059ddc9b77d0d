"""A share by site against the number of patients, with the limits of chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from outcomes.figures.layout import draw_guides, place_legend, say_instead, start_axes, write_at_right
from outcomes.figures.style import BLUE, QUIET_TEXT, TEXT, Looks, draw_context
from outcomes.figures.words import join_sentences, say_percent
from outcomes.schema import require_columns
from outcomes.summaries.funnel import FEWEST_SITES

_NEEDED = ("kind", "n", "share", "center", "low_95", "high_95", "low_998", "high_998", "place")
_NOTHING = f"Limits need {FEWEST_SITES} sites; there are fewer. A table shows them side by side."
_MARK: Looks = {"linestyle": "none", "marker": "o", "markersize": 5.0, "color": BLUE}
_LINES: tuple[tuple[str, tuple[str, str], Looks], ...] = (
    ("95 % limits", ("low_95", "high_95"), {"color": QUIET_TEXT, "linewidth": 0.9, "linestyle": "dashed"}),
    ("99.8 % limits", ("low_998", "high_998"), {"color": TEXT, "linewidth": 0.9}),
    (
        "95 %, adjusted", ("adjusted_low_95", "adjusted_high_95"),
        {"color": BLUE, "linewidth": 0.9, "linestyle": "dotted"},
    ),
)  # fmt: skip


def plot_funnel(
    funnel: pd.DataFrame, *, by: str = "site", ax: Axes | None = None, ylabel: str = "Share (%)"
) -> Axes:
    """Draw each site's share against its number of patients, within the limits of chance.

    Parameters
    ----------
    funnel : DataFrame of summarize_funnel, five sites or more
    by : str, the column that names the sites
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
    A site is named only where it lies outside the 99.8 % limits; nothing is ranked.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> counts = pd.DataFrame({"site": list("ABCDE"), "k": [10, 11, 9, 10, 19], "n": 20})
    >>> oc.plot_funnel(oc.summarize_funnel(counts), ylabel="Response (%)").get_xlabel()
    'Patients'
    """
    require_columns(funnel, (by, *_NEEDED), caller="plot_funnel")
    sites, grid = (funnel[funnel["kind"] == kind] for kind in ("site", "limit"))
    with draw_context():
        ax = start_axes(ax)
        if len(sites) < FEWEST_SITES:
            return say_instead(ax, _NOTHING)
        handles = [Line2D([], [], label="site", **_MARK)]
        for label, names, looks in _LINES:
            if names[0] in grid and grid[names[0]].notna().any():
                for name in names:
                    ax.plot(grid["n"], 100 * grid[name].astype(float), zorder=1, gid=name, **looks)
                handles.append(Line2D([], [], label=label, **looks))
        center = 100 * float(sites["center"].iloc[0])
        ax.axhline(center, color=TEXT, linewidth=0.8, zorder=1)
        write_at_right(ax, f"all sites\n{say_percent(center / 100)}", center, color=TEXT)
        ax.plot(sites["n"], 100 * sites["share"].astype(float), zorder=3, gid="sites", **_MARK)
        last = float(grid["n"].max())
        for row in sites[sites["place"].isin(["far above", "far below"])].to_dict("records"):
            left = row["n"] > 0.7 * last
            ax.annotate(
                str(row[by]), (row["n"], 100 * row["share"]), xytext=(-6 if left else 6, 0),
                textcoords="offset points", ha="right" if left else "left", va="center", gid="name",
            )  # fmt: skip
        ax.set(xlim=(0, last), ylim=(0, 100), xlabel="Patients", ylabel=ylabel, yticks=range(0, 101, 20))
        ax.set_xticks(_choose_ticks(last))
        draw_guides(ax, "y")
        place_legend(ax, handles)
    return ax


def describe_funnel(funnel: pd.DataFrame, *, by: str = "site", title: str = "Share") -> str:
    """Tell the picture of plot_funnel in words, for readers who do not see it.

    Parameters
    ----------
    funnel, by : as for plot_funnel
    title : str, what is counted

    Returns
    -------
    str, 80 to 350 characters; names the sites outside the 99.8 % limits

    Raises
    ------
    DataError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> counts = pd.DataFrame({"site": list("ABCDE"), "k": [10, 11, 9, 10, 19], "n": 20})
    >>> oc.describe_funnel(oc.summarize_funnel(counts, center=0.5)).split(". ")[-1]
    'Outside the 99.8 % limits: E.'
    """
    require_columns(funnel, (by, *_NEEDED), caller="describe_funnel")
    kind = f"Funnel plot: {title} by site (percent, 0 to 100) against the number of patients, with limits"
    sites = funnel[funnel["kind"] == "site"]
    if len(sites) < FEWEST_SITES:
        return join_sentences([f"{kind}, not drawn.", _NOTHING])
    out = sites.loc[sites["place"].isin(["far above", "far below"]), by].astype(str).tolist()
    told = (
        f"Outside the 99.8 % limits: {', '.join(out[:4])}."
        if out
        else "No site lies outside the 99.8 % limits."
    )
    return join_sentences(
        [f"{kind}.", f"{len(sites)} sites, center {say_percent(sites['center'].iloc[0])}.", told]
    )


def _choose_ticks(last: float) -> list[int]:
    """Round numbers of patients, at most six."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 20000) if last / step <= 6)
    return list(np.arange(0, last + 1e-9, step).astype(int))
