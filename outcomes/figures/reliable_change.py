"""Baseline against endpoint of each person, with the band of change that measurement error alone can make."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from outcomes.definitions.instrument import get_instrument
from outcomes.definitions.profile import Profile, get_profile
from outcomes.figures.layout import draw_guides, place_legend, say_instead, start_axes, write_note
from outcomes.figures.style import BLUE, GRAY, GUIDE, QUIET_TEXT, TEXT, VERMILION, WHITE, Looks, draw_context
from outcomes.figures.words import instrument_title, join_sentences, select_instrument
from outcomes.schema import require_columns

_NEEDED = (
    "instrument",
    "due",
    "baseline",
    "endpoint_total",
    "reliable_improvement",
    "reliable_deterioration",
)
_KINDS: dict[str, Looks] = {
    "reliably improved": {"marker": "o", "markerfacecolor": BLUE, "markeredgecolor": BLUE},
    "no reliable change": {"marker": "o", "markerfacecolor": WHITE, "markeredgecolor": GRAY},
    "reliably worse": {"marker": "X", "markerfacecolor": VERMILION, "markeredgecolor": TEXT},
}
_MARK: Looks = {"linestyle": "none", "markersize": 4.5, "markeredgewidth": 0.8}
_AREA, _LARGEST = 13.0, 6  # square points per person, and people beyond whom a mark no longer grows


def plot_reliable_change(
    courses: pd.DataFrame,
    *,
    instrument: str | None = None,
    ax: Axes | None = None,
    profile: str | Profile = "default",
) -> Axes:
    """Draw each person's endpoint total against the baseline, with the threshold of reliable change.

    Parameters
    ----------
    courses : DataFrame (COURSES); everyone due with both totals is drawn
    instrument : str, optional; needed where the frame holds several
    ax : Axes, optional; a new figure is made without it
    profile : str or Profile; reliable_change and caseness are used

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If a column is missing, or there are several instruments and none is named.

    Notes
    -----
    Gray band: change within measurement error. Below it people improved reliably, above it they are worse.
    Dashed: the caseness cut-off at the endpoint. The area of a mark is the number of people with this pair of
    totals, up to six.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> courses = pd.DataFrame({
    ...     "series": 1, "instrument": "phq9", "due": True, "baseline": [20, 15], "endpoint_total": [8, 14],
    ...     "reliable_improvement": [True, False], "reliable_deterioration": False,
    ... })
    >>> oc.plot_reliable_change(courses).get_xlabel()
    'PHQ-9 at baseline (points)'
    """
    profile = get_profile(profile)
    kinds, chosen = _sort(courses, instrument, "plot_reliable_change")
    title = instrument_title(chosen) if chosen else "Total"
    with draw_context():
        ax = start_axes(ax)
        if not sum(map(len, kinds.values())):
            return say_instead(ax, "Nobody due has both totals in this period.")
        low, high = _find_range(chosen)
        _draw_thresholds(ax, chosen, profile, low, high)
        handles = []
        for name, people in kinds.items():
            pairs = people.groupby(["baseline", "endpoint_total"]).size().reset_index(name="people")
            ax.scatter(
                pairs["baseline"].astype(float), pairs["endpoint_total"].astype(float), zorder=3, gid=name,
                s=_AREA * np.minimum(pairs["people"], _LARGEST), marker=_KINDS[name]["marker"],
                facecolor=_KINDS[name]["markerfacecolor"], edgecolor=_KINDS[name]["markeredgecolor"],
                linewidth=0.8,
            )  # fmt: skip
            handles.append(Line2D([], [], label=f"{name} (n = {len(people):,})", **_MARK, **_KINDS[name]))
        margin = 0.03 * (high - low)
        ax.set(xlim=(low - margin, high + margin), ylim=(low - margin, high + margin))
        ax.set(xlabel=f"{title} at baseline (points)", ylabel=f"{title} at the endpoint (points)")
        step = 5 if high - low <= 30 else 20
        ticks = range(int(low), int(high) + 1, step)
        ax.set(xticks=ticks, yticks=ticks)
        draw_guides(ax, "y")
        place_legend(ax, handles)
        write_note(
            ax, "Larger marks: several people with the same two totals. Gray: within measurement error."
        )
    return ax


def describe_reliable_change(courses: pd.DataFrame, *, instrument: str | None = None) -> str:
    """Tell the picture of plot_reliable_change in words, for readers who do not see it.

    Parameters
    ----------
    courses, instrument : as for plot_reliable_change

    Returns
    -------
    str, 80 to 350 characters, with the number in each group

    Raises
    ------
    DataError
        If a column is missing, or there are several instruments and none is named.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> courses = pd.DataFrame({
    ...     "series": 1, "instrument": "phq9", "due": True, "baseline": [20, 15], "endpoint_total": [8, 14],
    ...     "reliable_improvement": [True, False], "reliable_deterioration": False,
    ... })
    >>> oc.describe_reliable_change(courses).split(": ")[-1]
    '1 reliably improved, 1 no reliable change, 0 reliably worse.'
    """
    kinds, chosen = _sort(courses, instrument, "describe_reliable_change")
    title = instrument_title(chosen) if chosen else "total"
    kind = f"Scatter of the {title} at the endpoint against that at baseline (points), one mark per person"
    if not sum(map(len, kinds.values())):
        return join_sentences([f"{kind}, not drawn: nobody due has both totals in this period."])
    told = ", ".join(f"{len(people):,} {name}" for name, people in kinds.items())
    return join_sentences([f"{kind}: {told}."])


def _sort(
    courses: pd.DataFrame, instrument: str | None, caller: str
) -> tuple[dict[str, pd.DataFrame], str | None]:
    require_columns(courses, _NEEDED, caller=caller)
    rows, chosen = select_instrument(courses, instrument, caller=caller)
    first = (rows["series"] == 1).fillna(False) if "series" in rows else True
    due = rows["due"].astype("boolean").fillna(False)
    rows = rows[first & due & rows["baseline"].notna() & rows["endpoint_total"].notna()]
    better, worse = (
        rows[name].astype("boolean").fillna(False).to_numpy(dtype=bool)
        for name in ("reliable_improvement", "reliable_deterioration")
    )
    # The improvement of those below the gate is not judged; what is left has no reliable change.
    return {
        name: rows[chosen_rows]
        for name, chosen_rows in zip(_KINDS, (better, ~better & ~worse, worse), strict=True)
    }, chosen


def _find_range(instrument: str | None) -> tuple[float, float]:
    if instrument is None:
        return 0.0, 30.0
    scale = get_instrument(instrument)
    return float(scale.total_min), float(scale.total_max)


def _draw_thresholds(ax: Axes, instrument: str | None, profile: Profile, low: float, high: float) -> None:
    change = profile.by_instrument("reliable_change").get(instrument or "")
    caseness = profile.by_instrument("caseness").get(instrument or "")
    if change is not None:
        edges = [low, high]
        ax.fill_between(
            edges, [one - change for one in edges], [one + change for one in edges], color=GUIDE, zorder=0,
            linewidth=0, gid="error",
        )  # fmt: skip
    ax.plot([low, high], [low, high], color=QUIET_TEXT, linewidth=0.8, zorder=1)
    if caseness is not None:
        ax.axhline(
            float(caseness), color=TEXT, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1, gid="caseness"
        )
