"""QuestionnaireResponses as rows: what is asked is settled once per form, what is answered per response."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from outcomes.loading.answers import SEVERAL, AnswerTable
from outcomes.loading.fhir.answers import (
    Flat,
    count_wrong_answers,
    count_wrong_options,
    list_choices,
    write_answers,
)
from outcomes.loading.fhir.coding import judge_options
from outcomes.loading.fhir.documents import Resource, objects_of, text_of
from outcomes.loading.fhir.forms import Form, find_forms, name_form, read_forms
from outcomes.loading.fhir.items import Reading, list_asked, list_entries, read_form_items
from outcomes.loading.fhir.links import Entry, Role

COMPLETE = ("completed", "amended", "final", "corrected")
"""The status of responses and Observations that are used."""


@dataclass(frozen=True, eq=False)
class Responses:
    """The responses, read.

    Attributes
    ----------
    rows : dict of row number to Flat
    open : list of int, the rows whose items cannot be told apart
    forms : dict of row number to the form that it answers, by whose numbers it is judged
    offered : what the answer lists prove, by form and instrument
    ways : dict of how items were known to the number of responses
    read : list of the responses, each with what its questions are
    """

    rows: dict[int, Flat] = field(default_factory=dict)
    open: list[int] = field(default_factory=list)
    forms: dict[int, str] = field(default_factory=dict)
    offered: dict[tuple[str, str], int] = field(default_factory=dict)
    ways: dict[str, int] = field(default_factory=dict)
    read: list[tuple[_Response, Reading]] = field(default_factory=list, repr=False)


@dataclass(frozen=True, eq=False)
class _Response:
    """One response with its form, the other forms that its address may mean, and its questions."""

    resource: Resource
    address: str
    form: Form | None
    others: tuple[Form, ...]
    entries: list[Entry]


def read_responses(
    resources: Iterable[Resource],
    forms: Sequence[Form],
    known: Mapping[str, Role],
    tables: Mapping[Role, AnswerTable],
) -> Responses:
    """Read the responses of a file.

    Parameters
    ----------
    resources : the QuestionnaireResponses
    forms : the Questionnaires of the file and its companion
    known : the roles of map_codes
    tables : the answers of make_tables

    Returns
    -------
    Responses

    Notes
    -----
    Responses to one form are looked at together, so that a question which one of them leaves out is known
    from the others; where a question has several codes or texts, only those that ask the same.
    """
    found = Responses()
    for group in _group([_open(one, forms) for one in resources]):
        merged = _merge(group)
        reading = _read_items(group[0], merged, known)
        told = all(
            (reading.roles, reading.reason) == (other.roles, other.reason)
            for other in _read_otherwise(group, known)
        )
        proven: dict[int, dict[str, int]] = {}
        for response in group:
            row = response.resource.row
            found.rows[row] = _flatten(response, reading, tables)
            if reading.reason == "open" or not (told and _offer_alike(response, reading)):
                found.open.append(row)
            key = id(response.form)
            if key not in proven:
                proven[key] = judge_options(response.form, reading.roles, tables)
            found.forms[row] = _name_judged(response, proven[key])
            found.offered.update({(found.forms[row], id): shift for id, shift in proven[key].items()})
            found.read.append((response, reading))
        if reading.how:
            found.ways[reading.how] = found.ways.get(reading.how, 0) + len(group)
    return found


def weigh_answers(
    responses: Responses,
    weights: Mapping[tuple[str, str], str],
    tables: Mapping[Role, AnswerTable],
    shifts: Mapping[tuple[str, str], int | None],
) -> dict[int, int]:
    """Count by row the answers with a weight that is not their score.

    Parameters
    ----------
    responses : Responses
    weights : the weights of code systems
    tables : the answers of make_tables
    shifts : what the numbers of each form and instrument count from
    """
    weighed, offered = {}, {}
    for response, reading in responses.read:
        row, form = response.resource.row, response.form
        own = {id: shift for (name, id), shift in shifts.items() if name == responses.forms[row]}
        key = (id(form), id(reading))
        if key not in offered:
            offered[key] = count_wrong_options(form, reading.roles, tables, own)
        wrong = count_wrong_answers(response.entries, form, reading.roles, weights, tables, own)
        if offered[key] or wrong:
            weighed[row] = offered[key] or wrong
    return weighed


def _name_judged(one: _Response, proven: Mapping[str, int]) -> str:
    """The form by whose numbers a response is judged; contained ones are told apart by what they prove."""
    if one.form is None or one.address.startswith("#"):
        return f"{one.address.partition('#')[0]}#{sorted(proven.items())}"
    return f"{one.form.url}|{one.form.version}|{one.form.id}"


def _open(resource: Resource, forms: Sequence[Form]) -> _Response:
    address = name_form(resource.content)
    inside = address.startswith("#")
    own = read_forms(objects_of(resource.content.get("contained")), inside=True)
    found = find_forms(address, own if inside else (*own, *forms))
    if not found and len(forms) == 1 and _fits(resource, forms[0]):
        found = [forms[0]]
    form = next(iter(found), None)
    return _Response(resource, address, form, tuple(found[1:]), list_entries(resource.content, form))


def _fits(resource: Resource, form: Form) -> bool:
    """Whether a response may belong to the only Questionnaire that is there: neither names another, and it
    asks nothing else.
    """
    address = name_form(resource.content)
    if address and (form.url or ("|" in address and form.version)):
        return False
    links = {entry.link for entry in list_entries(resource.content, None) if entry.answers}
    return bool(links) and links <= set(form.fields)


def _read_otherwise(group: Sequence[_Response], known: Mapping[str, Role]) -> Iterator[Reading]:
    """What the questions of a form are to each of the other forms that its address may mean."""
    for form in group[0].others:
        others = [replace(one, form=form, entries=list_entries(one.resource.content, form)) for one in group]
        yield _read_items(others[0], _merge(others), known)


def _offer_alike(one: _Response, reading: Reading) -> bool:
    """Whether all forms that a response may mean offer the same answers to the items that it answers."""
    links = [entry.link for entry in one.entries if entry.link in reading.roles]
    forms = [one.form, *one.others] if one.form else []
    return all(form.concepts.get(link) == forms[0].concepts.get(link) for form in forms for link in links)


def _group(responses: Iterable[_Response]) -> list[list[_Response]]:
    groups: dict[object, list[_Response]] = {}
    for one in responses:
        shared = one.address and not one.address.startswith("#")
        groups.setdefault(one.address if shared else _signature(one), []).append(one)
    settled: dict[object, list[_Response]] = {}
    for key, group in groups.items():
        said: dict[tuple[str, bool], set[object]] = {}
        for link, codes, text in {part for one in group for part in _signature(one)}:
            said.setdefault((link, False), set()).add(codes)
            said.setdefault((link, True), set()).update({text} - {""})
        alone = any(len(found) > 1 for found in said.values())
        for one in group:
            settled.setdefault((key, _signature(one)) if alone else key, []).append(one)
    return list(settled.values())


def _signature(one: _Response) -> tuple[tuple[str, tuple[str, ...], str], ...]:
    return tuple((entry.link, entry.codes, entry.text) for entry in one.entries)


def _merge(group: Sequence[_Response]) -> list[Entry]:
    """The questions of a form: those of its Questionnaire in their order, and those of its responses, the
    fullest first; with the first answers that are there.
    """
    merged: dict[str, Entry] = {}
    for one in sorted(group, key=lambda one: -len(one.entries)):
        for entry in one.entries:
            held = merged.setdefault(entry.link, entry)
            if not (held.text and held.answers):
                text, answers = held.text or entry.text, held.answers or entry.answers
                merged[entry.link] = replace(held, text=text, answers=answers)
    asked = {entry.link: entry for entry in list_asked(group[0].form)}
    return list({**asked, **merged}.values())


def _read_items(first: _Response, merged: Sequence[Entry], known: Mapping[str, Role]) -> Reading:
    form, last = first.form, first.address.split("|")[0].rstrip("/").rpartition("/")[2]
    names = [last, *(form.names if form else ())]
    codes = [last, *(form.codes if form else ())]
    return read_form_items(merged, names=names, codes=codes, known=known)


def _flatten(one: _Response, reading: Reading, tables: Mapping[Role, AnswerTable]) -> Flat:
    """The row of one response; answers to one item that stand in two places must agree."""
    if reading.reason:
        return Flat(reading.reason.replace("open", "other_instrument"), {}, reading.title)
    cells = dict.fromkeys(reading.roles.values(), "")
    for entry in one.entries:
        role = reading.roles.get(entry.link)
        if role is None:
            continue
        text = write_answers(entry.answers, tables[role], list_choices(one.form, entry.link))
        cells[role] = SEVERAL if cells[role] and text and text != cells[role] else text or cells[role]
    if not any(text for (_, part), text in cells.items() if part != "panel") and any(
        text for (_, part), text in cells.items() if part == "panel"
    ):
        return Flat("panel_code", cells)
    if text_of(one.resource.content.get("status")) not in COMPLETE:
        return Flat("not_completed", cells)
    return Flat("", _drop_bare_totals(cells))


def _drop_bare_totals(cells: dict[Role, str]) -> dict[Role, str]:
    """Blank a total where the form asks the items and none is answered: it is a check, never a source."""
    asked = {id for id, part in cells if part.isdigit()}
    answered = {id for (id, part), text in cells.items() if part.isdigit() and text}
    return {
        (id, part): "" if part == "total" and id in asked - answered else text
        for (id, part), text in cells.items()
    }
