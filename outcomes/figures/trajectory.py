"""Scores over time: a thin line per patient, observed means and a model mean."""

from __future__ import annotations

import textwrap
from typing import Any, Literal

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from outcomes.definitions.instrument import Instrument, get_instrument
from outcomes.definitions.profile import Profile, get_profile
from outcomes.errors import DataError
from outcomes.figures.style import (
    BLUE,
    HATCH,
    LINE_HEIGHT,
    PATIENT_LINE,
    QUIET_TEXT,
    SEVERITY_TINTS,
    TALL,
    TEXT,
    WHITE,
    GroupStyle,
    choose_day_ticks,
    draw_context,
    figure_width,
    group_styles,
    place_legend,
    say_instead,
    start_axes,
    write_note,
)
from outcomes.figures.words import join_sentences, say_count, select_instrument
from outcomes.schema import require_columns

Clock = Literal["day", "infusion_number"]

_NEEDED = ("patient_id", "instrument", "total", "day", "infusion_number", "series", "endpoint_use", "baseline_of")
_AXIS_LABELS = {"day": "Days since first infusion", "infusion_number": "Infusions given before the score"}
_BIN_NAMES = {"day": "weekly mean", "infusion_number": "mean"}
_ONE_GROUP = GroupStyle(BLUE, "solid", "o")


def plot_trajectories(
    scores: pd.DataFrame,
    *,
    instrument: str = "phq9",
    means: pd.DataFrame | None = None,
    model: Any = None,
    by: Clock = "day",
    group: str | None = None,
    max_lines: int = 150,
    seed: int = 0,
    ax: Axes | None = None,
    profile: str | Profile = "default",
) -> Axes:
    """Draw the totals of the patients over time, with observed means and a model mean where they are given.

    Parameters
    ----------
    scores : DataFrame (SCORES) after derive_baseline, one row per questionnaire
    instrument : str, instrument id
    means : DataFrame, optional
        A frame of summarize_trajectory with the same `by`; drawn as markers with intervals, its n under the axis.
    model : Fit or DataFrame, optional
        Model means with day (or infusion_number), estimate, conf_low, conf_high; drawn as a line with a ribbon.
    by : {"day", "infusion_number"}
        The x axis: days since the first infusion, or the number of infusions given before the score.
    group : str, optional
        The column of `means` and `model` that names their groups, such as "route"; at most four groups.
    max_lines : int
        So many patients at most are drawn as lines; above it a random sample, and the legend says so.
    seed : int, chooses the sample
    ax : Axes, optional; a new figure is made without it
    profile : str or Profile
        `min_percent_denominator` (the model line ends where fewer patients have a later score) and `caseness`
        (the cut line of an instrument without severity bands) are used.

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If a column is missing, there are more than four groups, or `model` has several rows for a day and no `group`.
    DefinitionError
        If there is no such instrument or profile.

    Notes
    -----
    Rows drawn are those of the first series that serve as baseline or may serve an endpoint: acute scores are left
    out. By infusion number a patient's latest score of each number is taken, and the part of the axis that fewer
    than half of the patients reached is hatched. Nothing is estimated.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> scores = pd.DataFrame({
    ...     "patient_id": ["a", "a", "b"], "instrument": "phq9", "total": [18, 9, 20], "day": [0, 14, -3],
    ...     "infusion_number": [0, 3, 0], "series": 1, "endpoint_use": [False, True, False], "baseline_of": [1, None, 1],
    ... })
    >>> ax = oc.plot_trajectories(scores)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('Days since first infusion', 'PHQ-9 total (points)')
    """
    definition, profile = get_instrument(instrument), get_profile(profile)
    rows = _select_rows(scores, instrument, by)
    with draw_context():
        ax = start_axes(ax, size=TALL)
        if rows.empty:
            return say_instead(ax, f"No patient has a {definition.title} score in this period.")
        handles: list[Artist] = [_draw_patients(ax, rows, by, max_lines=max_lines, seed=seed)]
        ends = [float(rows[by].min()), float(rows[by].max())]
        smallest = int(profile.value("min_percent_denominator"))
        notes: list[str] = []
        if model is not None:
            drawn, note = _draw_model(ax, model, rows, by, group, smallest)
            handles, notes = [*handles, *drawn], [*notes, *note]
        if means is not None:
            points = _read_means(means, instrument, by, group)
            handles = [*handles, *_draw_means(ax, points, by)]
            ends = [*ends, *points["x"]]
        _finish_axes(ax, definition, profile, by, (min(ends), max(ends)))
        if by == "infusion_number":
            handles += _mark_stayers(ax, rows)
        if means is not None:
            _write_counts(ax, points)
        place_legend(ax, handles)
        if notes:
            write_note(ax, " ".join(notes))
    return ax


