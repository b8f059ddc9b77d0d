"""The reader of plain text gives what the strict reader gives, on any text without quotes."""

import csv
import io
from itertools import dropwhile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.errors import OutcomesError
from outcomes.loading import csv_lines, csv_table
from outcomes.loading.coded import code_rows
from outcomes.loading.csv_lines import code_lines, is_plain
from outcomes.loading.tables import read_table

PIECES = st.sampled_from(
    [
        ",", ",", ",", ",", "\n", "\n", "\r\n", "\r", "P1", "P2", "p1 ", "0", "1", "27", " ", "\t", "\u00a0",
        "\x1f", "\x0b", "\u2028", "2026-01-05", "2026-01-15", "2026-01-05T10:30:00", "é", "\uff11", "'",
        "=", "\U0001f600", "x" * 63, "x" * 64, "x" * 65, "y" * 200, "seventeen letters", "seventeen letterz",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=120).map("".join)


def code_strictly(text, skipped=0):
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records = ((row, place) for place, row in enumerate(reader, 1))
    return code_rows(dropwhile(lambda record: record[1] <= skipped, records))


def assert_same(found, expected):
    assert (found.head, found.header_place, found.too_long) == (
        expected.head, expected.header_place, expected.too_long,
    )  # fmt: skip
    for name in ("places", "widths", "blank"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
    assert [column.cells.tolist() for column in found.columns] == [
        column.cells.tolist() for column in expected.columns
    ]
    for column in found.columns:
        assert len(set(column.texts)) == len(column.texts)


@pytest.mark.parametrize("block", [1, 7, 50, 4_000_000])
@settings(max_examples=150, deadline=None, derandomize=True)
@given(text=TEXTS, skipped=st.sampled_from([0, 0, 1]))
def test_both_readers_agree_on_any_text_without_quotes(block, text, skipped):
    text = "id,date,total\n" + text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_lines, "_BLOCK", block)
        found = code_lines(text.encode(), ",", skipped=skipped)
    expected = code_strictly(text, skipped)
    if found is None:
        assert expected.head[0] == []
        return
    assert_same(found, expected)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(text=TEXTS, bom=st.booleans())
def test_a_file_reads_the_same_by_both_readers_messages_included(tmp_path_factory, text, bom):
    path = tmp_path_factory.mktemp("both") / "a.csv"
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + ("id,date,total\n" + text).encode())

    def read():
        try:
            table = read_table(path, number=1)
        except OutcomesError as error:
            return str(error)
        return (
            table.header, table.cells.to_numpy().tolist(), table.cells.index.tolist(),
            table.row_faults.fillna("").tolist(), table.notes, table.filled.tolist(),
        )  # fmt: skip

    plain = read()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_table, "is_plain", lambda data, delimiter: False)
        assert read() == plain


@settings(max_examples=100, deadline=None, derandomize=True)
@given(text=st.text(alphabet=st.sampled_from("a1,\n\r é\u2028"), max_size=40))
def test_lines_are_counted_as_the_strict_reader_counts_records(text):
    if not text:
        return
    counted = sum(1 for _ in csv.reader(io.StringIO(text, newline="")))
    assert csv_table._count_rows(text.encode(), ",") == counted


def test_a_quote_an_unusual_delimiter_or_a_very_long_cell_is_left_to_the_strict_reader():
    assert not is_plain(b'id,total\n"P1",3\n', ",")
    assert not is_plain("id§total\n".encode(), "§")
    assert is_plain(b"id,total\nP1,3\n", ",")
    assert code_lines(b"id,total\nP1," + b"9" * 40_000 + b"\n", ",") is None


@pytest.mark.parametrize("quoted", [False, True])
def test_a_cell_too_long_is_told_by_row_and_column(read, quoted):
    cell = "9" * 32_768
    text = "id,total\nP1,3\nP2," + (f'"{cell}"' if quoted else cell) + "\n"
    with pytest.raises(OutcomesError, match=r"E213 .*row 3, column 2"):
        read(text)


def test_rows_so_far_are_counted_by_both_readers():
    text, counts = "id,total\n" + "P1,3\n" * 5, []
    code_lines(text.encode(), ",", count=counts.append)
    code_rows(((row, 1) for row in csv.reader(io.StringIO(text))), count=counts.append)
    assert counts == [5, 5]


def test_a_line_of_too_many_columns_is_refused_at_once(read):
    with pytest.raises(OutcomesError, match="E214"):
        read("id" + "," * 20_000 + "\n1\n")


def test_an_encoding_that_gives_halves_of_characters_is_refused(read):
    with pytest.raises(OutcomesError, match="E203"):
        read(b"id,total\n+2AA-,3\n", encoding="utf-7")
