"""Whether a frame keeps the promises of its schema."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from outcomes.errors import DataError, Problem
from outcomes.schema.column import Schema
from outcomes.schema.courses import COURSES
from outcomes.schema.events import EVENTS
from outcomes.schema.loaded import CONDITIONS, EXCLUDED, INFUSIONS, ITEMS, LEDGER, PATIENTS, VISITS
from outcomes.schema.measures import MEASURES
from outcomes.schema.scores import SCORES

SCHEMAS = (
    ITEMS,
    SCORES,
    EXCLUDED,
    INFUSIONS,
    PATIENTS,
    VISITS,
    CONDITIONS,
    COURSES,
    EVENTS,
    MEASURES,
    LEDGER,
)


def check_frame(frame: pd.DataFrame, schema: Schema | str) -> pd.DataFrame:
    """Return the same frame if it keeps the promises of its schema; raise with all problems otherwise.

    Parameters
    ----------
    frame : DataFrame
    schema : Schema or its name, for example "SCORES"; columns that the schema does not know are allowed

    Returns
    -------
    DataFrame, the very same object; nothing is repaired

    Raises
    ------
    DataError
        If a required column is missing, a known column has another dtype, or the key is missing or repeated.

    Examples
    --------
    >>> import outcomes as oc
    >>> oc.check_frame(oc.INFUSIONS.empty(), "INFUSIONS").shape[0]
    0
    """
    schema = _schema(schema)
    problems = [*_missing_columns(frame, schema), *_wrong_dtypes(frame, schema)]
    if not problems:
        problems.extend(_bad_keys(frame, schema))
    if problems:
        raise DataError(problems)
    return frame


def require_columns(frame: pd.DataFrame, columns: Iterable[str], *, caller: str) -> None:
    """Raise, naming the verb that makes it, if a column that the caller needs is not there."""
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise DataError(
            [
                Problem("E250", "", f"{caller} needs the column {name}: run {_maker(name)} first.")
                for name in missing
            ]
        )


def _schema(schema: Schema | str) -> Schema:
    if isinstance(schema, Schema):
        return schema
    known = {one.name: one for one in SCHEMAS}
    if schema not in known:
        raise DataError(
            f"check_frame knows the frames {', '.join(known)}; give one of these names.", code="E250"
        )
    return known[schema]


def _missing_columns(frame: pd.DataFrame, schema: Schema) -> list[Problem]:
    return [
        Problem("E250", schema.name, f"the column {c.name} ({c.dtype}) is missing: run {c.made_by}() first.")
        for c in schema.required_columns
        if c.name not in frame.columns
    ]


def _wrong_dtypes(frame: pd.DataFrame, schema: Schema) -> list[Problem]:
    return [
        Problem(
            "E250",
            schema.name,
            f"{c.name} must have dtype {c.dtype}; it has {frame[c.name].dtype}. Convert it with astype.",
        )
        for c in schema.columns
        if c.name in frame.columns and str(frame[c.name].dtype) != c.dtype
    ]


def _bad_keys(frame: pd.DataFrame, schema: Schema) -> list[Problem]:
    key = [name for name in schema.key if name in frame.columns]
    lacking = {name: int(frame[name].isna().sum()) for name in key if name not in schema.may_lack}
    problems = [
        Problem(
            "E250", schema.name, f"{name} must have a value in every row; {n} rows lack it. Drop these rows."
        )
        for name, n in lacking.items()
        if n
    ]
    unique = len(key) == 1 and frame[key[0]].is_unique  # quicker, and mostly so
    if repeated := 0 if unique else int(frame.duplicated(key).sum()):
        message = (
            f"each row must be one {', '.join(key)}; {repeated} rows repeat an earlier one. Remove them."
        )
        problems.append(Problem("E250", schema.name, message))
    return problems


def _maker(name: str) -> str:
    makers = [c.made_by for schema in SCHEMAS for c in schema.columns if c.name == name]
    return f"{makers[0]}()" if makers else "the verb that makes it"
