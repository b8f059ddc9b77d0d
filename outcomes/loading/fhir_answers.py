"""Answers of FHIR resources as the text of a cell, and their stated weights as a check on the scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from outcomes.definitions.instrument import get_instrument
from outcomes.loading.answers import SEVERAL, AnswerTable, answer_table, difficulty_table, score_label
from outcomes.loading.fhir_forms import Form, read_weight
from outcomes.loading.fhir_json import objects_of, text_of
from outcomes.loading.fhir_links import Entry, Role
from outcomes.loading.layout import Layout, instrument_layout

_ABSENT = "data-absent-reason"


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


def table_of(role: Role, layout: Layout) -> AnswerTable:
    """The words and codes of the answers to a question; none for totals."""
    id, part = role
    if part.isdigit():
        return answer_table(get_instrument(id), labels=instrument_layout(layout, id).labels)
    return difficulty_table(get_instrument(id)) if part == "difficulty" else AnswerTable({}, {})


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


def count_wrong_weights(
    entries: Iterable[Entry],
    roles: Mapping[str, Role],
    form: Form | None,
    weights: Mapping[tuple[str, str], str],
    layout: Layout,
) -> int:
    """Count the answers whose weight, as the file states it, is not their score.

    Parameters
    ----------
    entries : the questions of one response
    roles : what they are
    form : its Questionnaire, whose whole answer lists are looked at
    weights : the weights of code systems, by system and code
    layout : Layout, whose labels count too
    """
    wrong = set()
    for entry in entries:
        role = roles.get(entry.link)
        if role is None or not role[1].isdigit():
            continue
        listed = form.concepts.get(entry.link, ()) if form else ()
        stated = [((one.code, one.display), one.weight) for one in listed]
        for answer in entry.answers:
            for coding in objects_of(answer.get("valueCoding")):
                code, display = text_of(coding.get("code")), text_of(coding.get("display"))
                weight = weights.get((text_of(coding.get("system")), code), "")
                stated.append(((code, display), read_weight(answer) or read_weight(coding) or weight))
        table = table_of(role, layout)
        wrong |= {(role[0], words, weight) for words, weight in stated if _differs(words, weight, table)}
    return len(wrong)


def _write(answer: Mapping[str, Any], table: AnswerTable, choices: Mapping[str, str]) -> str:
    """One answer: the word or code that has a score, else a number, else what is written."""
    value = next((one for key, one in answer.items() if key.startswith("value")), None)
    if not isinstance(value, dict):
        return text_of(value)
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


def _differs(words: Iterable[str], weight: str, table: AnswerTable) -> bool:
    scores = {score_label(word, table) for word in words} - {None}
    try:
        return bool(weight) and bool(scores) and {float(weight)} != scores
    except ValueError:
        return True
