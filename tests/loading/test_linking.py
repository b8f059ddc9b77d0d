"""Files that cannot be brought together are told of, or refused; never passed over."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import DataError
from outcomes.loading.linking import note_twins

SETTINGS = "limited_data_set = true\nobserved_until = 2026-12-31\n"
DAYS = "patient_id,day,phq9_total\nA,0,18\nA,14,7\n"
DATES = "patient_id,date,phq9_total\nA,2026-03-01,18\nA,2026-03-15,7\n"
INFUSED_DAYS = "patient_id,day,route\nA,0,IV\nA,3,IV\n"
INFUSED_DATES = "patient_id,infusion_date,route\nA,2026-03-01,IV\nA,2026-03-04,IV\n"


@pytest.fixture
def load(tmp_path):
    def loader(files, settings=SETTINGS):
        lines = [settings]
        for name, text in files.items():
            (tmp_path / name).write_text(text)
            role = "infusions" if "infusions" in name else "scores"
            lines.append(f'[[source]]\nfile = "{name}"\nrole = "{role}"')
        (tmp_path / "outcomes.toml").write_text("\n".join(lines))
        return oc.load_cohort(tmp_path)

    return loader


@pytest.mark.parametrize(
    ("files", "inputs"),
    [
        ({"s.csv": DATES, "infusions.csv": INFUSED_DAYS}, "input-1, input-2"),
        (
            {"s.csv": DATES, "infusions.csv": INFUSED_DATES, "infusions2.csv": INFUSED_DAYS},
            "input-2, input-3",
        ),
    ],
)
def test_patients_whose_files_count_time_in_two_ways_are_refused(load, files, inputs):
    with pytest.raises(DataError, match="E247") as caught:
        load(files)
    (problem,) = caught.value.found
    assert problem.where == inputs
    assert "for 1 patients" in problem.message


@pytest.mark.parametrize(
    "files",
    [
        {"s.csv": DAYS, "infusions.csv": INFUSED_DATES},
        {"s.csv": DAYS, "infusions.csv": INFUSED_DAYS},
        {"s.csv": DATES.replace("A,", "B,"), "infusions.csv": INFUSED_DAYS},
    ],
)
def test_days_beside_dated_infusions_and_different_patients_are_admissible(load, files):
    assert len(load(files).scores) == 2


def test_a_questionnaire_that_one_file_dates_and_another_counts_in_days_is_a_duplicate(load):
    more = "".join(f"B,2026-04-{day},5\n" for day in range(10, 20))
    days = DAYS.replace("14,7", "14,8") + "".join(f"C,{day},5\n" for day in range(40, 50))
    cohort = load({"s.csv": DATES + more, "t.csv": days, "infusions.csv": INFUSED_DATES})
    reason = cohort.ledger["reason"].astype(object).where(cohort.ledger["reason"].notna(), None)
    found = dict(zip(cohort.ledger["row_uid"], reason, strict=True))
    assert {uid: found[uid] for uid in ("1:0:2", "1:0:3", "2:0:2", "2:0:3")} == {
        "1:0:2": None,
        "1:0:3": "conflicting_duplicate",
        "2:0:2": "duplicate",
        "2:0:3": "conflicting_duplicate",
    }
    assert cohort.scores.query("patient_id == 'A'")["date"].dt.day.tolist() == [1]


def test_patients_of_only_one_kind_of_file_are_counted(load):
    scores = "patient_id,day,phq9_total\nK-011,0,18\nB,0,7\n0007,0,5\n"
    infusions = "patient_id,day,route\nk011,0,IV\nB,0,IV\n7,0,IV\n"
    notes = load({"s.csv": scores, "infusions.csv": infusions}).notes
    assert "2 of 3 patients with infusions have no questionnaire" in notes
    assert "2 of 3 patients with questionnaires have no infusion" in notes
    assert any(note.startswith("E221 2 ids differ from an id of another file only by") for note in notes)
    assert not any("K-011" in note or "0007" in note for note in notes)
    plain = load({"s.csv": DAYS, "infusions.csv": INFUSED_DAYS}).notes
    assert not any("of another file" in note or "patients with" in note for note in plain)


@pytest.mark.parametrize(
    ("files", "twins"),
    [
        ([["7"], ["7.0"], ["007"]], 2),
        ([["K-011"], ["K 11"]], 1),
        ([["007", "7"], ["7", "007"]], 0),
        ([["A"], ["B"]], 0),
        ([["10"], ["1"]], 0),
        ([["7", "007"]], 0),
    ],
)
def test_ids_that_differ_in_their_spelling_across_files_are_counted(files, twins):
    frames = [pd.DataFrame({"site": pd.NA, "patient_id": ids}, dtype="string") for ids in files]
    notes = note_twins(frames, within_site=True)
    assert [note.split()[1] for note in notes] == ([str(twins)] if twins else [])


def test_ids_of_two_sites_are_no_twins_where_they_are_unique_within_a_site():
    frames = [
        pd.DataFrame({"site": site, "patient_id": [id]}, dtype="string")
        for site, id in (("North", "7"), ("South", "07"))
    ]
    assert note_twins(frames, within_site=True) == []
    assert len(note_twins(frames, within_site=False)) == 1
