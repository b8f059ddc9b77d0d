"""Profiles: their values, changes and hash, and what a change may not be."""

from __future__ import annotations

import dataclasses
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from importlib.resources import files

import numpy as np
import pytest

from outcomes.definitions.definition_table import list_definitions
from outcomes.definitions.instrument import get_instrument, list_instruments
from outcomes.definitions.profile import get_profile, list_profiles
from outcomes.definitions.series_keys import SERIES_KEYS as KEYS
from outcomes.errors import DefinitionError


def test_the_shipped_profiles_are_listed():
    assert list_profiles() == (
        "cms159", "default", "hedis_dms", "hedis_drr", "hull2022", "mbhr2", "mbhr7", "mcinnes2022", "nhs_tt",
        "nys_cocm", "sustain1_like",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("series_gap_days", 60),
        ("induction_min_infusions", 4),
        ("induction_max_infusions", 8),
        ("induction_min_days", 7),
        ("induction_max_days", 28),
        ("induction_end_gap_days", 10),
        ("long_gap_days", 28),
        ("same_day_policy", "assume_before"),
        ("acute_hours", 4),
        ("early_hours", 72),
        ("early_days", 3),
        ("caseness", {"phq9": 10, "gad7": 10, "pcl5": 33}),
        ("baseline_window_days", {"phq9": (-14, 0), "gad7": (-14, 0), "pcl5": (-30, 0)}),
        ("post_window_days", (14, 31)),
        ("follow_up_windows", {"90": (60, 119), "180": (120, 240), "365": (305, 425)}),
        ("response_percent", {"phq9": 50, "gad7": 50}),
        ("response_points", {"pcl5": 10}),
        ("remission_value", {"phq9": 5, "gad7": 5, "pcl5": 33}),
        ("reliable_change", {"phq9": 6, "gad7": 4, "pcl5": 15}),
        ("mcid", {"phq9": 5, "gad7": 4, "pcl5": 10}),
        ("csc_cutoff_op", {"phq9": "<", "gad7": "<", "pcl5": "<="}),
        ("csc_cutoff", {"phq9": 10, "gad7": 10, "pcl5": 28}),
        ("relapse_confirm_days", (5, 30)),
        ("relapse_requires_loss_of_response", True),
        ("relapse_care_events", ("admission", "new_series")),
        ("prorate_max_missing", {"phq9": 2, "gad7": 1, "pcl5": 4}),
    ],
)
def test_the_default_values_are_those_of_the_clinical_definitions(key, value):
    assert get_profile("default").value(key) == value


@pytest.mark.parametrize("id", list_profiles())
def test_every_value_has_a_status_and_a_source(id):
    profile = get_profile(id)

    assert set(profile.settings) == set(profile.keys)
    for key, setting in profile.settings.items():
        for part in (setting.status, setting.source):
            texts = part.values() if isinstance(part, Mapping) else [part]
            assert all(text.strip() for text in texts), key


@pytest.mark.parametrize("id", ["phq9", "gad7", "pcl5"])
def test_the_default_profile_and_the_questionnaires_agree(id):
    profile, it = get_profile("default"), get_instrument(id)

    assert profile.by_instrument("caseness")[id] == it.caseness.value
    assert profile.by_instrument("mcid")[id] == it.mcid.value
    assert profile.by_instrument("reliable_change")[id] == it.reliable_change_points()
    assert profile.by_instrument("prorate_max_missing")[id] == it.missing.prorate_max_missing


def test_get_profile_gives_a_profile_back_as_it_is_and_the_same_object_for_an_id():
    profile = get_profile("default")

    assert get_profile(profile) is profile
    assert get_profile() is profile


def test_an_unknown_profile_is_refused_with_the_known_ones():
    with pytest.raises(DefinitionError, match="Known: cms159, default, hedis_dms"):
        get_profile("nobody2020")


def among_three(values: dict) -> dict:
    return {name: values[name] for name in ("gad7", "pcl5", "phq9")}


def test_by_instrument_spreads_a_scalar_and_gives_none_where_there_is_no_value():
    profile = get_profile("default")

    assert among_three(profile.by_instrument("response_percent")) == {"gad7": 50, "pcl5": None, "phq9": 50}
    assert profile.by_instrument("acute_hours") == dict.fromkeys(list_instruments(), 4)


