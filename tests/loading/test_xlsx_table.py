"""Workbooks: text that a person would read, and a refusal wherever a sheet hides something."""

import io
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

from outcomes.errors import OutcomesError
from outcomes.loading.tables import read_table

GOOD = "patient_id,date,phq9_total\nP1,2026-01-05,12\nP2,2026-01-06,9\n"


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
    # a workbook's bytes hold the time of its making: in an id, no two collections would be alike
    ids=["csv", "fsh", "yaml", "xls", "encrypted", "workbook", "cut", "stump", "empty"],
)
def test_a_name_never_outweighs_the_content(refuse, name, content, code):
    assert refuse(content, name).code == code


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


CELLS = st.sampled_from(["", "NA", "007", "P1 ", "2026-01-05", "12*", "1,5", "#REF!", "Total", "two\nlines"])


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(st.lists(CELLS, max_size=5), max_size=12))
def test_every_physical_row_of_a_dirty_workbook_is_there_once(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("dirty") / "a.xlsx"
    path.write_bytes(workbook([["id", "date", "total"], *([cell or None for cell in row] for row in rows)]))
    last = max((place for place, row in enumerate(rows, 1) if any(row)), default=0)
    filled = [row for row in rows if any(row)]
    fitting = [row for row in filled if not any(row[3:])]
    if len(fitting) * 2 < len(filled):
        with pytest.raises(OutcomesError, match="E212"):
            read_table(path, number=1)
        return
    table = read_table(path, number=1)
    assert list(table.cells.index) == list(range(2, last + 2))
    assert len(table.cells) == table.n_rows
    expected = [tuple(cell.strip() for cell in [*row, "", "", ""][:3]) for row in fitting]
    assert [tuple(row) for row in table.cells[table.row_faults.isna()].to_numpy()] == expected


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


def test_a_stray_cell_far_below_the_table_is_refused_at_once(refuse):
    rows = [["id", "a"], ["P1", 1]]
    problem = refuse(workbook(rows, lambda book: book.active.cell(1_048_576, 1, "P2")), "a.xlsx")
    assert problem.code == "E214"
    assert "1,048,573 blank ones" in problem.message
