"""Strict text tables: each kind of bad file has its code, each good one its cells and physical rows."""

import csv
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.errors import LedgerError, OutcomesError
from outcomes.loading import csv_table
from outcomes.loading.tables import read_table, where

GOOD = "patient_id,date,phq9_total\nP1,2026-01-05,12\nP2,2026-01-06,9\n"


def rows_of(table):
    return {row: tuple(cells) for row, cells in zip(table.cells.index, table.cells.to_numpy(), strict=True)}


EXPECTED = {2: ("P1", "2026-01-05", "12"), 3: ("P2", "2026-01-06", "9")}


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        (GOOD, {}),
        (GOOD.encode("utf-8-sig"), {}),
        (GOOD.encode("utf-16"), {}),
        (GOOD.replace("\n", "\r\n"), {}),
        (GOOD.replace("\n", "\r"), {}),
        (GOOD.replace("\n", "\r\n", 1), {}),
        (GOOD.replace(",", "\t"), {}),
        (GOOD.replace(",", ";"), {}),
        (GOOD.replace(",", "|"), {"delimiter": "|"}),
        (GOOD.replace("P1", '" P1\u00a0"'), {}),
        (GOOD.rstrip("\n"), {}),
    ],
    ids=[
        "plain",
        "bom",
        "utf16",
        "crlf",
        "cr",
        "mixed ends",
        "tab",
        "semicolon",
        "bar",
        "quoted blanks",
        "no last line end",
    ],
)
def test_spellings_of_one_table_give_the_same_cells(read, content, settings):
    table = read(content, **settings)
    assert (table.header, rows_of(table)) == (("patient_id", "date", "phq9_total"), EXPECTED)
    assert (table.kind, table.sheet, table.n_rows, table.row_faults.notna().sum()) == ("csv", 0, 2, 0)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (GOOD.encode("utf-16-be"), "E203"),
        (GOOD.replace("P1", "Jos\u00e9").encode("cp1252"), "E203"),
        (GOOD.replace("12", "1\0002"), "E203"),
        ("id;total\nP1;12,5\nP2;9,0\n", "E204"),
        ("id;a,total\nP1;1,2\nP2;2,3\n", "E204"),
        (b"", "E205"),
        (" \r\n \n", "E205"),
        ("<html><table><tr><td>1</td></tr></table></html>", "E206"),
        ('<?xml version="1.0"?><ODM/>', "E206"),
        ('{"resourceType": "Bundle"}', "E206"),
        (b"HEADER RECORD*******LIBRARY HEADER RECORD", "E208"),
        ("P1,2026-01-05,12\nP2,2026-01-06,9\n", "E210"),
        ("1,12\n2,9\n", "E210"),
        ("My clinic\n\n" + GOOD, "E210"),
        ("Export of all scores,,\n" + GOOD, "E210"),
        ("\n" + GOOD, "E210"),
        ("id,phq9,phq9\nP1,1,1\n", "E211"),
        ("id,PHQ-9,phq9\nP1,1,1\n", "E211"),
        ("id,x,date...3\nP1,1,2026-01-01\n", "E211"),
        ("id,x,date_3,y,date_5\nP1,1,2026-01-01,1,2026-01-01\n", "E211"),
        ("id,date,total\nP1,2026-01-05,12,x\nP2,2026-01-06,9,x\n", "E212"),
        ("id,date,total,\nP1,2026-01-05,12,x\nP2,2026-01-06,9,\n", "E212"),
        ("id,a\nP1," + "x" * 40_000 + "\n", "E213"),
        ("id,a\nP1," + "x" * 10_000_000 + "\n", "E213"),
        (",".join(f"c{n}x" for n in range(16_385)) + "\n", "E214"),
        ('id,a\nP1,"x\nP2,y\n', "E215"),
        ('id,a\nP1,"x\n' + "P2,y\n" * 60_000, "E215"),
        ('id,a\nP1,"x"y\n', "E215"),
        (GOOD + "<<<<<<< HEAD\nP3,2026-01-06,9\n", "E218"),
        (GOOD + "=======\nP3,2026-01-06,9\n", "E218"),
    ],
)  # fmt: skip
def test_a_text_file_in_doubt_is_refused(refuse, content, code):
    assert refuse(content).code == code


def test_a_refusal_names_the_row(refuse):
    assert ", row 3" in refuse('id,a\nP1,x\nP2,"y\nP3,z\n').where
    assert "row 3 looks like the header" in refuse("My clinic\n\n" + GOOD).message
    assert refuse(GOOD + "<<<<<<< HEAD\n").where.endswith(", row 4")


def test_an_unknown_encoding_names_the_candidates_and_reads_with_one(read, refuse):
    content = GOOD.replace("P1", "Jos\u00e9").encode("cp1252")
    assert 'encoding = "cp1252"' in refuse(content).message
    assert read(content, encoding="cp1252").cells.iloc[0, 0] == "Jos\u00e9"
    assert refuse(content, encoding="no-such-encoding").code == "E203"


