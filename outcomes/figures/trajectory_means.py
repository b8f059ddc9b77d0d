"""The means over the patients' lines: observed ones as markers with n, a model's as a line with a ribbon."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from outcomes.errors import DataError
from outcomes.figures.layout import room_width
from outcomes.figures.style import BLUE, LINE_HEIGHT, QUIET_TEXT, TEXT, WHITE, GroupStyle, Looks, group_styles
from outcomes.figures.words import select_instrument
from outcomes.schema import require_columns

Clock = Literal["day", "infusion_number", "first_score"]

_LIMITS = ("conf_low", "conf_high")
_EVERYBODY = ""  # the one group of a frame that is not read by groups
_DODGE = 0.007  # of the axis, between the markers of groups that share a place
_BELOW_TICKS = 17.0  # points from the axis down to the first row of counts


def read_means(means: pd.DataFrame, instrument: str, by: Clock, group: str | None) -> pd.DataFrame:
    """The points to draw: group, bin (week or infusion number), x (place on the axis), mean, limits, n."""
    where = "week" if by == "day" else by
    needed = (where, "mean", *_LIMITS, "n", *(["mean_day"] if by == "day" else []))
    require_columns(means, needed, caller="plot_trajectories")
    points, _ = select_instrument(means, instrument, caller="plot_trajectories")
    numbers = {name: pd.to_numeric(points[name]).astype("float64") for name in (where, "mean", *_LIMITS, "n")}
    points = points.assign(**numbers, group=_read_group(points, group), bin=numbers[where])
    if by == "day":
        # a week holds the latest score of each patient: its mean stands at their mean day, not mid-week
        days = points.assign(day=pd.to_numeric(points["mean_day"]).astype("float64"))
        points = points.assign(x=days.groupby("bin")["day"].transform("mean"))
    else:
        points = points.assign(x=points["bin"])
    if points.duplicated(["group", "bin"]).any():
        raise DataError(_say_repeated("observed mean", by))
    return points.dropna(subset=["mean"]).sort_values(["group", "x"], kind="stable", ignore_index=True)


def read_model(model: Any, by: Clock, group: str | None) -> pd.DataFrame:
    """The rows of a Fit or frame of model means: group, x, estimate, conf_low, conf_high."""
    table = model if isinstance(model, pd.DataFrame) else model.table
    require_columns(table, (by, "estimate", *_LIMITS), caller="plot_trajectories")
    numbers = {name: pd.to_numeric(table[name]).astype("float64") for name in ("estimate", *_LIMITS)}
    x = pd.to_numeric(table[by]).astype("float64")
    rows = table.assign(**numbers).assign(group=_read_group(table, group), x=x)
    if rows.duplicated(["group", "x"]).any():
        raise DataError(_say_repeated("model mean", by))
    return rows.sort_values(["group", "x"], kind="stable", ignore_index=True)


def keep_supported(points: pd.DataFrame, smallest: int) -> pd.DataFrame:
    """The means of enough patients; where no mean has so many, all of them and none with an interval."""
    enough = points["n"] >= smallest
    return points[enough] if enough.any() else points.assign(**dict.fromkeys(_LIMITS, np.nan))


def draw_means(ax: Axes, points: pd.DataFrame, by: Clock) -> list[Artist]:
    """Markers with intervals, apart from the model's line; gives the legend's handles."""
    handles: list[Artist] = []
    span = ax.get_xlim()[1] - ax.get_xlim()[0]
    what = "observed weekly mean" if by == "day" else "observed mean"
    styles = _choose_styles(points["group"])
    for place, (name, style) in enumerate(styles.items()):
        mine = points[points["group"] == name]
        x = mine["x"] + _DODGE * span * (place - (len(styles) - 1) / 2)
        color = TEXT if name == _EVERYBODY else style.color
        limits = (mine["conf_low"], mine["conf_high"])
        ax.vlines(x, *limits, color=color, linewidth=1.0, zorder=5, gid="mean:interval")
        looks: Looks = {"color": color, "marker": style.marker, "linestyle": "none"}
        looks |= {"markersize": 4.0, "markerfacecolor": WHITE, "markeredgewidth": 1.1}
        ax.plot(x, mine["mean"], zorder=6, gid="mean", **looks)
        handles.append(Line2D([], [], label=_label(what, name, mine), **looks))
    return handles


def draw_model(ax: Axes, table: pd.DataFrame, until: float) -> list[Artist]:
    """A line with a ribbon for each group, up to a day; gives the legend's handles."""
    handles: list[Artist] = []
    for name, style in _choose_styles(table["group"]).items():
        mine = table[(table["group"] == name) & (table["x"] <= until)]
        looks: Looks = {"color": style.color, "linestyle": style.dash, "linewidth": 1.8}
        ax.plot(mine["x"], mine["estimate"], zorder=4, gid="model", **looks)
        fill: Looks = {"color": style.color, "alpha": 0.2, "linewidth": 0}
        limits = (mine["conf_low"], mine["conf_high"])
        ax.fill_between(mine["x"], *limits, zorder=3, gid="model:interval", **fill)
        handles.append(Line2D([], [], label=_label("model mean", name, mine), **looks))
    return handles


