"""Control chart, funnel and first table: by hand, against known limits, and by what must hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.summaries.control_chart import SIGNALS


def quarters(count, first="2020Q1"):
    return pd.period_range(first, periods=count, freq="Q").astype(str)


def chart(shares, n=100, **more):
    k = [round(n * share) for share in shares]
    return oc.summarize_control_chart(pd.DataFrame({"quarter": quarters(len(k)), "k": k, "n": n}), **more)


def signals(frame):
    return frame["signal"].fillna("").tolist(), frame["side"].fillna("").tolist()


def test_limits_by_hand():
    frame = chart([0.5] * 12)
    assert frame["center"].tolist() == pytest.approx([0.5] * 12)
    assert frame["low"].iloc[0] == pytest.approx(0.5 - 3 * 0.05)
    assert frame["high_warning"].iloc[0] == pytest.approx(0.5 + 2 * 0.05)
    assert frame.attrs["widening"] == 1.0
    assert frame["signal"].isna().all()


def test_the_level_is_that_of_the_first_quarters_and_does_not_move():
    frame = chart([0.5] * 12 + [0.9] * 3)
    assert frame["center"].tolist() == pytest.approx([0.5] * 15)
    assert frame["baseline"].tolist() == [True] * 12 + [False] * 3
    assert signals(frame) == ([""] * 12 + ["outside"] * 3, [""] * 12 + ["above"] * 3)


def test_seven_on_one_side():
    found, side = signals(chart([0.5, 0.52, 0.48] * 4 + [0.55, 0.53] * 3 + [0.55]))
    assert found[-1] == "run_of_7"
    assert found[-2] == ""
    assert side[-1] == "above"


def test_seven_falling():
    found, side = signals(chart([0.5, 0.52, 0.48] * 4 + [0.57, 0.55, 0.53, 0.51, 0.49, 0.47, 0.45]))
    assert (found[-1], side[-1]) == ("trend_of_7", "below")
    assert found[-2] == ""


def test_two_of_three_beyond_two_thirds():
    found, side = signals(chart([0.5, 0.52, 0.48] * 4 + [0.38, 0.5, 0.385]))
    assert (found[-1], side[-1]) == ("two_of_three", "below")
    assert found[-3] == ""


def test_with_few_quarters_no_signal_is_claimed():
    frame = chart([0.5] * 9 + [0.95] * 2)
    assert frame["provisional"].all()
    assert frame["signal"].isna().all()


def test_quarters_of_few_start_no_signal():
    counts = pd.DataFrame({"quarter": quarters(13), "k": [50] * 12 + [10], "n": [100] * 12 + [10]})
    assert oc.summarize_control_chart(counts)["signal"].isna().all()


def test_quarters_without_anybody_stand_in_the_chart():
    counts = pd.DataFrame({"quarter": ["2025Q1", "2025Q4"], "k": [1, 2], "n": [20, 20]})
    frame = oc.summarize_control_chart(counts)
    assert frame["n"].tolist() == [20, 0, 0, 20]
    assert frame["share"].isna().tolist() == [False, True, True, False]


def test_a_new_level_leaves_the_earlier_quarters_as_they_were():
    frame = chart([0.3] * 12 + [0.6] * 12, rebase_at="2023Q1")
    assert frame["center"].tolist() == pytest.approx([0.3] * 12 + [0.6] * 12)
    assert frame["signal"].isna().all()


def test_more_variation_than_chance_widens_the_limits():
    frame = chart([0.3, 0.7] * 6, n=200)
    assert frame.attrs["widening"] > 1.25
    assert frame["high"].iloc[0] == 1.0


@pytest.mark.parametrize(
    ("quarter", "message"), [(["2025-1"], "2026Q2"), (["2025Q1", "2025Q1"], "one row per quarter")]
)
def test_what_is_no_series_of_quarters_is_refused(quarter, message):
    with pytest.raises(oc.DataError, match=message):
        oc.summarize_control_chart(pd.DataFrame({"quarter": quarter, "k": 1, "n": 20}))


def test_a_stable_clinic_has_few_false_alarms():
    """The four rules together, for the next quarter after twelve: about one in forty at 60 patients."""
    rng = np.random.default_rng(3)
    alarms = [
        pd.notna(
            oc.summarize_control_chart(
                pd.DataFrame({"quarter": quarters(13), "k": rng.binomial(60, 0.5, 13), "n": 60})
            )["signal"].iloc[-1]
        )
        for _ in range(400)
    ]
    assert np.mean(alarms) < 0.05
    assert list(SIGNALS) == ["outside", "run_of_7", "trend_of_7", "two_of_three"]


def funnel(k, n, **more):
    names = [f"S{number:02}" for number in range(len(n))]
    return oc.summarize_funnel(pd.DataFrame({"site": names, "k": k, "n": n}), **more)


def test_the_limits_of_twenty_at_one_half_are_symmetric():
    frame = funnel([10] * 5, [20] * 5, center=0.5)
    site = frame[frame["kind"] == "site"].iloc[0]
    assert site["low_95"] == pytest.approx(0.2808, abs=5e-5)
    assert site["high_95"] == pytest.approx(0.7192, abs=5e-5)
    assert site["low_998"] == pytest.approx(1 - site["high_998"], abs=1e-9)


def test_places_by_the_limits_and_no_limits_below_five_sites():
    frame = funnel([10, 10, 10, 15, 19], [20] * 5, center=0.5)
    assert frame[frame["kind"] == "site"]["place"].tolist() == ["inside"] * 3 + ["above", "far above"]
    few = funnel([10, 10, 19], [20] * 3)
    assert few["place"].isna().all()
    assert few[["low_95", "high_998"]].isna().all().all()


def test_adjusted_limits_are_wider_where_sites_differ_more_than_chance():
    spread = funnel([20, 80] * 6, [100] * 12)
    site = spread[spread["kind"] == "site"].iloc[0]
    assert site["adjusted_low_95"] < site["low_95"]
    same = funnel([50] * 12, [100] * 12)
    site = same[same["kind"] == "site"].iloc[0]
    assert site["adjusted_low_95"] == pytest.approx(site["low_95"], abs=0.01)
    assert funnel([20, 80] * 4, [100] * 8)["adjusted_low_95"].isna().all()


def test_about_one_site_in_twenty_lies_outside_by_chance():
    rng = np.random.default_rng(8)
    outside = []
    for _ in range(60):
        n = rng.integers(15, 120, 20)
        frame = funnel(rng.binomial(n, 0.45), n, center=0.45)
        outside.append((frame.loc[frame["kind"] == "site", "place"] != "inside").mean())
    assert 0.03 < np.mean(outside) < 0.07


def people(count=40):
    rng = np.random.default_rng(2)
    ids = [f"p{number:02}" for number in range(count)]
    courses = pd.DataFrame(
        {
            "patient_id": ids * 2, "series": 1, "instrument": ["phq9"] * count + ["gad7"] * count,
            "site": "S", "route": ["IV", "IM"] * count, "drug": "ketamine", "n_infusions": 6,
            "baseline": rng.integers(8, 27, 2 * count),
        }
    )  # fmt: skip
    patients = pd.DataFrame(
        {"patient_id": ids, "age": rng.integers(20, 70, count), "sex": ["F", "male"] * (count // 2)}
    )
    return courses, patients


def test_numbers_and_shares_of_the_first_table_by_hand():
    courses, patients = people()
    table = oc.summarize_characteristics(courses, patients, by="route")
    age = table[(table["variable"] == "age") & (table["group"] == "IV")].iloc[0]
    own = patients[courses["route"].head(40).eq("IV").to_numpy()]["age"]
    assert (age["n"], age["mean"]) == (20, pytest.approx(own.mean()))
    other = patients[courses["route"].head(40).eq("IM").to_numpy()]["age"]
    by_hand = abs(own.mean() - other.mean()) / np.sqrt((own.var() + other.var()) / 2)
    assert age["difference"] == pytest.approx(by_hand)
    sex = table[(table["variable"] == "sex") & (table["group"] == "all")].set_index("level")
    assert sex["k"].to_dict() == {"female": 20, "male": 20}
    assert {"baseline phq9", "baseline gad7"} <= set(table["variable"])


def test_a_difference_of_two_levels_is_that_of_proportions():
    courses, patients = people()
    patients["sex"] = (["F"] * 3 + ["M"]) * 10
    table = oc.summarize_characteristics(courses, patients, by="route")
    rows = table[(table["variable"] == "sex") & (table["level"] == "female")].set_index("group")
    p, q = (float(rows.loc[name, "share"]) for name in ("IV", "IM"))
    by_hand = abs(p - q) / np.sqrt((p * (1 - p) + q * (1 - q)) / 2)
    assert rows["difference"].iloc[0] == pytest.approx(by_hand)


def test_groups_with_nothing_in_common_have_no_number_and_missing_values_are_counted():
    courses, patients = people()
    courses["drug"] = np.where(courses["route"] == "IV", "ketamine", "esketamine")
    patients.loc[:4, "age"] = np.nan
    table = oc.summarize_characteristics(courses, patients, by="route")
    assert table.loc[table["variable"] == "drug", "difference"].isna().all()
    age = table[(table["variable"] == "age") & (table["group"] == "all")].iloc[0]
    assert (age["n"], age["n_missing"]) == (35, 5)


def test_nobody_gives_an_empty_table():
    courses, patients = people()
    assert oc.summarize_characteristics(courses.head(0), patients.head(0)).empty
