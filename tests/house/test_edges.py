"""The edges of the whole chain, from files to report: a small or odd clinic must not break or mislead it."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

import outcomes as oc

START = date(2026, 4, 6)
INDUCTION = (0, 3, 7, 10, 14, 17)
SETTINGS = """schema = 1
name = "Edge"
limited_data_set = true
observed_from = 2025-01-01
observed_until = 2026-09-30

[[source]]
file = "scores.csv"
role = "scores"
site = "One"

[[source]]
file = "infusions.csv"
role = "infusions"
site = "One"
"""


def on(day: int) -> str:
    return (START + timedelta(days=day)).isoformat()


def write_csv(path: Path, header: list[str], rows: list[tuple]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def clinic(folder: Path, scores: list[tuple[str, int, object]], infusions: list[tuple[str, int]]) -> Path:
    """A folder of PHQ-9 totals (patient, day, total) and infusions (patient, day)."""
    folder.mkdir(exist_ok=True)
    (folder / "outcomes.toml").write_text(SETTINGS, encoding="utf-8")
    write_csv(
        folder / "scores.csv",
        ["patient_id", "date", "phq9_total"],
        [(who, on(day), total) for who, day, total in scores],
    )
    write_csv(
        folder / "infusions.csv",
        ["patient_id", "infusion_date", "route"],
        [(who, on(day), "IV") for who, day in infusions],
    )
    return folder


def course(who: str, totals: dict[int, object]) -> tuple[list, list]:
    return [(who, day, total) for day, total in totals.items()], [(who, day) for day in INDUCTION]


def many(totals: dict[int, object], n: int = 14) -> tuple[list, list]:
    pairs = [course(f"P{i:02d}", totals) for i in range(n)]
    return [row for scores, _ in pairs for row in scores], [row for _, doses in pairs for row in doses]


def run_chain(folder: Path) -> dict:
    cohort = oc.load_cohort(folder)
    scores = oc.derive_endpoints(cohort.scores, cohort.infusions, cohort.patients)
    courses = oc.build_courses(scores, cohort.infusions, cohort.patients, instruments=("phq9",))
    onset = oc.build_onset_times(scores, courses)
    relapse = oc.build_relapse_times(scores, courses)
    rates = oc.summarize_endpoints(courses).query("endpoint == 'response'").set_index("denominator")
    curves = [fit(onset) for fit in (oc.fit_kaplan_meier, oc.fit_interval_survival)]
    report = oc.build_report(cohort, quarter="2026Q2", report_date="2026-10-01")
    for fit in curves:
        assert fit.verdict in ("OK", "CAUTION", "NOT ESTIMABLE")
    return {
        "cohort": cohort,
        "courses": courses,
        "onset": onset,
        "relapse": relapse,
        "rates": rates,
        "curves": curves,
        "report": report,
    }


def words(report, tmp_path: Path) -> str:
    return oc.write_html(report, tmp_path / "report.html").read_text(encoding="utf-8")


def test_nobody_responds(tmp_path):
    found = run_chain(clinic(tmp_path / "c", *many({-1: 20, 7: 19, 33: 18})))
    assert found["rates"].loc["all_eligible", ["k", "n"]].tolist() == [0, 14]
    assert not found["onset"]["event"].any()
    assert {fit.verdict for fit in found["curves"]} == {"NOT ESTIMABLE"}
    page = words(found["report"], tmp_path)
    assert not re.search(
        r"\b(inf|nan|NA|None(?! of the four rules))\b",
        re.sub(r"<style.*?</style>|<svg.*?</svg>", "", page, flags=re.S),
    )


def test_everybody_responds(tmp_path):
    found = run_chain(clinic(tmp_path / "c", *many({-1: 20, 7: 9, 33: 3})))
    assert found["rates"].loc["all_eligible", ["k", "n"]].tolist() == [14, 14]
    assert found["rates"].loc["all_eligible", "conf_high"] == 1
    assert found["onset"]["event"].all()
    assert found["relapse"].query("included")["reason"].eq("no_follow_up").all()
    words(found["report"], tmp_path)


def test_one_patient(tmp_path):
    found = run_chain(clinic(tmp_path / "c", *course("P1", {-1: 20, 7: 15, 33: 8})))
    assert found["rates"].loc["observed", ["k", "n"]].tolist() == [1, 1]
    assert "1 of 1" in words(found["report"], tmp_path)


def test_all_totals_missing_stops_with_a_reason(tmp_path):
    with pytest.raises(oc.DataError) as caught:
        oc.load_cohort(clinic(tmp_path / "c", *many({-1: "", 33: ""})))
    assert "E252" in str(caught.value)


def test_a_patient_with_doses_and_no_questionnaire_and_the_reverse(tmp_path):
    scores, doses = course("both", {-1: 20, 33: 8})
    doses += [("doses only", day) for day in INDUCTION]
    scores += [("scores only", 0, 17), ("scores only", 30, 9)]
    found = run_chain(clinic(tmp_path / "c", scores, doses))
    courses = found["courses"].set_index("patient_id")
    assert set(courses.index) == {"One/both", "One/doses only", "One/scores only"}
    assert courses.loc["One/doses only", "eligible_reason"] == "no_score"
    assert courses.loc["One/scores only", "eligible_reason"] == "not_started"
    assert set(found["onset"]["patient_id"]) == set(courses.index)


def test_two_series_count_as_one_person_in_the_headline(tmp_path):
    scores, doses = course("P1", {-1: 20, 33: 8, 99: 16, 133: 6})
    doses += [("P1", 100 + day) for day in INDUCTION]
    found = run_chain(clinic(tmp_path / "c", scores, doses))
    assert found["courses"]["series"].tolist() == [1, 2]
    assert found["courses"]["baseline"].tolist() == [20, 16]
    assert found["rates"].loc["all_eligible", "n"] == 1


def test_ties_on_a_day_leave_both_out_and_say_so(tmp_path):
    scores, doses = many({-1: 20, 33: 8})
    scores += [("P00", 33, 9), ("P01", 33, 8)]
    found = run_chain(clinic(tmp_path / "c", scores, doses))
    reasons = found["cohort"].ledger["reason"].value_counts()
    assert reasons.to_dict() == {"conflicting_duplicate": 2, "duplicate": 1}
    courses = found["courses"].set_index("patient_id")
    assert courses.loc["One/P00", "endpoint_total"] is not courses.loc["One/P01", "endpoint_total"]
    assert courses.loc["One/P01", "endpoint_total"] == 8


@pytest.mark.parametrize(("content", "code"), [("", "E205"), ("patient_id,date,phq9_total\n", "E252")])
def test_an_empty_file_and_a_header_alone_are_refused(tmp_path, content, code):
    folder = clinic(tmp_path / "c", *course("P1", {-1: 20}))
    (folder / "scores.csv").write_text(content, encoding="utf-8")
    with pytest.raises(oc.DataError) as caught:
        oc.load_cohort(folder)
    assert code in str(caught.value)


def test_a_quarter_without_patients_still_gives_a_report_that_says_so(tmp_path):
    cohort = oc.load_cohort(clinic(tmp_path / "c", *many({-1: 20, 33: 8})))
    report = oc.build_report(cohort, quarter="2024Q1", report_date="2026-10-01")
    page = words(report, tmp_path)
    assert "2024Q1" in page
    assert "Nobody had a first infusion in 2024Q1" in page
