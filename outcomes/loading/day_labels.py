"""Labels that say a study day in words: "Day 7", "Day -7"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from outcomes.loading.vocabulary import ROLES

DAY_HEADERS = (*ROLES["day"], "days", "day_number")
"""Headers, after normalization, of a column of labels that are days."""

_LABEL = re.compile(
    r"(?:study[ _]?)?(?:day|d)(?P<gap>[ _]*)(?P<sign>[-\u2212]?)(?P<after> *)(?P<number>[0-9]+)",
    re.IGNORECASE,
)
_BARE = re.compile(r"-?[0-9]+(?:\.0+)?")


def number_label(label: str) -> str:
    """The number of a label such as "Day 7"; empty where it is none, or a dash in it may be a minus."""
    found = _LABEL.fullmatch(label)
    if found is None or has_doubtful_sign(label):
        return ""
    return f"-{found['number']}" if found["sign"] else found["number"]


def has_doubtful_sign(label: str) -> bool:
    """True for "Day-7", where the dash may join or be a minus; in "Day -7" and "Day_-7" it is a minus."""
    found = _LABEL.fullmatch(label)
    return found is not None and found["sign"] == "-" and (not found["gap"] or bool(found["after"]))


def are_day_labels(labels: Sequence[str]) -> bool:
    """True where some labels say a day in words and none is a bare number, which may count anything."""
    named = any(_LABEL.fullmatch(label) for label in labels)
    return named and not any(_BARE.fullmatch(label) for label in labels)
