"""The whole chain against its rules written once more in plain Python, on random cohorts."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from outcomes.definitions.profile import get_profile
from outcomes.endpoints.courses import build_courses
from outcomes.endpoints.endpoints import derive_endpoints
from outcomes.endpoints.onset import build_onset_times
from outcomes.endpoints.relapse import build_relapse_times

CASENESS = {"phq9": 10, "pcl5": 33}
WINDOW = {"phq9": 14, "pcl5": 30}
MATURED = 59


def draw_patient(rng):
    """Infusions as {day: clock or None}, scores as dicts: with ties, clocks, labels and missing totals."""
    days, day = [], 0
    for _ in range(rng.randint(0, 12)):
        days.append(day)
        day += rng.choice([0, 1, 2, 3, 4, 7, 11, 14, 30, 61, 70])
    starts = {day: rng.choice([None, 36_000]) for day in sorted(set(days))}
    scores = []
    for _ in range(rng.randint(0, 14)):
        near = rng.choice([*starts, rng.randint(-35, 200), rng.randint(0, 60)])
        clock = rng.choice([None, 30_000, 36_000, 40_000, 60_000, 86_000])
        instrument = rng.choice(["phq9", "phq9", "pcl5"])
        total = rng.choice([None, *[rng.randint(0, 27)] * 6]) if instrument == "phq9" else rng.randint(20, 60)
        label = rng.choice([None, None, None, "before", "after"])
        scores.append({"instrument": instrument, "day": near, "clock": clock, "total": total, "label": label})
    return starts, scores, rng.choice([30, 58, 59, 400, 400])


def walk_series(starts):
    """Give [(day, series, number, phase)] by the gap rule and the walk."""
    walked, series, first, number, ended, previous = [], 0, None, 0, False, None
    for day in starts:
        if previous is None or day - previous > 60:
            series, first, number, ended = series + 1, day, 0, False
        number += 1
        pause = previous is not None and day - previous > 10 and number - 1 >= 4
        ended = ended or day - first > 28 or number > 8 or pause
        walked.append((day, series, number, "maintenance" if ended else "induction"))
        previous = day
    return walked


def place(score, starts, walked, policy):
    """Give the score with timing, home series, day and class."""
    start = starts.get(score["day"])
    if score["day"] not in starts:
        timing = "none"
    elif score["label"]:
        timing = score["label"]
    elif start is not None and score["clock"] is not None:
        timing = "before" if score["clock"] <= start else "after"
    else:
        timing = policy
    given = [one for one in walked if one[0] < score["day"] or (one[0] == score["day"] and timing == "after")]
    today = next((one for one in walked if one[0] == score["day"]), None)
    home = given[-1][1] if given else 1
    if timing == "unknown" and today[2] == 1:
        home = today[1]
    origin = next(one[0] for one in walked if one[1] == home)
    hours = None
    if given and score["clock"] is not None and starts[given[-1][0]] is not None:
        seconds = (score["day"] - given[-1][0]) * 86_400 + score["clock"] - starts[given[-1][0]]
        hours = seconds / 3600 if seconds >= 0 else None
    since = score["day"] - given[-1][0] if given else None
    if timing == "unknown":
        timing_class = "unknown_same_day"
    elif not given:
        timing_class = "pre_course"
    elif (hours is not None and hours <= 4) or (timing == "after" and hours is None):
        timing_class = "acute"
    elif timing == "before" and today[1] == home:
        timing_class = "trough"
    elif hours <= 72 if hours is not None else since <= 3:
        timing_class = "early"
    else:
        timing_class = "later"
    day = score["day"] - origin
    use = timing_class in ("trough", "early", "later") or (timing_class == "unknown_same_day" and day > 0)
    ahead = [
        one for one in walked if one[0] > score["day"] or (one[0] == score["day"] and timing == "before")
    ]
    opens = ahead[0] if ahead and ahead[0][2] == 1 and (use or timing_class == "pre_course") else None
    return score | {
        "timing": timing, "home": home, "at": day, "timing_class": timing_class, "use": use, "hours": hours,
        "number": sum(one[1] == home for one in given), "opens": opens and opens[1],
        "before": opens and opens[0] - score["day"],
        "clock_order": -1 if score["clock"] is None else score["clock"],
    }  # fmt: skip


def find_baseline(placed, instrument, series):
    near = [s for s in placed if s["instrument"] == instrument and s["opens"] == series]
    near = [s for s in near if s["before"] <= WINDOW[instrument] and s["total"] is not None]
    return min(near, key=lambda s: (s["before"], -s["clock_order"], s["id"]), default=None)


def daily(rows):
    """Keep the latest of each day."""
    best = {}
    for row in sorted(rows, key=lambda s: (s["at"], -s["clock_order"], s["id"])):
        best.setdefault(row["at"], row)
    return list(best.values())


def responds(instrument, baseline, total):
    return baseline - total >= 10 if instrument == "pcl5" else 2 * (baseline - total) >= baseline


def follow(placed, instrument, series, walked, until):
    """Give baseline, endpoint, onset and relapse of one course."""
    mine = [one for one in walked if one[1] == series]
    found = find_baseline(placed, instrument, series)
    baseline = found and found["total"]
    case = found is not None and baseline >= CASENESS[instrument]
    asked = [s for s in placed if s["instrument"] == instrument and s["home"] == series]
    rows = daily([s for s in asked if s["use"] and s["total"] is not None])
    anchor = max(one[0] for one in mine if one[3] == "induction") - mine[0][0]
    inside = [s for s in rows if 14 <= s["at"] - anchor <= 31]
    matured = until - mine[0][0] >= MATURED
    endpoint = min(inside, key=lambda s: s["at"], default=None) if matured else None
    result = {"baseline": baseline, "endpoint_total": endpoint and endpoint["total"]}
    result["endpoint_day"] = endpoint and endpoint["at"]
    result["onset"] = find_onset(rows, instrument, baseline) if case else None
    result["relapse"] = None
    if case and endpoint and responds(instrument, baseline, endpoint["total"]):
        result["relapse"] = find_relapse(rows, instrument, baseline, endpoint)
    return result


def find_onset(rows, instrument, baseline):
    left = 0
    for row in [row for row in rows if row["at"] <= 60]:
        if responds(instrument, baseline, row["total"]):
            return left, max(row["at"], 1), True
        left = row["at"]
    return left, None, False


def find_relapse(rows, instrument, baseline, endpoint):
    rise = 6 if instrument == "phq9" else 15
    later = [row for row in rows if row["at"] > endpoint["at"]]

    def bad(row):
        lost = not responds(instrument, baseline, row["total"])
        return lost and row["total"] >= CASENESS[instrument] and row["total"] - endpoint["total"] >= rise

    left = 0
    for place_in_line, row in enumerate(later):
        day = row["at"] - endpoint["at"]
        if not bad(row):
            left = day
            continue
        run = []
        for other in later[place_in_line + 1 :]:
            run.append(other)
            if other["at"] - row["at"] >= 5:
                break
        if run and run[-1]["at"] - row["at"] in range(5, 31) and all(bad(other) for other in run):
            return left, day, True
    return left, None, False


def missing(value):
    return None if pd.isna(value) else value


@pytest.mark.parametrize("policy", ["before", "unknown", "after"])
def test_random_cohorts_agree_with_the_rules_in_plain_python(clinic, policy):
    named = {"before": "assume_before", "after": "assume_after", "unknown": "require_evidence"}
    # Care events and maintenance have their own tests.
    profile = get_profile("default").replace(same_day_policy=named[policy], relapse_care_events=None)
    rng = random.Random(policy)
    drawn = {f"p{number:03d}": draw_patient(rng) for number in range(120)}
    infusions = [
        (p, day, {"clock": clock}) for p, (starts, _, _) in drawn.items() for day, clock in starts.items()
    ]
    rows = [
        (p, s["instrument"], s["day"], s["total"], {"clock": s["clock"], "declared_timing": s["label"]})
        for p, (_, scores, _) in drawn.items()
        for s in scores
    ]
    scores, infusions = clinic.scores(rows), clinic.infusions(infusions)
    patients = pd.concat([clinic.patients([p], until=until) for p, (_, _, until) in drawn.items()])
    scores = derive_endpoints(scores, infusions, patients, profile=profile)
    courses = build_courses(scores, infusions, patients, profile=profile, instruments=["phq9", "pcl5"])
    onset = build_onset_times(scores, courses, profile=profile)
    relapse = build_relapse_times(scores, courses, profile=profile)
    key = ["patient_id", "series", "instrument"]
    reasons = courses.groupby("patient_id")["eligible_reason"].agg(list)
    courses, onset, relapse = (frame.set_index(key).to_dict("index") for frame in (courses, onset, relapse))
    row_ids = iter(scores["assessment_id"])
    derived = scores.set_index("assessment_id").to_dict("index")
    compared = 0
    for patient, (starts, drawn_scores, until) in drawn.items():
        ids = [next(row_ids) for _ in drawn_scores]
        if not starts:
            assert reasons[patient] == ["not_started"] * 2
            continue
        walked = walk_series(starts)
        placed = [
            place(s, starts, walked, policy) | {"id": i} for s, i in zip(drawn_scores, ids, strict=True)
        ]
        for score in placed:
            row = derived[score["id"]]
            given = [row["series"], row["day"], row["timing"], row["timing_class"], row["infusion_number"]]
            assert given == [score[k] for k in ("home", "at", "timing", "timing_class", "number")]
            assert (missing(row["hours_since_infusion"]) or 0) == pytest.approx(score["hours"] or 0)
            assert row["endpoint_use"] == score["use"]
            home = find_baseline(placed, score["instrument"], score["home"])
            assert missing(row["baseline"]) == (home and home["total"])
        for series in {one[1] for one in walked}:
            for instrument in CASENESS:
                at = (patient, series, instrument)
                expected = follow(placed, instrument, series, walked, until)
                for name in ("baseline", "endpoint_total", "endpoint_day"):
                    assert missing(courses[at][name]) == expected[name], (at, name)
                for frame, name in ((onset, "onset"), (relapse, "relapse")):
                    event = frame[at]
                    if name == "relapse" and expected[name] is not None and not courses[at]["eligible"]:
                        expected[name] = None
                    found = tuple(missing(event[k]) for k in ("left", "right", "event"))
                    assert (found if event["included"] else None) == expected[name], (at, name)
                    compared += event["included"]
    assert compared > 30
