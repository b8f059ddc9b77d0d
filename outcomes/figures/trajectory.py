"""Scores over time: a thin line per patient, with severity bands behind and means in front."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from outcomes.definitions.instrument import Instrument, get_instrument
from outcomes.definitions.profile import Profile, get_profile
from outcomes.figures.style import (
    HATCH,
    PATIENT_LINE,
    QUIET_TEXT,
    SEVERITY_TINTS,
    TALL,
    TEXT,
    Looks,
    choose_day_ticks,
    draw_context,
    place_legend,
    room_width,
    say_instead,
    start_axes,
    write_at_right,
    write_note,
)
from outcomes.figures.trajectory_means import (
    Clock,
    draw_means,
    draw_model,
    read_means,
    read_model,
    write_counts,
)
from outcomes.figures.words import join_sentences, say_count
from outcomes.schema import require_columns

_NEEDED = (
    "patient_id",
    "instrument",
    "total",
    "day",
    "infusion_number",
    "series",
    "endpoint_use",
    "baseline_of",
)
_AXIS_LABELS = {"day": "Days since first infusion", "infusion_number": "Infusions given before the score"}


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
        A frame of summarize_trajectory, by week or infusion number; markers with intervals, n under the axis.
    model : Fit or DataFrame, optional
        Model means: day (or infusion_number), estimate, conf_low, conf_high; drawn as line and ribbon.
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
        If a column is missing, there are more than four groups, or several means of a day and no `group`.
    DefinitionError
        If there is no such instrument or profile.

    Notes
    -----
    Rows drawn are those of the first series that serve as baseline or may serve an endpoint: acute scores are
    left out. By infusion number a patient's latest score of each number is taken, and the part of the axis
    that fewer than half of the patients reached is hatched. Nothing is estimated.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> scores = pd.DataFrame({
    ...     "patient_id": ["a", "a", "b"], "instrument": "phq9", "total": [18, 9, 20], "day": [0, 14, -3],
    ...     "infusion_number": [0, 3, 0], "series": 1, "endpoint_use": [False, True, False],
    ...     "baseline_of": [1, None, 1],
    ... })
    >>> ax = oc.plot_trajectories(scores)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('Days since first infusion', 'PHQ-9 total (points)')
    """
    definition, profile = get_instrument(instrument), get_profile(profile)
    rows = _select_rows(scores, instrument, by)
    points = None if means is None else read_means(means, instrument, by, group)
    with draw_context():
        ax = start_axes(ax, size=TALL)
        if rows.empty:
            return say_instead(ax, f"No patient has a {definition.title} score in this period.")
        handles: list[Artist] = [_draw_patients(ax, rows, by, max_lines=max_lines, seed=seed)]
        note = ""
        if model is not None:
            smallest = int(profile.value("min_percent_denominator"))
            drawn, note = _draw_model(ax, model, rows, by, group, smallest)
            handles += drawn
        if points is not None:
            handles += draw_means(ax, points, by)
        reach = rows[by] if points is None else pd.concat([rows[by], points["x"]])
        _finish_axes(ax, definition, by, (min(0.0, reach.min()), max(1.0, reach.max())))
        _draw_severity(ax, definition, profile)
        if by == "infusion_number":
            handles += _mark_stayers(ax, rows)
        if points is not None and len(points):
            write_counts(ax, points)
        place_legend(ax, handles)
        if note:
            write_note(ax, note)
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
    ...     "infusion_number": [0, 3, 0], "series": 1, "endpoint_use": [False, True, False],
    ...     "baseline_of": [1, None, 1],
    ... })
    >>> oc.describe_trajectories(scores).split(" by ")[1]
    'days since first infusion, one line per patient, 2 patients.'
    """
    definition = get_instrument(instrument)
    rows = _select_rows(scores, instrument, by)
    scale = f"{definition.title} total (points, {definition.total_min} to {definition.total_max})"
    kind = f"Line chart of {scale} by {_AXIS_LABELS[by].lower()}"
    if rows.empty:
        return f"{kind}, not drawn: no patient has a score in this period."
    patients = say_count(rows["patient_id"].nunique(), "patient", "patients")
    told = [f"{kind}, one line per patient, {patients}."]
    points = None if means is None else read_means(means, instrument, by, None)
    if points is not None and len(points):
        unit = "week" if by == "day" else "infusion"
        first, last = (
            f"{mean:.1f} at {unit} {bin:.0f} (n = {n:.0f})"
            for mean, bin, n in points[["mean", "bin", "n"]].iloc[[0, -1]].to_numpy()
        )
        told.append(f"Observed mean {first}, and {last}.")
    return join_sentences(told)


def _select_rows(scores: pd.DataFrame, instrument: str, by: Clock) -> pd.DataFrame:
    """Baseline and endpoint-use scores of the first series; by infusion number the latest of each number."""
    require_columns(scores, _NEEDED, caller="plot_trajectories")
    used = scores["endpoint_use"].astype("boolean").fillna(False) | (scores["baseline_of"] == 1).fillna(False)
    mine = (scores["instrument"] == instrument).fillna(False) & (scores["series"] == 1).fillna(False)
    rows = scores[(used & mine & scores["total"].notna() & scores[by].notna()).astype(bool)]
    rows = rows.sort_values(["patient_id", "day"], kind="stable", ignore_index=True)
    rows = rows.assign(total=rows["total"].astype("float64"), **{by: rows[by].astype("float64")})
    return rows if by == "day" else rows.drop_duplicates(["patient_id", by], keep="last", ignore_index=True)


def _draw_patients(ax: Axes, rows: pd.DataFrame, by: Clock, *, max_lines: int, seed: int) -> Line2D:
    """A thin line per patient, a dot for who has one score; gives the legend's handle."""
    patients = np.sort(rows["patient_id"].astype(str).unique())
    label = say_count(len(patients), "patient", "patients")
    if len(patients) > max_lines:
        label = f"{max_lines:,} of {len(patients):,} patients"
        patients = np.random.default_rng(seed).choice(patients, size=max_lines, replace=False)
        rows = rows[rows["patient_id"].isin(patients)]
    looks: Looks = {"color": PATIENT_LINE, "alpha": 0.8 if len(patients) <= 40 else 0.5, "zorder": 2}
    scores_of = rows.groupby("patient_id")["total"].transform("size")
    several, single = rows[scores_of > 1], rows[scores_of == 1]
    before = len(ax.lines)
    if len(several):
        lines: Looks = {"units": "patient_id", "estimator": None, "linewidth": 0.6}
        sns.lineplot(several, x=by, y="total", ax=ax, **lines, **looks)
    if len(single):
        ax.plot(single[by], single["total"], linestyle="none", marker=".", markersize=3, **looks)
    for line in ax.lines[before:]:
        line.set_gid("patient")
    return Line2D([], [], color=PATIENT_LINE, linewidth=0.8, label=label)


