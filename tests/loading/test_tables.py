"""Strict tables: each row of the corpus of bad files has its code, each good file its cells and physical rows."""

import io
import os
import random
import time
import zipfile
from datetime import date, datetime
from datetime import time as clock_time

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from outcomes.errors import DataError, LedgerError, OutcomesError
from outcomes.loading import csv_table
from outcomes.loading import source as source_module
from outcomes.loading.tables import read_table, where

GOOD = "patient_id,date,phq9_total\nP1,2026-01-05,12\nP2,2026-01-06,9\n"


@pytest.fixture
def read(tmp_path):
    """Write bytes or text to a file and read it as a table."""

    def reader(content, name="export.csv", **settings):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, number=1, **settings)

    return reader


@pytest.fixture
def refuse(read):
    """The problem by which a file is refused."""

    def refuser(content, name="export.csv", **settings):
        with pytest.raises(OutcomesError) as caught:
            read(content, name, **settings)
        return caught.value.found[0]

    return refuser


def workbook(rows, change=None):
    """Bytes of a workbook with these rows; `change` may do more to it."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def repack(content, change):
    """The same zip with its parts changed by `change(name, data)`, which gives None to leave a part out."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            data = change(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
    return packed.getvalue()


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
        (b"HEADER RECORD*******LIBRARY HEADER RECORD", "E206"),
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
    assert "--encoding cp1252" in refuse(content).message
    assert read(content, encoding="cp1252").cells.iloc[0, 0] == "Jos\u00e9"
    assert refuse(content, encoding="no-such-encoding").code == "E203"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xlsx", GOOD.encode(), "E206"),
        ("a.fsh", b"Instance: x\n", "E219"),
        ("a.yaml", b"id: x\n", "E219"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "E207"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "E208"),
        ("a.csv", workbook([["id", "a"], ["P1", 1]]), "E206"),
        ("a.xlsx", workbook([["id", "a"], ["P1", 1]])[:-200], "E208"),
        ("a.xlsx", workbook([["id", "a"], ["P1", 1]])[:50], "E208"),
        ("a.xlsx", workbook([]), "E205"),
    ],
)
def test_a_name_never_outweighs_the_content(refuse, name, content, code):
    assert refuse(content, name).code == code


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


# workbooks


def test_a_workbook_gives_text_that_a_person_would_read(read):
    rows = [
        ["id", "when", "at", "score", "share", "flag", "error", "blank"],
        ["007", date(2026, 3, 1), datetime(2026, 3, 1, 9, 30), 12.0, 0.1 + 0.2, True, "#REF!", None],
        [
            7,
            datetime(2026, 3, 2),
            datetime(2026, 3, 1, 9, 30, 59, 900_000),
            12.5,
            1e-79,
            False,
            None,
            " \u00a0",
        ],
        [123456789012, date(2026, 3, 3), clock_time(9, 5), 3, 1e20, True, None, None],
    ]
    table = read(workbook(rows), "a.xlsx")
    assert (table.kind, table.sheet, table.n_rows) == ("xlsx", 1, 3)
    assert rows_of(table) == {
        2: ("007", "2026-03-01", "2026-03-01T09:30:00", "12", "0.3", "TRUE", "#REF!", ""),
        3: ("7", "2026-03-02", "2026-03-01T09:31:00", "12.5", "1e-79", "FALSE", "", ""),
        4: ("123456789012", "2026-03-03", "09:05:00", "3", "1e+20", "TRUE", "", ""),
    }
    assert table.date_typed == {1}


def test_the_epoch_of_1904_gives_the_same_dates(read):
    def use_mac_epoch(book):
        book.epoch = CALENDAR_MAC_1904

    content = workbook([["id", "date"], ["P1", date(2024, 1, 1)]], use_mac_epoch)
    assert b"date1904" in zipfile.ZipFile(io.BytesIO(content)).read("xl/workbook.xml")
    assert read(content, "a.xlsx").cells.iloc[0, 1] == "2024-01-01"


def test_hidden_rows_are_read_and_noted(read):
    def hide(book):
        book.active.row_dimensions[2].hidden = True

    table = read(workbook([["id", "a"], ["P1", 1], ["P2", 2]], hide), "a.xlsx")
    assert (len(table.cells), "1 rows are hidden" in table.notes[0]) == (2, True)


