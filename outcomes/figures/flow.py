"""Who is in the numbers: boxes from all who started to those with an endpoint, and why the others left."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from outcomes.definitions.profile import Profile, get_profile
from outcomes.figures.flow_stages import (
    BOX_WIDTH,
    Stage,
    build_notes,
    build_stages,
    list_reasons,
    list_steps,
    say_first,
    select_flow,
)
from outcomes.figures.layout import room_height, room_width, say_instead, start_axes
from outcomes.figures.style import FULL, LINE_HEIGHT, QUIET_TEXT, SEVERITY_TINTS, TEXT, Looks, draw_context
from outcomes.figures.words import instrument_title, join_sentences

_SQUEEZE = 0.12  # lines may come so much closer before words would touch
_APART = 0.6  # lines of text between the last box and the notes
_MARGIN = 6.0  # mm around the boxes
_TOO_SMALL = "The flow of patients needs a larger picture than this one; its table holds the same numbers."
_NOBODY = "No patient started in this period."
_LINE: Looks = {"color": QUIET_TEXT, "linewidth": 0.9}


def plot_flow(
    flow: pd.DataFrame,
    *,
    instrument: str | None = None,
    ax: Axes | None = None,
    profile: str | Profile = "default",
) -> Axes:
    """Draw the patient flow: a box for every step, and beside each arrow who left there and why.

    Parameters
    ----------
    flow : DataFrame, as summarize_flow gives it
        step, n, left, reason, n_reason: the steps in order, one row per reason (or one without, where nobody
        left); n_few_infusions and n_not_started, where they are there, are told below the boxes, and so are
        rows whose `kind` is "side note" (they stand in for n_few_infusions).
    instrument : str, optional; needed where the frame holds several
    ax : Axes, optional
        Without it a new figure is made, as high as its text needs; where a given axes is too small for the
        text, a sentence says so instead.
    profile : str or Profile
        `min_percent_denominator` (below it "3 of 8" stands instead of a percent) and
        `induction_min_infusions` are used.

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If a column is missing, there are several instruments and none is named, or there are several groups.

    Notes
    -----
    A box shows its n and, below the first, n as percent of the box above. Nothing else is computed.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> flow = pd.DataFrame({
    ...     "step": ["started", "matured"], "n": [42, 40], "left": [2, 0], "reason": ["not_matured", None],
    ...     "n_reason": [2, 0],
    ... })
    >>> ax = oc.plot_flow(flow)
    >>> [text.get_text() for text in ax.texts if text.get_text()][:3]
    ['Started: 42', '2 scoring window still open', 'Matured: 40 (95 %)']
    """
    profile = get_profile(profile)
    rows, _ = select_flow(flow, instrument, caller="plot_flow")
    with draw_context():
        if not list_steps(rows):
            return say_instead(start_axes(ax), _NOBODY)
        width = FULL[0] / 25.4 * 72 if ax is None else room_width(ax)
        stages = build_stages(rows, width, int(profile.value("min_percent_denominator")))
        notes = build_notes(rows, width, profile)
        needed = _count_lines(stages, notes)
        ax = start_axes(ax, size=(FULL[0], needed * LINE_HEIGHT / 72 * 25.4 + _MARGIN))
        spare = room_height(ax) / LINE_HEIGHT - needed
        if spare < -_SQUEEZE * needed:
            return say_instead(ax, _TOO_SMALL)
        _draw_stages(ax, stages, notes, spread=max(spare, 0.0) / max(1, len(stages) - 1))
    return ax


def describe_flow(flow: pd.DataFrame, *, instrument: str | None = None) -> str:
    """Tell the picture of plot_flow in words, for readers who do not see it.

    Parameters
    ----------
    flow, instrument : as for plot_flow

    Returns
    -------
    str, 80 to 350 characters: first and last count, and the largest reason to leave

    Raises
    ------
    DataError
        If a column is missing, there are several instruments and none is named, or there are several groups.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> flow = pd.DataFrame({
    ...     "step": ["started", "matured"], "n": [42, 40], "left": [2, 0], "reason": ["not_matured", None],
    ...     "n_reason": [2, 0],
    ... })
    >>> oc.describe_flow(flow).split(". ")[1:]
    ['From 42 (started) to 40 (matured)', 'Largest reason to leave: scoring window still open (2).']
    """
    rows, chosen = select_flow(flow, instrument, caller="describe_flow")
    whose = f" for the {instrument_title(chosen)}" if chosen else ""
    kind = f"Flow chart of patients{whose}: boxes from top to bottom, reasons for leaving at the right"
    steps, reasons = list_steps(rows), list_reasons(rows)
    if not steps:
        return join_sentences([f"{kind}.", f"Not drawn: {_NOBODY[0].lower()}{_NOBODY[1:]}"])
    (first, n_first), (last, n_last) = steps[0], steps[-1]
    told = [f"{kind}.", f"From {n_first} ({first}) to {n_last} ({last})."]
    if reasons:
        _, why, count = max(reasons, key=lambda one: one[2])
        told.append(f"Largest reason to leave: {why} ({count}).")
    told += [f"{say_first(step)}: {n}." for step, n in steps[1:-1]]
    return join_sentences(told)


def _count_lines(stages: list[Stage], notes: list[str]) -> float:
    """Lines of text from the top of the first box to the end of the notes."""
    return (
        sum(stage.height for stage in stages) + sum(stage.gap for stage in stages[:-1]) + _APART + len(notes)
    )


def _draw_stages(ax: Axes, stages: list[Stage], notes: list[str], *, spread: float) -> None:
    """Draw from top to bottom, in lines of text; `spread` is what each arrow gets of the room left over."""
    ax.set_axis_off()
    top, middle = 0.0, BOX_WIDTH / 2
    for stage in stages[:-1]:
        bottom = top + stage.height
        _draw_box(ax, stage, top)
        top = bottom + stage.gap + spread
        arrow: Looks = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, **_LINE}
        ax.annotate("", xy=(middle, top), xytext=(middle, bottom), arrowprops=arrow, gid="arrow")
        if stage.reasons:
            level = (bottom + top) / 2
            ax.plot([middle, BOX_WIDTH + 0.015], [level, level], gid="exit", **_LINE)
            words = "\n".join(stage.reasons)
            ax.text(BOX_WIDTH + 0.025, level, words, va="center", ha="left", color=TEXT, gid="reasons")
    _draw_box(ax, stages[-1], top)
    below = top + stages[-1].height + _APART
    ax.text(0.0, below, "\n".join(notes), va="top", ha="left", color=QUIET_TEXT, gid="note")
    ax.set(xlim=(0, 1), ylim=(below + len(notes), -0.1))


def _draw_box(ax: Axes, stage: Stage, top: float) -> None:
    corner, shape = (0.002, top), "round,pad=0,rounding_size=0.004"
    box = FancyBboxPatch(corner, BOX_WIDTH - 0.004, stage.height, boxstyle=shape)
    box.set(facecolor=SEVERITY_TINTS[0], edgecolor=TEXT, linewidth=0.8, gid="box")
    ax.add_patch(box)
    middle = top + stage.height / 2
    words = "\n".join(stage.words)
    ax.text(BOX_WIDTH / 2, middle, words, va="center", ha="center", color=TEXT, gid="box")
