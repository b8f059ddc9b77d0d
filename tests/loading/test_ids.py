"""Patient ids."""

from __future__ import annotations

import pytest

from outcomes.loading.ids import read_ids


def notes_of(read, *ids: str) -> str:
    return " ".join(read_ids(read("patient_id,day\n" + "".join(f"{id},0\n" for id in ids)), 0)[2])


@pytest.mark.parametrize("ids", [("007", "7"), ("a1", "A1"), ("P  1", "P 1")])
def test_twins_are_noted_and_never_merged(read, ids):
    assert "E221 1 ids" in notes_of(read, *ids)


@pytest.mark.parametrize(
    "ids", [("7", "8"), ("1e5", "100000"), ("12345678901234567890", "12345678901234567891")]
)
def test_different_ids_are_different_patients(read, ids):
    table = read("patient_id,day\n" + "".join(f"{id},0\n" for id in ids))
    found, problems, notes = read_ids(table, 0)
    assert (found.tolist(), problems, notes) == (list(ids), (), ())


def test_letters_that_look_alike_are_noted(read):
    assert "E223 1 ids" in notes_of(read, "\u0420A1", "PA1")


def test_words_for_missing_are_ids(read):
    assert "3 ids read like a word for missing" in notes_of(read, "NA", "None", "null")


@pytest.mark.parametrize(("step", "dense"), [(1, True), (97, False)])
def test_running_record_numbers_are_noted(read, step, dense):
    assert ("dense range" in notes_of(read, *(str(10_000 + step * n) for n in range(30)))) is dense


def test_twins_by_dashes_and_a_last_point_zero_are_noted_in_one_file(read):
    table = read("patient_id,day,phq9_total\nK-011,0,1\nK011,0,2\n7,0,3\n7.0,0,4\nB,0,5\n")
    _, _, notes = read_ids(table, 0)
    assert [note.split(": ")[1].split(" ids")[0] for note in notes if "E221" in note] == ["E221 2"]
