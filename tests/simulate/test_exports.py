"""The folder that simulate_exports writes."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import outcomes as oc
from outcomes.definitions.instrument import get_instrument
from outcomes.errors import DefinitionError, ReportError
from outcomes.simulate.redcap_site import MISSING_CODE

SMALL = {"patients": 60, "sites": 3, "seed": 5}


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("simulate") / "small"
    oc.simulate_exports(folder, **SMALL)
    return folder


@pytest.fixture(scope="module")
def cohort(small) -> oc.Cohort:
    return oc.load_cohort(small)


@pytest.fixture(scope="module")
def default(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("simulate") / "default"
    oc.simulate_exports(folder)
    return folder


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def contents(folder: Path) -> dict[str, object]:
    """Text files by their bytes, workbooks by their members, as zips are not packed alike everywhere."""
    found: dict[str, object] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(io.BytesIO(data)) as book:
                found[path.relative_to(folder).as_posix()] = {
                    name: book.read(name) for name in book.namelist()
                }
        else:
            found[path.relative_to(folder).as_posix()] = data
    return found


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_the_same_arguments_write_the_same_bytes_in_another_process(small, tmp_path):
    code = f"import outcomes, sys; outcomes.simulate_exports(sys.argv[1], **{SMALL!r})"
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "TZ": "Pacific/Auckland"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "again")], check=True, env=environment)
    assert digests(tmp_path / "again") == digests(small)


def test_another_seed_writes_other_scores_and_the_same_truth(small, tmp_path):
    other = oc.simulate_exports(tmp_path / "other", **{**SMALL, "seed": 6})
    one = json.loads((small / "truth.json").read_text())
    assert other["truth"] == one["truth"]
    assert (
        digests(tmp_path / "other")["summit/records_SYNTHETIC.csv"]
        != digests(small)["summit/records_SYNTHETIC.csv"]
    )


def test_the_sample_data_are_made_by_the_default_command(default, root):
    made, kept = contents(default), contents(root / "sample_data")
    assert list(made) == list(kept)
    assert [name for name in made if made[name] != kept[name]] == []


def test_the_default_network_is_small_and_has_400_patients_in_six_quarters(default):
    assert sum(path.stat().st_size for path in default.rglob("*") if path.is_file()) < 3_000_000
    realized = json.loads((default / "truth.json").read_text())["realized"]
    assert realized["patients"] == 400
    assert list(realized["sites"]) == ["Harbor", "Lakeside", "Summit"]
    by_quarter = pd.DataFrame(
        {site: counts["patients_by_quarter"] for site, counts in realized["sites"].items()}
    )
    assert by_quarter.index.tolist() == ["2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2"]
    assert by_quarter.sum(axis=1).between(65, 69).all()


def test_what_is_written_is_what_is_given_back(tmp_path):
    truth = oc.simulate_exports(tmp_path / "new", patients=20, sites=1, quarters=2, first_quarter="2024Q3")
    assert json.loads((tmp_path / "new" / "truth.json").read_text()) == truth
    settings = tomllib.loads((tmp_path / "new" / "outcomes.toml").read_text())
    assert str(settings["observed_from"]) == "2024-01-01"
    assert str(settings["observed_until"]) == "2025-03-31"


def test_settings_name_every_file_and_say_that_it_is_synthetic(small):
    settings = tomllib.loads((small / "outcomes.toml").read_text())
    named = {
        source[key]
        for source in settings["source"]
        for key in ("file", "layout", "dictionary")
        if key in source
    }
    there = {path.relative_to(small).as_posix() for path in small.rglob("*") if path.is_file()}
    assert named == there - {"outcomes.toml", "truth.json"}
    assert "SYNTHETIC" in settings["name"]
    assert all("SYNTHETIC" in source["file"] for source in settings["source"])
    assert settings["limited_data_set"] is True


def test_rows_are_counted_as_a_plain_reader_counts_them(small):
    files = json.loads((small / "truth.json").read_text())["realized"]["files"]
    for name, counted in files.items():
        if name.endswith(".csv"):
            assert len(read_csv(small / name)) - 1 == counted["rows"], name
        else:
            assert openpyxl.load_workbook(small / name).active.max_row - 1 == counted["rows"], name


def test_faults_stay_well_under_a_fifth_of_the_rows_of_each_file(default):
    for name, file in json.loads((default / "truth.json").read_text())["realized"]["files"].items():
        if "file_loaded_twice" not in file["faults"]:
            assert sum(file["faults"].values()) < 0.10 * file["rows"], name


def test_the_ledger_agrees_with_the_planted_faults(small, cohort):
    realized = json.loads((small / "truth.json").read_text())["realized"]
    for number, (name, file) in enumerate(realized["files"].items(), start=1):
        ledger = cohort.ledger[cohort.ledger["input"] == number]
        expected = {"excluded": Counter(), "left_out": Counter(), "missing": Counter()}
        for kind, count in file["faults"].items():
            what = realized["fault_kinds"][kind]
            state = next(iter(what))
            expected[state][what[state]] += (
                file["rows"] if what["rows_each"] == "all" else count * what["rows_each"]
            )
        assert ledger["reason"].value_counts().to_dict() == expected["excluded"], name
        assert ledger["left_out"].value_counts().to_dict() == expected["left_out"], name
        scores = cohort.scores[cohort.scores["row_uid"].isin(ledger["row_uid"])]
        infusions = cohort.infusions[cohort.infusions["row_uid"].isin(ledger["row_uid"])]
        missing = {
            "total": int(scores["total"].isna().sum()),
            "dose_mg": int(infusions["dose_mg"].isna().sum()),
        }
        assert {what: count for what, count in missing.items() if count} == expected["missing"], name


def test_the_loaded_cohort_has_the_patients_and_infusions_that_were_written(small, cohort):
    sites = json.loads((small / "truth.json").read_text())["realized"]["sites"]
    assert cohort.patients["site"].value_counts().to_dict() == {
        site: n["patients"] for site, n in sites.items()
    }
    given = {site: counts["infusions_given"] for site, counts in sites.items()}
    assert cohort.infusions["site"].value_counts().to_dict() == given


def test_the_phases_that_a_site_declares_are_those_of_the_rules(cohort):
    infusions = cohort.infusions
    undeclared = infusions.assign(declared_phase=infusions["declared_phase"].mask(infusions["date"].notna()))
    declared, ruled = oc.derive_series(infusions), oc.derive_series(undeclared)
    assert infusions["declared_phase"].notna().any()
    assert declared["phase"].equals(ruled["phase"])
    assert declared["series"].equals(ruled["series"])


def test_the_form_site_asks_in_official_words_and_answers_in_words(small):
    header, *rows = read_csv(small / "harbor/questionnaires_SYNTHETIC.csv")
    phq9 = get_instrument("phq9")
    assert header[2:11] == [item.stem for item in phq9.items]
    assert header[12] == "PHQ-9 Total"
    assert {cell for row in rows for cell in row[2:11]} == {*phq9.answers, ""}
    complete = [row for row in rows if all(row[2:11])]
    sums = [sum(phq9.answers.index(cell) for cell in row[2:11]) for row in complete]
    agree = [int(row[12]) == total for row, total in zip(complete, sums, strict=True)]
    wrong = json.loads((small / "truth.json").read_text())["realized"]["files"][
        "harbor/questionnaires_SYNTHETIC.csv"
    ]
    assert agree.count(False) == wrong["faults"]["mistyped_total"]


def test_the_shared_pcl5_file_is_listed_twice_with_the_same_bytes(small):
    found = digests(small)
    assert found["harbor/pcl5_SYNTHETIC.csv"] == found["harbor/shared/pcl5_SYNTHETIC.csv"]


def test_the_spreadsheet_site_has_numbers_and_real_dates_without_a_time(small):
    sheet = openpyxl.load_workbook(small / "lakeside/scores_SYNTHETIC.xlsx").active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    dates = [row[1] for row in rows if row[1] is not None and not isinstance(row[1], str)]
    assert len(dates) > 0.9 * len(rows)
    assert {(date.hour, date.minute) for date in dates} == {(0, 0)}
    answers = {cell for row in rows for cell in row[2:11]}
    assert {0, 1, 2, 3, None} <= answers
    assert 4 not in answers


def test_the_redcap_site_numbers_instances_and_explains_its_codes(small):
    records = pd.read_csv(small / "summit/records_SYNTHETIC.csv", dtype=str, keep_default_na=False)
    repeats = records[records["redcap_repeat_instrument"] != ""]
    key = ["record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"]
    assert not repeats.duplicated(key).any()
    assert (records[records["redcap_repeat_instrument"] == ""]["redcap_event_name"] == "baseline_arm_1").all()
    assert str(MISSING_CODE) in set(records[[f"phq9_{k}" for k in range(1, 10)]].to_numpy().ravel())
    dictionary = read_csv(small / "summit/dictionary_SYNTHETIC.csv")
    assert len(dictionary[0]) == 18
    choices = {row[0]: row[5] for row in dictionary[1:]}
    assert (
        choices["phq9_1"]
        == "0, Not at all | 1, Several days | 2, More than half the days | 3, Nearly every day"
    )
    assert choices["pcl5_20"].endswith("4, Extremely")
    forms = [name for name in records.columns if name.split("_")[0] in ("phq9", "gad7", "pcl5")]
    assert {name for name in forms if not name.endswith(("_complete", "_timestamp"))} == set(choices) - {
        "record_id"
    }


def test_no_date_lies_outside_the_observed_time(default):
    realized = json.loads((default / "truth.json").read_text())["realized"]
    stamps = [row[0] for row in read_csv(default / "harbor/questionnaires_SYNTHETIC.csv")[1:]]
    assert realized["observed_from"] < min(stamps)
    assert max(stamps)[:10] <= realized["observed_until"]


def test_infusion_numbers_run_on_through_all_series_of_a_patient(default):
    infusions = pd.read_csv(default / "summit/infusions_SYNTHETIC.csv", dtype={"record_id": str})
    given = infusions[infusions["status"] == "administered"].drop_duplicates()
    for _, numbers in given.groupby("record_id")["infusion_number"]:
        assert numbers.tolist() == list(range(1, len(numbers) + 1))


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ReportError) as refused:
        oc.simulate_exports(tmp_path, **SMALL)
    assert refused.value.code == "E301"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert str(tmp_path) not in str(refused.value)


def test_an_empty_folder_may_be_given(tmp_path):
    (tmp_path / "empty").mkdir()
    oc.simulate_exports(tmp_path / "empty", patients=3)
    assert (tmp_path / "empty" / "truth.json").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_nothing_is_left_behind_when_writing_fails(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("outcomes.simulate.exports.write_text", fail)
    with pytest.raises(OSError, match="disk full"):
        oc.simulate_exports(tmp_path / "new", **SMALL)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"patients": 2},
        {"patients": 10.0},
        {"sites": 0},
        {"seed": -1},
        {"seed": 2**32},
        {"seed": True},
        {"quarters": 0},
        {"first_quarter": "2025-01"},
        {"first_quarter": "2025Q5"},
    ],
    ids=str,
)
def test_arguments_out_of_range_are_refused_before_anything_is_written(tmp_path, wrong):
    with pytest.raises(DefinitionError) as refused:
        oc.simulate_exports(tmp_path / "new", **{**SMALL, **wrong})
    assert refused.value.code == "E603"
    assert not (tmp_path / "new").exists()


def test_all_wrong_arguments_are_named_at_once(tmp_path):
    with pytest.raises(DefinitionError) as refused:
        oc.simulate_exports(tmp_path / "new", seed=-1, quarters=0)
    assert len(refused.value.problems) == 2


@pytest.mark.parametrize("sites", [1, 4])
def test_any_number_of_sites_can_be_written(tmp_path, sites):
    truth = oc.simulate_exports(tmp_path / "new", patients=12, sites=sites)
    assert len(truth["realized"]["sites"]) == sites


def test_one_site_records_safety_and_the_others_stay_without(cohort):
    table = oc.summarize_safety(cohort.infusions, by="site").set_index(["site", "sign"])
    recorded = table["n"].groupby(level="site").sum()
    assert (recorded > 0).tolist() == [True, False, False]
    harbor = table.loc["Harbor"]
    assert 0 < harbor.loc["nausea", "n"] < harbor.loc["nausea", "n_infusions"]
    assert 10 < harbor.loc["systolic_rise", "mean"] < 30
    assert harbor.loc["urinary_symptoms", "n"] == 0


def test_recording_safety_draws_nothing_from_the_stream_of_the_other_columns():
    from numpy.random import RandomState

    from outcomes.simulate.safety import record_safety

    infusions = pd.DataFrame({"status": ["given", "missed"], "number": pd.array([1, None], dtype="Int64")})
    one, other = RandomState(4), RandomState(4)
    first = record_safety(infusions, one)
    assert one.randint(1000) == other.randint(1000)
    assert first["nausea"].iloc[1] == ""
    pd.testing.assert_frame_equal(first, record_safety(infusions, RandomState(4)))
