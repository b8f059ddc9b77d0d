"""What every picture promises: nothing changed, nothing global, words to be read, a sentence when empty."""

import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.text import Text

from outcomes.errors import DataError
from outcomes.figures.completeness import describe_completeness, plot_completeness
from outcomes.figures.completeness_map import describe_completeness_map, plot_completeness_map
from outcomes.figures.control_chart import describe_control_chart, plot_control_chart
from outcomes.figures.flow import describe_flow, plot_flow
from outcomes.figures.forest import describe_forest, plot_forest
from outcomes.figures.funnel import describe_funnel, plot_funnel
from outcomes.figures.incidence import describe_incidence, plot_incidence
from outcomes.figures.reliable_change import describe_reliable_change, plot_reliable_change
from outcomes.figures.residuals import (
    describe_quantiles,
    describe_residuals,
    plot_quantiles,
    plot_residuals,
)
from outcomes.figures.severity_shift import describe_severity_shift, plot_severity_shift
from outcomes.figures.states import describe_states, plot_states
from outcomes.figures.style import FULL, HALF, TALL, figure_inches
from outcomes.figures.survival import describe_survival, plot_survival
from outcomes.figures.swimmer import describe_swimmer, plot_swimmer
from outcomes.figures.trajectory import describe_trajectories, plot_trajectories
from outcomes.figures.waterfall import describe_change, plot_change

PICTURES = {
    "survival": (plot_survival, lambda make: make.curve(), {}),
    "survival, four groups": (
        plot_survival,
        lambda make: pd.concat([make.curve(name) for name in ("IV", "IM", "IN", "not stated")]),
        {"as_incidence": True},
    ),
    "trajectories": (plot_trajectories, lambda make: make.scores(), {"means": "means", "model": "model"}),
    "trajectories by infusion": (plot_trajectories, lambda make: make.scores(), {"by": "infusion_number"}),
    "trajectories, PCL-5": (
        plot_trajectories,
        lambda make: make.scores(instrument="pcl5"),
        {"instrument": "pcl5"},
    ),
    "change": (plot_change, lambda make: make.courses(), {}),
    "change, many": (plot_change, lambda make: make.courses(60), {"measure": "points"}),
    "flow": (plot_flow, lambda make: make.flow(), {}),
    "flow, six reasons": (plot_flow, lambda make: make.flow(6), {}),
    "completeness": (plot_completeness, lambda make: make.completeness(), {"target": 0.8}),
    "residuals": (plot_residuals, lambda make: make.residuals(), {}),
    "residuals by day": (plot_residuals, lambda make: make.residuals(), {"against": "day"}),
    "quantiles": (plot_quantiles, lambda make: make.residuals(), {}),
    "incidence": (plot_incidence, lambda make: make.incidence(), {}),
    "severity shift": (plot_severity_shift, lambda make: make.shift(), {}),
    "reliable change": (plot_reliable_change, lambda make: make.courses(3), {}),
    "funnel": (plot_funnel, lambda make: make.funnel(), {}),
    "completeness map": (plot_completeness_map, lambda make: make.completeness_map(), {"target": 0.8}),
    "control chart": (plot_control_chart, lambda make: make.chart(), {}),
    "control chart, few quarters": (plot_control_chart, lambda make: make.chart(5), {}),
    "swimmer": (plot_swimmer, lambda make: make.courses_in_states(), {"infusions": "infusions"}),
    "states": (plot_states, lambda make: make.states(), {}),
    "forest": (plot_forest, lambda make: make.ratios(), {}),
}
WORDS = {
    "survival": describe_survival,
    "trajectories": describe_trajectories,
    "change": describe_change,
    "flow": describe_flow,
    "completeness": describe_completeness,
    "residuals": describe_residuals,
    "quantiles": describe_quantiles,
    "incidence": describe_incidence,
    "severity shift": describe_severity_shift,
    "reliable change": describe_reliable_change,
    "funnel": describe_funnel,
    "completeness map": describe_completeness_map,
    "control chart": describe_control_chart,
    "swimmer": describe_swimmer,
    "states": describe_states,
    "forest": describe_forest,
}
BANNED = (
    "because of treatment|due to the infusion|effect of|effective|works|led to|caused|thanks to|proves"
    "|success|failure|significant|best|worst|cured|normal|safe|because"
)
EMPTY = {
    "survival": "No patient has a time to this event in this period.",
    "trajectories": "No patient has a PHQ-9 score in this period.",
    "change": "No patient is due for a PHQ-9 endpoint in this period.",
    "flow": "No patient started in this period.",
    "completeness": "No patient is due for a Score in this period.",
    "residuals": "There is no residual to draw.",
    "quantiles": "There is no residual to draw.",
    "incidence": "No patient has had any of these events in this period.",
    "severity shift": "Nobody due has a baseline in this period.",
    "reliable change": "Nobody due has both totals in this period.",
    "funnel": "Limits need 5 sites; there are fewer. A table shows them side by side.",
    "completeness map": "Nobody is due at any occasion in this period.",
    "control chart": "Nobody is counted in any of these quarters.",
    "swimmer": "No patient with a baseline at caseness was followed in this period.",
    "states": "No patient with a baseline at caseness was followed in this period.",
    "forest": "There is no ratio to draw: none could be estimated.",
}


