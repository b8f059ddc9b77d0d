"""Rules of the trap list that the loader keeps: what it must exclude, refuse, ask about or flag."""

from __future__ import annotations

from pathlib import Path

import pytest

import outcomes as oc
from outcomes.errors import OutcomesError

PHQ9 = [f"phq9_{n}" for n in range(1, 10)]
PCL5 = [f"pcl5_{n}" for n in range(1, 21)]


def write(tmp_path: Path, header: list[str], rows: list[list[object]]) -> Path:
    file = tmp_path / "scores.csv"
    lines = [",".join(map(str, row)) for row in [header, *rows]]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def load(tmp_path: Path, header: list[str], rows: list[list[object]]) -> oc.Cohort:
    return oc.load_cohort(write(tmp_path, header, rows))


def refuse(tmp_path: Path, header: list[str], rows: list[list[object]]) -> str:
    with pytest.raises(OutcomesError) as caught:
        load(tmp_path, header, rows)
    return " ".join(problem.code for problem in caught.value.found)


def items(number: int, kind: int = 9, top: int = 3) -> list[int]:
    return [(number * place) % (top + 1) for place in range(1, kind + 1)]


def test_T_09_a_wrong_total_a_wrong_item_and_two_totals_of_one_day_are_excluded_with_the_reason(tmp_path):
    good = [[f"G{n:02d}", 0, *items(n), sum(items(n))] for n in range(30)]
    bad = [
        ["total", 3, *[1] * 9, 25], ["range", 3, 7, *[1] * 8, ""], ["twice", 3, *[1] * 9, 9],
        ["twice", 3, *[2] * 9, 18],
    ]  # fmt: skip
    cohort = load(tmp_path, ["patient_id", "day", *PHQ9, "phq9_total"], [*good, *bad])
    reasons = cohort.excluded.set_index("patient_id")["reason"].groupby(level=0).first().to_dict()
    assert reasons == {
        "range": "out_of_range", "total": "total_mismatch", "twice": "conflicting_duplicate",
    }  # fmt: skip
    assert len(cohort.scores) == 30


def test_T_09_a_prorated_total_says_so_and_the_same_answer_throughout_is_flagged(tmp_path):
    rows = [[f"G{n:02d}", 0, *items(n, 20, 4)] for n in range(30)]
    rows += [["line", 0, *[2] * 20], ["zero", 0, *[0] * 20]]
    cohort = load(tmp_path, ["patient_id", "day", *PCL5], rows)
    flags = cohort.scores.set_index("patient_id")["straight_line"]
    assert flags["line"] and not flags["zero"]
    assert cohort.scores.set_index("patient_id").loc["line", "total"] == 40
    partial = [[*row[:-1], ""] for row in rows]
    loaded = load(tmp_path, ["patient_id", "day", *PCL5], partial).scores
    scored = oc.score_items(loaded[[c.name for c in oc.ITEMS.columns]], missing_items="prorate")
    assert scored["prorated"].all() and scored["total"].notna().all()


def test_T_24_a_pcl_of_17_items_is_refused(tmp_path):
    header = ["patient_id", "day", *[f"pcl_{n}" for n in range(1, 18)]]
    assert refuse(
        tmp_path, header, [[f"P{n:02d}", 0, *[1 + (n + k) % 5 for k in range(17)]] for n in range(30)]
    )


def test_T_24_pcl5_coded_1_to_5_is_rescaled_on_proof_or_refused_and_84_never_loads(tmp_path):
    header = ["patient_id", "day", *PCL5]
    assert refuse(
        tmp_path, header, [[f"P{n:02d}", 0, *[1 + (n + k) % 5 for k in range(20)]] for n in range(30)]
    )
    totals = [[f"P{n:02d}", 0, 20 + n] for n in range(30)]
    cohort = load(tmp_path, ["patient_id", "day", "pcl5_total"], [*totals, ["high", 0, 84]])
    assert "high" not in set(cohort.scores["patient_id"])


def test_T_25_columns_numbered_from_0_end_with_item_9(tmp_path):
    header = ["patient_id", "day", *[f"phq9_{n}" for n in range(9)]]
    rows = [[f"P{n:02d}", 0, 0, 0, 0, 0, 0, 0, 0, 0, n % 4] for n in range(30)]
    cohort = load(tmp_path, header, rows)
    assert cohort.scores["item_9"].tolist() == [n % 4 for n in range(30)]


def test_T_25_phq9_beside_phq1_to_phq8_is_item_9_and_never_the_total(tmp_path):
    header = ["patient_id", "day", *[f"PHQ{n}" for n in range(1, 10)]]
    rows = [[f"P{n:02d}", 0, *items(n, 8), n % 4] for n in range(30)]
    cohort = load(tmp_path, header, rows)
    assert cohort.scores["total"].tolist() == [sum(items(n, 8)) + n % 4 for n in range(30)]


def test_T_25_phq9_alone_and_never_above_3_asks(tmp_path):
    assert refuse(tmp_path, ["patient_id", "day", "PHQ9"], [[f"P{n:02d}", 0, n % 4] for n in range(30)])


def test_T_25_an_eighth_gad_column_still_totals_seven(tmp_path):
    header = ["patient_id", "day", *[f"gad7_{n}" for n in range(1, 8)], "gad7_8"]
    rows = [[f"P{n:02d}", 0, *items(n, 7), 3] for n in range(30)]
    cohort = load(tmp_path, header, rows)
    assert cohort.scores["total"].tolist() == [sum(items(n, 7)) for n in range(30)]