def test_a_dropped_condition_is_none_and_an_inherited_value_is_marked():
    profile = get_profile("mcinnes2022")

    assert among_three(profile.by_instrument("caseness")) == {"gad7": None, "pcl5": None, "phq9": None}
    assert not profile.settings["caseness"].inherited
    assert profile.value("mcid") == get_profile("default").value("mcid")
    assert profile.settings["mcid"].inherited


def test_matured_day_is_the_end_of_the_post_window_for_the_latest_anchor():
    assert get_profile("default").matured_day == 28 + 31
    assert get_profile("default").replace(endpoint_anchor="first_infusion").matured_day == 31


def test_replace_leaves_the_original_and_marks_the_change():
    default = get_profile("default")
    changed = default.replace(response_percent={"phq9": 40})

    assert among_three(changed.by_instrument("response_percent")) == {"gad7": 50, "pcl5": None, "phq9": 40}
    assert default.by_instrument("response_percent")["phq9"] == 50
    assert (changed.id, changed.changed, default.changed) == ("default", ("response_percent",), ())
    setting = changed.settings["response_percent"]
    assert (setting.status, setting.source) == ("project", "set by the user")


def test_replace_with_a_scalar_sets_the_instruments_in_use_and_none_drops_the_condition():
    profile = get_profile("default").replace(response_percent=40, relapse_min_rise=None, mcid={"gad7": None})

    assert among_three(profile.by_instrument("response_percent")) == {"gad7": 40, "pcl5": None, "phq9": 40}
    assert profile.value("relapse_min_rise") is None
    assert among_three(profile.by_instrument("mcid")) == {"gad7": None, "pcl5": 10, "phq9": 5}


def test_replace_with_the_same_value_is_no_change():
    default = get_profile("default")

    assert default.replace(acute_hours=4.0, caseness={"phq9": 10}) == default


def test_replace_takes_numpy_numbers_and_lists():
    profile = get_profile("default").replace(acute_hours=np.float64(6), mcid={"phq9": np.int64(4)})
    profile = profile.replace(post_window_days=[14, 28], instruments=["phq9"])

    assert (profile.value("acute_hours"), profile.by_instrument("mcid")["phq9"]) == (6, 4)
    assert (profile.value("post_window_days"), profile.instruments) == ((14, 28), ("phq9",))


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"respones_percent": 40}, "E601", 'unknown key "respones_percent"'),
        ({"response_percent": 0}, "E603", "at least 1 and at most 100"),
        ({"response_percent": 101}, "E603", "at least 1 and at most 100"),
        ({"response_percent": "40"}, "E603", "must be a number"),
        ({"response_percent": float("nan")}, "E603", "must be a number"),
        ({"caseness": 10.5}, "E603", "must be a whole number"),
        ({"caseness": True}, "E603", "must be a whole number"),
        ({"caseness": {"hamd": 10}}, "E603", "by instrument for gad2, gad7, madrs"),
        ({"caseness": {"phq9": 28}}, "E603", "range of the phq9 total"),
        ({"acute_hours": {"phq9": 4}}, "E603", "must be a number"),
        ({"acute_hours": None}, "E603", "cannot be dropped"),
        ({"acute_hours": -1}, "E603", "at least 0"),
        ({"baseline_window_days": [-14, 1]}, "E603", "at most 0"),
        ({"baseline_window_days": {"phq9": None}}, "E603", "cannot be dropped"),
        ({"post_window_days": [31, 14]}, "E603", "earlier day first"),
        ({"post_window_days": [14]}, "E603", "pair of days"),
        ({"post_window_days": [20, 31]}, "E603", "post_window_target must lie within"),
        ({"induction_min_infusions": 9}, "E603", "must not be above induction_max_infusions"),
        ({"induction_min_days": 29}, "E603", "must not be above induction_max_days"),
        ({"follow_up_windows": {"90": [100, 119]}}, "E603", "within its window"),
        ({"follow_up_windows": {"soon": [1, 2]}}, "E603", "target day"),
        ({"follow_up_windows": 90}, "E603", "pair of days for each target day"),
        ({"same_day_policy": "before"}, "E603", "assume_before, assume_after, require_evidence"),
        ({"relapse_care_events": "admission"}, "E603", "list"),
        ({"relapse_care_events": ["admission", "admission"]}, "E603", "each once"),
        ({"relapse_requires_loss_of_response": 1}, "E603", "true or false"),
        ({"remission_label": ""}, "E603", "not empty"),
        ({"remission_op": {"phq9": None}}, "E603", "remission_op and remission_value"),
        ({"csc_cutoff": None}, "E603", "csc_cutoff_op and csc_cutoff"),
        ({"instruments": []}, "E603", "must name defined questionnaires"),
        ({"instruments": ["hamd"]}, "E603", "must name defined questionnaires"),
        ({"instruments": ["phq9", "phq9"]}, "E603", "each once"),
    ],
)
def test_replace_refuses_what_a_key_cannot_take(changes, code, words):
    with pytest.raises(DefinitionError) as caught:
        get_profile("default").replace(**changes)

    assert caught.value.code == code
    assert words in str(caught.value)