def read_picture(name, make):
    """The function, its frame and its options."""
    plot, frame, options = PICTURES[name]
    frames = {"means": make.means(), "model": make.model(), "infusions": make.infusions()}
    return plot, frame(make), {key: frames.get(key, value) for key, value in options.items()}


@pytest.fixture(params=PICTURES)
def picture(request, make):
    return read_picture(request.param, make)


def shown_texts(figure):
    figure.canvas.draw()
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


@pytest.fixture(scope="module", params=PICTURES)
def drawn(request, make):
    """The figure, drawn once, and the place of every text in it."""
    plot, frame, options = read_picture(request.param, make)
    figure = plot(frame, **options).figure
    extents = [(text.get_text(), text.get_window_extent()) for text in shown_texts(figure)]
    return figure, [(words, box) for words, box in extents if box.overlaps(figure.bbox)]


def test_the_frame_is_untouched(picture):
    plot, frame, options = picture
    before = frame.copy(deep=True)
    plot(frame, **options)
    pd.testing.assert_frame_equal(frame, before)


def test_a_picture_on_given_axes_returns_them_and_sets_nothing_global(picture):
    plot, frame, options = picture
    figure, ax = plt.subplots(figsize=figure_inches(TALL), layout="constrained")
    settings, open_figures = dict(mpl.rcParams), plt.get_fignums()
    assert plot(frame, ax=ax, **options) is ax
    assert dict(mpl.rcParams) == settings
    assert plt.get_fignums() == open_figures
    assert figure.axes == [ax]


def test_without_axes_one_new_figure_of_full_width_is_made(picture):
    plot, frame, options = picture
    ax = plot(frame, **options)
    assert plt.get_fignums() == [ax.figure.number]
    assert ax.figure.get_figwidth() == pytest.approx(FULL[0] / 25.4)


def test_text_is_8_points_and_inside_the_figure(drawn):
    figure, extents = drawn
    assert {text.get_fontsize() for text in shown_texts(figure)} == {8.0}
    for words, box in extents:
        assert box.x0 >= -1, words
        assert box.y0 >= -1, words
        assert box.x1 <= figure.bbox.x1 + 1, words
        assert box.y1 <= figure.bbox.y1 + 1, words


def test_no_two_texts_lie_over_each_other(drawn):
    _, extents = drawn
    assert len(extents) > 5
    for place, (words, box) in enumerate(extents):
        for other_words, other in extents[place + 1 :]:
            across = min(box.x1, other.x1) - max(box.x0, other.x0)
            down = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert across <= 1 or down <= 1, (words, other_words)


def test_no_causal_or_promotional_words(drawn):
    words = " ".join(words for words, _ in drawn[1])
    assert not re.search(rf"\b({BANNED})\b", words, flags=re.IGNORECASE)


def test_labels_are_8_points_on_axes_made_under_other_settings(picture):
    plot, frame, options = picture
    with mpl.rc_context({"font.size": 14.0}):
        ax = plt.subplots(figsize=figure_inches(HALF), layout="constrained")[1]
    figure = plot(frame, ax=ax, **options).figure
    assert {text.get_fontsize() for text in shown_texts(figure)} == {8.0}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_frame_gives_a_sentence(name, make):
    plot, frame, _ = PICTURES[name]
    ax = plot(frame(make).head(0))
    assert [text.get_text().replace("\n", " ") for text in ax.texts] == [EMPTY[name]]
    assert not ax.axison


MISSING = {
    "survival": "at_risk",
    "trajectories": "day",
    "change": "eligible",
    "flow": "n",
    "completeness": "n_due",
    "residuals": "standardized",
    "quantiles": "normal_quantile",
    "incidence": "cause",
    "severity shift": "band_to",
    "reliable change": "endpoint_total",
    "funnel": "center",
    "completeness map": "n_due",
    "control chart": "signal",
    "swimmer": "ongoing",
    "states": "state",
    "forest": "conf_high",
}


@pytest.mark.parametrize("name", WORDS)
def test_a_missing_column_is_named(name, make):
    plot, frame, _ = PICTURES[name]
    for function in (plot, WORDS[name]):
        with pytest.raises(DataError, match=f"needs the column {MISSING[name]}"):
            function(frame(make).drop(columns=MISSING[name]))


@pytest.mark.parametrize("name", WORDS)
def test_words_for_a_picture_have_80_to_350_characters_also_when_empty(name, make):
    frame = PICTURES[name][1](make)
    for one in (frame, frame.head(0)):
        assert 80 <= len(WORDS[name](one)) <= 350


@pytest.mark.parametrize("name", WORDS)
def test_no_causal_or_promotional_words_in_the_description(name, make):
    assert not re.search(rf"\b({BANNED})\b", WORDS[name](PICTURES[name][1](make)), flags=re.IGNORECASE)
