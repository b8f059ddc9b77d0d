"""CDISC questionnaire files: items, difficulty and total by what their test is named, never by a number."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import DataError

HEAD = (
    "STUDYID,DOMAIN,USUBJID,QSSEQ,QSTESTCD,QSTEST,QSCAT,QSORRES,QSSTRESC,QSSTRESN,QSSTAT,VISITNUM,VISIT,"
    "QSDTC\n"
)
PHQ9 = (
    "Little Interest/Pleasure in Things", "Feeling Down Depressed or Hopeless",
    "Trouble Falling or Staying Asleep", "Feeling Tired or Little Energy", "Poor Appetite or Overeating",
    "Feeling Bad About Yourself", "Trouble Concentrating on Things", "Moving Slowly or Fidgety/Restless",
    "Thoughts You Be Better Off Dead",
)  # fmt: skip
GAD7 = (
    '"Feeling Nervous, Anxious, or on Edge"', "Not Able to Stop/Control Worrying", "Worrying Too Much",
    "Trouble Relaxing", "Being So Restless Hard to Sit Still", "Becoming Easily Annoyed/Irritable",
    "Feeling Afraid/Something Awful Happen",
)  # fmt: skip
WORDS = ("Not at all", "Several days", "More than half the days", "Nearly every day")
DATED = "limited_data_set = true\n"


def line(
    code, test, value, *, word=None, patient="S-1", cat="PHQ-9", date="2026-03-01", stat="", visit="DAY 1"
):
    word = WORDS[int(value)] if word is None and value else word or ""
    prefix = code[:5] + "-"
    test = f'"{prefix}{test[1:]}' if test.startswith('"') else prefix + test
    return f"X,QS,{patient},1,{code},{test},{cat},{word},{value},{value},{stat},1,{visit},{date}\n"


def phq9(answers: str, *, total="", difficulty="", **where) -> str:
    lines = [line(f"PHQ010{n}", PHQ9[n - 1], value, **where) for n, value in enumerate(answers, start=1)]
    if difficulty:
        lines.append(
            line("PHQ0110", "Difficult to Work/Take Care of", difficulty, word="Very difficult", **where)
        )
    if total:
        lines.append(line("PHQ0111", "Total Score", total, word=total, **where))
    return "".join(lines)


def gad7(answers: str, **where) -> str:
    lines = zip(GAD7, answers, strict=False)
    return "".join(
        line(f"GAD010{n}", test, value, **{"cat": "GAD-7"} | where)
        for n, (test, value) in enumerate(lines, 1)
    )


def filler(count: int = 12) -> str:
    return "".join(phq9("012301230", patient=f"F-{number}") for number in range(count))


@pytest.fixture
def load(tmp_path):
    def loader(text: str, layout: str = DATED):
        path = tmp_path / "qs.csv"
        path.write_text(text)
        return oc.load_cohort(path, layout=layout)

    return loader


@pytest.fixture
def inspect(tmp_path):
    def inspector(text: str, layout: str = DATED):
        path = tmp_path / "qs.csv"
        path.write_text(text)
        return oc.inspect_source(path, layout=layout)

    return inspector


def reasons(cohort) -> list:
    return [None if reason is pd.NA else reason for reason in cohort.ledger["reason"]]


def test_items_difficulty_and_total_are_one_questionnaire(load, inspect):
    text = HEAD + phq9("012301230", total="12", difficulty="2")
    scores = load(text).scores
    kept = ["patient_id", "instrument", "total", "recorded_total", "difficulty", "visit"]
    assert scores[kept].to_numpy().tolist() == [["S-1", "phq9", 12, 12, 2, "DAY 1"]]
    assert scores[[f"item_{n}" for n in range(1, 10)]].to_numpy().tolist() == [[0, 1, 2, 3, 0, 1, 2, 3, 0]]
    assert inspect(text).kind == "cdisc-qs"


def test_the_total_is_known_by_its_name_and_not_by_its_number(load):
    text = HEAD + phq9("012301230", total="12").replace("PHQ0111", "PHQ0110")
    scores = load(text).scores
    assert (scores["recorded_total"].tolist(), scores["difficulty"].isna().all()) == ([12], True)


def test_items_of_other_questionnaires_are_known_by_their_text(load):
    text = HEAD + gad7("0123012")
    assert load(text).scores["total"].tolist() == [9]
    shuffled = text.replace("GAD0107", "GAD0199").replace("GAD0101", "GAD0107")
    assert load(shuffled).scores[["item_1", "item_7"]].to_numpy().tolist() == [[0, 2]]


@pytest.mark.parametrize(
    "text",
    [
        phq9("012301230").replace("PHQ0101", "PHQ0102", 1),  # the text says item 1
        gad7("0123012").replace("Trouble Relaxing", "Sleeping Well"),  # no item of the GAD-7
        gad7("0123012", cat="PHQ-9"),  # the items of another category
        phq9("012301230", cat="BDI-II"),  # the codes of another category
        phq9("012301230").replace("PHQ0109", "PHQ0119").replace(PHQ9[8], "Other"),
    ],
)
def test_what_does_not_agree_is_asked(load, text):
    with pytest.raises(DataError, match="E255"):
        load(HEAD + text)


def test_a_category_without_a_version_is_asked(load):
    with pytest.raises(DataError, match="E255"):
        load(HEAD + gad7("0123012", cat="GAD"))


def test_a_word_that_means_another_number_takes_the_questionnaire_out(load):
    bad = line("PHQ0109", PHQ9[8], "0", word="Several days")
    cohort = load(HEAD + phq9("01230123") + bad + filler())
    assert reasons(cohort)[:9] == ["answer_conflict"] * 9
    assert cohort.scores["patient_id"].str.startswith("F").all()


def test_words_that_no_questionnaire_knows_leave_the_number(load):
    text = (HEAD + phq9("012301230")).replace("Several days", "Some days").replace("Not at all", "Never")
    assert load(text).scores["total"].tolist() == [12]


def test_words_serve_where_there_is_no_number(load):
    lines = [line(f"PHQ010{n}", PHQ9[n - 1], "", word=WORDS[n % 4]) for n in range(1, 10)]
    assert load(HEAD + "".join(lines)).scores["total"].tolist() == [13]
    only = "USUBJID,QSTESTCD,QSCAT,QSORRES,QSDTC\n"
    rows = "".join(f"S-1,PHQ010{n},PHQ-9,{WORDS[n % 4]},2026-03-01\n" for n in range(1, 10))
    assert load(only + rows).scores["total"].tolist() == [13]


def collected(answers: str, standard: str, *, patient: str) -> str:
    """Items with numbers as collected in QSORRES, and others, or blanks, in QSSTRESN."""
    return "".join(
        f"X,QS,{patient},1,PHQ010{n},{test},PHQ-9,{raw},{value},{value.strip()},,1,DAY 1,2026-03-01\n"
        for n, (test, raw, value) in enumerate(zip(PHQ9, answers, standard, strict=True), start=1)
    )


def test_a_number_as_collected_never_stands_for_a_standard_one_of_another_coding(load):
    text = (
        HEAD
        + collected("234234234", "         ", patient="A")
        + collected("123412341", "012301230", patient="B")
    )
    cohort = load(text + filler())
    assert reasons(cohort)[:9] == ["no_answers"] * 9
    assert cohort.scores.query("patient_id == 'B'")["total"].tolist() == [12]
    assert any("9 rows have a number in QSORRES only" in note for note in cohort.notes)
    part = collected("123412341", "012301 30", patient="B")
    scores = load(HEAD + part + collected("123412341", "012301230", patient="C")).scores
    assert scores["n_items_answered"].tolist() == [8, 9]


def test_a_number_as_collected_counts_where_both_columns_agree_or_only_one_is_filled(load):
    rows = collected("012301230", "012301 30", patient="A") + collected("000000000", "000000000", patient="B")
    assert load(HEAD + rows).scores["total"].tolist() == [12, 0]
    assert load(HEAD + collected("012301230", " " * 9, patient="A")).scores["total"].tolist() == [12]
    with pytest.raises(DataError, match="E253"):
        load(HEAD + collected("123412341", " " * 9, patient="A"))


def test_totals_prove_nothing_about_items(load):
    total = line("PHQ0111", "Total Score", "12", word="12")
    cohort = load(HEAD + collected("123412341", "012301 3 ", patient="S-1") + total + filler(4))
    assert cohort.scores.query("patient_id == 'S-1'")["n_items_answered"].tolist() == [7]
    rows = HEAD + collected("012301230", " " * 9, patient="S-1") + total
    assert load(rows).scores[["total", "recorded_total"]].to_numpy().tolist() == [[12, 12]]


def test_what_was_not_done_is_a_missing_item(load):
    cohort = load(HEAD + phq9("01230123") + line("PHQ0109", PHQ9[8], "", stat="NOT DONE") + filler())
    assert reasons(cohort)[:9] == [None] * 8 + ["not_done"]
    first = cohort.scores.query("patient_id == 'S-1'")
    assert (first["total"].isna().all(), first["n_items_answered"].tolist()) == (True, [8])


def test_partial_dates_have_their_own_reason(load):
    cohort = load(HEAD + gad7("0123012", date="2026-03") + filler())
    assert reasons(cohort)[:7] == ["partial_date"] * 7


def test_rows_of_other_questionnaires_are_not_ours_however_many(load):
    other = "".join(line(f"HAM010{n}", "Mood", "1", cat="HAMD 17") for n in range(1, 9))
    cohort = load(HEAD + other + gad7("0123012"))
    assert reasons(cohort) == ["other_instrument"] * 8 + [None] * 7


def test_visits_are_told_apart_by_their_dates(load):
    early = gad7("0000000", date="2026-03-01T08:00", visit="UNSCHEDULED 1.01")
    scores = load(HEAD + gad7("3333333", date="2026-04-01") + early).scores
    assert scores["total"].tolist() == [0, 21]
    assert scores["visit"].tolist() == ["UNSCHEDULED 1.01", "DAY 1"]


def test_numbers_with_a_decimal_point_are_whole(load):
    text = HEAD + phq9("012301230")
    for value in "0123":
        text = text.replace(f",{value},{value},,1,", f",{value}.0,{value}.0,,1,")
    assert load(text).scores["total"].tolist() == [12]


def test_a_file_without_categories_is_asked(load):
    with pytest.raises(DataError, match="E255"):
        load("USUBJID,QSTESTCD,QSORRES,QSDTC\nS-1,PHQ0101,1,2026-03-01\n")
