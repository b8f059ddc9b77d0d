"""REDCap label exports, with and without their dictionary."""

from __future__ import annotations

import pytest
from redcap_examples import Item, questionnaire, write_csv, write_dictionary, write_labels

import outcomes as oc
from outcomes.errors import DataError, PrivacyError
from outcomes.loading.codebook import Codebook, Field
from outcomes.loading.layouts.layout import find_column
from outcomes.loading.redcap.labels import find_check_boxes, is_label_header, match_labels

LABELS = ("Not at all", "Several days", "More than half the days", "Nearly every day")
BEFORE = ("Event Name", "Repeat Instrument", "Repeat Instance", "Survey Identifier")
RECORD = Item("study_number", "enrollment", "Study number")
RACE = Item("trouble", "enrollment", "Trouble concentrating", "checkbox", ("1, Here", "2, There"))
PHQ9 = questionnaire("phq9", form="phq9", first=1)
GAD7 = questionnaire("gad7", form="gad7", first=1)
ITEMS = [
    RECORD,
    RACE,
    Item("phq9_when", "phq9", "Day of the questionnaire", validation="date_ymd"),
    *PHQ9,
    Item("gad7_when", "gad7", "Day of the questionnaire", validation="date_ymd"),
    *GAD7,
]
BOXES = {"trouble___1": "Unchecked", "trouble___2": "Checked"}


def asked(record: str, form: str, day: str, digits: str, *, event: str = "Screening (Arm 1: Arm 1)") -> dict:
    items = PHQ9 if form == "phq9" else GAD7
    words = {item.name: LABELS[int(digit)] for item, digit in zip(items, digits, strict=True)}
    return BOXES | words | {
        "study_number": record, "Event Name": event, f"{form}_when": day, f"{form}_complete": "Complete",
    }  # fmt: skip


ROWS = [
    BOXES
    | {"study_number": "007", "Event Name": "Screening (Arm 1: Arm 1)", "enrollment_complete": "Complete"},
    asked("007", "phq9", "2026-01-05", "012301230"),
    asked("007", "gad7", "2026-01-06", "0333333"),
    asked("7", "phq9", "2026-01-07", "000000001", event="Week 1 (Arm 1: Arm 1)"),
]


@pytest.fixture
def load(tmp_path):
    def loader(text: str, items: list[Item] | None = None, layout: str = "", events: str = ""):
        (tmp_path / "records.csv").write_text(text)
        (tmp_path / "layout.toml").write_text("limited_data_set = true\n" + layout)
        lines = [
            "observed_until = 2026-12-31",
            '[[source]]\nfile = "records.csv"\nrole = "scores"\nlayout = "layout.toml"',
        ]
        if items is not None:
            (tmp_path / "dictionary.csv").write_text(write_dictionary(items))
            lines.append('dictionary = "dictionary.csv"')
        if events:
            (tmp_path / "events.csv").write_text(events)
            lines.append('events = "events.csv"')
        (tmp_path / "outcomes.toml").write_text("\n".join(lines) + "\n")
        return oc.load_cohort(tmp_path)

    return loader


def test_labels_are_read_with_the_dictionary(load):
    cohort = load(write_labels(ITEMS, ROWS, before=BEFORE), ITEMS)
    assert cohort.scores[["patient_id", "instrument", "total"]].to_numpy().tolist() == [
        ["007", "phq9", 12], ["007", "gad7", 18], ["7", "phq9", 1],
    ]  # fmt: skip
    assert cohort.scores["date"].dt.day.tolist() == [5, 6, 7]
    assert cohort.ledger["reason"].fillna("used").tolist() == ["other_instrument", "used", "used", "used"]


def test_labels_are_read_without_the_dictionary_once_patient_and_date_are_named(load):
    text = write_labels(ITEMS, ROWS, before=BEFORE)
    with pytest.raises(DataError) as caught:
        load(text)
    assert [problem.code for problem in caught.value.found] == ["E226", "E248", "E248"]
    layout = "[columns]\npatient_id = 1\n[phq9]\ndate = 9\n[gad7]\ndate = 20\n"
    assert load(text, layout=layout).scores["total"].tolist() == [12, 18, 1]


def test_known_labels_need_no_dictionary(load):
    items = [
        Item("record_id", "phq9", "Record ID"),
        Item("day", "phq9", "Visit Date"),
        *PHQ9,
        Item("again", "gad7", "Visit Date"),
        *GAD7,
    ]
    rows = [{**row, "record_id": row["study_number"], "day": row.get("phq9_when", ""),
             "again": row.get("gad7_when", "")} for row in ROWS]  # fmt: skip
    cohort = load(write_labels(items, rows, before=BEFORE))
    assert cohort.scores["total"].tolist() == [12, 18, 1]
    assert cohort.scores["date"].dt.day.tolist() == [5, 6, 7]