def describe_trajectories(
    scores: pd.DataFrame, *, instrument: str = "phq9", means: pd.DataFrame | None = None, by: Clock = "day"
) -> str:
    """Tell the picture of plot_trajectories in words, for readers who do not see it.

    Parameters
    ----------
    scores, instrument, means, by : as for plot_trajectories

    Returns
    -------
    str, 80 to 350 characters; the numbers are counts of patients and cells of `means`

    Raises
    ------
    DataError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> scores = pd.DataFrame({
    ...     "patient_id": ["a", "a", "b"], "instrument": "phq9", "total": [18, 9, 20], "day": [0, 14, -3],
    ...     "infusion_number": [0, 3, 0], "series": 1, "endpoint_use": [False, True, False], "baseline_of": [1, None, 1],
    ... })
    >>> print(oc.describe_trajectories(scores))
    Line chart of PHQ-9 total (points, 0 to 27) by days since first infusion, one line per patient, 2 patients.
    """
    definition = get_instrument(instrument)
    rows = _select_rows(scores, instrument, by)
    axes = f"{definition.title} total (points, {definition.total_min} to {definition.total_max}) by {_AXIS_LABELS[by].lower()}"
    if rows.empty:
        return f"Line chart of {axes}, not drawn: no patient has a score in this period."
    patients = say_count(rows["patient_id"].nunique(), "patient", "patients")
    return join_sentences([f"Line chart of {axes}, one line per patient, {patients}.", *_tell_means(means, instrument, by)])


def _tell_means(means: pd.DataFrame | None, instrument: str, by: Clock) -> list[str]:
    if means is None:
        return []
    points = _read_means(means, instrument, by, None).dropna(subset=["mean"]).sort_values("position", kind="stable")
    if points.empty:
        return []
    unit = "week" if by == "day" else "infusion"
    first, last = (f"{row.mean:.1f} at {unit} {row.position:.0f} (n = {int(row.n)})" for row in points.iloc[[0, -1]].itertuples(name="Row"))
    return [f"The observed mean is {first} at first and {last} at last."]


def _select_rows(scores: pd.DataFrame, instrument: str, by: Clock) -> pd.DataFrame:
    """Baseline and endpoint-use scores of the first series; by infusion number the latest of each number."""
    require_columns(scores, _NEEDED, caller="plot_trajectories")
    used = scores["endpoint_use"].astype("boolean").fillna(False) | (scores["baseline_of"] == 1).fillna(False)
    mine = (scores["instrument"] == instrument).fillna(False) & (scores["series"] == 1).fillna(False)
    rows = scores[(used & mine & scores["total"].notna() & scores[by].notna()).astype(bool)]
    rows = rows.assign(total=rows["total"].astype("float64"), **{by: rows[by].astype("float64")})
    rows = rows.sort_values(["patient_id", "day"], kind="stable", ignore_index=True)
    return rows if by == "day" else rows.drop_duplicates(["patient_id", by], keep="last", ignore_index=True)


def _draw_patients(ax: Axes, rows: pd.DataFrame, by: Clock, *, max_lines: int, seed: int) -> Line2D:
    """A thin line per patient, a dot for who has one score; gives the legend's handle, which tells a sample."""
    patients = np.sort(rows["patient_id"].astype(str).unique())
    sampled = len(patients) > max_lines
    if sampled:
        chosen = np.random.default_rng(seed).choice(patients, size=max_lines, replace=False)
        rows = rows[rows["patient_id"].isin(chosen)]
    count = len(patients) if not sampled else max_lines
    looks = {"color": PATIENT_LINE, "alpha": 0.8 if count <= 40 else 0.5}
    scores_of = rows.groupby("patient_id")["total"].transform("size")
    before = len(ax.lines)
    if (scores_of > 1).any():
        sns.lineplot(
            rows[scores_of > 1], x=by, y="total", units="patient_id", estimator=None, linewidth=0.6, ax=ax, zorder=2, **looks
        )
    if (scores_of == 1).any():
        single = rows[scores_of == 1]
        ax.plot(single[by], single["total"], linestyle="none", marker=".", markersize=3, zorder=2, **looks)
    for line in ax.lines[before:]:
        line.set_gid("patient")
    if sampled:
        label = f"{max_lines:,} of {len(patients):,} patients"
    else:
        label = say_count(len(patients), "patient", "patients")
    return Line2D([], [], color=PATIENT_LINE, linewidth=0.8, label=label)


