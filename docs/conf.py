"""How the site is built: python -m sphinx -W docs site/html."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import generate  # noqa: E402
from pygments.lexers.special import TextLexer  # noqa: E402

import outcomes  # noqa: E402

project = "outcomes"
version = release = outcomes.__version__
copyright = "the authors of outcomes, MIT license"
html_title = f"outcomes {version}"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
html_theme = "furo"
html_static_path: list[str] = []
html_copy_source = False
html_show_sphinx = False

nb_execution_mode = "off"  # the stored outputs are shown; the tests run the notebooks
myst_heading_anchors = 4
autosummary_generate = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

_FUNCTIONS = "|".join(generate.list_functions())
_RETURNED = re.compile(r"(?<=^Returns\n-------\n)(?:\S.*\n)+(?!\s+\S)", re.M)
_LINKED = re.compile(rf"(?<![\[`])`(?:oc\.)?({_FUNCTIONS})`(?!`)")


# The order of the pages, kept here so that the pages themselves read well without the site.
_TREES = {
    "index": {
        "Start": ["quickstart", "exports/index", "tour", "concepts", "notebooks", "questions"],
        "Guides": ["loading", "models", "mixed-models", "onset-and-relapse", "report", "privacy"],
        "Look up": [
            "endpoints",
            "instruments",
            "data-dictionary",
            "glossary",
            "reference/index",
            "validation",
        ],
    },
    "exports/index": {
        "": ["online-forms", "spreadsheets", "redcap", "fhir", "qualtrics", "study-files", "infusions"]
    },
    "notebooks": {"": [f"notebooks/{path.stem}" for path in sorted(HERE.glob("../notebooks/*.ipynb"))]},
}


def order_pages(app, name: str, source: list[str]) -> None:
    """Add the pages below a page, which the site shows at its side."""
    for caption, pages in _TREES.get(name, {}).items():
        options = ":hidden:\n" + (f":caption: {caption}\n" if caption else "")
        source[0] += "\n```{toctree}\n" + options + "\n" + "\n".join(pages) + "\n```\n"


def link_functions(app, name: str, source: list[str]) -> None:
    """Let the name of a public function in a page lead to the reference, and other files to their place."""
    if name.startswith(("reference/", "notebooks/")):
        return
    parts = re.split(r"(^```.*?^```$)", source[0], flags=re.S | re.M)
    for place in range(0, len(parts), 2):
        parts[place] = _LINKED.sub(r"{py:func}`\1 <outcomes.\1>`", parts[place])
        parts[place] = parts[place].replace("](../notebooks/", "](notebooks/")
    source[0] = "".join(parts)


def read_docstring(app, what: str, name: str, obj, options, lines: list[str]) -> None:
    """Prepare a docstring for numpydoc: docstrings are plain text first.

    Words such as induction_ are no links, and what is returned is one paragraph where nothing is indented.
    """
    for place, line in enumerate(lines):
        parts = re.split(r"(``.*?``)", line)
        parts[::2] = [re.sub(r"(?<=[a-z0-9])_(?![\w`])", r"\\_", part) for part in parts[::2]]
        lines[place] = "".join(parts)
    text = "\n".join(lines)
    lines[:] = _RETURNED.sub(lambda found: " ".join(found[0].splitlines()) + "\n", text).split("\n")


def setup(app) -> None:
    """Make the generated pages, and bring the notebooks to where Sphinx looks."""
    generate.write_all(HERE)
    shutil.copytree(HERE.parent / "notebooks", HERE / "notebooks", dirs_exist_ok=True, ignore=_keep_notebooks)
    app.add_lexer("csv", TextLexer)
    app.connect("source-read", link_functions)
    app.connect("source-read", order_pages)
    app.connect("autodoc-process-docstring", read_docstring, priority=100)  # before numpydoc reads them


def _keep_notebooks(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".ipynb")]
