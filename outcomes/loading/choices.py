"""What the answer labels of a codebook say of its codes: scores, missing values, and what stays open."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from outcomes.loading.labels import normalize_label, split_label

MISSING_LABELS = frozenset(
    (
        "blank", "declined", "declined to answer", "do not know", "dont know", "missing", "missing data",
        "missing value", "n/a", "na", "no answer", "no response", "non response", "nonresponse",
        "not answered", "not applicable", "not asked", "not available", "not completed", "not reported",
        "prefer not to answer", "prefer not to say", "refusal", "refused", "refused to answer", "skipped",
        "system missing", "unanswered", "unknown", "user missing",
    )
)  # fmt: skip
"""Labels by which a codebook declares a code as missing: label keys without apostrophes."""

_JOINTS = re.compile(r"\s*(?:[/,;]|\bor\b|\band\b)\s*")
_CODE = re.compile(r"-?(?:0|[1-9][0-9]{0,8})")


@dataclass(frozen=True)
class Choices:
    """The codes of one column.

    Attributes
    ----------
    scores : mapping of code to score
    missing : frozenset of str, codes that are declared missing by their labels, and the keys of these labels
    unknown : tuple of str, codes whose labels no table knows
    shift : int or None, code minus score of the only labeled code, which proves nothing about the others
    complete : bool, True where every score has a code, so that another number is no answer
    """

    scores: Mapping[str, int]
    missing: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()
    shift: int | None = None
    complete: bool = True


def read_choices(
    choices: Mapping[str, str] | None, known: Mapping[str, int], *, missing_codes: Collection[str | int] = ()
) -> Choices:
    """Read the codes of one column by their labels.

    Parameters
    ----------
    choices : mapping of code to label, or None
    known : mapping of label keys to scores
    missing_codes : codes that are declared missing otherwise

    Returns
    -------
    Choices

    Notes
    -----
    A code counts by its label, never by itself. A label that is blank, or repeats its code, says nothing.
    Files often label only some codes. Where two or more labeled codes lie on one line, code = score + shift
    or code = shift - score, the codes between and beside them follow. A single label proves no direction:
    then numbers are judged as numbers are, and the label is held against the result.
    """
    scores, missing, unknown = {}, set(), []
    absent = {str(code).strip() for code in missing_codes}
    for code, label in (choices or {}).items():
        key = split_label(label)[0]
        if code in absent or not key or normalize_label(label) == normalize_label(code):
            continue
        if key in known:
            scores[code] = known[key]
        elif is_missing_label(label):
            missing |= {code, key}
        else:
            unknown.append(code)
    taken = {*absent, *missing, *unknown}
    wanted = set(known.values())
    numbers = {int(code): score for code, score in scores.items() if _CODE.fullmatch(code)}
    if len(numbers) == len(scores) == 1 and len(wanted) > 1 and not unknown:
        (only,) = (code - score for code, score in numbers.items())
        return Choices({}, frozenset(missing), shift=only)
    for shift, sign in _lines(numbers) if len(numbers) > 1 else ():
        lined = {str(shift + sign * score): score for score in sorted(wanted)}
        scores = {**{code: score for code, score in lined.items() if code not in taken}, **scores}
    complete = not scores or wanted <= set(scores.values())
    return Choices(scores, frozenset(missing), tuple(unknown), complete=complete)


def is_missing_label(label: str) -> bool:
    """Whether a label says that there is no answer: "Refused", "Don't know / missing"."""
    key = re.sub("['’`´]", "", split_label(label)[0])
    return key in MISSING_LABELS or (bool(key) and all(part in MISSING_LABELS for part in _JOINTS.split(key)))


def find_missing_codes(choices: Mapping[str, str] | None) -> tuple[str, ...]:
    """The codes that their labels declare as missing."""
    return tuple(code for code, label in (choices or {}).items() if is_missing_label(label))


def _lines(numbers: Mapping[int, int]) -> list[tuple[int, int]]:
    """Shift and sign of the lines on which all codes lie: code = shift + sign x score."""
    return [
        (shifts.pop(), sign)
        for sign in (1, -1)
        if len(shifts := {code - sign * score for code, score in numbers.items()}) == 1
    ]
