"""outcomes.toml."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.errors import DefinitionError, PrivacyError
from outcomes.loading.folder import read_settings

SOURCE = '[[source]]\nfile = "scores.csv"\nrole = "scores"\n'


@pytest.fixture
def settle(tmp_path):
    def settler(text: str):
        (tmp_path / "outcomes.toml").write_text(text)
        return read_settings(tmp_path)

    return settler


def test_what_is_not_said_has_its_default(settle):
    settings = settle(SOURCE)
    assert (settings.profile, settings.limited_data_set, settings.patient_ids) == (
        "default",
        False,
        "unique-within-site",
    )
    assert (settings.first_date, settings.last_date) == (None, None)


def test_dates_are_toml_dates(settle):
    settings = settle("observed_from = 2026-01-01\nobserved_until = 2026-12-31\n" + SOURCE)
    assert (settings.first_date, settings.last_date) == (
        pd.Timestamp("2026-01-01"),
        pd.Timestamp("2026-12-31"),
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "E603"),
        ("profil = 'default'\n" + SOURCE, "E601"),
        (SOURCE + 'layot = "x"\n', "E601"),
        ("schema = 2\n" + SOURCE, "E603"),
        ("observed_until = 'soon'\n" + SOURCE, "E603"),
        ("observed_from = 2026-02-01\nobserved_until = 2026-01-01\n" + SOURCE, "E603"),
        ("source = []\n", "E603"),
        (SOURCE.replace("scores.csv", "../scores.csv"), "E603"),
        (SOURCE + 'layout = "../a.toml"\n', "E603"),
        (SOURCE + 'dictionary = "/a/b.csv"\n', "E603"),
        (SOURCE.replace('"scores"', '"answers"'), "E603"),
        (SOURCE + 'site = "=cmd()"\n', "E603"),
        ("name = 'a'\nname = 'b'\n" + SOURCE, "E602"),
        ("profile = 'no such profile'\n" + SOURCE, "E603"),
        (SOURCE.replace("[[source]]", "[source]"), "E603"),
    ],
)
def test_wrong_settings_are_refused(settle, text, code):
    with pytest.raises(DefinitionError) as caught:
        settle(text)
    assert caught.value.code == code
    assert "../scores" not in str(caught.value)


def test_a_folder_without_settings_is_refused(tmp_path):
    with pytest.raises(DefinitionError, match="E602") as caught:
        read_settings(tmp_path)
    for needed in ("schema = 1", "observed_until", "[[source]]", "file and role", "docs/loading.md"):
        assert needed in str(caught.value)


def test_a_source_in_single_brackets_is_named_by_its_line(settle):
    with pytest.raises(DefinitionError, match=r"line 2.* double brackets"):
        settle("# one file\n[source]\nfile = 'a.csv'\nrole = 'scores'\n")


def test_a_person_is_no_site(settle):
    with pytest.raises(PrivacyError, match="E102") as caught:
        settle(SOURCE + 'site = "Dr. Smith 415-555-0132"\n')
    assert "Smith" not in str(caught.value)


def test_an_unknown_profile_is_answered_with_the_known_ones(settle):
    with pytest.raises(DefinitionError, match=r"one of default, .*another is named"):
        settle("profile = 'CANARY'\n" + SOURCE)


def test_a_single_file_is_a_source_of_its_own(tmp_path):
    settings = read_settings(tmp_path / "scores.csv")
    assert [(source.file, source.role) for source in settings.source] == [("scores.csv", "scores")]
