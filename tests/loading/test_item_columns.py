"""Items and totals by their headers."""

from __future__ import annotations

import pytest

from outcomes.definitions.instrument import get_instrument
from outcomes.loading.item_columns import find_by_name
from outcomes.loading.item_texts import find_by_text, match_text
from outcomes.privacy.identifiers import normalize_header

PHQ9, GAD7, PCL5 = (get_instrument(id) for id in ("phq9", "gad7", "pcl5"))


def by_name(instrument, *headers: str):
    return find_by_name({place: normalize_header(header) for place, header in enumerate(headers)}, instrument)


@pytest.mark.parametrize(
    ("instrument", "pattern", "size"),
    [
        (PHQ9, "phq9_{}", 9),
        (PHQ9, "PHQ{}", 9),
        (PHQ9, "phq_9_{}", 9),
        (PHQ9, "phq10_{}", 9),
        (PHQ9, "phq9_q0{}", 9),
        (PHQ9, "phq9_item_{}", 9),
        (PHQ9, "PHQ-9 Item {}", 9),
        (PHQ9, "phq9_{}_cf6471", 9),
        (PHQ9, "DPQ0{}0", 9),
        (GAD7, "GAD{}", 7),
        (GAD7, "gad701_{}", 7),
        (GAD7, "gad7_q0{}", 7),
        (PCL5, "pcl5_{}", 20),
        (PCL5, "PCL-5 {}", 20),
    ],
)
def test_items_are_found_in_every_spelling(instrument, pattern, size):
    found = by_name(instrument, "id", *(pattern.format(number) for number in range(1, size + 1)))
    assert found.items == tuple(range(1, size + 1))
    assert found.doubt == ""


def test_pcl5_items_are_found_by_their_cluster_codes():
    codes = [
        f"pcl5_{letter}{n}"
        for letter, count in zip("bcde", (5, 2, 7, 6), strict=True)
        for n in range(1, count + 1)
    ]
    assert by_name(PCL5, *codes).items == tuple(range(20))


@pytest.mark.parametrize(
    ("instrument", "header"),
    [
        (PHQ9, "PHQ9Total"),
        (PHQ9, "sum_phq9"),
        (PHQ9, "PHQ9_SCORE"),
        (PHQ9, "PHQ9_Total_Score__c"),
        (GAD7, "GAD7SCORE"),
        (GAD7, "gad7_sum"),
        (PCL5, "pcl5_total"),
        (PHQ9, "phq-9 score"),
    ],
)
def test_totals_are_found_in_every_spelling(instrument, header):
    found = by_name(instrument, "id", header)
    assert (found.total, found.doubt) == (1, "")


@pytest.mark.parametrize(
    "header",
    [
        "phq9_rt",
        "phq9_severity",
        "PHQ9_Level",
        "phq9_complete",
        "phq9_date",
        "phq9_minus_item_9",
        "bisbas_q01",
        "epw1",
        "7u7d_q01",
    ],
)
def test_what_stands_beside_a_questionnaire_is_no_item(header):
    found = by_name(PHQ9, header)
    assert (found.items, found.total, found.doubt) == ((), None, "")


def test_items_numbered_from_zero_are_shifted_and_noted():
    found = by_name(PHQ9, *(f"phq9_q{number}" for number in range(9)))
    assert found.items == tuple(range(9))
    assert "column numbered 8 is item 9" in found.evidence[0]


def test_a_column_after_the_last_item_is_never_an_item():
    found = by_name(GAD7, *(f"gad7_{number}" for number in range(1, 9)))
    assert (found.items, found.extra, found.difficulty) == (tuple(range(7)), (7,), None)


def test_the_last_item_may_be_named_like_the_scale():
    assert by_name(PHQ9, *(f"phq{number}" for number in range(1, 10))).items == tuple(range(9))
    found = by_name(PHQ9, *(f"phq9_{number}" for number in range(1, 10)), "phq9")
    assert (found.items, found.total) == (tuple(range(9)), 9)


@pytest.mark.parametrize(
    ("headers", "doubt"),
    [
        (["phq9"], "scale"),
        (["phq_total"], "version"),
        (["PHQ_Total", *(f"phq{number}" for number in range(1, 10))], ""),  # its items name the version
        ([f"phq{number}" for number in range(1, 9)], "partial"),
        (["phq9_1", "phq9_2"], "partial"),
        ([*(f"phq9_{n}" for n in range(1, 10)), *(f"phq{n}" for n in range(1, 10))], "sets"),
        (["B_PHQ9_Total", "E_PHQ9_Total"], "visits"),
        (["t0_phq.phq_score"], "visits"),
        (["phq9_12m"], "visits"),
        (["phq9_total", "phq9_baseline_total"], "visits"),
    ],
)
def test_what_the_headers_leave_open_is_kept_as_a_doubt(headers, doubt):
    assert by_name(PHQ9, *headers).doubt == doubt


def by_text(instrument, *headers: str):
    return find_by_text({place: normalize_header(header) for place, header in enumerate(headers)}, instrument)


@pytest.mark.parametrize("instrument", [PHQ9, GAD7, PCL5])
def test_the_official_wording_is_found_as_a_set(instrument):
    found = by_text(instrument, "Timestamp", *(item.stem for item in instrument.items), "Total")
    assert found.items == tuple(range(1, instrument.n_items + 1))


def test_three_forms_side_by_side_are_told_apart():
    headers = [item.stem for instrument in (PHQ9, PCL5, GAD7) for item in instrument.items]
    assert by_text(PHQ9, *headers).items == tuple(range(9))
    assert by_text(PCL5, *headers).items == tuple(range(9, 29))
    assert by_text(GAD7, *headers).items == tuple(range(29, 36))


def test_single_hits_mean_nothing():
    headers = [item.stem for item in PHQ9.items]
    assert by_text(PHQ9, *headers[:8]).items == ()
    assert by_text(PHQ9, *headers[:4], "something else", *headers[4:]).items == ()


def test_two_forms_of_one_instrument_are_a_doubt():
    headers = [item.stem for item in GAD7.items]
    assert by_text(GAD7, *headers, *headers).doubt == "sets"


GERMAN = {
    "phq9": (
        "Wenig Interesse oder Freude", "Niedergeschlagenheit, Schwermut", "Vermehrter Schlaf",
        "Müdigkeit, keine Energie", "Weniger Appetit", "Schlechte Meinung von sich",
        "Schwierigkeiten, sich zu konzentrieren", "Bewegungen oder Sprache verlangsamt",
        "Gedanken, lieber tot zu sein",
    ),
    "gad7": (
        "Nervosität oder Anspannung", "Sorgen nicht kontrollieren können", "Übermäßige Sorgen",
        "Schwierigkeiten zu entspannen", "Rastlosigkeit, Stillsitzen fällt schwer",
        "Schnelle Verärgerung, Gereiztheit", "Angst, dass etwas Schlimmes geschieht",
    ),
}  # fmt: skip


@pytest.mark.parametrize("instrument", [PHQ9, GAD7])
def test_german_wording_is_found_as_a_set(instrument):
    headers = [text for id in GERMAN for text in GERMAN[id]]
    start = 0 if instrument is PHQ9 else 9
    found = by_text(instrument, *headers)
    assert found.items == tuple(range(start, start + instrument.n_items))


def test_each_german_text_says_its_own_item_only():
    for instrument in (PHQ9, GAD7):
        texts = dict(enumerate(map(normalize_header, GERMAN[instrument.id])))
        for other in (PHQ9, GAD7, PCL5):
            own = [{n + 1} if other is instrument else set() for n in texts]
            assert [match_text(text, other) for text in texts.values()] == own
