"""Profile files: inheritance, refusals with code, line and key, and a hash that only values move."""

from __future__ import annotations

import pytest

from outcomes.definitions.profile import read_profile
from outcomes.definitions.series_keys import SERIES_KEYS as KEYS
from outcomes.errors import DefinitionError

HEAD = """id = "mine"
version = "1"
title = "Mine"
kind = "series"
inherits = "default"
instruments = ["phq9"]
"""


@pytest.fixture
def read(tmp_path):
    def read_text(text: str):
        path = tmp_path / "profile.toml"
        path.write_text(text, encoding="utf-8")
        return read_profile(path)

    return read_text


def table(key: str, value: str) -> str:
    return f'[{key}]\nvalue = {value}\nstatus = "project"\nsource = "the clinic"\n'


def test_a_clinic_profile_inherits_what_it_leaves_out(read):
    profile = read(HEAD + table("response_percent", "40"))

    assert profile.by_instrument("response_percent")["phq9"] == 40
    assert [key for key, setting in profile.settings.items() if not setting.inherited] == ["response_percent"]


@pytest.mark.parametrize(
    ("text", "code", "where", "words"),
    [
        (HEAD + table("respones", "40"), "E601", "profile file, line 7", 'unknown key "respones"'),
        (
            HEAD + table("mcid", "5") + "unit = 1\n",
            "E601",
            "profile file, line 11",
            'unknown key "mcid.unit"',
        ),
        (HEAD + table("mcid", "5") + table("mcid", "5"), "E602", "profile file, line 11", "repeated"),
        (HEAD + table("mcid", '"five"'), "E603", "profile file, line 8", "mcid must be a whole number"),
        (
            HEAD + "[mcid]\nvalue = 5\nsource = 'x'\n",
            "E603",
            "profile file, line 7",
            '"mcid.status" is needed',
        ),
        (
            HEAD + '[mcid]\nvalue = 5\nstatus = "project"\n',
            "E603",
            "profile file, line 7",
            '"mcid.source" is needed',
        ),
        (
            HEAD + '[mcid]\nvalue = 5\nstatus = "project"\nsource = ""\n',
            "E603",
            "profile file, line 10",
            "must not be empty",
        ),
        (
            HEAD + '[mcid]\nvalue = 5\nstatus = "sure"\nsource = "x"\n',
            "E603",
            "profile file, line 9",
            'value of "mcid.status"',
        ),
        (
            HEAD + '[mcid]\nvalue = { phq9 = 5 }\nstatus = { gad7 = "project" }\nsource = "x"\n',
            "E603",
            "profile file, line 9",
            "the status of mcid must cover",
        ),
        (HEAD + table("post_window_days", "[31, 14]"), "E603", "profile file, line 8", "earlier day first"),
        (HEAD.replace("series", "other"), "E603", "profile file, line 4", 'value of "kind"'),
        (HEAD.replace('"default"', '"mine"'), "E603", "profile file, line 5", "id of another profile"),
        (HEAD.replace('"default"', '"nobody"'), "E603", "profile file, line 5", "id of another profile"),
        (HEAD.replace('["phq9"]', "[]"), "E603", "profile file, line 6", 'value of "instruments"'),
        (HEAD.replace("phq9", "hamd"), "E603", "profile file, line 6", "must name defined questionnaires"),
    ],
)
def test_a_wrong_profile_file_is_refused_with_code_line_and_key(read, text, code, where, words):
    with pytest.raises(DefinitionError) as caught:
        read(text)

    assert [(problem.code, problem.where) for problem in caught.value.found] == [(code, where)]
    assert words in str(caught.value)


def test_a_profile_that_inherits_nothing_must_hold_every_key(read):
    with pytest.raises(DefinitionError) as caught:
        read(HEAD.replace('inherits = "default"\n', "") + table("mcid", "5"))

    assert len(caught.value.found) == len(KEYS) - 1


def test_the_hash_does_not_depend_on_the_order_of_the_file(read):
    tables = [
        table("mcid", "{ phq9 = 4, gad7 = 3 }"),
        table("acute_hours", "4.0"),
        table("min_percent_denominator", "5"),
    ]
    turned = [
        table("min_percent_denominator", "5"),
        table("acute_hours", "4"),
        table("mcid", "{ gad7 = 3, phq9 = 4 }"),
    ]

    assert read(HEAD + "".join(tables)).hash == read(HEAD + "".join(turned)).hash


def test_the_hash_ignores_names_sources_and_notes(read):
    text = HEAD + table("mcid", "4")
    renamed = text.replace('"mine"', '"yours"').replace("the clinic", "the other clinic") + 'note = "n"\n'

    assert read(text).hash == read(renamed).hash
