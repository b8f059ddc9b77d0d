"""The cases that the formats added have their outcomes too."""

import pytest

from . import exports, formats, redcap
from .case import check_case


@pytest.mark.parametrize("case", [*formats.CASES, *redcap.CASES, *exports.CASES], ids=str)
def test_a_bad_export_has_its_outcome(case, tmp_path):
    check_case(case, tmp_path)
