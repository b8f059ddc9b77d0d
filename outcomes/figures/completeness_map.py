"""How complete the scores are by site or quarter: a grid of shares."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from outcomes.errors import DataError
from outcomes.figures.layout import place_legend, say_instead, start_axes
from outcomes.figures.style import FULL, GUIDE, QUIET_TEXT, SEVERITY_TINTS, TEXT, WHITE, Looks, draw_context
from outcomes.figures.words import instrument_title, join_sentences, say_percent, select_instrument
from outcomes.schema import require_columns

_NEEDED = ("occasion", "n_due", "n_measured", "share", "percent_shown")
_NOTHING = "Nobody is due at any occasion in this period."
_ROW, _HEAD = 9.0, 26.0  # mm of figure
_BELOW: Looks = {"edgecolor": TEXT, "linewidth": 1.2}


def plot_completeness_map(
    completeness: pd.DataFrame,
    *,
    by: str = "site",
    instrument: str | None = None,
    target: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of those due who were measured, groups down and occasions across.

    Parameters
    ----------
    completeness : DataFrame of summarize_completeness with `by`
    by : str, the column that names the rows, such as "site" or "quarter"
    instrument : str, optional; needed where the frame holds several
    target : float, optional, 0 to 1; cells below it are outlined
    ax : Axes, optional; a new figure is made without it

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If a column is missing, a pair of group and occasion stands there twice, or several instruments do and
        none is named.

    Notes
    -----
    In each cell the share, or "k of n" where n is too small for a percentage, and below it the number due;
    darker is more complete. An empty cell: nobody is due.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> frame = pd.DataFrame({
    ...     "site": ["Harbor", "Harbor"], "instrument": "phq9", "occasion": ["baseline", "endpoint"],
    ...     "n_due": [40, 40], "n_measured": [38, 29], "share": [0.95, 0.725], "percent_shown": True,
    ... })
    >>> [label.get_text() for label in oc.plot_completeness_map(frame).get_yticklabels()]
    ['Harbor']
    """
    rows, chosen = _select(completeness, by, instrument, "plot_completeness_map")
    title = instrument_title(chosen) if chosen else "Score"
    groups, occasions = list(dict.fromkeys(rows[by])), list(dict.fromkeys(rows["occasion"]))
    with draw_context():
        ax = start_axes(ax, size=(FULL[0], max(45.0, _HEAD + _ROW * len(groups))))
        if rows.empty:
            return say_instead(ax, _NOTHING)
        for row in rows.to_dict("records"):
            _draw_cell(ax, row, groups.index(row[by]), occasions.index(row["occasion"]), target)
        ax.set(
            xlim=(-0.5, len(occasions) - 0.5), ylim=(len(groups) - 0.5, -0.5), ylabel=by.capitalize(),
            xlabel=f"{title} measured, of those due; inf. k: before infusion k",
        )  # fmt: skip
        ax.set_xticks(range(len(occasions)), [_fold(name) for name in occasions])
        ax.set_yticks(range(len(groups)), [str(name) for name in groups])
        ax.tick_params(length=0)
        ax.spines[["left", "bottom"]].set_visible(False)
        if target is not None:
            place_legend(
                ax, [Patch(facecolor=WHITE, label=f"below the target of {say_percent(target)}", **_BELOW)]
            )
    return ax


def describe_completeness_map(
    completeness: pd.DataFrame, *, by: str = "site", instrument: str | None = None
) -> str:
    """Tell the picture of plot_completeness_map in words, for readers who do not see it.

    Parameters
    ----------
    completeness, by, instrument : as for plot_completeness_map

    Returns
    -------
    str, 80 to 350 characters, with the lowest and the highest cell

    Raises
    ------
    DataError
        As plot_completeness_map.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> frame = pd.DataFrame({
    ...     "site": ["Harbor", "Harbor"], "instrument": "phq9", "occasion": ["baseline", "endpoint"],
    ...     "n_due": [40, 40], "n_measured": [38, 29], "share": [0.95, 0.725], "percent_shown": True,
    ... })
    >>> oc.describe_completeness_map(frame).split(". ")[1]
    'Lowest: Harbor, endpoint, 29 of 40'
    """
    rows, chosen = _select(completeness, by, instrument, "describe_completeness_map")
    title = instrument_title(chosen) if chosen else "score"
    kind = f"Grid of the share of those due with a {title}, by {by} (rows) and occasion (columns)"
    if rows.empty:
        return join_sentences([f"{kind}, not drawn.", _NOTHING])
    share = rows["share"].astype("Float64")
    found = [
        f"{word}: {row[by]}, {row['occasion']}, {row['n_measured']} of {row['n_due']}."
        for word, row in (("Lowest", rows.loc[share.idxmin()]), ("Highest", rows.loc[share.idxmax()]))
    ]
    return join_sentences([f"{kind}.", *found])


def _select(
    completeness: pd.DataFrame, by: str, instrument: str | None, caller: str
) -> tuple[pd.DataFrame, str | None]:
    require_columns(completeness, (by, *_NEEDED), caller=caller)
    rows, chosen = select_instrument(completeness, instrument, caller=caller)
    rows = rows[(rows["n_due"] > 0).fillna(False)]
    if rows.duplicated([by, "occasion"]).any():
        raise DataError(f"{caller} needs one row per {by} and occasion; some stand there more than once.")
    return rows, chosen


def _draw_cell(ax: Axes, row: dict, down: int, across: int, target: float | None) -> None:
    share = float(row["share"])
    tint = SEVERITY_TINTS[min(len(SEVERITY_TINTS) - 1, int(share * len(SEVERITY_TINTS)))]
    looks = _BELOW if target is not None and share < target else {"edgecolor": GUIDE, "linewidth": 0.6}
    ax.add_patch(Rectangle((across - 0.46, down - 0.45), 0.92, 0.9, facecolor=tint, **looks))
    due, measured = int(row["n_due"]), int(row["n_measured"])
    if row["percent_shown"]:
        ax.text(across, down - 0.18, say_percent(share), ha="center", va="center", color=TEXT)
        ax.text(across, down + 0.22, f"n {due:,}", ha="center", va="center", color=QUIET_TEXT)
    else:
        ax.text(
            across, down, f"{measured}\nof {due}", ha="center", va="center", color=QUIET_TEXT, linespacing=1.1
        )


def _fold(occasion: str) -> str:
    return str(occasion).replace("before infusion ", "inf. ").replace(" days", "\ndays")
