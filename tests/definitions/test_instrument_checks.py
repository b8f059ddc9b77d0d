"""A questionnaire's definition that contradicts itself is refused, whatever the contradiction."""

from __future__ import annotations

from importlib.resources import files

import pytest

from outcomes.definitions.instrument import get_instrument, read_instrument
from outcomes.definitions.instrument_checks import has_valid_check_digit
from outcomes.errors import DefinitionError

PHQ9 = (files("outcomes.definitions") / "instruments" / "phq9.toml").read_text(encoding="utf-8")


@pytest.fixture
def refuse(tmp_path):
    """Read the PHQ-9 file with one piece of its text exchanged, and give the error that this must raise."""

    def read(old: str, new: str) -> DefinitionError:
        assert PHQ9.count(old) >= 1
        path = tmp_path / "changed.toml"
        path.write_text(PHQ9.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(DefinitionError) as caught:
            read_instrument(path)
        return caught.value

    return read


@pytest.mark.parametrize("code", ["44261-6", "70274-6", "101698-9", "69722-7", "102017-1"])
def test_a_loinc_code_with_its_check_digit_is_valid(code):
    assert has_valid_check_digit(code)


@pytest.mark.parametrize(
    "code", ["96843-5", "77040-1", "44261-7", "44261", "44261-", "-6", "4426a-6", "44261-66", "٤٤٢٦١-6"]
)
def test_a_loinc_code_without_its_check_digit_is_not(code):
    assert not has_valid_check_digit(code)


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ('measures = "depression"', 'measurs = "depression"', "E601", 'unknown key "measurs"'),
        ("item_max = 3", "item_max = 3\nitem_max = 3", "E602", "repeated"),
        ("recall_days = 14", 'recall_days = "14"', "E603", '"recall_days"'),
        ('bands_status = "verified"', "", "E603", "bands_status"),
        ('bands_source = "Kroenke2001"', 'bands_source = ""', "E603", "must not be empty"),
        ('source = "Kroenke2001"', 'source = " "', "E603", "must not be empty"),
        ('source = "Kroenke2001"\nnote', "note", "E603", '"caseness.source" is needed'),
        ('op = ">="\nstatus = "verified"', 'op = ">="', "E603", '"caseness.status" is needed'),
        ('op = ">="\nstatus = "verified"', 'op = ">="\nstatus = "sure"', "E603", '"caseness.status"'),
        ("high = 4", "high = 3", "E603", "gap or overlap"),
        ("high = 4", "high = 5", "E603", "gap or overlap"),
        ("high = 27", "high = 26", "E603", "span"),
        ("low = 0", "low = 1", "E603", "span"),
        ('"moderately severe"', '"moderate"', "E603", "different names"),
        ("n_items = 9", "n_items = 8", "E603", "numbered 1 to 8"),
        ('key = "phq9_4"', 'key = "phq9_5"', "E603", "item keys"),
        ("total_max = 27", "total_max = 26", "E603", "follow from the items"),
        ('key_words = [["appetite"], ["appetit"]]', "key_words = []", "E603", "key_words"),
        ('loinc = "44250-9"', 'loinc = "44250-8"', "E603", "LOINC code of phq9_1"),
        ('loinc = "44250-9"', 'loinc = "44255-8"', "E603", "stand once"),
        ("value = 10", "value = 28", "E603", "caseness"),
        ("value = 10", "value = 0", "E603", "caseness"),
        ("value = 5", "value = 0", "E603", "mcid"),
        (
            'reliable_change_default = "phq9.nhs"',
            'reliable_change_default = "x"',
            "E603",
            "reliable_change_default",
        ),
        ('id = "phq9.alpha"', 'id = "phq9.nhs"', "E603", "different ids"),
        ("points = 7\nreliability = 0.84", "points = 6\nreliability = 0.84", "E603", "phq9.retest"),
        ('"Several days", ', "", "E603", "one label per"),
        ("LA6571-9 = 3", "LA6571-9 = 4", "E603", "answer_codes"),
        ('"over half the days"', '"Over half the days"', "E603", "lower case"),
        ("LA6574-3 = 3", "LA6574-3 = 2", "E603", "difficulty.answer_codes"),
        ("items = [1, 2]", "items = [1, 10]", "E603", "existing items"),
        ("range = [0, 6]", "range = [0, 5]", "E603", "range of subscale phq2"),
        ("self_harm_item = 9", "self_harm_item = 10", "E603", "self_harm_item"),
        ("prorate_max_missing = 2", "prorate_max_missing = 9", "E603", "prorate_max_missing"),
    ],
)
def test_an_inconsistent_definition_is_refused(refuse, old, new, code, words):
    error = refuse(old, new)

    assert code in {problem.code for problem in error.found}
    assert words in str(error)


def test_a_refused_definition_names_its_line_and_not_its_value(refuse):
    line = PHQ9[: PHQ9.index("recall_days")].count("\n") + 1
    error = refuse("recall_days = 14", 'recall_days = "fourteen days"')

    assert error.found[0].where == f"instrument file, line {line}"
    assert "fourteen" not in str(error)


def test_several_contradictions_are_named_at_once(refuse):
    error = refuse("total_max = 27", "total_max = 28")

    assert [word in str(error) for word in ("follow from the items", "span")] == [True, True]


def test_an_unchanged_copy_is_read_as_the_shipped_instrument(tmp_path):
    path = tmp_path / "copy.toml"
    path.write_text(PHQ9, encoding="utf-8")

    assert read_instrument(path) == get_instrument("phq9")
