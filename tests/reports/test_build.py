"""The report as a whole: what it promises about every number and every word, on clinics of all shapes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import DefinitionError, ReportError
from outcomes.reports.assemble import list_seen
from outcomes.reports.blocks import Cards, Figure, Prose, Share, Table
from outcomes.reports.format import find_numbers, make_plain, show, split_card
from outcomes.reports.html import render_html
from outcomes.reports.report import Report, list_blocks, list_tables
from outcomes.reports.results import render_results
from outcomes.reports.settings import ReportSettings

QUARTER, DATE = "2026Q2", "2026-10-01"
PHQ = oc.get_profile("default").replace(instruments=["phq9"])
BANNED = (
    "because of treatment",
    "due to the infusion",
    "effect of",
    "effective",
    "works",
    "led to",
    "caused",
    "thanks to",
    "proves",
    "success",
    "failure",
    "significant",
    "best",
    "worst",
    "cured",
    "normal",
    "safe",
)


def build(cohort: oc.Cohort, **more) -> Report:
    return oc.build_report(cohort, **{"quarter": QUARTER, "report_date": DATE, "profile": PHQ, **more})


@cache
def page_of(report: Report) -> bytes:
    """The page of a report, rendered once for all tests."""
    return render_html(report)


def find(report: Report, kind: type) -> list:
    return [block for block in list_blocks(report) if isinstance(block, kind)]


def table(report: Report, id: str) -> list[list[str]]:
    return [
        [make_plain(show(cell)) for cell in row]
        for one in list_tables(report)
        if one.id == id
        for row in one.rows
    ]


def sentences(report: Report) -> dict[str, str]:
    return {one.rule: make_plain(one.text) for one in find(report, Prose)}


def cards(report: Report) -> dict[str, tuple[str, str, str]]:
    return {
        card.id: tuple(map(make_plain, split_card(card)))
        for block in find(report, Cards)
        for card in block.cards
    }


def written_texts(report: Report) -> list[str]:
    """All that is generated as running text: sentences, cards, captions, alternative texts, notes."""
    texts = [section.question for section in report.sections] + [one.text for one in find(report, Prose)]
    texts += [text for one in find(report, Figure) for text in (one.title, one.caption, one.alt)]
    texts += [note for one in list_tables(report) for note in one.notes]
    for block in find(report, Cards):
        for card in block.cards:
            texts += [
                card.title,
                *split_card(card),
                card.definition,
                *(f"{label} {show(cell)}" for label, cell in card.beside),
            ]
    return texts


@pytest.fixture(scope="module")
def eight(clinic, invent) -> Report:
    return build(clinic(invent(8, start="2026-04-03", days=40)))


@pytest.fixture(scope="module")
def lone(clinic, invent) -> Report:
    """One site, and a setting that the user changed."""
    people = invent(8, start="2026-04-03", days=40, sites=("Harbor",))
    return build(clinic(people), profile=PHQ.replace(remission_op="<=", remission_value=6))


@pytest.fixture(scope="module")
def nobody(clinic, invent) -> Report:
    return build(clinic(invent(30, start="2025-04-03", days=200)))


@pytest.fixture(scope="module")
def empty() -> Report:
    return build(oc.Cohort(oc.SCORES.empty(), oc.INFUSIONS.empty(), oc.PATIENTS.empty(), oc.LEDGER.empty()))


@pytest.fixture(scope="module", params=["report", "eight", "nobody", "empty"])
def any_report(request) -> Report:
    return request.getfixturevalue(request.param)


def test_every_number_in_the_text_is_a_cell_of_a_table(any_report):
    cells = {
        number
        for one in list_tables(any_report)
        for row in one.rows
        for cell in row
        for number in find_numbers(show(cell))
    }
    titles = {
        number
        for one in list_tables(any_report)
        for column in one.columns
        for number in find_numbers(column.full_title)
    }
    notes = {note for one in list_tables(any_report) for note in one.notes}
    known = cells | titles | {number.lstrip("0") or "0" for number in cells}
    for text in written_texts(any_report):
        if text not in notes:
            assert [number for number in find_numbers(text) if number not in known] == [], text


def test_no_word_claims_a_cause_or_praises(any_report):
    text = make_plain(" ".join(written_texts(any_report))).lower()
    assert [word for word in BANNED if re.search(rf"\b{re.escape(word)}\b", text)] == []


def test_because_stands_in_the_sentence_on_the_gap_only(any_report):
    assert all(one.rule == "gap" for one in find(any_report, Prose) if "because" in one.text)


def test_nothing_is_printed_as_nan_inf_or_none(any_report):
    page = re.sub(r"<svg.*?</svg>", "", page_of(any_report).decode("utf-8"), flags=re.S)
    assert re.findall(r"(?i)(?<![a-z])(nan|inf|<na>|nat)(?![a-z])", page) == []


def test_no_percent_below_a_denominator_of_eleven(any_report):
    shares = [
        cell for one in list_tables(any_report) for row in one.rows for cell in row if isinstance(cell, Share)
    ]
    shares += [
        card.value
        for block in find(any_report, Cards)
        for card in block.cards
        if isinstance(card.value, Share)
    ]
    assert all(cell.n >= 11 or "%" not in show(cell) for cell in shares)


def test_every_section_is_there_with_something_to_say(any_report):
    titles = [section.title for section in any_report.sections]
    assert titles[:3] == ["Summary", "Who is in these numbers?", "PHQ-9, depression"]
    assert titles[titles.index("When does response first appear?") :] == [
        "When does response first appear?",
        "How long does it last?",
        "Where are people by when?",
        "Average course",
        "Who responds sooner?",
        "Who are the patients?",
        "Sites",
        "Is this quarter different from the usual level?",
        "Quality measures",
        "Safety",
        "Other definitions and published rates",
        "Definitions",
        "Data quality",
    ]
    assert all(section.blocks for section in any_report.sections)


def test_ids_are_unique(any_report):
    ids = [one.id for one in list_tables(any_report)] + [one.id for one in find(any_report, Figure)]
    assert len(set(ids)) == len(ids)
    page = re.findall(r'\bid="([^"]+)"', page_of(any_report).decode("utf-8"))
    assert len(set(page)) == len(page)


def test_alternative_texts_are_long_enough_and_differ_from_title_and_caption(any_report):
    for figure in find(any_report, Figure):
        assert 80 <= len(figure.alt) <= 350, figure.alt
        assert figure.alt not in (figure.title, figure.caption)


def test_rates_stand_on_both_denominators_and_agree_with_the_cards(report):
    rows = {tuple(row[:2]): row[2:5] for row in table(report, "phq9-rates")}
    assert rows["Response", "everyone eligible"] == ["14 of 34", "41 %", "26 to 58"]
    assert rows["Response", "those with a score"] == ["14 of 27", "52 %", "34 to 69"]
    assert rows["Response", "upper bound"][0] == "21 of 34"
    assert cards(report)["responded"] == ("41 %", "14 of 34 eligible", "95 % CI 26 to 58")
    assert cards(report)["measured"][:2] == ("79 %", "27 of 34 of those due")


def test_the_sentences_say_who_how_many_and_what_is_unknown(report):
    said = sentences(report)
    assert (
        said["who"]
        == "34 people had a first infusion in 2026Q2; 34 of them have reached the end of the scoring window."
    )
    assert said["measured"].endswith("Read the rates below with care: 7 people are unknown.")
    assert said["response"] == (
        "Counting everyone eligible, 41 % responded (14 of 34, 95 % CI 26 to 58); among those with a "
        "score, 52 % (14 of 27)."
    )
    assert said["gap"] == "The two rates differ by 11 points because 7 people have no score."
    assert said["worse"].startswith("0 of 27 had a reliable worsening")
    assert "prompts a review, it is not a risk score" in said["item_9"]
    assert said["caveat"].startswith("There is no comparison group.")
    assert "Measured [Low]" in report.summary()


def test_few_measured_comes_first(report):
    rules = [block.rule for block in report.sections[0].blocks if isinstance(block, Prose)]
    assert rules[0] == "measured"
    assert rules[-1] == "caveat"


def test_the_flow_adds_up(report):
    flow = [row for row in table(report, "people-flow-data") if row[1] and row[2]]
    for here, there in pairwise(flow):
        assert int(here[1]) == int(there[1]) + int(here[2])


def test_the_ledger_adds_up(report):
    rows = table(report, "quality-ledger")
    read, used, _, excluded = (int(rows[-1][place].replace(",", "")) for place in range(2, 6))
    assert read == used + excluded
    assert int(rows[-1][7]) == excluded == 3
    assert sentences(report)["ledger"].endswith("used and 3 excluded, each with one reason.")


def test_the_quarters_before_are_pooled_and_matured_too(report):
    assert [row[0] for row in table(report, "summary-quarters")] == [
        "2025Q2",
        "2025Q3",
        "2025Q4",
        "2026Q1",
        "2026Q2",
    ]
    pooled = next(row for row in table(report, "phq9-rates") if row[:2] == ["Response", "everyone eligible"])[
        5
    ]
    parts = [row[1].split(" of ") for row in table(report, "summary-quarters")[:-1]]
    assert pooled == " of ".join(str(sum(int(part[place]) for part in parts)) for place in (0, 1))


def test_definitions_name_operator_value_status_source_hash_and_versions(report):
    listed = table(report, "definitions-endpoints")
    assert [row[1:3] for row in listed if row[0] == "Remission"] == [
        ["PHQ-9 total below 5", "verified"],
        ["GAD-7 total below 5", "project"],
    ], "instruments with one source share a row"
    rows = {row[0]: row[1:] for row in listed}
    assert "PHQ-9 total at least 6 points below baseline (improvement)" in str(listed)
    assert rows["This report"][1] == "project"
    assert "share of those due who should have an endpoint score: 80 %" in rows["This report"][0]
    assert all(row[1] in ("verified", "unverified", "project") and row[2] for row in rows.values())
    assert oc.get_profile("default").hash in str(table(report, "definitions-versions"))
    assert len(table(report, "definitions-inputs")) == 3
    assert sentences(report)["unchanged"] == "No setting of the profile was changed for this report."


def test_an_instrument_that_nobody_filled_in_keeps_its_heading(report):
    gad7 = next(section for section in report.sections if section.id == "scores-gad7")
    assert [block.text for block in gad7.blocks] == [
        "The GAD-7 was not collected from those who started in 2026Q2."
    ]


def test_eight_people_are_counted_without_a_percent(eight):
    assert cards(eight)["responded"] == ("3 of 8", "eligible; too few for a percent", "")
    assert "response" not in sentences(eight)
    assert "gap" not in sentences(eight)
    assert "%" not in " ".join(cards(eight)["remission"])


@pytest.mark.parametrize("name", ["nobody", "empty"])
def test_a_quarter_without_patients_is_a_full_report_that_says_so(name, request):
    without = request.getfixturevalue(name)
    assert sentences(without)["who"] == "Nobody had a first infusion in 2026Q2: there is nothing to rate."
    assert cards(without)["responded"][0] == "nobody"
    assert sentences(without)["caveat"]
    assert len(page_of(without)) > 10_000


def test_everybody_responds_and_nobody_responds(clinic):
    for end, count in ((2, "12 of 12"), (19, "0 of 12")):
        people = [
            {"id": f"p{i}", "start": "2026-04-10", "totals": {0: 20, 9: end, 33: end, 60: end}}
            for i in range(12)
        ]
        made = build(clinic(people))
        assert cards(made)["responded"][1] == f"{count} eligible"
        rendered = table(made, "onset-landmarks")
        assert rendered
        if end == 19:
            assert sentences(made)["no-onset"].startswith("No curve of first response")
            assert "no event" in str(rendered)


def test_without_any_follow_up_the_rates_are_zero_of_everyone_and_nothing_is_estimated(clinic):
    made = build(
        clinic([{"id": f"p{i}", "start": "2026-04-10", "totals": {0: 14 + i % 5}} for i in range(14)])
    )
    assert cards(made)["measured"][:2] == ("0 %", "0 of 14 of those due")
    assert cards(made)["change"][0] == "nobody"
    assert sentences(made)["no-model-phq9"].startswith("PHQ-9: the average course is not estimable.")
    assert "worse" not in sentences(made)


def test_one_site_is_one_line_and_several_are_in_alphabetical_order(lone, report):
    assert sentences(lone)["one-site"] == "Everybody who started in 2026Q2 belongs to one site, Harbor."
    assert [row[0] for row in table(report, "sites-rates")] == ["Harbor", "Lakeside"]


def test_a_changed_setting_is_named_and_changes_the_definition(lone):
    assert "remission_op, remission_value" in sentences(lone)["changed"]
    assert "PHQ-9 total 6 or below" in str(table(lone, "definitions-endpoints"))
    assert lone.meta.profile_hash != PHQ.hash


LABEL, NOTE = "<script>alert(1)</script>", '"><img src=x onerror=alert(1)> {{ 7*7 }} $\\frac$'


@pytest.fixture(scope="module")
def hostile(clinic, invent) -> tuple[Report, oc.Cohort, list[str]]:
    """A report of hostile labels, its cohort, and what was told while it was built."""
    cohort = clinic(invent(8, start="2026-04-03", days=40, sites=(LABEL, "B&W")), notes=(NOTE,))
    cohort = replace(cohort, name="Rivers & <b>")
    lines: list[str] = []
    return build(cohort, progress=lines.append), cohort, lines


def test_a_hostile_label_and_note_stay_text(hostile):
    page = page_of(hostile[0]).decode("utf-8")
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{ 7*7 }}" in page


def test_the_name_of_the_folder_stands_under_the_title(hostile):
    report, _, _ = hostile
    assert report.meta.name == "Rivers & <b>"
    assert "Rivers &amp; &lt;b&gt;</p>" in page_of(report).decode("utf-8")


def test_the_order_of_the_rows_changes_no_byte(clinic, invent, eight):
    cohort = clinic(invent(8, start="2026-04-03", days=40))
    frames = (cohort.scores, cohort.infusions, cohort.patients, cohort.ledger)
    shuffled = build(oc.Cohort(*(frame.sample(frac=1, random_state=5) for frame in frames)))
    assert render_html(shuffled) == page_of(eight)
    assert render_results(shuffled) == render_results(eight)


def test_another_process_with_another_hash_seed_gives_the_same_bytes(eight, root, tmp_path):
    code = (
        "import importlib.util, outcomes as oc, sys\n"
        "from outcomes.reports.html import render_html\n"
        "spec = importlib.util.spec_from_file_location('made', 'tests/reports/conftest.py')\n"
        "made = importlib.util.module_from_spec(spec); import outcomes.schema; "
        "spec.loader.exec_module(made)\n"
        "cohort = made.make_cohort(made.invent_people(8, start='2026-04-03', days=40))\n"
        "profile = oc.get_profile('default').replace(instruments=['phq9'])\n"
        "page = render_html(oc.build_report(cohort, quarter='2026Q2', profile=profile))\n"
        "sys.stdout.buffer.write(page)\n"
    )
    env = {
        **os.environ,
        "PYTHONHASHSEED": "2",
        "SOURCE_DATE_EPOCH": "1790812800",
        "TZ": "Pacific/Auckland",
        "PYTHONPATH": str(root),
    }
    made = subprocess.run([sys.executable, "-c", code], cwd=root, env=env, capture_output=True, check=True)
    assert made.stdout == page_of(eight)


def test_what_no_section_asks_for_is_not_computed(clinic, invent):
    stages: list[str] = []
    settings = ReportSettings(sections=("summary", "people"))
    cohort = clinic(invent(8, start="2026-04-03", days=40))
    oc.build_report(cohort, quarter="2026Q2", settings=settings, progress=stages.append)
    assert "endpoints" in stages
    assert not {"missing scores", "other definitions", "whole courses"} & set(stages)


def test_inputs_are_left_alone_and_progress_tells_stages_without_values(hostile, clinic, invent):
    _, used, lines = hostile
    fresh = clinic(invent(8, start="2026-04-03", days=40, sites=(LABEL, "B&W")), notes=(NOTE,))
    for name in ("scores", "infusions", "patients", "ledger"):
        pd.testing.assert_frame_equal(getattr(used, name), getattr(fresh, name))
    assert "PHQ-9: average course" in lines
    assert not any(word in " ".join(lines) for word in ("p0000", "B&W"))


@pytest.mark.parametrize("quarter", ["2026", "2026Q5", "26Q2", "2026-Q2", "2026Q2 "])
def test_a_quarter_is_a_year_and_a_number(quarter, clinic):
    with pytest.raises(DefinitionError, match="2026Q2"):
        build(clinic([]), quarter=quarter)


def test_a_date_is_year_month_day(clinic):
    with pytest.raises(ReportError, match="YYYY-MM-DD"):
        build(clinic([]), report_date="1 October 2026")


def test_results_hold_every_table_of_the_report(report, tmp_path):
    folder = oc.write_report(report, tmp_path)
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    blocks = [block for section in results["sections"] for block in section["blocks"]]
    tables = [block.get("data", block) for block in blocks if block["kind"] in ("table", "figure")]
    assert [one["id"] for one in tables] == [one.id for one in list_tables(report)], "in reading order"
    assert Path(folder / "ledger.csv").read_text(encoding="utf-8").count("\n") == len(report.ledger) + 1


def test_a_table_with_a_short_row_is_a_mistake_that_is_named():
    with pytest.raises(ReportError, match="Table t"):
        Table("t", "T", (), ((Share(1, 2),),))


@pytest.fixture(scope="module")
def well(clinic) -> Report:
    """Fourteen responders: nobody relapses twice in a row, one has a single bad score, one starts unseen."""
    people = [
        {
            "id": f"p{i:02d}",
            "start": "2026-04-10",
            "totals": {0: 20, 5: 14 + i % 5, 9: 8 + i % 3, 33: 4 + i % 4, 61: 3 + i % 7, 89: 6, 110: 6},
        }
        for i in range(14)
    ]
    people[0]["totals"] = {0: 20, 9: 8, 33: 6, 61: 18}
    early = {"id": "early", "start": "2024-07-05", "totals": {0: 25, 9: 25, 33: 25}}
    unseen = [{**early, "id": f"unseen{i}"} for i in range(3)]
    cohort = clinic([*people, *unseen])
    first = pd.Timestamp("2026-04-01")
    from_then = cohort.patients.assign(
        observed_from=cohort.patients["observed_from"].where(
            ~cohort.patients["patient_id"].str.startswith("unseen"), first
        )
    )
    moved = {
        name: frame.assign(
            date=frame["date"].mask(
                frame["patient_id"].str.startswith("unseen"),
                frame["date"] + (pd.Timestamp("2026-04-10") - pd.Timestamp("2024-07-05")),
            )
        )
        for name, frame in (("scores", cohort.scores), ("infusions", cohort.infusions))
    }
    return build(replace(cohort, patients=from_then, **moved))


def test_scores_of_people_whose_start_was_not_seen_enter_no_course(well):
    flow = table(well, "people-flow-data")
    assert flow[0][:2] == ["Started", "17"]
    assert flow[0][3:] == ["first infusion may lie before the export", "3"]
    points = table(well, "phq9-course-data")
    assert points[0][1:3] == ["14", "20.0"], "the three unseen had 25 points"
    note = next(one.notes[0] for one in list_tables(well) if one.id == "phq9-course-data")
    assert note.endswith("3 people are left out: the first infusion may lie before the export.")
    courses = pd.DataFrame(
        {"patient_id": list("abc"), "start_observed": pd.array([True, False, None], dtype="boolean")}
    )
    assert list_seen(courses).tolist() == ["a"], "the model is of these"


def test_still_well_counts_the_relapsed_where_no_curve_moved_and_names_single_bad_scores(well):
    value, label, _ = cards(well)["well"]
    assert value == "0 of 14 relapsed so far"
    assert label == "13 still followed at week 8"
    card = next(card for block in find(well, Cards) for card in block.cards if card.id == "well")
    assert next(label for label, _ in card.beside) == "Single bad scores counted (caution)"
    assert make_plain(show(card.beside[0][1])).startswith("93 %")


def test_no_known_relapse_is_said_with_its_exact_interval_and_with_single_bad_scores(well):
    assert sentences(well)["lasting"] == (
        "Of 14 responders, none is known to have relapsed by week 8 (13 still followed, exact interval of "
        "those well 75 to 100 %); with single bad scores counted 93 %."
    )


def test_relapse_stands_confirmed_at_the_first_bad_score_and_as_loss_with_what_was_seen(well):
    rows = {row[1]: row for row in table(well, "relapse-seen") if row[0] == "PHQ-9, 2026Q2"}
    assert list(rows) == ["confirmed relapse", "first bad score", "loss of response"]
    events, series, admission, unconfirmed = (3, 4, 5, 6)
    assert [rows["confirmed relapse"][place] for place in (events, unconfirmed)] == ["0", "1"]
    assert [rows["first bad score"][place] for place in (events, series, admission, unconfirmed)] == [
        "1",
        "0",
        "0",
        "0",
    ]
    landmarks = {row[1]: row for row in table(well, "relapse-landmarks") if row[0] == "PHQ-9, 2026Q2"}
    assert landmarks["first bad score"][-1] == "CAUTION", "one event"
    assert landmarks["confirmed relapse"][-1] == "none"


def test_the_verdict_over_the_model_tables_is_the_worst_of_the_three(report):
    from outcomes.reports.sections import course

    said = sentences(report)["model"]
    assert re.search(r"verdict (OK|CAUTION|NOT ESTIMABLE): ", said)
    fit = oc.Fit("Means", pd.DataFrame({"day": [0], "estimate": [1.0]}), "CAUTION", notes=("Few.",))
    sound = oc.Fit("Model", pd.DataFrame({"day": [0], "estimate": [1.0]}), "OK")
    assert course.judge_course({"model": sound, "means": fit, "differences": sound}) == "CAUTION"
    assert course.judge_course({"model": sound, "means": sound, "differences": sound}) == "OK"


def test_no_code_word_is_printed_in_the_table_of_times(report):
    shown = [row[0] for row in table(report, "quality-timing")]
    assert "before the first infusion" in shown
    assert not [name for name in shown if "_" in name or name.startswith("timing")]


def test_trajectory_and_change_stand_side_by_side_before_the_tables(report):
    section = next(one for one in report.sections if one.id == "scores-phq9")
    assert [block.id for block in section.blocks][:5] == [
        "phq9-course", "phq9-doses", "phq9-waterfall", "phq9-shift", "phq9-reliable-change",
    ]  # fmt: skip


def test_the_review_list_is_named_as_the_command_that_writes_it(report):
    note = next(one.notes[0] for one in list_tables(report) if one.id == "phq9-item")
    assert "outcomes check FOLDER --review-list FILE" in note
