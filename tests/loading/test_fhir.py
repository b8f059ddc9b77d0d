"""FHIR resources: which rows there are, which questions they ask, and what is refused."""

from __future__ import annotations

import json
import random

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import DataError, DefinitionError, LedgerError, OutcomesError, PrivacyError
from outcomes.loading.extract import REASONS
from outcomes.loading.fhir.reader import read_fhir
from outcomes.loading.layouts.layout import LayoutFile
from outcomes.loading.source import Source
from tests.loading.fhir_examples import (
    DIFFICULT,
    GAD7,
    GAD7_TEXTS,
    LABELS,
    PHQ9,
    PHQ9_TEXTS,
    SCORES,
    answers_of,
    bundle,
    coding,
    form,
    item,
    items,
    lines,
    observation,
    options,
    part,
    reasons_of,
    response,
)

NUMBERED = [f"q{n}" for n in range(1, 10)]
PATIENT = {"resourceType": "Patient", "id": "p", "gender": "female"}
WORDS = [f"word{'abcdefghi'[n]}" for n in range(9)]


# Good responses beside the one that a test spoils, so that no more than a fifth of the rows is excluded.
GOOD = [response(patient=f"G{n}") for n in range(6)]
GOOD_2 = [response(patient=f"H{n}") for n in range(6)]


@pytest.mark.parametrize(
    "links",
    [
        PHQ9,
        [f"/{code}" for code in PHQ9],
        [f"/44249-1/{code}" for code in PHQ9],
        [f"PHQ-9.{n}" for n in range(1, 10)],
        [f"phq9_{n}" for n in range(1, 10)],
        [f"phq9_q0{n}" for n in range(1, 10)],
        [f"intake/PHQ9Q{n}" for n in range(1, 10)],
    ],
)
def test_an_item_is_known_by_its_linkid(load_fhir, links):
    assert answers_of(load_fhir(response(items(links, SCORES)))) == list(SCORES)


def test_loinc_numbers_are_not_the_order_of_the_items(load_fhir):
    mixed = sorted(zip(PHQ9, SCORES, strict=True))
    cohort = load_fhir(response(items([code for code, _ in mixed], [score for _, score in mixed])))
    assert answers_of(cohort) == list(SCORES)


@pytest.mark.parametrize("links", [[f"g1.q{n}" for n in range(1, 10)], [f"H1/T1/Q{n}" for n in range(1, 10)]])
@pytest.mark.parametrize(
    ("more", "codes"),
    [
        ({"questionnaire": "http://x.test/Questionnaire/example-PHQ9|1.0"}, None),
        ({"questionnaire": {"reference": "Questionnaire/phq-9"}}, None),
        ({"questionnaire": "http://loinc.org/q/44249-1"}, None),
        ({"questionnaire": "http://x.test/f"}, ["44261-6"]),
        ({}, ["69722-7"]),
    ],
)
def test_numbered_questions_need_an_instrument_that_is_named_otherwise(
    load_fhir, refuse_fhir, links, more, codes
):
    asked = items(links, SCORES)
    if codes == ["44261-6"]:
        asked.append(item("44261-6", {"valueInteger": 13}))
    if codes == ["69722-7"]:
        assert refuse_fhir(response(asked, **more)) == ["E255"]
        return
    assert answers_of(load_fhir(response(asked, **more))) == list(SCORES)


@pytest.mark.parametrize(
    "asked",
    [
        items([f"phq9_{n}" for n in range(9)], SCORES),
        items([f"t{t}_phq9_{n}" for t in (0, 1) for n in range(1, 10)], SCORES * 2),
        items([f"a.q{n}" for n in range(1, 10)] + [f"b.q{n}" for n in range(1, 10)], SCORES * 2),
        items(WORDS, SCORES),
    ],
    ids=["numbered from 0", "two visits", "two series", "words"],
)
def test_what_does_not_say_which_item_it_is_asks(refuse_fhir, asked):
    assert refuse_fhir(response(asked, questionnaire="http://x.test/phq9")) == ["E255"]


def test_questions_without_text_in_our_words_are_asked_about(refuse_fhir):
    assert refuse_fhir(response(items(WORDS, SCORES))) == ["E255"]


def test_a_text_that_belongs_to_another_item_than_the_linkid_asks(refuse_fhir):
    swapped = [PHQ9_TEXTS[1], PHQ9_TEXTS[0], *PHQ9_TEXTS[2:]]
    assert refuse_fhir(response(items(PHQ9, SCORES, swapped))) == ["E255"]


