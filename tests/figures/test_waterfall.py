import matplotlib.colors
import pandas as pd
import pytest

from outcomes.figures.style import BLUE, GRAY, GREEN, SKY, VERMILION
from outcomes.figures.waterfall import describe_change, plot_change


def artists(ax, gid):
    return [one for one in ax.findobj() if str(one.get_gid()).startswith(gid)]


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


COUNTS = [
    "remission: 1",
    "response only: 1",
    "reliable improvement only: 1",
    "no reliable change: 1",
    "reliable deterioration: 1",
    "no endpoint total: 1",
]


def test_each_patient_is_a_bar_in_the_first_category_that_fits(make):
    ax = plot_change(make.courses())
    bars = artists(ax, "category:")
    assert [bar.get_height() for bar in bars] == pytest.approx([-77.78, -60.0, -40.0, 0.0, 50.0], abs=0.01)
    assert [matplotlib.colors.to_hex(bar.get_facecolor()).upper() for bar in bars] == [
        GREEN,
        BLUE,
        SKY,
        GRAY,
        VERMILION,
    ]
    assert [bar.get_x() for bar in bars] == pytest.approx([0, 1, 2, 3, 4])
    assert labels(ax) == COUNTS


def test_categories_of_one_color_family_differ_by_hatch(make):
    hatches = [bar.get_hatch() for bar in artists(plot_change(make.courses()), "category:")]
    assert hatches == ["///", None, "...", None, "xxx"] or hatches == ["///", "", "...", "", "xxx"]


def test_those_without_an_endpoint_total_are_a_hatched_block_as_wide_as_their_number(make):
    ax = plot_change(make.courses(3))
    block = artists(ax, "unmeasured")[0]
    assert (block.get_x(), block.get_width(), block.get_hatch()) == (15, 3, "\\\\\\")
    assert ax.get_xlim() == (0, 18)
    assert "(n = 18)" in ax.get_xlabel()


def test_who_is_due_and_below_caseness_is_counted_with_the_reliably_worse(make):
    note = artists(plot_change(make.courses()), "note")[0].get_text()
    assert (
        note.replace("\n", " ")
        == "Not drawn: 1 with a baseline below the cut-off (1 of them reliably worse)."
    )


def test_who_is_not_due_or_in_a_later_series_is_not_there(make):
    courses = make.courses()
    others = pd.concat(
        [courses.assign(due=False), courses.assign(series=2), courses.assign(instrument="gad7")]
    )
    assert labels(plot_change(pd.concat([courses, others]))) == COUNTS


def test_missing_due_and_missing_eligible_are_not_true(make):
    courses = make.courses()
    unknown = courses.assign(due=pd.array([pd.NA] * 7, dtype="boolean"))
    assert labels(plot_change(pd.concat([courses, unknown]))) == COUNTS


def test_above_120_patients_one_outline_per_category_without_gaps(make):
    ax = plot_change(make.courses(30))
    outlines = artists(ax, "category:")
    assert len(outlines) == 5
    edges = [outline.get_datalim(ax.transData) for outline in outlines]
    assert [(edge.x0, edge.x1) for edge in edges] == [(0, 30), (30, 60), (60, 90), (90, 120), (120, 150)]
    assert labels(ax)[0] == "remission: 30"


def test_each_category_is_one_block_ordered_from_fall_to_rise(make):
    courses = make.courses(2).assign(
        percent_change=[-80, -60, -40, 0, 50, None, None, -90, -55, -30, -10, 70, None, None]
    )
    heights = [bar.get_height() for bar in artists(plot_change(courses), "category:")]
    assert heights == [-90, -80, -60, -55, -40, -30, -10, 0, 50, 70]


def test_nothing_is_clipped(make):
    courses = make.courses().assign(percent_change=[-100, -60, -40, 0, 170, None, None])
    low, high = plot_change(courses).get_ylim()
    assert low == -100
    assert high >= 170


@pytest.mark.parametrize(
    ("instrument", "measure", "line", "low"),
    [
        ("phq9", "percent", -50, -100),
        ("phq9", "points", None, -30),
        ("pcl5", "points", -10, -80),
        ("pcl5", "percent", None, -100),
    ],
)
def test_the_criterion_of_the_profile_is_a_line_in_its_own_measure(make, instrument, measure, line, low):
    ax = plot_change(make.courses(instrument=instrument), instrument=instrument, measure=measure)
    lines = [one.get_ydata()[0] for one in ax.lines if one.get_gid() == "criterion"]
    assert lines == ([] if line is None else [line])
    assert ax.get_ylim()[0] == low
    assert ax.get_ylabel() == f"Change from baseline ({'%' if measure == 'percent' else 'points'})"


def test_pcl5_uses_its_own_words(make):
    ax = plot_change(make.courses(instrument="pcl5"), instrument="pcl5", measure="points")
    assert labels(ax)[:2] == ["below cut-off: 1", "10-point improvement only: 1"]


def test_all_missing_is_one_block(make):
    courses = make.courses().assign(endpoint_total=pd.NA, change=pd.NA, percent_change=pd.NA)
    flags = ("remission", "response", "reliable_improvement", "reliable_deterioration")
    courses = courses.assign(**dict.fromkeys(flags))
    ax = plot_change(courses.astype({"change": "Int64", "percent_change": "Float64"}))
    assert artists(ax, "category:") == []
    assert artists(ax, "unmeasured")[0].get_width() == 6


def test_nobody_at_or_above_caseness_is_said_with_the_count(make):
    courses = make.courses().assign(eligible=False, reliable_deterioration=False)
    words = " ".join(text.get_text().replace("\n", " ") for text in plot_change(courses).texts)
    assert words == (
        "No patient has a PHQ-9 baseline at or above the cut-off in this period. "
        "Not drawn: 7 with a baseline below the cut-off."
    )


def test_words_count_every_category(make):
    told = describe_change(make.courses(2))
    assert "2 remission, 2 response only, 2 reliable improvement only, 2 no reliable change" in told
    assert "2 reliable deterioration." in told
    assert told.endswith("Without an endpoint total: 2.")
