"""Public files of other projects give exactly the numbers counted by hand; they are never copied."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import outcomes as oc

FOLDER = os.environ.get("OUTCOMES_REAL_EXPORTS")
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="OUTCOMES_REAL_EXPORTS does not name the folder of public exports"
)

SINGLE = '[columns]\noccasion = "single"\n'
NOBODY = '[columns]\npatient_id = "row"\noccasion = "single"\n'
SYMPTOMS = ", ".join(f'"S{number}"' for number in range(1, 21))

CASES = {
    "studentlife_phq9": (
        ["E247"],
        "[columns]\nvisit_day = { pre = 0, post = 70 }\n",
        {"phq9": (84, 84, 0, 5.8571, 25)},
    ),
    "bangladesh_phq9_form": (["E226", "E247"], NOBODY, {"phq9": (682, 682, 0, 9.9032, 27)}),
    "mexican_students_phq_gad_bom": (
        ["E247"],
        SINGLE,
        {"phq9": (774, 771, 3, 7.1466, 24), "gad7": (772, 769, 3, 6.8544, 21)},
    ),
    "mexican_students_phq_gad_totals": (
        ["E247"],
        SINGLE,
        {"phq9": (774, 771, 3, 7.1466, 24), "gad7": (772, 769, 3, 6.8544, 21)},
    ),
    "isixhosa_phq9": (["E104"], "limited_data_set = true\n", {"phq9": (47, 47, 0, 4.2128, 17)}),
    "nivlab_gad7_attention_check": (["E247"], SINGLE, {"gad7": (406, 406, 0, 6.3251, 21)}),
    "bggm_phq_gad_t1": (
        ["E226", "E247"],
        NOBODY,
        {"phq9": (403, 403, 0, 7.4789, 26), "gad7": (403, 403, 0, 6.2060, 21)},
    ),
    "app_phq9_1to4_ddmm": (
        ["E250"],
        'limited_data_set = true\n[columns]\npatient_id = "row"\ndate_format = ["%d-%m-%Y", '
        '"%Y-%m-%d"]\n[phq9]\n',
        {"phq9": (6, 6, 0, 12.0, 27)},
    ),
    "app_phq9_1to4_iso": (
        ["E250"],
        'limited_data_set = true\n[columns]\npatient_id = "row"\n[phq9]\n',
        {"phq9": (4, 4, 0, 13.25, 19)},
    ),
    "synthetic_pcl5_s1_s20": (
        ["E250"],
        f"{SINGLE}[pcl5]\nitems = [{SYMPTOMS}]\n",
        {"pcl5": (5000, 5000, 0, 57.772, 80)},
    ),
    "veterans_pcl5_b1_e6": (
        ["E257"],
        f"{NOBODY}[pcl5]\nitems = {list(range(1, 21))}\n",
        {"pcl5": (221, 221, 0, 30.5294, 80)},
    ),
    "synthetic_zero_based_items": (
        ["E226", "E249"],
        'limited_data_set = true\n[columns]\npatient_id = "row"\ndate = "sim_date"\ntime_zone = "UTC"\n',
        {"phq9": (600, 600, 0, 12.065, 27)},
    ),
    "nhanes_dpq_j": (["E247"], SINGLE, {"phq9": (5093, 5068, 25, 3.2411, 25)}),
}

ENDINGS = {"nhanes_dpq_j": "xpt"}


@pytest.mark.parametrize("name", CASES)
def test_a_real_export_asks_first_and_then_gives_its_numbers(name):
    asked, layout, expected = CASES[name]
    path = Path(FOLDER or "") / "tabular" / f"{name}.{ENDINGS.get(name, 'csv')}"
    assert set(asked) <= {problem.code for problem in oc.inspect_source(path).questions}
    scores = oc.load_cohort(path, layout=layout).scores
    found = {
        id: (
            len(rows),
            int(rows["total"].notna().sum()),
            int(rows["total"].isna().sum()),
            round(rows["total"].mean(), 4),
            rows["total"].max(),
        )
        for id, rows in scores.groupby("instrument")
    }
    assert found == expected


@pytest.mark.parametrize(
    "name",
    [
        "btheb_wide",
        "claus_2020",
        "antidepressants_before_after",
        "ketamine_yale_prepost_bdi_cadss",
        "synthetic_patients_as_columns",
    ],
)
def test_a_file_without_our_instruments_is_refused(name):
    with pytest.raises(oc.DataError, match="E250"):
        oc.load_cohort(Path(FOLDER or "") / "tabular" / f"{name}.csv")


def test_zeros_that_another_reader_spoiled_are_refused():
    with pytest.raises(oc.DataError, match="E251"):
        oc.load_cohort(Path(FOLDER or "") / "tabular" / "nhanes_dpq_j_as_read_by_pandas.csv", layout=SINGLE)
