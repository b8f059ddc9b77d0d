"""The same patients under each definition, and the published rates beside them."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.definitions.profile import get_profile
from outcomes.errors import DataError

SURE = ("no_exclusions", "all_visits_qualify", "all_diagnosed")
SERIES = ["default", "hull2022", "mcinnes2022", "sustain1_like"]


@pytest.fixture(scope="module")
def table(sample_cohort) -> pd.DataFrame:
    return oc.summarize_profiles(sample_cohort, assume=SURE)


def pick(table: pd.DataFrame, **where: object) -> pd.Series:
    for name, value in where.items():
        table = table[(table[name] == value).fillna(False).astype(bool)]
    assert len(table) == 1
    return table.iloc[0]


def test_every_shipped_profile_has_its_rows(table):
    assert list(dict.fromkeys(table["profile"])) == [
        *SERIES, "cms159", "hedis_dms", "hedis_drr", "mbhr2", "mbhr7", "nhs_tt", "nys_cocm",
    ]  # fmt: skip


@pytest.mark.parametrize("id", SERIES)
def test_a_profiles_rates_are_those_of_its_own_courses(table, sample_cohort, id):
    profile, cohort = get_profile(id), sample_cohort
    scores = oc.derive_endpoints(cohort.scores, cohort.infusions, cohort.patients, profile=profile)
    courses = oc.build_courses(
        scores, cohort.infusions, cohort.patients, profile=profile, excluded=cohort.excluded
    )
    rates = oc.summarize_endpoints(courses, endpoints=["response"], profile=profile)
    for denominator in ("all_eligible", "observed"):
        where = {"instrument": "phq9", "endpoint": "response", "denominator": denominator}
        own, theirs = pick(rates, **where), pick(table, profile=id, **where)
        names = ["k", "n", "share", "conf_low", "conf_high", "rule", "headline"]
        assert theirs[names].tolist() == own[names].tolist()


def test_a_quality_measures_rates_are_those_of_summarize_measures(table, sample_cohort):
    own = oc.summarize_measures(oc.build_measure(sample_cohort, "hedis_drr", assume=SURE))
    for rate in ("follow_up", "remission", "response"):
        row = pick(table, profile="hedis_drr", endpoint=rate)
        assert row[["k", "n"]].tolist() == pick(own, rate=rate)[["k", "n"]].tolist()


def test_those_not_counted_add_up_to_everyone(table):
    rows = table[table["profile"].isin(SERIES) & table["denominator"].isin(["all_eligible", "observed"])]
    for row in rows[rows["n"].notna()].to_dict("records"):
        left = sum(int(part.rsplit(" ", 1)[1]) for part in row["not_counted"].split("; ") if part)
        assert left + row["n"] == row["n_patients"], row


def test_agreement_with_the_first_profile(table):
    first = pick(table, profile="default", instrument="phq9", endpoint="response", denominator="observed")
    assert first["n_both"] == first["n_same"] == first["n"]
    other = pick(
        table, profile="sustain1_like", instrument="phq9", endpoint="response", denominator="observed"
    )
    assert 0 < other["n_same"] < other["n_both"] < other["n"]


def test_a_questionnaire_that_nobody_filled_in_and_an_undefined_endpoint_have_no_count(table):
    absent = pick(table, profile="sustain1_like", instrument="madrs")
    assert absent["rule"] == "no madrs in this cohort" and pd.isna(absent["n"])
    undefined = pick(table, profile="mcinnes2022", endpoint="reliable_improvement", denominator="observed")
    assert undefined["rule"] == "not defined here" and pd.isna(undefined["n"])


def test_deterioration_is_what_each_profile_calls_so(table):
    rules = {
        id: pick(table, profile=id, instrument="phq9", endpoint="deterioration")["rule"]
        for id in ("default", "mcinnes2022")
    }
    assert rules == {"default": "rise >= 6 points", "mcinnes2022": "any rise"}


def test_statuses_are_those_of_the_values_behind_each_rate(table):
    where = {"profile": "default", "denominator": "observed", "endpoint": "response"}
    assert pick(table, instrument="phq9", **where)["status"] == "project"
    assert pick(table, instrument="pcl5", **where)["status"] == "unverified"


def test_groups_hold_every_profile_and_add_up(sample_cohort, table):
    by_site = oc.summarize_profiles(sample_cohort, ["default", "nhs_tt"], by="site", endpoints=["response"])
    where = {"profile": "default", "instrument": "phq9", "denominator": "observed"}
    own = by_site[(by_site[list(where)] == pd.Series(where)).all(axis=1)]
    assert own["n"].sum() == pick(table, endpoint="response", **where)["n"]
    by_route = oc.summarize_profiles(sample_cohort, ["mcinnes2022", "nhs_tt"], by="route")
    assert set(by_route["profile"]) == {"mcinnes2022", "nhs_tt"}
    with pytest.raises(DataError, match="no column of COURSES"):
        oc.summarize_profiles(sample_cohort, ["nhs_tt"], by="color")


def test_an_unknown_endpoint_is_refused(sample_cohort):
    with pytest.raises(DataError, match="endpoints may be"):
        oc.summarize_profiles(sample_cohort, ["default"], endpoints=["cured"])


def test_published_rates_stand_beside_ours_only_where_the_definitions_match(table):
    rates = oc.summarize_benchmarks(table).set_index("benchmark")
    matched = rates[rates["matched"]]
    assert sorted(matched.index) == [
        "hull2022_remission_gad7", "hull2022_remission_phq9", "hull2022_response_gad7",
        "hull2022_response_phq9", "mcinnes2022_remission", "mcinnes2022_response",
    ]  # fmt: skip
    own = pick(table, profile="mcinnes2022", endpoint="remission", denominator="observed")
    assert rates.loc["mcinnes2022_remission", ["k", "n"]].tolist() == own[["k", "n"]].tolist()
    others = rates[~rates["matched"]]
    assert others[["k", "n", "share"]].isna().all(axis=None)
    assert others["differs"].str.len().gt(0).all()
    assert "rule: total <= 5, here total < 5" in rates.loc["pfeiffer2024_remission", "differs"]
    assert rates.loc["sakurai2020_response", "differs"].startswith("scale: QIDS-SR16")


def test_the_note_on_published_rates_comes_with_the_table(table):
    note = oc.summarize_benchmarks(table).attrs["note"]
    assert note.startswith("Published response after induction runs from 18 to 63 %.")
    assert note.endswith("Compare definitions before rates.")


def test_benchmarks_are_few_words_and_each_has_its_source():
    rates = oc.list_benchmarks()
    assert rates["benchmark"].is_unique
    assert rates[["source", "setting", "scale", "rule", "denominator", "time"]].notna().all(axis=None)
    assert rates["share"].min() == 0.6 and rates["share"].max() == 80
    assert (rates["share_high"].dropna() > rates.loc[rates["share_high"].notna(), "share"]).all()
