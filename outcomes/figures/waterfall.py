"""How much each patient changed from baseline to endpoint: one bar per patient, by category."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from outcomes.definitions.instrument import Instrument, get_instrument
from outcomes.definitions.profile import Profile, get_profile
from outcomes.figures.style import (
    BLUE,
    GRAY,
    GREEN,
    GUIDE,
    QUIET_TEXT,
    SKY,
    TEXT,
    VERMILION,
    WHITE,
    draw_context,
    place_legend,
    say_instead,
    start_axes,
    write_note,
)
from outcomes.figures.words import join_sentences, say_count
from outcomes.schema import require_columns

Measure = Literal["percent", "points"]

_NEEDED = (
    "series", "instrument", "due", "eligible", "baseline", "endpoint_total", "change", "percent_change",
    "remission", "response", "reliable_improvement", "reliable_deterioration",
)  # fmt: skip
_UNMEASURED = "no endpoint total"
_BARS_UP_TO = 120  # above it bars would be hairlines with white gaps, so steps are filled instead


@dataclass(frozen=True)
class _Category:
    """One of the categories: the flag that makes it, and how it is drawn."""

    flag: str
    color: str
    hatch: str


_CATEGORIES = (
    _Category("remission", GREEN, "///"),
    _Category("response", BLUE, ""),
    _Category("reliable_improvement", SKY, "..."),
    _Category("no_reliable_change", GRAY, ""),
    _Category("reliable_deterioration", VERMILION, "xxx"),
)
_AXIS_LABELS = {"percent": "Change (% of baseline)", "points": "Change (points)"}
_COLUMNS = {"percent": "percent_change", "points": "change"}


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
    Shown are eligible patients (due, baseline at or above caseness) with their first series; those of them without
    an endpoint total stand as a hatched block as wide as their number, so the axis holds everyone eligible. Those
    left out are counted below the axis. The first category that fits is taken, in this order: remission, response,
    reliable improvement, no reliable change, reliable deterioration. Patients stand by category and then by change,
    because remission depends on the total and would else lie as stripes among the others. Above 120 patients the
    bars are filled as one outline per category. Nothing is clipped.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> courses = pd.DataFrame({
    ...     "series": [1, 1], "instrument": "phq9", "due": True, "eligible": True, "baseline": [18, 15],
    ...     "endpoint_total": [4, 15], "change": [-14, 0], "percent_change": [-77.8, 0.0], "remission": [True, False],
    ...     "response": [True, False], "reliable_improvement": [True, False], "reliable_deterioration": False,
    ... })
    >>> ax = oc.plot_change(courses)
    >>> [text.get_text() for text in ax.get_legend().get_texts()][0]
    'remission: 1'
    """
    definition, profile = get_instrument(instrument), get_profile(profile)
    people = _select_people(courses, instrument)
    shown = _order_bars(people, _COLUMNS[measure])
    names = _name_categories(profile, definition)
    with draw_context():
        ax = start_axes(ax)
        if not people["eligible"].any():
            return say_instead(ax, _say_nobody(people, definition))
        unmeasured = int(people["eligible"].sum()) - len(shown)
        _draw_bars(ax, shown, _COLUMNS[measure])
        _finish_axes(ax, shown, unmeasured, measure=measure, instrument=definition, profile=profile)
        place_legend(ax, _make_handles(shown, unmeasured, names), columns=3)
        note = _say_left_out(people)
        if note:
            write_note(ax, note)
    return ax


