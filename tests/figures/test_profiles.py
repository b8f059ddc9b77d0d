"""The figure of profiles draws what the table says, and nothing else."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest

import outcomes as oc
from outcomes.errors import DataError


@pytest.fixture(scope="module")
def table(sample_cohort):
    return oc.summarize_profiles(sample_cohort, ["default", "mcinnes2022", "cms159", "nys_cocm"])


@pytest.fixture
def figure(table):
    drawn = oc.plot_profiles(table, instrument="phq9")
    yield drawn
    plt.close(drawn)


def marks(ax, gid):
    return [one for one in ax.get_children() if one.get_gid() == gid]


def test_one_dot_and_one_interval_per_leading_rate(figure, table):
    for ax, endpoint in zip(figure.axes, ("response", "remission"), strict=True):
        rows = table[table["headline"] & (table["endpoint"] == endpoint) & (table["instrument"] == "phq9")]
        counted = rows[rows["n"].fillna(0) > 0]
        assert [one.get_xdata()[0] for one in marks(ax, "share")] == (100 * counted["share"]).tolist()
        assert len(marks(ax, "interval")) == counted["percent_shown"].sum()


def test_counts_stand_beside_the_dots_and_another_rule_has_a_note(figure):
    words = [one.get_text() for one in marks(figure.axes[0], "counts")]
    assert any(word.endswith("(1)") for word in words)
    assert "(1) improvement >= 50 %, or total < 10" in figure.get_supxlabel()


def test_nobody_counted_is_said_in_words(figure):
    assert [one.get_text() for one in marks(figure.axes[1], "words")] == ["nobody can be counted"]


def test_several_questionnaires_or_groups_ask_for_one(table, sample_cohort):
    with pytest.raises(DataError, match="draws one instrument"):
        oc.plot_profiles(table)
    by_site = oc.summarize_profiles(sample_cohort, ["default"], by="site")
    with pytest.raises(DataError, match="one group"):
        oc.plot_profiles(by_site, instrument="phq9")
    with pytest.raises(DataError, match="no leading rate"):
        oc.plot_profiles(table, instrument="phq9", endpoints=("recovery",))


def test_the_words_name_the_ends_and_fit_an_alternative_text(table):
    words = oc.describe_profiles(table, instrument="phq9")
    assert 80 <= len(words) <= 350
    assert "Response: from" in words and "Remission: from" in words