def test_items_are_known_by_all_their_texts_together(load_fhir, refuse_fhir):
    assert answers_of(load_fhir(response(items(WORDS, SCORES, PHQ9_TEXTS)))) == list(SCORES)
    assert refuse_fhir(response(items(WORDS[:8], SCORES, PHQ9_TEXTS[:8]))) == ["E250"]
    twice = [*WORDS, *(f"again {word}" for word in WORDS)]
    assert refuse_fhir(response(items(twice, SCORES * 2, PHQ9_TEXTS * 2))) == ["E255"]


def test_word_linkids_are_resolved_by_a_supplied_questionnaire(load_fhir, refuse_fhir):
    links = WORDS[:7]
    asked = response(items(links, SCORES), questionnaire="http://x.test/gad7scale")
    by_text = form(links, GAD7_TEXTS, url="http://x.test/gad7scale")
    by_code = form(links, ["?"] * 7, codes=GAD7, url="http://x.test/gad7scale")
    assert refuse_fhir(asked) == ["E255"]
    assert answers_of(load_fhir(asked, dictionary=by_text), "gad7") == list(SCORES[:7])
    assert answers_of(load_fhir(asked, dictionary=by_code), "gad7") == list(SCORES[:7])


@pytest.mark.parametrize("place", ["contained", "bundle"])
def test_a_questionnaire_inside_the_file_resolves_its_responses(load_fhir, place):
    made = form(WORDS, PHQ9_TEXTS, url="http://x.test/f", id="f")
    if place == "contained":
        content = response(items(WORDS, SCORES), contained=[made], questionnaire="#f")
    else:
        content = bundle(made, response(items(WORDS, SCORES), questionnaire="http://x.test/f|2"))
    assert answers_of(load_fhir(content)) == list(SCORES)


def test_a_response_that_leaves_a_question_out_is_read_with_the_others_of_its_form(load_fhir):
    whole = items(WORDS, SCORES, PHQ9_TEXTS)
    cohort = load_fhir(
        bundle(
            response(whole, questionnaire="http://x.test/f", patient="A"),
            response(whole[:4] + whole[5:], questionnaire="http://x.test/f", patient="B"),
        )
    )
    assert cohort.scores["n_items_answered"].tolist() == [9, 8]
    assert cohort.scores["total"].isna().tolist() == [False, True]


def test_groups_flat_items_displays_and_answers_below_answers_are_walked(load_fhir):
    asked = items(PHQ9, SCORES)
    nested = item("g", item=[item("d", text="Please answer", type="display"), *asked[:3]])
    below = item("more", {"valueBoolean": True, "item": asked[3:5]})
    assert answers_of(load_fhir(response([nested, below, *asked[5:], asked[0]]))) == list(SCORES)


def test_the_same_item_twice_with_two_answers_is_a_conflict(load_fhir):
    twice = response([*items(PHQ9, SCORES), item(PHQ9[0], coding(3))])
    two = response([item(PHQ9[0], coding(0), coding(1)), *items(PHQ9[1:], SCORES[1:])], patient="P2")
    cohort = load_fhir(bundle(*GOOD, *GOOD_2, twice, two))
    assert reasons_of(cohort)[-2:] == ["answer_conflict", "answer_conflict"]


GOOD_2 = [response(patient=f"H{n}") for n in range(6)]


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ({"valueCoding": {"code": "LA6570-1"}}, 2),
        ({"valueCoding": {"code": "x", "display": "More than half the days"}}, 2),
        ({"valueCoding": {"code": "More-than-half-the-days"}}, 2),
        ({"valueCoding": {"code": "More than half the days"}}, 2),
        ({"valueCoding": {"code": "3", "display": "More than half the days"}}, 2),
        ({"valueInteger": 2}, 2),
        ({"valueDecimal": 2.0}, 2),
        ({"valueQuantity": {"value": 2}}, 2),
        ({"valueString": "more than half the days"}, 2),
        ({"valueString": "2"}, 2),
        ({"valueCoding": {"code": "asked-declined", "system": "http://x.test/data-absent-reason"}}, None),
        ({"extension": [{"url": "data-absent-reason", "valueCode": "asked-unknown"}]}, None),
    ],
)
def test_an_answer_of_any_type_is_read(load_fhir, answer, score):
    asked = [item(PHQ9[0], answer), item(PHQ9[1], {"valueInteger": 0}), *items(PHQ9[2:], SCORES[2:])]
    found = answers_of(load_fhir(response(asked)))[0]
    assert (None if pd.isna(found) else found) == score


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"valueCoding": {"code": "LA6568-5", "display": "Several days"}}, "answer_conflict"),
        ({"valueInteger": 7}, "out_of_range"),
        ({"valueQuantity": {"value": 2, "comparator": "<"}}, "not_a_number"),
        ({"valueDecimal": 1.5}, "not_integer"),
    ],
)
def test_a_bad_answer_excludes_its_response(load_fhir, answer, reason):
    zero = [item(PHQ9[0], {"valueInteger": 0}), *items(PHQ9[1:], SCORES[1:])]
    bad = response([item(PHQ9[0], answer), *items(PHQ9[1:], SCORES[1:])])
    assert reasons_of(load_fhir(bundle(*GOOD, response(zero, patient="Z"), bad)))[-1] == reason