def test_replace_names_all_problems_at_once():
    with pytest.raises(DefinitionError) as caught:
        get_profile("default").replace(response_percent=0, acute_hours=None)

    assert len(caught.value.found) == 2


def test_value_refuses_an_unknown_key():
    with pytest.raises(DefinitionError, match='unknown key "gate"'):
        get_profile("default").value("gate")


def test_an_instrument_without_a_needed_value_cannot_be_chosen():
    with pytest.raises(DefinitionError, match="baseline_window_days needs a value for gad7"):
        get_profile("mcinnes2022").replace(instruments=["phq9", "gad7"])


def test_the_hash_is_the_same_in_every_process():
    code = (
        "from outcomes.definitions.profile import *; print(*(get_profile(id).hash for id in list_profiles()))"
    )
    expected = " ".join(get_profile(id).hash for id in list_profiles())

    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected


CHANGES = [
    {"response_percent": 40},
    {"post_window_days": (14, 30)},
    {"same_day_policy": "assume_after"},
    {"relapse_confirm_days": None},
    {"mcid": {"gad7": None}},
    {"follow_up_windows": {"90": (60, 119)}},
    {"relapse_care_events": ["admission"]},
    {"relapse_requires_loss_of_response": False},
    {"instruments": ["phq9"]},
]


def test_every_change_of_a_value_gives_another_hash():
    default = get_profile("default")
    hashes = {default.hash, *(default.replace(**change).hash for change in CHANGES)}

    assert len(hashes) == len(CHANGES) + 1
    assert all(len(digits) == 12 for digits in hashes)


def test_changing_back_gives_the_first_hash():
    default = get_profile("default")

    assert default.replace(min_percent_denominator=5).replace(min_percent_denominator=11).hash == default.hash


def test_a_profile_is_frozen_hashable_and_survives_pickle():
    profile = get_profile("mcinnes2022")

    assert pickle.loads(pickle.dumps(profile)) == profile
    assert len({profile, pickle.loads(pickle.dumps(profile))}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        profile.id = "x"
    with pytest.raises(TypeError, match="cannot be changed"):
        get_profile("default").value("caseness")["phq9"] = 1


def test_list_definitions_gives_each_instrument_its_own_row_status_and_source():
    table = list_definitions("default").set_index(["key", "instrument"])

    assert table.loc[("remission_value", "phq9"), ["value", "status"]].tolist() == ["5", "verified"]
    assert table.loc[("remission_value", "gad7"), ["value", "status"]].tolist() == ["5", "project"]
    assert table.loc[("response_percent", "pcl5"), ["value", "status", "source"]].tolist() == ["none", "", ""]
    assert table.loc[("post_window_days", ""), "value"] == "14 to 31"
    assert table.loc[("relapse_requires_loss_of_response", ""), "value"] == "yes"
    assert table.loc[("follow_up_windows", ""), "value"] == "90: 60 to 119; 180: 120 to 240; 365: 305 to 425"
    assert not table["inherited"].any()


def test_list_definitions_holds_every_key_and_marks_inherited_and_changed_ones():
    table = list_definitions(get_profile("mcinnes2022").replace(min_percent_denominator=5))

    assert list(dict.fromkeys(table["key"])) == list(KEYS)
    assert not table.duplicated(["key", "instrument"]).any()
    assert table.loc[table["changed"], "key"].tolist() == ["min_percent_denominator"]
    assert "series_gap_days" in set(table.loc[table["inherited"], "key"])
    assert table.loc[table["key"] == "caseness", ["value", "inherited"]].to_numpy().tolist() == [
        ["none", False]
    ]


def test_the_shipped_files_hold_no_key_twice_and_every_key_has_a_meaning():
    text = (files("outcomes.definitions") / "profiles" / "default.toml").read_text(encoding="utf-8")

    assert sorted(line[1:-1] for line in text.splitlines() if line.startswith("[")) == sorted(KEYS)
    assert all(spec.meaning for spec in KEYS.values())
