"""Strict reading: what is refused, how it is named, and that no value is ever printed."""

from __future__ import annotations

import copy
import os
import pickle
from pathlib import Path

import pytest
from pydantic.dataclasses import dataclass

from outcomes.definitions.strict import STRICT, FrozenDict, Text, find_key_lines, read_strict, read_text
from outcomes.errors import DefinitionError


@dataclass(frozen=True, config=STRICT)
class Column:
    name: Text
    missing: tuple[int, ...] = ()


@dataclass(frozen=True, config=STRICT)
class Layout:
    kind: Text
    days: tuple[int, int] = (0, 0)
    limit: float | None = None
    group: str | dict[str, int] | None = None
    labels: dict[str, int] | None = None
    columns: tuple[Column, ...] = ()


def refuse(text: str) -> DefinitionError:
    with pytest.raises(DefinitionError) as caught:
        read_strict(text, Layout, label="layout of input-2")
    return caught.value


def test_a_correct_text_gives_an_instance_with_tuples():
    text = 'kind = "form"\ndays = [-14, 0]\nlimit = 3\n[[columns]]\nname = "a"\nmissing = [-9]\n'

    assert read_strict(text, Layout, label="x") == Layout(
        "form", (-14, 0), 3.0, columns=(Column("a", (-9,)),)
    )


def test_a_file_is_read_like_its_text_with_or_without_byte_order_mark(tmp_path):
    path = tmp_path / "layout.toml"
    path.write_bytes(b'\xef\xbb\xbfkind = "form"\n')

    assert read_strict(path, Layout, label="x") == Layout("form")


@pytest.mark.parametrize(
    ("text", "code", "where", "words"),
    [
        ('kind = "a"\nkidn = "b"\n', "E601", "layout of input-2, line 2", 'unknown key "kidn"'),
        (
            'kind = "a"\n[[columns]]\nname = "x"\n[[columns]]\nname = "y"\nnmae = "z"\n',
            "E601",
            "layout of input-2, line 6",
            'unknown key "columns[2].nmae". Known here: name, missing.',
        ),
        ('kind = "a"\nkind = "b"\n', "E602", "layout of input-2, line 2", "repeated"),
        ('kind = "a"\n[labels]\nx = 1\n[labels]\n', "E602", "layout of input-2, line 4", "repeated"),
        ('kind = "a\n', "E602", "layout of input-2, line 1", "not valid TOML"),
        ("days = [0, 1]\n", "E603", "layout of input-2", 'the key "kind" is needed'),
        ('kind = "a"\n\ndays = ["-14", 0]\n', "E603", "layout of input-2, line 3", 'value of "days[1]"'),
        ('kind = "a"\ndays = [1, 2, 3]\n', "E603", "layout of input-2, line 2", 'value of "days"'),
        ("kind = 7\n", "E603", "layout of input-2, line 1", "valid string"),
        ('kind = "  "\n', "E603", "layout of input-2, line 1", "must not be empty"),
        ('kind = "a"\nlimit = nan\n', "E603", "layout of input-2, line 2", 'value of "limit"'),
        ('kind = "a"\ngroup = 1\n', "E603", "layout of input-2, line 2", 'value of "group"'),
        ('kind = "a"\ncolumns = [3]\n', "E603", "layout of input-2, line 2", "a table is needed"),
    ],
)
def test_each_kind_of_mistake_has_its_code_line_and_key(text, code, where, words):
    error = refuse(text)

    assert [(problem.code, problem.where) for problem in error.found] == [(code, where)]
    assert words in error.found[0].message
    assert error.exit_code == 11


def test_all_problems_are_named_at_once():
    error = refuse('kidn = "a"\ndays = "x"\nlimit = true\n')

    assert sorted(problem.code for problem in error.found) == ["E601", "E603", "E603", "E603"]


@pytest.mark.parametrize(
    "text",
    [
        'kind = 1\nlabels = { "Jane Doe" = "Jane Doe" }\n',
        'kind = "a"\n[labels]\n"Jane Doe" = "x"\n',
        'kind = "a"\ndays = ["Jane Doe", 0]\n',
        'kind = "a"\nkind = "Jane Doe"\n',
        'kind = "Jane Doe\n',
        'kind = "a"\n[[columns]]\nname = ["Jane Doe"]\n',
        'kind = "a"\ngroup = { "Jane Doe" = "x" }\n',
    ],
)
def test_no_value_and_no_name_of_a_free_mapping_is_printed(text):
    error = refuse(text)

    assert "Jane" not in str(error)
    assert "Jane" not in repr(error.__context__)


def test_a_missing_file_and_a_file_in_another_encoding_are_refused_without_their_path(tmp_path):
    latin = tmp_path / "secret_name.toml"
    latin.write_bytes('kind = "é"'.encode("latin-1"))

    for path in (latin, tmp_path / "secret_absent.toml"):
        with pytest.raises(DefinitionError) as caught:
            read_strict(path, Layout, label="layout of input-2")
        assert caught.value.code == "E602"
        assert "secret" not in str(caught.value)


def test_deep_nesting_is_refused_and_not_a_crash():
    assert refuse("kind = " + "[" * 5000 + "]" * 5000).code == "E602"


def test_key_lines_pass_over_long_strings_and_arrays_of_several_lines():
    text = 'a = """\nb = 1\n"""\nc = [\n  1,\n]\n[t."x y"]\nd.e = 2 # [\nf = "["\ng = 3\n'

    expected = {("a",): 1, ("c",): 4, ("t", "x y"): 7, ("t", "x y", "d", "e"): 8}
    assert find_key_lines(text) == {**expected, ("t", "x y", "f"): 9, ("t", "x y", "g"): 10}


def test_key_lines_count_the_entries_of_an_array_of_tables():
    text = "[[a]]\nb = 1\n[[a]]\nb = 2\n[a.c]\nd = 3\n"

    assert find_key_lines(text) == {
        ("a", 0): 1,
        ("a", 0, "b"): 2,
        ("a", 1): 3,
        ("a", 1, "b"): 4,
        ("a", 1, "c"): 5,
        ("a", 1, "c", "d"): 6,
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.__setitem__("a", 2),
        lambda d: d.__delitem__("a"),
        lambda d: d.update(a=2),
        lambda d: d.pop("a"),
        lambda d: d.clear(),
        lambda d: d.setdefault("b", 1),
        lambda d: d.__ior__({"a": 2}),
    ],
)
def test_a_frozen_dict_cannot_be_changed(change):
    frozen = FrozenDict(a=1)

    with pytest.raises(TypeError, match="cannot be changed"):
        change(frozen)
    assert frozen == {"a": 1}


def test_a_frozen_dict_travels_through_pickle_and_copy_and_hashes_by_content():
    frozen = FrozenDict(a=(1, 2))

    assert pickle.loads(pickle.dumps(frozen)) == copy.deepcopy(frozen) == frozen
    assert hash(frozen) == hash(FrozenDict(a=(1, 2)))


@pytest.mark.parametrize("kind", ["folder", "device", "pipe"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path, kind):
    path = {"folder": tmp_path, "device": Path("/dev/zero"), "pipe": tmp_path / "pipe"}[kind]
    if kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(DefinitionError, match="E602"):
        read_text(path, label="settings")


def test_a_path_with_a_nul_is_refused():
    with pytest.raises(DefinitionError, match="without NUL"):
        read_text(Path("a\0b"), label="settings")
