"""Numbers as exports write them, with missing words and spreadsheet errors told apart."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

MISSING_WORDS = frozenset(
    (
        "",
        "na",
        "n/a",
        ".",
        "not answered",
        "[not completed]",
        "redacted",
        "asked-declined",
        "asked-unknown",
        "not-asked",
    )
)
"""What always means missing, in lower case. `None`, `nan` and `null` are words, not missing values."""

EXCEL_ERRORS = frozenset(
    (
        "#NULL!",
        "#DIV/0!",
        "#VALUE!",
        "#REF!",
        "#NAME?",
        "#NUM!",
        "#N/A",
        "#GETTING_DATA",
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#BLOCKED!",
    )
)

FAR = 10**9
"""Wider than any score: such numbers are read first and judged later."""

_WHOLE = r"(-?[0-9]+)(?:\.([0-9]+))?"
_MAX_DIGITS = 15  # more digits than a spreadsheet keeps; such a number is no score, dose or day


@dataclass(frozen=True, eq=False)
class Whole:
    """Whole numbers read from text.

    Attributes
    ----------
    value : Series of Int64; missing where the cell is blank, a missing word, or at fault
    fault : Series of string: excel_error, not_a_number, not_integer, missing_code or out_of_range; missing
        where there is a value, and where the cell is blank or a missing word (then both are missing)
    """

    value: pd.Series
    fault: pd.Series


@dataclass(frozen=True, eq=False)
class Decimals:
    """Decimal numbers read from text; value is Float64, fault as in Whole (without not_integer)."""

    value: pd.Series
    fault: pd.Series


def find_missing(text: pd.Series) -> pd.Series:
    """Flag the cells that are blank or hold a word that always means missing (boolean, never NA)."""
    return _map_unique(text, lambda unique: unique.str.lower().isin(MISSING_WORDS)).astype(bool)


def find_excel_errors(text: pd.Series) -> pd.Series:
    """Flag the cells that hold a spreadsheet error such as #REF! (boolean, never NA)."""
    return _map_unique(
        text, lambda unique: unique.map(lambda cell: cell.startswith("#") and cell.upper() in EXCEL_ERRORS)
    ).astype(bool)


def parse_whole(
    text: pd.Series,
    *,
    low: int | None = None,
    high: int | None = None,
    missing_codes: Collection[int | str] = (),
) -> Whole:
    """Read whole numbers; a cell that is anything else gets the reason instead of a value.

    Parameters
    ----------
    text : Series of str
    low, high : int or None, the range allowed, both ends included
    missing_codes : numbers (-9, 99) or words ("NASK") that were declared as missing for this column

    Returns
    -------
    Whole, with the index of `text`

    Notes
    -----
    ``12`` and ``12.0`` are twelve. ``12.5`` is not_integer. Exponents, signs of plus, ``-0``, hexadecimal
    numbers, underscores, decimal commas and digits of other scripts are not_a_number. A declared code is a
    missing_code also where it lies outside the range; an undeclared one is out_of_range.

    Examples
    --------
    >>> import pandas as pd
    >>> from outcomes.loading.numbers import parse_whole
    >>> read = parse_whole(pd.Series(["12.0", "28", "12*", "NA"]), low=0, high=27)
    >>> read.value.tolist()
    [12, <NA>, <NA>, <NA>]
    >>> read.fault.tolist()
    [<NA>, 'out_of_range', 'not_a_number', <NA>]
    """
    codes, unique = _factorize(text)
    parts = unique.str.extract(f"^{_WHOLE}$", flags=0)
    shaped = parts[0].notna() & ~_is_negative_zero(parts)
    whole = shaped & parts[1].fillna("").str.fullmatch("0*")
    small = whole & (parts[0].str.lstrip("-").str.lstrip("0").str.len() <= _MAX_DIGITS)
    value = parts[0].where(small).map(int, na_action="ignore").astype("Int64")

    fault = pd.Series(pd.NA, index=unique.index, dtype="string")
    outside = whole & ~small
    if low is not None:
        outside |= (value < low).fillna(False).astype(bool)
    if high is not None:
        outside |= (value > high).fillna(False).astype(bool)
    fault = fault.mask(outside, "out_of_range")
    fault = fault.mask(_is_declared(unique, value, missing_codes), "missing_code")
    fault = fault.mask(shaped & ~whole & fault.isna(), "not_integer")
    fault = _mark_words(unique, fault, shaped)
    return Whole(*_spread(text, codes, value.mask(fault.notna()), fault))


def parse_decimal(text: pd.Series, *, low: float | None = None, high: float | None = None) -> Decimals:
    """Read decimal numbers with a decimal point; a cell that is anything else gets the reason instead of a
    value.

    Parameters
    ----------
    text : Series of str
    low, high : float or None, the range allowed, both ends included

    Returns
    -------
    Decimals, with the index of `text`

    Examples
    --------
    >>> import pandas as pd
    >>> from outcomes.loading.numbers import parse_decimal
    >>> parse_decimal(pd.Series(["0.5", "0,5", ""])).fault.tolist()
    [<NA>, 'not_a_number', <NA>]
    """
    codes, unique = _factorize(text)
    parts = unique.str.extract(f"^{_WHOLE}$", flags=0)
    shaped = parts[0].notna() & ~_is_negative_zero(parts)
    value = unique.where(shaped).map(float, na_action="ignore").astype("Float64")
    outside = pd.Series(False, index=unique.index)
    if low is not None:
        outside |= (value < low).fillna(False).astype(bool)
    if high is not None:
        outside |= (value > high).fillna(False).astype(bool)
    fault = pd.Series(pd.NA, index=unique.index, dtype="string").mask(outside, "out_of_range")
    fault = _mark_words(unique, fault, shaped)
    return Decimals(*_spread(text, codes, value.mask(fault.notna()), fault))


def _mark_words(unique: pd.Series, fault: pd.Series, shaped: pd.Series) -> pd.Series:
    """Add the faults of cells that are no numbers at all; missing words have none."""
    word = ~shaped & fault.isna() & ~unique.str.lower().isin(MISSING_WORDS)
    error = unique.str.upper().isin(EXCEL_ERRORS)
    return fault.mask(word, "not_a_number").mask(error & fault.ne("missing_code").fillna(True), "excel_error")


def _is_negative_zero(parts: pd.DataFrame) -> pd.Series:
    return parts[0].str.fullmatch("-0+").eq(True) & parts[1].fillna("").str.fullmatch("0*")


def _is_declared(unique: pd.Series, value: pd.Series, missing_codes: Collection[int | str]) -> pd.Series:
    words = {str(code).strip() for code in missing_codes}
    numbers = [int(word) for word in words if word.lstrip("-").isdecimal() and word.isascii()]
    return unique.isin(words) | value.isin(numbers).fillna(False).astype(bool)


def _factorize(text: pd.Series) -> tuple[np.ndarray, pd.Series]:
    """Codes of the cells and the distinct cells, trimmed; what is costly is done once per distinct text."""
    codes, unique = pd.factorize(text.fillna("").astype(object))
    return codes, pd.Series([str(cell).strip() for cell in unique], dtype=object)


def _spread(text: pd.Series, codes: np.ndarray, *columns: pd.Series) -> tuple[pd.Series, ...]:
    return tuple(column.take(codes).set_axis(text.index) for column in columns)


def _map_unique(text: pd.Series, function) -> pd.Series:
    codes, unique = _factorize(text)
    return _spread(text, codes, function(unique))[0]
