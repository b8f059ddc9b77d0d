"""REDCap label exports: headers are question labels, which may repeat, and answers are choice labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from outcomes.loading.codebook import Codebook, Field
from outcomes.privacy.identifiers import normalize_header

STATUS = "Complete?"
_REPEAT = {"Repeat Instrument", "Repeat Instance"}
_CHOICE = "(choice="
_NOT_EXPORTED = "descriptive"


def is_label_header(header: Sequence[str]) -> bool:
    """True if the header is that of a label export: form status, or repeating forms, under their label."""
    return STATUS in header or set(header) >= _REPEAT


def find_check_boxes(header: Sequence[str]) -> set[int]:
    """Positions of check boxes, one column per choice: `race___1`, or "Race (choice=White)" among labels.

    An unchecked box is written as 0 even where its form was never saved, so that none is ever an answer.
    """
    return {position for position, text in enumerate(header) if "___" in text or _CHOICE in text}


def match_labels(header: Sequence[str], codebook: Codebook | None) -> dict[int, Field]:
    """Give the field of each column of a label export, by the order of the dictionary.

    Parameters
    ----------
    header : sequence of str, the header of the file
    codebook : Codebook or None

    Returns
    -------
    dict of position to Field; a column whose label fits two places of the dictionary is left out

    Notes
    -----
    The columns stand in the order of the dictionary, and each form ends with its status. The longest common
    sequence of the two is taken twice, once from each end; only what both agree on is certain.
    """
    if codebook is None:
        return {}
    expected, owners = [], []
    fields = list(codebook.fields.values())
    for one, following in zip(fields, [*fields[1:], None], strict=True):
        for label in _labels_of(one):
            expected.append(label)
            owners.append(one)
        if following is None or following.form != one.form:
            expected.append(STATUS)
            owners.append(Field(f"{one.form}_complete", form=one.form))
    found = [STATUS if text == STATUS else normalize_header(text) for text in header]
    forward = _align(found, expected)
    backward = {
        len(found) - 1 - position: len(expected) - 1 - place
        for position, place in _align(found[::-1], expected[::-1]).items()
    }
    return {position: owners[place] for position, place in forward.items() if backward.get(position) == place}


def _labels_of(one: Field) -> list[str]:
    """The normalized headers under which a field is exported."""
    if one.type == _NOT_EXPORTED:
        return []
    if one.type == "checkbox":
        return [normalize_header(f"{one.label} {_CHOICE}{label})") for label in one.choices.values()]
    return [normalize_header(one.label)]


def _align(found: Sequence[str], expected: Sequence[str]) -> dict[int, int]:
    """The longest common sequence, each match as early as it can be: place in `expected` by position."""
    codes = {text: code for code, text in enumerate(dict.fromkeys([*found, *expected]))}
    wanted = np.array([codes[text] for text in expected], dtype=int)
    length = np.zeros((len(found) + 1, len(expected) + 1), dtype=np.int16)
    for position in range(len(found) - 1, -1, -1):
        equal = wanted == codes[found[position]]
        best = np.where(equal, length[position + 1, 1:] + 1, length[position + 1, :-1])
        length[position, :-1] = np.maximum.accumulate(best[::-1])[::-1]
    matched: dict[int, int] = {}
    position = place = 0
    while position < len(found) and place < len(expected):
        if length[position, place] == 0:
            break
        if codes[found[position]] == wanted[place] and length[position, place] == (
            length[position + 1, place + 1] + 1
        ):
            matched[position] = place
            position, place = position + 1, place + 1
        elif length[position, place + 1] == length[position, place]:
            place += 1
        else:
            position += 1
    return matched