def test_an_answer_in_words_that_no_table_has_asks(refuse_fhir, load_fhir):
    odd = response([item(PHQ9[0], {"valueCoding": {"code": "a9", "display": "most days"}})])
    odd["item"] += items(PHQ9[1:], SCORES[1:])
    assert refuse_fhir(odd) == ["E256"]
    assert answers_of(load_fhir(odd, '[phq9]\nlabels = { "most days" = 2 }\n'))[0] == 2


def test_codes_of_a_questionnaire_count_by_their_labels(load_fhir):
    listed = [{"valueCoding": {"code": f"c{n}", "display": LABELS[n]}} for n in range(4)]
    made = form(PHQ9, PHQ9_TEXTS, url="http://x.test/f")
    for one in made["item"]:
        one["answerOption"] = listed
    asked = [
        item(code, {"valueCoding": {"code": f"c{score}"}}) for code, score in zip(PHQ9, SCORES, strict=True)
    ]
    cohort = load_fhir(response(asked, questionnaire="http://x.test/f"), dictionary=made)
    assert answers_of(cohort) == list(SCORES)


def test_difficulty_stands_aside_by_code_and_by_text(load_fhir):
    by_code = response([*items(PHQ9, SCORES), item("69722-7", {"valueCoding": {"code": "LA6575-0"}})])
    series = items([f"g1.q{n}" for n in range(1, 10)], SCORES, PHQ9_TEXTS)
    by_text = response(
        [*series, item("g2.q1", {"valueCoding": {"code": "LA6574-3"}}, text=DIFFICULT)],
        questionnaire="http://x.test/phq9",
        patient="P2",
    )
    scores = load_fhir(bundle(by_code, by_text)).scores
    assert scores["difficulty"].tolist() == [2, 3]
    assert scores["total"].tolist() == [13, 13]


@pytest.mark.parametrize(
    "total",
    [
        item("44261-6", {"valueInteger": 14}),
        item("720433000", {"valueInteger": 14}),
        item("phq9_total", {"valueDecimal": 14.0}),
        item("sum", {"valueQuantity": {"value": 14}}, text="Item total score"),
    ],
)
def test_a_total_item_is_a_check_on_the_items(load_fhir, total):
    made = form([total["linkId"]], ["?"], codes=["720433000"], url="http://x.test/f")
    dictionary = made if total["linkId"] == "720433000" else None
    bad = response([*items(PHQ9, SCORES), total], questionnaire="http://x.test/f")
    good = [
        response([*items(PHQ9, SCORES), item("44261-6", {"valueInteger": 13})], patient=f"G{n}")
        for n in range(6)
    ]
    cohort = load_fhir(bundle(*good, bad), dictionary=dictionary)
    assert reasons_of(cohort) == ["used"] * 6 + ["total_mismatch"]


def test_a_stated_total_that_disagrees_may_be_ignored(refuse_fhir, load_fhir):
    stated = response([*items(PHQ9, SCORES), item("44261-6", {"valueInteger": 10})])
    assert refuse_fhir(stated) == ["E251"]
    assert load_fhir(stated, '[phq9]\nrecorded_total = "ignore"\n').scores["total"].tolist() == [13]


def test_a_total_never_stands_for_items_that_were_left_blank(load_fhir):
    blank = response([*(item(code) for code in PHQ9), item("44261-6", {"valueInteger": 0})])
    alone = response([item("44261-6", {"valueInteger": 21})], patient="P2")
    cohort = load_fhir(bundle(*GOOD, blank, alone))
    assert reasons_of(cohort)[-2:] == ["no_answers", "used"]
    assert cohort.scores.set_index("patient_id")["total"]["P2"] == 21


