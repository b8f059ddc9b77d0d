import matplotlib as mpl
import pytest

from outcomes.errors import DataError
from outcomes.figures.layout import choose_day_ticks
from outcomes.figures.style import (
    EDGED_FILLS,
    GROUP_STYLES,
    MARK_COLORS,
    SEVERITY_TINTS,
    TEXT,
    TEXT_COLORS,
    WHITE,
    contrast_ratio,
    draw_context,
    group_styles,
)


@pytest.mark.parametrize("color", TEXT_COLORS)
def test_text_has_a_contrast_of_4_5(color):
    assert contrast_ratio(color) >= 4.5


@pytest.mark.parametrize("color", [*MARK_COLORS, *(style.color for style in GROUP_STYLES)])
def test_marks_have_a_contrast_of_3(color):
    assert contrast_ratio(color) >= 3.0


@pytest.mark.parametrize("color", EDGED_FILLS)
def test_pale_fills_stand_on_their_dark_edge(color):
    assert contrast_ratio(color) < 3.0
    assert contrast_ratio(TEXT, color) >= 3.0


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        ("#0072B2", 5.2),
        ("#D55E00", 3.9),
        ("#009E73", 3.4),
        ("#E69F00", 2.3),
        ("#1F2A37", 14.5),
        ("#5B6776", 5.8),
    ],
)
def test_contrasts_are_those_measured_in_the_specification(color, expected):
    assert contrast_ratio(color) == pytest.approx(expected, abs=0.06)


def test_contrast_does_not_depend_on_the_order():
    assert contrast_ratio(TEXT, WHITE) == contrast_ratio(WHITE, TEXT)


def test_severity_runs_from_light_to_dark():
    lightness = [contrast_ratio(tint) for tint in SEVERITY_TINTS]
    assert lightness == sorted(lightness)
    assert len(set(lightness)) == len(lightness)


def test_groups_differ_in_color_dash_and_marker():
    styles = list(group_styles(["IV", "IM", "IN", "PO"]).values())
    for channel in ("color", "dash", "marker"):
        assert len({getattr(style, channel) for style in styles}) == 4


def test_a_fifth_group_is_refused_with_a_way_out():
    with pytest.raises(DataError, match="small multiples"):
        group_styles(["a", "b", "c", "d", "e"])


def test_settings_end_with_the_context():
    before = dict(mpl.rcParams)
    with draw_context():
        assert mpl.rcParams["font.size"] == 8.0
        assert not mpl.rcParams["text.parse_math"]
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(
    ("first", "last", "width", "ticks"),
    [
        (0, 1, 500, [0, 1]),
        (0, 56, 500, [0, 7, 14, 21, 28, 35, 42, 49, 56]),
        (0, 56, 240, [0, 14, 28, 42, 56]),
        (-13, 84, 500, [0, 14, 28, 42, 56, 70, 84]),
        (0, 5000, 500, [0, 728, 1456, 2184, 2912, 3640, 4368]),
    ],
)
def test_ticks_stand_at_whole_days_or_weeks(first, last, width, ticks):
    assert choose_day_ticks(first, last, width) == ticks
