"""Questionnaires: the published numbers, labels, codes and key words."""

from __future__ import annotations

import dataclasses
import math
import pickle
import re

import pytest

from outcomes.definitions.instrument import get_instrument, list_instruments, list_recognized
from outcomes.errors import DefinitionError


def test_three_questionnaires_are_recognized_and_the_others_must_be_named():
    assert list_recognized() == ("gad7", "pcl5", "phq9")
    others = {"gad2", "madrs", "pcl5_week", "pcptsd5", "peg", "phq2", "phq8", "phq9m", "qids_sr16", "who5"}
    assert set(list_instruments()) == {*list_recognized(), *others}


@pytest.mark.parametrize(
    ("id", "n_items", "item_max", "total_max", "recall_days", "caseness", "mcid", "reliable_change"),
    [("phq9", 9, 3, 27, 14, 10, 5, 6), ("gad7", 7, 3, 21, 14, 10, 4, 4), ("pcl5", 20, 4, 80, 30, 33, 10, 15)],
)
def test_the_constants_are_the_published_ones(
    id, n_items, item_max, total_max, recall_days, caseness, mcid, reliable_change
):
    it = get_instrument(id)

    assert (it.n_items, it.item_min, it.item_max) == (n_items, 0, item_max)
    assert (it.total_min, it.total_max, it.lower_is_better) == (0, total_max, True)
    assert it.recall_days == recall_days
    assert (it.caseness.value, it.caseness.op) == (caseness, ">=")
    assert it.mcid.value == mcid
    assert it.reliable_change_points() == reliable_change
    assert len(it.items) == n_items


@pytest.mark.parametrize(
    ("id", "bands"),
    [
        (
            "phq9",
            {"minimal": (0, 4), "mild": (5, 9), "moderate": (10, 14)}
            | {"moderately severe": (15, 19), "severe": (20, 27)},
        ),
        ("gad7", {"minimal": (0, 4), "mild": (5, 9), "moderate": (10, 14), "severe": (15, 21)}),
        ("pcl5", {}),
    ],
)
def test_the_bands_are_the_published_ones_and_the_pcl5_has_none(id, bands):
    assert {band.name: (band.low, band.high) for band in get_instrument(id).bands} == bands


# 1.96 * SD * sqrt(2 * (1 - r)), each product worked out by hand from the registry's published inputs
@pytest.mark.parametrize(
    ("id", "sd", "r", "points"),
    [
        ("phq9.alpha", 6.1, 0.89, 6),
        ("phq9.retest", 6.1, 0.84, 7),
        ("phq9.psychiatric", 6.1, 0.737, 9),
        ("gad7.nhs", 4.5, 0.92, 4),
        ("gad7.retest", 4.5, 0.83, 6),
        ("pcl5.alpha", 15, 0.94, 11),
        ("pcl5.retest", 15, 0.82, 18),
    ],
)
def test_the_reliable_change_points_follow_from_their_inputs(id, sd, r, points):
    it = get_instrument(id.split(".")[0])
    entry = next(entry for entry in it.reliable_change if entry.id == id)

    assert (entry.sd, entry.reliability) == (sd, r)
    assert entry.formula_value == pytest.approx(1.96 * sd * math.sqrt(2 * (1 - r)))
    assert points - 1 <= entry.formula_value < points
    assert it.reliable_change_points(id) == points


@pytest.mark.parametrize(
    ("id", "value"),
    [
        ("phq9.alpha", 5.61),
        ("phq9.retest", 6.76),
        ("phq9.sem", 6.93),
        ("phq9.psychiatric", 8.67),
        ("gad7.nhs", 3.53),
        ("gad7.retest", 5.14),
        ("pcl5.alpha", 10.18),
        ("pcl5.retest", 17.64),
    ],
)
def test_the_reliable_change_formula_gives_the_values_of_the_registry(id, value):
    registry = {entry.id: entry for entry in get_instrument(id.split(".")[0]).reliable_change}

    assert registry[id].formula_value == pytest.approx(value, abs=0.005)