def write_counts(ax: Axes, points: pd.DataFrame) -> None:
    """Write the patients behind each mean under the ticks, a row per group; only some of them if tight."""
    names = sorted(points["group"].unique())
    per_point = (ax.get_xlim()[1] - ax.get_xlim()[0]) / (room_width(ax) - 120.0)
    widest = per_point * (len(f"{points['n'].max():,.0f}") * 5.0 + 6.0)
    written: list[float] = []
    for place in np.sort(points["x"].unique()):
        if not written or place - written[-1] >= widest:
            written.append(float(place))
    ax.xaxis.labelpad = 4.0 + LINE_HEIGHT * len(names)
    for line, name in enumerate(names):
        height = -_BELOW_TICKS - LINE_HEIGHT * line
        mine = points[(points["group"] == name) & points["x"].isin(written)]
        _write_below(
            ax, f"n {name}".strip(), (0.0, ax.transAxes), (-8.0, height), ha="right", color=QUIET_TEXT
        )
        for x, n in zip(mine["x"], mine["n"], strict=True):
            _write_below(ax, f"{n:,.0f}", (x, ax.transData), (0.0, height), ha="center", color=TEXT)


def _write_below(
    ax: Axes, words: str, at: tuple[float, Any], shift: tuple[float, float], **looks: Any
) -> None:
    place, along = at
    ax.annotate(
        words,
        xy=(place, 0.0),
        xycoords=(along, ax.transAxes),
        xytext=shift,
        textcoords="offset points",
        va="top",
        annotation_clip=False,
        gid="n",
        **looks,
    )


def _read_group(frame: pd.DataFrame, group: str | None) -> pd.Series:
    if group is None:
        return pd.Series(_EVERYBODY, index=frame.index, dtype="string")
    require_columns(frame, (group,), caller="plot_trajectories")
    return frame[group].astype("string").fillna("not stated")


def _choose_styles(groups: pd.Series) -> dict[str, GroupStyle]:
    names = sorted(groups.unique())
    return {_EVERYBODY: GroupStyle(BLUE, "solid", "o")} if names == [_EVERYBODY] else group_styles(names)


def _label(what: str, group: str, drawn: pd.DataFrame) -> str:
    if group != _EVERYBODY:
        return f"{group}: {what}"
    return f"{what}, 95 % interval" if drawn["conf_low"].notna().any() else what


def _say_repeated(what: str, by: Clock) -> str:
    bin_name = "day or week" if by == "day" else "infusion number"
    return (
        f"plot_trajectories needs one {what} per {bin_name}; some are there more than once. "
        "Name the column of their groups with group=."
    )