@pytest.mark.parametrize(
    ("made", "id", "total"),
    [
        (observation("44261-6", 20), "phq9", 20),
        (observation("70274-6", 20), "gad7", 20),
        (observation("101698-9", 70), "pcl5", 70),
        (observation("720433000", 20), "phq9", 20),
        (observation("44261-6", valueQuantity={"value": 20}), "phq9", 20),
        (observation("local", component=[part("70274-6", 9)]), "gad7", 9),
        (
            observation("44249-1", component=[part(*pair) for pair in zip(PHQ9, SCORES, strict=True)]),
            "phq9",
            13,
        ),
    ],
)  # fmt: skip
def test_a_total_is_read_from_an_observation_or_its_components(load_fhir, made, id, total):
    scores = load_fhir(made).scores
    assert (scores["instrument"].tolist(), scores["total"].tolist()) == ([id], [total])


def test_totals_stand_beside_responses_and_are_held_to_their_range(load_fhir):
    cohort = load_fhir(bundle(*GOOD, observation("44261-6", 27), observation("44261-6", 28, patient="P2")))
    assert reasons_of(cohort) == ["used"] * 7 + ["out_of_range"]
    assert cohort.scores.set_index("patient_id")["items_available"]["P1"] is not True


def test_a_number_under_the_panel_code_is_no_total_unless_the_layout_says_so(refuse_fhir, load_fhir):
    panel = observation("44249-1", 27)
    assert "E252" in refuse_fhir(panel)
    assert reasons_of(load_fhir(bundle(*GOOD, panel)))[-1] == "panel_code"
    assert load_fhir(panel, "[rules]\npanel_code_is_total = true\n").scores["total"].tolist() == [27]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (observation("89204-2", 20), "lookalike"),
        (observation("70221-7", 40), "lookalike"),
        (observation("55758-7", 3), "other_instrument"),
        (observation("8867-4", 70), "other_instrument"),
        (observation("44250-9", 2), "other_instrument"),
        (response(items(PHQ9, SCORES), questionnaire="http://x.test/PHQ-9-modified-for-teens"), "lookalike"),
        (response(items(PHQ9, SCORES), questionnaire="http://x.test/phq9m"), "lookalike"),
        (response(items(["89206-7/a"], [1])), "other_instrument"),
        (response(items(PHQ9[:2], SCORES), questionnaire="http://x.test/two"), "other_instrument"),
        (response(items(PHQ9[:8], SCORES), questionnaire="http://x.test/phq8"), "other_instrument"),
        (response([item("smokes", {"valueBoolean": False}, text="Do you smoke?")]), "other_instrument"),
        ({"resourceType": "Encounter", "status": "finished"}, "other_resource"),
        (PATIENT, "other_resource"),
        (response(status="in-progress"), "not_completed"),
        (response(status="entered-in-error"), "not_completed"),
        (response(status=None), "not_completed"),
        (observation("44261-6", 3, status="preliminary"), "not_completed"),
        (response(status="amended"), "used"),
        (observation("44261-6", 3, status="corrected"), "used"),
        (response(subject=None), "missing_id"),
        (response(subject={"reference": "Group/7"}), "missing_id"),
        (response(subject={"reference": "#p"}, contained=[PATIENT]), "missing_id"),
        (response(authored=None), "bad_date"),
        (response(authored="2026-03"), "partial_date"),
        (observation("44261-6", 3, effectiveDateTime=None, issued="2026-03-01"), "bad_date"),
        (response([item(code) for code in PHQ9]), "no_answers"),
    ],
)  # fmt: skip
def test_each_resource_ends_with_its_reason(load_fhir, made, reason):
    cohort = load_fhir(bundle(*GOOD, made))
    assert reasons_of(cohort) == ["used"] * 6 + [reason]


def test_the_questionnaire_that_names_ours_may_be_asked_in_part(load_fhir):
    cohort = load_fhir(response(items(PHQ9[:8], SCORES), questionnaire="http://x.test/phq-9"))
    assert (cohort.scores["n_items_answered"].tolist(), cohort.scores["total"].isna().tolist()) == (
        [8],
        [True],
    )


def test_only_lookalikes_are_refused_and_codes_of_the_layout_are_totals(refuse_fhir, load_fhir):
    teen = observation("89204-2", 20)
    assert refuse_fhir(teen) == ["E257"]
    assert load_fhir(teen, 'codes = { "89204-2" = "phq9" }\n').scores["total"].tolist() == [20]


@pytest.mark.parametrize("codes", ['{ x = "bdi" }', '{ "44250-9" = "phq9" }', '{ "70274-6" = "phq9" }'])
def test_codes_add_totals_and_change_none(load_fhir, codes):
    with pytest.raises(DefinitionError, match="E603"):
        load_fhir(response(), f"codes = {codes}\n")


