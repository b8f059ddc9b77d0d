"""The numbers of one form say nothing about those of another, and stated weights are held against them."""

from __future__ import annotations

import pytest

from tests.loading.fhir_examples import (
    LABELS,
    PHQ9,
    PHQ9_TEXTS,
    SCORES,
    WEIGHT,
    answers_of,
    bundle,
    form,
    item,
    observation,
    part,
    reasons_of,
    response,
)

A, B = "http://x.test/a", "http://x.test/b"
LOW = (1, 0, 2, 0, 1, 0, 2, 0, 1)
"""Answers without the highest score; their sum is 7."""


def numbered(url: str, scores=LOW, first: int = 0, *, more=(), **settings) -> dict:
    """A response in bare numbers that count from `first`."""
    asked = [item(code, {"valueInteger": score + first}) for code, score in zip(PHQ9, scores, strict=True)]
    return response([*asked, *more], questionnaire=url, **settings)


def offering(url: str, numbers, weights=None, *, coded: bool = False) -> dict:
    """A Questionnaire whose answers are bare numbers, with weights where they are given."""
    made = form(PHQ9, PHQ9_TEXTS, url=url)
    for one in made["item"]:
        one["answerOption"] = [
            {"valueCoding": {"code": str(number)}} if coded else {"valueInteger": number}
            for number in numbers
        ]
        for option, weight in zip(one["answerOption"], weights or [], strict=False):
            option["extension"] = [{"url": WEIGHT, "valueDecimal": weight}]
    return made


def totals_of(cohort) -> dict:
    """The total of each patient."""
    return cohort.scores.set_index("patient_id")["total"].to_dict()


@pytest.mark.parametrize("coded", [False, True])
def test_each_form_counts_as_its_own_answer_list_says(load_fhir, coded):
    cohort = load_fhir(
        bundle(
            offering(B, [1, 2, 3, 4], coded=coded),
            numbered(A, SCORES, patient="A"),
            numbered(B, first=1, patient="B"),
        )
    )
    assert totals_of(cohort) == {"A": 13, "B": 7}


@pytest.mark.parametrize(("numbers", "first"), [([0, 1, 2, 3], 0), ([1, 2, 3, 4], 1)])
def test_an_answer_list_of_numbers_settles_a_form_without_zeros(load_fhir, numbers, first):
    made = numbered(A, [1] * 9, first)
    assert totals_of(load_fhir(bundle(offering(A, numbers), made))) == {"P1": 9}


def test_the_zeros_of_one_form_prove_nothing_about_another(load_fhir, refuse_fhir):
    content = bundle(numbered(A, SCORES, patient="A"), numbered(B, [1, 2, 2, 1, 1, 1, 1, 1, 1], patient="B"))
    assert refuse_fhir(content) == ["E253"]
    assert totals_of(load_fhir(content, '[phq9]\ncoding = "0-3"\n')) == {"A": 13, "B": 11}


def test_a_coding_that_a_layout_declares_holds_for_forms_that_prove_none(load_fhir):
    content = bundle(
        offering(A, [0, 1, 2, 3]),
        *(numbered(A, SCORES, patient=f"A{n}") for n in range(2)),
        numbered(B, first=1, patient="B"),
    )
    assert totals_of(load_fhir(content, '[phq9]\ncoding = "1-4"\n')) == {"A0": 13, "A1": 13, "B": 7}


def test_zeros_of_every_form_leave_the_numbers_as_they_are(load_fhir):
    made = [numbered(url, SCORES, patient=f"{n}{url[-1]}") for url in (A, B) for n in range(6)]
    made[0]["item"][0]["answer"] = [{"valueInteger": 7}]
    cohort = load_fhir(bundle(*made))
    assert reasons_of(cohort) == ["out_of_range"] + ["used"] * 11
    assert any("proven: 0 occurs" in note for note in cohort.notes)


def test_recorded_totals_prove_the_form_that_states_them_only(load_fhir, refuse_fhir):
    stated = [item("44261-6", {"valueInteger": sum(SCORES)})]
    made = [numbered(A, SCORES, 1, more=stated, patient="A"), numbered(A, LOW, 1, patient="A2")]
    assert totals_of(load_fhir(bundle(*made))) == {"A": 13, "A2": 7}
    assert refuse_fhir(bundle(*made, numbered(B, [1] * 9, 1, patient="B"))) == ["E253"]
    zeros = load_fhir(bundle(*made, numbered(B, SCORES, patient="B")))
    assert totals_of(zeros) == {"A": 13, "A2": 7, "B": 13}


def test_a_number_that_a_form_cannot_mean_takes_out_its_own_response_only(load_fhir):
    made = [numbered(B, LOW, 1, patient=f"P{n}") for n in range(6)]
    made[0]["item"][0]["answer"] = [{"valueInteger": 0}]
    cohort = load_fhir(bundle(offering(B, [1, 2, 3, 4]), *made))
    assert reasons_of(cohort) == ["other_resource", "not_a_number", *["used"] * 5]


def test_items_in_observations_are_judged_by_themselves(refuse_fhir):
    parts = [part(code, 1) for code in PHQ9]
    content = bundle(numbered(A, SCORES), observation("44249-1", component=parts, patient="B"))
    assert refuse_fhir(content) == ["E253"]


@pytest.mark.parametrize("place", ["option", "answer", "coding"])
@pytest.mark.parametrize(
    ("first", "weights", "codes"),
    [(0, [0, 1, 2, 3], []), (0, [0, 1, 1, 2], ["E273"]), (1, [0, 1, 2, 3], []), (1, [1, 2, 3, 4], ["E273"])],
)
def test_a_weight_of_a_bare_number_must_be_its_score(load_fhir, refuse_fhir, place, first, weights, codes):
    numbers = [first + n for n in range(4)]
    made = numbered(A, SCORES, first)
    for one, score in zip(made["item"], SCORES, strict=True):
        stated = {"extension": [{"url": WEIGHT, "valueDecimal": weights[score]}]}
        if place == "answer":
            one["answer"][0] |= stated
        elif place == "coding":
            one["answer"] = [{"valueCoding": {"code": str(score + first), **stated}}]
    content = bundle(offering(A, numbers, weights if place == "option" else None), made)
    if codes:
        assert refuse_fhir(content) == codes
    else:
        assert answers_of(load_fhir(content)) == list(SCORES)


def test_a_weight_that_no_coding_explains_is_refused_before_the_coding_is_known(refuse_fhir):
    made = numbered(A, [1] * 9, 1)
    made["item"][0]["answer"] = [{"valueInteger": 3, "extension": [{"url": WEIGHT, "valueDecimal": 1}]}]
    assert refuse_fhir(made)[0] == "E273"


def test_a_number_counts_by_the_label_that_its_form_gives_it(load_fhir):
    made = form(PHQ9, PHQ9_TEXTS, url=A)
    for one in made["item"]:
        one["answerOption"] = [
            {"valueCoding": {"code": str(n + 1), "display": label}} for n, label in enumerate(LABELS)
        ]
    assert answers_of(load_fhir(bundle(made, numbered(A, SCORES, 1)))) == list(SCORES)
