"""The cases that the formats added have their outcomes too."""

import pytest

from . import exports, formats, redcap
from .case import check_case

CASES = (*formats.CASES, *redcap.CASES, *exports.CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_bad_export_has_its_outcome(case, tmp_path):
    check_case(case, tmp_path)


def test_every_line_of_the_corpus_is_there_once():
    numbers = [case.number for case in CASES]
    assert len(set(numbers)) == len(numbers)
    assert {int(number.rstrip("bcdef")) for number in numbers} == set(range(94, 133))
