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
