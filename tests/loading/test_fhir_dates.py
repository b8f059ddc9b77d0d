"""Totals beside responses: the same assessment, another one, or none at all."""

from __future__ import annotations

import pytest

from tests.loading.fhir_examples import PHQ9, SCORES, bundle, item, items, observation, reasons_of, response

GOOD = [response(patient=f"G{n}") for n in range(12)]
FROM_R = {"derivedFrom": [{"reference": "QuestionnaireResponse/r"}]}
PART = {"asked": items(PHQ9[:5], SCORES), "questionnaire": "http://x.test/phq9"}
NEW_YORK = '[columns]\ntime_zone = "America/New_York"\n'


def total(value: int, when: str = "2026-03-01", **more) -> dict:
    """An Observation of a PHQ-9 total."""
    return observation("44261-6", value, effectiveDateTime=when, **more)


def judge(load_fhir, *made: dict, layout: str = "") -> list[str]:
    """The reasons of some resources beside good ones."""
    return reasons_of(load_fhir(bundle(*GOOD, *made), layout))[len(GOOD) :]


@pytest.mark.parametrize(
    ("of", "reasons"),
    [
        (response(id="r", status="in-progress", **PART), ["not_completed"] * 2),
        (response(id="r", status="entered-in-error"), ["not_completed"] * 2),
        (response(id="r", questionnaire="http://x.test/phq9-modified-for-teens"), ["lookalike"] * 2),
        (response(id="r", patient="P2"), ["used", "answer_conflict"]),
        (response(id="r", subject=None), ["missing_id", "used"]),
        (response(id="r"), ["used", "duplicate"]),
    ],
)
def test_a_derived_total_shares_what_its_response_is(load_fhir, of, reasons):
    assert judge(load_fhir, of, total(13, "2026-05-05", **FROM_R)) == reasons


def test_of_two_responses_with_one_id_that_of_the_patient_counts(load_fhir):
    made = [response(id="r", patient=patient) for patient in ("P2", "P1", "P3")]
    assert judge(load_fhir, *made, total(13, **FROM_R)) == ["used", "used", "used", "duplicate"]


@pytest.mark.parametrize(
    ("of", "value", "when", "reasons"),
    [
        ({}, 13, "2026-03-01T09:00:05", ["used", "duplicate"]),
        ({}, 13, "2026-03-01T17:00:00", ["used", "duplicate"]),
        ({}, 12, "2026-03-01T09:00:05", ["conflicting_duplicate"] * 2),
        ({}, 12, "2026-03-01T08:01:00", ["conflicting_duplicate"] * 2),
        ({}, 12, "2026-03-01T10:00:00", ["used", "used"]),
        ({}, 13, "2026-03-02T08:00:00", ["used", "used"]),
        (PART, 6, "2026-03-01T09:10:00", ["used", "duplicate"]),
        (PART, 6, "2026-03-01T12:00:00", ["used", "used"]),
    ],
    ids=[
        "seconds later", "hours later", "another total", "shortly before", "another total an hour later",
        "the next day", "a part", "a part hours before",
    ],
)  # fmt: skip
def test_a_total_without_a_link_is_that_of_a_response_of_its_day(load_fhir, of, value, when, reasons):
    assert judge(load_fhir, response(authored="2026-03-01T09:00:00", **of), total(value, when)) == reasons


def test_the_total_of_another_patient_or_questionnaire_stands(load_fhir):
    made = response(authored="2026-03-01T09:00:00")
    assert judge(load_fhir, made, total(13, "2026-03-01T09:00:05", patient="P2")) == ["used", "used"]
    other = observation("70274-6", 13, effectiveDateTime="2026-03-01T09:00:05")
    assert judge(load_fhir, made, other) == ["used", "used"]


def test_two_assessments_of_a_day_keep_their_own_totals(load_fhir):
    later = response(items(PHQ9, [0] * 9), authored="2026-03-01T16:00:00")
    made = [response(authored="2026-03-01T09:00:00"), later]
    totals = [total(13, "2026-03-01T09:00:05"), total(0, "2026-03-01T16:00:05")]
    assert judge(load_fhir, *made, *totals) == ["used", "used", "duplicate", "duplicate"]


def test_the_day_is_that_of_the_clinics_clock(load_fhir):
    made = response(authored="2026-03-02T03:30:00Z")
    late, next_day = total(13, "2026-03-01T17:00:00-05:00"), total(13, "2026-03-02T09:00:00-05:00")
    assert judge(load_fhir, made, late, layout=NEW_YORK) == ["used", "duplicate"]
    assert judge(load_fhir, made, next_day, layout=NEW_YORK) == ["used", "used"]


def test_numbers_are_added_as_their_form_counts_them(load_fhir):
    asked = [item(code, {"valueInteger": score + 1}) for code, score in zip(PHQ9, SCORES, strict=True)]
    made = response(asked, authored="2026-03-01T09:00:00")
    layout = '[phq9]\ncoding = "1-4"\n'
    assert judge(load_fhir, made, total(13, "2026-03-01T17:00:00"), layout=layout) == ["used", "duplicate"]
