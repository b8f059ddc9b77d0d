"""How a report on a file reads: neighbors that go on share a line, and nothing is left out."""

from __future__ import annotations

from outcomes.loading.columns import list_places
from outcomes.loading.file_report import ColumnRole, FileReport


def test_items_in_a_row_and_columns_not_read_share_a_line():
    roles = (
        ColumnRole(1, "patient_id", "patient"),
        *(ColumnRole(1 + n, f"phq9 item {n}", f"phq9_{n}") for n in range(1, 10)),
        ColumnRole(11, "phq9 item 4"),
        ColumnRole(12, "phq9 recorded total", "phq9_total"),
        *(ColumnRole(n, "not read") for n in (13, 14, 16)),
    )
    lines = str(FileReport("input-1", "wide-items", roles, ("phq9",), 3, (), ())).splitlines()
    assert [line.split() for line in lines[3:]] == [
        ["1", "patient_id", "(patient)"],
        ["2-10", "phq9", "items", "1", "to", "9", "(phq9_1", "...", "phq9_9)"],
        ["11", "phq9", "item", "4"],
        ["12", "phq9", "recorded", "total", "(phq9_total)"],
        ["13-14", "not", "read"],
        ["16", "not", "read"],
    ]


def test_places_are_counted_from_one_and_long_runs_are_ranges():
    assert list_places([]) == ""
    assert list_places([2, 1, 0, 4, 6, 7]) == "1-3, 5, 7, 8"
