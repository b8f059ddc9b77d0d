"""One formatter: what a typed cell prints."""

from __future__ import annotations

import math

import pytest

from outcomes.errors import ReportError
from outcomes.reports.blocks import Count, Estimate, Mean, NotEstimable, P, Share, Text
from outcomes.reports.format import find_numbers, show, show_plain


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Text("Harbor"), "Harbor"),
        (Count(1204), "1,204"),
        (Count(-3), "\u22123"),
        (Share(27, 63, 0.313, 0.552), "43 % (27 of 63)"),
        (Share(27, 63, 0.313, 0.552, part="value"), "43 %"),
        (Share(27, 63, 0.313, 0.552, part="count"), "27 of 63"),
        (Share(27, 63, 0.313, 0.552, part="interval"), "31 to 55"),
        (Share(3, 8, 0.137, 0.694, percent_shown=False), "3 of 8"),
        (Share(3, 8, 0.137, 0.694, percent_shown=False, part="value"), ""),
        (Share(3, 8, 0.137, 0.694, percent_shown=False, part="interval"), ""),
        (Share(1, 8, 0.125, 0.345), "13 % (1 of 8)"),
        (Share(1, 8, 0.125, 0.345, part="interval"), "13 to 35"),
        (Estimate(62.5, digits=0, unit="%"), "63 %"),
        (Share(0, 0, percent_shown=False), "0 of 0"),
        (Estimate(-9.06, -11.2, -7.04), "\u22129.1 (95 % CI \u221211.2 to \u22127.0)"),
        (Estimate(-0.02), "0.0"),
        (Estimate(62.4, 40.0, 80.0, digits=0, unit="%", part="value"), "62 %"),
        (Mean(17.93, 4.81), "17.9 (4.8)"),
        (Mean(17.93), "17.9"),
        (P(0.0004), "<0.001"),
        (P(0.0041), "0.004"),
        (P(0.031), "0.03"),
        (P(0.9996), ">0.99"),
        (NotEstimable("not reached"), "not reached"),
    ],
)
def test_a_cell_prints_as_the_house_rules_say(cell, text):
    assert show(cell).replace("\u00a0", " ") == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_never_printed(value):
    with pytest.raises(TypeError):
        show(Estimate(value))


@pytest.mark.parametrize(("k", "n"), [(9, 8), (-1, 4)])
def test_a_share_of_more_than_everyone_is_refused(k, n):
    with pytest.raises(ReportError):
        Share(k, n)


def test_plain_text_has_no_special_blanks_or_minus():
    assert show_plain(Estimate(-9.06, unit="%")) == "-9.1 %"


def test_the_names_of_instruments_and_quarters_are_no_numbers():
    assert find_numbers("In 2026Q2, 27 of 1,063 had PHQ-9 above 10.5 (43 %); PCL-5, GAD-7") == [
        "27",
        "1,063",
        "10.5",
        "43",
    ]
