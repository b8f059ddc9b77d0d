"""Which Questionnaire a response answers: by its address, its version and its server."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.loading.fhir_examples import (
    LABELS,
    PHQ9,
    PHQ9_TEXTS,
    SCORES,
    answers_of,
    bundle,
    form,
    item,
    response,
)

URL = "http://x.test/phq9"
NUMBERED = [f"q{n}" for n in range(1, 10)]


def coded(first: int, **more) -> dict:
    """A Questionnaire whose answers are codes that count from `first`."""
    made = form(NUMBERED, PHQ9_TEXTS, codes=PHQ9, **more)
    for one in made["item"]:
        one["answerOption"] = [
            {"valueCoding": {"code": str(first + n), "display": label}} for n, label in enumerate(LABELS)
        ]
    return made


def answered(address: str, first: int, scores: Sequence[int] = SCORES, **more) -> dict:
    """A response by codes alone."""
    asked = [
        item(link, {"valueCoding": {"code": str(first + score)}})
        for link, score in zip(NUMBERED, scores, strict=True)
    ]
    return response(asked, questionnaire=address, **more)


FROM_0 = coded(0, url=URL, version="1")
FROM_1 = coded(1, url=URL, version="2")


@pytest.mark.parametrize("forms", [(FROM_0, FROM_1), (FROM_1, FROM_0)])
@pytest.mark.parametrize(("version", "first"), [("1", 0), ("2", 1)])
def test_a_response_is_read_by_the_version_that_it_names(load_fhir, forms, version, first):
    assert answers_of(load_fhir(bundle(*forms, answered(f"{URL}|{version}", first)))) == list(SCORES)


def test_another_version_of_a_form_says_nothing(refuse_fhir):
    assert refuse_fhir(bundle(FROM_0, answered(f"{URL}|2", 1, [0] * 9))) == ["E253"]


def test_a_response_without_a_version_is_read_where_all_versions_say_the_same(load_fhir, refuse_fhir):
    assert refuse_fhir(bundle(FROM_0, FROM_1, answered(URL, 0))) == ["E255"]
    same = coded(0, url=URL, version="2")
    for one in same["item"]:
        del one["code"]
    for forms in ((FROM_0,), (FROM_0, same)):
        assert answers_of(load_fhir(bundle(*forms, answered(URL, 0)))) == list(SCORES)


@pytest.mark.parametrize("order", [1, -1])
def test_one_id_on_two_servers_is_two_forms(load_fhir, order):
    addresses = [f"http://{server}.test/Questionnaire/phq9" for server in "ab"]
    forms = [coded(first, url=url, id="phq9") for first, url in enumerate(addresses)]
    made = [answered(url, first, patient=f"P{first}") for first, url in enumerate(addresses)]
    cohort = load_fhir(bundle(*forms[::order], *made))
    assert [answers_of(cohort, row=row) for row in (0, 1)] == [list(SCORES)] * 2


def test_the_form_of_another_server_says_nothing(refuse_fhir):
    other = coded(0, url="http://a.test/Questionnaire/phq9", id="phq9")
    assert refuse_fhir(bundle(other, answered("http://b.test/Questionnaire/phq9", 1, [0] * 9))) == ["E253"]


def test_an_answer_list_is_that_of_the_version_that_the_form_names(load_fhir):
    lists = [
        {
            "resourceType": "ValueSet",
            "url": "http://x.test/list",
            "version": str(first),
            "expansion": {
                "contains": [{"code": str(first + n), "display": label} for n, label in enumerate(LABELS)]
            },
        }
        for first in (1, 0)
    ]
    made = form(NUMBERED, PHQ9_TEXTS, codes=PHQ9, url=URL)
    for one in made["item"]:
        one["answerValueSet"] = "http://x.test/list|1"
    assert answers_of(load_fhir(bundle(*lists, made, answered(URL, 1)))) == list(SCORES)


@pytest.mark.parametrize("order", [1, -1])
def test_versions_of_which_one_is_ours_ask_where_none_is_named(refuse_fhir, load_fhir, order):
    other = form(
        NUMBERED, [f"Something else {link}" for link in NUMBERED], url="http://x.test/f", version="0"
    )
    ours = coded(0, url="http://x.test/f", version="1")
    made = answered("http://x.test/f", 0, patient="P2")
    assert refuse_fhir(bundle(*[other, ours][::order], response(), made)) == ["E255"]
    named = answered("http://x.test/f|1", 0, patient="P2")
    assert len(load_fhir(bundle(*[other, ours][::order], response(), named)).scores) == 2


def test_versions_of_which_none_is_ours_are_not_asked_about(load_fhir):
    links = ["smokes", "sleeps"]
    forms = [
        form(links, [f"{text} {n}" for text in links], url="http://x.test/f", version=str(n)) for n in (1, 2)
    ]
    made = response([item("smokes", {"valueBoolean": False})], questionnaire="http://x.test/f", patient="P2")
    assert len(load_fhir(bundle(*forms, response(), made)).scores) == 1
