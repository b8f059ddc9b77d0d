"""Only regular files at rest are read, and nothing is waited for."""

import os
import tracemalloc

import pytest

from outcomes.errors import DataError
from outcomes.loading import source as source_module
from outcomes.loading.tables import read_table

GOOD = "patient_id,date,phq9_total\nP1,2026-01-05,12\nP2,2026-01-06,9\n"


@pytest.mark.parametrize("kind", ["folder", "pipe", "dangling", "loop", "missing", "device"])
def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path, kind):
    path = tmp_path / "x.csv"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "dangling":
        path.symlink_to(tmp_path / "nowhere")
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    with pytest.raises(DataError) as caught:
        read_table(path, number=1)
    assert caught.value.code == "E216"
    assert "x.csv" not in str(caught.value)


def test_a_link_to_a_file_and_an_odd_name_are_read(tmp_path):
    (tmp_path / "da\u00df ist  ein Export.csv").write_text(GOOD)
    (tmp_path / "link").symlink_to(tmp_path / "da\u00df ist  ein Export.csv")
    assert read_table(tmp_path / "link", number=1).cells[0].tolist() == ["P1", "P2"]


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text(GOOD)
    real, calls = os.fstat, []

    def grow_after_first_look(handle):
        state = real(handle)
        if not calls:
            with path.open("a") as file:
                file.write("P3,2026-01-07,1\n")
        calls.append(handle)
        return state

    monkeypatch.setattr(source_module.os, "fstat", grow_after_first_look)
    with pytest.raises(DataError) as caught:
        read_table(path, number=1)
    assert caught.value.code == "E217"


def test_a_small_file_takes_little_memory(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(GOOD)
    tracemalloc.start()
    read_table(path, number=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10e6
