"""The settings file and the sections of a user: what is asked for is shown, what is not known is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

import outcomes as oc
from outcomes.reports.blocks import Prose, Section
from outcomes.reports.html import render_html
from outcomes.reports.report import list_tables
from outcomes.reports.settings import SECTIONS, ReportSettings

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def write(tmp_path, text):
    path = tmp_path / "quarterly.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def few(clinic, invent):
    return clinic(invent(30, start="2026-04-03", days=60))


def build(cohort, **more):
    profile = oc.get_profile("default").replace(instruments=["phq9"])
    return oc.build_report(cohort, quarter="2026Q2", profile=profile, report_date="2026-10-01", **more)


def test_the_file_to_start_from_is_the_default(tmp_path):
    path = oc.write_report_settings(tmp_path / "quarterly.toml")
    assert oc.read_report_settings(path) == replace(ReportSettings(), profile="default")
    with pytest.raises(oc.ReportError, match="E301"):
        oc.write_report_settings(path)


def test_every_line_of_the_example_is_true_when_it_is_uncommented(tmp_path):
    path = oc.write_report_settings(tmp_path / "quarterly.toml")
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        bare = line.lstrip().removeprefix("# ")
        lines.append(
            bare
            if ("=" in bare or bare.startswith('"')) and not bare.startswith(("Settings", "The"))
            else line
        )
    (tmp_path / "logo.png").write_bytes(PNG)
    read = oc.read_report_settings(write(tmp_path, "\n".join(lines)))
    assert read.sections == SECTIONS
    assert read.changes == {"post_window_days": [14, 31]}
    assert (read.chart_freeze, read.chart_rebase, read.measured_target) == (12, "2026Q1", 0.8)


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("schema = 1\n[report]\ntitel = 'x'", "E601", "line 3"),
        ("schema = 1\n[report]\nsections = ['summary', 'weather']", "E603", "line 3"),
        ("schema = 1\n[targets]\nmeasured_share = 80", "E603", "measured_share"),
        ("schema = 1\n[control_chart]\nrebase_at = 'spring'", "E603", "rebase_at"),
        ("schema = 1\n[report]\ntitle = 'x'\ntitle = 'y'", "E602", ""),
        ("schema = 2", "E603", "schema"),
        ("schema = 1\n[definitions]\npost_window = [14, 31]", "E6", "post_window"),
    ],
)
def test_what_is_not_known_is_refused_with_its_place(tmp_path, text, code, told):
    with pytest.raises(oc.DefinitionError) as caught:
        oc.read_report_settings(write(tmp_path, text))
    assert code in str(caught.value)
    assert told in str(caught.value)


def test_title_sections_and_their_order(few, tmp_path):
    path = write(tmp_path, "schema = 1\n[report]\ntitle = 'Our <quarter>'\nsections = ['safety', 'summary']")
    report = build(few, settings=path)
    assert [section.id for section in report.sections] == ["safety", "summary"]
    assert "Our &lt;quarter&gt;, 2026Q2" in render_html(report).decode("utf-8")


def test_an_exception_from_the_profile_is_counted_and_printed(few, tmp_path):
    path = write(tmp_path, "schema = 1\n[definitions]\npost_window_days = [14, 60]")
    report = build(few, settings=path)
    page = render_html(report).decode("utf-8")
    assert "14 to 60 days after the last induction infusion" in page
    assert "Set by the user for this report: post_window_days" in page.replace("\u00a0", " ")


def test_the_target_of_the_file_is_the_target_of_the_report(few, tmp_path):
    report = build(few, settings=write(tmp_path, "schema = 1\n[targets]\nmeasured_share = 0.55"))
    assert "Target 55 %" in render_html(report).decode("utf-8").replace("\u00a0", " ")


def test_a_logo_is_shown_and_one_that_is_none_is_refused(few, tmp_path):
    (tmp_path / "logo.png").write_bytes(PNG)
    path = write(tmp_path, "schema = 1\n[report]\nlogo = 'logo.png'\nsections = ['summary']")
    assert 'class="logo" src="data:image/png;base64,' in render_html(build(few, settings=path)).decode(
        "utf-8"
    )
    (tmp_path / "logo.png").write_bytes(b"GIF89a")
    with pytest.raises(oc.DefinitionError, match="PNG"):
        build(few, settings=path)
    (tmp_path / "logo.png").unlink()
    with pytest.raises(oc.DefinitionError, match="cannot be read"):
        build(few, settings=path)


def test_a_section_of_ones_own_stands_before_the_definitions(few):
    def section_own(study):
        words = f"{study.quarter}: {len(study.lead.now.courses)} people."
        return Section("own", "Our question", "Why?", (Prose("own", words),))

    titles = [section.title for section in build(few, more_sections=[section_own]).sections]
    assert titles[titles.index("Our question") + 1] == "Definitions"


def test_single_courses_are_shown_only_where_they_are_asked_for(few):
    assert "single-courses" not in [section.id for section in build(few).sections]
    asked = build(few, settings=replace(ReportSettings(), sections=("single-courses",)))
    assert [table.id for table in list_tables(asked)] == ["single-courses-data"]
