"""REDCap's project XML: one row per saved form, with the codebook and events of the project."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest
from redcap_examples import Item, Saved, answers, questionnaire, write_project

import outcomes as oc
from outcomes.errors import DataError, OutcomesError, PrivacyError
from outcomes.loading.redcap.project import read_project
from outcomes.loading.source import read_source

RECORD = Item("record_id", "visit", "Record ID", identifier=True)
DATE = Item("visit_date", "visit", "Date of the visit", validation="date_ymd")
PHQ9 = questionnaire("phq9", form="mood", first=1, total="phq9_total")
EVENTS = (("baseline_arm_1", "Baseline", 0), ("week_1_arm_1", "Week 1", 7))
DATED = 'limited_data_set = true\n[columns]\ndate = "visit_date"\n'


def visit(record: str, event: str, date: str) -> Saved:
    return Saved(record, event, "visit", {"record_id": record, "visit_date": date, "visit_complete": "2"})


def mood(record: str, event: str, codes: str = "123412341", **further: str) -> Saved:
    return Saved(record, event, "mood", answers(PHQ9, codes, **further))


SAVED = [
    visit("007", "baseline_arm_1", "2026-01-05"),
    mood("007", "baseline_arm_1", phq9_total="21"),
    visit("007", "week_1_arm_1", "2026-01-12"),
    mood("007", "week_1_arm_1", "111111111", phq9_total="9"),
]


@pytest.fixture
def write(tmp_path):
    def writer(text: str):
        path = tmp_path / "project.xml"
        path.write_text(text, encoding="utf-8")
        return path

    return writer


@pytest.fixture
def table(write):
    return lambda text: read_project(read_source(write(text), number=1))


def test_each_saved_form_is_a_row_under_its_number(table):
    read = table(write_project([RECORD, DATE, *PHQ9], SAVED, events=EVENTS))
    assert read.header[:5] == (
        "record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", "visit_date",
    )  # fmt: skip
    assert read.cells[[0, 1, 4]].to_numpy().tolist() == [
        ["007", "baseline_arm_1", "2026-01-05"],
        ["007", "baseline_arm_1", ""],
        ["007", "week_1_arm_1", "2026-01-12"],
        ["007", "week_1_arm_1", ""],
    ]
    assert read.cells.index.tolist() == [1, 2, 3, 4]
    assert [(one.unique_name, one.day_offset) for one in read.events] == [
        ("baseline_arm_1", 0), ("week_1_arm_1", 7),
    ]  # fmt: skip


def test_the_codebook_of_the_project_comes_with_it(table):
    read = table(write_project([RECORD, DATE, *PHQ9], SAVED, events=EVENTS))
    item = read.codebook[read.header.index("phq9_1")]
    assert (item.form, item.type, item.choices["1"]) == ("mood", "radio", "Not at all")
    assert read.codebook[4].validation == "date_ymd"
    assert read.codebook[0].identifier


def test_a_project_is_scored_by_labels_with_dates_of_another_form(write):
    path = write(write_project([RECORD, DATE, *PHQ9], SAVED, events=EVENTS))
    cohort = oc.load_cohort(path, layout=DATED)
    found = cohort.scores[["patient_id", "total", "recorded_total", "visit"]].to_numpy().tolist()
    assert found == [["007", 12, 21, "baseline_arm_1"], ["007", 0, 9, "week_1_arm_1"]]
    assert cohort.scores["date"].dt.strftime("%m-%d").tolist() == ["01-05", "01-12"]
    assert cohort.ledger["reason"].fillna("used").tolist() == ["other_instrument", "used"] * 2
    assert any("recorded_total_is_code_sum" in note for note in cohort.notes)


def test_a_project_without_a_date_asks_for_the_days_of_its_events(write):
    report = oc.inspect_source(write(write_project([RECORD, *PHQ9], SAVED[1::2], events=EVENTS)))
    assert [problem.code for problem in report.questions] == ["E247"]
    assert "each of the 2 events" in report.questions[0].message
    assert "# visit_day = { baseline_arm_1 = 0, week_1_arm_1 = 7 }" in report.layout


def test_names_of_events_that_are_no_time_points_are_not_printed(write):
    events = (("ann_arm_1", "Ann", 0), ("week_1_arm_1", "Week 1", 7))
    saved = [replace(one, event=one.event.replace("baseline", "ann")) for one in SAVED[1::2]]
    report = oc.inspect_source(write(write_project([RECORD, *PHQ9], saved, events=events)))
    assert (
        "events 1-2, by unique name, in the order of the events file; the project plans days 0, 7"
        in report.layout
    )
    assert "ann" not in str(report)


def test_running_numbers_of_events_are_not_offered_as_days(write):
    events = (("baseline_arm_1", "Baseline", 1), ("week_1_arm_1", "Week 1", 2))
    report = oc.inspect_source(write(write_project([RECORD, *PHQ9], SAVED[1::2], events=events)))
    assert "# visit_day = { baseline_arm_1 = ?, week_1_arm_1 = ? }" in report.layout


def test_repeating_forms_and_events_keep_their_instance(table):
    saved = [
        mood("1", "baseline_arm_1"),
        visit("1", "baseline_arm_1", ""),
        mood("1", "week_1_arm_1"),
        replace(visit("2", "week_1_arm_1", ""), event_repeat=2),
        replace(visit("2", "baseline_arm_1", ""), form_repeat=2),
    ]
    text = write_project([RECORD, DATE, *PHQ9], saved, events=EVENTS, repeating=(("baseline_arm_1", "mood"),))
    assert table(text).cells[[2, 3]].to_numpy().tolist() == [
        ["mood", "1"], ["visit", "1"], ["", "1"], ["", "2"], ["visit", "2"],
    ]  # fmt: skip
    text = write_project([RECORD, *PHQ9], saved[2:3], events=EVENTS, repeating=(("week_1_arm_1", ""),))
    assert table(text).cells[[2, 3]].to_numpy().tolist() == [["", "1"]]


def test_a_data_access_group_belongs_to_all_rows_of_its_record(table):
    group = "redcap_data_access_group"
    saved = [
        Saved("1", "event_1_arm_1", "visit", {group: "harbor"}),
        mood("1", "event_1_arm_1"),
        mood("2", "event_1_arm_1"),
        Saved("3", "event_1_arm_1", "visit", {group: "harbor"}),
        Saved("3", "event_1_arm_1", "visit", {group: "summit"}),
        mood("3", "event_1_arm_1"),
    ]
    read = table(write_project([RECORD, DATE, *PHQ9], saved))
    assert read.cells[read.header.index(group)].tolist() == ["harbor", "harbor", "", "harbor", "summit", ""]


def test_a_single_event_is_no_visit(table):
    read = table(write_project([RECORD, *PHQ9], [mood("1", "event_1_arm_1")]))
    assert read.cells[1].tolist() == [""]


def test_missing_data_codes_of_the_project_are_missing_items_and_dates(write):
    saved = [
        visit("1", "baseline_arm_1", "-99"),
        mood("1", "baseline_arm_1"),
        visit("1", "week_1_arm_1", "2026-01-12"),
        mood("1", "week_1_arm_1", "111111111", phq9_3="-99"),
        *SAVED,
        *[replace(one, record="8") for one in SAVED],
        *[replace(one, record="9") for one in SAVED],
    ]
    text = write_project([RECORD, DATE, *PHQ9], saved, events=EVENTS, missing_codes="-99, Not asked")
    cohort = oc.load_cohort(write(text), layout=DATED)
    assert cohort.scores.query("patient_id == '1'")["n_items_answered"].tolist() == [8]
    assert cohort.ledger["reason"].tolist()[1] == "bad_date"


def test_a_field_flagged_as_identifier_is_refused_unless_it_is_the_record_id(write):
    hair = Item("hair", "visit", "Hair", identifier=True)
    oc.load_cohort(write(write_project([RECORD, DATE, hair, *PHQ9], SAVED, events=EVENTS)), layout=DATED)
    saved = [*SAVED, Saved("1", "baseline_arm_1", "visit", {"hair": "red"})]
    with pytest.raises(PrivacyError, match="E101"):
        oc.load_cohort(write(write_project([RECORD, DATE, hair, *PHQ9], saved, events=EVENTS)), layout=DATED)


@pytest.mark.parametrize(
    ("choices", "value", "refused"),
    [
        (("1, Yes", "2, No"), "1", False),
        (("1, Yes", "2, No"), "3", True),
        (("60601, Here", "2, No"), "60601", True),
        ((), "1", True),
    ],
)
def test_answer_codes_of_the_codebook_identify_nobody_whatever_the_header(write, choices, value, refused):
    field = Item("since_contact", "visit", "Since", "radio" if choices else "text", choices)
    saved = [*SAVED, Saved("1", "baseline_arm_1", "visit", {"since_contact": value})]
    path = write(write_project([RECORD, DATE, field, *PHQ9], saved, events=EVENTS))
    if refused:
        with pytest.raises(PrivacyError, match="E101"):
            oc.load_cohort(path, layout=DATED)
    else:
        assert len(oc.load_cohort(path, layout=DATED).scores) == 2


def test_free_text_refuses_until_the_layout_drops_it(write):
    field = Item("visit_notes", "visit", "Notes", "textarea")
    saved = [*SAVED, Saved("1", "baseline_arm_1", "visit", {"visit_notes": "x"})]
    path = write(write_project([RECORD, DATE, field, *PHQ9], saved, events=EVENTS))
    with pytest.raises(PrivacyError, match="E101"):
        oc.load_cohort(path, layout=DATED)
    assert len(oc.load_cohort(path, layout=DATED + 'drop = ["visit_notes"]\n').scores) == 2


GOOD = write_project([RECORD, *PHQ9], [mood("1", "event_1_arm_1")])
BOMB = '<!DOCTYPE ODM [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>\n<ODM '


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (GOOD.replace("<ODM ", BOMB, 1), "E202"),
        (GOOD[: len(GOOD) // 2], "E274"),
        (GOOD.replace("UTF-8", "UTF-9"), "E203"),
        (GOOD.replace('Value="1"/>', 'Value="1"/><ItemData ItemOID="phq9_1" Value="4"/>', 1), "E274"),
        (GOOD.replace('redcap:RecordIdField="record_id"', ""), "E206"),
        (write_project([RECORD, *PHQ9], []), "E252"),
        (GOOD.replace(' Value="1"', f' Value="{"1" * 33_000}"', 1), "E213"),
    ],
)
def test_a_project_that_cannot_be_read_is_refused(table, text, code):
    with pytest.raises(OutcomesError) as caught:
        table(text)
    assert caught.value.code == code


def test_a_project_cut_anywhere_is_refused(table):
    start, end = GOOD.index("<Study>"), GOOD.index("</ODM>")
    for place in range(start, end, 97):
        with pytest.raises(DataError, match="E274"):
            table(GOOD[:place])


def test_damage_ends_in_a_reason_and_every_form_in_the_ledger(write):
    whole = write_project([RECORD, DATE, *PHQ9], SAVED, events=EVENTS)
    damage = random.Random(7)
    for _ in range(60):
        letters = list(whole)
        for _ in range(damage.choice([1, 1, 3])):
            letters[damage.randrange(len(letters))] = chr(damage.randrange(32, 127))
        try:
            cohort = oc.load_cohort(write("".join(letters)), layout=DATED)
        except OutcomesError:
            continue
        assert len(cohort.ledger) == 4


def test_two_readers_must_count_the_same_forms(table, monkeypatch):
    monkeypatch.setattr("outcomes.loading.redcap.project._FORM_DATA", re.compile(rb"<Nothing"))
    with pytest.raises(OutcomesError, match="E900"):
        table(GOOD)


def test_comments_do_not_count_as_forms(table):
    assert len(table(GOOD.replace("<ClinicalData>", "<ClinicalData><!-- <FormData > -->")).cells) == 1


@pytest.mark.parametrize(
    "layout", ["", "limited_data_set = true\n[columns]\ndate = 5\nday = 6\nday_zero = 7\n"]
)
def test_no_message_layout_or_note_holds_what_the_project_says(write, layout):
    word = "Zanzibar"
    events = ((f"{word}_arm_1", word, 3), (f"{word}_arm_1b", word, 9))
    items = [
        replace(RECORD, label=word),
        *(Item(f"{word}{n}", "mood", f"{word} label", "radio", (f"1, {word}",)) for n in range(3)),
        *PHQ9,
    ]
    saved = [
        Saved(f"{word}{n}", events[n % 2][0], "mood", answers(PHQ9, "123412341", **{f"{word}1": word}))
        for n in range(6)
    ]
    path = write(write_project(items, saved, events=events, missing_codes=f"-9, {word}"))
    said = [str(oc.inspect_source(path, layout=layout))]
    with pytest.raises(OutcomesError) as caught:
        oc.load_cohort(path, layout=layout)
    said.append(str(caught.value))
    assert word.lower() not in "".join(said).lower()


def test_the_printed_layout_asks_the_same_again(write):
    path = write(write_project([RECORD, DATE, *PHQ9], SAVED, events=EVENTS))
    first = oc.inspect_source(path, layout="limited_data_set = true\n")
    assert [problem.code for problem in first.questions] == ["E247"]
    assert oc.inspect_source(path, layout=first.layout).questions == first.questions
