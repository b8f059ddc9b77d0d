"""A frame as CSV that a spreadsheet reads as data, never as formulas."""

from __future__ import annotations

import re

import pandas as pd

_QUOTED = re.compile(r'[",\r\n]')
_FORMULA_STARTS = tuple("=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20")


def render_csv(frame: pd.DataFrame) -> bytes:
    """Give a frame as CSV: UTF-8, dates as YYYY-MM-DD, missing as empty cells, booleans as true and false.

    Parameters
    ----------
    frame : DataFrame; the index is left out

    Returns
    -------
    bytes
    """
    columns = [_as_text(frame.iloc[:, place]) for place in range(frame.shape[1])]
    lines = [[_guard(str(name)) for name in frame.columns], *zip(*columns, strict=True)]
    return "".join(",".join(map(_quote, line)) + "\n" for line in lines).encode("utf-8")


def _as_text(column: pd.Series) -> list[str]:
    missing = column.isna().to_numpy()
    if pd.api.types.is_bool_dtype(column.dtype):
        shown = ["true" if value is True or value == 1 else "false" for value in column.fillna(False)]
    elif pd.api.types.is_datetime64_any_dtype(column.dtype):
        whole_days = (column.dropna() == column.dropna().dt.normalize()).all()
        shown = column.dt.strftime("%Y-%m-%d" if whole_days else "%Y-%m-%dT%H:%M:%S").tolist()
    elif pd.api.types.is_numeric_dtype(column.dtype):
        shown = [str(value) for value in column]
    else:
        shown = [_guard(str(value)) for value in column]
    return ["" if gone else text for text, gone in zip(shown, missing, strict=True)]


def _guard(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _quote(text: str) -> str:
    # the csv module leaves a lone carriage return bare, which readers take for the end of a line
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
