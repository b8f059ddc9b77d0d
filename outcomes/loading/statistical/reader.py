"""SPSS, Stata and SAS transport files: one table as records of text, with its labels."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from outcomes.loading.codebook import Field
from outcomes.loading.coded import code_rows
from outcomes.loading.records import Records
from outcomes.loading.sizes import MAX_COLUMNS, MAX_SHEET_CELLS, MAX_STATISTICAL_BYTES
from outcomes.loading.source import Source
from outcomes.loading.statistical.serial_dates import find_time_form, write_times
from outcomes.loading.statistical.stated_rows import count_stated_rows, refuse_damaged

KINDS = ("sav", "dta", "xpt")
"""What find_kind calls the files that are read here."""

_MAX_EXACT = 10**15  # more digits than that may be another number than the one that was typed
_MAX_EXACT_SINGLE = 2**24  # from here on Stata's float holds every second whole number, or fewer
_DAY = 86_400
_SECONDS, _SECONDS_PER_MB = 60, 2
_IN_ICONV = {"utf-8-sig": "utf-8", "mac_roman": "macintosh"}


@dataclass(frozen=True, eq=False)
class _Column:
    """One column as text.

    Attributes
    ----------
    cells : list of str
    field : Field or None, where the file says something about it
    is_date : bool, True where all filled cells are dates to the package that wrote them
    declared : int, cells that hold a value declared as missing; they are blank
    rounded : int, stamps that lie so near midnight that rounding may have moved them to another day
    """

    cells: list[str]
    field: Field | None
    is_date: bool
    declared: int
    rounded: int = 0


def read_statistical_records(source: Source, kind: str, *, encoding: str | None = None) -> Records:
    """Read the records of an SPSS, Stata or SAS transport file.

    Parameters
    ----------
    source : Source
    kind : str, "sav", "dta" or "xpt"
    encoding : str or None, for files that state none or a wrong one

    Returns
    -------
    Records; the header holds the variable names, places are case numbers from 1. Whole numbers are written
    without decimals, dates and times as ISO text; missing values of the package, and values that the file
    declares as missing, are blank. Variable labels and value labels are the fields of the codebook.

    Raises
    ------
    DataError
        E203 text in an unknown encoding; E205 no variables; E208 damaged; E211 equal names; E214 too large;
        E233 a SAS transport file of several tables.
    """
    stated = count_stated_rows(source, kind)
    answer, body = _run_reader(source, kind, encoding)
    described, rows = answer["columns"], int(answer["rows"])
    if answer["named"] != [one["name"] for one in described]:
        source.refuse("E211", "each variable needs a name of its own; some are equal. Rename them.")
    if not described:
        source.refuse("E205", "a table is needed; the file holds no variables. Export the data again.")
    if answer["more"] or len(described) > MAX_COLUMNS:
        source.refuse(
            "E214",
            f"a table of at most {MAX_COLUMNS} columns, {MAX_SHEET_CELLS:,} cells and "
            f"{MAX_STATISTICAL_BYTES // 1_000_000} MB is needed; this one is larger. Export the needed "
            "variables.",
        )
    columns, at = [], 0
    for one in described:
        size = rows * (4 if one["storage"] == "string" else 8)
        block = body[at : at + size]
        columns.append(
            _read_strings(one, block) if one["storage"] == "string" else _read_numbers(one, block, kind)
        )
        at += size
    declared = sum(column.declared for column in columns)
    notes = [f"{declared} cells hold values that the file declares as missing; they are blank"] * bool(
        declared
    )
    notes += [
        f"column {position}: {column.rounded} stamps lie too near midnight to tell their day, since Stata's "
        "float rounds them by up to minutes; store them as double"
        for position, column in enumerate(columns, start=1)
        if column.rounded
    ]
    cases = map(list, zip(*(column.cells for column in columns), strict=True))
    lines = chain([[str(one["name"]) for one in described]], cases)
    return Records(
        coded=code_rows(zip(lines, range(rows + 1), strict=True)),
        sheet=0,
        counted=rows if stated is None else stated,
        date_typed=frozenset(position for position, column in enumerate(columns) if column.is_date),
        notes=tuple(notes),
        codebook={
            position: column.field for position, column in enumerate(columns) if column.field is not None
        },
    )


def _run_reader(source: Source, kind: str, encoding: str | None) -> tuple[dict[str, Any], memoryview]:
    """What the reading process answers; where it dies, or says nothing in time, the file is damaged."""
    settings = {
        "kind": kind,
        "encoding": _IN_ICONV.get(encoding or "", encoding),
        "max_cells": MAX_SHEET_CELLS,
        "max_bytes": MAX_STATISTICAL_BYTES,
    }
    script = Path(__file__).with_name("readstat_process.py")
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(script)],  # -P: our own numbers.py must not hide that of the library
            input=json.dumps(settings).encode() + b"\n" + source.data,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            timeout=_SECONDS + _SECONDS_PER_MB * len(source.data) / 1_000_000,
            check=True,
        )
        (length,) = struct.unpack_from("<Q", done.stdout)
        answer = json.loads(done.stdout[8 : 8 + length])
    except (subprocess.SubprocessError, struct.error, ValueError):
        refuse_damaged(source)
    if answer.get("failed") == "encoding":
        source.refuse(
            "E203",
            "the encoding must be known; text in the file does not fit the one that it states, or the one "
            'given. Try encoding = "cp1252" in outcomes.toml or the layout, and check the letters with '
            "accents.",
        )
    if "failed" in answer:
        refuse_damaged(source)
    return answer, memoryview(done.stdout)[8 + length :]


def _read_strings(one: dict[str, Any], block: memoryview) -> _Column:
    declared = {str(low).strip() for low, high in one["missing"] if low == high}
    distinct = [text.strip() for text in one["strings"]]
    missing = np.array([text in declared and text != "" for text in distinct] + [False], dtype=bool)
    texts = np.array([*distinct, ""], dtype=object)
    places = np.frombuffer(block, dtype="<i4")
    cells = np.where(missing, "", texts)[places].tolist()
    return _Column(cells, _describe(one, tuple(sorted(declared))), False, int(missing[places].sum()))


def _read_numbers(one: dict[str, Any], block: memoryview, kind: str) -> _Column:
    distinct, places = np.unique(np.frombuffer(block, dtype="<f8"), return_inverse=True)
    known = ~np.isnan(distinct)
    missing = np.zeros(len(distinct), dtype=bool)
    for low, high in one["missing"]:
        missing |= (distinct >= low) & (distinct <= high)
    filled = known & ~missing
    texts = np.full(len(distinct), "", dtype=object)
    texts[filled] = [write_number(value, single=one["storage"] == "float") for value in distinct[filled]]
    form = find_time_form(kind, one["format"])
    is_date, rounded = False, np.zeros(len(distinct), dtype=bool)
    if form is not None and filled.any():
        times = write_times(distinct[filled], kind, *form)
        if one["storage"] == "float" and form[0] == "stamp":
            rounded[filled] = _may_change_day(distinct[filled], form[1])
            times[rounded[filled]] = ""
        texts[filled] = np.where(times == "", texts[filled], times)
        is_date = form[0] in ("date", "stamp") and bool((times != "").all())
    declared = tuple(write_number(low) for low, high in one["missing"] if low == high)
    cells, n_missing, n_rounded = (
        texts[places].tolist(),
        int(missing[places].sum()),
        int(rounded[places].sum()),
    )
    return _Column(cells, _describe(one, declared), is_date, n_missing, n_rounded)


def _may_change_day(values: np.ndarray, unit: float) -> np.ndarray:
    """True for stamps in Stata's float whose rounding reaches across midnight."""
    error = np.spacing(np.abs(values).astype(np.float32)).astype(float) / 2
    days = _DAY / unit
    return np.floor((values - error) / days) != np.floor((values + error) / days)


