"""Dates of REDCap questionnaires that stand in another form of the event, and only where a layout says."""

from __future__ import annotations

import pytest
from redcap_examples import Item, questionnaire, write_csv, write_dictionary

import outcomes as oc
from outcomes.errors import DataError

ITEMS = [f"gad7_{number}" for number in range(1, 8)]
HEADER = [
    "record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", "seen_on",
    "days_since", "session_start", "visit_complete", *ITEMS, "gad7_complete",
]  # fmt: skip
EITHER = '[columns]\ndate = "seen_on"\nday = "days_since"\nday_zero = "session_start"\n'
DATE = '[columns]\ndate = "seen_on"\n'


def row(record: str, event: str, *, form: str = "", number: str = "", on: str = "", day: str = "",
        zero: str = "", gad7: str = "") -> list[str]:  # fmt: skip
    return [record, event, form, number, on, day, zero, "", *(gad7 or " " * 7), "2" if gad7 else ""]


@pytest.fixture
def load(tmp_path):
    def loader(rows: list[list[str]], layout: str):
        path = tmp_path / "records.csv"
        path.write_text(write_csv([HEADER, *rows]))
        return oc.load_cohort(path, layout="limited_data_set = true\n" + layout)

    return loader


def outcome(cohort) -> list[str]:
    """Per row its date, or the reason for which it is excluded."""
    dates = cohort.scores.set_index("row_uid")["date"].dt.strftime("%m-%d")
    return cohort.ledger["reason"].fillna(cohort.ledger["row_uid"].map(dates)).tolist()


GOOD = [row(str(record), "a", on="2026-01-01", gad7="0123012") for record in range(50, 60)]


@pytest.mark.parametrize(
    ("layout", "rows", "expected"),
    [
        pytest.param(
            DATE, [row("1", "a", on="2026-01-05"), row("1", "a", form="gad7", number="1", gad7="0000000")],
            ["other_instrument", "01-05"], id="the base row of the event gives its date to an instance",
        ),
        pytest.param(
            DATE,
            [row("1", "a", on="2026-01-05"), row("1", "a", form="gad7", number="1", gad7="0000000"),
             row("1", "a", form="gad7", number="2", gad7="0000000"),
             row("1", "a", form="gad7", number="3", on="2026-01-19", gad7="0000000")],
            ["other_instrument", "bad_date", "bad_date", "01-19"],
            id="one date of an event cannot be that of several instances",
        ),
        pytest.param(
            EITHER,
            [row("1", "a", zero="2026-01-05"),
             row("1", "a", form="gad7", number="1", day="1", gad7="0000000"),
             row("1", "a", form="gad7", number="2", day="8", gad7="0000000")],
            ["other_instrument", "01-06", "01-13"], id="all instances may count from one date",
        ),
        pytest.param(
            DATE, [row("1", "a", on="2026-01-05"), row("1", "b", form="gad7", number="1", gad7="0000000")],
            ["other_instrument", "bad_date"], id="another event gives no date",
        ),
        pytest.param(
            DATE, [row("2", "a", on="2026-01-05"), row("1", "a", form="gad7", number="1", gad7="0000000")],
            ["other_instrument", "bad_date"], id="another record gives no date",
        ),
        pytest.param(
            DATE,
            [row("1", "a", form="gad7", number="1", on="2026-01-05", gad7="0000000"),
             row("1", "a", form="gad7", number="2", gad7="0000001")],
            ["01-05", "bad_date"], id="an instance of a repeating form gives no date",
        ),
        pytest.param(
            DATE,
            [row("1", "a", number="1", on="2026-01-05"),
             row("1", "a", number="2", gad7="0000001")],
            ["other_instrument", "bad_date"], id="another instance of a repeating event gives no date",
        ),
        pytest.param(
            EITHER,
            [row("1", "a", zero="2026-01-05"), row("1", "b", day="7", gad7="0000000"),
             row("1", "c", on="2026-01-05", gad7="0000001")],
            ["other_instrument", "01-12", "01-05"], id="of date and day the one that the row fills counts",
        ),
        pytest.param(
            EITHER,
            [row("1", "a", zero="2026-01-05"), row("1", "b", day="7", on="2026-01-12", gad7="0000000"),
             row("1", "c", day="7", on="2026-01-13", gad7="0000001")],
            ["other_instrument", "01-12", "bad_date"], id="a date and a day that disagree are no date",
        ),
        pytest.param(
            EITHER,
            [row("1", "a", zero="2026-01-05"), row("1", "b", zero="2026-02-05"),
             row("1", "c", day="7", gad7="0000000"), row("1", "b", day="7", form="gad7", gad7="0000001")],
            ["other_instrument", "other_instrument", "bad_date", "02-12"],
            id="several days zero of a record are none, and that of the event comes first",
        ),
        pytest.param(
            EITHER, [row("1", "a", zero="2026-01-05"), row("2", "a", day="7", gad7="0000000")],
            ["other_instrument", "bad_date"], id="another record gives no day zero",
        ),
        pytest.param(
            '[gad7]\ndate = "seen_on"\n',
            [row("1", "a", on="2026-01-05"), row("1", "a", form="gad7", number="1", gad7="0000000")],
            ["other_instrument", "01-05"], id="the date named for one instrument is looked for, too",
        ),
    ],
)  # fmt: skip
def test_a_named_date_is_looked_up_in_its_event_and_nowhere_else(load, layout, rows, expected):
    assert outcome(load([*rows, *GOOD], layout))[: len(rows)] == expected


