"""What every picture promises: the frame untouched, nothing global set, all words inside the figure, a sentence when empty."""

import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from frames import make_completeness, make_courses, make_curve, make_flow, make_means, make_model, make_scores
from matplotlib.text import Text

from outcomes.errors import DataError
from outcomes.figures.completeness import describe_completeness, plot_completeness
from outcomes.figures.flow import describe_flow, plot_flow
from outcomes.figures.style import FULL, HALF, TALL, figure_inches
from outcomes.figures.survival import describe_survival, plot_survival
from outcomes.figures.trajectory import describe_trajectories, plot_trajectories
from outcomes.figures.waterfall import describe_change, plot_change

PICTURES = {
    "survival": (plot_survival, make_curve(), {}),
    "survival, four groups": (
        plot_survival,
        pd.concat([make_curve(name) for name in ("IV", "IM", "IN", "not stated")]),
        {"as_incidence": True},
    ),
    "trajectories": (plot_trajectories, make_scores(), {"means": make_means(), "model": make_model()}),
    "trajectories by infusion": (
        plot_trajectories,
        make_scores(),
        {"by": "infusion_number", "means": make_means("infusion_number")},
    ),
    "trajectories, PCL-5": (plot_trajectories, make_scores(instrument="pcl5"), {"instrument": "pcl5"}),
    "change": (plot_change, make_courses(), {}),
    "change, many": (plot_change, make_courses(60), {"measure": "points"}),
    "flow": (plot_flow, make_flow(), {}),
    "flow, six reasons": (plot_flow, make_flow(6), {}),
    "completeness": (plot_completeness, make_completeness(), {"target": 0.8}),
}
WORDS = {
    "survival": (describe_survival, make_curve()),
    "trajectories": (describe_trajectories, make_scores()),
    "change": (describe_change, make_courses()),
    "flow": (describe_flow, make_flow()),
    "completeness": (describe_completeness, make_completeness()),
}
EMPTY = {
    "survival": "No patient has a time to this event in this period.",
    "trajectories": "No patient has a PHQ-9 score in this period.",
    "change": "No patient is due for a PHQ-9 endpoint in this period.",
    "flow": "No patient started in this period.",
    "completeness": "No patient is due for a Score in this period.",
}
each_picture = pytest.mark.parametrize(("plot", "frame", "options"), PICTURES.values(), ids=PICTURES)


def shown_texts(figure):
    figure.canvas.draw()
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def drawn_extents(figure):
    """Place of every text that is really drawn (ticks outside the limits are not)."""
    texts = shown_texts(figure)
    limits = figure.bbox
    extents = [(text.get_text(), text.get_window_extent()) for text in texts]
    return [(words, box) for words, box in extents if box.overlaps(limits)]


@each_picture
def test_the_frame_is_untouched(plot, frame, options):
    before = frame.copy(deep=True)
    plot(frame, **options)
    pd.testing.assert_frame_equal(frame, before)


@each_picture
def test_a_picture_on_given_axes_returns_them_and_sets_nothing_global(plot, frame, options):
    figure, ax = plt.subplots(figsize=figure_inches(TALL), layout="constrained")
    settings, open_figures = dict(mpl.rcParams), plt.get_fignums()
    assert plot(frame, ax=ax, **options) is ax
    assert dict(mpl.rcParams) == settings
    assert plt.get_fignums() == open_figures
    assert figure.axes == [ax]


@each_picture
def test_without_axes_one_new_figure_of_full_width_is_made(plot, frame, options):
    ax = plot(frame, **options)
    assert plt.get_fignums() == [ax.figure.number]
    assert ax.figure.get_figwidth() == pytest.approx(FULL[0] / 25.4)


@each_picture
def test_text_is_8_points_and_inside_the_figure(plot, frame, options):
    figure = plot(frame, **options).figure
    assert {text.get_fontsize() for text in shown_texts(figure)} == {8.0}
    for words, box in drawn_extents(figure):
        assert box.x0 >= -1, words
        assert box.y0 >= -1, words
        assert box.x1 <= figure.bbox.x1 + 1, words
        assert box.y1 <= figure.bbox.y1 + 1, words


@each_picture
def test_no_two_texts_lie_over_each_other(plot, frame, options):
    extents = drawn_extents(plot(frame, **options).figure)
    for place, (words, box) in enumerate(extents):
        for other_words, other in extents[place + 1 :]:
            across = min(box.x1, other.x1) - max(box.x0, other.x0)
            down = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert across <= 1 or down <= 1, (words, other_words)


@each_picture
def test_labels_are_8_points_on_axes_made_under_other_settings(plot, frame, options):
    with mpl.rc_context({"font.size": 14.0}):
        ax = plt.subplots(figsize=figure_inches(HALF), layout="constrained")[1]
    figure = plot(frame, ax=ax, **options).figure
    assert {text.get_fontsize() for text in shown_texts(figure)} == {8.0}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_frame_gives_a_sentence(name):
    plot, frame, _ = PICTURES[name]
    ax = plot(frame.head(0))
    assert [text.get_text().replace("\n", " ") for text in ax.texts] == [EMPTY[name]]
    assert not ax.axison


@pytest.mark.parametrize("name", WORDS)
def test_a_missing_column_is_named(name):
    plot, frame, _ = PICTURES[name]
    missing = {
        "survival": "at_risk",
        "trajectories": "day",
        "change": "eligible",
        "flow": "n",
        "completeness": "k",
    }[name]
    with pytest.raises(DataError, match=f"needs the column {missing}"):
        plot(frame.drop(columns=missing))
    with pytest.raises(DataError, match=f"needs the column {missing}"):
        WORDS[name][0](frame.drop(columns=missing))


@pytest.mark.parametrize("name", WORDS)
def test_words_for_a_picture_have_80_to_350_characters_also_when_empty(name):
    describe, frame = WORDS[name]
    for one in (frame, frame.head(0)):
        assert 80 <= len(describe(one)) <= 350


BANNED = (
    "because of treatment|due to the infusion|effect of|effective|works|led to|caused|thanks to|proves|success|failure"
    "|significant|best|worst|cured|normal|safe|because"
)


@pytest.mark.parametrize("name", PICTURES)
def test_no_causal_or_promotional_words(name):
    plot, frame, options = PICTURES[name]
    figure = plot(frame, **options).figure
    words = " ".join(text.get_text() for text in shown_texts(figure))
    words += "".join(describe(frame) for describe, frame in WORDS.values())
    assert not re.search(rf"\b({BANNED})\b", words, flags=re.IGNORECASE)