@pytest.mark.parametrize("place", ["option", "answer", "value set", "response", "code system"])
@pytest.mark.parametrize(("top", "codes"), [(3.0, []), (4.0, ["E273"])])
def test_a_weight_that_is_not_the_score_is_refused(load_fhir, refuse_fhir, place, top, codes):
    weights = [0.0, 1.0, 2.0, top]
    made = form(PHQ9, PHQ9_TEXTS, url="http://x.test/f", id="f")
    asked = [
        item(code, {"valueCoding": {"code": LABELS[score], "system": "http://x.test/s"}})
        for code, score in zip(PHQ9, SCORES, strict=True)
    ]
    listed = [{"code": one["valueCoding"]["code"], "extension": one["extension"]} for one in options(weights)]
    extra = []
    if place == "option":
        for one in made["item"]:
            one["answerOption"] = options(weights)
    elif place == "answer":
        asked[3]["answer"][0]["valueCoding"]["extension"] = listed[3]["extension"]
    elif place in ("value set", "response"):
        made["contained"] = [{"resourceType": "ValueSet", "id": "v", "expansion": {"contains": listed}}]
        for one in made["item"]:
            one["answerValueSet"] = "#v"
    else:
        properties = [
            {"code": label, "property": [{"code": "itemWeight", "valueDecimal": weight}]}
            for label, weight in zip(LABELS, weights, strict=True)
        ]
        extra = [{"resourceType": "CodeSystem", "url": "http://x.test/s", "concept": properties}]
    content = bundle(made, response(asked, questionnaire="http://x.test/f"), *extra)
    if place == "response":
        content = response(asked, questionnaire="#f", contained=[*made.pop("contained"), made])
    if codes:
        assert refuse_fhir(content) == codes
    else:
        assert answers_of(load_fhir(content)) == list(SCORES)


@pytest.mark.parametrize(
    ("subject", "id"),
    [
        ({"reference": "Patient/x"}, "x"),
        ({"reference": "Patient/x/_history/2"}, "x"),
        ({"reference": "https://fhir.test/r4/Patient/x"}, "x"),
        ({"reference": "urn:uuid:0a1b"}, "0a1b"),
        ({"identifier": {"system": "http://x.test/study", "value": "S-07"}}, "S-07"),
    ],
)
def test_the_patient_is_the_last_part_of_the_subject(load_fhir, subject, id):
    assert load_fhir(response(subject=subject)).scores["patient_id"].tolist() == [id]


def test_a_urn_is_looked_up_among_the_patients_of_the_file(load_fhir):
    content = bundle({"resourceType": "Patient", "id": "x"}, response(subject={"reference": "urn:uuid:1"}))
    content["entry"][0]["fullUrl"] = "urn:uuid:1"
    assert load_fhir(content).scores["patient_id"].tolist() == ["x"]


def test_one_id_on_two_servers_asks(refuse_fhir):
    made = [response(subject={"reference": f"https://{server}.test/Patient/7"}) for server in "ab"]
    assert refuse_fhir(bundle(*made)) == ["E226"]


NAMED = {"resourceType": "Patient", "id": "x", "name": [{"family": "Canary"}]}


@pytest.mark.parametrize(
    "made",
    [
        NAMED,
        {"resourceType": "Patient", "birthDate": "1980"},
        {"resourceType": "Patient", "telecom": [{"system": "phone", "value": "Canary"}]},
        {"resourceType": "Patient", "address": [{"city": "Canary"}]},
        {"resourceType": "Patient", "photo": [{"data": "Canary"}]},
        {"resourceType": "RelatedPerson", "name": [{"text": "Canary"}]},
        response(contained=[NAMED]),
        response(subject={"reference": "Patient/x", "display": "Canary"}),
        response(source={"reference": "Patient/x", "display": "Canary"}),
        response(subject={"identifier": {"type": {"coding": [{"code": "MR"}]}, "value": "Canary"}}),
        response([*items(PHQ9, SCORES), item("patientName", {"valueString": "Canary"})]),
        response([*items(PHQ9, SCORES), item("a1", {"valueString": "Canary"}, text="Date of birth")]),
        response([*items(PHQ9, SCORES), item("notes", {"valueString": "Canary"})]),
    ],
)
def test_a_person_named_anywhere_refuses_the_file(load_fhir, made):
    with pytest.raises(PrivacyError, match="E101") as caught:
        load_fhir(bundle(*GOOD, made))
    assert "Canary" not in str(caught.value)


