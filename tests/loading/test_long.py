"""One row per total, and one row per item."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.definitions.instrument import get_instrument
from outcomes.errors import DataError

HEAD = "patient_id,day,instrument,item,value\n"


@pytest.fixture
def load(tmp_path):
    def loader(text: str, layout: str | None = None):
        path = tmp_path / "long.csv"
        path.write_text(text)
        return oc.load_cohort(path, layout=layout)

    return loader


def items(patient: str, day: int, answers: str, instrument: str = "GAD-7") -> str:
    return "".join(
        f"{patient},{day},{instrument},{number},{answer}\n" for number, answer in enumerate(answers, start=1)
    )


def filler(count: int = 20) -> str:
    return "".join(items(f"F{number}", 0, "0123012") for number in range(count))


def reasons(cohort) -> list:
    return [None if reason is pd.NA else reason for reason in cohort.ledger["reason"]]


def by_text(*texts: str, patient: str = "A") -> str:
    return "".join(f'{patient},0,GAD-7,"{text}",{n % 4}\n' for n, text in enumerate(texts))


TEXTS = tuple(item.stem for item in get_instrument("gad7").items)
WORK = get_instrument("gad7").difficulty.stem


def test_items_are_known_by_their_question_texts_if_those_of_all_items_are_there(load):
    cohort = load(HEAD + by_text(*TEXTS[:6], TEXTS[6], WORK) + items("B", 0, "0123012"))
    assert cohort.scores["total"].tolist() == [9, 9]
    assert cohort.scores["difficulty"].tolist()[0] == 3
    row = cohort.scores[[f"item_{n}" for n in range(1, 8)]].iloc[0]
    assert row.tolist() == [0, 1, 2, 3, 0, 1, 2]


@pytest.mark.parametrize(
    "texts", [TEXTS[:6], (*TEXTS, "Sleep"), (*TEXTS, "Annoyed"), (*TEXTS[:6], "Afraid and awful, annoyed")]
)
def test_question_texts_that_are_no_whole_set_are_asked_about(load, texts):
    with pytest.raises(DataError, match="E255"):
        load(HEAD + by_text(*texts))


def test_totals_are_held_to_their_own_instrument(load):
    rows = "".join(f"F{number},0,GAD-7,5\n" for number in range(20))
    cohort = load(
        f"patient_id,day,instrument,total\nA,0,PHQ-9,27\nA,0,gad7,22\nA,0,BDI,9\nA,1,PCL-5,80\nA,2,PHQ-9,\n{rows}"
    )
    assert reasons(cohort)[:5] == [None, "out_of_range", "other_instrument", None, "missing_score"]
    assert cohort.scores.query("patient_id == 'A'")["total"].tolist() == [27, 80]
    assert cohort.scores["items_available"].eq(False).all()


def test_items_are_gathered_by_patient_instrument_and_day(load):
    cohort = load(
        HEAD + items("A", 0, "0123012") + items("A", 7, "3333333") + items("B", 0, "000000000", "phq9")
    )
    assert cohort.scores[["patient_id", "study_day", "instrument", "total"]].to_numpy().tolist() == [
        ["A", 0, "gad7", 9], ["A", 7, "gad7", 21], ["B", 0, "phq9", 0],
    ]  # fmt: skip
    assert cohort.ledger["assessment_row"].tolist()[:7] == ["1:0:2"] * 7


def test_an_item_row_that_is_not_there_is_a_missing_item(load):
    cohort = load(HEAD + items("A", 0, "012301"))
    assert cohort.scores["total"].isna().all()
    assert cohort.scores["n_items_answered"].tolist() == [6]


def test_an_item_twice_is_a_repeat_or_takes_the_whole_questionnaire_out(load):
    same = load(HEAD + items("A", 0, "0123012") + "A,0,GAD-7,3,2\n" + filler())
    assert reasons(same)[:8] == [None] * 7 + ["duplicate"]
    other = load(HEAD + items("A", 0, "0123012") + "A,0,GAD-7,3,1\n" + filler())
    assert reasons(other)[:8] == ["conflicting_duplicate"] * 8
    assert "A" not in set(other.scores["patient_id"])


def test_a_bad_cell_takes_its_questionnaire_out(load):
    cohort = load(HEAD + items("A", 0, "0123019") + items("A", 7, "0123012") + filler())
    assert reasons(cohort)[:14] == ["out_of_range"] * 7 + [None] * 7
    assert cohort.ledger["column"].tolist()[:7] == [pd.NA] * 6 + [5]


def test_a_recorded_total_among_the_items_is_a_check(load):
    good = load(HEAD + items("A", 0, "0123012") + "A,0,GAD-7,total,9\n")
    assert good.scores[["total", "recorded_total"]].to_numpy().tolist() == [[9, 9]]
    bad = load(HEAD + items("A", 0, "0123012") + "A,0,GAD-7,total,8\n" + filler())
    assert reasons(bad)[:8] == ["total_mismatch"] * 8


def test_words_are_read_and_unknown_items_are_asked(load):
    words = ["Not at all", "Several days"] * 3 + ["Nearly every day"]
    text = HEAD + "".join(f"A,0,GAD-7,{n},{word}\n" for n, word in enumerate(words, start=1))
    assert load(text).scores["total"].tolist() == [6]
    with pytest.raises(DataError, match="E255"):
        load(text + "A,0,GAD-7,8,Several days\n")


def test_an_instrument_without_its_version_is_asked(load):
    with pytest.raises(DataError, match="E255"):
        load("patient_id,day,instrument,total\nA,0,PHQ,12\n")


def test_numbers_without_a_zero_are_asked(load):
    with pytest.raises(DataError, match="E253"):
        load(HEAD + items("A", 0, "1111111"))
    assert load(HEAD + items("A", 0, "1111111"), '[gad7]\ncoding = "1-4"\n').scores["total"].tolist() == [0]


CLOCKED = "patient_id,date,time,instrument,item,value\n"
DATED = "limited_data_set = true\n"


def clocked(answers: str, *clocks: str, first: int = 1, patient: str = "A") -> str:
    """Item rows with one clock time for all, or one for each."""
    times = clocks if len(clocks) > 1 else clocks * len(answers)
    return "".join(
        f"{patient},2026-03-01,{time},GAD-7,{number},{answer}\n"
        for number, (answer, time) in enumerate(zip(answers, times, strict=True), start=first)
    )


def times(cohort) -> list:
    found = cohort.scores.query("patient_id == 'A'").sort_values("clock")
    return found[["clock", "n_items_answered", "total"]].to_numpy(dtype=object, na_value=None).tolist()


CROWD = "".join(clocked("0123012", "08:00", patient=f"F{number}") for number in range(20))


def test_items_of_the_morning_and_of_the_evening_are_two_incomplete_questionnaires(load):
    rows = clocked("0123", "09:00") + clocked("012", "17:00", first=5)
    assert times(load(CLOCKED + rows + CROWD, DATED)) == [[32_400, 4, None], [61_200, 3, None]]


@pytest.mark.parametrize("later", ["17:00", "09:10"])
@pytest.mark.parametrize("answers", ["0123012", "3333333"])
def test_two_forms_with_different_clock_times_are_two_questionnaires(load, later, answers):
    cohort = load(CLOCKED + clocked("0123012", "09:00") + clocked(answers, later) + CROWD, DATED)
    assert [row[1:] for row in times(cohort)] == [[7, 9], [7, sum(map(int, answers))]]
    assert cohort.ledger["reason"].isna().all()


def test_answers_with_a_stamp_each_are_one_questionnaire(load):
    clocks = [f"09:00:{second:02d}" for second in range(0, 28, 4)]
    assert times(load(CLOCKED + clocked("0123012", *clocks) + CROWD, DATED)) == [[32_400, 7, 9]]
    again = "A,2026-03-01,09:00:31,GAD-7,3,1\n"
    cohort = load(CLOCKED + clocked("0123012", *clocks) + again + CROWD, DATED)
    assert reasons(cohort)[:8] == ["conflicting_duplicate"] * 8


def test_a_row_without_a_clock_time_belongs_to_the_only_questionnaire_of_its_day(load):
    rows = clocked("012301", "09:00") + clocked("2", "", first=7)
    assert times(load(CLOCKED + rows + CROWD, DATED)) == [[32_400, 7, 9]]
    rows = clocked("012301", "09:00") + clocked("012301", "17:00") + clocked("2", "", first=7)
    cohort = load(CLOCKED + rows + CROWD, DATED)
    assert (times(cohort), reasons(cohort)[:13]) == ([], ["conflicting_duplicate"] * 13)


def test_a_total_without_items_is_a_bare_total(load):
    cohort = load(HEAD + "A,0,GAD-7,total,15\nA,7,GAD-7,total,22\n" + filler())
    assert reasons(cohort)[:2] == [None, "out_of_range"]
    found = cohort.scores.query("patient_id == 'A'")
    assert found[["study_day", "total", "items_available"]].to_numpy().tolist() == [[0, 15, False]]


def test_a_total_beside_items_without_answers_is_no_questionnaire(load):
    cohort = load(HEAD + items("A", 0, "       ") + "A,0,GAD-7,total,0\n" + filler())
    assert reasons(cohort)[:8] == ["no_answers"] * 8


def test_where_answers_count_from_one_a_bare_total_needs_proof_that_totals_do_not(load):
    coded = '[gad7]\ncoding = "1-4"\n'
    rows = "A,0,GAD-7,total,15\n" + "".join(items(f"F{n}", 0, "1234123") for n in range(20))
    assert reasons(load(HEAD + rows, coded))[0] == "no_answers"
    assert reasons(load(HEAD + rows + "F1,0,GAD-7,total,9\n", coded))[0] is None
