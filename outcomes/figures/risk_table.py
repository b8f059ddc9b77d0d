"""The table under a curve: how many are at risk, have had the event, and are censored at each tick."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from outcomes.figures.curves import Curve
from outcomes.figures.style import LINE_HEIGHT, QUIET_TEXT, TEXT

_LINES = (("at_risk", "at risk"), ("observed", "events"), ("censored", "censored"))
_GAP = 6.0  # mm between the curve's label and the table


def risk_table_height(curves: list[Curve]) -> float:
    """Height in mm that the table of these curves needs."""
    return _count_lines(curves) * LINE_HEIGHT / 72 * 25.4 + _GAP


def draw_risk_table(ax: Axes, curve_ax: Axes, curves: list[Curve]) -> None:
    """Write the counts of each group on `ax`, under the ticks of the curve's axes."""
    ticks = [tick for tick in curve_ax.get_xticks() if tick <= curve_ax.get_xlim()[1]]
    ax.set(xlim=curve_ax.get_xlim(), ylim=(_count_lines(curves) - 0.5, -0.5))
    ax.set_axis_off()
    longest = len(f"{max(curve.n for curve in curves):,}")
    for place, curve in enumerate(curves):
        top = place * (len(_LINES) + 1)
        _write_beside(ax, curve.full_label, top, shift=0.0, ha="left", fontweight="bold", color=TEXT)
        for line, (column, words) in enumerate(_LINES, start=top + 1):
            _write_beside(ax, words, line, shift=-8.0 - 2.6 * longest, ha="right", color=QUIET_TEXT)
            for tick in ticks:
                count = f"{curve.count_at(column, tick):,}"
                ax.text(tick, line, count, ha="center", va="center", gid=f"risk:{column}")


def _count_lines(curves: list[Curve]) -> int:
    return len(curves) * (len(_LINES) + 1)


def _write_beside(ax: Axes, words: str, line: int, *, shift: float, **looks: Any) -> None:
    """Write at the left edge of the axes, shifted by so many points."""
    ax.annotate(
        words,
        xy=(0.0, line),
        xycoords=("axes fraction", "data"),
        xytext=(shift, 0.0),
        textcoords="offset points",
        va="center",
        annotation_clip=False,
        gid="risk:label",
        **looks,
    )
