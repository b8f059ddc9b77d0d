"""The sample folder counted twice: by the package, and in plain Python that shares no code with it."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from datetime import date
from math import sqrt
from statistics import NormalDist, mean, stdev

import pandas as pd
import pytest

import outcomes as oc

INSTRUMENTS = ("phq9", "gad7", "pcl5")
COUNTED = ["response", "remission", "reliable_improvement", "reliable_deterioration", "any_worsening"]
QUARTERS = ("2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2")
EARLIER_DAY = date(2026, 6, 15)  # some who began are not matured by then, some have not begun
RENAMED = {"start_date": "start", "last_induction_day": "anchor_day"}
SAME_NAME = (
    "quarter", "observed_until_day", "n_infusions", "n_induction", "induction_status", "matured", "due",
    "baseline", "baseline_day", "baseline_order_assumed", "eligible", "endpoint_total", "endpoint_day",
    "endpoint_timing_class", "infusion_in_window", "change", "response", "remission", "reliable_improvement",
    "reliable_deterioration", "any_worsening",
)  # fmt: skip
COURSE_COLUMNS = RENAMED | {name: name for name in SAME_NAME}


@pytest.fixture(scope="module")
def recount(root):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root / "tests" / "reports")
        yield importlib.import_module("recount")


@pytest.fixture(scope="module")
def counted(recount, root):
    return recount.read_sample(root / "sample_data")


@pytest.fixture(scope="module")
def truth(root):
    return json.loads((root / "sample_data" / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def earlier(recount, counted, sample_cohort):
    """The recount, and the package, as if the folder had been exported earlier."""
    last = pd.Timestamp(EARLIER_DAY)
    infusions = sample_cohort.infusions.query("date <= @last")
    patients = sample_cohort.patients.assign(observed_until=last)
    scores = oc.derive_endpoints(sample_cohort.scores.query("date <= @last"), infusions, patients)
    ours = recount.count_courses(recount.cut_rows(counted[0], EARLIER_DAY))
    return ours, scores, oc.build_courses(scores, infusions, patients)


@pytest.fixture(scope="module")
def cards(sample_cohort):
    """The report of the last quarter, by the ids of its cards and tables; page 1 is about the PHQ-9 alone."""
    profile = oc.get_profile("default").replace(instruments=["phq9"])
    report = oc.build_report(sample_cohort, quarter="2026Q2", profile=profile, report_date="2026-10-01")
    blocks = [block for section in report.sections for block in section.blocks]
    found = {block.id: block for block in blocks if hasattr(block, "id")}
    return found | {card.id: card for block in blocks for card in getattr(block, "cards", ())}


def _by_key(frame: pd.DataFrame) -> dict:
    """Rows as plain values by patient, series and instrument; missing is None, a date is a date."""
    rows = [{name: _plain(value) for name, value in row.items()} for row in frame.to_dict("records")]
    return {(row["patient_id"], row["series"], row["instrument"]): row for row in rows}


def _by_row(ledger: pd.DataFrame, column: str) -> dict:
    values = ledger[["input", "row", column]].itertuples(index=False)
    return {(number, row): _plain(value) for number, row, value in values}


def _differences(ours: dict, theirs: dict, columns: dict) -> list[tuple]:
    """Where the two counts disagree: key, column, the recount's value, the package's value."""
    pairs = [
        (key, name, _plain(entry.get(own)), theirs[key][name])
        for key, entry in ours.items()
        for name, own in columns.items()
    ]
    return [pair for pair in pairs if pair[2] != pair[3]]


def _plain(value):
    if pd.isna(value):
        return None
    return value.isoformat()[:10] if hasattr(value, "isoformat") else value


def _event_differences(verb, courses: dict, events: pd.DataFrame) -> list[tuple]:
    theirs, differences = _by_key(events), []
    for key, course in courses.items():
        entry, row = verb(key[2], course), theirs[key]
        if (entry is not None) != row["included"]:
            differences.append((key, "included", entry is not None, row["excluded_reason"]))
        elif entry:
            differences += [
                (key, name, value, row[name]) for name, value in entry.items() if value != row[name]
            ]
    return differences


def test_every_row_of_every_file_has_the_same_state_and_reason(counted, sample_cohort):
    assert _by_row(sample_cohort.ledger, "reason") == counted[0].ledger


def test_the_same_questionnaires_are_left_out_of_used_rows(counted, sample_cohort):
    rows, _ = counted
    faulty = [score for score in rows.scores if score.fault and rows.ledger[score.row] is None]
    ours = {score.row: f"{score.instrument}={score.fault}" for score in faulty}
    assert len(ours) == len(faulty) > 0
    assert _by_row(sample_cohort.ledger.dropna(subset="left_out"), "left_out") == ours


def test_the_rows_left_out_are_the_faults_that_were_planted(counted, truth):
    """The truth file lists, file by file, which faults the simulation put where."""
    kinds = truth["realized"]["fault_kinds"]
    planted: Counter = Counter()
    for number, file in enumerate(truth["realized"]["files"].values(), 1):
        for fault, times in file["faults"].items():
            each = kinds[fault]["rows_each"]
            if "excluded" in kinds[fault]:
                planted[number, kinds[fault]["excluded"]] += times * (file["rows"] if each == "all" else each)
    assert {key: n for key, n in counted[0].reasons().items() if key[1]} == planted


def test_every_course_has_the_same_windows_and_endpoints(counted, sample_courses):
    theirs = _by_key(sample_courses)
    assert set(theirs) == set(counted[1])
    assert _differences(counted[1], theirs, COURSE_COLUMNS) == []


def test_every_course_is_the_same_on_an_earlier_day(earlier):
    ours, _, courses = earlier
    theirs = _by_key(courses)
    assert set(theirs) == set(ours)
    started = {key: course for key, course in ours.items() if key[1] is not None}
    assert {course["matured"] for course in started.values()} == {True, False}
    assert len(started) < len(ours)
    assert _differences(started, theirs, COURSE_COLUMNS) == []


def test_every_missing_baseline_and_endpoint_has_the_same_reason(counted, sample_courses):
    reasons = {"baseline_reason": "baseline_reason", "endpoint_reason": "endpoint_reason"}
    assert _differences(counted[1], _by_key(sample_courses), reasons) == []


def test_every_onset_lies_between_the_same_two_visits(recount, counted, earlier, sample_onset):
    assert _event_differences(recount.onset, counted[1], sample_onset) == []
    ours, scores, courses = earlier
    assert _event_differences(recount.onset, ours, oc.build_onset_times(scores, courses)) == []


def test_every_sustained_onset_is_the_same(recount, counted, sample_scores, sample_courses):
    events = oc.build_onset_times(sample_scores, sample_courses, endpoint="sustained_response")
    assert _event_differences(recount.sustained_onset, counted[1], events) == []


def test_every_relapse_lies_between_the_same_two_visits(recount, counted, earlier, sample_relapse):
    assert _event_differences(recount.relapse, counted[1], sample_relapse) == []
    ours, scores, courses = earlier
    assert _event_differences(recount.relapse, ours, oc.build_relapse_times(scores, courses)) == []


def test_every_loss_of_response_is_the_same(recount, counted, sample_scores, sample_courses):
    events = oc.build_relapse_times(sample_scores, sample_courses, endpoint="loss_of_response")
    assert _event_differences(recount.loss_of_response, counted[1], events) == []


@pytest.mark.parametrize("quarter", QUARTERS)
def test_every_rate_of_a_quarter_has_the_same_counts_and_interval(recount, counted, sample_courses, quarter):
    rates = oc.summarize_endpoints(sample_courses, by="quarter", endpoints=COUNTED)
    rates = rates.query("quarter == @quarter")
    rates = rates.set_index(["instrument", "endpoint", "denominator"])
    assert set(rates.index.get_level_values("instrument")) == set(INSTRUMENTS)
    for (instrument, endpoint, denominator), row in rates.iterrows():
        counts = recount.count_endpoints(counted[1], instrument, {quarter})
        k, n = counts[endpoint], counts["observed" if denominator == "observed" else "eligible"]
        if denominator == "paired":
            n = counts["paired"]
        if denominator == "bounds_high":
            k += counts["eligible"] - counts["observed"]
        assert (row["k"], row["n"]) == (k, n)
        assert (row["conf_low"], row["conf_high"]) == pytest.approx(recount.wilson(k, n), abs=1e-12)


@pytest.mark.parametrize("quarter", QUARTERS)
def test_the_mean_change_of_a_quarter_is_the_same(recount, counted, sample_courses, quarter):
    change = oc.summarize_scores(sample_courses, by="quarter").query("population == 'paired'")
    change = change[change["quarter"] == quarter].set_index("instrument")
    for instrument in INSTRUMENTS:
        counts, row = recount.count_endpoints(counted[1], instrument, {quarter}), change.loc[instrument]
        assert row["n"] == counts["paired"]
        assert row["mean_change"] == pytest.approx(counts["mean_change"], rel=1e-12)
        assert row["change_sd"] == pytest.approx(counts["sd_change"], rel=1e-12)


@pytest.mark.parametrize("instrument", INSTRUMENTS)
@pytest.mark.parametrize(("verb", "days"), [("onset", (14, 28, 56)), ("relapse", (28, 56))])
def test_the_conventional_curve_has_the_same_height(
    recount, counted, sample_onset, sample_relapse, instrument, verb, days
):
    events = {"onset": sample_onset, "relapse": sample_relapse}[verb]
    curve = oc.fit_kaplan_meier(events[events["instrument"] == instrument], landmarks=days)
    entries = _entries(recount, counted, verb, instrument, set(QUARTERS))
    table = curve.table.set_index("day")
    for day in days:
        row = table.loc[:day].iloc[-1]
        assert row["at_risk"] == sum(entry["time"] > day for entry in entries)
        assert row["estimate"] == pytest.approx(float(recount.survival(entries, day)), abs=1e-9)


def _entries(recount, counted, verb: str, instrument: str, quarters: set[str]) -> list[dict]:
    courses = recount.first_series(counted[1], instrument, quarters)
    return [entry for course in courses if (entry := getattr(recount, verb)(instrument, course))]


def test_the_cards_of_the_report_hold_the_recounted_shares(recount, counted, cards):
    now = recount.count_endpoints(counted[1], "phq9", {"2026Q2"})
    before = recount.count_endpoints(counted[1], "phq9", set(QUARTERS[1:5]))
    eligible, year = now["eligible"], before["eligible"]
    for id, beside, expected in (
        ("measured", None, (now["measured"], now["due"])),
        ("measured", "Year before", (before["measured"], before["due"])),
        ("responded", None, (now["response"], eligible)),
        ("responded", "With a score", (now["response"], now["observed"])),
        ("responded", "Year before", (before["response"], year)),
        ("remission", None, (now["remission"], eligible)),
        ("remission", "With a score", (now["remission"], now["observed"])),
        ("remission", "Year before", (before["remission"], year)),
        ("reliable", None, (now["reliable_improvement"], eligible)),
        ("reliable", "Deterioration", (now["reliable_deterioration"], now["paired"])),
        ("reliable", "Year before", (before["reliable_improvement"], year)),
    ):
        share = cards[id].value if beside is None else dict(cards[id].beside)[beside]
        assert (id, beside, share.k, share.n) == (id, beside, *expected)
        assert (share.low, share.high) == pytest.approx(recount.wilson(*expected), abs=1e-12)
    assert cards["change"].value.value == pytest.approx(now["mean_change"], rel=1e-12)
    assert dict(cards["change"].beside)["Year before"].value == pytest.approx(
        before["mean_change"], rel=1e-12
    )


def test_the_quarters_of_the_report_hold_the_recounted_responses(recount, counted, cards):
    rows = cards["summary-quarters"].rows
    assert [row[0].value for row in rows] == list(QUARTERS[1:])
    for quarter, everyone, _, _, seen, *_ in rows:
        counts = recount.count_endpoints(counted[1], "phq9", {quarter.value})
        assert (everyone.k, everyone.n) == (counts["response"], counts["eligible"])
        assert (seen.k, seen.n) == (counts["response"], counts["observed"])


def test_a_quarter_without_relapse_shows_the_curves_of_the_year_before(cards):
    verdicts = {row[0].value: row[-1].value for row in cards["relapse-landmarks"].rows[::3]}
    assert verdicts == {"PHQ-9, 2026Q2": "none", "PHQ-9, year before": "OK"}
    figure = cards["relapse-curve"]
    assert figure.title.endswith("2025Q2 to 2026Q1")
    assert "2026Q2 has no relapse yet: the year before is drawn." in figure.caption
    assert {row[0].value for row in figure.data.rows} == {"confirmed relapse", "loss of response"}


# Which comparisons with the truth are fair? The truth is what everybody would show if every questionnaire
# were filled in; in the files people leave early and skip questionnaires, depending on their earlier scores.
#   fair    baseline mean, share at caseness: before treatment no outcome decides whether a score is there
#   fair    bounds of response and remission: no missing score can carry the rate outside
#   fair    onset seen by day 60, as a lower limit: an unseen visit can hide a response, never invent one
#   unfair  rates and mean change of those with a score, and both kinds of curves: those who do well answer,
#           so these look too good by design; a relapse needs a second visit, so skipped visits hide relapses.
# Intervals are 99.9 %: a dozen comparisons are made of one fixed sample, and all must hold.

Z = NormalDist().inv_cdf(0.9995)


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_baselines_agree_with_the_model_that_made_them(recount, counted, truth, instrument):
    model = truth["truth"]["instruments"][instrument]["overall"]
    courses = recount.first_series(counted[1], instrument, set(QUARTERS))
    totals = [course["baseline"] for course in courses if course["baseline"] is not None]
    cases = sum(total >= recount.CASENESS[instrument] for total in totals) / len(totals)
    share = model["eligible_share"]
    assert mean(totals) == pytest.approx(model["baseline_mean"], abs=Z * stdev(totals) / sqrt(len(totals)))
    assert cases == pytest.approx(share, abs=Z * sqrt(share * (1 - share) / len(totals)))


@pytest.mark.parametrize("instrument", INSTRUMENTS)
@pytest.mark.parametrize("endpoint", ["response", "remission"])
def test_the_bounds_of_a_rate_hold_the_true_rate(sample_courses, truth, instrument, endpoint):
    rates = oc.summarize_endpoints(sample_courses).query(
        "instrument == @instrument and endpoint == @endpoint"
    )
    share = rates.set_index("denominator")["share"]
    true = truth["truth"]["instruments"][instrument]["overall"][endpoint]
    assert share["bounds_low"] <= true <= share["bounds_high"]


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_no_more_onsets_are_seen_than_truly_happen(recount, counted, truth, instrument):
    entries = _entries(recount, counted, "onset", instrument, set(QUARTERS))
    true = truth["truth"]["instruments"][instrument]["overall"]["responded_by_onset_until_day"]
    seen = sum(entry["event"] for entry in entries) / len(entries)
    assert 0 < seen <= true + Z * sqrt(true * (1 - true) / len(entries))


def _start_in(counted, quarters=("2026Q2",)):
    """The recounted PHQ-9 courses of first series of these quarters, by patient."""
    return {
        patient: course
        for (patient, series, instrument), course in counted[1].items()
        if series == 1 and instrument == "phq9" and course.get("quarter") in quarters
    }


def test_how_inductions_ended_is_recounted(counted, cards):
    ended = Counter(course["induction_status"] for course in _start_in(counted).values())
    rows = {
        row[0].value: row[2] for row in cards["safety-course"].rows if row[0].value.startswith("Induction")
    }
    assert {name: share.k for name, share in rows.items()} == {
        f"Induction {status}": count for status, count in ended.items()
    }
    assert {share.n for share in rows.values()} == {sum(ended.values())}


def test_every_move_between_severity_bands_is_recounted(counted, cards):
    names = ("minimal", "mild", "moderate", "moderately severe", "severe")

    def band(total):
        return names[sum(total >= cut for cut in (5, 10, 15, 20))]

    moves = Counter(
        (
            band(course["baseline"]),
            "not measured" if course["endpoint_total"] is None else band(course["endpoint_total"]),
        )
        for course in _start_in(counted).values()
        if course["due"] and course["baseline"] is not None
    )
    shown = {(row[0].value, row[1].value): row[2].k for row in cards["phq9-shift"].data.rows}
    assert {pair: count for pair, count in shown.items() if count} == dict(moves)


def test_the_chart_of_responses_is_recounted(counted, cards):
    for row in cards["quarters-response"].data.rows:
        eligible = [one for one in _start_in(counted, (row[0].value,)).values() if one["eligible"]]
        assert (row[1].k, row[1].n) == (sum(bool(one.get("response")) for one in eligible), len(eligible))


def test_the_chart_of_worsening_is_recounted(counted, cards):
    for row in cards["quarters-worse"].data.rows:
        both = [
            one
            for one in _start_in(counted, (row[0].value,)).values()
            if one["due"] and one["baseline"] is not None and one["endpoint_total"] is not None
        ]
        assert (row[1].k, row[1].n) == (
            sum(bool(one.get("reliable_deterioration")) for one in both),
            len(both),
        )


def test_sites_and_baselines_of_the_first_table_are_recounted(counted, cards):
    started = _start_in(counted)
    table = cards["patients-table"]
    sites = Counter(patient.split("/")[0] for patient in started)
    heads = [column.title.replace("\u00a0", " ") for column in table.columns[2 : 3 + len(sites)]]
    assert heads == [f"All (n = {len(started)})", *(f"{site} (n = {sites[site]})" for site in sorted(sites))]
    baselines = [one["baseline"] for one in started.values() if one["baseline"] is not None]
    row = next(
        row for row in table.rows if row[0].value == "PHQ-9 at baseline" and row[1].value == "mean (SD)"
    )
    assert row[2].value == pytest.approx(mean(baselines))
    assert row[2].sd == pytest.approx(stdev(baselines))
