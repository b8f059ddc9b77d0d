"""Scores over time: a thin line per patient, with severity bands behind and means in front."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from outcomes.definitions.instrument import Instrument, get_instrument
from outcomes.definitions.profile import Profile, get_profile
from outcomes.figures.layout import (
    choose_day_ticks,
    place_legend,
    room_width,
    say_instead,
    start_axes,
    write_at_right,
    write_note,
)
from outcomes.figures.style import (
    QUIET_TEXT,
    SEVERITY_TINTS,
    TALL,
    TEXT,
    draw_context,
)
from outcomes.figures.trajectory_means import (
    Clock,
    draw_means,
    draw_model,
    keep_supported,
    read_means,
    read_model,
    write_counts,
)
from outcomes.figures.trajectory_patients import (
    cut_rows,
    draw_counts,
    draw_patients,
    have_one_score_each,
    mark_stayers,
    select_rows,
)
from outcomes.figures.words import join_sentences, say_count

_AXIS_LABELS = {
    "day": "Days since first infusion",
    "infusion_number": "Infusions given before the score",
    "first_score": "Days since each patient's first score",
}


def plot_trajectories(
    scores: pd.DataFrame,
    *,
    instrument: str = "phq9",
    means: pd.DataFrame | None = None,
    model: Any = None,
    by: Clock = "day",
    group: str | None = None,
    until: int | None = None,
    max_lines: int = 150,
    seed: int = 0,
    ax: Axes | None = None,
    profile: str | Profile = "default",
) -> Axes:
    """Draw the totals of the patients over time, with observed means and a model mean where they are given.

    Parameters
    ----------
    scores : DataFrame (SCORES) after derive_baseline, one row per questionnaire; by first score as loaded
    instrument : str, instrument id
    means : DataFrame, optional
        A frame of summarize_trajectory, by week or infusion number; markers with intervals, n under the axis.
    model : Fit or DataFrame, optional
        Model means: day (or infusion_number), estimate, conf_low, conf_high; drawn as line and ribbon.
    by : {"day", "infusion_number", "first_score"}
        The x axis: days since the first infusion, the number of infusions given before the score, or days
        since the patient's first score, for a look at exports without infusions.
    group : str, optional
        The column of `means` and `model` that names their groups, such as "route"; at most four groups.
    until : int, optional
        The last day (or infusion number) that is drawn; the picture says so where there are later scores.
    max_lines : int
        So many patients at most are drawn as lines; above it a random sample, and the legend says so.
    seed : int, chooses the sample
    ax : Axes, optional; a new figure is made without it
    profile : str or Profile
        `min_percent_denominator` (means of fewer patients are not drawn, and the model line ends where fewer
        have a later score) and `caseness` (the cut line of an instrument without severity bands) are used.

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
    that fewer than half of the patients reached is hatched. By first score all scores with a date or study
    day are drawn; where nobody has two, dots beside one another show how many patients have each total.
    Nothing is estimated.

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
    smallest = int(profile.value("min_percent_denominator"))
    every = select_rows(scores, instrument, by)
    rows = cut_rows(every, by, until)
    points = None if means is None else cut_rows(read_means(means, instrument, by, group), "x", until)
    with draw_context():
        ax = start_axes(ax, size=TALL)
        if rows.empty:
            return say_instead(ax, _say_empty(scores, definition, by))
        if have_one_score_each(rows, by):
            return _draw_single(ax, rows, definition, profile)
        reach = rows[by] if points is None else pd.concat([rows[by], points["x"]])
        _finish_axes(ax, definition, by, (min(0.0, reach.min()), max(1.0, reach.max())))
        _draw_severity(ax, definition, profile)
        handles: list[Artist] = [draw_patients(ax, rows, by, max_lines=max_lines, seed=seed)]
        notes = [_say_cut(by, until)] if len(rows) < len(every) else []
        if model is not None:
            drawn, said = _draw_model(ax, model, rows, by, group, smallest)
            handles, notes = [*handles, *drawn], [*notes, *said]
        if points is not None and len(points):
            supported = keep_supported(points, smallest)
            handles += draw_means(ax, supported, by)
            write_counts(ax, points)
            if len(supported) < len(points):
                notes.append(f"Means of fewer than {smallest} patients are not drawn.")
        if by == "infusion_number":
            handles += mark_stayers(ax, rows)
        place_legend(ax, handles)
        if notes:
            write_note(ax, " ".join(notes))
    return ax


