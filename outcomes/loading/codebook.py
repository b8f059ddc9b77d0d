"""What is known about columns beside their headers: question texts, answer labels, missing codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from outcomes.loading.vocabulary import drop_import_suffix


@dataclass(frozen=True)
class Field:
    """One column, as a codebook describes it.

    Attributes
    ----------
    name : str, the column's name; the linkId in a FHIR Questionnaire
    form, type, validation : str, the form, field type and text validation of REDCap; empty elsewhere
    label : str, the question text
    lead : str, the text that stands over this question and its neighbors; empty where there is none
    choices : mapping of answer code to answer label
    missing_codes : tuple of str, codes that are declared missing
    code : str, the question's code in a terminology (LOINC); empty where none is given
    identifier : bool, True where the codebook says that the column identifies a person
    """

    name: str
    form: str = ""
    type: str = ""
    label: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    validation: str = ""
    missing_codes: tuple[str, ...] = ()
    code: str = ""
    identifier: bool = False
    lead: str = ""


@dataclass(frozen=True)
class Codebook:
    """The fields by name, in their order, and what was noted when they were read."""

    fields: Mapping[str, Field]
    notes: tuple[str, ...] = ()


def match_fields(header: tuple[str, ...], codebook: Codebook | None) -> dict[int, Field]:
    """Give the codebook's field of each column, by position.

    Parameters
    ----------
    header : tuple of str, the header of the file
    codebook : Codebook or None

    Returns
    -------
    dict of position to Field; columns that the codebook does not know are left out
    """
    if codebook is None:
        return {}
    fields = codebook.fields
    names = {position: drop_import_suffix(text.strip(), fields) for position, text in enumerate(header)}
    return {position: fields[name] for position, name in names.items() if name in fields}
