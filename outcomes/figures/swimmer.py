"""One line per patient: the states of the course, the infusions, and who is still followed."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from outcomes.figures.layout import label_days, place_legend, say_instead, start_axes, write_note
from outcomes.figures.states import LOOKS
from outcomes.figures.style import FULL, TEXT, Looks, draw_context
from outcomes.figures.words import join_sentences
from outcomes.schema import require_columns

_NEEDED = ("patient_id", "state", "start", "stop", "ongoing")
_MOST = 60
_BAR = 2.2  # mm of figure per patient
_NOTHING = "No patient with a baseline at caseness was followed in this period."
_DOSE: Looks = {"linestyle": "none", "marker": "|", "markersize": 5.0, "markeredgewidth": 1.0, "color": TEXT}
_ARROW: Looks = {"linestyle": "none", "marker": ">", "markersize": 3.5, "color": TEXT}


def plot_swimmer(
    states: pd.DataFrame,
    infusions: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
    most: int = _MOST,
    xlabel: str = "Days since first infusion",
) -> Axes:
    """Draw a bar per patient: the states of the course, a stroke per infusion, an arrow if still followed.

    Parameters
    ----------
    states : DataFrame of build_states, one instrument
    infusions : DataFrame with patient_id, series and day, of derive_series, optional
    ax : Axes, optional; a new figure is made without it
    most : int
        So many patients are drawn at most, those followed longest; a line below the picture says of how many.
    xlabel : str

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    These are single courses: for use inside the clinic. Patients are ordered by how long they were followed
    and bear no names. Infusions of series 1 up to the last day drawn.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> states = pd.DataFrame({
    ...     "patient_id": ["A", "A"], "state": ["not responding", "responding"], "start": [0, 7],
    ...     "stop": [7, 60], "ongoing": [False, True],
    ... })
    >>> infusions = pd.DataFrame({"patient_id": "A", "series": 1, "day": [0, 3, 7, 10]})
    >>> oc.plot_swimmer(states, infusions).get_ylabel()
    'Patients'
    """
    rows, count = _choose(states, most, "plot_swimmer")
    if infusions is not None:
        require_columns(infusions, ("patient_id", "series", "day"), caller="plot_swimmer")
    people = list(dict.fromkeys(rows["patient_id"]))
    with draw_context():
        ax = start_axes(ax, size=(FULL[0], max(45.0, 28.0 + _BAR * len(people))))
        if not people:
            return say_instead(ax, _NOTHING)
        place = {who: len(people) - 1 - number for number, who in enumerate(people)}
        for name, looks in LOOKS.items():
            own = rows[rows["state"] == name]
            ax.barh(
                own["patient_id"].map(place), (own["stop"] - own["start"]).astype(float),
                left=own["start"].astype(float), height=0.8, edgecolor=TEXT, linewidth=0.3, gid=name, **looks,
            )  # fmt: skip
        last = float(rows["stop"].max())
        if infusions is not None:
            _draw_infusions(ax, infusions[infusions["patient_id"].isin(people)], place, last)
        more = rows[rows["ongoing"]]
        ax.plot(
            more["stop"].astype(float) + 0.012 * last, more["patient_id"].map(place), gid="ongoing", **_ARROW
        )
        ax.set(xlim=(0, 1.03 * last), ylim=(-0.7, len(people) - 0.3), ylabel="Patients", yticks=[])
        label_days(ax, last, xlabel)
        place_legend(ax, _make_handles(set(rows["state"])))
        if count > len(people):
            write_note(ax, f"{len(people)} of {count:,} patients, those followed longest.")
    return ax


def describe_swimmer(states: pd.DataFrame, *, most: int = _MOST) -> str:
    """Tell the picture of plot_swimmer in words, for readers who do not see it.

    Parameters
    ----------
    states, most : as for plot_swimmer

    Returns
    -------
    str, 80 to 350 characters, with the number of patients, the span, and how many are still followed

    Raises
    ------
    DataError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> states = pd.DataFrame({
    ...     "patient_id": ["A"], "state": "not responding", "start": 0, "stop": 60, "ongoing": True,
    ... })
    >>> oc.describe_swimmer(states).split(": ")[-1]
    '1 of 1 patients, up to day 60, 1 still followed.'
    """
    rows, count = _choose(states, most, "describe_swimmer")
    kind = (
        "Bars of the states of single courses by days since first infusion, one per patient, with infusions"
    )
    if rows.empty:
        return join_sentences([f"{kind}, not drawn.", _NOTHING])
    shown, ongoing = rows["patient_id"].nunique(), int(rows["ongoing"].sum())
    told = (
        f"{shown:,} of {count:,} patients, up to day {int(rows['stop'].max())}, {ongoing:,} still followed."
    )
    return join_sentences([f"{kind}: {told}"])


def _choose(states: pd.DataFrame, most: int, caller: str) -> tuple[pd.DataFrame, int]:
    """The stretches of those followed longest, these first, and how many patients there are."""
    require_columns(states, _NEEDED, caller=caller)
    followed = states[states["state"] != "stopped"].groupby("patient_id")["stop"].max()
    order = followed.sort_index().sort_values(ascending=False, kind="stable").index[:most]
    rank = pd.Series(range(len(order)), index=order)
    rows = states[states["patient_id"].isin(order)]
    rows = rows.assign(_rank=rows["patient_id"].map(rank), ongoing=rows["ongoing"].astype(bool))
    return rows.sort_values(["_rank", "start"]).drop(columns="_rank"), len(followed)


def _draw_infusions(ax: Axes, infusions: pd.DataFrame, place: dict[Any, int], last: float) -> None:
    """A stroke for each infusion of series 1 up to the last day drawn."""
    given = infusions[((infusions["series"] == 1) & (infusions["day"] <= last)).fillna(False)]
    ax.plot(given["day"].astype(float), given["patient_id"].map(place), gid="infusions", zorder=3, **_DOSE)


def _make_handles(seen: set[Any]) -> list:
    handles: list = [
        Patch(edgecolor=TEXT, linewidth=0.3, label=name, **looks)
        for name, looks in LOOKS.items()
        if name in seen
    ]
    return [
        *handles,
        Line2D([], [], label="infusion", **_DOSE),
        Line2D([], [], label="still followed", **_ARROW),
    ]
