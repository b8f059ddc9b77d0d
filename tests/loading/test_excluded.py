"""Questionnaires that were left out keep their answers, so that the self-harm item is never lost."""

from __future__ import annotations

from pathlib import Path

import outcomes as oc

HEADER = "patient_id,day," + ",".join(f"phq9_{n}" for n in range(1, 10)) + ",phq9_total\n"


def row(patient: str, day: int, last: object, *, first: object = 1, total: object = "") -> str:
    return f"{patient},{day},{first},1,1,1,1,1,1,1,{last},{total}\n"


def load(tmp_path: Path, rows: list[str]) -> oc.Cohort:
    file = tmp_path / "scores.csv"
    good = [row(f"G{number}", 0, 0, total=8) for number in range(30)]
    file.write_text(HEADER + "".join([*good, *rows]), encoding="utf-8")
    return oc.load_cohort(file)


def test_T_11_item_9_of_an_excluded_row_reaches_the_review_list(tmp_path):
    rows = [
        row("wrong total", 3, 2, total=25),
        row("item out of range", 3, 3, first=7),
        row("conflict", 3, 1, total=9),
        row("conflict", 3, 2, total=10),
        row("nothing", 3, 0, total=25),
    ]
    cohort = load(tmp_path, rows)
    assert set(cohort.scores["patient_id"]) == {f"G{number}" for number in range(30)}
    kept = cohort.excluded[["patient_id", "item_9", "reason"]].to_numpy().tolist()
    assert sorted(kept) == [
        ["conflict", 1, "conflicting_duplicate"],
        ["conflict", 2, "conflicting_duplicate"],
        ["item out of range", 3, "out_of_range"],
        ["nothing", 0, "total_mismatch"],
        ["wrong total", 2, "total_mismatch"],
    ]
    oc.check_frame(cohort.excluded, "EXCLUDED")
    listed = oc.build_review_list(cohort.scores, excluded=cohort.excluded)
    assert listed[["patient_id", "answer", "origin"]].to_numpy().tolist() == [
        ["item out of range", 3, "out_of_range"],
        ["conflict", 2, "conflicting_duplicate"],
        ["wrong total", 2, "total_mismatch"],
    ]
    assert oc.build_review_list(cohort.scores).empty


def test_a_cell_out_of_range_is_missing_and_the_others_are_kept(tmp_path):
    excluded = load(tmp_path, [row("A", 3, 2, first=7)]).excluded
    assert excluded["item_1"].isna().all()
    assert excluded["item_2"].tolist() == [1]


def test_every_excluded_questionnaire_stands_in_the_ledger_as_excluded(tmp_path):
    cohort = load(tmp_path, [row("A", 3, 2, total=25), row("B", 3, 1), row("B", 3, 1)])
    ledger = cohort.ledger.set_index("row_uid")["reason"]
    assert ledger.reindex(cohort.excluded["row_uid"]).tolist() == cohort.excluded["reason"].tolist()
    assert sorted(cohort.excluded["reason"]) == ["duplicate", "total_mismatch"]


def test_a_long_table_keeps_the_answers_of_what_it_leaves_out(tmp_path):
    file = tmp_path / "long.csv"
    lines = [f"{who},{day},PHQ-9,{n},{score}" for who, day, score in (("A", 0, 1), ("B", 0, 1), ("C", 0, 0))
             for n in range(1, 10)]  # fmt: skip
    lines += [f"{who},0,PHQ-9,total,{total}" for who, total in (("A", 9), ("B", 20), ("C", 0))]
    more = [f"G{at},0,PHQ-9,{n},1" for at in range(20) for n in range(1, 10)]
    more += [f"G{at},0,PHQ-9,total,9" for at in range(20)]
    file.write_text("\n".join(["patient_id,day,instrument,item,value", *lines, *more, ""]), encoding="utf-8")
    cohort = oc.load_cohort(file)
    kept = cohort.excluded[["patient_id", "item_9", "reason"]].to_numpy().tolist()
    assert kept == [["B", 1, "total_mismatch"]]