def test_published_points_without_inputs_have_no_formula_value():
    registry = {entry.id: entry for entry in get_instrument("pcl5").reliable_change}

    assert registry["pcl5.marx2022a"].formula_value is None
    assert get_instrument("pcl5").reliable_change_points("pcl5.marx2022b") == 18


def test_an_unknown_instrument_or_registry_entry_is_refused_with_the_known_ones():
    with pytest.raises(DefinitionError, match="Known: gad2, gad7, madrs"):
        get_instrument("hamd")
    with pytest.raises(DefinitionError, match=r"Known: gad7\.nhs, gad7\.retest"):
        get_instrument("gad7").reliable_change_points("phq9.nhs")


@pytest.mark.parametrize("id", list_recognized())
def test_an_instrument_is_cached_frozen_and_survives_pickle(id):
    it = get_instrument(id)

    assert get_instrument(id) is it
    assert pickle.loads(pickle.dumps(it)) == it
    with pytest.raises(dataclasses.FrozenInstanceError):
        it.total_max = 1
    with pytest.raises(TypeError, match="cannot be changed"):
        it.answer_synonyms["x"] = 1


@pytest.mark.parametrize("id", list_recognized())
def test_each_stem_is_recognized_by_the_key_words_of_its_own_item_only(id):
    def words(text: str) -> set[str]:
        return set(re.findall(r"[a-z]+", text.lower()))

    it = get_instrument(id)
    for asked in it.items:
        for stem in (asked.stem, *asked.stem_variants):
            found = [
                item.number
                for item in it.items
                if any(set(alternative) <= words(stem) for alternative in item.key_words)
                and not (item.excluded_words and set(item.excluded_words) <= words(stem))
            ]
            assert found == [asked.number]


def test_the_pcl5_sleep_item_does_not_match_the_phq9_sleep_item():
    sleep = get_instrument("pcl5").items[19]

    assert set(sleep.excluded_words) <= set(
        re.findall("[a-z]+", get_instrument("phq9").items[2].stem.lower())
    )


@pytest.mark.parametrize(
    ("id", "label", "score"),
    [
        ("phq9", "not at all", 0),
        ("phq9", "over half the days", 2),
        ("phq9", "casi todos los días", 3),
        ("gad7", "not at all sure", 0),
        ("gad7", "an einzelnen tagen", 1),
        ("pcl5", "quite a bit", 3),
        ("pcl5", "ziemlich", 2),
        ("pcl5", "sehr stark", 4),
    ],
)
def test_answer_labels_are_accepted_in_three_languages(id, label, score):
    assert get_instrument(id).answer_values[label] == score


def test_not_at_all_sure_is_no_answer_of_the_phq9():
    assert "not at all sure" not in get_instrument("phq9").answer_values


def test_the_difficulty_codes_are_not_in_order_of_severity():
    expected = {"LA6572-7": 0, "LA6573-5": 1, "LA6575-0": 2, "LA6574-3": 3}

    assert get_instrument("phq9").difficulty.answer_codes == expected
    assert get_instrument("gad7").difficulty.answer_codes == expected


def test_loinc_item_codes_of_the_phq9_stand_at_their_items():
    codes = [
        "44250-9",
        "44255-8",
        "44259-0",
        "44254-1",
        "44251-7",
        "44258-2",
        "44252-5",
        "44253-3",
        "44260-8",
    ]

    assert [item.loinc for item in get_instrument("phq9").items] == codes


def test_the_clusters_of_the_pcl5_are_b_to_e_and_equal_its_subscales():
    it = get_instrument("pcl5")

    assert {name: (numbers[0], numbers[-1]) for name, numbers in it.clusters.items()} == {
        "B": (1, 5),
        "C": (6, 7),
        "D": (8, 14),
        "E": (15, 20),
    }
    assert [subscale.items for subscale in it.subscales] == list(it.clusters.values())
    assert [subscale.range for subscale in it.subscales] == [(0, 20), (0, 8), (0, 28), (0, 24)]
    assert get_instrument("phq9").clusters == {}
