"""From a folder, or one file, to the frames of a cohort."""

from __future__ import annotations

import pandas as pd
import pytest
from openpyxl import Workbook

import outcomes as oc
from outcomes.errors import DataError, DefinitionError, LedgerError, PrivacyError
from outcomes.loading.ledger import check_ledger
from outcomes.schema import LEDGER

SETTINGS = "limited_data_set = true\nobserved_from = 2026-01-01\nobserved_until = 2026-12-31\n"
PAD = "".join(f"F{number},2026-03-01,5,5\n" for number in range(30))
HEAD = "patient_id,date,phq9_total,gad7_total\n"


@pytest.fixture
def load(tmp_path):
    """Load a folder of the given files: name -> (text, further keys of its [[source]])."""

    def loader(files: dict[str, tuple[str, str]], settings: str = SETTINGS):
        lines = [settings]
        for name, (text, keys) in files.items():
            (tmp_path / name).write_text(text)
            role = next((role for role in ("infusions", "patients") if role in name), "scores")
            lines.append(f'[[source]]\nfile = "{name}"\nrole = "{role}"\n{keys}')
        (tmp_path / "outcomes.toml").write_text("\n".join(lines))
        return oc.load_cohort(tmp_path)

    return loader


def reasons(cohort, number: int = 1) -> list:
    return [
        None if reason is pd.NA else reason for reason in cohort.ledger.query("input == @number")["reason"]
    ]


def test_every_row_of_a_dirty_file_has_one_state_and_one_reason(load):
    rows = [
        ("A,2026-02-30,5,5", "bad_date"),
        (",2026-03-01,5,5", "missing_id"),
        ("B,2026-03,5,5", "partial_date"),
        ("C,1999-12-31,5,5", "date_out_of_range"),
        ("D,2027-01-01,5,5", "date_out_of_range"),  # after observed_until
        ("E,2026-03-01,28,22", "out_of_range"),
        ("E,2026-03-02,12*,5.5", "not_a_number"),
        ("E,2026-03-03,,", "missing_score"),
        ("E,2026-03-04,#REF!,", "excel_error"),
        ("E,now,,", "bad_date"),
        ("total,,150,150", "summary_row"),
        ("G,2026-03-01,5,5,5", "row_length"),
        ("H,2026-03-01,5,22", None),
        ("007,2026-03-01,5,", None),
        ("7,2026-03-01,6,", None),
        ("NA,2026-03-01,6,", None),
    ]
    text = HEAD + PAD * 2 + "".join(f"{line}\n" for line, _ in rows)
    cohort = load({"scores.csv": (text, "accept_exclusions = 11")})
    assert reasons(cohort)[30:60] == ["duplicate"] * 30
    assert reasons(cohort)[60:] == [reason for _, reason in rows]
    left_out = cohort.ledger.query("row > 61").set_index("row")["left_out"].dropna().to_dict()
    assert left_out[74] == "gad7=out_of_range"
    assert left_out[68] == "gad7=not_integer;phq9=not_a_number"  # excluded, for different reasons
    assert not {67, 69, 72, 73, 75, 76, 77} & set(left_out)
    assert {"007", "7", "NA"} <= set(cohort.patients["patient_id"])


def test_blank_rows_and_scratch_lines_under_the_table_are_told_apart(load):
    text = HEAD + PAD + ",,,\nA,2026-03-01,5,5\n,,,\nscratch,,9,\nmore,,,\n"
    assert reasons(load({"scores.csv": (text, "")}))[30:] == [
        "blank_row",
        None,
        "blank_row",
        "summary_row",
        "summary_row",
    ]


def test_frames_are_sorted_by_patient_and_time_whatever_the_order_of_rows(load):
    lines = ["B,2026-03-02,1,2", "a,2026-03-01,3,4", "B,2026-03-01,5,6", "A,2026-05-01,7,8"]
    forward = load({"scores.csv": (HEAD + "\n".join(lines) + "\n", "")}).scores
    backward = load({"scores.csv": (HEAD + "\n".join(lines[::-1]) + "\n", "")}).scores
    assert forward["patient_id"].tolist() == ["A", "A", "B", "B", "B", "B", "a", "a"]
    traced = ["row_uid", "assessment_id"]
    pd.testing.assert_frame_equal(forward.drop(columns=traced), backward.drop(columns=traced))