def _read_means(means: pd.DataFrame, instrument: str, by: Clock, group: str | None) -> pd.DataFrame:
    """The points to draw: group, position (week or infusion number), x (its place on the axis), mean, limits, n."""
    require_columns(means, ("x", "mean", "conf_low", "conf_high", "n"), caller="plot_trajectories")
    points, _ = select_instrument(means, instrument, caller="plot_trajectories")
    numbers = {name: pd.to_numeric(points[name]).astype("float64") for name in ("mean", "conf_low", "conf_high", "n")}
    position = pd.to_numeric(points["x"]).astype("float64")
    return points.assign(position=position, x=7 * position if by == "day" else position, group=_read_group(points, group), **numbers)


def _read_group(frame: pd.DataFrame, group: str | None) -> pd.Series:
    if group is None:
        return pd.Series("", index=frame.index, dtype="string")
    require_columns(frame, (group,), caller="plot_trajectories")
    return frame[group].astype("string").fillna("not stated")


def _draw_means(ax: Axes, points: pd.DataFrame, by: Clock) -> list[Line2D]:
    handles = []
    for name, style in _choose_styles(points["group"]).items():
        mine = points[points["group"] == name].sort_values("x", kind="stable")
        color = TEXT if name == "" else style.color
        ax.vlines(mine["x"], mine["conf_low"], mine["conf_high"], color=color, linewidth=1.0, zorder=5, gid="mean:interval")
        looks = {
            "color": color, "marker": style.marker, "markersize": 4.0, "markerfacecolor": WHITE, "markeredgewidth": 1.1,
            "linestyle": "none",
        }  # fmt: skip
        ax.plot(mine["x"], mine["mean"], zorder=6, gid="mean", **looks)
        label = f"observed {_BIN_NAMES[by]}, 95 % interval" if name == "" else f"{name}: observed {_BIN_NAMES[by]}"
        handles.append(Line2D([], [], label=label, **looks))
    return handles


def _draw_model(
    ax: Axes, model: Any, rows: pd.DataFrame, by: Clock, group: str | None, smallest: int
) -> tuple[list[Line2D], list[str]]:
    """The model means as lines that end where fewer than the smallest number of patients have a later score."""
    if getattr(model, "verdict", None) == "NOT ESTIMABLE":
        return [], [f"No model mean is drawn: {model.notes[0]}"]
    table = model if isinstance(model, pd.DataFrame) else model.table
    require_columns(table, (by, "estimate", "conf_low", "conf_high"), caller="plot_trajectories")
    table = table.assign(group=_read_group(table, group))
    if table.duplicated(["group", by]).any():
        raise DataError(
            f"plot_trajectories needs one model mean per {by.replace('_', ' ')} and group; some are repeated. "
            "Name the column of the groups with group=."
        )
    last_scores = rows.groupby("patient_id")[by].max().sort_values(ascending=False)
    if len(last_scores) < smallest:
        return [], [f"No model mean is drawn: fewer than {smallest} patients."]
    end = float(last_scores.iloc[smallest - 1])
    handles = []
    for name, style in _choose_styles(table["group"]).items():
        mine = table[(table["group"] == name) & (table[by] <= end)].sort_values(by, kind="stable").astype({by: "float64"})
        ax.plot(mine[by], mine["estimate"], color=style.color, linestyle=style.dash, linewidth=1.8, zorder=4, gid="model")
        ax.fill_between(
            mine[by], mine["conf_low"].astype("float64"), mine["conf_high"].astype("float64"), color=style.color, alpha=0.2,
            linewidth=0, zorder=3, gid="model:interval",
        )  # fmt: skip
        label = "model mean, 95 % interval" if name == "" else f"{name}: model mean"
        handles.append(Line2D([], [], color=style.color, linestyle=style.dash, linewidth=1.8, label=label))
    later = bool((table[by] > end).any())
    return handles, [f"Model mean drawn while {smallest} or more patients have a later score."] if later else []


def _choose_styles(groups: pd.Series) -> dict[str, GroupStyle]:
    names = sorted(groups.unique())
    return {"": _ONE_GROUP} if names == [""] else group_styles(names)