@pytest.mark.parametrize(
    "made",
    [
        {**PATIENT, "name": [{"use": "usual", "extension": [{"valueCode": "masked"}]}]},
        {**PATIENT, "identifier": [{"system": "http://x.test/study", "value": "1"}]},
        response(author={"reference": "Practitioner/1", "display": "Canary"}),
        response([*items(PHQ9, SCORES), item("patientName")]),
    ],
)  # fmt: skip
def test_what_names_nobody_is_accepted(load_fhir, made):
    assert len(load_fhir(bundle(*GOOD, made)).scores) >= 6


def test_free_text_may_be_dropped_by_its_linkid(load_fhir):
    asked = response([*items(PHQ9, SCORES), item("notes", {"valueString": "Canary"})])
    assert reasons_of(load_fhir(asked, '[columns]\ndrop = ["notes"]\n')) == ["used"]


def test_a_response_and_its_equal_observation_are_one(load_fhir):
    for keys in (
        {"derivedFrom": [{"reference": "QuestionnaireResponse/r"}]},
        {"derivedFrom": [{"reference": "http://x.test/QuestionnaireResponse/r/_history/1"}]},
        {"related": [{"type": "derived-from", "target": {"reference": "QuestionnaireResponse/r"}}]},
    ):
        later = {"effectiveDateTime": "2026-03-02T09:00:00", **keys}
        cohort = load_fhir(bundle(*GOOD, response(id="r"), observation("44261-6", 13, **later)))
        assert reasons_of(cohort) == ["used"] * 7 + ["duplicate"]


def test_a_response_and_an_observation_that_differs_contradict_each_other(load_fhir):
    later = {"effectiveDateTime": "2026-03-02", "derivedFrom": [{"reference": "QuestionnaireResponse/r"}]}
    cohort = load_fhir(bundle(*GOOD, *GOOD_2, response(id="r"), observation("44261-6", 12, **later)))
    assert reasons_of(cohort)[-2:] == ["conflicting_duplicate", "conflicting_duplicate"]


def test_a_derived_total_never_stands_for_a_response_with_gaps(load_fhir):
    gaps = response([*items(PHQ9[:8], SCORES), item(PHQ9[8])], id="r", questionnaire="http://x.test/phq9")
    derived = observation("44261-6", 13, derivedFrom=[{"reference": "QuestionnaireResponse/r"}])
    cohort = load_fhir(bundle(*GOOD, gaps, derived))
    assert reasons_of(cohort) == ["used"] * 7 + ["duplicate"]
    assert cohort.scores.set_index("patient_id")["total"].isna()["P1"]


def test_a_resource_that_two_pages_hold_is_a_duplicate(load_fhir):
    page = bundle(*GOOD)
    cohort = load_fhir([page, page])
    assert (len(cohort.scores), reasons_of(cohort)[6:]) == (6, ["duplicate"] * 6)
    assert cohort.ledger["row"].tolist() == list(range(1, 13))


def test_a_period_counts_by_its_start_and_a_zone_by_the_clinics_clock(load_fhir, refuse_fhir):
    period = observation("44261-6", 3, effectiveDateTime=None, effectivePeriod={"start": "2026-03-04"})
    assert str(load_fhir(period).scores["date"][0].date()) == "2026-03-04"
    stamped = response(authored="2026-03-02T00:36:41.051113999Z")
    assert refuse_fhir(stamped) == ["E245"]
    cohort = load_fhir(stamped, '[columns]\ntime_zone = "America/New_York"\n')
    assert str(cohort.scores["date"][0].date()) == "2026-03-01"


