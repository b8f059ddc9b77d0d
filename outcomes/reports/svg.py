"""From a figure block to an inline SVG with its own ids and a description, the same on every run."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas

from outcomes.figures.style import draw_context, figure_inches
from outcomes.reports.blocks import Figure

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def draw_svg(figure: Figure) -> Markup:
    """Draw a figure block as an SVG element for a page of HTML.

    Parameters
    ----------
    figure : Figure

    Returns
    -------
    Markup, parsed and rebuilt, with title and description; the same bytes for the same block

    Notes
    -----
    The canvas has a fixed size: its bounds are never fitted to the labels, which would move with the data.
    """
    with draw_context(), mpl.rc_context({"svg.hashsalt": figure.id, "svg.fonttype": "path"}):
        canvas = Canvas(figsize=figure_inches(figure.size), layout="constrained")
        FigureCanvasSVG(canvas)
        figure.draw(canvas)
        written = io.BytesIO()
        canvas.savefig(written, format="svg", metadata=_NO_METADATA)
    root = ElementTree.fromstring(written.getvalue())
    _drop_style(root)
    _own_ids(root, figure.id)
    _describe(root, figure)
    return Markup(_serialize(root))


def _drop_style(root: ElementTree.Element) -> None:
    """A style element would reach the whole page: what it says stands on the drawing itself."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}style", f"{{{_SVG}}}metadata") or (
                child.tag == f"{{{_SVG}}}defs" and not len(child)
            ):
                parent.remove(child)
    root.set("style", "stroke-linejoin: round; stroke-linecap: butt")
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)


def _own_ids(root: ElementTree.Element, prefix: str) -> None:
    """Clip paths of several figures share names: each gets its figure's; names that nothing uses go."""
    link = f"{{{_XLINK}}}href"
    used = {
        name
        for element in root.iter()
        for value in element.attrib.values()
        for name in _REFERENCE.findall(value)
    }
    used |= {element.attrib[link].removeprefix("#") for element in root.iter() if link in element.attrib}
    for element in root.iter():
        for name, value in list(element.attrib.items()):
            if name == "id" and value not in used:
                del element.attrib[name]
            elif name == "id":
                element.set(name, f"{prefix}-{value}")
            elif name == link:
                del element.attrib[link]
                element.set("href", f"#{prefix}-{value.removeprefix('#')}")
            else:
                element.set(name, _REFERENCE.sub(rf"url(#{prefix}-\1)", value))


def _describe(root: ElementTree.Element, figure: Figure) -> None:
    title, description = (ElementTree.Element(f"{{{_SVG}}}{name}") for name in ("title", "desc"))
    title.set("id", f"{figure.id}-alt-title")
    title.text = figure.title
    description.set("id", f"{figure.id}-alt")
    description.text = figure.alt
    root.insert(0, description)
    root.insert(0, title)
    root.set("role", "img")
    root.set("aria-labelledby", f"{figure.id}-alt-title {figure.id}-alt")


def _serialize(root: ElementTree.Element) -> str:
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
    return ElementTree.tostring(root, encoding="unicode").replace("\n", " ")