def test_one_questionnaire_in_two_forms_is_read_from_the_form_that_a_row_holds(load):
    second = questionnaire("phq9", form="later", prefix="later", first=1)
    items = [*ITEMS, Item("later_when", "later", "Day of the questionnaire", validation="date_ymd"), *second]
    words = {item.name: LABELS[3] for item in second}
    later = words | {"study_number": "007", "later_when": "2026-03-01", "later_complete": "Complete"}
    text = write_labels(items, [*ROWS, later], before=BEFORE)
    cohort = load(text, items)
    assert cohort.scores.query("instrument == 'phq9'")[["total"]].to_numpy().ravel().tolist() == [12, 27, 1]
    assert any("stands in 2 forms" in note for note in cohort.notes)
    both = later | {item.name: LABELS[0] for item in PHQ9}
    with pytest.raises(DataError, match="E255"):
        load(write_labels(items, [*ROWS, both], before=BEFORE), items)


def test_events_have_their_unique_names_by_the_events_file(load):
    events = "event_name,arm_num,unique_event_name\nWeek 1,1,week_1_arm_1\nScreening,1,screening_arm_1\n"
    text = write_labels(ITEMS, ROWS, before=BEFORE)
    assert load(text, ITEMS, events=events).scores["visit"].tolist() == [
        "screening_arm_1", "screening_arm_1", "week_1_arm_1",
    ]  # fmt: skip
    with pytest.raises(DataError, match=r"E248.*1 rows hold another"):
        load(text, ITEMS, events=events.replace("Week 1", "Week 9"))


def test_an_identifier_in_a_survey_column_is_refused(load):
    rows = [*ROWS[:-1], ROWS[-1] | {"Survey Identifier": "x"}]
    with pytest.raises(PrivacyError, match="E101"):
        load(write_labels(ITEMS, rows, before=BEFORE), ITEMS)


def test_a_flagged_field_is_found_by_its_label(load):
    items = [RECORD, Item("hair", "enrollment", "Hair", identifier=True), *ITEMS[1:]]
    assert len(load(write_labels(items, ROWS, before=BEFORE), items).scores) == 3
    rows = [ROWS[0] | {"hair": "red"}, *ROWS[1:]]
    with pytest.raises(PrivacyError, match="E101"):
        load(write_labels(items, rows, before=BEFORE), items)


def test_a_label_that_may_be_that_of_a_flagged_field_counts_as_flagged():
    twice = {name: Field(name, label="Code", identifier=name == "b") for name in ("a", "b")}
    assert [one.identifier for one in match_labels(["Code"], Codebook(twice)).values()] == [True]
    assert match_labels(["Code", "Code"], Codebook(twice)) == {0: twice["a"], 1: twice["b"]}


def test_check_boxes_are_no_answers():
    header = ["Record ID", "Race (choice=White)", "race___1", "Little interest", "Complete?"]
    assert find_check_boxes(header) == {1, 2}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["Record ID", "x", "Complete?"], True),
        (["Record ID", "Repeat Instrument", "Repeat Instance", "x"], True),
        (["Record ID", "Event Name", "x"], False),
        (["record_id", "x_complete"], False),
    ],
)
def test_label_exports_are_known_by_their_status_or_repeat_columns(header, expected):
    assert is_label_header(header) is expected


def test_repeated_headers_of_other_files_are_still_refused(load):
    with pytest.raises(DataError, match="E211"):
        load(
            write_csv([["patient_id", "day", "phq9_total", "Complete", "Complete"], ["1", "0", "5", "", ""]])
        )


def test_a_header_that_stands_twice_names_no_column():
    assert find_column("Date", ("Date", "x", "Date")) is None
    assert find_column("x", ("Date", "x", "Date")) == 1


FIELDS = {
    name: Field(name, form=form, label=label)
    for name, form, label in (
        ("id", "a", "ID"), ("a1", "a", "Date"), ("a2", "a", "Score"), ("b1", "b", "Date"),
        ("b2", "b", "Place"), ("c1", "c", "Date"),
    )
}  # fmt: skip


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (
            ["ID", "Date", "Score", "Complete?", "Date", "Place", "Complete?", "Date", "Complete?"],
            ["id", "a1", "a2", "a_complete", "b1", "b2", "b_complete", "c1", "c_complete"],
        ),
        (["ID", "New", "Date", "Place", "Complete?"], ["id", None, None, "b2", None]),
        (["ID", "Score", "Date", "Place"], ["id", "a2", "b1", "b2"]),
        (["ID", "Date", "Complete?"], ["id", None, None]),
        (["Other"], [None]),
    ],
)
def test_labels_are_matched_in_order_and_only_where_no_other_place_fits(header, names):
    found = match_labels(header, Codebook(FIELDS))
    assert [found[p].name if p in found else None for p in range(len(header))] == names
