"""Case 93: settings and layouts are read strictly, and a fault is named by its key and line."""

import pytest

from .case import load, write_files
from .files import totals

SOURCE = '[[source]]\nfile = "scores.csv"\nrole = "scores"\n'
DEEP = "a = " + "[" * 5_000 + "]" * 5_000 + "\n"
BOMB = "[columns]\nvisit_day = {" + ", ".join(f"v{place} = {'9' * 400}" for place in range(500)) + "}\n"

LAYOUTS = [
    ("an unknown key", "[columns]\npatient = 1\n", "E601", ("columns.patient", "line 2")),
    ("an unknown table", "[hamd]\nitems = []\n", "E601", ("hamd", "line 1")),
    ("a repeated key", "encoding = 'utf-8'\nencoding = 'cp1252'\n", "E602", ("line 2", "once")),
    ("a repeated table", "[columns]\nday = 2\n[columns]\nday = 3\n", "E602", ("once",)),
    ("a wrong type", "[columns]\nday = 2.5\n", "E603", ("columns.day", "line 2")),
    ("a word for a flag", "limited_data_set = 'yes'\n", "E603", ("limited_data_set", "line 1")),
    ("not TOML", "columns:\n  day: 2\n", "E602", ("line 1",)),
    ("nested too deeply", DEEP, "E602", ()),
    ("numbers that grow without end", BOMB, "E603", ()),
    ("a column that is not there", "[columns]\nday = 9\n", "E603", ("columns.day",)),
    ("another file's layout", "sha256 = '0123456789ab'\n", "E603", ("hash",)),
    ("a kind that the file is not", "kind = 'infusions'\n", "E603", ("kind",)),
    ("a time zone that is none", "limited_data_set = 1\n", "E603", ("limited_data_set",)),
]
SETTINGS = [
    ("an unknown key", "profil = 'x'\n" + SOURCE, "E601", ("profil", "line 1")),
    ("a repeated key", "name = 'a'\nname = 'b'\n" + SOURCE, "E602", ("line 2",)),
    ("a wrong type", "limited_data_set = 1\n" + SOURCE, "E603", ("limited_data_set", "line 1")),
    ("a date that is none", "observed_until = 'soon'\n" + SOURCE, "E603", ("observed_until", "line 1")),
    ("no source", "schema = 1\n", "E603", ("source",)),
    ("a file outside of the folder", SOURCE.replace("scores.csv", "../scores.csv"), "E603", ()),
    ("a layout outside of the folder", SOURCE + 'layout = "../a.toml"\n', "E603", ()),
    ("a dictionary outside of the folder", SOURCE + 'dictionary = "/etc/hosts"\n', "E603", ()),
]


@pytest.mark.parametrize(
    ("text", "code", "says"), [one[1:] for one in LAYOUTS], ids=[one[0] for one in LAYOUTS]
)
@pytest.mark.parametrize("as_file", [False, True], ids=["text", "file"])
def test_93_a_layout_with_a_fault_is_refused(text, code, says, as_file, tmp_path):
    path = write_files({"scores.csv": totals(), "layout.toml": text}, tmp_path)
    error = load(path, tmp_path / "layout.toml" if as_file else text).error
    assert (error.code, error.exit_code) == (code, 11)
    assert [words for words in says if words not in str(error)] == [], error


@pytest.mark.parametrize(
    ("text", "code", "says"), [one[1:] for one in SETTINGS], ids=[one[0] for one in SETTINGS]
)
def test_93_settings_with_a_fault_are_refused(text, code, says, tmp_path):
    error = load(write_files({"scores.csv": totals(), "outcomes.toml": text}, tmp_path)).error
    assert (error.code, error.exit_code) == (code, 11)
    assert [words for words in says if words not in str(error)] == [], error
