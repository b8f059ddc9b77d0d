"""The same patients under each definition: one row per profile and denominator, one panel per endpoint."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from outcomes.errors import DataError
from outcomes.figures.layout import draw_guides, dress_axes
from outcomes.figures.style import (
    BLUE,
    FULL,
    QUIET_TEXT,
    TEXT,
    VERMILION,
    WHITE,
    Looks,
    draw_context,
    figure_inches,
)
from outcomes.figures.words import instrument_title, join_sentences, say_percent, select_instrument
from outcomes.schema import require_columns

_NEEDED = (
    "profile", "endpoint", "label", "rule", "denominator", "headline", "k", "n", "share", "conf_low",
    "conf_high", "percent_shown",
)  # fmt: skip
SHOWN = ("response", "remission")
_ROW_HEIGHT, _HEAD = 5.2, 24.0  # mm
_WORDS = {
    "all_eligible": "all eligible",
    "observed": "observed",
    "paired": "with both totals",
    "measure": "measure",
}
_LOOKS: dict[str, Looks] = {
    "observed": {"marker": "o", "color": VERMILION, "markerfacecolor": WHITE},
    "all_eligible": {"marker": "o", "color": BLUE, "markerfacecolor": BLUE},
    "measure": {"marker": "s", "color": TEXT, "markerfacecolor": TEXT},
}
_LOOKS["paired"] = _LOOKS["all_eligible"]


def plot_profiles(
    table: pd.DataFrame,
    *,
    instrument: str | None = None,
    endpoints: tuple[str, ...] = ("response", "remission"),
    figure: Figure | None = None,
) -> Figure:
    """Draw the rates of the same patients under each profile, with intervals and "k of n".

    Parameters
    ----------
    table : DataFrame of summarize_profiles, of one group
    instrument : str, optional; needed where the table holds several
    endpoints : tuple of str, one panel each
    figure : Figure, optional; an empty one to draw on, else a new one is made

    Returns
    -------
    Figure

    Raises
    ------
    DataError
        If a column is missing, several groups or questionnaires stand in the table, or it has none of the
        endpoints.

    Notes
    -----
    Nothing is computed. Leading denominators only. A rate whose denominator is too small for a percentage is
    drawn without its interval and quiet; a definition without a count has words instead of a dot.

    Examples
    --------
    >>> import outcomes as oc
    >>> table = oc.summarize_profiles(oc.load_cohort("sample_data"), ["default", "mcinnes2022"])
    >>> figure = oc.plot_profiles(table, instrument="phq9")
    >>> [ax.get_title(loc="left") for ax in figure.axes]
    ['Response: improvement >= 50 %', 'Remission: total < 5']
    """
    rows, chosen = _select_rows(table, instrument, endpoints, "plot_profiles")
    names = list(dict.fromkeys(rows["place"]))
    panels = [one for one in endpoints if (rows["endpoint"] == one).any()]
    with draw_context():
        if figure is None:
            size = figure_inches((FULL[0], max(45.0, _HEAD + _ROW_HEIGHT * len(names))))
            figure = plt.figure(figsize=size, layout="constrained")
        axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)
        notes: list[str] = []
        for ax, endpoint in zip(axes[0], panels, strict=True):
            dress_axes(ax)
            _draw_panel(ax, rows[rows["endpoint"] == endpoint], names, notes)
        axes[0][0].set_yticks(range(len(names)), labels=names)
        axes[0][0].set_ylim(len(names) - 0.4, -0.6)
        label = f"{instrument_title(chosen)}: share of the denominator (%)"
        said = "".join(f"\n({number}) {note}" for number, note in enumerate(notes, start=1))
        figure.supxlabel(label + said, fontsize="medium")
        figure.legend(handles=_make_handles(rows), loc="outside upper left", ncols=3, borderpad=0.1)
    return figure


def describe_profiles(
    table: pd.DataFrame,
    *,
    instrument: str | None = None,
    endpoints: tuple[str, ...] = ("response", "remission"),
) -> str:
    """Tell the picture of plot_profiles in words, for readers who do not see it.

    Parameters
    ----------
    table, instrument, endpoints : as for plot_profiles

    Returns
    -------
    str, 80 to 350 characters; names the lowest and the highest rate of each endpoint

    Raises
    ------
    DataError
        As plot_profiles.

    Examples
    --------
    >>> import outcomes as oc
    >>> table = oc.summarize_profiles(oc.load_cohort("sample_data"), ["default", "mcinnes2022"])
    >>> print(oc.describe_profiles(table, instrument="phq9").split(". ")[1])
    Response: from 37 % (default, all eligible) to 62 % (mcinnes2022, observed)
    """
    rows, chosen = _select_rows(table, instrument, endpoints, "describe_profiles")
    sentences = [
        f"Dot chart with intervals: {instrument_title(chosen)} rates of the same patients under "
        f"{rows['profile'].nunique()} definitions."
    ]
    for endpoint in endpoints:
        known = rows[(rows["endpoint"] == endpoint) & rows["percent_shown"].fillna(False)]
        if len(known):
            low, high = known.loc[known["share"].idxmin()], known.loc[known["share"].idxmax()]
            ends = [f"{say_percent(float(row['share']))} ({row['place']})" for row in (low, high)]
            sentences.append(f"{endpoint.replace('_', ' ').capitalize()}: from {ends[0]} to {ends[1]}.")
        else:
            sentences.append(f"{endpoint.replace('_', ' ').capitalize()}: too few for a percentage.")
    return join_sentences(sentences)


def _select_rows(
    table: pd.DataFrame, instrument: str | None, endpoints: tuple[str, ...], caller: str
) -> tuple[pd.DataFrame, str]:
    require_columns(table, _NEEDED, caller=caller)
    rows, chosen = select_instrument(table, instrument, caller=caller)
    rows = rows[rows["headline"].fillna(False).astype(bool) & rows["endpoint"].isin(endpoints)]
    if rows.empty or chosen is None:
        raise DataError(f"{caller} found no leading rate of these endpoints. Name others with endpoints=.")
    ways = rows["denominator"].map(_WORDS)
    rows = rows.assign(place=rows["profile"].astype(str) + ", " + ways.astype(str))
    if rows.duplicated(["place", "endpoint"]).any():
        raise DataError(
            f"{caller} draws one group; some definitions stand there more than once. "
            "Select the rows of one group first, or summarize without by=."
        )
    numbers = {name: rows[name].astype("Float64") for name in ("share", "conf_low", "conf_high")}
    return rows.assign(**numbers).reset_index(drop=True), chosen


def _draw_panel(ax: Axes, rows: pd.DataFrame, names: list[str], notes: list[str]) -> None:
    """Draw one endpoint; a rule that differs from the most frequent one gets a number and a note."""
    counted = rows.loc[rows["n"].notna(), "rule"]
    usual = counted.mode().iloc[0] if len(counted) else ""
    for row in rows.itertuples():
        other = pd.notna(row.n) and row.rule != usual
        if other and row.rule not in notes:
            notes.append(str(row.rule))
        mark = f" ({notes.index(str(row.rule)) + 1})" if other else ""
        _draw_row(ax, names.index(str(row.place)), row, mark)
    name = str(rows["endpoint"].iloc[0]).replace("_", " ").capitalize()
    ax.set_title(f"{name}: {usual}" if usual else name, loc="left")
    ax.set(xlim=(-2, 102))
    ax.set_xticks([0, 25, 50, 75, 100])
    ax.tick_params(axis="y", length=0)
    draw_guides(ax, "x")


def _draw_row(ax: Axes, place: int, row: Any, mark: str) -> None:
    if pd.isna(row.n) or row.n == 0:
        words = row.rule if pd.isna(row.n) else "nobody can be counted"
        ax.annotate(words, (1, place), va="center", color=QUIET_TEXT, gid="words")
        return
    looks = _LOOKS[row.denominator]
    counts = f"{int(row.k):,} of {int(row.n):,}{mark}"
    right = row.conf_high if row.percent_shown else row.share
    if row.percent_shown:
        ax.hlines(
            place,
            100 * row.conf_low,
            100 * row.conf_high,
            color=looks["color"],
            linewidth=1.2,
            gid="interval",
        )
    ax.plot(100 * row.share, place, markersize=4.5, linestyle="none", zorder=3, gid="share", **looks)
    outside = right > 0.72
    ax.annotate(
        counts,
        (100 * (row.conf_low if outside and row.percent_shown else right), place),
        xytext=(-5 if outside else 5, 0),
        textcoords="offset points",
        ha="right" if outside else "left",
        va="center",
        color=TEXT if row.percent_shown else QUIET_TEXT,
        gid="counts",
    )


def _make_handles(rows: pd.DataFrame) -> list[Artist]:
    labels = {
        "all_eligible": "all eligible: a missing total is not achieved",
        "observed": "observed: missing totals left out",
        "measure": "quality measure",
    }
    used = [way for way in labels if (rows["denominator"] == way).any()]
    return [
        Line2D([], [], markersize=4.5, linestyle="none", label=labels[way], **_LOOKS[way]) for way in used
    ]
