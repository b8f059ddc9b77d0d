"""The companion files of REDCap records: the data dictionary, and how all of them are opened."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from outcomes.errors import DataError, Problem
from outcomes.loading.codebook import Codebook, Field
from outcomes.loading.source import read_source
from outcomes.privacy.identifiers import normalize_header

_ENCODINGS = ("utf-8-sig", "cp1252", "mac_roman")
_COLUMNS = {
    "name": ("variable_field_name", "field_name"),
    "form": ("form_name",),
    "type": ("field_type",),
    "label": ("field_label",),
    "choices": ("choices_calculations_or_slider_labels", "select_choices_or_calculations"),
    "validation": ("text_validation_type_or_show_slider_number",),
    "identifier": ("identifier", "identifier_"),
}


def is_dictionary(header: Sequence[str]) -> bool:
    """True if the header is that of a data dictionary."""
    names = {normalize_header(text) for text in header}
    return all(names & set(_COLUMNS[key]) for key in ("name", "type"))


Companion = Literal["dictionary", "events"]


def find_companion(header: Sequence[str]) -> Companion | None:
    """Which companion of records a file is, by its header: "dictionary" or "events"; None for other files."""
    if is_dictionary(header):
        return "dictionary"
    names = {normalize_header(text) for text in header}
    return "events" if {"event_name", "arm_num", "unique_event_name"} <= names else None


def name_companion(header: Sequence[str]) -> str | None:
    """What to do with a companion file that is given as data; None for other files."""
    key = find_companion(header)
    if key is None:
        return None
    what = {"dictionary": "a data dictionary", "events": "an events file"}[key]
    return (
        f"data are needed; this is {what}, a companion of the records. Name it as {key} of their [[source]] "
        "in outcomes.toml."
    )


def read_dictionary(path: str | Path, *, number: int) -> Codebook:
    """Read a REDCap data dictionary.

    Parameters
    ----------
    path : path of the CSV file
    number : int, the input that it belongs to, for messages

    Returns
    -------
    Codebook; choices are split at bars, and each at its first comma

    Raises
    ------
    DataError
        E203 if no known encoding fits, E210 if it has not the header of a data dictionary, E214-E217 if it
        cannot be opened.
    """
    label = f"dictionary of input-{number}"
    lines, encoding = read_companion(path, label, number)
    header = [normalize_header(name) for name in lines[0]] if lines else []
    places = {
        key: next((header.index(name) for name in names if name in header), None)
        for key, names in _COLUMNS.items()
    }
    if places["name"] is None or places["type"] is None:
        message = (
            "the header of a data dictionary (Variable / Field Name, Field Type) is needed; it is not there. "
            "Export the dictionary."
        )
        raise DataError(Problem("E210", label, message))
    fields = {}
    for line in lines[1:]:
        cell = {
            key: line[at].strip() if at is not None and at < len(line) else "" for key, at in places.items()
        }
        if not cell["name"]:
            continue
        has_choices = cell["type"] in ("radio", "dropdown", "checkbox")
        fields[cell["name"]] = Field(
            cell["name"],
            form=cell["form"],
            type=cell["type"],
            label=cell["label"],
            choices=split_choices(cell["choices"]) if has_choices else {},
            validation=cell["validation"],
            identifier=cell["identifier"].lower() == "y",
        )
    notes = () if encoding == "utf-8-sig" else (f"{label} is not UTF-8; it was read as {encoding}",)
    return Codebook(fields, notes)


def split_choices(text: str) -> dict[str, str]:
    """Split a choice list into codes and labels.

    Examples
    --------
    >>> from outcomes.loading.redcap.dictionary import split_choices
    >>> split_choices("1, Not at all | 2, Several Days| 3, More, or less")
    {'1': 'Not at all', '2': 'Several Days', '3': 'More, or less'}
    """
    parts = (part.split(",", 1) for part in text.split("|") if "," in part)
    return {code.strip(): label.strip() for code, label in parts}


def read_companion(path: str | Path, label: str, number: int) -> tuple[list[list[str]], str]:
    """The lines of a companion file, and the encoding that fits; `label` is its place in messages."""
    try:
        data = read_source(path, number=number).data
    except DataError as error:
        raise DataError([Problem(one.code, label, one.message) for one in error.found]) from None
    text, encoding = _decode(data, label)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True)), encoding
    except csv.Error:
        raise DataError(
            Problem("E215", label, "quotes must be closed; a cell is not. Export the file again.")
        ) from None


def _decode(data: bytes, label: str) -> tuple[str, str]:
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise DataError(
        Problem("E203", label, "text in a known encoding is needed; none fits. Save the file as UTF-8.")
    ) from None
