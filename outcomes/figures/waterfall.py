"""How much each patient changed from baseline to endpoint: one bar per patient, by category."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from outcomes.definitions.instrument import Instrument, get_instrument
from outcomes.definitions.profile import Profile, get_profile
from outcomes.figures.change_categories import (
    CATEGORIES,
    count_categories,
    name_categories,
    order_changes,
    say_left_out,
    say_nobody,
    select_due,
)
from outcomes.figures.layout import (
    draw_guides,
    place_legend,
    room_width,
    say_instead,
    start_axes,
    write_at_right,
    write_note,
)
from outcomes.figures.style import GRAY, NARROW, QUIET_TEXT, TEXT, WHITE, Looks, draw_context
from outcomes.figures.words import join_sentences

Measure = Literal["percent", "points"]

_COLUMNS = {"percent": "percent_change", "points": "change"}
_UNITS = {"percent": "%", "points": "points"}
_BARS_UP_TO = 120  # above it bars would be hairlines with white gaps, so one outline is filled per category
_UNMEASURED: Looks = {"facecolor": WHITE, "edgecolor": GRAY, "hatch": "\\\\\\", "linewidth": 0.6}
_EDGE: Looks = {"edgecolor": TEXT, "linewidth": 0.4}


def plot_change(
    courses: pd.DataFrame,
    *,
    instrument: str = "phq9",
    measure: Measure = "percent",
    ax: Axes | None = None,
    profile: str | Profile = "default",
) -> Axes:
    """Draw the change of every eligible patient as one bar, colored by what it amounts to.

    Parameters
    ----------
    courses : DataFrame (COURSES), one row per patient, series and instrument
    instrument : str, instrument id
    measure : {"percent", "points"}
        Change in percent of baseline, or in points of the total; negative is better where lower is better.
    ax : Axes, optional; a new figure is made without it
    profile : str or Profile
        Its response criterion is drawn as a line, and its names of remission and response are used.

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If a column of COURSES is missing.
    DefinitionError
        If there is no such instrument or profile.

    Notes
    -----
    Drawn are eligible patients (due, baseline at or above caseness) with their first series; those of them
    without an endpoint total stand as a hatched block as wide as their number, so the axis holds everyone
    eligible. Who is due and not eligible is counted below the axis. The first category that fits is taken:
    remission, response, reliable improvement, no reliable change, reliable deterioration. Patients stand by
    category and then by change, because remission depends on the total and would else lie as stripes among
    the others. Above 120 patients one outline is filled per category. Nothing is clipped.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> courses = pd.DataFrame({
    ...     "series": [1, 1], "instrument": "phq9", "due": True, "eligible": True, "baseline": [18, 15],
    ...     "endpoint_total": [4, 15], "change": [-14, 0], "percent_change": [-77.8, 0.0],
    ...     "remission": [True, False], "response": [True, False], "reliable_improvement": [True, False],
    ...     "reliable_deterioration": False,
    ... })
    >>> ax = oc.plot_change(courses)
    >>> [text.get_text() for text in ax.get_legend().get_texts()][0]
    'remission: 1'
    """
    definition, profile = get_instrument(instrument), get_profile(profile)
    people = select_due(courses, instrument, caller="plot_change")
    shown = order_changes(people, _COLUMNS[measure])
    everyone = int(people["eligible"].sum())
    with draw_context():
        ax = start_axes(ax)
        if not everyone:
            return say_instead(ax, say_nobody(people, definition))
        _draw_bars(ax, shown)
        low, high, step = _choose_range(shown, measure, definition)
        ax.set(xlim=(0, everyone), ylim=(low, high), xticks=[], yticks=np.arange(low, high + step / 2, step))
        _draw_unmeasured(ax, len(shown), everyone)
        _draw_lines(ax, measure, definition, profile)
        _label_axes(ax, measure, definition, everyone)
        names = name_categories(profile, definition)
        counts = count_categories(shown, profile)
        place_legend(ax, _make_handles(counts, everyone - len(shown), names), columns=3)
        if say_left_out(people):
            write_note(ax, say_left_out(people))
    return ax


def describe_change(
    courses: pd.DataFrame,
    *,
    instrument: str = "phq9",
    measure: Measure = "percent",
    profile: str | Profile = "default",
) -> str:
    """Tell the picture of plot_change in words, for readers who do not see it.

    Parameters
    ----------
    courses, instrument, measure, profile : as for plot_change

    Returns
    -------
    str, 80 to 350 characters, with the count of every category

    Raises
    ------
    DataError
        If a column of COURSES is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> courses = pd.DataFrame({
    ...     "series": [1, 1], "instrument": "phq9", "due": True, "eligible": True, "baseline": [18, 15],
    ...     "endpoint_total": [4, None], "change": [-14, None], "percent_change": [-77.8, None],
    ...     "remission": [True, None], "response": [True, None], "reliable_improvement": [True, None],
    ...     "reliable_deterioration": [False, None],
    ... })
    >>> oc.describe_change(courses).split(": ", 1)[1].split(",")[0]
    '1 remission'
    """
    definition, profile = get_instrument(instrument), get_profile(profile)
    people = select_due(courses, instrument, caller="describe_change")
    unit = "percent of baseline" if measure == "percent" else "points"
    kind = (
        f"Waterfall chart of {definition.title} change from baseline to endpoint ({unit}), a bar per patient"
    )
    if not people["eligible"].any():
        return join_sentences([f"{kind}, not drawn.", say_nobody(people, definition)])
    shown = order_changes(people, _COLUMNS[measure])
    names = name_categories(profile, definition)
    counts = [f"{count} {names[flag]}" for flag, count in count_categories(shown, profile).items()]
    unmeasured = int(people["eligible"].sum()) - len(shown)
    return join_sentences([f"{kind}: {', '.join(counts)}.", f"Without an endpoint total: {unmeasured}."])


def _draw_bars(ax: Axes, shown: pd.DataFrame) -> None:
    """One bar per patient, or above 120 patients one filled outline per category."""
    for category in CATEGORIES:
        mine = shown[shown["category"] == category.flag]
        if mine.empty:
            continue
        looks: Looks = {
            "facecolor": category.color,
            "hatch": category.hatch,
            "gid": f"category:{category.flag}",
        }
        if len(shown) <= _BARS_UP_TO:
            for bar in ax.bar(mine.index + 0.5, mine["value"], width=1.0, **_EDGE):
                bar.set(**looks)
        else:
            edges = np.append(mine.index, mine.index[-1] + 1)
            heights = np.append(mine["value"], mine["value"].iloc[-1])
            ax.fill_between(edges, heights, step="post", **looks, **_EDGE)


def _choose_range(
    shown: pd.DataFrame, measure: Measure, instrument: Instrument
) -> tuple[float, float, float]:
    """Lower end, upper end, tick step: from the largest possible fall to the largest rise there is."""
    span = instrument.total_max - instrument.total_min
    step = 25.0 if measure == "percent" else 20.0 if span > 40 else 5.0
    low = -100.0 if measure == "percent" else -step * np.ceil(span / step)
    highest = shown["value"].max() if len(shown) else 0.0
    high = step * max(np.ceil(highest / step), 1.0)
    return low, high, step if high - low <= 8 * step else 2 * step


def _draw_unmeasured(ax: Axes, measured: int, everyone: int) -> None:
    low, high = ax.get_ylim()
    if everyone > measured:
        block = Rectangle((measured, low), everyone - measured, high - low, **_UNMEASURED)
        block.set_gid("unmeasured")
        ax.add_patch(block)


def _draw_lines(ax: Axes, measure: Measure, instrument: Instrument, profile: Profile) -> None:
    """A line at no change, and a dashed one at the profile's response criterion for this measure."""
    ax.axhline(0, color=TEXT, linewidth=0.8, gid="zero")
    key = "response_percent" if measure == "percent" else "response_points"
    value = profile.by_instrument(key).get(instrument.id)
    if value is not None:
        ax.axhline(-value, color=TEXT, linewidth=0.8, linestyle=(0, (4, 3)), gid="criterion")
        write_at_right(ax, f"−{value} {_UNITS[measure]}", -value, color=QUIET_TEXT, gid="criterion")


def _label_axes(ax: Axes, measure: Measure, instrument: Instrument, everyone: int) -> None:
    narrow = room_width(ax) < NARROW
    ax.set_ylabel(f"Change{'' if narrow else ' from baseline'} ({_UNITS[measure]})")
    order = "" if narrow else " by category, then by change"
    ax.set_xlabel(f"Patients{order}, {instrument.title} (n = {everyone:,})")
    draw_guides(ax, "y")


def _make_handles(counts: dict[str, int], unmeasured: int, names: dict[str, str]) -> list[Artist]:
    handles: list[Artist] = []
    for category in CATEGORIES:
        words = f"{names[category.flag]}: {counts[category.flag]:,}"
        handles.append(Patch(facecolor=category.color, hatch=category.hatch, label=words, **_EDGE))
    return [*handles, Patch(label=f"{names['no_endpoint_total']}: {unmeasured:,}", **_UNMEASURED)]
