"""Made-up FHIR resources: responses, Observations, forms and Bundles of nobody."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

PHQ9 = ("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8")
GAD7 = ("69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7")
LABELS = ("Not at all", "Several days", "More than half the days", "Nearly every day")
CODES = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")
PHQ9_TEXTS = (
    "Little interest or pleasure in doing things",
    "Feeling down, depressed, or hopeless",
    "Trouble falling or staying asleep, or sleeping too much",
    "Feeling tired or having little energy",
    "Poor appetite or overeating",
    "Feeling bad about yourself",
    "Trouble concentrating on things",
    "Moving or speaking so slowly that other people could have noticed",
    "Thoughts that you would be better off dead",
)
GAD7_TEXTS = (
    "Feeling nervous, anxious, or on edge",
    "Not being able to stop or control worrying",
    "Worrying too much about different things",
    "Trouble relaxing",
    "Being so restless that it is hard to sit still",
    "Becoming easily annoyed or irritable",
    "Feeling afraid, as if something awful might happen",
)
DIFFICULT = "How difficult have these problems made it for you to do your work?"
SCORES = (0, 1, 2, 3, 0, 1, 2, 3, 1)
"""Answers to nine items; their sum is 13."""

WEIGHT = "http://hl7.org/fhir/StructureDefinition/ordinalValue"


def coding(score: int, **more: Any) -> dict:
    """An answer by its LOINC code, without system and display."""
    return {"valueCoding": {"code": CODES[score], **more}}


def item(link: str, *answers: dict, text: str = "", **more: Any) -> dict:
    """One question with its answers."""
    made: dict[str, Any] = {"linkId": link, **more}
    if text:
        made["text"] = text
    if answers:
        made["answer"] = list(answers)
    return made


def items(links: Iterable[str], scores: Iterable[int], texts: Sequence[str] = ()) -> list[dict]:
    """Questions answered by code, in their order."""
    words = list(texts) or [""] * 99
    return [
        item(link, coding(score), text=text) for link, score, text in zip(links, scores, words, strict=False)
    ]


def response(asked: list[dict] | None = None, *, patient: str = "P1", **more: Any) -> dict:
    """A completed response; keys that are given as None are left out."""
    made = {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "subject": {"reference": f"Patient/{patient}"},
        "authored": "2026-03-01",
        "item": items(PHQ9, SCORES) if asked is None else asked,
        **more,
    }
    return {key: value for key, value in made.items() if value is not None}


def observation(code: str, value: Any = None, *, patient: str = "P1", **more: Any) -> dict:
    """A final Observation with a whole number."""
    made = {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": "2026-03-01",
        "code": {"coding": [{"code": code}]},
        "valueInteger": value,
        **more,
    }
    return {key: value for key, value in made.items() if value is not None}


def part(code: str, value: int) -> dict:
    """A component of an Observation."""
    return {"code": {"coding": [{"code": code}]}, "valueInteger": value}


def form(links: Iterable[str], texts: Iterable[str], *, codes: Sequence[str] = (), **more: Any) -> dict:
    """A Questionnaire whose questions are choices."""
    asked = [
        {"linkId": link, "type": "choice", "text": text} for link, text in zip(links, texts, strict=True)
    ]
    for one, code in zip(asked, codes, strict=False):
        one["code"] = [{"system": "http://loinc.org", "code": code}]  # type: ignore[assignment]
    return {"resourceType": "Questionnaire", "status": "active", "item": asked, **more}


def options(weights: Sequence[float], labels: Sequence[str] = LABELS) -> list[dict]:
    """Answer options with weights."""
    return [
        {"valueCoding": {"code": label}, "extension": [{"url": WEIGHT, "valueDecimal": weight}]}
        for label, weight in zip(labels, weights, strict=True)
    ]


def bundle(*resources: dict) -> dict:
    """A Bundle of resources."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": one} for one in resources],
    }


def lines(*resources: dict) -> str:
    """One resource per line."""
    return "".join(json.dumps(one) + "\n" for one in resources)


def reasons_of(cohort) -> list:
    """The reason of each row, or "used"."""
    return cohort.ledger["reason"].fillna("used").tolist()


def answers_of(cohort, id="phq9", row=0) -> list:
    """The item scores of a questionnaire."""
    size = {"phq9": 9, "gad7": 7, "pcl5": 20}[id]
    scores = cohort.scores[cohort.scores["instrument"] == id]
    return scores[[f"item_{n}" for n in range(1, size + 1)]].iloc[row].tolist()