def test_the_same_bytes_again_are_a_duplicate_file_and_do_not_count_as_loss(load):
    cohort = load({"scores.csv": (HEAD + PAD, ""), "again.csv": (HEAD + PAD, "")})
    assert reasons(cohort, 2) == ["duplicate_file"] * 30
    assert len(cohort.scores) == 60


def test_the_same_rows_under_another_name_and_order_are_duplicates(load):
    lines = PAD.splitlines(keepends=True)
    cohort = load({"scores.csv": (HEAD + PAD, ""), "again.csv": (HEAD + "".join(lines[::-1]), "")})
    assert reasons(cohort, 2) == ["duplicate"] * 30


def test_an_edited_score_in_an_overlapping_export_contradicts_the_other(load):
    cohort = load(
        {
            "q1.csv": (HEAD + PAD, ""),
            "q2.csv": (HEAD + PAD.replace("F3,2026-03-01,5,5", "F3,2026-03-01,9,5"), ""),
        }
    )
    first = cohort.ledger.query("input == 1").iloc[3]
    assert (first["status"], first["left_out"]) == ("used", "phq9=conflicting_duplicate")
    second = cohort.ledger.query("input == 2").iloc[3]
    # gad7 repeats, so that the first reason stands; the partner of the contradiction can still be found
    assert second[["status", "reason", "left_out"]].tolist() == [
        "excluded", "duplicate", "gad7=duplicate;phq9=conflicting_duplicate",
    ]  # fmt: skip
    assert oc.summarize_ledger(cohort.ledger)["used_in_part"].tolist() == [1, 0]
    assert set(cohort.scores.query("patient_id == 'F3'")["instrument"]) == {"gad7"}


def test_over_a_fifth_of_the_rows_excluded_refuses_the_file_unless_accepted_exactly(load):
    text = HEAD + "A,2026-03-01,5,5\nB,2026-03-01,5,5\nC,2026-03-01,99,99\n"
    with pytest.raises(DataError, match="E251"):
        load({"scores.csv": (text, "")})
    with pytest.raises(DataError, match="E251"):
        load({"scores.csv": (text, "accept_exclusions = 2")})
    assert len(load({"scores.csv": (text, "accept_exclusions = 1")}).scores) == 4


@pytest.mark.parametrize(
    ("rows", "hint"),
    [
        ("B,2027-03-01,5,5\n", "observed_until"),
        ("B,soon,5,5\n", "date_format"),
        ("B,2026-03-01,99,99\n", "missing_codes"),
        ("B,2026-03-01,99,99\nC,soon,5,5\nD,now,5,5\n", "date_format"),
    ],
)
def test_a_refused_file_says_where_to_look_first(load, rows, hint):
    with pytest.raises(DataError, match=f"E251.*Look at {hint}|E251.*Look at .*{hint}") as caught:
        load({"scores.csv": (HEAD + "A,2026-03-01,5,5\n" + rows, "")})
    assert str(caught.value).count("Look at") == 1


def test_an_instrument_that_is_mostly_out_of_range_refuses_the_file(load):
    swapped = "".join(f"S{number},2026-03-01,5,{20 + number % 8}\n" for number in range(30))
    with pytest.raises(DataError, match="E251"):
        load({"scores.csv": (HEAD + swapped, "")})


@pytest.mark.parametrize("text", [HEAD, HEAD + "A,2026-03-01,,\n", HEAD + "A,2026-03-01,99,\n"])
def test_a_file_without_any_usable_row_is_refused(load, text):
    with pytest.raises(DataError, match="E252") as caught:
        load({"scores.csv": (text, "")})
    assert "accept_exclusions" not in str(caught.value)  # nothing could be accepted


def test_an_empty_file_is_refused(load):
    with pytest.raises(DataError, match="E205"):
        load({"scores.csv": ("", "")})


