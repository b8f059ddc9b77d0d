"""PDF, workbook and picture files: the same numbers as the page, the same bytes on every run."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import openpyxl
import pytest
from PIL import Image

import outcomes as oc
from outcomes.reports.blocks import (
    Column,
    Count,
    Estimate,
    Figure,
    NotEstimable,
    P,
    Prose,
    Section,
    Share,
    Table,
    Text,
)
from outcomes.reports.pdf import render_pdf
from outcomes.reports.pictures import draw_files, draw_pictures
from outcomes.reports.report import Meta, Report, list_blocks, list_tables
from outcomes.reports.xlsx import render_xlsx

META = Meta(
    "Outcome report", "2026Q2", "2026-10-01", "internal", "default", "a" * 12, {"outcomes": "0.1.0"}, ()
)
HOSTILE = [
    "=cmd()",
    "<script>alert(1)</script>",
    "#let x = 1",
    "$x$",
    "北京\u0000",
    "@SUM(A1)",
    "*bold* _it_",
    "\\n",
]


def make(*labels, paper="a4", folded=False):
    table = Table(
        "t", "A table",
        (Column("Site", numeric=False), Column("k of N"), Column("%"), Column("Mean"), Column("p")),
        tuple(
            (
                Text(label), Share(3, 12, 0.1, 0.5, part="count"), Share(3, 12, 0.1, 0.5, part="value"),
                Estimate(-2.25, -3, -1), P(0.0004),
            )
            for label in labels
        ),
        folded=folded,
    )  # fmt: skip
    last = (Text("none"), Count(4), NotEstimable("nobody"), NotEstimable("too few"), P(0.2))
    table = replace(table, rows=(*table.rows, last))
    section = Section("s", "Section", "A question?", (Prose("who", "3 of 12 answered."), table))
    meta = replace(META, paper=paper)
    return Report(meta, (section,), oc.LEDGER.empty())


def read_sheet(report, name="t"):
    book = openpyxl.load_workbook(io.BytesIO(render_xlsx(report)))
    return book, [list(row) for row in book[name].iter_rows(values_only=True)]


def test_numbers_are_numbers_with_their_part_named():
    _, rows = read_sheet(make("Harbor"))
    assert rows[3][:6] == ["Site", "k of N", "k of N", "%", "Mean", "Mean"]
    assert rows[4][1:7] == ["k", "N", "share", "value", "from", "to"]
    assert rows[5] == ["Harbor", 3, 12, 0.25, -2.25, -3, -1, 0.0004]
    assert rows[6][:5] == ["none", 4, None, "nobody", "too few"]


def test_text_is_never_a_formula_or_a_link():
    book, rows = read_sheet(make(*HOSTILE))
    assert [row[0] for row in rows[5:7]] == HOSTILE[:2]
    for sheet in book:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" and cell.hyperlink is None for cell in row)
    assert all(sheet.sheet_state == "visible" for sheet in book)


def test_every_sheet_bears_the_mark_and_the_cover_lists_all(report):
    book = openpyxl.load_workbook(io.BytesIO(render_xlsx(report)))
    tables = list(list_tables(report))
    assert len(book.sheetnames) == len(tables) + 1
    cover = [row[0] for row in book["Read me"].iter_rows(values_only=True)]
    assert set(book.sheetnames[1:]) <= set(cover)
    for sheet in book:
        assert any("INTERNAL" in str(row[0]) for row in sheet.iter_rows(max_row=2, values_only=True))


def test_the_workbook_holds_the_counts_that_the_page_shows(report):
    book = openpyxl.load_workbook(io.BytesIO(render_xlsx(report)))
    table = next(one for one in list_tables(report) if one.id == "phq9-rates")
    rows = [list(row) for row in book["phq9-rates"].iter_rows(min_row=6, values_only=True)]
    for cells, row in zip(table.rows, rows, strict=False):
        if isinstance(cells[2], Share):
            assert (row[2], row[3]) == (cells[2].k, cells[2].n)


def test_the_same_report_gives_the_same_bytes():
    one, other = make("Harbor"), make("Harbor")
    assert render_pdf(one) == render_pdf(other)
    assert render_xlsx(one) == render_xlsx(other)


@pytest.mark.parametrize(("paper", "size"), [("a4", "595.276 x 841.89"), ("letter", "612 x 792")])
def test_paper_and_tags(paper, size, tmp_path):
    path = tmp_path / "r.pdf"
    path.write_bytes(render_pdf(make("Harbor", paper=paper)))
    told = read_pdf("pdfinfo", path)
    assert size in told
    assert re.search(r"Tagged:\s+yes", told)
    assert "Outcome report, 2026Q2" in told


def test_hostile_words_stand_as_they_are_and_the_mark_on_each_page(tmp_path):
    path = tmp_path / "r.pdf"
    path.write_bytes(render_pdf(make(*HOSTILE * 30)))
    text = read_pdf("pdftotext", "-layout", path, "-")
    for words in ("=cmd()", "<script>alert(1)</script>", "#let x = 1", "$x$", "*bold* _it_", "\\n"):
        assert words in text
    pages = text.split("\f")[:-1]
    assert len(pages) > 2
    assert all("INTERNAL" in page and f"of {len(pages)}" in page for page in pages)


def test_folded_tables_are_left_to_page_and_workbook(tmp_path):
    path = tmp_path / "r.pdf"
    path.write_bytes(render_pdf(make("Harbor", folded=True)))
    assert "Harbor" not in read_pdf("pdftotext", path, "-")


def test_the_pdf_prints_what_the_cards_say_and_is_short(report, tmp_path):
    path = tmp_path / "r.pdf"
    path.write_bytes(render_pdf(report))
    text = " ".join(read_pdf("pdftotext", "-layout", path, "-").split())
    for sentence in (one for one in list_blocks(report) if isinstance(one, Prose)):
        assert show_words(sentence.text) in show_words(text)
    assert text.count("INTERNAL - NOT FOR RELEASE") <= 20  # one on each page


def test_no_page_but_the_last_is_a_third_empty(report, tmp_path):
    path = tmp_path / "r.pdf"
    path.write_bytes(render_pdf(report))
    if shutil.which("pdftoppm") is None:
        pytest.skip("no pdftoppm on this machine")
    subprocess.run(
        ["pdftoppm", "-r", "30", "-gray", "-png", path, tmp_path / "page"], check=True, capture_output=True
    )
    empty = []
    for picture in sorted(tmp_path.glob("page-*.png")):
        ink = np.asarray(Image.open(picture).convert("L")) < 200
        height = len(ink)
        text = ink[int(height * 19 / 297) : int(height * 279 / 297)].any(axis=1)
        empty.append(1 - (np.flatnonzero(text).max() + 1) / len(text))
    assert len(empty) <= 20
    assert max(empty[:-1]) < 0.33, empty


def test_every_figure_is_there_as_svg_and_png(report):
    files = draw_files(report, draw_pictures(report))
    ids = [one.id for one in list_blocks(report) if isinstance(one, Figure)]
    assert set(files) == {f"figures/{id}.{kind}" for id in ids for kind in ("svg", "png")}
    assert all(content.startswith(b"\x89PNG") for name, content in files.items() if name.endswith("png"))
    assert all(
        b"http" not in content.replace(b"http://www.w3.org/2000/svg", b"")
        for name, content in files.items()
        if name.endswith("svg")
    )


def show_words(text):
    return re.sub(r"\s+", "", text.replace("\u00a0", " "))


def read_pdf(tool, *options):
    if shutil.which(tool) is None:
        pytest.skip(f"no {tool} on this machine")
    done = subprocess.run([tool, *map(str, options)], capture_output=True, text=True, check=True)
    return done.stdout