def test_blank_rows_of_a_sheet_are_rows(read):
    table = read(
        workbook([["id", "a"], ["P1", 1], [], [None, None], ["P2", 2, "x"], ["P3", 3], ["P4"]]), "a.xlsx"
    )
    assert table.row_faults.dropna().to_dict() == {3: "blank_row", 4: "blank_row", 5: "row_length"}
    assert (table.n_rows, table.cells.loc[7].tolist()) == (6, ["P4", ""])


def merge(book):
    book.active.merge_cells("A2:A3")


def merge_far_away(book):
    book.active.merge_cells("H20:I21")


def second_sheet(book):
    book.create_sheet("Smith").append(["id"])


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (merge, "E231", "row 2, column 1"),
        (lambda book: book.active.__setitem__("B2", "=1+1"), "E232", "row 2, column 2"),
        (second_sheet, "E233", ""),
        (lambda book: book.active.insert_rows(1, 2), None, ""),
        (lambda book: book.active.__setitem__("A1", None), None, ""),
        (merge_far_away, None, ""),
        (lambda book: book.create_sheet("empty"), None, ""),
    ],
    ids=[
        "merged",
        "formula",
        "two sheets",
        "moved down",
        "unnamed column",
        "merged elsewhere",
        "empty sheet",
    ],
)
def test_a_sheet_that_hides_something_is_refused_and_one_that_does_not_is_read(
    read, refuse, change, code, place
):
    content = workbook([["id", "a", "b"], ["P1", 1, 1], ["P2", 2, 2]], change)
    if code is None:
        assert len(read(content, "a.xlsx").cells) == 2
    else:
        problem = refuse(content, "a.xlsx")
        assert (problem.code, problem.where.endswith(place)) == (code, True)
        assert "Smith" not in str(problem)


def test_a_sheet_is_chosen_by_number_or_name(read, refuse):
    def add_sheet(book):
        second = book.create_sheet("two")
        second.append(["id", "b"])
        second.append(["P9", 9])

    content = workbook([["id", "a"], ["P1", 1]], add_sheet)
    by_number, by_name = read(content, "a.xlsx", sheet=2), read(content, "a.xlsx", sheet="two")
    assert rows_of(by_number) == rows_of(by_name) == {2: ("P9", "9")}
    assert (by_number.sheet, by_number.row_uids.tolist()) == (2, ["1:2:2"])
    assert refuse(content, "a.xlsx", sheet=3).code == "E233"


def test_a_bomb_is_refused_from_its_directory(refuse):
    content = repack(
        workbook([["id"], ["P1"]]), lambda name, data: data + b" " * 40_000_000 if "sheet1" in name else data
    )
    start = time.perf_counter()
    assert refuse(content, "a.xlsx").code == "E201"
    assert time.perf_counter() - start < 1


def test_a_directory_that_lies_about_sizes_is_caught_while_inflating(refuse):
    content = bytearray(
        repack(
            workbook([["id"], ["P1"]]),
            lambda name, data: data + b" " * 3_000_000 if "sheet1" in name else data,
        )
    )
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        size = book.getinfo("xl/worksheets/sheet1.xml").file_size
    at = content.rindex(size.to_bytes(4, "little"))
    content[at : at + 4] = (1000).to_bytes(4, "little")
    assert refuse(bytes(content), "a.xlsx").code == "E201"


ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>'


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda name, data: ENTITY + data.split(b"?>", 1)[-1] if "sheet1" in name else data, "E202"),
        (
            lambda name, data: (
                data.replace(b"sheet.main+xml", b"sheet.macroEnabled.main+xml") if "Content" in name else data
            ),
            "E209",
        ),
        (lambda name, data: None if name == "xl/workbook.xml" else data, "E206"),
        (lambda name, data: data[:-30] if "sheet1" in name else data, "E208"),
        (lambda name, data: None if "sheet1" in name else data, "E208"),
    ],
    ids=["entities", "macros", "no workbook", "torn sheet", "no sheet"],
)
def test_a_workbook_that_could_do_harm_or_is_torn_is_refused(refuse, change, code):
    assert refuse(repack(workbook([["id"], ["P1"]]), change), "a.xlsx").code == code


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("xl/vbaProject.bin", "E209"),
        ("xl/externalLinks/externalLink1.xml", "E209"),
        ("xl/workbook.bin", "E207"),
    ],
)
def test_a_workbook_with_active_or_binary_parts_is_refused(refuse, part, code):
    content = io.BytesIO(workbook([["id"], ["P1"]]))
    with zipfile.ZipFile(content, "a") as book:
        book.writestr(part, b"x")
    assert refuse(content.getvalue(), "a.xlsx").code == code