def test_where_dates_came_from_is_noted_with_counts(load):
    rows = [row("1", "a", on="2026-01-05"), row("1", "a", form="gad7", number="1", gad7="0000000")]
    notes = load([*rows, *GOOD], DATE).notes
    assert [note for note in notes if "column 5: 1 rows have their value from another form" in note]
    rows = [row("1", "a", zero="2026-01-05"), row("1", "b", zero="2026-01-06"),
            row("1", "c", day="1", gad7="0000000")]  # fmt: skip
    notes = load([*rows, *GOOD], EITHER).notes
    assert [note for note in notes if "column 7: 1 rows find several values in other forms" in note]


def test_instances_that_share_an_event_are_noted_with_counts(load):
    rows = [row("1", "a", on="2026-01-05"), row("1", "a", form="gad7", number="1", gad7="0000000"),
            row("1", "a", form="gad7", number="2", gad7="0000000")]  # fmt: skip
    notes = load([*rows, *GOOD], DATE).notes
    assert [note for note in notes if "column 5: 2 rows are instances of a form" in note]


def write_form(path, name: str, label: str) -> tuple:
    """A form with one date field of this name and label, and its dictionary."""
    fields = [Item("record_id", "gad7"), Item(name, "gad7", label, validation="date_ymd")]
    fields += questionnaire("gad7", form="gad7")
    items = [one.name for one in fields[2:]]
    rows = [[str(n), "2026-01-05", *"0123012", "2"] for n in range(3)]
    (path / "records.csv").write_text(write_csv([["record_id", name, *items, "gad7_complete"], *rows]))
    (path / "dictionary.csv").write_text(write_dictionary(fields))
    return path / "records.csv", path / "dictionary.csv"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("gad7_date", "Date"), ("date", ""), ("dt_gad_7", ""), ("visit_date", ""),
        ("survey_completed_date", ""), ("today", "Today's date"), ("dov", "Date of visit"),
        ("gad_assessment_dt", ""),
    ],
)  # fmt: skip
def test_the_only_date_of_a_form_is_its_date_if_it_is_named_so(tmp_path, name, label):
    records, dictionary = write_form(tmp_path, name, label)
    report = oc.inspect_source(records, dictionary=dictionary, layout="limited_data_set = true\n")
    assert report.questions == ()


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("trauma_date", ""), ("gad7_next_appointment_date", ""), ("consent_date", ""), ("x_date", "Date"),
        ("gad7_date", "Date of your last injury"), ("when_moved", "When did you move?"),
    ],
)  # fmt: skip
def test_another_date_is_asked_and_the_printed_layout_settles_it(tmp_path, name, label):
    records, dictionary = write_form(tmp_path, name, label)
    report = oc.inspect_source(records, dictionary=dictionary, layout="limited_data_set = true\n")
    assert [problem.code for problem in report.questions] == ["E249"]
    assert name not in str(report.questions)
    (asked,) = (line for line in report.layout.splitlines() if line.startswith("# date ="))
    told = report.layout.replace(asked, asked.removeprefix("# "))
    assert oc.inspect_source(records, dictionary=dictionary, layout=told).questions == ()


def test_a_date_that_no_layout_names_is_not_looked_up(load):
    rows = [row("1", "a", on="2026-01-05"), row("1", "b", form="gad7", number="1", gad7="0000000")]
    with pytest.raises(DataError, match="E248"):
        load(rows, "")


