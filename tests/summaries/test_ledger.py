"""Rows read are rows used and rows excluded; assumptions about time are counted."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.errors import LedgerError
from outcomes.summaries.ledger import summarize_ledger, summarize_timing


def ledger(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["input", "role", "status", "reason", "left_out"])
    return frame.astype(
        {"input": "Int64", "role": "string", "status": "string", "reason": "string", "left_out": "string"}
    )


ROWS = [
    (1, "scores", "used", None, None),
    (1, "scores", "used", None, "gad7=out_of_range"),
    (1, "scores", "excluded", "duplicate", None),
    (1, "scores", "excluded", "duplicate", None),
    (1, "scores", "excluded", "bad_date", None),
    (2, "infusions", "used", None, None),
]


def test_read_is_used_and_excluded_by_reason():
    table = summarize_ledger(ledger(ROWS))
    assert table.fillna("-").to_numpy().tolist() == [
        [1, 5, 2, 3, 1, "bad_date", 1],
        [1, 5, 2, 3, 1, "duplicate", 2],
        [2, 1, 1, 0, 0, "-", 0],
    ]


def test_everything_together_and_two_columns():
    assert summarize_ledger(ledger(ROWS), by=None)["read"].tolist() == [6, 6]
    assert summarize_ledger(ledger(ROWS), by=["role", "input"])[["role", "read"]].drop_duplicates()[
        "read"
    ].tolist() == [1, 5]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ((1, "scores", "dropped", None, None), "neither used nor excluded"),
        ((1, "scores", None, None, None), "neither used nor excluded"),
        ((1, "scores", "excluded", None, None), "no reason"),
        ((1, "scores", "used", "duplicate", None), "used rows have a reason"),
    ],
)
def test_a_row_in_no_state_or_in_two_stops_everything(row, words):
    with pytest.raises(LedgerError, match=words):
        summarize_ledger(ledger([*ROWS, row]))


def test_an_empty_ledger_has_no_rows():
    assert len(summarize_ledger(ledger([]))) == 0


def timed(rows: list[tuple]) -> pd.DataFrame:
    names = ["clock", "timing", "order_assumed", "baseline_of", "recall_overlap", "timing_class"]
    frame = pd.DataFrame(rows, columns=names).assign(instrument="phq9", site="Harbor")
    types = {
        "clock": "Int64",
        "baseline_of": "Int64",
        "order_assumed": "boolean",
        "recall_overlap": "boolean",
    }
    return frame.astype({**types, "timing": "string", "timing_class": "string"})


def test_assumed_baselines_are_counted_among_baselines_and_order_among_infusion_days():
    frame = timed(
        [
            (None, "before", True, 1, False, "pre_course"),
            (30_000, "before", False, 1, False, "pre_course"),
            (None, "before", True, None, True, "trough"),
            (None, "none", False, None, True, "early"),
        ]
    )
    table = summarize_timing(frame).set_index("fact")
    assert table[["k", "n"]].apply(tuple, axis=1).to_dict() == {
        "date only": (3, 4),
        "on an infusion day": (3, 4),
        "order assumed": (2, 3),
        "baseline order assumed": (1, 2),
        "recall overlaps the last infusion": (2, 4),
        "timing: early": (1, 4),
        "timing: pre_course": (2, 4),
        "timing: trough": (1, 4),
    }
    assert summarize_timing(frame, by="site")["site"].unique().tolist() == ["Harbor"]


def test_nothing_to_count_is_a_missing_share():
    table = summarize_timing(timed([(None, "none", False, None, False, "later")])).set_index("fact")
    assert table.loc["baseline order assumed", "n"] == 0
    assert pd.isna(table.loc["baseline order assumed", "share"])
