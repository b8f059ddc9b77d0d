"""Every figure of a report, drawn once: as SVG for page and paper, and as files of their own."""

from __future__ import annotations

import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from outcomes.figures.style import draw_context, figure_inches
from outcomes.reports.blocks import Figure
from outcomes.reports.report import Report, list_blocks
from outcomes.reports.svg import draw_svg

_DPI = 200
_NAMESPACE = '<svg xmlns="http://www.w3.org/2000/svg" '


def draw_pictures(report: Report) -> dict[str, str]:
    """Give the SVG of every figure by its id, each a document of its own."""
    return {
        block.id: str(draw_svg(block)).replace("<svg ", _NAMESPACE, 1)
        for block in list_blocks(report)
        if isinstance(block, Figure)
    }


def draw_files(report: Report, pictures: dict[str, str]) -> dict[str, bytes]:
    """Give every figure as SVG and PNG by file name, for slides and papers."""
    found: dict[str, bytes] = {}
    for block in list_blocks(report):
        if isinstance(block, Figure):
            found[f"figures/{block.id}.svg"] = pictures[block.id].encode("utf-8")
            found[f"figures/{block.id}.png"] = _draw_png(block)
    return found


def _draw_png(figure: Figure) -> bytes:
    with draw_context():
        canvas = Canvas(figsize=figure_inches(figure.size), layout="constrained", dpi=_DPI)
        FigureCanvasAgg(canvas)
        figure.draw(canvas)
        written = io.BytesIO()
        canvas.savefig(written, format="png", metadata={"Software": None, "Description": figure.alt})
    return written.getvalue()
