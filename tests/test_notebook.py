"""What a person sees in a notebook: results as HTML, progress that goes away, errors as their message."""

from __future__ import annotations

import contextlib

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import outcomes as oc
from outcomes.models.fit import Fit
from outcomes.notebook import follow, lay_out, lay_out_text
from outcomes.reports.blocks import Card, Cards, Count, Section, Share
from outcomes.reports.report import Meta, Report

SLOPE = pd.DataFrame({"term": ["day"], "estimate": [-0.41234], "p_value": [0.0004]})


@pytest.fixture(scope="module")
def run(root):
    """Run code in a kernel of its own and give the outputs of its cell, or the error that it ends with."""

    def run_cell(code: str):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
        client = NotebookClient(
            notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(root)}}
        )
        with contextlib.suppress(CellExecutionError):
            client.execute()
        return notebook.cells[0].outputs

    return run_cell


def test_every_text_is_escaped():
    said = lay_out(
        "<b>", lines=["<i>"], table=pd.DataFrame({"a": ["<td>"]}), notes=["<u>"], folded={"<s>": "<p>"}
    )
    assert not [tag for tag in ("<b><", "<i>", "<td><td>", "<u>", "<s>", "<p>") if tag in said]
    assert "&lt;p&gt;" in said


def test_a_missing_cell_stays_blank():
    assert "<td></td>" in lay_out("t", table=pd.DataFrame({"a": [None]}))


def test_plain_text_keeps_its_blanks_below_its_title():
    said = lay_out_text("title\n  column 1\n")
    assert said.index("title</div>") < said.index("<pre") < said.index(">  column 1\n</pre></div>")
    assert "<pre" not in lay_out_text("title")


@pytest.mark.parametrize("verdict", ["OK", "CAUTION", "NOT ESTIMABLE"])
def test_a_fit_shows_its_verdict_and_notes_as_in_print(verdict):
    fit = Fit("Slope", SLOPE, verdict, notes=("Few patients.",), settings={"level": 0.95}, n_patients=9)
    said = fit._repr_html_()
    assert verdict in said
    assert "Few patients." in said
    assert "level = 0.95" in said
    assert "of 9 patients" in said
    assert ("-0.4123" in said) is (verdict != "NOT ESTIMABLE")
    assert ("-0.4123" in fit.summary()) is (verdict != "NOT ESTIMABLE")


def test_a_long_table_says_how_many_rows_are_not_shown():
    fit = Fit("Course", pd.DataFrame({"day": range(75), "estimate": 0.5}), "OK")
    assert "... and 55 more rows in .table" in fit._repr_html_()
    assert "... and 15 more rows in .table" in fit.summary()


def test_what_is_loaded_and_what_is_defined_render(root):
    cohort = oc.load_cohort(root / "sample_data")
    said = cohort._repr_html_()
    assert cohort.name in said
    assert f"{len(cohort.patients)} patients" in said
    assert "phq9" in said
    for one in (
        oc.SCORES,
        oc.get_profile("default"),
        oc.get_instrument("phq9"),
        oc.inspect_source(root / "sample_data" / "harbor" / "patients_SYNTHETIC.csv"),
    ):
        assert one._repr_html_().startswith("<div")


def test_completion_offers_every_function_and_nothing_else():
    functions = {name for name in oc.__all__ if name[0].islower()}
    assert set(dir(oc)) == functions
    assert dir(oc) == sorted(functions), "so that the prefixes group them"


def test_a_report_shows_both_denominators():
    empty = oc.Cohort(oc.SCORES.empty(), oc.INFUSIONS.empty(), oc.PATIENTS.empty(), oc.LEDGER.empty())
    report = oc.build_report(empty, quarter="2026Q2", report_date="2026-10-01")
    said = report._repr_html_()
    assert "2026Q2" in said
    assert "beside it" in said
    assert "Summary" in said


def test_a_script_hears_nothing_unless_it_asks(capsys):
    with follow() as say:
        say("half way")
    heard = []
    with follow(heard.append) as say:
        say("half way")
    assert heard == ["half way"]
    assert capsys.readouterr() == ("", "")


def test_a_work_within_a_longer_one_is_silent(run):
    outputs = run(
        "from outcomes.notebook import follow\n"
        "with follow() as say:\n"
        "    say('one')\n"
        "    with follow() as within:\n"
        "        within('two')\n"
        "with follow(print) as say, follow() as within:\n"
        "    within('three')\n"
    )
    assert [output.output_type for output in outputs] == ["display_data"]


def test_a_notebook_shows_how_far_the_work_is_and_nothing_when_it_ends(run):
    outputs = run(
        "from outcomes.notebook import follow\n"
        "with follow() as say:\n"
        "    say('one'); say('two')\n"
        "    shown = say.__self__._shown\n"
        "print(shown is not None)"
    )
    assert [output.get("text") for output in outputs if output.output_type == "stream"] == ["True\n"]
    line = next(output for output in outputs if output.output_type == "display_data")
    assert line.data["text/html"] == ""


def test_an_error_in_a_notebook_is_the_line_and_the_message(run):
    outputs = run("import outcomes as oc\n\noc.get_profile('no such one')")
    error = next(output for output in outputs if output.output_type == "error")
    shown = "\n".join(error.traceback)
    assert "DefinitionError, line 3 of the cell: oc.get_profile('no such one')" in shown
    assert "E6" in shown
    assert "def get_profile" not in shown
    assert len(error.traceback) < 10


def test_an_error_made_by_hand_renders_without_a_line():
    assert oc.DataError("needed.")._render_traceback_()[0] == "DataError"


def test_a_report_in_a_notebook_says_what_its_summary_says():
    card = Card("c", "Measured", Share(3, 20), "of those due", (("Year before", Count(7)),), "", "Low")
    meta = Meta("Outcomes", "2026Q2", "2026-10-01", "internal", "default", "0" * 12, {}, ())
    section = Section("s", "Summary", "What happened?", (Cards((card,)),))
    report = Report(meta, (section,), oc.LEDGER.empty())
    said = report._repr_html_()
    for part in ("Measured [Low]", "3 of 20", "15 %", "Year before: 7"):
        assert part in said, part
        assert part in report.summary(), part