TWO_FORMS = [
    "record_id", "redcap_event_name", "gad7_date", *ITEMS, "gad7_total", "intake_complete",
    "later_date", *(f"later_{name}" for name in ITEMS), "gad7_followup_total", "later_complete",
]  # fmt: skip


def test_each_form_of_a_questionnaire_has_its_own_date_and_total(tmp_path):
    header = [name.replace("later_gad7_", "gad7_q") for name in TWO_FORMS]
    rows = [
        ["1", "intake_arm_1", "2026-01-05", *"0123012", "9", "2", "", *[""] * 7, "", ""],
        ["1", "week_1_arm_1", "", *[""] * 7, "", "", "2026-01-12", *"0000001", "1", "2"],
    ]
    path = tmp_path / "records.csv"
    path.write_text(write_csv([header, *rows]))
    cohort = oc.load_cohort(path, layout="limited_data_set = true\n")
    assert cohort.scores["date"].dt.day.tolist() == [5, 12]
    assert cohort.scores[["total", "recorded_total"]].to_numpy().tolist() == [[9, 9], [1, 1]]
    report = oc.inspect_source(path, layout="limited_data_set = true\n")
    assert "# its items stand in 2 forms" in report.layout
    assert [one.role for one in report.roles].count("gad7 item 1") == 2
    assert [one.position for one in report.roles if one.role == "gad7 date"] == [3, 13]
    assert oc.load_cohort(path, layout=report.layout).scores.equals(cohort.scores)


def test_a_visit_in_the_names_of_a_form_is_settled_by_the_form(tmp_path):
    header = ["record_id", "redcap_event_name"]
    for point in ("base", "week4"):
        header += [
            f"{point}_date",
            *(f"{point}_{name}" for name in ITEMS),
            f"{point}_gad7_total",
            f"{point}_complete",
        ]
    rows = [
        ["1", "a", "2026-01-05", *"0123012", "9", "2", *[""] * 10],
        ["1", "b", *[""] * 10, "2026-02-02", *"0000001", "1", "2"],
    ]
    path = tmp_path / "records.csv"
    path.write_text(write_csv([header, *rows]))
    scores = oc.load_cohort(path, layout="limited_data_set = true\n").scores
    assert scores[["total", "recorded_total"]].to_numpy().tolist() == [[9, 9], [1, 1]]
    assert scores["date"].dt.strftime("%m-%d").tolist() == ["01-05", "02-02"]


def test_the_date_of_a_form_that_was_left_is_not_that_of_another(tmp_path):
    header = [name.replace("later_gad7_", "gad7_q") for name in TWO_FORMS]
    rows = [
        ["1", "a", "2026-01-05", *"0123012", "9", "2", "2026-03-01", *[""] * 7, "", ""],
        ["1", "b", "2026-02-01", *[""] * 7, "", "", "2026-01-12", *"0000001", "1", "2"],
    ]
    path = tmp_path / "records.csv"
    path.write_text(write_csv([header, *rows]))
    scores = oc.load_cohort(path, layout="limited_data_set = true\n").scores
    assert scores["date"].dt.strftime("%m-%d").tolist() == ["01-05", "01-12"]


def test_a_date_named_for_an_instrument_leaves_the_other_form_its_own(tmp_path):
    header = [name.replace("later_gad7_", "gad7_q") for name in TWO_FORMS]
    header.insert(3, "other_date")
    rows = [
        ["1", "a", "2026-01-05", "2020-01-01", *"0123012", "9", "2", "", *[""] * 7, "", ""],
        ["1", "b", "", "", *[""] * 7, "", "", "2026-01-12", *"0000001", "1", "2"],
    ]
    path = tmp_path / "records.csv"
    path.write_text(write_csv([header, *rows]))
    layout = "limited_data_set = true\n"
    with pytest.raises(DataError, match="E249"):
        oc.load_cohort(path, layout=layout)
    scores = oc.load_cohort(path, layout=layout + '[gad7]\ndate = "gad7_date"\n').scores
    assert scores["date"].dt.strftime("%m-%d").tolist() == ["01-05", "01-12"]


def test_a_row_that_fills_two_forms_leaves_the_question_open(tmp_path):
    header = [name.replace("later_gad7_", "gad7_q") for name in TWO_FORMS]
    rows = [["1", "a", "2026-01-05", *"0123012", "9", "2", "2026-01-12", *"0000001", "1", "2"]]
    path = tmp_path / "records.csv"
    path.write_text(write_csv([header, *rows]))
    with pytest.raises(DataError, match="E255"):
        oc.load_cohort(path, layout="limited_data_set = true\n")
