"""FHIR resources as a table: one row per resource, one column per question of the questionnaires in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from outcomes.definitions.instrument import get_instrument, list_recognized
from outcomes.errors import LedgerError, Problem
from outcomes.loading.answers import AnswerTable
from outcomes.loading.fhir.answers import Flat, make_tables
from outcomes.loading.fhir.coding import decide_form_codings, note_codings, spell_numbers, sum_items
from outcomes.loading.fhir.dates import date_rows
from outcomes.loading.fhir.documents import Resource, read_resources, text_of
from outcomes.loading.fhir.forms import DEFINING, Form, read_forms, read_weights
from outcomes.loading.fhir.items import map_codes
from outcomes.loading.fhir.links import Role
from outcomes.loading.fhir.observations import SINGLE, read_observation
from outcomes.loading.fhir.people import Subject, count_shared_ids, find_named_people, name_patient
from outcomes.loading.fhir.responses import Responses, read_responses, weigh_answers
from outcomes.loading.fhir.versions import find_outdated
from outcomes.loading.layouts.layout import Layout
from outcomes.loading.source import Source, raise_problems
from outcomes.loading.tables import Table

_HEADERS = {"total": "total", "difficulty": "how_difficult"}


def read_fhir(
    source: Source, layout: Layout, forms: Sequence[Form] = (), *, encoding: str | None = None
) -> Table:
    """Read a file of FHIR resources as a table whose headers are words of our own dictionary.

    Parameters
    ----------
    source : Source
    layout : Layout; codes, panel_code_is_total, labels and drop are used
    forms : the Questionnaires of a companion file
    encoding : str or None, as in read_resources

    Returns
    -------
    Table; a row is a resource, and row_faults say which are no questionnaires of ours. Its questions are E226
    (one id on several servers), E255 (items that cannot be told apart) and E273 (answer weights)

    Raises
    ------
    DataError
        E250 no questionnaire of ours, or definitions only; E252 no resources; E255 items that cannot be told
        apart and nothing else; E257 similar questionnaires only; E203, E205, E274 as read_resources.
    PrivacyError
        E101 where a person is named anywhere in the file.
    LedgerError
        E900 where a second count finds another number of resources.
    """
    resources, counted, notes = read_resources(source, encoding)
    if len(resources) != counted:
        message = "two counts must find the same resources; they do not. Please report this."
        raise LedgerError(Problem("E900", source.where(), message))
    _check_types(source, resources)
    dropped = [ref for ref in layout.columns.drop if isinstance(ref, str)]
    raise_problems(find_named_people(resources, source, dropped))
    contents = [one.content for one in resources]
    known = map_codes(layout.codes, panel_is_total=layout.rules.panel_code_is_total)
    tables = make_tables(layout)
    responses = read_responses(
        [one for one in resources if one.type == "QuestionnaireResponse"],
        (*read_forms(contents), *forms),
        known,
        tables,
    )
    rows = {one.row: _read_row(one, responses, known, tables) for one in resources}
    patients = _list_patients(resources)
    subjects = {one.row: name_patient(one.content, patients) for one in resources}
    ids = {row: subject.id for row, subject in subjects.items()}
    outdated = find_outdated(resources, ids)
    rows = {row: replace(flat, reason=flat.reason or outdated.get(row, "")) for row, flat in rows.items()}
    codings = decide_form_codings(rows, responses.forms, responses.offered, layout)
    rows = spell_numbers(rows, responses.forms, codings)
    weighed = weigh_answers(responses, read_weights(contents), tables, codings.shifts)
    earlier = [row for row, reason in outdated.items() if reason == "duplicate" and rows[row].cells]
    rows, dates = date_rows(
        resources,
        rows,
        ids,
        lambda row: sum_items(rows[row], responses.forms[row], codings, tables),
        outdated=earlier,
        time_zone=layout.columns.time_zone,
    )
    questions = [*_ask_items(source, responses), *_ask_weights(source, weighed)]
    _check_found(source, rows, questions)
    used = [subjects[row] for row, flat in rows.items() if not flat.reason]
    questions += _ask_patients(source, used)
    columns = _list_columns(rows.values())
    header = ("patient_id", "date", *(f"{id}_{_HEADERS.get(part, part)}" for id, part in columns))
    cells = [
        ["", "", *([""] * len(columns))]
        if flat.reason
        else [ids[row], dates[row], *(flat.cells.get(role, "") for role in columns)]
        for row, flat in rows.items()
    ]
    index = pd.Index(list(rows), dtype="int64", name="row")
    faults = pd.Series([flat.reason or pd.NA for flat in rows.values()], index=index, dtype="string")
    return Table(
        number=source.number,
        sha256=source.sha256,
        kind="fhir",
        sheet=0,
        header=header,
        cells=pd.DataFrame(cells, index=index, columns=range(len(header)), dtype=object),
        row_faults=faults,
        date_typed=frozenset(),
        notes=(
            *notes,
            *_note_rows(earlier, used),
            *_note(resources, responses, rows),
            *note_codings(codings),
        ),
        n_rows=counted,
        format="fhir",
        questions=tuple(questions),
    )


def _check_types(source: Source, resources: Sequence[Resource]) -> None:
    types = {one.type for one in resources}
    if not resources:
        source.refuse("E252", "at least one resource is needed; there is none. Check the export.")
    if not any(types):
        source.refuse(
            "E250",
            "FHIR resources are needed; this JSON holds none. Export QuestionnaireResponse and Observation "
            "resources, or a table.",
        )
    if types <= set(DEFINING):
        source.refuse(
            "E250",
            "data are needed; this defines a form, a companion of its responses. Name it as dictionary of "
            "their [[source]] in outcomes.toml.",
        )


def _read_row(
    resource: Resource,
    responses: Responses,
    known: Mapping[str, Role],
    tables: Mapping[Role, AnswerTable],
) -> Flat:
    if resource.row in responses.rows:
        return responses.rows[resource.row]
    if resource.type == "Observation":
        return read_observation(resource.content, known, tables)
    return Flat("other_resource")


def _list_patients(resources: Iterable[Resource]) -> dict[str, str]:
    """The ids of the patients that stand in the file under the address of their entry."""
    found = {one.url: text_of(one.content.get("id")) for one in resources if one.type == "Patient"}
    return {url: id for url, id in found.items() if url.startswith("urn:") and id}


def _list_columns(rows: Iterable[Flat]) -> list[Role]:
    """The columns of the instruments that occur: items, difficulty and total, as far as any row has them."""
    roles = {role for flat in rows for role in flat.cells}
    columns: list[Role] = []
    for id in list_recognized():
        parts = {part for owner, part in roles if owner == id}
        if any(part.isdigit() for part in parts):
            columns += [(id, str(number)) for number in range(1, get_instrument(id).n_items + 1)]
            columns += [(id, "difficulty")] if "difficulty" in parts else []
        columns += [(id, "total")] if parts & {"total", "panel"} else []
    return columns


def _check_found(source: Source, rows: Mapping[int, Flat], questions: Sequence[Problem]) -> None:
    """Refuse a file in which nothing is one of our questionnaires."""
    if any(flat.cells for flat in rows.values()):
        return
    raise_problems(questions)
    titles = sorted({flat.title for flat in rows.values() if flat.title} - {SINGLE})
    if titles:
        message = (
            f"a PHQ-9, GAD-7 or PCL-5 is needed; there is only {', '.join(titles)}, which is never read as "
            "one of them. Export the right questionnaire, or map its code under [codes] in a layout if the "
            "export misnames it."
        )
        source.refuse("E257", message)
    source.refuse(
        "E250",
        "responses to the PHQ-9, GAD-7 or PCL-5, or Observations of their totals, are needed; none was "
        "recognized. Name the form's Questionnaire as dictionary of the [[source]], or map the codes of the "
        "totals under [codes] in a layout.",
    )


def _ask_items(source: Source, responses: Responses) -> list[Problem]:
    if not responses.open:
        return []
    message = (
        f"each answer must be known as an item; {len(responses.open)} responses have linkIds, codes or texts "
        "that do not say which, or contradict each other. Give the form's Questionnaire, in the one version "
        "that they answer: as dictionary of the [[source]], or with --dictionary."
    )
    return [Problem("E255", source.where(row=min(responses.open)), message)]


def _ask_weights(source: Source, weighed: Mapping[int, int]) -> list[Problem]:
    if not weighed:
        return []
    message = (
        f"stated weights of answers must be their scores; those of {max(weighed.values())} answers "
        f"are not, in {len(weighed)} responses. Correct the answer list of the form."
    )
    return [Problem("E273", source.where(row=min(weighed)), message)]


def _ask_patients(source: Source, used: Sequence[Subject]) -> list[Problem]:
    """Two servers, or two systems of identifiers, may give one id to two patients."""
    shared = count_shared_ids(used)
    if not shared:
        return []
    message = (
        f"an id must mean one patient; {shared} ids stand under the addresses of several servers, or of "
        "several systems of identifiers. Export each of them to a file of its own, with its site."
    )
    return [Problem("E226", source.where(), message)]


def _note(resources: Sequence[Resource], responses: Responses, rows: Mapping[int, Flat]) -> list[str]:
    """What the file holds, and by what its items were known."""
    observations = sum(one.type == "Observation" for one in resources)
    notes = [f"{len(responses.rows)} responses and {observations} Observations among {len(rows)} resources"]
    notes += [f"items of {count} responses are known by {how}" for how, count in responses.ways.items()]
    single = sum(flat.title == SINGLE for flat in rows.values())
    if single:
        notes.append(
            f"{single} Observations hold single answers or group others; questionnaires are read from "
            "responses, totals and components"
        )
    return notes


def _note_rows(earlier: Sequence[int], used: Sequence[Subject]) -> list[str]:
    """What became of versions, and by what the patients were known."""
    left = f"{len(earlier)} earlier versions of resources are left out; the latest count"
    notes = [left] if earlier else []
    named = sum(one.by_identifier and bool(one.id) for one in used)
    if named:
        notes.append(
            f"the patients of {named} rows are known by an identifier alone: it must be the id of a study or "
            "a made-up one, never a record number"
        )
    return notes
