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
    dict of position to Field; a column whose label fits two places of the dictionary is left out, or known
    for an identifier alone where one of them is flagged as that

    Notes
    -----
    The columns stand in the order of the dictionary, and each form ends with its status. A column belongs to
    a field if it does in every longest common sequence of the two.
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
    matched = {position: owners[place] for position, place in _align(found, expected).items()}
    flagged = {
        label: one for label, one in zip(expected, owners, strict=True) if one.identifier and label != STATUS
    }
    unsure = {p: flagged[label] for p, label in enumerate(found) if p not in matched and label in flagged}
    return matched | {p: Field("", label=one.label, identifier=True) for p, one in unsure.items()}


def _labels_of(one: Field) -> list[str]:
    """The normalized headers under which a field is exported."""
    if one.type == _NOT_EXPORTED:
        return []
    if one.type == "checkbox":
        return [normalize_header(f"{one.label} {_CHOICE}{label})") for label in one.choices.values()]
    return [normalize_header(one.label)]


def _align(found: Sequence[str], expected: Sequence[str]) -> dict[int, int]:
    """The place in `expected` of each position that has the same one in all longest common sequences."""
    codes = {text: code for code, text in enumerate(dict.fromkeys([*found, *expected]))}
    have, wanted = (np.array([codes[text] for text in texts], dtype=int) for texts in (found, expected))
    before = _lengths(have, wanted)[:-1, :-1]
    after = _lengths(have[::-1], wanted[::-1])[::-1, ::-1][1:, 1:]
    fits = (have[:, None] == wanted) & (before + after + 1 == _lengths(have, wanted)[-1, -1])
    fits &= (fits.sum(axis=1) == 1)[:, None] & (fits.sum(axis=0) == 1)
    return {int(position): int(place) for position, place in np.argwhere(fits)}


def _lengths(have: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The length of the longest common sequence of the first texts of both, for every number of either."""
    length = np.zeros((len(have) + 1, len(wanted) + 1), dtype=np.int16)
    for row, code in enumerate(have):
        matched = np.where(wanted == code, length[row, :-1] + 1, length[row, 1:])
        length[row + 1, 1:] = np.maximum.accumulate(matched)
    return length
