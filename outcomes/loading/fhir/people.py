"""Who a FHIR resource is about, and what in a file of resources names a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from outcomes.errors import Problem
from outcomes.loading.fhir.documents import Resource, objects_of, text_of, walk
from outcomes.loading.source import Source
from outcomes.privacy.identifiers import HeaderFinding, find_identifier_header, normalize_header

_PERSONS = ("Patient", "RelatedPerson", "Person")
_NAMING = {
    "name": "a name",
    "telecom": "contact data",
    "address": "a place",
    "birthDate": "a date of birth",
    "photo": "a photograph",
    "contact": "contact data",
}
_NUMBERS = ("MR", "MRT", "SS", "SB", "DL", "PPN", "NI", "MC", "MA", "MB", "HC")
"""Types of identifiers that are record, insurance or national numbers (HL7 table 0203)."""

_FORMAL = ("extension", "use", "system", "type", "period", "rank", "relationship", "contentType", "id")
_LABEL_WORDS = 4  # a longer text is a question, not the name of a field


def find_named_people(
    resources: Iterable[Resource], source: Source, dropped: Collection[str] = ()
) -> list[Problem]:
    """Find what names a person anywhere in the resources (E101), the first place of each kind.

    Parameters
    ----------
    resources : iterable of Resource
    source : Source
    dropped : linkIds, as the layout drops them; that helps items of free text and places only

    Notes
    -----
    Looked for are persons with a name, telecom, address, birth date, photo or contact; references to a person
    with a display; record and insurance numbers; and answered items that are called like an identifier.
    """
    found: dict[str, Problem] = {}
    left_out = {normalize_header(link) for link in dropped}
    for resource in resources:
        for key, node in walk(resource.content):
            finding = _name_person(key, node, left_out)
            if finding is not None and finding.wording not in found:
                cure = ", or name its linkId in drop under [columns] in a layout" if finding.droppable else ""
                message = (
                    f"outcomes reads de-identified data only; here is {finding.wording}. Remove it from the "
                    f"export{cure}. Nothing was read into the analysis."
                )
                found[finding.wording] = Problem("E101", source.where(row=resource.row), message)
    return list(found.values())


@dataclass(frozen=True)
class Subject:
    """Whom a response or Observation is about.

    Attributes
    ----------
    id : str, empty where no patient is named
    space : str, in which the id holds: a server, the system of an identifier, or empty
    by_identifier : bool, True where an identifier names the patient, not a reference
    """

    id: str = ""
    space: str = ""
    by_identifier: bool = False


def name_patient(content: Mapping[str, Any], patients: Mapping[str, str]) -> Subject:
    """Give the patient of a response or Observation.

    Parameters
    ----------
    content : the resource
    patients : ids of the file's patients by the fullUrl of their entries

    Notes
    -----
    The last part of the reference, without a version; a urn is looked up among the entries of the file first.
    A contained patient has an id inside its own resource only, so its identifier counts.
    """
    subject = content.get("subject")
    if not isinstance(subject, dict):
        return Subject()
    reference = text_of(subject.get("reference"))
    if reference.startswith("#"):
        for one in objects_of(content.get("contained")):
            if one.get("id") == reference[1:] and one.get("resourceType") == "Patient":
                return _read_identifier(one)
        return Subject()
    if reference in patients:
        return Subject(patients[reference])
    if reference and "?" not in reference:
        parts = reference.split("/_history/")[0].split("/")
        if len(parts) > 1 and parts[-2] != "Patient":
            return Subject()
        id = parts[-1].rpartition(":")[2] if parts[-1].startswith("urn:") else parts[-1]
        return Subject(id, reference.rpartition("/Patient/")[0] if "://" in reference else "")
    return _read_identifier(subject)


def count_shared_ids(subjects: Iterable[Subject]) -> int:
    """Count the ids that may be those of several patients.

    Notes
    -----
    Two servers, and two systems of identifiers, may give one id to two patients; and an identifier is no
    resource id. References without a server may be to any.
    """
    spaces: dict[str, set[tuple[bool, str]]] = {}
    for one in subjects:
        if one.id:
            spaces.setdefault(one.id, set()).add((one.by_identifier, one.space))
    return sum(
        len(found - {(False, "")}) > 1 or len({by for by, _ in found}) > 1 for found in spaces.values()
    )


def _read_identifier(holder: Mapping[str, Any]) -> Subject:
    """The first identifier that has a value."""
    for one in objects_of(holder.get("identifier")):
        if value := text_of(one.get("value")):
            return Subject(value, text_of(one.get("system")), by_identifier=True)
    return Subject()


def _name_person(key: str, node: Mapping[str, Any], dropped: Collection[str]) -> HeaderFinding | None:
    """What in this object names a person; None where nothing does."""
    if node.get("resourceType") in _PERSONS:
        return next((_found(wording) for part, wording in _NAMING.items() if _says(node.get(part))), None)
    reference = f"/{text_of(node.get('reference'))}"
    is_person = key in ("subject", "patient") or any(f"/{type}/" in reference for type in _PERSONS)
    if is_person and text_of(node.get("display")):
        return _found("a name")
    if key == "identifier" and text_of(node.get("value")):
        kinds = objects_of(node.get("type"))
        codes = [text_of(c.get("code")) for kind in kinds for c in objects_of(kind.get("coding"))]
        if any(code in _NUMBERS for code in codes) or text_of(node.get("system")).endswith("/us-ssn"):
            return _found("a record or insurance number")
    if "linkId" in node and _says(node.get("answer")):
        return _judge_item(node, dropped)
    return None


def _found(wording: str) -> HeaderFinding:
    return HeaderFinding("E101", wording, False)


def _judge_item(item: Mapping[str, Any], dropped: Collection[str]) -> HeaderFinding | None:
    """The finding for an answered item that is called like an identifier."""
    link, text = text_of(item.get("linkId")), text_of(item.get("text"))
    for name in (link, text if len(text.split()) <= _LABEL_WORDS else ""):
        finding = _find_header(name)
        if finding and not (finding.droppable and normalize_header(link) in dropped):
            return finding
    return None


@lru_cache(maxsize=4096)
def _find_header(name: str) -> HeaderFinding | None:
    """As find_identifier_header, once per distinct name: responses repeat their linkIds."""
    return find_identifier_header(name)


def _says(value: Any) -> bool:
    """Whether there is any text in a value beside formal parts and reasons why data are absent."""
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            stack.extend(one for key, one in node.items() if key not in _FORMAL and not key.startswith("_"))
        elif isinstance(node, list):
            stack.extend(node)
        elif isinstance(node, bool) or text_of(node):
            return True
    return False
