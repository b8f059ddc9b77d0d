"""What a person sees in a notebook: results as HTML, and long work that says how far it is."""

from __future__ import annotations

import html
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

# Colors of the browser's own text and lines, so that dark themes are left as they are.
_QUIET = "opacity:.75"
_LINE = "border-left:3px solid currentColor;padding:.1em 0 .1em .8em;margin:.3em 0"

_FOLLOWED: ContextVar[bool] = ContextVar("_FOLLOWED", default=False)


def lay_out(
    title: str,
    *,
    lines: Iterable[str] = (),
    table: pd.DataFrame | None = None,
    notes: Iterable[str] = (),
    text: str = "",
    folded: Mapping[str, str] | None = None,
) -> str:
    """Lay out a result as HTML: title, lines, table, notes, text, and long texts that open with a click.

    Parameters
    ----------
    title : str
    lines : iterable of str, each on a line of its own; the first is set in bold
    table : DataFrame, optional; its cells are printed as they are, a missing one stays blank
    notes : iterable of str, as a list
    text : str, plain text whose blanks and line ends are kept
    folded : mapping of a heading to plain text of that kind

    Returns
    -------
    str; every text is escaped, nothing is loaded from elsewhere
    """
    first, *others = [html.escape(line) for line in lines] or [""]
    parts = [f'<div style="{_LINE}"><div style="font-weight:600;font-size:1.1em">{html.escape(title)}</div>']
    parts += [f"<div><b>{first}</b></div>"] if first else []
    parts += [f'<div style="{_QUIET}">{line}</div>' for line in others]
    if table is not None and len(table):
        parts.append(
            table.astype("object").where(table.notna(), "").to_html(index=False, border=0, justify="left")
        )
    said = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    parts += [f'<ul style="margin:.3em 0">{said}</ul>'] if said else []
    parts += [_keep_blanks(text)] if text else []
    parts += [
        f"<details><summary>{html.escape(heading)}</summary>{_keep_blanks(long)}</details>"
        for heading, long in (folded or {}).items()
        if long
    ]
    return "".join([*parts, "</div>"])


def lay_out_text(text: str) -> str:
    """Lay out plain text whose first line is its title."""
    title, _, rest = text.partition("\n")
    return lay_out(title, text=rest)


def _keep_blanks(text: str) -> str:
    return f'<pre style="white-space:pre-wrap">{html.escape(text)}</pre>'


@contextmanager
def follow(progress: Callable[[str], Any] | None = None) -> Iterator[Callable[[str], Any]]:
    """Give a callable for what a long work says on its way.

    Parameters
    ----------
    progress : callable, or None: then a notebook shows the last sentence until the work ends; elsewhere, and
        within a longer work that is followed itself, nothing is shown
    """
    if progress is None and (_FOLLOWED.get() or not _is_notebook()):
        yield lambda _: None
        return
    line = _Line() if progress is None else None
    followed = _FOLLOWED.set(True)
    try:
        yield line.say if line else progress  # type: ignore[misc]
    finally:
        _FOLLOWED.reset(followed)
        if line:
            line.clear()


class _Line:
    """One line under a cell that is written over, and blank in the end."""

    def __init__(self) -> None:
        self._shown: Any = None

    def say(self, sentence: str) -> None:
        self._put(f'<span style="{_QUIET}">{html.escape(sentence)} ...</span>')

    def clear(self) -> None:
        if self._shown is not None:
            self._put("")

    def _put(self, markup: str) -> None:
        content = {"text/html": markup, "text/plain": ""}
        if self._shown is None:
            from IPython.display import display

            self._shown = display(content, raw=True, display_id=True)
        else:
            self._shown.update(content, raw=True)


def _is_notebook() -> bool:
    """Whether a Jupyter kernel runs this; asked without importing IPython."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")
