"""The elements of a REDCap project XML (CDISC ODM): what the project defines, and its saved forms."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from outcomes.loading.codebook import Field
from outcomes.loading.redcap.dictionary import split_choices
from outcomes.loading.redcap.events import Event, read_offset
from outcomes.loading.sizes import MAX_CELL, MAX_SHEET_CELLS
from outcomes.loading.source import Source

_TYPES = {"textarea": "notes", "select": "dropdown"}
_FILE = "[file]"

_Attributes = dict[str, str]


@dataclass(frozen=True)
class SavedForm:
    """One FormData element: of whom, at which event, which instance of both, and its fields."""

    record: str
    event: str
    event_repeat: str
    form: str
    form_repeat: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Project:
    """What a project XML holds.

    Attributes
    ----------
    settings : "RecordIdField", the field of the record id; "MissingDataCodes", as the project lists them
    events : Event by OID, in the order of the document
    event_order : list of OIDs of events, in the order of the protocol
    forms : names of forms by OID
    repeating : (event, form) that repeat; without an event where the form repeats at all of them, and without
        a form where the event repeats as a whole
    form_of_group, group_of_item, list_of_item : OIDs by OID
    items : Field by name, in the order of their definition
    choices : code and label of each code list, by OID
    rows : list of SavedForm, in the order of the document
    """

    settings: dict[str, str] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    event_order: list[str] = field(default_factory=list)
    forms: dict[str, str] = field(default_factory=dict)
    repeating: set[tuple[str, str]] = field(default_factory=set)
    form_of_group: dict[str, str] = field(default_factory=dict)
    group_of_item: dict[str, str] = field(default_factory=dict)
    list_of_item: dict[str, str] = field(default_factory=dict)
    items: dict[str, Field] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: list[SavedForm] = field(default_factory=list)

    def describe(self, name: str) -> Field:
        """A field with its form, choices and missing codes; only its name where the project defines none."""
        one = self.items.get(name, Field(name))
        form = self.form_of_group.get(self.group_of_item.get(name, ""), "")
        choices = {} if one.type == "checkbox" else self.choices.get(self.list_of_item.get(name, ""), {})
        missing = split_choices(self.settings.get("MissingDataCodes", "").replace("\n", "|"))
        kept = {code: label for code, label in choices.items() if code not in missing}
        return replace(one, form=form, choices=kept, missing_codes=tuple(missing))


def read_odm(source: Source) -> Project:
    """Walk through the file once, keeping what is needed and nothing of the rest.

    Raises
    ------
    DataError
        E202 entities; E203 encoding; E213 a value too long; E214 too many values; E274 malformed, or a field
        that stands twice in a form.
    """
    project, n_values = Project(), 0
    within: dict[str, _Attributes] = {}
    for event, tag, element in _walk(source):
        if event == "start" and not tag.startswith("ItemData"):
            within[tag] = {_local(key): value for key, value in element.attrib.items()}
            _open(project, tag, within)
        elif event == "start":
            continue
        elif tag.startswith("ItemData"):
            n_values += 1
            if n_values > MAX_SHEET_CELLS:
                source.refuse(
                    "E214", f"at most {MAX_SHEET_CELLS:,} values are needed; here are more. Split the file."
                )
            _add_value(source, project, tag, element)
            element.clear()
        elif tag in ("ItemDef", "CodeList"):
            _define(project, tag, element, within[tag])
            element.clear()
        elif tag == "MissingDataCodes":
            project.settings[tag] = (element.text or "").strip()
        elif tag in ("FormData", "SubjectData", "GlobalVariables"):
            element.clear()
    return project


def _walk(source: Source) -> Iterator[tuple[str, str, Element]]:
    """Start and end of each element with its bare name; our errors in place of the reader's."""
    try:
        for event, element in iterparse(io.BytesIO(source.data), events=("start", "end")):
            yield event, _local(element.tag), element
    except DefusedXmlException:
        message = "XML without entity declarations is needed; this file has some. Export it again."
        source.refuse("E202", message)
    except ParseError as error:
        message = "well-formed XML is needed; this file is damaged here. Export it again from REDCap."
        source.refuse("E274", message, row=error.position[0])
    except (LookupError, ValueError):
        source.refuse("E203", "XML in UTF-8 is needed; this file names another encoding. Export it again.")


