"""Categories of change: everyone eligible in exactly one, the first that fits."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import DataError
from outcomes.summaries.categories import CATEGORIES


def courses(rows: list[tuple], **more) -> pd.DataFrame:
    names = ["eligible", "endpoint_total", "remission", "response", "reliable_improvement"]
    frame = pd.DataFrame(rows, columns=[*names, "reliable_deterioration"])
    frame = frame.assign(series=1, instrument="phq9", **more)
    flags = dict.fromkeys([name for name in frame if name in (*CATEGORIES, "eligible")], "boolean")
    return frame.astype({**flags, "endpoint_total": "Int64"})


SEVEN = [
    (True, 4, True, True, True, False),
    (True, 8, False, True, True, False),
    (True, 12, False, False, True, False),
    (True, 15, False, False, False, False),
    (True, 21, False, False, False, True),
    (True, None, None, None, None, None),
    (False, 13, None, None, None, True),
]


def test_the_first_that_fits_is_taken_and_the_counts_add_up_to_the_eligible():
    counts = oc.summarize_categories(courses(SEVEN))
    assert counts["category"].tolist() == list(CATEGORIES)
    assert counts["k"].tolist() == [1, 1, 1, 1, 1, 1]
    assert counts["n"].unique().tolist() == [6]
    assert not counts["percent_shown"].any()


def test_an_endpoint_that_is_not_defined_is_not_reached():
    counts = oc.summarize_categories(courses([(True, 4, None, None, True, False)]))
    assert counts.set_index("category")["k"].loc["reliable_improvement"] == 1


def test_a_group_of_nobody_stays_and_a_later_series_is_not_counted():
    frame = courses(SEVEN[:2], site=["Harbor", "Lakeside"]).assign(series=[1, 2])
    counts = oc.summarize_categories(frame, by="site").groupby("site")[["k", "n"]].sum()
    assert counts.loc["Harbor"].tolist() == [1, 6]
    assert counts.loc["Lakeside"].tolist() == [0, 0]


def test_an_empty_frame_gives_no_rows():
    assert oc.summarize_categories(courses([])).empty


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match="endpoint_total"):
        oc.summarize_categories(courses(SEVEN).drop(columns="endpoint_total"))
