"""Every rule of the trap list has a test named after it."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def test_every_rule_of_the_trap_list_has_a_test_named_after_it():
    source = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    named = {int(number) for number in re.findall(r"def test_T_(\d\d)_", source)}
    assert named == set(range(1, 27))