def test_one_patient_with_one_score_is_a_cohort(load):
    cohort = load({"scores.csv": (HEAD + "A,2026-03-01T09:30,12,\n", "")})
    assert cohort.scores[["patient_id", "clock", "total"]].to_numpy().tolist() == [["A", 34200, 12]]
    assert cohort.patients["observed_until"].dt.year.tolist() == [2026]


def test_ids_are_made_unique_by_site(load):
    files = {
        "a_scores.csv": (HEAD + "1,2026-03-01,5,5\n", 'site = "North"'),
        "b_scores.csv": ("site," + HEAD + "South,1,2026-03-02,6,6\n", ""),
        "b_infusions.csv": ("patient_id,infusion_date,dose_mg\n2,2026-03-01,40\n", 'site = "South"'),
    }
    cohort = load(files)
    assert cohort.patients[["patient_id", "site"]].to_numpy().tolist() == [
        ["North/1", "North"],
        ["South/1", "South"],
        ["South/2", "South"],
    ]
    across = load(files, SETTINGS + 'patient_ids = "unique-across-sites"\n')
    assert across.patients["patient_id"].tolist() == ["1", "2"]


def test_a_source_that_does_not_know_its_site_is_refused_beside_one_that_does(load):
    files = {
        "a.csv": (HEAD + "1,2026-03-01,5,5\n", 'site = "North"'),
        "b.csv": (HEAD + "2,2026-03-01,5,5\n", ""),
    }
    with pytest.raises(DefinitionError, match="E603"):
        load(files)


def test_a_blank_site_cell_names_no_patient(load):
    rows = "".join(f"North,{number},2026-03-01,5,5\n" for number in range(9))
    cohort = load({"scores.csv": ("site," + HEAD + rows + ",9,2026-03-01,5,5\n", "")})
    assert reasons(cohort)[-1] == "missing_id"


def test_patients_of_every_file_have_one_row(load):
    cohort = load(
        {
            "scores.csv": (HEAD + "S,2026-03-01,5,5\nX,2026-03-01,5,5\n", ""),
            "infusions.csv": ("patient_id,infusion_date,dose_mg\nI,2026-03-01,40\nX,2026-03-01,40\n", ""),
            "patients.csv": ("patient_id,sex,age,observed_until\nP,F,40,2026-06-30\nX,M,50,\n", ""),
        }
    )
    assert cohort.patients["patient_id"].tolist() == ["I", "P", "S", "X"]
    assert cohort.patients["observed_until"].dt.strftime("%m-%d").tolist() == [
        "12-31",
        "06-30",
        "12-31",
        "12-31",
    ]
    assert cohort.patients["sex"].fillna("").tolist() == ["", "F", "", "M"]
    for name, frame in (
        ("SCORES", cohort.scores),
        ("INFUSIONS", cohort.infusions),
        ("PATIENTS", cohort.patients),
        ("LEDGER", cohort.ledger),
    ):
        oc.check_frame(frame, name)


def test_an_infusion_that_stands_in_two_files_is_kept_once(load):
    infusions = "patient_id,infusion_date,dose_mg,route\nA,2026-03-01,40,IV\nA,2026-03-05,40,IV\n"
    more = infusions + "A,2026-03-08,40,IV\n"
    files = {
        "scores.csv": (HEAD + "A,2026-03-01,5,5\n", ""),
        "q1_infusions.csv": (infusions, ""),
        "q2_infusions.csv": (more, ""),
    }
    cohort = load(files)
    assert cohort.infusions["date"].dt.day.tolist() == [1, 5, 8]
    assert reasons(cohort, 3) == ["duplicate", "duplicate", None]


def test_a_patient_who_differs_between_files_is_used_from_neither(load):
    files = {
        "scores.csv": (HEAD + "A,2026-03-01,5,5\n", ""),
        "q1_patients.csv": ("patient_id,sex\nA,F\nB,F\nC,F\nD,F\nE,F\nG,F\nH,F\n", ""),
        "q2_patients.csv": ("patient_id,sex\nA,M\nB,F\nI,F\nJ,F\nK,F\nL,F\nM,F\n", ""),
    }
    cohort = load(files)
    assert reasons(cohort, 2)[:2] == ["conflicting_duplicate", None]
    assert reasons(cohort, 3)[:2] == ["conflicting_duplicate", "duplicate"]
    assert cohort.patients.set_index("patient_id")["sex"].loc[["A"]].isna().all()


