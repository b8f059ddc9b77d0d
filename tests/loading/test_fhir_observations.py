"""Observations that say two things of one number, and parts that say nothing."""

from __future__ import annotations

import pytest

from tests.loading.fhir_examples import bundle, observation, part, reasons_of, response

GOOD = [response(patient=f"G{n}") for n in range(6)]
PANEL_IS_TOTAL = "[rules]\npanel_code_is_total = true\n"


def coded(*codes: str, value: int | None = 12, **more) -> dict:
    """An Observation whose one list holds several codes."""
    made = observation(codes[0], value, **more)
    made["code"]["coding"] = [{"code": code} for code in codes]
    return made


@pytest.mark.parametrize(
    ("made", "layout"),
    [
        (observation("44261-6", 12, component=[part("44261-6", 15)]), ""),
        (observation("x", component=[part("44261-6", 12), part("720433000", 15)]), ""),
        (observation("44249-1", 27, component=[part("44261-6", 15)]), PANEL_IS_TOTAL),
        (coded("44261-6", "70274-6"), ""),
        (coded("69737-5", "44261-6"), ""),
        (coded("44250-9", "44261-6"), ""),
        (observation("x", component=[part("44250-9", 1), {**coded("44255-8", "44259-0")}]), ""),
    ],
)
def test_two_totals_or_two_meanings_of_one_number_contradict(load_fhir, made, layout):
    assert reasons_of(load_fhir(bundle(*GOOD, made), layout))[-1] == "answer_conflict"


@pytest.mark.parametrize("other", ["89204-2", "55758-7"])
def test_the_code_of_a_similar_questionnaire_in_the_same_list_makes_a_lookalike(
    load_fhir, refuse_fhir, other
):
    for made in (coded("44261-6", other), coded(other, "44261-6")):
        assert reasons_of(load_fhir(bundle(*GOOD, made)))[-1] == "lookalike"
        assert refuse_fhir(made) == ["E257"]
        assert load_fhir(made, f'codes = {{ "{other}" = "phq9" }}\n').scores["total"].tolist() == [12]


def test_a_total_under_the_code_of_the_teen_form_is_a_lookalike(load_fhir):
    made = observation("89204-2", component=[part("44261-6", 12)])
    assert reasons_of(load_fhir(bundle(*GOOD, made)))[-1] == "lookalike"


@pytest.mark.parametrize(
    "made",
    [
        observation("44261-6", 12, component=[{"code": {"coding": [{"code": "44261-6"}]}}]),
        observation("44261-6", 12, component=[part("720433000", 12)]),
        observation("44261-6", 12, component=[{**part("720433000", 0), "valueInteger": 12.0}]),
        coded("44249-1", "69737-5", value=None, component=[part("44261-6", 12)]),
    ],
)  # fmt: skip
def test_what_is_empty_or_says_the_same_contradicts_nothing(load_fhir, made):
    assert load_fhir(made).scores[["instrument", "total"]].to_numpy().tolist() == [["phq9", 12]]
