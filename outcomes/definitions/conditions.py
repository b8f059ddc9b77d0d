"""Diagnoses and circumstances by which quality measures include and exclude, with their codes."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass

from outcomes.definitions.scoring_types import Status
from outcomes.definitions.strict import STRICT, Text, read_strict

if TYPE_CHECKING:
    import pandas as pd

_ICD10 = re.compile(r"[A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?")


@dataclass(frozen=True, config=STRICT)
class Condition:
    """A diagnosis or circumstance: the words that name it, and the beginnings of its ICD-10-CM codes."""

    id: Text
    title: Text
    words: tuple[Text, ...]
    icd10: tuple[Text, ...]
    status: Status
    source: Text


@dataclass(frozen=True, config=STRICT)
class _ConditionFile:
    conditions: tuple[Condition, ...]


@cache
def read_conditions() -> tuple[Condition, ...]:
    """Give every condition that a measure may ask for."""
    text = (files("outcomes.definitions") / "conditions.toml").read_text(encoding="utf-8")
    return read_strict(text, _ConditionFile, label="conditions").conditions


def list_conditions() -> pd.DataFrame:
    """List the diagnoses and circumstances that quality measures ask for.

    Returns
    -------
    DataFrame, one row per condition: condition (the word in CONDITIONS), title, words and icd10 (beginnings
    of ICD-10-CM codes), each separated by commas, status and source

    Examples
    --------
    >>> import outcomes as oc
    >>> oc.list_conditions().set_index("condition").loc["bipolar", "icd10"]
    'F30, F31'
    """
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "condition": one.id,
                "title": one.title,
                "words": ", ".join(one.words),
                "icd10": ", ".join(one.icd10),
                "status": one.status,
                "source": one.source,
            }
            for one in read_conditions()
        ]
    )


def name_condition(text: str) -> str | None:
    """Give the condition that a code or a name means; an ICD-10 code of no condition stands as it is.

    Parameters
    ----------
    text : str, a cell of a diagnosis file

    Returns
    -------
    str, or None where it is neither a code nor a known name: free text is never kept
    """
    plain = re.sub(r"[\s_-]+", " ", text.strip().lower())
    for one in read_conditions():
        if plain in (one.id.replace("_", " "), one.title.lower(), *one.words):
            return one.id
    code = text.strip().upper()
    if not _ICD10.fullmatch(code):
        return None
    bare = code.replace(".", "")
    hits = {
        one.id: max((len(start) for start in one.icd10 if bare.startswith(start.replace(".", ""))), default=0)
        for one in read_conditions()
    }
    best = max(hits, key=lambda id: hits[id])
    return best if hits[best] else code
