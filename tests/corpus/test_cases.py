"""Every case of the corpus has its outcome: a code, reasons of rows, or the frames of its clean twin."""

import pytest

from .all_cases import CASES
from .case import check_case


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_bad_input_has_its_outcome(case, tmp_path):
    check_case(case, tmp_path)
