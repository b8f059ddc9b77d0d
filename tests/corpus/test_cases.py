"""Every case of the corpus has its outcome: a code, reasons of rows, or the frames of its clean twin."""

import tracemalloc

import pytest

from .all_cases import CASES
from .case import check_case, load, write_files

HARMFUL = [case for case in CASES if case.number in ("25", "26", "27", "28", "29", "29c")]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_bad_input_has_its_outcome(case, tmp_path):
    check_case(case, tmp_path)


@pytest.mark.parametrize("case", HARMFUL, ids=str)
def test_a_file_that_could_do_harm_is_refused_in_little_memory_and_time(case, tmp_path):
    path = write_files(case.files, tmp_path)
    tracemalloc.start()
    outcome = load(path, case.layout)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert outcome.error.code == case.code
    assert peak < 300e6
    assert outcome.seconds < 2


def test_every_line_of_the_corpus_is_there_once():
    """Lines 85 to 87 and 91 to 93 have modules of their own, lines from 94 on test_formats.py."""
    numbers = [case.number for case in CASES]
    assert len(set(numbers)) == len(numbers)
    lines = {int(number.rstrip("bcdef")) for number in numbers if number != "E104"}
    assert lines == set(range(1, 94)) - {85, 86, 87, 91, 92, 93}
