"""The writers: whole or not at all, the same bytes, no formulas, no stray names."""

from __future__ import annotations

import csv
import hashlib
import json

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import ReportError
from outcomes.reports import file as file_module
from outcomes.reports import folder as folder_module
from outcomes.reports.blocks import Column, Count, Prose, Section, Share, Table, Text
from outcomes.reports.html import render_html
from outcomes.reports.report import Meta, Report
from outcomes.reports.results import render_results

META = Meta(
    "Outcome report",
    "2026Q2",
    "2026-10-01",
    "internal",
    "default",
    "a" * 12,
    {"outcomes": "0.1.0"},
    ((1, "b" * 12, "scores", 4),),
)
FILES = ["ledger.csv", "manifest.json", "report.html", "report.pdf", "results.json", "tables.xlsx"]


@pytest.fixture
def small() -> Report:
    table = Table(
        "t",
        "A table",
        (Column("Site", numeric=False), Column("k of N")),
        ((Text("Harbor"), Share(3, 8, 0.1, 0.7, percent_shown=False)),),
    )
    section = Section(
        "s", "Section", "A question?", (Prose("who", "3 of 8 answered.", {"k": Count(3)}), table)
    )
    ledger = (
        oc.LEDGER.empty()
        .reindex(range(2))
        .assign(row_uid=["1:0:2", "1:0:3"], status=["used", "excluded"], reason=[None, "duplicate"])
    )
    return Report(META, (section,), ledger)