def describe_change(
    courses: pd.DataFrame, *, instrument: str = "phq9", measure: Measure = "percent", profile: str | Profile = "default"
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
    ...     "endpoint_total": [4, None], "change": [-14, None], "percent_change": [-77.8, None], "remission": [True, None],
    ...     "response": [True, None], "reliable_improvement": [True, None], "reliable_deterioration": [False, None],
    ... })
    >>> oc.describe_change(courses).split(": ", 1)[1].split(",")[0]
    '1 remission'
    """
    definition, profile = get_instrument(instrument), get_profile(profile)
    people = _select_people(courses, instrument)
    kind = f"Waterfall chart of {definition.title} change from baseline to endpoint ({_COLUMN_UNITS[measure]}), one bar per patient"
    if not people["eligible"].any():
        return join_sentences([f"{kind}, not drawn.", _say_nobody(people, definition)])
    shown = _order_bars(people, _COLUMNS[measure])
    names = _name_categories(profile, definition)
    counts = [f"{int((shown['category'] == flag).sum())} {name}" for flag, name in names.items()]
    unmeasured = int(people["eligible"].sum()) - len(shown)
    return join_sentences([f"{kind}: {', '.join(counts)}.", f"{say_count(unmeasured, 'person has', 'people have')} {_UNMEASURED}."])


_COLUMN_UNITS = {"percent": "percent of baseline", "points": "points"}


def _select_people(courses: pd.DataFrame, instrument: str) -> pd.DataFrame:
    """The due patients of the instrument, first series; missing flags count as not due and not eligible."""
    require_columns(courses, _NEEDED, caller="plot_change")
    first = (courses["instrument"] == instrument) & (courses["series"] == 1)
    due = courses["due"].astype("boolean").fillna(False)
    people = courses[first.fillna(False) & due]
    return people.assign(eligible=people["eligible"].astype("boolean").fillna(False).astype(bool))


def _order_bars(people: pd.DataFrame, column: str) -> pd.DataFrame:
    """Those with a change, each with its category, by category and then from the largest fall to the largest rise."""
    measured = people[people["eligible"] & people[column].notna()]
    flags = [
        measured[category.flag].astype("boolean").fillna(False).to_numpy(dtype=bool)
        if category.flag in measured.columns
        else np.zeros(len(measured), dtype=bool)
        for category in _CATEGORIES
    ]
    place = np.select(flags, range(len(flags)), default=_place("no_reliable_change"))
    values = pd.to_numeric(measured[column]).astype("float64")
    category = np.array([category.flag for category in _CATEGORIES])[place]
    ordered = measured.assign(category=category, place=place, value=values)
    return ordered.sort_values(["place", "value"], kind="stable", ignore_index=True)


def _place(flag: str) -> int:
    return next(place for place, category in enumerate(_CATEGORIES) if category.flag == flag)


def _name_categories(profile: Profile, instrument: Instrument) -> dict[str, str]:
    points = profile.by_instrument("response_points").get(instrument.id)
    percent = profile.by_instrument("response_percent").get(instrument.id)
    response = "response" if percent is not None or points is None else f"{points}-point improvement"
    return {
        "remission": profile.by_instrument("remission_label").get(instrument.id) or "remission",
        "response": response,
        "reliable_improvement": "reliable improvement",
        "no_reliable_change": "no reliable change",
        "reliable_deterioration": "reliable deterioration",
    }


def _draw_bars(ax: Axes, shown: pd.DataFrame, column: str) -> None:
    """One bar per patient, or above 120 patients one filled outline per category."""
    for category in _CATEGORIES:
        mine = shown[shown["category"] == category.flag]
        if mine.empty:
            continue
        looks = {"facecolor": category.color, "hatch": category.hatch, "gid": f"category:{category.flag}"}
        if len(shown) <= _BARS_UP_TO:
            bars = ax.bar(mine.index + 0.5, mine["value"], width=1.0, edgecolor=TEXT, linewidth=0.4)
            for bar in bars:
                bar.set(**looks)
            continue
        edges = np.append(mine.index, mine.index[-1] + 1)
        heights = np.append(mine["value"], mine["value"].iloc[-1])
        ax.fill_between(edges, heights, step="post", edgecolor=TEXT, linewidth=0.4, **looks)


def _finish_axes(
    ax: Axes, shown: pd.DataFrame, unmeasured: int, *, measure: Measure, instrument: Instrument, profile: Profile
) -> None:
    everyone = len(shown) + unmeasured
    low, high, step = _choose_range(shown, measure, instrument)
    if unmeasured:
        block = Rectangle((len(shown), low), unmeasured, high - low, facecolor=WHITE, edgecolor=GRAY, hatch="\\\\\\", linewidth=0.6)
        block.set_gid("unmeasured")
        ax.add_patch(block)
    ax.axhline(0, color=TEXT, linewidth=0.8, gid="zero")
    _draw_criterion(ax, measure, instrument, profile)
    ax.set(xlim=(0, everyone), ylim=(low, high), ylabel=_AXIS_LABELS[measure])
    ax.set_xlabel(f"Patients by category, then by change in {instrument.title} (n = {everyone:,})")
    ax.set_xticks([])
    ax.set_yticks(np.arange(low, high + step / 2, step))
    ax.grid(axis="y", color=GUIDE, linewidth=0.6)
    ax.set_axisbelow(True)


def _choose_range(shown: pd.DataFrame, measure: Measure, instrument: Instrument) -> tuple[float, float, float]:
    """Lower end, upper end and tick step: down to the largest fall that there can be, up to the largest rise there is."""
    span = instrument.total_max - instrument.total_min
    step = 25.0 if measure == "percent" else (20.0 if span > 40 else 5.0)
    low = -100.0 if measure == "percent" else -step * np.ceil(span / step)
    highest = max(shown["value"].max(), 0.0) if len(shown) else 0.0
    high = max(step * np.ceil(highest / step), step)
    return low, high, step if high - low <= 8 * step else 2 * step


def _draw_criterion(ax: Axes, measure: Measure, instrument: Instrument, profile: Profile) -> None:
    """A dashed line where the change reaches the profile's response criterion, if it is one of this measure."""
    key = "response_percent" if measure == "percent" else "response_points"
    value = profile.by_instrument(key).get(instrument.id)
    if value is None:
        return
    ax.axhline(-value, color=TEXT, linewidth=0.8, linestyle=(0, (4, 3)), gid="criterion")
    words = f"−{value} %" if measure == "percent" else f"−{value} points"
    ax.annotate(
        words, xy=(1.0, -value), xycoords=("axes fraction", "data"), xytext=(3.0, 0.0), textcoords="offset points",
        ha="left", va="center", color=QUIET_TEXT, annotation_clip=False, gid="criterion:label",
    )  # fmt: skip


