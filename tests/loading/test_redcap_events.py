"""The events of a REDCap project: their file, their order, and what stands for a date where there is none."""

from __future__ import annotations

import pandas as pd
import pytest
from redcap_examples import write_csv

import outcomes as oc
from outcomes.errors import DataError
from outcomes.loading.redcap.events import Event, name_events, propose_days, read_events

EVENTS = "event_name,arm_num,unique_event_name,custom_event_label,event_id\n"
FILE = EVENTS + "Zulu,1,zulu_arm_1,,3\nAlpha,1,alpha_arm_1,,1\n"
HEADER = ["record_id", "redcap_event_name", *(f"gad7_{number}" for number in range(1, 8)), "gad7_complete"]
RECORDS = write_csv([HEADER, ["1", "zulu_arm_1", *"0123012", "2"], ["1", "alpha_arm_1", *"0000001", "2"]])


@pytest.fixture
def write(tmp_path):
    def writer(name: str, text: str):
        path = tmp_path / name
        path.write_text(text)
        return path

    return writer


def test_events_stand_in_the_order_of_their_file(write):
    assert read_events(write("events.csv", FILE), number=1) == (
        Event("zulu_arm_1", "Zulu", "1"),
        Event("alpha_arm_1", "Alpha", "1"),
    )


def test_day_offsets_are_read_where_the_file_has_them(write):
    text = "unique_event_name,event_name,arm_num,day_offset\na_arm_1,A,1,-7\nb_arm_2,B,2,\n"
    found = read_events(write("events.csv", text), number=1)
    assert [(one.arm, one.day_offset) for one in found] == [("1", -7), ("2", None)]


@pytest.mark.parametrize(
    ("text", "code"), [("a,b\n1,2\n", "E210"), (FILE + "Zulu,1,zulu_arm_1,,3\n", "E211"), ('a,"b\n', "E215")]
)
def test_another_file_is_no_events_file(write, text, code):
    with pytest.raises(DataError, match=f"{code} events file of input-4"):
        read_events(write("events.csv", text), number=4)


def test_an_events_file_given_as_data_is_named_for_what_it_is(write):
    with pytest.raises(DataError, match=r"E250.*an events file, a companion"):
        oc.load_cohort(write("events.csv", FILE))


def test_events_alone_are_no_order(write):
    report = oc.inspect_source(write("records.csv", RECORDS))
    assert [problem.code for problem in report.questions] == ["E248"]
    assert "events file" in report.questions[0].message


def test_with_the_events_file_their_days_are_asked(write):
    report = oc.inspect_source(write("records.csv", RECORDS), events=write("events.csv", FILE))
    assert [problem.code for problem in report.questions] == ["E247"]
    assert "each of the 2 events" in report.questions[0].message
    assert "# visit_day = { }" in report.layout
    assert "events 1-2, by unique name, in the order of the events file" in report.layout
    assert "zulu" not in str(report)


def test_events_that_the_file_lacks_are_counted(write):
    events = write("events.csv", FILE.replace("alpha_arm_1", "alpha_arm_2"))
    report = oc.inspect_source(write("records.csv", RECORDS), events=events)
    assert [problem.code for problem in report.questions] == ["E248", "E247"]
    assert "1 rows hold another" in report.questions[0].message


def test_the_days_of_events_order_the_scores(write):
    layout = "[columns]\nvisit_day = { zulu_arm_1 = 0, alpha_arm_1 = 7 }\n"
    scores = oc.load_cohort(write("records.csv", RECORDS), layout=layout).scores
    assert scores[["study_day", "total"]].to_numpy().tolist() == [[0, 9], [7, 1]]


def test_a_folder_names_the_events_file_of_a_source(write, tmp_path):
    write("records.csv", RECORDS)
    write("events.csv", FILE)
    write("outcomes.toml", '[[source]]\nfile = "records.csv"\nrole = "scores"\nevents = "events.csv"\n')
    (report,) = oc.inspect_folder(tmp_path)
    assert "each of the 2 events" in report.questions[0].message


SHARED = (Event("a_arm_1", "Start", "1"), Event("a_arm_2", "Start", "2"), Event("b_arm_1", "End", "1"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_arm_2", "a_arm_2"),
        ("Start (Arm 2: Treated (high))", "a_arm_2"),
        ("start (Arm 1: Arm 1)", "a_arm_1"),
        ("End", "b_arm_1"),
        ("Start", None),
        ("End (Arm 2: Treated)", None),
        ("", ""),
    ],
)
def test_a_label_names_an_event_where_only_one_has_it(text, expected):
    (found,) = name_events(pd.Series([text]), SHARED)
    assert found == expected or (expected is None and pd.isna(found))


@pytest.mark.parametrize(
    ("events", "value", "question"),
    [
        (
            (("baseline_arm_1", 0), ("week_1_arm_1", 7)),
            "{ baseline_arm_1 = 0, week_1_arm_1 = 7 }",
            "each event",
        ),
        (
            (("baseline_arm_1", 1), ("week_1_arm_1", 2)),
            "{ baseline_arm_1 = ?, week_1_arm_1 = ? }",
            "each event",
        ),
        ((("ann_arm_1", 0), ("bob_arm_1", 9)), "{ }", "the project plans days 0, 9"),
        ((("ann_arm_1", None), ("bob_arm_1", None)), "{ }", "events 1-2, by unique name"),
    ],
)
def test_days_are_proposed_without_names_that_are_not_ours(events, value, question):
    made = propose_days([Event(name, day_offset=day) for name, day in events])
    assert made[0] == value
    assert question in made[1]
