"""Cases 91 and 92: a damaged file is refused or loses rows with a reason, and never ends in a traceback.

A digit that damage turns into another valid digit cannot be seen; nothing here claims that.
"""

import random

import pytest

from .case import check_sums, load
from .files import items, rows_of, workbook

SEEDS, FEWER_SEEDS, PIECES = 200, 20, 50


@pytest.fixture(scope="module")
def good() -> dict[str, bytes]:
    text = items(extra=["phq9_total"], make=lambda row, answers: [*answers, sum(answers)])
    return {"export.csv": text.encode(), "export.xlsx": workbook(rows_of(text))}


def judge(path) -> str:
    """How a file ends: the code that refuses it, or used rows and reasons that add up."""
    outcome = load(path)
    if outcome.error is not None:
        assert outcome.error.code[:2] in ("E1", "E2"), outcome.error
        return outcome.error.code
    check_sums(outcome.cohort)
    return "loaded"


@pytest.mark.parametrize("name", ["export.csv", "export.xlsx"])
def test_91_five_percent_of_the_bytes_damaged(name, good, tmp_path):
    path, ends = tmp_path / name, set()
    for seed in range(SEEDS):
        chance, data = random.Random(seed), bytearray(good[name])
        for place in chance.sample(range(len(data)), max(1, len(data) // 20)):
            data[place] = chance.randrange(32, 127) if name.endswith(".csv") else chance.randrange(256)
        path.write_bytes(bytes(data))
        ends.add(judge(path))
    assert len(ends) > 2, ends


@pytest.mark.parametrize("name", ["export.csv", "export.xlsx"])
def test_91_one_byte_damaged(name, good, tmp_path):
    path, ends = tmp_path / name, set()
    for seed in range(FEWER_SEEDS if name.endswith(".csv") else SEEDS):
        chance, data = random.Random(seed), bytearray(good[name])
        data[chance.randrange(len(data))] = chance.randrange(32, 127)
        path.write_bytes(bytes(data))
        ends.add(judge(path))
    assert len(ends) > 2, ends


@pytest.mark.parametrize("name", ["export.csv", "export.xlsx"])
def test_92_cut_at_every_fiftieth_of_the_length(name, good, tmp_path):
    path, ends = tmp_path / name, []
    for piece in range(PIECES):
        path.write_bytes(good[name][: len(good[name]) * piece // PIECES])
        ends.append(judge(path))
    assert ends[0] in ("E205", "E206")
    assert name == "export.csv" or "loaded" not in ends
