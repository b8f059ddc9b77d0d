"""What a careful analyst writes without a toolkit: the same endpoints, one patient at a time, in pandas."""

from __future__ import annotations

import pandas as pd


def judge_patient(scores: pd.DataFrame, infusions: pd.DataFrame, until: pd.Timestamp) -> dict:
    """Baseline, post-induction score, response, onset and relapse of one patient with one series."""
    start = infusions["date"].min()
    days = (infusions["date"] - start).dt.days.drop_duplicates().sort_values()
    gaps = days.diff()
    given, last = 0, 0
    for day, gap in zip(days, gaps, strict=True):
        if day > 28 or given == 8 or (given >= 4 and gap > 10):
            break
        given, last = given + 1, day
    visits = scores.assign(day=(scores["date"] - start).dt.days).sort_values("day")
    before = visits[visits["day"].between(-14, 0)]
    row = {"baseline": None, "endpoint_total": None, "response": None, "remission": None, "left": None,
           "right": None, "relapse": None}  # fmt: skip
    if before.empty or (until - start).days < 59:
        return row
    baseline = before["total"].iloc[-1]
    row["baseline"] = baseline
    if baseline < 10:
        return row
    after = visits[visits["day"] > 0]
    left = 0
    for day, total in zip(after["day"], after["total"], strict=True):
        if day > 60:
            break
        if 2 * (baseline - total) >= baseline:
            row |= {"left": left, "right": day}
            break
        left = day
    window = after[after["day"].between(last + 14, last + 31)]
    if window.empty:
        return row
    total, origin = window["total"].iloc[0], window["day"].iloc[0]
    row |= {"endpoint_total": total, "response": 2 * (baseline - total) >= baseline, "remission": total < 5}
    if row["response"]:
        later = after[after["day"] > origin]
        bad = (
            (later["total"] >= 10)
            & (2 * (baseline - later["total"]) < baseline)
            & (later["total"] - total >= 6)
        )
        row["relapse"] = False
        for day in later.loc[bad, "day"]:
            following = later[later["day"] > day]
            confirming = following[following["day"] >= day + 5].head(1)
            if len(confirming) and confirming["day"].iloc[0] <= day + 30:
                run = following["day"] <= confirming["day"].iloc[0]
                row["relapse"] |= bool(bad.loc[following.index][run].all())
    return row


def judge_all(scores: pd.DataFrame, infusions: pd.DataFrame, patients: pd.DataFrame) -> pd.DataFrame:
    """One row per patient, by a loop over groups."""
    until = patients.set_index("patient_id")["observed_until"]
    doses = dict(tuple(infusions.groupby("patient_id")))
    rows = {
        patient: judge_patient(own, doses[patient], until[patient])
        for patient, own in scores.groupby("patient_id")
    }
    return pd.DataFrame.from_dict(rows, orient="index")
