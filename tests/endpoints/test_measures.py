"""Each patient's place in a quality measure, worked by hand: index, window, score used, verdict, reason."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import DefinitionError
from outcomes.schema import CONDITIONS, INFUSIONS, PATIENTS, SCORES, VISITS

SURE = ("no_exclusions", "all_visits_qualify", "all_diagnosed")


def fill(schema, rows):
    columns = {column.name: column.dtype for column in schema.required_columns}
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def make_cohort(
    scores, *, age=45, until="2027-12-31", visits=(), conditions=(), infusions=None, diagnosis=None
):
    """One patient p1; scores as (instrument, date, total), the rest as dates or (condition, date)."""
    days = ["2025-01-06"] if infusions is None else infusions
    return oc.Cohort(
        scores=fill(
            SCORES,
            [
                {"assessment_id": f"a{n}", "patient_id": "p1", "instrument": id, "date": date, "total": total,
                 "prorated": False}
                for n, (id, date, total) in enumerate(scores)
            ],
        ),
        infusions=fill(
            INFUSIONS, [{"row_uid": f"i{n}", "patient_id": "p1", "date": day} for n, day in enumerate(days)]
        ),
        patients=fill(
            PATIENTS,
            [{"patient_id": "p1", "site": "Harbor", "age": age, "diagnosis": diagnosis,
              "observed_until": until}],
        ),
        ledger=pd.DataFrame({"status": []}),
        visits=fill(
            VISITS,
            [{"row_uid": f"v{n}", "patient_id": "p1", "date": day, "qualifying": True}
             for n, day in enumerate(visits)],
        ),
        conditions=fill(
            CONDITIONS,
            [{"row_uid": f"c{n}", "patient_id": "p1", "condition": name, "date": day}
             for n, (name, day) in enumerate(conditions)],
        ),
    )  # fmt: skip


def place(cohort, measure, *, rate=None, assume=SURE, year=2026, instrument=None):
    rows = oc.build_measure(cohort, measure, year=year, assume=assume)
    oc.check_frame(rows, oc.MEASURES)
    if rate is not None:
        rows = rows[rows["rate"] == rate]
    if instrument is not None:
        rows = rows[rows["instrument"] == instrument]
    assert len(rows) == 1
    row = rows.iloc[0]
    return row["verdict"], row["reason"]


def cms(index_date, follow_up, total=4, **more):
    visits = more.pop("visits", [index_date])
    return make_cohort([("phq9", index_date, 15), ("phq9", follow_up, total)], visits=visits, **more)


# CMS159: the index period of 2026 is 2024-11-01 to 2025-10-31.
# The window of an index on 2025-03-10 is 2026-01-09 to 2026-05-09.


@pytest.mark.parametrize(
    ("follow_up", "expected"),
    [
        ("2026-01-08", ("not met", "no_score_in_window")),
        ("2026-01-09", ("met", "score_in_window")),
        ("2026-05-09", ("met", "score_in_window")),
        ("2026-05-10", ("not met", "no_score_in_window")),
    ],
)
def test_cms159_takes_a_score_on_the_border_days_of_its_window(follow_up, expected):
    assert place(cms("2025-03-10", follow_up), "cms159") == expected


def test_cms159_counts_calendar_months_in_a_leap_year():
    # 2024-02-29 + 12 months is 2025-02-28; 60 days earlier is 2024-12-30, 60 later 2025-04-29.
    cohort = cms("2024-02-29", "2025-04-29", infusions=["2024-02-29"])
    row = oc.build_measure(cohort, "cms159", year=2025, assume=SURE).iloc[0]
    assert (row["window_from"], row["window_to"]) == (pd.Timestamp("2024-12-30"), pd.Timestamp("2025-04-29"))
    assert row["verdict"] == "met"


@pytest.mark.parametrize(
    ("total", "expected"), [(4, ("met", "score_in_window")), (5, ("not met", "score_in_window"))]
)
def test_cms159_remission_is_below_5(total, expected):
    assert place(cms("2025-03-10", "2026-03-10", total), "cms159") == expected


@pytest.mark.parametrize(
    ("index_date", "expected"),
    [
        ("2024-10-31", ("not in denominator", "no_index")),
        ("2024-11-01", ("met", "score_in_window")),
        ("2025-10-31", ("met", "score_in_window")),
        ("2025-11-01", ("not in denominator", "no_index")),
    ],
)
def test_cms159_the_index_period_ends_two_months_before_the_year(index_date, expected):
    after = pd.Timestamp(index_date) + pd.DateOffset(months=12)
    assert place(cms(index_date, after, infusions=[index_date]), "cms159") == expected


@pytest.mark.parametrize(
    ("visit", "expected"),
    [
        ("2025-03-10", ("met", "score_in_window")),
        ("2025-03-17", ("met", "score_in_window")),
        ("2025-03-18", ("not in denominator", "no_index")),
        ("2025-03-09", ("not in denominator", "no_index")),
    ],
)
def test_cms159_the_index_lies_up_to_seven_days_before_a_qualifying_visit(visit, expected):
    assert place(cms("2025-03-10", "2026-03-10", visits=[visit]), "cms159") == expected


def test_cms159_the_index_is_the_first_total_above_9_and_the_score_used_the_most_recent():
    cohort = make_cohort(
        [
            ("phq9", "2025-03-03", 9), ("phq9", "2025-03-10", 10), ("phq9", "2025-03-17", 22),
            ("phq9", "2026-02-10", 12), ("phq9", "2026-03-10", 3),
        ],
        visits=["2025-03-03", "2025-03-10", "2025-03-17"],
    )  # fmt: skip
    row = oc.build_measure(cohort, "cms159", year=2026, assume=SURE).iloc[0]
    assert (row["index_assessment"], row["index_total"]) == ("a1", 10)
    assert (row["follow_up_assessment"], row["follow_up_total"], row["verdict"]) == ("a4", 3, "met")


def test_cms159_missing_follow_up_is_a_failure_and_an_open_window_is_not_estimable():
    assert place(make_cohort([("phq9", "2025-03-10", 15)], visits=["2025-03-10"]), "cms159") == (
        "not met", "no_score_in_window",
    )  # fmt: skip
    assert place(cms("2025-03-10", "2026-03-10", until="2026-05-08"), "cms159") == (
        "not estimable", "window_not_closed",
    )  # fmt: skip


def test_cms159_accepts_phq9m_as_the_measures_own():
    cohort = make_cohort(
        [("phq9m", "2025-03-10", 15), ("phq9", "2026-03-10", 4)], visits=["2025-03-10"], age=15
    )
    row = oc.build_measure(cohort, "cms159", year=2026, assume=SURE).iloc[0]
    assert (row["instrument"], row["verdict"], row["stratum"]) == ("phq9", "met", "12 to 17")


# The first infusion is on 2025-01-06 and the index two months later: someone of 11 may have turned 12.


@pytest.mark.parametrize(
    ("age", "verdict", "reason", "stratum"),
    [
        (10, "not in denominator", "too_young", "12 to 17"),
        (11, "not estimable", "age_uncertain", "12 to 17"),
        (12, "met", "score_in_window", "12 to 17"),
        (17, "met", "score_in_window", "age band uncertain"),
        (18, "met", "score_in_window", "18 and over"),
        (None, "not estimable", "missing age", "all"),
    ],
)
def test_cms159_age_at_the_index(age, verdict, reason, stratum):
    row = oc.build_measure(cms("2025-03-10", "2026-03-10", age=age), "cms159", year=2026, assume=SURE).iloc[0]
    assert (row["verdict"], row["reason"], row["stratum"]) == (verdict, reason, stratum)


@pytest.mark.parametrize(
    ("condition", "date", "expected"),
    [
        ("bipolar", "2024-01-01", ("excluded", "exclusion")),
        ("death", "2026-05-09", ("excluded", "exclusion")),
        ("death", "2026-05-10", ("met", "score_in_window")),
        ("nursing_home", "2025-01-01", ("met", "score_in_window")),
        ("bipolar", None, ("excluded", "exclusion")),
    ],
)
def test_cms159_exclusions_count_up_to_the_end_of_the_window(condition, date, expected):
    assert place(cms("2025-03-10", "2026-03-10", conditions=[(condition, date)]), "cms159") == expected


def test_cms159_the_diagnosis_is_recorded_at_the_index():
    dated = [("major_depression", "2025-03-10")]
    assert place(cms("2025-03-10", "2026-03-10", conditions=dated), "cms159", assume=()) == (
        "met", "score_in_window",
    )  # fmt: skip
    late = [("dysthymia", "2025-03-11")]
    assert place(cms("2025-03-10", "2026-03-10", conditions=late), "cms159", assume=()) == (
        "not in denominator", "no_diagnosis",
    )  # fmt: skip


def test_T_20_a_bipolar_diagnosis_leaves_cms159_and_hedis_drr_and_stays_in_the_clinics_own_rates():
    scores = [("phq9", "2025-06-02", 18), ("phq9", "2025-07-20", 6), ("phq9", "2025-11-10", 4)]
    scores += [("phq9", "2026-06-02", 4)]
    doses = ["2025-06-02", "2025-06-05", "2025-06-09", "2025-06-12", "2025-06-19", "2025-06-26"]
    cohort = make_cohort(
        scores, infusions=doses, visits=["2025-06-02"],
        conditions=[("bipolar", "2025-05-01"), ("major_depression", "2025-05-01")],
    )  # fmt: skip
    for measure in ("cms159", "hedis_drr"):
        rows = oc.build_measure(cohort, measure, year=2026)
        assert set(rows["verdict"]) == {"excluded"}, measure
    infusions = oc.derive_series(cohort.infusions)
    judged = oc.derive_endpoints(cohort.scores, infusions, cohort.patients)
    courses = oc.build_courses(judged, infusions, cohort.patients)
    rates = oc.summarize_endpoints(courses[courses["instrument"] == "phq9"])
    own = rates[(rates["endpoint"] == "response") & (rates["denominator"] == "all_eligible")].iloc[0]
    assert (own["k"], own["n"]) == (1, 1)


# HEDIS DRR-E: intake from May 1 of the year before to April 30; follow-up on days 120 to 240.


@pytest.mark.parametrize(
    ("follow_up", "total", "met"),
    [
        ("2025-09-28", 4, {"follow_up": False, "remission": False, "response": False}),  # day 119
        ("2025-09-29", 4, {"follow_up": True, "remission": True, "response": True}),  # day 120
        ("2026-01-27", 8, {"follow_up": True, "remission": False, "response": True}),  # day 240, 16 to 8
        ("2026-01-27", 9, {"follow_up": True, "remission": False, "response": False}),
        ("2026-01-28", 4, {"follow_up": False, "remission": False, "response": False}),  # day 241
    ],
)
def test_hedis_drr_has_three_rates_on_one_denominator(follow_up, total, met):
    cohort = make_cohort([("phq9", "2025-06-01", 16), ("phq9", follow_up, total)], infusions=["2025-06-01"])
    rows = oc.build_measure(cohort, "hedis_drr", year=2026, assume=SURE)
    assert rows["in_denominator"].all()
    assert dict(zip(rows["rate"], rows["met"], strict=True)) == met


@pytest.mark.parametrize(("date", "counted"), [("2025-04-30", False), ("2025-05-01", True),
                                              ("2026-04-30", True), ("2026-05-01", False)])  # fmt: skip
def test_hedis_drr_takes_in_from_may_to_april(date, counted):
    cohort = make_cohort([("phq9", date, 16)], infusions=[date])
    rows = oc.build_measure(cohort, "hedis_drr", year=2026, assume=SURE)
    assert rows["in_denominator"].eq(counted).all()


def test_hedis_dms_judges_each_third_of_the_year_apart():
    cohort = make_cohort(
        [("phq9", "2026-04-30", 12), ("phq9", "2026-09-01", 9)],
        visits=["2026-01-02", "2026-08-31", "2026-12-31"],
    )
    rows = oc.build_measure(cohort, "hedis_dms", year=2026, assume=SURE).set_index("stratum")
    assert rows["verdict"].to_dict() == {
        "January to April": "met", "May to August": "not met", "September to December": "met",
    }  # fmt: skip
    none = make_cohort([("phq9", "2026-04-30", 12)], visits=["2026-05-01"])
    first = (
        oc.build_measure(none, "hedis_dms", year=2026, assume=SURE)
        .set_index("stratum")
        .loc["January to April"]
    )
    assert (first["verdict"], first["reason"]) == ("not in denominator", "no_visit")


# MBHR2: GAD-7 from 8 on, six months, a fall by a quarter of the index. 12 to 9 is exactly a quarter.


@pytest.mark.parametrize(
    ("index", "total", "expected"),
    [
        (12, 9, ("met", "score_in_window")),
        (12, 10, ("not met", "score_in_window")),
        (8, 6, ("met", "score_in_window")),
        (7, 0, ("not in denominator", "no_index")),
    ],
)
def test_mbhr2_is_a_fall_by_a_quarter(index, total, expected):
    cohort = make_cohort([("gad7", "2026-02-10", index), ("gad7", "2026-08-10", total)], age=40)
    assert place(cohort, "mbhr2") == expected


@pytest.mark.parametrize(("total", "verdict"), [(30, "met"), (31, "not met")])
def test_mbhr7_is_a_fall_by_ten_points(total, verdict):
    cohort = make_cohort([("pcl5", "2026-02-10", 40), ("pcl5", "2026-05-10", total)], age=40)
    assert place(cohort, "mbhr7") == (verdict, "score_in_window")


# NHS: recovered is below both cut-offs (10 and 8) after caseness on either; reliable is 6 and 4 points.


@pytest.mark.parametrize(
    ("phq9", "gad7", "recovery", "improvement", "both", "worse"),
    [
        ((15, 9), (12, 7), "met", "met", "met", "not met"),
        ((15, 9), (12, 8), "not met", "met", "not met", "not met"),  # 8 is still a case of GAD-7
        ((10, 9), (7, 7), "met", "not met", "not met", "not met"),  # one point is not reliable
        ((9, 3), (7, 7), "not in denominator", "met", "not in denominator", "not met"),
        ((15, 9), (8, 12), "not met", "not met", "not met", "not met"),  # better on one, worse on the other
        ((12, 18), (9, 9), "not met", "not met", "not met", "met"),
    ],
)
def test_nhs_talking_therapies_needs_both_questionnaires(phq9, gad7, recovery, improvement, both, worse):
    days = ("2026-02-02", "2026-03-02")
    scores = [(id, day, total) for id, pair in (("phq9", phq9), ("gad7", gad7))
              for day, total in zip(days, pair, strict=True)]  # fmt: skip
    cohort = make_cohort(scores, infusions=["2026-02-02", "2026-02-16", "2026-03-02"])
    found = oc.build_measure(cohort, "nhs_tt", year=2026).set_index("rate")["verdict"].to_dict()
    assert found == {
        "recovery": recovery, "reliable_improvement": improvement, "reliable_recovery": both,
        "reliable_deterioration": worse,
    }  # fmt: skip


def test_nhs_takes_pcl5_as_the_anxiety_measure_where_there_is_no_gad7():
    scores = [("phq9", "2026-02-02", 15), ("phq9", "2026-03-02", 8), ("pcl5", "2026-02-02", 40),
              ("pcl5", "2026-03-02", 31)]  # fmt: skip
    cohort = make_cohort(scores, infusions=["2026-02-02", "2026-03-02"])
    row = oc.build_measure(cohort, "nhs_tt", year=2026).set_index("rate").loc["recovery"]
    assert (row["instrument"], row["second_instrument"], row["verdict"]) == ("phq9", "pcl5", "met")


def test_nhs_one_contact_or_one_score_is_no_course():
    one = make_cohort([("phq9", "2026-02-02", 15)], infusions=["2026-02-02"])
    assert place(one, "nhs_tt", rate="recovery") == ("not in denominator", "too_few_contacts")
    two = make_cohort([("phq9", "2026-02-02", 15)], infusions=["2026-02-02", "2026-03-02"])
    assert place(two, "nhs_tt", rate="recovery") == ("not in denominator", "needs_two_scores")


@pytest.mark.parametrize(
    ("instrument", "pair", "verdict"),
    [
        ("phq9", (20, 10), "met"),  # half
        ("phq9", (18, 10), "not met"),  # neither half nor below 10
        ("phq9", (12, 9), "met"),  # below 10
        ("pcl5", (50, 38), "met"),  # 12 points
        ("pcl5", (50, 39), "not met"),
    ],
)
def test_nys_is_half_or_below_the_line(instrument, pair, verdict):
    days = ("2026-02-02", "2026-03-02")
    scores = [(instrument, day, total) for day, total in zip(days, pair, strict=True)]
    cohort = make_cohort(scores, infusions=["2026-02-02", "2026-03-02"])
    assert place(cohort, "nys_cocm", instrument=instrument)[0] == verdict


def test_what_a_measure_needs_and_no_file_has_is_named_and_no_exclusion_is_guessed():
    cohort = make_cohort([("phq9", "2025-03-10", 15), ("phq9", "2026-03-10", 4)], age=None)
    assert place(cohort, "cms159", assume=()) == (
        "not estimable", "missing age, visits, diagnosis, conditions",
    )  # fmt: skip


def test_a_prorated_total_never_enters():
    cohort = cms("2025-03-10", "2026-03-10")
    cohort.scores.loc[1, "prorated"] = True
    assert place(cohort, "cms159") == ("not met", "no_score_in_window")


def test_the_year_is_the_last_one_that_ends_within_the_records():
    cohort = cms("2025-03-10", "2026-03-10", until="2027-06-30")
    given = oc.build_measure(cohort, "cms159", year=2026, assume=SURE)
    pd.testing.assert_frame_equal(oc.build_measure(cohort, "cms159", assume=SURE), given)


def test_a_series_profile_and_an_unknown_assumption_are_refused():
    cohort = cms("2025-03-10", "2026-03-10")
    with pytest.raises(DefinitionError, match="no quality measure"):
        oc.build_measure(cohort, "default")
    with pytest.raises(DefinitionError, match="assume may hold"):
        oc.build_measure(cohort, "cms159", assume=("everything",))


def test_the_summary_of_a_measure_counts_everyone_in_one_place():
    cohort = cms("2025-03-10", "2026-03-10", age=17)
    rows = oc.build_measure(cohort, "cms159", assume=SURE, year=2026)
    table = oc.summarize_measures(rows).set_index("stratum")
    assert table.loc["all", ["k", "n"]].tolist() == [1, 1]
    assert table.loc["age band uncertain", ["k", "n"]].tolist() == [1, 1]
    assert not table["percent_shown"].any()
    gone = oc.summarize_measures(oc.build_measure(cohort, "cms159", year=2026)).iloc[0]
    assert (gone["n"], gone["n_not_estimable"], gone["main_reason"]) == (
        0,
        1,
        "missing diagnosis, conditions",
    )
    assert pd.isna(gone["share"])


def test_the_summary_says_that_mbhr2_is_not_risk_adjusted():
    rows = oc.build_measure(make_cohort([("gad7", "2026-02-10", 12)]), "mbhr2", year=2026, assume=SURE)
    assert oc.summarize_measures(rows)["note"].tolist() == ["not risk adjusted: the original is"]


def test_a_changed_measure_is_told_from_the_published_one():
    profile = oc.get_profile("mbhr2").replace(response_percent={"gad7": 50})
    rows = oc.build_measure(make_cohort([("gad7", "2026-02-10", 12)]), profile, year=2026, assume=SURE)
    row = oc.summarize_measures(rows).iloc[0]
    assert row["hash"] == profile.hash != oc.get_profile("mbhr2").hash
    assert row["note"] == (
        "not risk adjusted: the original is; values set by the user: not the measure as published"
    )
