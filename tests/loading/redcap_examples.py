"""Made-up REDCap projects, written as the project XML, the dictionary and the CSV that REDCap writes."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

from outcomes.definitions.instrument import get_instrument

ODM = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" '
    'xmlns:redcap="https://projectredcap.org">\n'
)
DICTIONARY = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?",
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One field of a form."""

    name: str
    form: str
    label: str = ""
    type: str = "text"
    choices: tuple[str, ...] = ()
    validation: str = ""
    identifier: bool = False


@dataclass(frozen=True)
class Saved:
    """One saved form of one record."""

    record: str
    event: str
    form: str
    values: dict[str, str] = field(default_factory=dict)
    event_repeat: int = 1
    form_repeat: int = 1


def questionnaire(id: str, *, form: str, prefix: str = "", first: int = 0, total: str = "") -> list[Item]:
    """The items of an instrument, coded from `first`, and a calculated total where it is named."""
    instrument = get_instrument(id)
    labels = instrument.answers
    choices = tuple(f"{first + score}, {label}" for score, label in enumerate(labels))
    items = [
        Item(f"{prefix or id}_{item.number}", form, f"{item.number}. {item.stem}", "radio", choices)
        for item in instrument.items
    ]
    return items + ([Item(total, form, "Total score", "calc")] if total else [])


def answers(items: list[Item], codes: str, **further: str) -> dict[str, str]:
    """The fields of a questionnaire with one digit per item."""
    radios = [item.name for item in items if item.type == "radio"]
    return dict(zip(radios, codes, strict=True)) | further


def write_project(
    items: list[Item],
    saved: list[Saved],
    *,
    events: tuple[tuple[str, str, int], ...] = (("event_1_arm_1", "Event 1", 1),),
    repeating: tuple[tuple[str, str], ...] = (),
    missing_codes: str = "",
    record_id: str = "record_id",
) -> str:
    """A project XML; events are (unique name, label, day offset) in their order, repeating (event, form)."""
    forms = list(dict.fromkeys(item.form for item in items))
    lines = [
        ODM,
        f"<Study><GlobalVariables><redcap:MissingDataCodes>{missing_codes}</redcap:MissingDataCodes>",
    ]
    for event, form in repeating:
        what = f'Instrument redcap:RepeatInstrument="{form}"' if form else "Event"
        lines.append(f'<redcap:Repeating{what} redcap:UniqueEventName="{event}"/>')
    lines.append("</GlobalVariables><MetaDataVersion ")
    lines.append(f"redcap:RecordIdField={quoteattr(record_id)}><Protocol>")
    lines += [f'<StudyEventRef StudyEventOID="Event.{name}"/>' for name, _, _ in events]
    lines.append("</Protocol>")
    for name, label, offset in reversed(events):  # the order is that of the protocol
        lines.append(
            f'<StudyEventDef OID="Event.{name}" Name={quoteattr(label)} redcap:EventName={quoteattr(label)} '
            f'redcap:UniqueEventName="{name}" redcap:ArmNum="1" redcap:DayOffset="{offset}"/>'
        )
    for form in forms:
        lines.append(f'<FormDef OID="Form.{form}" Repeating="No" redcap:FormName="{form}">')
        lines.append(f'<ItemGroupRef ItemGroupOID="{form}.all"/></FormDef>')
    for form in forms:
        lines.append(f'<ItemGroupDef OID="{form}.all">')
        lines += [f'<ItemRef ItemOID="{item.name}"/>' for item in items if item.form == form]
        lines.append("</ItemGroupDef>")
    for item in items:
        flags = f' redcap:TextValidationType="{item.validation}"' if item.validation else ""
        flags += ' redcap:Identifier="y"' if item.identifier else ""
        lines.append(f'<ItemDef OID="{item.name}" redcap:FieldType="{item.type}"{flags}>')
        lines.append(f"<Question><TranslatedText>{item.label}</TranslatedText></Question>")
        lines.append(
            f'<CodeListRef CodeListOID="{item.name}.choices"/></ItemDef>' if item.choices else "</ItemDef>"
        )
    for item in items:
        if item.choices:
            lines.append(f'<CodeList OID="{item.name}.choices">')
            for code, label in (choice.split(", ", 1) for choice in item.choices):
                decoded = f"<Decode><TranslatedText>{label}</TranslatedText></Decode>"
                lines.append(f'<CodeListItem CodedValue="{code}">{decoded}</CodeListItem>')
            lines.append("</CodeList>")
    lines.append("</MetaDataVersion></Study><ClinicalData>")
    for one in saved:
        lines.append(
            f"<SubjectData SubjectKey={quoteattr(one.record)}>"
            f'<StudyEventData StudyEventOID="Event.{one.event}" '
            f'StudyEventRepeatKey="{one.event_repeat}" redcap:UniqueEventName="{one.event}">'
            f'<FormData FormOID="Form.{one.form}" FormRepeatKey="{one.form_repeat}"><ItemGroupData>'
        )
        lines += [f"<ItemData ItemOID={quoteattr(k)} Value={quoteattr(v)}/>" for k, v in one.values.items()]
        lines.append("</ItemGroupData></FormData></StudyEventData></SubjectData>")
    return "\n".join([*lines, "</ClinicalData></ODM>", ""])


def write_dictionary(items: list[Item]) -> str:
    """The data dictionary of the same fields."""
    rows = [
        [item.name, item.form, "", item.type, item.label, " | ".join(item.choices), "", item.validation, "",
         "", "y" if item.identifier else ""]
        for item in items
    ]  # fmt: skip
    return write_csv([list(DICTIONARY), *rows])


def write_labels(items: list[Item], rows: list[dict[str, str]], *, before: tuple[str, ...] = ()) -> str:
    """A label export; each row gives columns of `before` by label, fields and form statuses by name."""
    header, names = [items[0].label, *before], [items[0].name, *before]
    for item, following in zip(items, [*items[1:], None], strict=True):
        if item.type == "checkbox":
            header += [f"{item.label} (choice={choice.split(', ', 1)[1]})" for choice in item.choices]
            names += [f"{item.name}___{choice.split(',', 1)[0]}" for choice in item.choices]
        elif item is not items[0]:
            header.append(item.label)
            names.append(item.name)
        if following is None or following.form != item.form:
            header.append("Complete?")
            names.append(f"{item.form}_complete")
    return write_csv([header, *([row.get(name, "") for name in names] for row in rows)])


def write_csv(rows: list[list[str]]) -> str:
    """CSV text, quoted where it must be."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
