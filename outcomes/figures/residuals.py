"""What a model leaves over: residuals along a variable, and quantiles beside Gaussian ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from outcomes.figures.curves import take_table
from outcomes.figures.layout import draw_guides, place_legend, say_instead, start_axes
from outcomes.figures.style import BLUE, PATIENT_LINE, TEXT, VERMILION, WHITE, draw_context
from outcomes.figures.words import join_sentences
from outcomes.schema import require_columns

_LIMIT = 2.0  # about 5 % of Gaussian values lie beyond
_FAR = 4.0
_NOTHING = "There is no residual to draw."


def plot_residuals(residuals: Any, *, against: str = "fitted", ax: Axes | None = None) -> Axes:
    """Draw standardized residuals against the fitted score or a variable, to see what a model leaves over.

    Parameters
    ----------
    residuals : Fit or DataFrame, `table` of estimate_residuals
    against : str, its column for the horizontal axis, such as "fitted" or "day"
    ax : Axes, optional; a new figure is made without it

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    If the model fits, points lie around 0 without a pattern, and about 5 percent beyond the dashed lines at
    -2 and 2. A funnel says that the spread changes, a bow that the shape in time is another. Points beyond 4
    have a mark of their own.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> residuals = pd.DataFrame({"fitted": [12.0, 9.0, 7.0], "standardized": [0.4, -1.2, 4.5]})
    >>> oc.plot_residuals(residuals).get_ylabel()
    'Standardized residual'
    """
    residuals = take_table(residuals)
    require_columns(residuals, ("standardized", against), caller="plot_residuals")
    with draw_context():
        ax = start_axes(ax)
        if residuals.empty:
            return say_instead(ax, _NOTHING)
        far = residuals["standardized"].abs() > _FAR
        alpha = float(np.clip(400 / len(residuals), 0.15, 0.8))
        for rows, marker, color, size in (
            (residuals[~far], "o", BLUE, 6),
            (residuals[far], "D", VERMILION, 14),
        ):
            ax.scatter(
                rows[against], rows["standardized"], s=size, marker=marker, color=color, linewidths=0,
                alpha=alpha if marker == "o" else 1.0, gid="rows" if marker == "o" else "far",
            )  # fmt: skip
        ax.axhline(0, color=TEXT, linewidth=0.8)
        for limit in (-_LIMIT, _LIMIT):
            ax.axhline(limit, color=TEXT, linewidth=0.8, linestyle=(0, (4, 3)))
        reach = max(float(residuals["standardized"].abs().max()) * 1.1, 3.0)
        ax.set(ylim=(-reach, reach), yticks=_choose_ticks(reach))
        ax.set(ylabel="Standardized residual", xlabel=_name_axis(against))
        draw_guides(ax, "y")
        place_legend(ax, _make_handles(len(residuals), int(far.sum())))
    return ax


def describe_residuals(residuals: Any, *, against: str = "fitted") -> str:
    """Tell the picture of plot_residuals in words.

    Parameters
    ----------
    residuals, against : as for plot_residuals

    Returns
    -------
    str, 80 to 350 characters

    Raises
    ------
    DataError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> residuals = pd.DataFrame({"fitted": [12.0, 9.0, 7.0], "standardized": [0.4, -1.2, 4.5]})
    >>> oc.describe_residuals(residuals).split(": ", 1)[1]
    '3 rows; 1 (33 %) beyond 2, where about 5 % are expected, and 1 beyond 4.'
    """
    residuals = take_table(residuals)
    require_columns(residuals, ("standardized", against), caller="describe_residuals")
    kind = f"Scatter plot of a model's standardized residuals against {_name_axis(against).lower()}"
    if residuals.empty:
        return join_sentences([f"{kind}, not drawn.", _NOTHING])
    size = residuals["standardized"].abs()
    beyond, far = int((size > _LIMIT).sum()), int((size > _FAR).sum())
    return join_sentences(
        [
            f"{kind}: {len(size):,} rows; {beyond:,} ({beyond / len(size):.0%}) beyond 2, where about 5 % "
            f"are expected, and {far:,} beyond 4.".replace("%)", " %)")
        ]
    )


def plot_quantiles(values: Any, *, ax: Axes | None = None) -> Axes:
    """Draw standardized values in their order beside the quantiles of a Gaussian distribution.

    Parameters
    ----------
    values : Fit or DataFrame with standardized and normal_quantile
        `table` of estimate_residuals, or the rows of one effect in its `extras["patients"]`.
    ax : Axes, optional; a new figure is made without it

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    Points on the line: the shape is Gaussian. Ends that bend away say that single scores (or patients) lie
    farther out than the model expects; whole scores at the floor of a questionnaire show as steps.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> values = pd.DataFrame({"standardized": [-1.1, 0.1, 0.9], "normal_quantile": [-0.8, 0.0, 0.8]})
    >>> oc.plot_quantiles(values).get_xlabel()
    'Expected if Gaussian'
    """
    values = take_table(values)
    require_columns(values, ("standardized", "normal_quantile"), caller="plot_quantiles")
    with draw_context():
        ax = start_axes(ax)
        if values.empty:
            return say_instead(ax, _NOTHING)
        columns = values[["standardized", "normal_quantile"]]
        reach = max(float(columns.abs().max().max()) * 1.08, 1.0)
        ax.plot([-reach, reach], [-reach, reach], color=PATIENT_LINE, linewidth=0.9, zorder=1)
        ax.scatter(
            values["normal_quantile"],
            values["standardized"],
            s=7,
            color=BLUE,
            linewidths=0.3,
            edgecolors=WHITE,
            gid="rows",
        )
        ax.set(
            xlim=(-reach, reach), ylim=(-reach, reach), xticks=_choose_ticks(reach),
            yticks=_choose_ticks(reach), xlabel="Expected if Gaussian", ylabel="Standardized value",
        )  # fmt: skip
        draw_guides(ax, "y")
        line = Line2D([], [], color=PATIENT_LINE, linewidth=0.9, label="as expected")
        dots = Line2D(
            [], [], color=BLUE, marker="o", markersize=3, linestyle="none", label=f"values: {len(values):,}"
        )
        place_legend(ax, [dots, line])
    return ax


def describe_quantiles(values: Any) -> str:
    """Tell the picture of plot_quantiles in words.

    Parameters
    ----------
    values : as for plot_quantiles

    Returns
    -------
    str, 80 to 350 characters

    Raises
    ------
    DataError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> values = pd.DataFrame({"standardized": [-1.1, 0.1, 0.9], "normal_quantile": [-0.8, 0.0, 0.8]})
    >>> oc.describe_quantiles(values).split(": ", 1)[1]
    '3 values; the farthest from the line is off by 0.3.'
    """
    values = take_table(values)
    require_columns(values, ("standardized", "normal_quantile"), caller="describe_quantiles")
    kind = "Quantiles of standardized values of a model beside those of a Gaussian distribution"
    if values.empty:
        return join_sentences([f"{kind}, not drawn.", _NOTHING])
    apart = float((values["standardized"] - values["normal_quantile"]).abs().max())
    return join_sentences(
        [f"{kind}: {len(values):,} values; the farthest from the line is off by {apart:.1f}."]
    )


def _choose_ticks(reach: float) -> list[int]:
    step = 1 if reach < 4 else 2 if reach < 10 else 5
    last = int(reach // step) * step
    return list(range(-last, last + 1, step))


def _name_axis(against: str) -> str:
    return {"fitted": "Fitted score (points)", "day": "Days since the first infusion"}.get(against, against)


def _make_handles(rows: int, far: int) -> list[Line2D]:
    dots = {"marker": "o", "markersize": 3, "linestyle": "none"}
    handles = [Line2D([], [], color=BLUE, label=f"rows: {rows - far:,}", **dots)]  # type: ignore[arg-type]
    if far:
        handles.append(
            Line2D(
                [],
                [],
                color=VERMILION,
                marker="D",
                markersize=4,
                linestyle="none",
                label=f"beyond 4: {far:,}",
            )
        )
    dashed = Line2D([], [], color=TEXT, linewidth=0.8, linestyle=(0, (4, 3)), label="2 standard deviations")
    return [*handles, dashed]
