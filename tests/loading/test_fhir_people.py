"""An id is that of one patient only within its server or its system of identifiers."""

from __future__ import annotations

import pytest

from tests.loading.fhir_examples import bundle, response


def known_by(value: str, system: str = "") -> dict:
    """A subject that an identifier names."""
    return {"identifier": {"value": value, **({"system": system} if system else {})}}


A, B = known_by("7", "http://x.test/a"), known_by("7", "http://x.test/b")
PLAIN = {"reference": "Patient/7"}


@pytest.mark.parametrize("subjects", [(A, B), (A, PLAIN), (B, known_by("7")), (A, B, PLAIN)])
def test_one_id_in_several_systems_asks(refuse_fhir, subjects):
    assert refuse_fhir(bundle(*(response(subject=subject) for subject in subjects))) == ["E226"]


def test_one_system_and_one_server_say_which_patient(load_fhir):
    made = [response(subject=one, authored=f"2026-03-0{n}") for n, one in enumerate((A, A), start=1)]
    assert load_fhir(bundle(*made)).scores["patient_id"].tolist() == ["7", "7"]
    full = {"reference": "https://a.test/Patient/7"}
    made = [response(subject=one, authored=f"2026-03-0{n}") for n, one in enumerate((PLAIN, full), start=1)]
    assert load_fhir(bundle(*made)).scores["patient_id"].tolist() == ["7", "7"]


def test_patients_that_identifiers_name_are_noted(load_fhir):
    assert any(
        "of 1 rows are known by an identifier" in note for note in load_fhir(response(subject=A)).notes
    )
    assert not any("identifier" in note for note in load_fhir(response()).notes)
