"""What one cell says about a dose: milligrams, milligrams per kilogram, nothing given, or nothing certain."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.loading.numbers import MISSING_WORDS

NOT_GIVEN = frozenset(
    (
        "canceled",
        "cancelled",
        "no show",
        "held",
        "not given",
        "missed",
        "rescheduled",
        "declined",
        "not administered",
    )
)

_AMOUNT = re.compile(r"(?<![\d.,-])(\d+(?:\.\d+)?) ?(mg ?/ ?kg|mg)(?![a-z/])")
_FILLER = re.compile(r"[=()]|\b(?:iv|im|in|sc|sl|po)\b|\b\d+(?:\.\d+)? ?(?:min|minutes)\b")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, eq=False)
class Doses:
    """The doses of a column.

    Attributes
    ----------
    mg, mg_per_kg : Series of Float64, missing where the cell does not state it beyond doubt
    not_given : Series of bool, the cell says that nothing was given (0, held ...)
    note : Series of string, "dose_ambiguous" or "dose_unit_unknown", else missing
    """

    mg: pd.Series
    mg_per_kg: pd.Series
    not_given: pd.Series
    note: pd.Series


def parse_doses(text: pd.Series, *, unit: str) -> Doses:
    """Read the doses that a column states.

    Parameters
    ----------
    text : Series of str
    unit : str, "mg" or "mg/kg" where the header names it, else "" (a bare number is then dose_unit_unknown)

    Returns
    -------
    Doses, with the index of `text`

    Notes
    -----
    A cell may hold one amount in mg and one in mg/kg, joined by `=` or parentheses, beside a route word and
    minutes. Ranges, arrows, alternatives and two amounts of one unit are dose_ambiguous.

    Examples
    --------
    >>> import pandas as pd
    >>> from outcomes.loading.doses import parse_doses
    >>> read = parse_doses(pd.Series(["45 mg = 0.55 mg/kg", "40 --> 50", "held", "40"]), unit="")
    >>> read.mg.tolist(), read.mg_per_kg.tolist()
    ([45.0, <NA>, <NA>, <NA>], [0.55, <NA>, <NA>, <NA>])
    >>> read.note.tolist(), read.not_given.tolist()
    ([<NA>, 'dose_ambiguous', <NA>, 'dose_unit_unknown'], [False, False, True, False])
    """
    codes, unique = pd.factorize(text.fillna("").astype(object))
    read = [_read(re.sub(r"\s+", " ", str(cell)).strip().lower(), unit) for cell in unique]
    columns = ["mg", "mg_per_kg", "not_given", "note"]
    frame = pd.DataFrame(read, columns=columns).astype(
        {"mg": "Float64", "mg_per_kg": "Float64", "not_given": "bool", "note": "string"}
    )
    frame = frame.take(np.asarray(codes)).set_axis(text.index)
    return Doses(*(frame[name] for name in columns))


def plain_words(text: pd.Series) -> pd.Series:
    """Cells in lower case with dashes and underscores as blanks, for comparison with a table of words."""
    return text.str.lower().str.replace(r"[\s_\-–—]+", " ", regex=True).str.strip()


def _read(cell: str, unit: str) -> tuple[float | None, float | None, bool, str | None]:
    if cell in MISSING_WORDS:
        return None, None, False, None
    if re.sub(r"[\s_–—-]+", " ", cell) in NOT_GIVEN:
        return None, None, True, None
    if _NUMBER.fullmatch(cell):
        amounts = {unit: [float(cell)]}
        if not unit and float(cell) > 0:
            return None, None, False, "dose_unit_unknown"
    else:
        amounts = {}
        for number, found in _AMOUNT.findall(cell):
            amounts.setdefault(found.replace(" ", ""), []).append(float(number))
        rest = _FILLER.sub("", _AMOUNT.sub("", cell)).strip()
        if rest or not amounts or any(len(found) > 1 for found in amounts.values()):
            return None, None, False, "dose_ambiguous"
    if not any(amount for found in amounts.values() for amount in found):
        return None, None, True, None
    return amounts.get("mg", [None])[0], amounts.get("mg/kg", [None])[0], False, None