def test_a_zip_that_is_no_spreadsheet_is_refused(refuse):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.csv", GOOD)
    assert refuse(content.getvalue(), "a.zip").code == "E206"


# the file system


@pytest.mark.parametrize("kind", ["folder", "pipe", "dangling", "loop", "missing", "device"])
def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path, kind):
    path = tmp_path / "x.csv"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "dangling":
        path.symlink_to(tmp_path / "nowhere")
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    with pytest.raises(DataError) as caught:
        read_table(path, number=1)
    assert caught.value.code == "E216"
    assert "x.csv" not in str(caught.value)


def test_a_link_to_a_file_and_an_odd_name_are_read(tmp_path):
    (tmp_path / "da\u00df ist  ein Export.csv").write_text(GOOD)
    (tmp_path / "link").symlink_to(tmp_path / "da\u00df ist  ein Export.csv")
    assert rows_of(read_table(tmp_path / "link", number=1)) == EXPECTED


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text(GOOD)
    real, calls = os.fstat, []

    def grow_after_first_look(handle):
        state = real(handle)
        if not calls:
            with path.open("a") as file:
                file.write("P3,2026-01-07,1\n")
        calls.append(handle)
        return state

    monkeypatch.setattr(source_module.os, "fstat", grow_after_first_look)
    with pytest.raises(DataError) as caught:
        read_table(path, number=1)
    assert caught.value.code == "E217"


# properties

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
        "\uff11\uff12",
        "Total",
        'a "quoted" one',
        "two\nlines",
    ]
)
TABLES = st.lists(
    st.lists(CELLS, min_size=3, max_size=3) | st.just([]) | st.lists(CELLS, max_size=5), max_size=12
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(TABLES)
def test_every_physical_row_of_a_dirty_text_is_there_once(tmp_path_factory, rows):
    import csv

    path = tmp_path_factory.mktemp("dirty") / "a.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["id", "date", "total"], *rows])
    try:
        table = read_table(path, number=1)
    except OutcomesError as error:
        assert error.code in ("E210", "E212")
        return
    assert len(table.cells) == table.n_rows == len(rows)
    assert table.row_uids.is_unique
    filled = [
        tuple(cell.strip() for cell in row)
        for row in rows
        if len(row) == 3 and any(cell.strip() for cell in row)
    ]
    assert [tuple(row) for row in table.cells[table.row_faults.isna()].to_numpy()] == filled


@settings(max_examples=40, deadline=None, derandomize=True)
@given(TABLES)
def test_every_physical_row_of_a_dirty_workbook_is_there_once(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("dirty") / "a.xlsx"
    path.write_bytes(workbook([["id", "date", "total"], *([cell or None for cell in row] for row in rows)]))
    last = max((place for place, row in enumerate(rows, 1) if any(row)), default=0)
    try:
        table = read_table(path, number=1)
    except OutcomesError as error:
        assert error.code in ("E210", "E212")
        return
    assert list(table.cells.index) == list(range(2, last + 2))
    assert len(table.cells) == table.n_rows
    blank = [place + 1 for place, row in enumerate(rows[:last], 1) if not any(cell.strip() for cell in row)]
    assert list(table.row_faults[table.row_faults.eq("blank_row").fillna(False)].index) == blank


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


def test_a_workbook_cut_or_damaged_anywhere_is_refused_or_read_but_never_a_crash(read):
    good, noise = workbook([["id", "total"], ["P1", 1], ["P2", 2]]), random.Random(7)
    damaged = [good[: len(good) * part // 50] for part in range(50)]
    for _ in range(50):
        one = bytearray(good)
        one[noise.randrange(len(one))] = noise.randrange(256)
        damaged.append(bytes(one))
    for content in damaged:
        try:
            table = read(content, "a.xlsx")
        except OutcomesError:
            continue
        assert len(table.cells) == table.n_rows