def _make_handles(shown: pd.DataFrame, unmeasured: int, names: dict[str, str]) -> list[Patch]:
    handles = [
        Patch(
            facecolor=category.color, edgecolor=TEXT, linewidth=0.4, hatch=category.hatch,
            label=f"{names[category.flag]}: {int((shown['category'] == category.flag).sum()):,}",
        )
        for category in _CATEGORIES
    ]  # fmt: skip
    return [*handles, Patch(facecolor=WHITE, edgecolor=GRAY, hatch="\\\\\\", linewidth=0.6, label=f"{_UNMEASURED}: {unmeasured:,}")]


def _say_left_out(people: pd.DataFrame) -> str:
    """Who is due and not in the picture, and how many of them were reliably worse."""
    left_out = people[~people["eligible"]]
    if left_out.empty:
        return ""
    without = int(left_out["baseline"].isna().sum())
    below = len(left_out) - without
    worse = int(left_out["reliable_deterioration"].astype("boolean").fillna(False).sum())
    parts = [f"{below:,} with a baseline below the cut-off"] if below else []
    parts += [f"{without:,} without a baseline"] if without else []
    return f"Not drawn: {' and '.join(parts)}{f' ({worse:,} of them reliably worse)' if worse else ''}."


def _say_nobody(people: pd.DataFrame, instrument: Instrument) -> str:
    if people.empty:
        return f"No patient is due for a {instrument.title} endpoint in this period."
    return f"No patient has a {instrument.title} baseline at or above the cut-off in this period. {_say_left_out(people)}"
