"""Answers of FHIR resources as the text of a cell, and their stated weights as a check on the scores."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from outcomes.definitions.instrument import get_instrument, list_recognized
from outcomes.loading.answers import SEVERAL, AnswerTable, answer_table, difficulty_table, score_label
from outcomes.loading.choices import Choices
from outcomes.loading.fhir.documents import objects_of, text_of
from outcomes.loading.fhir.forms import Form, read_weight
from outcomes.loading.fhir.links import Entry, Role
from outcomes.loading.layouts.layout import Layout, instrument_layout

_ABSENT = "data-absent-reason"
_WHOLE = re.compile(r"-?[0-9]{1,9}(?:\.0*)?")
_OPEN = (0, 1)  # what may be taken from a number


@dataclass(frozen=True)
class Flat:
    """One resource as a row.

    Attributes
    ----------
    reason : str, why it is no questionnaire of ours; empty where it is one
    cells : mapping of Role to the text of its cell; blank ones tell which questions there are
    title : str, the similar instrument that it is; empty where it is none
    """

    reason: str = ""
    cells: Mapping[Role, str] = field(default_factory=dict)
    title: str = ""


def make_tables(layout: Layout) -> dict[Role, AnswerTable]:
    """The words and codes of the answers to every question, with the labels of the layout."""
    tables: dict[Role, AnswerTable] = {}
    for id in list_recognized():
        one = get_instrument(id)
        answers = answer_table(one, labels=instrument_layout(layout, id).labels)
        tables |= {(id, str(item.number)): answers for item in one.items}
        tables |= dict.fromkeys([(id, "total"), (id, "panel")], AnswerTable({}, Choices({})))
        tables[id, "difficulty"] = difficulty_table(one)
    return tables


def write_answers(
    answers: Sequence[Mapping[str, Any]], table: AnswerTable, choices: Mapping[str, str]
) -> str:
    """The answers to one question as the text of a cell; several are marked as such, none is blank.

    Parameters
    ----------
    answers : the answers, or the parts of an Observation, each with a value of any type
    table : AnswerTable of the question
    choices : the Questionnaire's codes and labels of the question
    """
    written = [text for answer in answers if (text := _write(answer, table, choices))]
    return SEVERAL if len(written) > 1 else "".join(written)


def count_wrong_options(
    form: Form | None,
    roles: Mapping[str, Role],
    tables: Mapping[Role, AnswerTable],
    shifts: Mapping[str, int | None],
) -> int:
    """Count the answers that a Questionnaire offers to our items with a weight that is not their score.

    Parameters
    ----------
    form : Form or None
    roles : the items of the form
    tables : the answers of make_tables
    shifts : what is taken from the numbers of each instrument in this form; None where that is open
    """
    if form is None:
        return 0
    offered = {
        (roles[link][0], one): tables[roles[link]]
        for link, concepts in form.concepts.items()
        if link in roles and roles[link][1].isdigit()
        for one in concepts
        if one.weight
    }
    return sum(
        _differs((one.code, one.display), one.weight, table, shifts.get(id))
        for (id, one), table in offered.items()
    )


def count_wrong_answers(
    entries: Iterable[Entry],
    form: Form | None,
    roles: Mapping[str, Role],
    weights: Mapping[tuple[str, str], str],
    tables: Mapping[Role, AnswerTable],
    shifts: Mapping[str, int | None],
) -> int:
    """Count the answers of a response whose own weight, or that of their code system, is not their score."""
    wrong = 0
    for entry in entries:
        id, part = roles.get(entry.link, ("", ""))
        choices = list_choices(form, entry.link)
        for answer in entry.answers if part.isdigit() else ():
            for coding in objects_of(answer.get("valueCoding")) or [{}]:
                code, display = (
                    text_of(coding.get("code")) or _number_of(answer),
                    text_of(coding.get("display")),
                )
                listed = weights.get((text_of(coding.get("system")), code), "")
                weight = read_weight(answer) or read_weight(coding) or listed
                words = (code, display, choices.get(code, ""))
                wrong += bool(weight) and _differs(words, weight, tables[id, part], shifts.get(id))
    return wrong


def list_choices(form: Form | None, link: str) -> Mapping[str, str]:
    """The codes and labels that a Questionnaire offers to a question."""
    return form.fields[link].choices if form and link in form.fields else {}


def read_number(text: str) -> int | None:
    """The whole number that a text is; None where it is none."""
    return int(float(text)) if _WHOLE.fullmatch(text) else None


def _number_of(answer: Mapping[str, Any]) -> str:
    return text_of(answer.get("valueInteger")) or text_of(answer.get("valueDecimal"))


def _write(answer: Mapping[str, Any], table: AnswerTable, choices: Mapping[str, str]) -> str:
    """One answer: the word or code that has a score, else a number, else what is written."""
    value = next((one for key, one in answer.items() if key.startswith("value")), None)
    if not isinstance(value, dict):
        label = choices.get(text_of(value), "")
        return label if score_label(label, table) is not None else text_of(value)
    if "value" in value:
        return f"{text_of(value.get('comparator'))}{text_of(value.get('value'))}"
    codings = objects_of(value.get("coding")) or [value]
    codings = [one for one in codings if _ABSENT not in text_of(one.get("system"))]
    codes = [text_of(one.get("code")) for one in codings]
    words = [*(text_of(one.get("display")) for one in codings), *(choices.get(code, "") for code in codes)]
    words = [word for word in (*words, text_of(value.get("text")) if codings else "", *codes) if word]
    scores = {score: word for word in words if (score := score_label(word, table)) is not None}
    if len(scores) > 1:
        return SEVERAL
    return next(iter(scores.values()), words[0] if words else "")


def _differs(words: Sequence[str], weight: str, table: AnswerTable, shift: int | None) -> bool:
    """Whether a weight is not the score of these words; a bare number counts as those of its form."""
    scores = {score for word in words if (score := score_label(word, table)) is not None}
    numbers = {number for word in words if (number := read_number(word)) is not None}
    possible = (
        [scores] if scores else [{n - taken for n in numbers} for taken in _OPEN if shift in (None, taken)]
    )
    try:
        return bool(scores or numbers) and {float(weight)} not in possible
    except ValueError:
        return True