def _open(project: Project, tag: str, within: Mapping[str, _Attributes]) -> None:
    """Keep what the attributes of an element say, together with those of the elements around it."""
    one = within[tag]
    oid = one.get("OID", "")
    match tag:
        case "MetaDataVersion":
            project.settings["RecordIdField"] = one.get("RecordIdField", "")
        case "RepeatingInstrument" | "RepeatingEvent":
            project.repeating.add((one.get("UniqueEventName", ""), one.get("RepeatInstrument", "")))
        case "StudyEventRef":
            project.event_order.append(one.get("StudyEventOID", ""))
        case "StudyEventDef":
            unique = one.get("UniqueEventName") or oid.removeprefix("Event.")
            name, offset = one.get("EventName") or one.get("Name", ""), read_offset(one.get("DayOffset", ""))
            project.events[oid] = Event(unique, name, one.get("ArmNum", "1"), offset)
        case "FormDef":
            project.forms[oid] = one.get("FormName") or oid.removeprefix("Form.")
            if one.get("Repeating") == "Yes":
                project.repeating.add(("", project.forms[oid]))
        case "ItemGroupRef":
            form = project.forms.get(within.get("FormDef", {}).get("OID", ""), "")
            project.form_of_group[one.get("ItemGroupOID", "")] = form
        case "ItemRef":
            project.group_of_item[one.get("ItemOID", "")] = within.get("ItemGroupDef", {}).get("OID", "")
        case "FormData":
            project.rows.append(_save(project, within))


def _save(project: Project, within: Mapping[str, _Attributes]) -> SavedForm:
    subject, visit, form = within.get("SubjectData", {}), within.get("StudyEventData", {}), within["FormData"]
    oid = form.get("FormOID", "")
    return SavedForm(
        subject.get("SubjectKey", "").strip(),
        visit.get("UniqueEventName") or visit.get("StudyEventOID", "").removeprefix("Event."),
        visit.get("StudyEventRepeatKey") or "1",
        project.forms.get(oid, oid.removeprefix("Form.")),
        form.get("FormRepeatKey") or "1",
    )


def _add_value(source: Source, project: Project, tag: str, element: Element) -> None:
    """Keep one value of the form that is open; a file that was uploaded counts as filled and is not read."""
    name, fields = element.attrib.get("ItemOID", ""), project.rows[-1].fields if project.rows else {}
    text = _FILE if "Binary" in tag else (element.attrib.get("Value") or element.text or "").strip()
    if len(text) > MAX_CELL:
        message = f"values of at most {MAX_CELL:,} characters are needed; one is longer. Remove it."
        source.refuse("E213", message, row=len(project.rows))
    if fields.setdefault(name, text) != text:
        message = "a saved form must hold each field once; one stands twice with two values. Export it again."
        source.refuse("E274", message, row=len(project.rows))


def _define(project: Project, tag: str, element: Element, attributes: _Attributes) -> None:
    """Keep a field or a list of choices, once all that stands inside it is read."""
    oid = attributes.get("OID", "")
    if tag == "CodeList":
        items = [one for one in element if _local(one.tag) == "CodeListItem"]
        project.choices[oid] = {one.attrib.get("CodedValue", ""): _text_of(one) for one in items}
        return
    kind = attributes.get("FieldType", "")
    question = next((one for one in element if _local(one.tag) == "Question"), None)
    project.items[oid] = Field(
        oid,
        type=_TYPES.get(kind, kind),
        label="" if question is None else _text_of(question),
        validation=attributes.get("TextValidationType", ""),
        identifier=attributes.get("Identifier", "").lower() == "y",
    )
    for one in element:
        if _local(one.tag) == "CodeListRef":
            project.list_of_item[oid] = one.attrib.get("CodeListOID", "")


def _text_of(element: Element) -> str:
    """The first translated text inside an element."""
    texts = (one.text or "" for one in element.iter() if _local(one.tag) == "TranslatedText")
    return next(texts, "").strip()


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
