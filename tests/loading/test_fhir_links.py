"""Where codes, linkIds, numbers and texts disagree, or do not suffice, loading asks which item is which."""

from __future__ import annotations

import pytest

from tests.loading.fhir_examples import (
    DIFFICULT,
    PHQ9,
    PHQ9_TEXTS,
    SCORES,
    answers_of,
    bundle,
    coding,
    form,
    item,
    items,
    response,
)

URL = "http://x.test/phq9"
SWAPPED = [PHQ9[8], *PHQ9[1:8], PHQ9[0]]


def numbers(count: int, start: int = 1, stem: str = "q") -> list[str]:
    """Numbered linkIds."""
    return [f"{stem}{n}" for n in range(start, start + count)]


@pytest.mark.parametrize("links", [PHQ9, [f"/{code}" for code in PHQ9], numbers(9, stem="phq9_")])
@pytest.mark.parametrize(("codes", "asked"), [(PHQ9, []), (SWAPPED, ["E255"])])
def test_the_code_of_a_question_and_its_linkid_must_be_one_item(load_fhir, refuse_fhir, links, codes, asked):
    content = bundle(
        form(links, [""] * 9, codes=codes, url=URL), response(items(links, SCORES), questionnaire=URL)
    )
    if asked:
        assert refuse_fhir(content) == asked
    else:
        assert answers_of(load_fhir(content)) == list(SCORES)


def test_linkids_that_count_on_from_another_number_follow_the_codes(load_fhir):
    links = numbers(9, 0, "phq9_")
    content = bundle(
        form(links, [""] * 9, codes=PHQ9, url=URL), response(items(links, SCORES), questionnaire=URL)
    )
    assert answers_of(load_fhir(content)) == list(SCORES)


@pytest.mark.parametrize("links", [numbers(10), numbers(8), numbers(9, 2), [*numbers(4), *numbers(4, 6)]])
def test_a_bare_series_that_has_not_the_number_of_the_items_asks(refuse_fhir, links):
    asked = items(links, (*SCORES, 1))
    assert refuse_fhir(response(asked, questionnaire=URL)) == ["E255"]


def test_a_tenth_question_of_a_bare_series_may_be_known_as_the_difficulty(load_fhir):
    answer = {"valueCoding": {"code": "LA6574-3"}}
    by_text = response([*items(numbers(9), SCORES), item("q10", answer, text=DIFFICULT)], questionnaire=URL)
    assert load_fhir(by_text).scores[["total", "difficulty"]].to_numpy().tolist() == [[13, 3]]
    made = form(numbers(10), [""] * 10, url=URL)
    made["item"][9]["code"] = [{"code": "69722-7"}]
    by_code = response([*items(numbers(9), SCORES), item("q10", answer)], questionnaire=URL)
    assert load_fhir(bundle(made, by_code)).scores[["total", "difficulty"]].to_numpy().tolist() == [[13, 3]]


def test_texts_prove_a_bare_series_of_another_length(load_fhir):
    links, texts = [*numbers(4), *numbers(4, 6)], [*PHQ9_TEXTS[:4], *PHQ9_TEXTS[5:]]
    gap = response(items(links, [0, 1, 2, 3, 1, 2, 3, 1], texts), questionnaire=URL)
    scores = load_fhir(gap).scores
    assert (scores["n_items_answered"].tolist(), scores["item_6"].tolist()) == ([8], [1])
    more = [*items(numbers(9), SCORES, PHQ9_TEXTS), item("q10", coding(3), text="Anything else?")]
    assert load_fhir(response(more, questionnaire=URL)).scores["total"].tolist() == [13]


def test_a_questionnaire_says_how_many_questions_there_are(load_fhir, refuse_fhir):
    gap = response(items([*numbers(4), *numbers(4, 6)], [0, 1, 2, 3, 1, 2, 3, 1]), questionnaire=URL)
    assert load_fhir(bundle(form(numbers(9), [""] * 9, url=URL), gap)).scores["item_6"].tolist() == [1]
    nine = response(items(numbers(9), SCORES), questionnaire=URL)
    assert refuse_fhir(bundle(form(numbers(10), [""] * 10, url=URL), nine)) == ["E255"]
