"""What a long reading says on its way."""

import pytest

from outcomes.loading import csv_lines, progress
from outcomes.loading.cohort import load_cohort
from outcomes.loading.progress import say_seldom

FILE = "patient_id,day,phq9_total\n" + "".join(f"P{row},0,{row % 27}\n" for row in range(2_000))


def test_sentences_are_passed_on_some_seconds_apart(monkeypatch):
    clock, said = [100.0], []
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    tell = say_seldom(said.append)
    for second, sentence in ((0, "a"), (2, "b"), (4, "c"), (5, "d"), (8, "e")):
        clock[0] = 100.0 + second
        tell(sentence)
    assert said == ["c", "e"]


def test_nobody_has_to_listen(monkeypatch):
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    assert say_seldom(None)("a") is None


def test_a_quick_file_is_read_in_silence(tmp_path):
    (tmp_path / "a.csv").write_text(FILE)
    said = []
    load_cohort(tmp_path / "a.csv", progress=said.append)
    assert said == []


@pytest.mark.parametrize("quoted", [False, True])
def test_a_long_file_tells_how_many_rows_are_read(tmp_path, monkeypatch, quoted):
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    monkeypatch.setattr(csv_lines, "_BLOCK", 10_000)
    (tmp_path / "a.csv").write_text(FILE.replace("P7,", '"P7",') if quoted else FILE)
    said = []
    load_cohort(tmp_path / "a.csv", progress=said.append)
    read = [sentence for sentence in said if sentence.endswith("rows read")]
    assert read[-1] == "input-1: 2,000 rows read"
    assert len(read) == (1 if quoted else 3)
    assert said[-1] == "checking that every row stands in the ledger once"