def _draw_model(
    ax: Axes, model: Any, rows: pd.DataFrame, by: Clock, group: str | None, smallest: int
) -> tuple[list[Artist], str]:
    """The model's line for as long as enough patients have a later score, and a note where it ends early."""
    if getattr(model, "verdict", None) == "NOT ESTIMABLE":
        return [], f"No model mean is drawn: {model.notes[0]}"
    table = read_model(model, by, group)
    last_scores = rows.groupby("patient_id")[by].max().sort_values(ascending=False)
    if len(last_scores) < smallest:
        return [], f"No model mean is drawn: fewer than {smallest} patients."
    until = float(last_scores.iloc[smallest - 1])
    handles = draw_model(ax, table, until)
    if not (table["x"] > until).any():
        return handles, ""
    return handles, f"The model mean ends where fewer than {smallest} patients have a later score."


def _finish_axes(ax: Axes, instrument: Instrument, by: Clock, ends: tuple[float, float]) -> None:
    first, last = ends
    margin = 0.015 * (last - first)
    ax.set(
        xlim=(first - margin, last + margin), ylim=(instrument.total_min - 0.5, instrument.total_max + 0.5)
    )
    ax.set(xlabel=_AXIS_LABELS[by], ylabel=f"{instrument.title} total (points)")
    if by == "day":
        ax.set_xticks(choose_day_ticks(first, last, room_width(ax)))
        ax.axvline(0, color=QUIET_TEXT, linewidth=0.6, linestyle=(0, (1, 2)), zorder=1, gid="first infusion")
    else:
        ax.set_xticks(range(0, int(last) + 1, max(1, round(last / 12))))


def _draw_severity(ax: Axes, instrument: Instrument, profile: Profile) -> None:
    """Bands from light to dark, named at the right edge; a cut line where the instrument has no bands."""
    for band, tint in zip(instrument.bands, SEVERITY_TINTS, strict=False):
        low, high = band.low - 0.5, band.high + 0.5
        ax.axhspan(low, high, facecolor=tint, linewidth=0, zorder=0, gid=f"band:{band.name}")
        write_at_right(ax, textwrap.fill(band.name, 11), (low + high) / 2, color=QUIET_TEXT, gid="band")
    if instrument.bands:
        ax.set_yticks([*(band.low for band in instrument.bands), instrument.total_max])
        return
    ax.set_yticks(np.arange(instrument.total_min, instrument.total_max + 1, 20))
    cut = profile.by_instrument("caseness").get(instrument.id)
    if cut is not None:
        ax.axhline(cut, color=TEXT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1, gid="cut")
        write_at_right(ax, f"cut-off\n{cut:g}", cut, color=QUIET_TEXT, gid="cut")


def _mark_stayers(ax: Axes, rows: pd.DataFrame) -> list[Patch]:
    """Hatch the axis from the first infusion number at which fewer than half of the patients have a score."""
    counts = rows.groupby("infusion_number")["patient_id"].nunique().sort_index()
    few = counts[2 * counts.to_numpy() < rows["patient_id"].nunique()]
    if few.empty:
        return []
    looks: Looks = {"facecolor": "none", "edgecolor": HATCH, "hatch": "////", "linewidth": 0}
    ax.axvspan(float(few.index[0]) - 0.5, ax.get_xlim()[1], zorder=1, gid="stayers", **looks)
    return [Patch(label="stayers only: fewer than half", **looks)]