def _finish_axes(ax: Axes, instrument: Instrument, profile: Profile, by: Clock, ends: tuple[float, float]) -> None:
    first, last = min(ends[0], 0.0), max(ends[1], 1.0)
    margin = 0.015 * (last - first)
    ax.set(xlim=(first - margin, last + margin), ylim=(instrument.total_min - 0.5, instrument.total_max + 0.5))
    ax.set(xlabel=_AXIS_LABELS[by], ylabel=f"{instrument.title} total (points)")
    by_infusion = range(0, int(last) + 1, max(1, round(last / 12)))
    ax.set_xticks(choose_day_ticks(first, last, figure_width(ax)) if by == "day" else list(by_infusion))
    if by == "day" and first < 0:
        ax.axvline(0, color=QUIET_TEXT, linewidth=0.6, linestyle=(0, (1, 2)), zorder=1, gid="first infusion")
    if instrument.bands:
        _draw_bands(ax, instrument)
    else:
        ax.set_yticks(np.arange(instrument.total_min, instrument.total_max + 1, 20))
        _draw_cut_line(ax, profile.by_instrument("caseness").get(instrument.id))


def _draw_bands(ax: Axes, instrument: Instrument) -> None:
    """Severity as one hue from light to dark behind the data, each band's name at the right edge."""
    for band, tint in zip(instrument.bands, SEVERITY_TINTS, strict=False):
        ax.axhspan(band.low - 0.5, band.high + 0.5, facecolor=tint, linewidth=0, zorder=0, gid=f"band:{band.name}")
        _write_at_right(ax, textwrap.fill(band.name, 11), (band.low + band.high) / 2)
    ax.set_yticks([*(band.low for band in instrument.bands), instrument.total_max])


def _draw_cut_line(ax: Axes, cut: float | None) -> None:
    if cut is None:
        return
    ax.axhline(cut, color=TEXT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1, gid="cut")
    _write_at_right(ax, f"cut-off\n{cut:g}", cut)


def _write_at_right(ax: Axes, words: str, height: float) -> None:
    ax.annotate(
        words, xy=(1.0, height), xycoords=("axes fraction", "data"), xytext=(4.0, 0.0), textcoords="offset points", ha="left",
        va="center", color=QUIET_TEXT, linespacing=1.0, annotation_clip=False, gid="band:label",
    )  # fmt: skip


def _mark_stayers(ax: Axes, rows: pd.DataFrame) -> list[Patch]:
    """Hatch the axis from the first infusion number at which fewer than half of the patients have a score."""
    counts = rows.groupby("infusion_number")["patient_id"].nunique().sort_index()
    thin = counts.index[counts < rows["patient_id"].nunique() / 2]
    if len(thin) == 0:
        return []
    looks = {"facecolor": "none", "edgecolor": HATCH, "hatch": "////", "linewidth": 0}
    ax.axvspan(float(thin[0]) - 0.5, ax.get_xlim()[1], zorder=1, gid="stayers", **looks)
    return [Patch(label="stayers only: fewer than half", **looks)]


def _write_counts(ax: Axes, points: pd.DataFrame) -> None:
    """Write the patients behind each mean under the ticks, a row per group; every second (third ...) where it is tight."""
    names = sorted(points["group"].unique())
    places = np.sort(points["x"].unique())
    span = ax.get_xlim()[1] - ax.get_xlim()[0]
    room = (figure_width(ax) - 120.0) * np.diff(places).min() / span if len(places) > 1 else np.inf
    every = max(1, int(np.ceil((len(f"{points['n'].max():,.0f}") * 5.0 + 6.0) / room)))
    ax.xaxis.labelpad = 4.0 + LINE_HEIGHT * len(names)
    for line, name in enumerate(names):
        height = -17.0 - LINE_HEIGHT * line
        mine = points[(points["group"] == name) & points["x"].isin(places[::every])]
        _write_below(ax, f"n {name}".strip(), 0.0, height, ax.transAxes, shift=-8.0, ha="right", color=QUIET_TEXT)
        for row in mine.itertuples():
            _write_below(ax, f"{int(row.n):,}", row.x, height, ax.transData, shift=0.0, ha="center", color=TEXT)


def _write_below(ax: Axes, words: str, x: float, height: float, along: Any, *, shift: float, ha: str, color: str) -> None:
    ax.annotate(
        words, xy=(x, 0.0), xycoords=(along, ax.transAxes), xytext=(shift, height), textcoords="offset points", ha=ha,
        va="top", color=color, annotation_clip=False, gid="n",
    )  # fmt: skip
