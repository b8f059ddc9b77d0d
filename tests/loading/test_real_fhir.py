"""Public FHIR files of other projects give exactly what was counted by hand; they are never copied."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import outcomes as oc
from outcomes.errors import DataError, OutcomesError
from tests.loading.fhir_examples import GAD7, PHQ9, SCORES, coding, items, response

FOLDER = os.environ.get("OUTCOMES_REAL_EXPORTS")
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="OUTCOMES_REAL_EXPORTS does not name the folder of public exports"
)
DATED = "limited_data_set = true\n"
BERLIN = f'{DATED}[columns]\ntime_zone = "Europe/Berlin"\n'


def path_of(name: str) -> Path:
    return Path(FOLDER or "") / "fhir" / name


def codes_of(path: Path, layout: str) -> list[str]:
    with pytest.raises(OutcomesError) as caught:
        oc.load_cohort(path, layout=layout)
    return [problem.code for problem in caught.value.found]


def test_a_response_of_the_older_standard_needs_a_time_zone():
    path = path_of("argonaut_qr_phq9.json")
    assert codes_of(path, DATED) == ["E245"]
    scores = oc.load_cohort(path, layout=f'{DATED}[columns]\ntime_zone = "America/New_York"\n').scores
    assert scores[["instrument", "total", "difficulty"]].to_numpy().tolist() == [["phq9", 0, 0]]
    assert str(scores["date"][0].date()) == "2019-02-12"


def test_a_response_without_a_subject_has_no_usable_row():
    assert codes_of(path_of("spezi_PHQ9_response_rkof.json"), BERLIN) == ["E251", "E252"]


def test_a_number_under_the_panel_code_counts_by_a_declared_rule_only():
    path = path_of("mii_Observation-mii-exa-pro-phq-9-observation.json")
    assert codes_of(path, BERLIN) == ["E251", "E252"]
    scores = oc.load_cohort(path, layout=f"{BERLIN}[rules]\npanel_code_is_total = true\n").scores
    assert scores["total"].tolist() == [27]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("lforms_R4_phq9.json", "E250"),
        ("lforms_R4_argonaut_phq9ish.json", "E250"),
        ("argonaut_questionnaire_phq9.json", "E250"),
        ("kindlab_GAD7.json", "E250"),
        ("mii_Questionnaire-mii-qst-pro-phq-9.json", "E250"),
        ("mii_Questionnaire-mii-qst-pro-phq-9-extractable-observation.json", "E250"),
        ("mii_ValueSet-mii-vs-pro-phq-9-answer-list-ll358-3.json", "E250"),
        ("pcl5_lec_de_questionnaire.xml", "E206"),
        ("pcl5_lec_P3_answerlist.xml", "E206"),
        ("beda_phq9_questionnaire.yaml", "E219"),
        ("beda_gad7_extract.yaml", "E219"),
        ("beda_gad7_questionnaire.yaml", "E219"),
        ("beda_phq9_extract.yaml", "E219"),
        ("sdc_adaptive-questionnaireresponse-sdc-example-phq9-start.fsh", "E219"),
        ("sdc_questionnaire-sdc-profile-example-PHQ9.fsh", "E219"),
        ("sdc_questionnaire-sdc-profile-example-cqf-PHQ9.fsh", "E219"),
        ("sdc_CodeSystemCSPHQ9.fsh", "E219"),
        ("sdc_questionnaireresponse-sdc-profile-example-PHQ9.fsh", "E219"),
    ],
)
def test_definitions_and_sources_are_no_data(name, code):
    assert codes_of(path_of(name), DATED) == [code]


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("kindlab_GAD7.json", "https://voicecollab.ai/fhir/Questionnaire/questionnaireacrossallcohortsgad7anxietyschema"),
        ("lforms_R4_phq9.json", ""),
        ("argonaut_questionnaire_phq9.json", "Questionnaire/questionnaire-example-phq9"),
        ("lforms_R4_argonaut_phq9ish.json", "Questionnaire/questionnaire-example-phq9"),
        ("mii_Questionnaire-mii-qst-pro-phq-9.json", ""),
    ],
)  # fmt: skip
def test_a_real_questionnaire_resolves_the_linkids_of_a_made_up_response(tmp_path, name, address):
    form = json.loads(path_of(name).read_text())
    links, stack = [], form["item"][::-1]
    while stack:
        one = stack.pop()
        links += [one["linkId"]] if one["type"] in ("choice", "open-choice") else []
        stack += one.get("item", [])[::-1]
    id, size = ("gad7", len(GAD7)) if "GAD7" in name else ("phq9", len(PHQ9))
    made = response([*items(links[:size], SCORES), *[{"linkId": links[size]}]] if len(links) > size
                    else items(links, SCORES))  # fmt: skip
    if address:
        made["questionnaire"] = address
    (tmp_path / "form.json").write_text(json.dumps(form))
    (tmp_path / "export.json").write_text(json.dumps(made))
    (tmp_path / "outcomes.toml").write_text(
        f"{DATED}observed_until = 2026-12-31\n"
        '[[source]]\nfile = "export.json"\nrole = "scores"\ndictionary = "form.json"\n'
    )
    scores = oc.load_cohort(tmp_path).scores
    found = scores[[f"item_{n}" for n in range(1, size + 1)]].to_numpy().tolist()
    assert (scores["instrument"].tolist(), found) == ([id], [list(SCORES[:size])])


def test_a_real_questionnaire_alone_is_no_dictionary_of_other_questions(tmp_path):
    made = response([{"linkId": f"other {n}", "answer": [coding(1)]} for n in range(9)])
    path = tmp_path / "export.json"
    path.write_text(json.dumps(made))
    with pytest.raises(DataError, match="E255"):
        oc.load_cohort(path, layout=DATED)
    report_path = path_of("lforms_R4_phq9.json")
    with pytest.raises(DataError, match="E255"):
        oc.inspect_source(path, dictionary=report_path)


def test_the_german_texts_of_the_phq9_head_a_form(tmp_path):
    form = json.loads(path_of("mii_Questionnaire-mii-qst-pro-phq-9.json").read_text())
    found, stack = {}, form["item"]
    while stack:
        item = stack.pop()
        found[item["linkId"]] = item.get("text", "")
        stack += item.get("item", [])
    texts = [found[f"PHQ-9.{n}"] for n in range(1, 11)]
    path = tmp_path / "form.csv"
    path.write_text("id,day," + ",".join(f'"{text}"' for text in texts) + "\nA,0,0,1,2,3,0,1,2,3,1,0\n")
    scores = oc.load_cohort(path).scores
    assert scores[["instrument", "total", "difficulty"]].to_numpy().tolist() == [["phq9", 13, 0]]