def test_rows_are_entries_or_lines(load_fhir):
    text = lines(GOOD[0]) + "\n" + lines({"resourceType": "Patient", "id": "p"}, GOOD[1])
    cohort = load_fhir(text, name="export.ndjson")
    assert list(zip(cohort.ledger["row"], reasons_of(cohort), strict=True)) == [
        (1, "used"), (3, "other_resource"), (4, "used"),
    ]  # fmt: skip
    assert load_fhir(json.dumps(bundle(*GOOD), indent=1)).ledger["row"].tolist() == [1, 2, 3, 4, 5, 6]
    assert load_fhir(lines(*GOOD), name="export.json").ledger["row"].tolist() == [1, 2, 3, 4, 5, 6]
    assert load_fhir(GOOD).ledger["row"].tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_tolerated(load_fhir, encoding):
    assert len(load_fhir(json.dumps(bundle(*GOOD)).encode(encoding)).scores) == 6


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (lines(*GOOD) + '{"resourceType": "Pat\n', "row 7"),
        ('{"resourceType": "Bundle",\n "entry": [}', "row 2"),
        ('{"resourceType": "Observation", "status": "final", "status": "final"}', "twice"),
        ('{"resourceType": "Observation", "valueDecimal": NaN}', "number"),
        ('{"resourceType": "Observation", "valueDecimal": -Infinity}', "number"),
        ('{"resourceType": "Observation", "id": "\\ud83d"}', "character"),
        ("[" * 200_000, "levels"),
        ('{"resourceType": "Observation", "a": ' + "[" * 150 + "]" * 150 + "}", "levels"),
        ('{"resourceType": "Bundle", "entry": {"a": 1}}', "entries"),
        ('{"resourceType": "Bundle", "entry": [{"resource": 3}]}', "object"),
        ("[3]", "object"),
    ],
)
def test_damaged_json_is_refused_with_its_line(load_fhir, text, where):
    with pytest.raises(DataError, match="E274") as caught:
        load_fhir(text)
    assert where in str(caught.value)


def test_two_counts_of_resources_must_agree(load_fhir, monkeypatch):
    monkeypatch.setattr("outcomes.loading.fhir.documents._count", lambda parts: 5)
    with pytest.raises(LedgerError, match="E900"):
        load_fhir(bundle(*GOOD))


def read_bytes(data: bytes, suffix: str):
    """The codes of the problems, else the table."""
    try:
        return (), read_fhir(Source(1, data, "0" * 12, suffix), LayoutFile())
    except OutcomesError as error:
        return {problem.code for problem in error.found}, None


@pytest.mark.parametrize("seed", range(300))
def test_a_value_of_another_kind_is_refused_or_excluded(seed):
    chance = random.Random(seed)
    made = bundle(form(PHQ9, PHQ9_TEXTS, url="http://x.test/f"), *GOOD[:2], observation("44261-6", 3))
    places, stack = [], [json.loads(json.dumps(made))]
    root = stack[0]
    while stack:
        node = stack.pop()
        for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
            places.append((node, key))
            stack += [value] if isinstance(value, (dict, list)) else []
    node, key = chance.choice(places)
    node[key] = chance.choice([None, True, 7, "x", [], {}, [[]], ["x"], {"a": []}, [{"linkId": "x"}]])
    codes, table = read_bytes(json.dumps(root).encode(), ".json")
    assert set(codes) <= {"E101", "E250", "E252", "E255", "E274"}
    if table is not None:
        assert table.n_rows == len(table.cells) == len(table.row_faults)
        assert set(table.row_faults.dropna()) <= set(REASONS)


@pytest.mark.parametrize("seed", range(100))
def test_a_damaged_byte_or_a_cut_is_refused_or_excluded(seed):
    chance = random.Random(seed)
    data = bytearray(lines(*GOOD, observation("44261-6", 3)).encode())
    place = chance.randrange(len(data))
    data[place] = chance.randrange(256)
    for damaged in (bytes(data), bytes(data[:place])):
        codes, table = read_bytes(damaged, ".ndjson")
        assert set(codes) <= {"E101", "E203", "E205", "E250", "E255", "E274"}
        assert table is None or set(table.row_faults.dropna()) <= set(REASONS)


def test_a_borrowed_difficulty_belongs_to_the_questionnaire_that_is_there(load_fhir):
    asked = [*items(GAD7, SCORES), item("69722-7", {"valueCoding": {"code": "LA6573-5"}})]
    assert load_fhir(response(asked)).scores[["instrument", "difficulty"]].to_numpy().tolist() == [
        ["gad7", 1]
    ]


def test_a_total_that_carries_the_code_of_its_panel_too_is_a_total(load_fhir):
    both = observation("44249-1", 20)
    both["code"]["coding"].append({"code": "44261-6"})
    assert load_fhir(both).scores["total"].tolist() == [20]


def test_responses_with_forms_of_their_own_are_told_apart(load_fhir):
    """Two contained forms of one name may use one linkId for different items."""
    made = []
    for patient, codes in (("A", PHQ9), ("B", PHQ9[::-1])):
        own = form(WORDS, ["?"] * 9, codes=codes, id="f")
        made.append(response(items(WORDS, SCORES), contained=[own], questionnaire="#f", patient=patient))
    cohort = load_fhir(bundle(*made))
    assert (answers_of(cohort, row=0), answers_of(cohort, row=1)) == (list(SCORES), list(SCORES[::-1]))