def test_excel_s_first_line_for_the_delimiter_is_no_row(read):
    table = read("sep=;\npatient_id;date\nP1;2026-01-05\n")
    assert (table.header, table.header_row, rows_of(table)) == (
        ("patient_id", "date"),
        2,
        {3: ("P1", "2026-01-05")},
    )


def test_rows_that_do_not_fit_are_kept_blank_and_counted(read):
    table = read(
        "id,date,total\nP1,2026-01-05,12\nP2,2026-01-06\n\n,,\nP3,2026-01-07,9,x\nP4,2026-01-08,7\nP5,2026-01-09,8\n"
    )
    assert table.row_faults.dropna().to_dict() == {
        3: "row_length",
        4: "blank_row",
        5: "blank_row",
        6: "row_length",
    }
    assert table.cells.loc[6].tolist() == ["", "", ""]
    assert (table.n_rows, len(table.cells)) == (7, 7)


def test_a_line_break_in_a_cell_moves_the_rows_below_it(read):
    assert list(read('id,note\nP1,"a\nb"\nP2,c\n').cells.index) == [2, 4]


def test_ids_stay_text(read):
    table = read("id,total\n007,1\n7,1\n1e5,1\nNA,1\nnull,1\n12345678901234567890,1\n")
    assert table.cells[0].tolist() == ["007", "7", "1e5", "NA", "null", "12345678901234567890"]


def test_a_trailing_comma_everywhere_makes_an_empty_column_only(read):
    table = read("id,total,\nP1,1,\nP2,2,\n")
    assert (table.header, table.filled.tolist()) == (("id", "total", ""), [True, True, False])


def test_a_header_alone_is_a_table_without_rows(read):
    table = read("id,total\n")
    assert (len(table.cells), table.n_rows, list(table.cells.columns)) == (0, 0, [0, 1])


def test_numbers_beside_question_texts_with_commas_choose_the_tab(read):
    table = read(
        "id\tFeeling down, depressed, or hopeless\tTrouble sleeping, or too much\nP1\t1\t2\nP2\t0\t0\n"
    )
    assert len(table.header) == 3


def test_row_uids_and_places_hold_numbers_only(read):
    table = read(GOOD, "Smith_John_1961.csv")
    assert table.row_uids.tolist() == ["1:0:2", "1:0:3"]
    assert (
        table.where(88, 6)
        == where(1, table.sha256, row=88, column=7)
        == f"input-1 (sha256 {table.sha256[:8]}), row 88, column 7"
    )


def test_two_readers_that_count_differently_stop_everything(read, monkeypatch):
    monkeypatch.setattr(csv_table, "_count_rows", lambda text, delimiter: 2)
    with pytest.raises(LedgerError) as caught:
        read(GOOD)
    assert caught.value.code == "E900"


CELLS = st.sampled_from(
    [
        "",
        "NA",
        "007",
        "7",
        "P1",
        "p1 ",
        "2026-01-05",
        "01/02/2026",
        "12*",
        "1,5",
        "inf",
        "１２",
        "Total",
        'a "quoted" one',
        "two\nlines",
    ]
)
TABLES = st.lists(
    st.lists(CELLS, min_size=3, max_size=3) | st.just([]) | st.lists(CELLS, max_size=5), max_size=12
)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(TABLES)
def test_every_physical_row_of_a_dirty_text_is_there_once(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("dirty") / "a.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["id", "date", "total"], *rows])
    filled = [tuple(cell.strip() for cell in row) for row in rows if any(row)]
    fitting = [row for row in filled if len(row) == 3]
    if len(fitting) * 2 < len(filled):
        with pytest.raises(OutcomesError, match="E212"):
            read_table(path, number=1)
        return
    table = read_table(path, number=1)
    assert len(table.cells) == table.n_rows == len(rows)
    assert table.row_uids.is_unique
    assert [tuple(row) for row in table.cells[table.row_faults.isna()].to_numpy()] == fitting


def test_damage_to_any_byte_is_refused_or_read_but_never_a_crash(read):
    noise, good = random.Random(7), GOOD.encode() * 3
    for _ in range(50):
        damaged = bytearray(good)
        damaged[noise.randrange(len(damaged))] = noise.randrange(256)
        try:
            table = read(bytes(damaged))
        except OutcomesError:
            continue
        assert len(table.cells) == table.n_rows


def test_the_bytes_of_a_file_do_not_hang_on_its_error(read):
    with pytest.raises(OutcomesError) as caught:
        read(GOOD.replace("P1", "Jos\u00e9").encode("cp1252"))
    assert (caught.value.code, caught.value.__cause__, caught.value.__context__) == ("E203", None, None)