def test_the_folder_holds_the_report_its_numbers_the_ledger_and_a_manifest_that_is_true(small, tmp_path):
    written = oc.write_report(small, tmp_path / "reports")
    assert written == tmp_path / "reports" / "outcome-report-2026Q2-INTERNAL"
    assert sorted(path.name for path in written.iterdir()) == FILES
    manifest = json.loads((written / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["profile"] == {"id": "default", "hash": "a" * 12}
    assert manifest["inputs"] == [{"input": 1, "sha256": "b" * 12, "role": "scores", "rows": 4}]
    for file in manifest["files"]:
        content = (written / file["name"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert sorted(file["name"] for file in manifest["files"]) == [
        name for name in FILES if name != "manifest.json"
    ]
    assert [path.name for path in (tmp_path / "reports").iterdir()] == [written.name], (
        "nothing is left beside it"
    )


def test_results_hold_raw_numbers_and_shown_text(small, tmp_path):
    results = json.loads((oc.write_report(small, tmp_path) / "results.json").read_text(encoding="utf-8"))
    blocks = results["sections"][0]["blocks"]
    assert [block["kind"] for block in blocks] == ["sentence", "table"], "in reading order"
    row = blocks[1]["rows"][0]
    assert row[0] == {"kind": "text", "text": "Harbor", "value": "Harbor"}
    assert {name: row[1][name] for name in ("kind", "k", "n", "text")} == {
        "kind": "share",
        "k": 3,
        "n": 8,
        "text": "3 of 8",
    }


def test_an_existing_report_is_refused_and_stays_as_it_was(small, tmp_path):
    written = oc.write_report(small, tmp_path)
    (written / "report.html").write_text("mine", encoding="utf-8")
    with pytest.raises(ReportError) as caught:
        oc.write_report(small, tmp_path)
    assert caught.value.code == "E301"
    assert (written / "report.html").read_text(encoding="utf-8") == "mine"


def test_replace_takes_the_place_of_the_earlier_report(small, tmp_path):
    written = oc.write_report(small, tmp_path)
    (written / "old.txt").write_text("old", encoding="utf-8")
    assert sorted(path.name for path in oc.write_report(small, tmp_path, replace=True).iterdir()) == FILES
    assert [path.name for path in tmp_path.iterdir()] == [written.name]


@pytest.mark.parametrize("broken", FILES)
def test_a_failure_while_writing_leaves_the_earlier_report_and_nothing_else(
    small, tmp_path, monkeypatch, broken
):
    written = oc.write_report(small, tmp_path)
    before = {path.name: path.read_bytes() for path in written.iterdir()}
    really = folder_module._fill

    def fail(folder, files):
        really(folder, {name: content for name, content in files.items() if name < broken})
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_module, "_fill", fail)
    with pytest.raises(ReportError) as caught:
        oc.write_report(small, tmp_path, replace=True)
    assert caught.value.code == "E302"
    assert {path.name: path.read_bytes() for path in written.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == [written.name]


@pytest.mark.parametrize(
    "renamed", [True, False], ids=["killed between the two renames", "killed while building"]
)
def test_the_next_start_repairs_an_interrupted_run(small, tmp_path, renamed):
    written = oc.write_report(small, tmp_path)
    (tmp_path / f".{written.name}.new").mkdir()
    if renamed:
        written.rename(tmp_path / f".{written.name}.old")
    with pytest.raises(ReportError) as caught:
        oc.write_report(small, tmp_path)
    assert caught.value.code == "E301", "the earlier report is back"
    assert sorted(path.name for path in written.iterdir()) == FILES
    assert [path.name for path in tmp_path.iterdir()] == [written.name]


def test_a_second_writer_is_refused_while_one_is_at_work(small, tmp_path):
    written = oc.write_report(small, tmp_path)
    with (
        folder_module._lock(tmp_path / f".{written.name}.lock"),
        pytest.raises(ReportError, match="E301 Another run"),
    ):
        oc.write_report(small, tmp_path, replace=True)


def test_a_link_in_the_place_of_the_report_is_refused(small, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "outcome-report-2026Q2-INTERNAL").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ReportError, match="link"):
        oc.write_report(small, tmp_path, replace=True)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_that_is_a_file_is_an_error_without_its_name(small, tmp_path):
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    with pytest.raises(ReportError) as caught:
        oc.write_report(small, tmp_path / "secret")
    assert caught.value.code == "E302"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("title", ["../../etc", "C:\\x", "CON\0", "x" * 300, "..", "Ünïcode / report"])
def test_a_title_cannot_lead_out_of_the_folder(small, tmp_path, title):
    from dataclasses import replace

    written = oc.write_report(Report(replace(META, title=title), small.sections, small.ledger), tmp_path)
    assert written.parent == tmp_path
    assert len(written.name) <= 60
    assert written.name.isascii()


PAYLOADS = [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\0=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(payload, tmp_path):
    path = oc.write_table(pd.DataFrame({"site": [payload]}), tmp_path / "t.csv")
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["site"], ["'" + payload]]


def test_numbers_dates_flags_and_gaps_are_written_plainly(tmp_path):
    frame = pd.DataFrame(
        {
            "patient_id": pd.array(["a", "b"], dtype="string"),
            "change": pd.array([-3, None], dtype="Int64"),
            "percent": pd.array([-12.5, None], dtype="Float64"),
            "response": pd.array([True, None], dtype="boolean"),
            "date": pd.to_datetime(["2026-04-01", None]),
            "sure": [True, False],
        }
    )
    written = oc.write_table(frame, tmp_path / "t.csv").read_bytes()
    assert (
        written
        == b"patient_id,change,percent,response,date,sure\na,-3,-12.5,true,2026-04-01,true\nb,,,,,false\n"
    )
    assert (
        oc.write_table(frame.iloc[:0], tmp_path / "u.csv").read_bytes()
        == b"patient_id,change,percent,response,date,sure\n"
    )


def test_a_table_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(ReportError, match="E302"):
        oc.write_table(pd.DataFrame({"a": [1]}), tmp_path / "missing" / "t.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_table_is_never_overwritten_unasked(tmp_path):
    frame, path = pd.DataFrame({"a": [1]}), tmp_path / "t.csv"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(ReportError, match=r"Choose another name, or --replace") as caught:
        oc.write_table(frame, path)
    assert caught.value.code == "E301"
    assert path.read_text(encoding="utf-8") == "mine"
    assert oc.write_table(frame, path, replace=True).read_bytes() == b"a\n1\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["folder", "link", "link to nothing"])
@pytest.mark.parametrize("write", ["table", "page", "dictionary"])
def test_a_folder_or_a_link_is_never_replaced(kind, write, small, tmp_path):
    place, target = tmp_path / "t", tmp_path / "elsewhere"
    if kind == "folder":
        place.mkdir()
    else:
        place.symlink_to(target)
        if kind == "link":
            target.write_text("mine", encoding="utf-8")
    with pytest.raises(ReportError) as caught:
        {
            "table": lambda: oc.write_table(pd.DataFrame({"a": [1]}), place, replace=True),
            "page": lambda: oc.write_html(small, place),
            "dictionary": lambda: oc.write_data_dictionary(place),
        }[write]()
    assert caught.value.code == "E301"
    assert not target.exists() or target.read_text(encoding="utf-8") == "mine"


def test_a_dictionary_that_cannot_be_written_leaves_the_earlier_one(tmp_path, monkeypatch):
    path = oc.write_data_dictionary(tmp_path / "d.md")
    before = path.read_bytes()

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file_module.os, "replace", fail)
    with pytest.raises(ReportError, match="E302"):
        oc.write_data_dictionary(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_no_renderer_knows_is_an_error_and_not_left_out(small):
    unknown = Report(META, (Section("s", "S", "?", ("no block",)),), small.ledger)  # type: ignore[arg-type]
    for render in (render_results, render_html):
        with pytest.raises(TypeError, match="no block"):
            render(unknown)


def test_write_html_gives_the_page_of_the_folder(small, tmp_path):
    page = oc.write_html(small, tmp_path / "page.html")
    assert page.read_bytes() == (oc.write_report(small, tmp_path / "r") / "report.html").read_bytes()