def test_a_folder_with_dates_must_say_until_when_it_was_observed(load):
    with pytest.raises(DefinitionError, match="observed_until"):
        load({"scores.csv": (HEAD + "A,2026-03-01,5,5\n", "")}, "limited_data_set = true\n")


def test_dates_need_the_limited_data_set_declaration(load):
    with pytest.raises(PrivacyError, match="E104"):
        load({"scores.csv": (HEAD + "A,2026-03-01,5,5\n", "")}, "observed_until = 2026-12-31\n")


def test_study_days_need_no_declaration(load):
    files = {
        "scores.csv": ("patient_id,day,phq9_total\nA,-3,18\nA,14,7\n", ""),
        "patients.csv": ("patient_id,observed_until_day\nA,200\n", ""),
    }
    cohort = load(files, "")
    assert cohort.scores["study_day"].tolist() == [-3, 14]
    assert cohort.patients["observed_until_day"].tolist() == [200]
    assert cohort.patients["observed_until"].isna().all()


def test_the_questions_of_all_files_come_at_once(load):
    files = {"a.csv": ("patient_id,phq9_total\nA,5\n", ""), "b.csv": ("day,phq9_total\n1,5\n", "")}
    with pytest.raises(DataError) as caught:
        load(files, "")
    assert {problem.code for problem in caught.value.found} == {"E247", "E226"}
    assert "outcomes inspect" in str(caught.value)


def test_a_question_about_one_file_ends_with_its_layout(tmp_path):
    (tmp_path / "scores.csv").write_text("patient_id,phq9_total\nA,5\n")
    with pytest.raises(DataError) as caught:
        oc.load_cohort(tmp_path / "scores.csv")
    assert "[rules]" in str(caught.value)
    assert "ASK" in str(caught.value)


def test_a_layout_does_not_go_with_a_folder(load, tmp_path):
    load({"scores.csv": (HEAD + PAD, "")})
    with pytest.raises(DefinitionError, match="E603"):
        oc.load_cohort(tmp_path, layout='[columns]\noccasion = "single"\n')


def test_a_workbook_and_a_text_file_of_the_same_table_agree(tmp_path):
    rows = [
        ["patient_id", "study_day", *(f"gad7_{n}" for n in range(1, 8))],
        ["A", 0, 0, 1, 2, 3, 0, 1, 2],
        ["B", 7, 3, 3, 3, None, 3, 3, 3],
    ]
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "scores.xlsx")
    (tmp_path / "scores.csv").write_text(
        "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows) + "\n"
    )
    frames = [
        oc.load_cohort(tmp_path / name).scores.drop(columns=["row_uid", "assessment_id"])
        for name in ("scores.xlsx", "scores.csv")
    ]
    pd.testing.assert_frame_equal(*frames)
    assert frames[0]["total"].tolist() == [9, pd.NA]


def test_visit_days_order_words(tmp_path):
    (tmp_path / "scores.csv").write_text("patient_id,visit,phq9_total\nA,Pre,18\nA,post,7\n")
    cohort = oc.load_cohort(tmp_path / "scores.csv", layout="[columns]\nvisit_day = { pre = 0, Post = 70 }\n")
    assert cohort.scores["study_day"].tolist() == [0, 70]
    with pytest.raises(DataError, match="E247"):
        oc.load_cohort(tmp_path / "scores.csv", layout="[columns]\nvisit_day = { pre = 0 }\n")


def test_days_may_count_from_a_date(tmp_path):
    (tmp_path / "scores.csv").write_text(
        "patient_id,days_post_session,session_start,phq9_total\nA,7,2026-07-06,18\nA,90,2026-07-06,7\n"
    )
    layout = 'limited_data_set = true\n[columns]\nday = "days_post_session"\nday_zero = "session_start"\n'
    assert oc.load_cohort(tmp_path / "scores.csv", layout=layout).scores["date"].dt.strftime(
        "%m-%d"
    ).tolist() == ["07-13", "10-04"]