def test_the_questionnaire_of_another_form_says_nothing(refuse_fhir):
    made = form(WORDS, PHQ9_TEXTS, url="http://x.test/phq9")
    other = response(items(WORDS, SCORES), questionnaire="http://x.test/other")
    assert refuse_fhir(bundle(made, other)) == ["E255"]


def test_a_number_of_any_length_is_only_text(load_fhir):
    text = json.dumps(bundle(*GOOD, observation("44261-6", 4321))).replace("4321", "9" * 100_000)
    assert reasons_of(load_fhir(text))[-1] == "out_of_range"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("\n", "E205"),
        ([], "E252"),
        (bundle(), "E252"),
        ([{"patient_id": "A", "phq9_total": 3}], "E250"),
        (bundle({"resourceType": "Patient", "id": "x"}), "E250"),
        (form(PHQ9, PHQ9_TEXTS), "E250"),
        (bundle(form(PHQ9, PHQ9_TEXTS), {"resourceType": "ValueSet"}), "E250"),
    ],
)
def test_a_file_without_our_data_is_refused(refuse_fhir, content, code):
    assert refuse_fhir(content) == [code]


def test_a_definition_says_that_it_is_a_companion(load_fhir):
    with pytest.raises(DataError, match="companion"):
        load_fhir(form(PHQ9, PHQ9_TEXTS))


def test_a_companion_without_a_questionnaire_is_refused_under_its_own_name(load_fhir):
    with pytest.raises(DataError, match="E250 dictionary of input-1"):
        load_fhir(response(), dictionary=bundle(*GOOD))


def test_fhir_as_xml_is_another_kind_of_file(refuse_fhir):
    assert refuse_fhir('<Bundle xmlns="http://hl7.org/fhir"/>', name="export.xml") == ["E206"]


def test_two_questionnaires_in_one_response_are_judged_apart(load_fhir):
    asked = [*items(PHQ9, SCORES), *items(GAD7, SCORES)]
    bad = response([*items(PHQ9, SCORES), item(GAD7[0], coding(0), coding(1)), *items(GAD7[1:], SCORES)])
    cohort = load_fhir(bundle(*(response(asked, patient=f"G{n}") for n in range(6)), bad))
    assert cohort.scores["instrument"].value_counts().to_dict() == {"phq9": 7, "gad7": 6}
    assert cohort.ledger["left_out"].dropna().tolist() == ["gad7=answer_conflict"]


def test_a_layout_of_a_fhir_file_can_be_passed_back(tmp_path):
    path = tmp_path / "export.json"
    path.write_text(json.dumps(observation("89204-2", 20)))
    first = 'codes = { "89204-2" = "phq9" }\n[rules]\npanel_code_is_total = true\n'
    report = oc.inspect_source(path, layout=first)
    assert (report.kind, [problem.code for problem in report.questions]) == ("fhir", ["E104"])
    again = report.layout.replace("# limited_data_set", "limited_data_set")
    assert oc.load_cohort(path, layout=again).scores["total"].tolist() == [20]


def test_a_questionnaire_is_a_dictionary_of_a_table_too(tmp_path):
    (tmp_path / "form.json").write_text(json.dumps(form(WORDS, PHQ9_TEXTS)))
    (tmp_path / "scores.csv").write_text(f"id,day,{','.join(WORDS)}\nA,0,{','.join(map(str, SCORES))}\n")
    report = oc.inspect_source(tmp_path / "scores.csv", dictionary=tmp_path / "form.json")
    assert (report.instruments, report.questions) == (("phq9",), ())


def test_a_folder_holds_fhir_scores_beside_infusions_in_a_table(tmp_path):
    (tmp_path / "export.ndjson").write_text(lines(*GOOD))
    (tmp_path / "log.csv").write_text("patient_id,infusion_date,dose_mg,route\nG0,2026-03-03,40,IV\n")
    (tmp_path / "outcomes.toml").write_text(
        "limited_data_set = true\nobserved_until = 2026-12-31\n"
        '[[source]]\nfile = "export.ndjson"\nrole = "scores"\nsite = "North"\n'
        '[[source]]\nfile = "log.csv"\nrole = "infusions"\nsite = "North"\n'
    )
    cohort = oc.load_cohort(tmp_path)
    assert (len(cohort.scores), len(cohort.infusions), len(cohort.patients)) == (6, 1, 6)
    (tmp_path / "outcomes.toml").write_text(
        "limited_data_set = true\nobserved_until = 2026-12-31\n"
        '[[source]]\nfile = "export.ndjson"\nrole = "infusions"\n'
    )
    with pytest.raises(DataError, match="E250"):
        oc.load_cohort(tmp_path)
