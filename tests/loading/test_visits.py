"""Several visits side by side in one row: the layout says the day of each, and nothing is guessed."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc

TOTALS = "patient_id,b_phq9_total,e_phq9_total,gad7_12m\n"
ROWS = "A,18,7,4\nB,20,,3\nC,,,\nD,12,30,2\n" + "".join(f"P{number},10,5,3\n" for number in range(10))
VISITS = """
[[phq9.visits]]
visit = "start"
recorded_total = "b_phq9_total"
day = 0
[[phq9.visits]]
visit = "end"
recorded_total = 3
day = 28
[[gad7.visits]]
visit = "year"
recorded_total = "gad7_12m"
day = 365
"""


@pytest.fixture
def write(tmp_path):
    def writer(text: str):
        path = tmp_path / "visits.csv"
        path.write_text(text)
        return path

    return writer


def test_a_time_point_in_a_name_is_asked_and_a_block_per_visit_is_printed(write):
    report = oc.inspect_source(write(TOTALS + ROWS))
    assert [one.code for one in report.questions] == ["E255", "E255"]
    assert report.layout.count("# [[phq9.visits]]") == 2
    assert report.layout.count("# [[gad7.visits]]") == 1


def test_the_printed_blocks_load_when_their_marks_are_removed(write):
    path = write(TOTALS + ROWS)
    lines = [
        line.removeprefix("# ").split("  # ASK")[0]
        for line in oc.inspect_source(path).layout.splitlines()
        if not line.startswith(("# ASK", "# outcomes"))
    ]
    text = "\n".join(lines).replace("day = 0", "day = 5")
    assert oc.load_cohort(path, layout=text).scores["study_day"].unique().tolist() == [5]


def test_each_visit_is_a_questionnaire_and_each_row_one_line(write):
    cohort = oc.load_cohort(write(TOTALS + ROWS), layout=VISITS)
    scores = cohort.scores.set_index(["patient_id", "instrument", "visit"])
    assert scores.loc[("A", "phq9", "end"), "total"] == 7
    assert scores.loc[("A", "phq9", "end"), "study_day"] == 28
    assert scores.loc[("B", "gad7", "year"), "study_day"] == 365
    assert ("B", "phq9", "end") not in scores.index
    assert cohort.scores["assessment_id"].is_unique
    ledger = cohort.ledger.set_index("row")
    assert len(ledger) == 14
    assert ledger.loc[4, "reason"] == "missing_score"
    assert ledger.loc[5, "left_out"] == "phq9:end=out_of_range"


def test_a_visit_may_have_a_date_of_its_own_and_a_blank_one_was_not_answered(write):
    text = "patient_id,d0,t0_phq9_total,d1,t1_phq9_total\nA,2026-01-05,18,2026-02-05,7\nB,2026-01-06,20,,\n"
    layout = "limited_data_set = true\n" + "".join(
        f'[[phq9.visits]]\nvisit = "{n}"\ndate = "d{n}"\nrecorded_total = "t{n}_phq9_total"\n' for n in (0, 1)
    )
    scores = oc.load_cohort(write(text), layout=layout).scores
    assert scores["date"].tolist() == [
        pd.Timestamp(day) for day in ("2026-01-05", "2026-02-05", "2026-01-06")
    ]


@pytest.mark.parametrize(
    "pattern", ["t{visit}_phq9_{item}", "phq9_{item}_week{visit}", "PHQ9_q0{item}_v{visit}"]
)
def test_items_of_several_visits_are_found_as_complete_sets(write, pattern):
    names = [pattern.format(visit=visit, item=item) for visit in (0, 4) for item in range(1, 10)]
    rows = "".join(f"P{n}," + ",".join(str((n + k) % 4) for k in range(18)) + "\n" for n in range(6))
    path = write(",".join(["patient_id", *names]) + "\n" + rows)
    assert [one.code for one in oc.inspect_source(path).questions] == ["E255"]
    blocks = "".join(
        f'[[phq9.visits]]\nvisit = "{visit}"\nday = {visit}\nitems = {list(range(first, first + 9))}\n'
        for visit, first in ((0, 2), (4, 11))
    )
    scores = oc.load_cohort(path, layout=blocks).scores
    assert len(scores) == 12
    answers = [(3 + k) % 4 for k in range(18)]
    mine = scores[scores["patient_id"] == "P3"].sort_values("study_day")["total"]
    assert mine.tolist() == [sum(answers[:9]), sum(answers[9:])]


@pytest.mark.parametrize(
    ("block", "needed"),
    [
        ('[[phq9.visits]]\nvisit = "a"\nrecorded_total = 2\n', "a day or a date each"),
        ('[[phq9.visits]]\nvisit = "a"\nday = 1\n', "the 9 items, or a recorded_total"),
        ('[[phq9.visits]]\nvisit = "<b>"\nday = 1\nrecorded_total = 2\n', "labels of their own"),
        (
            '[phq9]\nrecorded_total = 3\n[[phq9.visits]]\nvisit = "a"\nday = 1\nrecorded_total = 2\n',
            "move them",
        ),
        (
            '[[phq9.visits]]\nvisit = "a"\nday = 1\nrecorded_total = 2\n'
            '[[phq9.visits]]\nvisit = "b"\nday = 2\nrecorded_total = 2\n',
            "name a column twice",
        ),
        ('[[phq9.visits]]\nvisit = "a"\nday = 1\nrecorded_total = "nowhere"\n', "must name a column"),
    ],
)
def test_a_visit_that_is_not_complete_is_refused_with_what_it_needs(write, block, needed):
    with pytest.raises(oc.DefinitionError, match=needed):
        oc.load_cohort(write(TOTALS + ROWS), layout=block)


def test_two_equal_visits_of_one_day_are_one_questionnaire(write):
    layout = VISITS.replace("day = 28", "day = 0")
    cohort = oc.load_cohort(write(TOTALS + "A,18,18,4\nB,20,20,3\nC,9,9,1\n"), layout=layout)
    assert len(cohort.scores[cohort.scores["instrument"] == "phq9"]) == 3
    assert cohort.ledger["left_out"].str.contains("phq9:end=duplicate").all()