def test_recorded_totals_are_checked_in_complete_rows_only(tmp_path):
    head = "patient_id,study_day," + ",".join(f"gad7_{n}" for n in range(1, 8)) + ",gad7_total\n"
    good = "".join(f"P{n},0,0,1,2,3,0,1,2,9\n" for n in range(20))
    path = tmp_path / "scores.csv"
    path.write_text(head + good + "X,0,0,1,2,3,0,1,2,8\nY,0,0,1,2,3,0,1,,5\n")
    cohort = oc.load_cohort(path)
    assert reasons(cohort)[-2:] == ["total_mismatch", None]
    assert any("recorded_total_unverified in 1 rows" in note for note in cohort.notes)
    path.write_text(head + good.replace(",9\n", ",10\n"))
    with pytest.raises(DataError, match=r"E251(.|\n)*recorded_total = \"ignore\""):
        oc.load_cohort(path)
    assert (
        oc.load_cohort(path, layout='[gad7]\nrecorded_total = "ignore"\n').scores["total"].tolist()
        == [9] * 20
    )


def test_a_column_after_the_last_item_is_named_where_the_recorded_total_holds_it(tmp_path):
    head = "patient_id,study_day," + ",".join(f"gad7_{n}" for n in range(1, 9)) + ",gad7_total\n"
    path = tmp_path / "scores.csv"
    path.write_text(head + "".join(f"P{n},0,0,1,2,3,0,1,2,{n % 4},{9 + n % 4}\n" for n in range(5)))
    with pytest.raises(DataError, match="with column 10 added 5 agree"):
        oc.load_cohort(path)
    layout = '[gad7]\nrecorded_total = "ignore"\nextra = { gad7_8 = "difficulty" }\n'
    scores = oc.load_cohort(path, layout=layout).scores
    assert (set(scores["total"]), scores["difficulty"].tolist()) == ({9}, [0, 1, 2, 3, 0])


def test_the_ledger_must_balance(load):
    cohort = load({"scores.csv": (HEAD + PAD, "")})
    uids = cohort.ledger["row_uid"]
    check_ledger(cohort.ledger, uids=uids, scores=cohort.scores, infusions=cohort.infusions)
    broken = [
        {"ledger": cohort.ledger.iloc[1:], "scores": cohort.scores},
        {"ledger": pd.concat([cohort.ledger, cohort.ledger.iloc[:1]]), "scores": cohort.scores},
        {
            "ledger": cohort.ledger.assign(
                reason=pd.Series("duplicate", index=cohort.ledger.index, dtype="string")
            ),
            "scores": cohort.scores,
        },
        {"ledger": cohort.ledger, "scores": cohort.scores.query("patient_id != 'F3'")},
    ]
    for parts in broken:
        with pytest.raises(LedgerError, match="E900"):
            check_ledger(uids=uids, infusions=cohort.infusions, **parts)
    assert set(cohort.ledger.columns) == {column.name for column in LEDGER.columns}


def test_a_blank_instrument_is_no_reason_beside_one_that_was_answered(tmp_path):
    head = "patient_id,study_day," + ",".join(f"gad7_{n}" for n in range(1, 8)) + ",gad7_total,phq9_total\n"
    good = "".join(f"P{n},0,0,1,2,3,0,1,2,9,5\n" for n in range(20))
    path = tmp_path / "scores.csv"
    path.write_text(head + good + "X,0,0,1,2,3,0,1,2,8,\nP0,0,0,1,2,3,0,1,2,9,\nY,0,,,,,,,,,\n")
    assert reasons(oc.load_cohort(path))[-3:] == ["total_mismatch", "duplicate", "missing_score"]


def test_a_list_of_patients_stays_one_where_the_layout_takes_its_ids_away(tmp_path):
    (tmp_path / "people.csv").write_text("patient_id,sex,age\nA,F,30\n")
    with pytest.raises(DataError) as caught:
        oc.load_cohort(tmp_path / "people.csv", layout='[columns]\npatient_id = "row"\n')
    assert caught.value.code == "E250"
