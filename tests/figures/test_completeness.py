import matplotlib.colors
import pandas as pd
import pytest

from outcomes.errors import DataError
from outcomes.figures.completeness import describe_completeness, plot_completeness
from outcomes.figures.style import BLUE, WHITE


def artists(ax, gid):
    return [one for one in ax.findobj() if one.get_gid() == gid]


def test_dots_and_bars_are_the_shares_and_intervals_in_percent(make):
    ax = plot_completeness(make.completeness())
    assert [dot.get_xdata()[0] for dot in artists(ax, "share")] == pytest.approx([95.0, 72.5, 80.0])
    ends = [bar.get_segments()[0][:, 0] for bar in artists(ax, "interval")]
    assert [end for both in ends for end in both] == pytest.approx([83.5, 98.6, 57.2, 83.9, 65.2, 89.5])
    assert ax.get_xlim() == (-2, 102)


def test_filled_at_or_above_the_target_and_hollow_below(make):
    ax = plot_completeness(make.completeness(), target=0.8)
    fills = [matplotlib.colors.to_hex(dot.get_markerfacecolor()).upper() for dot in artists(ax, "share")]
    assert fills == [BLUE, WHITE, BLUE]
    assert artists(ax, "target")[0].get_xdata()[0] == 80
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["at or above target", "below target", "target 80 %"]


def test_k_of_n_stands_at_the_right_and_nobody_due_is_said(make):
    ax = plot_completeness(make.completeness())
    assert [text.get_text() for text in artists(ax, "counts")] == [
        "38 of 40",
        "29 of 40",
        "32 of 40",
        "nobody due",
    ]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "baseline",
        "endpoint",
        "90 days",
        "365 days",
    ]


def test_several_instruments_need_a_name_and_several_groups_are_refused(make):
    both = pd.concat([make.completeness(), make.completeness().assign(instrument="gad7")])
    with pytest.raises(DataError, match="one instrument"):
        plot_completeness(both)
    with pytest.raises(DataError, match="one group"):
        plot_completeness(pd.concat([make.completeness(), make.completeness()]))
    assert plot_completeness(both, instrument="gad7").get_xlabel() == "GAD-7 measured, of those due (%)"


def test_nobody_due_anywhere_is_a_sentence(make):
    ax = plot_completeness(make.completeness().assign(n_due=0, n_measured=0))
    assert [text.get_text() for text in ax.texts] == ["No patient is due for a PHQ-9 in this period."]


def test_words_tell_the_lowest_and_the_highest_occasion(make):
    told = describe_completeness(make.completeness(), target=0.8)
    assert "Lowest at endpoint: 29 of 40. Highest at baseline: 38 of 40. The target is 80 %." in told