def write_number(value: float, *, single: bool = False) -> str:
    """Write a number as a person would: whole numbers without decimals, never more digits than were stored.

    A whole number of more digits than were stored is written as 1.2345679e+08: no id, and no answer.

    Parameters
    ----------
    value : float
    single : bool, True for Stata's float, which holds seven digits

    Returns
    -------
    str

    Examples
    --------
    >>> from outcomes.loading.statistical.reader import write_number
    >>> write_number(93705.0), write_number(-0.0), write_number(0.55), write_number(1e20)
    ('93705', '0', '0.55', '1e+20')
    """
    if float(value).is_integer() and abs(value) < (_MAX_EXACT_SINGLE if single else _MAX_EXACT):
        return str(int(value))
    if single and abs(value) >= _MAX_EXACT_SINGLE:
        return np.format_float_scientific(np.float32(value), trim="-")
    return str(np.float32(value)) if single else format(value, ".15g")


def _describe(one: dict[str, Any], declared: tuple[str, ...]) -> Field | None:
    """What the file says about a column; codes that are declared missing are no choices.

    A letter that labels a number is one of Stata's missing values (.a to .z), whatever the label says.
    """
    choices = {
        text: label.strip()
        for key, label in one["choices"]
        if isinstance(key, str) == (one["storage"] == "string")
        and (text := key.strip() if isinstance(key, str) else write_number(key)) not in declared
    }
    label = one["label"].strip()
    if not (choices or label or declared):
        return None
    return Field(one["name"], label=label, choices=choices, missing_codes=declared)
