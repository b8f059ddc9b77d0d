"""A layout may name what headers leave open, and never contradict what they say."""

from __future__ import annotations

import pytest

import outcomes as oc
from outcomes.errors import DefinitionError
from outcomes.loading.layouts.claims import say_meaning

BOTH = [*(f"phq9_{n}" for n in range(1, 10)), *(f"gad7_{n}" for n in range(1, 8))]
TOTALS = ["phq9_total", "gad7_total"]
TWO = [f"t{visit}_phq9_{n}" for visit in (1, 2) for n in range(1, 10)]


@pytest.fixture
def load(tmp_path):
    def loader(header, layout):
        path = tmp_path / "scores.csv"
        path.write_text(f"id,day,{','.join(header)}\nA,0{',0' * len(header)}\n")
        return oc.load_cohort(path, layout=layout)

    return loader


def columns(first: int, last: int, *, step: int = 1) -> str:
    return str(list(range(first, last + step, step)))


def visit(name: str, items: str, day: int) -> str:
    return f'[[phq9.visits]]\nvisit = "{name}"\nday = {day}\nitems = {items}\n'


@pytest.mark.parametrize(
    ("header", "layout", "key", "place"),
    [
        (BOTH, f"[gad7]\nitems = {columns(3, 9)}\n", "gad7.items", "3, 4, 5, ..."),
        (BOTH, f"[phq9]\nitems = {columns(11, 3, step=-1)}\n", "phq9.items", "11, 10, 9, ..."),
        (BOTH, f"[phq9]\nitems = {columns(4, 12)}\n", "phq9.items", "4, 5, 6, ..."),
        (TOTALS, '[gad7]\nrecorded_total = "phq9_total"\n', "gad7.recorded_total", "3"),
        (["phq8_total"], '[phq9]\nrecorded_total = "phq8_total"\n', "phq9.recorded_total", "3"),
        (["pclc_total"], '[pcl5]\nrecorded_total = "pclc_total"\n', "pcl5.recorded_total", "3"),
        (["phqa_9"], '[phq9]\nrecorded_total = "phqa_9"\n', "phq9.recorded_total", "3"),
        ([*BOTH[:8], "phq9_total"], f"[phq9]\nitems = {columns(3, 11)}\n", "phq9.items", "11"),
        (
            TWO,
            visit("1", columns(4, 12), 0) + visit("2", columns(12, 20), 7).replace("12, ", "3, ", 1),
            "phq9.visits.items",
            "4, 5, 6, ...",
        ),
        (["a_gad7_total"], '[[phq9.visits]]\nvisit = "a"\nday = 0\nrecorded_total = 3\n',
         "phq9.visits.recorded_total", "3"),
    ],
)  # fmt: skip
def test_a_column_that_says_something_else_is_refused_by_key_and_position(load, header, layout, key, place):
    with pytest.raises(DefinitionError) as caught:
        load(header, layout)
    problem = caught.value.found[0]
    assert (problem.code, f"{key} names" in problem.message, f"(columns {place})" in problem.message) == (
        "E603", True, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("header", "layout"),
    [
        ([f"phq9_{n}" for n in range(10)], f"[phq9]\nitems = {columns(3, 11)}\n"),
        ([f"x{n}" for n in range(9)], f"[phq9]\nitems = {columns(11, 3, step=-1)}\n"),
        ([*(f"phq{n}" for n in range(1, 9)), "phq9"], f"[phq9]\nitems = {columns(3, 11)}\n"),
        (TWO, visit("1", columns(3, 11), 0) + visit("2", columns(12, 20), 7)),
        ([f"phq9_{n}_2" for n in range(1, 10)], f"[phq9]\nitems = {columns(3, 11)}\n"),
        (["pcl5_0", "pcl5_1"], '[[pcl5.visits]]\nvisit = "1"\nday = 0\nrecorded_total = "pcl5_1"\n'),
        (["phq_total"], '[phq9]\nrecorded_total = "phq_total"\n'),
    ],
)
def test_what_headers_leave_open_a_layout_may_name(load, header, layout):
    assert set(load(header, layout).scores["total"]) == {0}


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("phq9_1", ("phq9", 1)),
        ("t1_phq9_2", ("phq9", 2)),
        ("phq9_1_week4", ("phq9", 1)),
        ("pcl5_fu_c1", ("pcl5", 6)),
        ("phq9", ("phq9", None)),
        ("phq9_12m", ("phq9", None)),
        ("b_phq9_total", ("phq9", -1)),
        ("sum_gad7", ("gad7", -1)),
        ("phq9_1_2", None),
        ("q1", None),
    ],
)
def test_a_header_says_what_it_is_by_its_name(name, meaning):
    assert say_meaning(name) == meaning
