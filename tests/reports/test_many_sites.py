"""Clinics at the edge, all files: twelve sites with hostile names, few people, no infusion, nobody."""

from __future__ import annotations

import io

import openpyxl
import pytest

import outcomes as oc
from outcomes.reports.blocks import Figure, Share
from outcomes.reports.report import list_blocks, list_tables
from outcomes.reports.xlsx import render_xlsx

NAMES = (
    "<script>alert(1)</script>",
    "=cmd()",
    "北京",
    "$x$ & co",
    "a" * 60,
    *(f"Site {one}" for one in range(7)),
)


def build(cohort, quarter="2026Q2"):
    """A report of one instrument."""
    profile = oc.get_profile("default").replace(instruments=["phq9"])
    return oc.build_report(cohort, quarter=quarter, profile=profile, report_date="2026-10-01")


@pytest.fixture(scope="module")
def twelve(clinic, invent):
    return build(clinic(invent(240, start="2026-04-03", days=70, sites=NAMES)))


def test_a_funnel_stands_where_there_are_sites_enough(twelve):
    figure = next(one for one in list_blocks(twelve) if isinstance(one, Figure) and one.id == "sites-funnel")
    assert len(figure.data.rows) == 12
    table = next(one for one in list_tables(twelve) if one.id == "sites-rates")
    shares = [row[1] for row in table.rows]
    assert all(isinstance(one, Share) for one in shares)
    assert sum(one.n for one in shares) == sum(row[1].n for row in figure.data.rows)


def test_all_files_are_written_and_names_stand_as_they_are(twelve, tmp_path):
    folder = oc.write_report(twelve, tmp_path)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>" not in page
    assert len(list((folder / "figures").iterdir())) >= 2 * 15
    book = openpyxl.load_workbook(io.BytesIO((folder / "tables.xlsx").read_bytes()))
    names = {str(row[0]) for row in book["sites-rates"].iter_rows(min_row=6, values_only=True)}
    assert set(NAMES) <= names


def test_no_sheet_has_a_formula(twelve):
    book = openpyxl.load_workbook(io.BytesIO(render_xlsx(twelve)))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds


@pytest.mark.parametrize(
    ("people", "quarter"), [(0, "2026Q2"), (1, "2026Q2"), (8, "2026Q2"), (8, "2023Q1")], ids=str
)
def test_small_clinics_give_all_files(clinic, invent, tmp_path, people, quarter):
    cohort = clinic(invent(people, start="2026-04-03", days=40))
    folder = oc.write_report(build(cohort, quarter), tmp_path)
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    assert (folder / "tables.xlsx").stat().st_size > 5000


def test_scores_without_infusions_give_all_files(clinic, invent, tmp_path):
    people = [{**one, "infusions": ()} for one in invent(20, start="2026-04-03", days=40)]
    folder = oc.write_report(build(clinic(people)), tmp_path)
    assert "Nobody had a first infusion in 2026Q2" in (folder / "report.html").read_text(encoding="utf-8")
