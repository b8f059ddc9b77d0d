"""Whether an administration was given: what the words of its status and of its dose say."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import pandas as pd

from outcomes.errors import Problem
from outcomes.loading.columns import column_or_missing
from outcomes.loading.numbers import EXCEL_ERRORS, find_missing
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import DOSE_WORDS, GIVEN, NOT_GIVEN

STATUS_WORDS = "status_words"
"""The key under [columns] of a layout that says what further words mean."""

_CURE = 'Say what they mean under [columns] in a layout: status_words = { "did not come" = "not given" }.'


def plain_words(text: pd.Series) -> pd.Series:
    """Cells in lower case with dashes and underscores as blanks, for comparison with a table of words."""
    return text.map(plain)


def plain(text: str) -> str:
    """One text as plain_words writes it."""
    return re.sub(r"[\s_\-–—]+", " ", text.lower()).strip(" .!")


def read_status(
    table: Table, position: int | None, live: pd.Series, words: Mapping[str, str]
) -> tuple[pd.Series, pd.Series, list[Problem]]:
    """Read the status column.

    Parameters
    ----------
    table : Table
    position : int or None, the column; None where the file has none
    live : Series of bool, rows that may count
    words : what a layout says of further words, "given" or "not given" each

    Returns
    -------
    not_given, stated : Series of bool; the status says that nothing was given, or in words that it was
    problems : E250 where a status says neither; blank means given
    """
    cells = plain_words(column_or_missing(table, position))
    cells = cells.mask(find_missing(cells), "")
    meaning = {**dict.fromkeys(GIVEN, "given"), **dict.fromkeys(NOT_GIVEN, "not given"), "": ""}
    said = cells.map(meaning | {plain(key): value for key, value in words.items()})
    unknown = live & said.isna()
    problems = []
    if unknown.any():
        known = ", ".join(sorted(word for word in GIVEN | NOT_GIVEN if word))
        message = (
            f"a status must say given or not given; {cells[unknown].nunique()} words in "
            f"{int(unknown.sum())} rows say neither. {_CURE} Known are: {known}."
        )
        problems.append(table.problem("E250", message, row=int(unknown.idxmax()), column=position))
    return said.eq("not given"), said.eq("given"), problems


def judge_words(cell: str, *, amount: bool, words: Mapping[str, str]) -> str:
    """Say what the words of a dose cell mean.

    Parameters
    ----------
    cell : str
    amount : bool, whether the cell states an amount above 0
    words : what a layout says of further words, "given" or "not given" each

    Returns
    -------
    str, "given" (also where no word speaks of it), "not given", "neither" (words that are not known) or
    "both" (words that contradict each other or the amount)

    Notes
    -----
    Words of the layout come before ours that stand in them; each counts wherever it is a whole word. `held`
    beside an amount may mean that the dose was kept as it was, so that `40 mg held` is both.

    Examples
    --------
    >>> from outcomes.loading.given import judge_words
    >>> [judge_words(cell, amount=False, words={}) for cell in ("held due to BP", "pt came late", "40 or 50")]
    ['not given', 'neither', 'given']
    >>> judge_words("40 mg held", amount=True, words={}), judge_words("40 mg held", amount=True,
    ...     words={"held": "not given"})
    ('both', 'not given')
    """
    text = plain(cell)
    named, rest = _take([plain(key) for key in words], text)
    if named:
        said = {meaning for key, meaning in words.items() if plain(key) in named}
        said |= {"not given"} if _take(NOT_GIVEN, rest)[0] else set()
        return said.pop() if len(said) == 1 else "both"
    absent, rest = _take(NOT_GIVEN, text)
    if absent:
        present, _ = _take(GIVEN, rest)
        negated = any(_holds(text, f"not {word}") for word in absent)
        return "both" if present or amount or negated else "not given"
    return "neither" if find_other_words(cell) and cell.upper() not in EXCEL_ERRORS else "given"


def find_other_words(cell: str) -> set[str]:
    """The words of a dose cell that are in none of our tables."""
    _, rest = _take(NOT_GIVEN, plain(cell))
    _, rest = _take(GIVEN, rest)
    return set(re.findall(r"[^\W\d_]+", rest)) - DOSE_WORDS


def ask_words(table: Table, unclear: pd.Series, column: int | None) -> list[Problem]:
    """Ask what the words of these dose cells mean (E250): rows by count and position, never the words."""
    if not unclear.any():
        return []
    rows = [str(row) for row in unclear.index[unclear][:3]]
    listed = ", ".join(rows) + (", ..." if int(unclear.sum()) > len(rows) else "")
    message = (
        f"a dose must be an amount, or say that nothing was given; in {int(unclear.sum())} rows (rows "
        f"{listed}) words are not known, or contradict an amount. {_CURE} A word counts wherever it stands "
        "in a dose."
    )
    return [table.problem("E250", message, row=int(unclear.idxmax()), column=column)]


def _take(words: Collection[str], text: str) -> tuple[list[str], str]:
    """The words that stand in a text, and the text without them; the longest come first."""
    found = []
    for word in sorted(filter(None, words), key=len, reverse=True):
        if _holds(text, word):
            found.append(word)
            text = _whole(word).sub(" ", text)
    return found, text


def _holds(text: str, word: str) -> bool:
    return word in text and _whole(word).search(text) is not None


def _whole(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
