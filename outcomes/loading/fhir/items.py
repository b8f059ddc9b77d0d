"""Which item of which questionnaire each answer of a FHIR response is: by code, linkId, number or text."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outcomes.definitions.instrument import get_instrument, list_recognized
from outcomes.loading.codebook import Field
from outcomes.loading.fhir.documents import objects_of, text_of
from outcomes.loading.fhir.forms import Form
from outcomes.loading.fhir.links import (
    Entry,
    Role,
    contradicts,
    find_named,
    find_numbers,
    find_rest,
    find_texts,
    list_scored,
)
from outcomes.loading.labels import normalize_label
from outcomes.loading.vocabulary import LOOKALIKE_CODES, NEVER_OURS

_LOINC = re.compile(r"(?:^|/)([0-9]{1,7}-[0-9])$")
_SHORT = ({1, 2}, set(range(1, 9)))
"""Items of the PHQ-2 and GAD-2, and of the PHQ-8: with these alone a form is the short one by design."""

_FEW = 4  # questions that are answered in our words, from which on they are asked about


@dataclass(frozen=True)
class Reading:
    """What the questions of a form are.

    Attributes
    ----------
    roles : mapping of linkId to Role
    reason : str, why its responses are not read: "" they are, "other_instrument", "lookalike", or "open"
        where only a person can say which item is which
    how : str, by what the items were known
    title : str, the short or similar form that it is; empty where it is none
    """

    roles: Mapping[str, Role]
    reason: str = ""
    how: str = ""
    title: str = ""


def map_codes(codes: Mapping[str, str], *, panel_is_total: bool) -> dict[str, Role]:
    """Give what each known code stands for.

    Parameters
    ----------
    codes : further codes of a layout, each with the instrument whose total it is
    panel_is_total : True where the file writes totals under the code of the panel
    """
    roles: dict[str, Role] = {}
    for id in list_recognized():
        one = get_instrument(id)
        roles |= {item.loinc: (id, str(item.number)) for item in one.items if item.loinc}
        roles |= {code: (id, "total") for code in (one.loinc_total, one.snomed_total) if code}
        if one.loinc_panel:
            roles[one.loinc_panel] = (id, "total" if panel_is_total else "panel")
        if one.difficulty is not None and one.difficulty.loinc:
            roles[one.difficulty.loinc] = (id, "difficulty")
    return roles | {code: (id, "total") for code, id in codes.items()}


def list_entries(content: Mapping[str, Any], form: Form | None) -> list[Entry]:
    """The questions of a response in their order, nested or flat; groups and displays are none."""
    found, stack = [], objects_of(content.get("item"))[::-1]
    while stack:
        item = stack.pop()
        answers = objects_of(item.get("answer"))
        below = objects_of(item.get("item"))
        for answer in answers:
            below = below + objects_of(answer.get("item"))
        if answers or not below:
            link = text_of(item.get("linkId"))
            defined = form.fields.get(link, Field(link)) if form else Field(link)
            found.append(_make_entry(defined, text_of(item.get("text")), answers))
        stack.extend(below[::-1])
    return found


def list_asked(form: Form | None) -> list[Entry]:
    """The questions of a Questionnaire in their order, without answers."""
    return [_make_entry(defined) for defined in form.fields.values()] if form else []


def _make_entry(defined: Field, text: str = "", answers: Sequence[Mapping[str, Any]] = ()) -> Entry:
    codes = (defined.code, *_code_of_link(defined.name))
    return Entry(defined.name, text or defined.label, tuple(code for code in codes if code), tuple(answers))


def _code_of_link(link: str) -> tuple[str, ...]:
    """The LOINC code that a linkId is or ends in."""
    found = _LOINC.search(link)
    return (found[1],) if found else ()


def read_form_items(
    entries: Sequence[Entry], *, names: Collection[str], codes: Collection[str], known: Mapping[str, Role]
) -> Reading:
    """Say what each question of a form is.

    Parameters
    ----------
    entries : the questions of all responses to the form, in their order
    names : names of the form: its address, title, id
    codes : codes of the form as a whole
    known : the roles of map_codes

    Returns
    -------
    Reading

    Notes
    -----
    In this order: the code of a question, or a linkId that is one; numbered linkIds (`phq9_1`, and `g1.q1`
    where the instrument is known otherwise); the texts of all items as a set. What contradicts itself, or
    names one of our instruments and cannot be told apart, is open.
    """
    told, alike = find_named(names)
    every = {*codes, *(code for entry in entries for code in entry.codes)}
    foreign = alike | {LOOKALIKE_CODES[code] for code in every & set(LOOKALIKE_CODES) - set(known)}
    if never := sorted(foreign & set(NEVER_OURS)):
        return Reading({}, "lookalike", title=never[0])
    told |= {known[code][0] for code in every & set(known) if known[code][1] in ("panel", "total")}
    roles = {entry.link: known[code] for entry in entries for code in entry.codes[::-1] if code in known}
    ways, doubtful = {"codes"} if list_scored(roles) else set(), False
    for way, find in (("numbers", find_numbers), ("texts", find_texts)):
        found = find(entries, roles, told)
        doubtful |= found is None
        if found:
            roles, ways = {**roles, **found}, ways | {way}
    roles |= find_rest(entries, roles)
    short = {id for id, numbers in list_scored(roles).items() if id not in told and numbers in _SHORT}
    every_role, roles = roles, {link: role for link, role in roles.items() if role[0] not in short}
    foreign |= {f"a short form of {get_instrument(id).title}" for id in short}
    ours = {id for id, role in roles.values() if role != "difficulty"}
    if doubtful or contradicts(entries, roles, known) or _is_ours_perhaps(entries, every_role, told - ours):
        return Reading({}, "open")
    if not ours:
        return Reading({}, "other_instrument", title=next(iter(sorted(foreign)), ""))
    return Reading(roles, how=" and ".join(sorted(ways)))


def _is_ours_perhaps(entries: Sequence[Entry], roles: Mapping[str, Role], missing: set[str]) -> bool:
    """Whether questions that nothing tells apart may be a questionnaire of ours.

    That is where the form carries its name and half as many questions are left, or where several questions
    without any text are answered in its words.
    """
    loose = [entry for entry in entries if entry.link not in roles and entry.answers]
    if any(2 * len(loose) >= get_instrument(id).n_items for id in missing):
        return True
    words = {
        normalize_label(word)
        for id in list_recognized()
        for word in (*get_instrument(id).answer_values, *get_instrument(id).answer_codes)
    }
    silent = [
        entry
        for entry in loose
        if not entry.text and words & {normalize_label(word) for word in list_words(entry.answers)}
    ]
    return not roles and len(silent) >= _FEW


def list_words(answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Codes and displays of coded answers."""
    coded = [part for answer in answers for part in objects_of(answer.get("valueCoding"))]
    return [text_of(part.get(key)) for part in coded for key in ("code", "display")]
