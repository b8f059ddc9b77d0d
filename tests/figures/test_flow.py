import matplotlib.pyplot as plt
import pandas as pd
import pytest

from outcomes.errors import DataError
from outcomes.figures.flow import describe_flow, plot_flow
from outcomes.figures.style import HALF, TALL, figure_inches


def words(ax, gid):
    return [text.get_text() for text in ax.texts if text.get_gid() == gid]


def test_boxes_hold_n_and_percent_of_the_box_above(make):
    assert words(plot_flow(make.flow()), "box") == [
        "Started: 400",
        "Start observed: 390 (98 %)",
        "Matured: 370 (95 %)",
        "Baseline in window: 360 (97 %)",
        "At or above caseness: 360 (100 %)",
        "Score in endpoint window: 330 (92 %)",
    ]


def test_below_11_the_count_stands_instead_of_a_percent():
    flow = pd.DataFrame(
        {"step": ["started", "matured"], "n": [8, 5], "left": [3, 0], "reason": ["not_matured", None]}
    )
    ax = plot_flow(flow.assign(n_reason=[3, 0]))
    assert words(ax, "box") == ["Started: 8", "Matured: 5 (5 of 8)"]


@pytest.mark.parametrize("reasons", [1, 2, 6])
def test_every_reason_stands_beside_its_arrow(make, reasons):
    ax = plot_flow(make.flow(reasons))
    assert words(ax, "reasons")[2] == "\n".join(f"10 reason {number}" for number in range(reasons))
    assert len([line for line in ax.lines if line.get_gid() == "exit"]) == 4


def test_reasons_are_told_in_words_the_most_frequent_first():
    flow = pd.DataFrame({"step": ["started", "started", "matured"], "n": [40, 40, 20], "left": [20, 20, 0]})
    ax = plot_flow(flow.assign(reason=["no_score", "not_matured", None], n_reason=[1, 19, 0]))
    assert words(ax, "reasons") == ["19 scoring window still open\n1 no score"]


def test_few_infusions_and_people_who_never_started_are_told_below(make):
    note = words(plot_flow(make.flow()), "note")[0].replace("\n", " ")
    assert "Fewer than 4 infusions: 25 of 360 at or above caseness; they stay in." in note
    assert "Not shown: 3 patients without any infusion." in note


def test_a_side_note_is_told_below_and_is_no_step(make):
    aside = pd.DataFrame({"step": ["a few"], "n": [7], "kind": ["side note"], "instrument": ["phq9"]})
    flow = pd.concat([make.flow().assign(kind="step"), aside])
    ax = plot_flow(flow)
    assert len(words(ax, "box")) == 6
    note = words(ax, "note")[0].replace("\n", " ")
    assert "A few: 7." in note
    assert "Fewer than" not in note
    assert "score in endpoint window" in describe_flow(flow)


def test_a_picture_that_is_too_small_says_so(make):
    ax = plot_flow(make.flow(), ax=plt.subplots(figsize=figure_inches(HALF), layout="constrained")[1])
    assert "needs a larger picture" in ax.texts[0].get_text().replace("\n", " ")


def test_six_reasons_fit_a_tall_figure(make):
    ax = plot_flow(make.flow(6), ax=plt.subplots(figsize=figure_inches(TALL), layout="constrained")[1])
    assert len(words(ax, "box")) == 6


def test_several_instruments_or_groups_are_refused(make):
    flow = make.flow()
    with pytest.raises(DataError, match="one instrument"):
        plot_flow(pd.concat([flow, flow.assign(instrument="gad7")]))
    with pytest.raises(DataError, match="one group"):
        plot_flow(pd.concat([flow, flow]))


def test_zero_patients_is_a_sentence(make):
    ax = plot_flow(make.flow().assign(n=0, left=0, n_reason=0))
    assert [text.get_text() for text in ax.texts] == ["No patient started in this period."]


def test_one_step_only(make):
    flow = make.flow().head(1).assign(left=0, reason=None, n_reason=0)
    assert words(plot_flow(flow), "box") == ["Started: 400"]


def test_words_tell_first_last_and_the_largest_reason(make):
    told = describe_flow(make.flow(2))
    assert "From 400 (started) to 320 (score in endpoint window)." in told
    assert "Largest reason to leave: no score in the window (30)." in told
