"""Qualtrics exports: further header rows, question texts, previews, and what identifies a respondent."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest

import outcomes as oc
from outcomes.definitions.instrument import get_instrument
from outcomes.errors import DataError, PrivacyError

META = (
    "StartDate", "EndDate", "Status", "IPAddress", "Progress", "Finished", "RecordedDate", "ResponseId",
    "RecipientLastName", "ExternalReference", "DistributionChannel",
)  # fmt: skip
GERMAN = (
    "Anfangsdatum", "Enddatum", "Antworttyp", "IP-Adresse", "Aktueller Stand", "Beendet",
    "Erfassungsdatum", "Antwort-ID", "Nachname", "Externe Datenreferenz", "Verteilungskanal",
)  # fmt: skip
LEAD = "Over the last 2 weeks, how often have you been bothered by these problems? - "
GAD7 = [item.stem for item in get_instrument("gad7").items]
PCL5 = [item.stem for item in get_instrument("pcl5").items]
DATED = "limited_data_set = true\n"
WORDS = ("Not at all", "Several days", "More than half the days", "Nearly every day")


def to_csv(rows) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def export(responses, texts=GAD7, lead=LEAD, extra=()):
    """Rows of a current export with one matrix question and further columns (name, text)."""
    names = [f"Q7_{number}" for number in range(1, len(texts) + 1)]
    header = [*META, *names, *(name for name, _ in extra)]
    described = [*GERMAN, *(lead + text for text in texts), *(text for _, text in extra)]
    ids = [f'{{"ImportId":"{name}"}}' for name in header]
    return [header, described, ids, *responses]


def response(patient, answers, *, status="0", channel="anonymous", day=1, finished="1", ip="", name=""):
    stamp = f"2026-03-{day:02d} 09:"
    return [
        stamp + "00:00", stamp + "10:00", status, ip, "100", finished, "2026-04-01 00:00:00",
        f"R_{patient}{day}", name, patient, channel, *answers,
    ]  # fmt: skip


@pytest.fixture
def load(tmp_path):
    def loader(rows, layout: str = DATED):
        path = tmp_path / "export.csv"
        path.write_text(rows if isinstance(rows, str) else to_csv(rows))
        return oc.load_cohort(path, layout=layout)

    return loader


@pytest.fixture
def inspect(tmp_path):
    def inspector(rows, layout: str = DATED):
        path = tmp_path / "export.csv"
        path.write_text(to_csv(rows))
        return oc.inspect_source(path, layout=layout)

    return inspector


def reasons(cohort) -> list:
    return [None if reason is pd.NA else reason for reason in cohort.ledger["reason"]]


def test_items_are_known_by_the_texts_of_the_second_row_and_the_end_is_the_date(load, inspect):
    rows = export([response("A", "0123012"), response("B", "1111110", day=2)])
    cohort = load(rows)
    found = cohort.scores[["patient_id", "instrument", "total"]].to_numpy().tolist()
    assert found == [["A", "gad7", 9], ["B", "gad7", 6]]
    assert cohort.scores["date"].dt.strftime("%d").tolist() == ["01", "02"]
    assert cohort.scores["clock"].tolist() == [33_000, 33_000]
    assert inspect(rows).kind == "qualtrics"


def test_header_rows_are_no_rows_of_data_and_lines_keep_their_numbers(load):
    rows = export([response("A", "0123012"), response("B", "1111110")])
    rows[1][4] = "Aktueller\nStand"
    rows[3][10] = "anony\nmous"
    cohort = load(rows)
    assert cohort.ledger["row"].tolist() == [5, 7]
    assert cohort.scores["row_uid"].tolist() == ["1:0:5", "1:0:7"]


def test_words_count_by_their_labels(load):
    cohort = load(export([response("A", [WORDS[int(score)] for score in "0123012"])]))
    assert cohort.scores["total"].tolist() == [9]


def test_recodes_without_a_zero_are_asked(load):
    rows = export([response("A", "1234123")])
    with pytest.raises(DataError, match="E253"):
        load(rows)
    assert load(rows, DATED + '[gad7]\ncoding = "1-4"\n').scores["total"].tolist() == [9]


@pytest.mark.parametrize(
    "sign",
    [
        {"status": "1"}, {"status": "2"}, {"status": "Survey Preview"}, {"status": "Survey Test"},
        {"status": "Survey preview"}, {"channel": "preview"}, {"status": "9"}, {"status": "17"},
        {"status": "Umfragevorschau"}, {"status": "Vista previa de la encuesta"}, {"status": "Umfragetest"},
        {"status": "Offline Survey Preview"},
    ],
)  # fmt: skip
def test_previews_and_tests_are_no_responses(load, sign):
    others = [response(f"P{number}", "0123012") for number in range(8)]
    cohort = load(export([response("A", "0123012", **sign), *others]))
    assert reasons(cohort) == ["test_response"] + [None] * 8


@pytest.mark.parametrize("status", ["0", "IP Address", "IP-Adresse", "4", "Imported", "16", "Offline", ""])
def test_other_states_are_responses(load, status):
    cohort = load(export([response("A", "0123012", status=status)]))
    assert reasons(cohort) == [None]
    assert not any("responses" in note for note in cohort.notes)


@pytest.mark.parametrize(
    ("status", "note"),
    [
        ("8", "possible spam"), ("12", "possible spam"), ("Spam", "possible spam"),
        ("Imported Spam", "possible spam"), ("Xyzzy", "not known"), ("64", "not known"),
    ],
)  # fmt: skip
def test_spam_and_unknown_states_are_noted_by_count(load, status, note):
    cohort = load(export([response("A", "0123012", status=status), response("B", "0123012")]))
    assert any(f"1 responses {'are' if 'spam' in note else 'have'}" in text for text in cohort.notes)
    assert any(note in text for text in cohort.notes)
    assert "Xyzzy" not in str(cohort.notes)


def test_what_was_not_finished_counts_if_every_item_is_answered(load):
    whole = response("A", "0123012", finished="0")
    part = response("B", ["0", "1", "2", "", "", "", ""], finished="0")
    scores = load(export([whole, part])).scores
    assert scores["total"].tolist() == [9, pd.NA]
    assert scores["n_items_answered"].tolist() == [7, 3]


def test_what_identifies_a_respondent_is_refused_with_a_hint(load):
    with pytest.raises(PrivacyError, match="anonymized responses") as caught:
        load(export([response("A", "0123012", ip="10.0.0.1", name="X")]))
    assert [problem.code for problem in caught.value.found] == ["E101", "E101"]
    with pytest.raises(
        PrivacyError, match="E101"
    ):  # an address of the net is no place that a layout may drop
        load(export([response("A", "0123012", ip="10.0.0.1")]), DATED + '[columns]\ndrop = ["IPAddress"]\n')


def test_columns_of_identifiers_that_are_empty_are_left_out(load):
    assert any("left out" in note for note in load(export([response("A", "0123012")])).notes)


def test_the_response_is_never_the_patient(load):
    with pytest.raises(DataError, match="E226"):
        load(export([response("", "0123012")]))


def test_the_layout_may_choose_another_date(load):
    rows = export([response("A", "0123012")])
    cohort = load(rows, DATED + '[columns]\ndate = "RecordedDate"\n')
    assert cohort.scores["date"].dt.strftime("%m-%d").tolist() == ["04-01"]
    single = load(rows, '[columns]\noccasion = "single"\n')
    assert single.scores["date"].isna().all()


def test_an_empty_end_is_no_date(load):
    rows = export([response("A", "0123012")])
    rows[3][1] = ""
    with pytest.raises(DataError, match="E249"):
        load(rows)


def test_a_dash_within_a_question_ends_no_lead(load):
    texts = [text.replace("nervous,", "nervous - or") for text in GAD7]
    for lead in (LEAD, ""):
        assert load(export([response("A", "0123012")], texts, lead)).scores["total"].tolist() == [9]


def test_items_may_be_known_by_their_names(load):
    rows = export([response("A", "0123012")], texts=["?"] * 7, lead="")
    rows[0][len(META) :] = [f"GAD7_{number}" for number in range(1, 8)]
    assert load(rows).scores["total"].tolist() == [9]


def test_questions_in_free_text_are_never_read(load):
    rows = export([[*response("A", "0123012"), "a secret"]], extra=[("Q9", "Anything else?")])
    cohort = load(rows)
    assert cohort.scores["total"].tolist() == [9]
    assert any("19" in note for note in cohort.notes if "not read" in note)


def test_the_printed_layout_loads(load, inspect):
    rows = export([response("A", "0123012")])
    text = inspect(rows, "").layout
    assert 'kind = "qualtrics"' in text
    assert load(rows, text.replace("# limited_data_set", "limited_data_set")).scores["total"].tolist() == [9]


LEGACY = [
    ["V1", "V2", "V3", "V4", "V5", "V6", "V7", *(f"Q{n}" for n in range(1, 8)), ""],
    [
        "ResponseID", "ResponseSet", "ExternalDataReference", "Status", "StartDate", "EndDate", "Finished",
        *(LEAD + text for text in GAD7), "",
    ],
]  # fmt: skip


def test_legacy_exports_keep_names_in_the_second_row(load):
    meta = ["Default", "A", "0", "2026-03-01 09:00:00", "2026-03-02 09:00:00", "1"]
    cohort = load([*LEGACY, ["R_1", *meta, *"0123012", ""]])
    assert cohort.scores[["patient_id", "total"]].to_numpy().tolist() == [["A", 9]]
    assert cohort.scores["date"].dt.day.tolist() == [2]
    assert cohort.ledger["row"].tolist() == [3]


@pytest.mark.parametrize(("removed", "first"), [((2,), 3), ((1, 2), 2)])
def test_fewer_header_rows_are_told_by_the_end_date(load, removed, first):
    rows = export([response("A", "0123012"), response("B", "1111110"), response("C", "0123012", status="1")])
    rows += [response(f"P{n}", "0123012") for n in range(6)]
    if 1 in removed:
        rows[0][len(META) :] = GAD7
    cohort = load([row for place, row in enumerate(rows) if place not in removed])
    assert reasons(cohort) == [None, None, "test_response"] + [None] * 6
    assert cohort.ledger["row"].tolist()[:3] == [first, first + 1, first + 2]
    assert cohort.scores["total"].tolist()[:2] == [9, 6]


def test_names_that_repeat_in_a_legacy_export_are_refused(load):
    rows = [[*row] for row in LEGACY]
    rows[1][5] = "StartDate"
    with pytest.raises(DataError, match="E211"):
        load([*rows, ["R_1", "Default", "A", "0", "", "2026-03-02 09:00:00", "1", *"0123012", ""]])


def test_no_export_without_responses_is_read(load):
    with pytest.raises(DataError, match="E252"):
        load(export([]))


def test_the_pcl_5_of_the_past_week_is_another_instrument(load):
    answers = "01234" * 4
    month = "In the past month, how much were you bothered by: - "
    assert load(export([response("A", answers)], PCL5, month)).scores["total"].tolist() == [40]
    with pytest.raises(DataError, match="E257"):
        load(export([response("A", answers)], PCL5, month.replace("month", "week")))