def describe_trajectories(
    scores: pd.DataFrame,
    *,
    instrument: str = "phq9",
    means: pd.DataFrame | None = None,
    by: Clock = "day",
    group: str | None = None,
    until: int | None = None,
    profile: str | Profile = "default",
) -> str:
    """Tell the picture of plot_trajectories in words, for readers who do not see it.

    Parameters
    ----------
    scores, instrument, means, by, group, until, profile : as for plot_trajectories

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
    rows = cut_rows(select_rows(scores, instrument, by), by, until)
    scale = f"{definition.title} total (points, {definition.total_min} to {definition.total_max})"
    kind = f"Line chart of {scale} by {_AXIS_LABELS[by].lower()}"
    if rows.empty:
        return f"{kind}, not drawn: no patient has a score in this period."
    patients = say_count(rows["patient_id"].nunique(), "patient", "patients")
    if have_one_score_each(rows, by):
        return f"Dot chart of {scale}: a dot per patient, each with one score, {patients}."
    told = [f"{kind}, one line per patient, {patients}."]
    if means is not None:
        smallest = int(get_profile(profile).value("min_percent_denominator"))
        points = cut_rows(read_means(means, instrument, by, group), "x", until)
        told += _tell_means(keep_supported(points, smallest), by)
    return join_sentences(told)


def _tell_means(points: pd.DataFrame, by: Clock) -> list[str]:
    """The first and the last observed mean of each group."""
    unit = "week" if by == "day" else "infusion"
    told = []
    for name in dict.fromkeys(points["group"]):
        ends = points.loc[points["group"] == name, ["mean", "bin", "n"]].iloc[[0, -1]].to_numpy()
        first, last = (f"{mean:.1f} at {unit} {bin:.0f} (n = {n:.0f})" for mean, bin, n in ends)
        told.append(f"{f'{name}: observed' if name else 'Observed'} mean {first}, and {last}.")
    return told


def _draw_single(ax: Axes, rows: pd.DataFrame, instrument: Instrument, profile: Profile) -> Axes:
    """The totals of a survey that asked once: how many patients have each."""
    most = draw_counts(ax, rows)
    ax.set(xlim=(0, max(10.0, most + 1)), xlabel="Patients with this total (one score each)")
    _scale_totals(ax, instrument)
    _draw_severity(ax, instrument, profile)
    return ax


def _say_empty(scores: pd.DataFrame, instrument: Instrument, by: Clock) -> str:
    """Why nothing is drawn: there is no score, or none that an infusion places in a course."""
    mine = scores["instrument"] == instrument.id
    if by == "first_score" or not mine.any() or not scores.loc[mine, "series"].isna().all():
        return f"No patient has a {instrument.title} score in this period."
    return f"No {instrument.title} score belongs to a series: no infusion of these patients is loaded."


def _say_cut(by: Clock, until: int | None) -> str:
    return f"Scores after {'infusion' if by == 'infusion_number' else 'day'} {until} are not drawn."


def _draw_model(
    ax: Axes, model: Any, rows: pd.DataFrame, by: Clock, group: str | None, smallest: int
) -> tuple[list[Artist], list[str]]:
    """The model's line for as long as enough patients have a later score, and a note where it ends early."""
    if getattr(model, "verdict", None) == "NOT ESTIMABLE":
        return [], [f"No model mean is drawn: {model.notes[0]}"]
    table = read_model(model, by, group)
    last_scores = rows.groupby("patient_id")[by].max().sort_values(ascending=False)
    if len(last_scores) < smallest:
        return [], [f"No model mean is drawn: fewer than {smallest} patients."]
    until = float(last_scores.iloc[smallest - 1])
    handles = draw_model(ax, table, until)
    if not (table["x"] > until).any():
        return handles, []
    return handles, [f"The model mean ends where fewer than {smallest} patients have a later score."]


def _finish_axes(ax: Axes, instrument: Instrument, by: Clock, ends: tuple[float, float]) -> None:
    first, last = ends
    margin = 0.015 * (last - first)
    ax.set(xlim=(first - margin, last + margin), xlabel=_AXIS_LABELS[by])
    _scale_totals(ax, instrument)
    if by == "infusion_number":
        ax.set_xticks(range(0, int(last) + 1, max(1, round(last / 12))))
        return
    ax.set_xticks(choose_day_ticks(first, last, room_width(ax)))
    if by == "day":
        ax.axvline(0, color=QUIET_TEXT, linewidth=0.6, linestyle=(0, (1, 2)), zorder=1, gid="first infusion")


def _scale_totals(ax: Axes, instrument: Instrument) -> None:
    """The full range of totals, with its unit."""
    low, high = instrument.total_min - 0.5, instrument.total_max + 0.5
    ax.set(ylim=(low, high), ylabel=f"{instrument.title} total (points)")


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
