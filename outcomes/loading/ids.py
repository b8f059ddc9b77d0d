"""Patient ids: text exactly as written, with notes where two of them may be one person."""

from __future__ import annotations

import re
import unicodedata

import pandas as pd

from outcomes.errors import Problem
from outcomes.loading.columns import check_values
from outcomes.loading.labels import scripts_of
from outcomes.loading.tables import Table

_ZERO_WIDTH = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[Ee]\+[0-9]+")
_MISSING_LIKE = frozenset(("na", "n/a", "none", "null", "nan"))
_DENSE_SHARE, _DENSE_MINIMUM = 0.8, 20


def read_ids(table: Table, position: int) -> tuple[pd.Series, tuple[Problem, ...], tuple[str, ...]]:
    """Read a column of patient ids.

    Parameters
    ----------
    table : Table
    position : int, the column (0, 1, ...)

    Returns
    -------
    ids : Series of string with the index of the cells; missing where the cell is blank. An id is text: 007 is
        not 7, NA is an id
    problems : E102-E105 a value that identifies a person, E222 zero-width characters, E224 scientific
        notation
    notes : twins (E221), mixed scripts (E223), ids that look like missing words, ids in one dense range of
        numbers
    """
    cells = table.distinct(position)
    distinct = cells.series[cells.texts != ""]
    problems = check_values(table, position, kind="id")
    hidden = sum(bool(_ZERO_WIDTH.search(text)) for text in distinct if not text.isascii())
    if hidden:
        message = (
            f"ids must hold visible characters only; {hidden} hold zero-width ones. Remove them at the "
            "source and export again."
        )
        problems.append(table.problem("E222", message, column=position))
    scientific = sum(bool(_SCIENTIFIC.fullmatch(text)) for text in distinct if "+" in text)
    if scientific:
        message = (
            f"ids must be whole; {scientific} are in scientific notation, or in Stata's float, so digits are "
            "lost. Store the column as text and export again."
        )
        problems.append(table.problem("E224", message, column=position))
    ids = table.texts(position)
    return ids, tuple(problems), tuple(f"{table.where(column=position)}: {note}" for note in _notes(distinct))


def _notes(distinct: pd.Series) -> list[str]:
    notes = []
    twins = len(distinct) - make_twin_keys(distinct).nunique()
    if twins:
        notes.append(
            f"E221 {twins} ids differ from another only by case, blanks, dashes, leading zeros or a last .0; "
            "they are kept as different patients"
        )
    mixed = sum(len(scripts_of(text)) > 1 for text in distinct if not text.isascii())
    if mixed:
        notes.append(f"E223 {mixed} ids mix alphabets, such as Latin and Cyrillic letters that look alike")
    words = int(distinct.str.lower().isin(_MISSING_LIKE).sum()) if len(distinct) else 0
    if words:
        notes.append(f"{words} ids read like a word for missing; they are ids all the same")
    if _is_dense(distinct):
        notes.append(
            "most ids lie in one dense range of numbers, as record numbers do; give the patients other ids "
            "in the export if these are record numbers"
        )
    return notes


def make_twin_keys(ids: pd.Series) -> pd.Series:
    """Give what is left of ids without case, blanks, dashes, leading zeros of any number, and a last `.0`.

    Examples
    --------
    >>> import pandas as pd
    >>> make_twin_keys(pd.Series(["K-011", "k 11", "007", "7.0", "70"])).tolist()
    ['k11', 'k11', '7', '7', '70']
    """
    lines = "\n".join(" ".join(text.split("\n")) for text in ids)  # all at once: a call per id is slow
    lines = unicodedata.normalize("NFKC", lines).casefold()
    lines = re.sub(r"(?<=[0-9])\.0+$", "", lines, flags=re.MULTILINE)
    lines = re.sub(r"(?<![0-9])0+(?=[0-9])", "", lines)
    keys = re.sub(r"[^\S\n]+|[_\-–—]+", "", lines).split("\n")
    return pd.Series(keys if len(ids) else [], index=ids.index, dtype=object)


def _is_dense(distinct: pd.Series) -> bool:
    """True where over 80 % of twenty ids or more are numbers in one range that they half fill."""
    wanted = int(len(distinct) * _DENSE_SHARE) + 1
    if len(distinct) < _DENSE_MINIMUM or sum(map(str.isdigit, distinct)) < wanted:
        return False
    numbers = sorted(
        int(text) for text in distinct if text.isascii() and text.isdigit() and 4 <= len(text) <= 10
    )
    if len(numbers) < wanted:
        return False
    return min(numbers[i + wanted - 1] - numbers[i] for i in range(len(numbers) - wanted + 1)) < 2 * wanted
