"""What the simulated clinics would show if everybody were measured at every visit."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import RandomState

from outcomes.definitions.instrument import get_instrument
from outcomes.definitions.profile import Profile, get_profile
from outcomes.simulate.clinic import Clinic, simulate_clinic
from outcomes.simulate.network import Site

INSTRUMENTS = ("phq9", "gad7", "pcl5")
TRUTH_SEED = 20_250_101
RELAPSE_DAYS = (28, 56)

NOTE = (
    "True values of the generating model, from a very large simulation in which every scheduled "
    "questionnaire is filled in: at each check-in, at the post-induction visit, then every two weeks (PCL-5 "
    "less often). They do not depend on the seed. Days of onset and relapse are dated at those visits."
)


def compute_truth(
    sites: tuple[Site, ...], *, profile: str = "default", patients_per_site: int = 20_000
) -> dict[str, Any]:
    """Compute the true endpoints of the generating model, over all sites and for each.

    Parameters
    ----------
    sites : tuple of Site
    profile : str, id of the endpoint definitions that are applied
    patients_per_site : int, size of the simulation

    Returns
    -------
    dict with note, profile, profile_hash, patients_per_site and instruments: for each instrument `overall`
    (the sites in their shares of the network) and `by_site`

    Notes
    -----
    Populations are those of the profile without the maturity rule: response, remission and change of all with
    a baseline at or above caseness; relapse from the post-induction score of those who responded there.
    """
    rules = get_profile(profile)
    frames: dict[str, list[pd.DataFrame]] = {instrument: [] for instrument in INSTRUMENTS}
    total = sum(site.weight for site in sites)
    for site in sites:
        for instrument, courses in _simulate_courses(
            replace(site, name=""), rules.id, patients_per_site
        ).items():
            frames[instrument].append(courses.assign(site=site.name, weight=site.weight / total))
    return {
        "note": NOTE,
        "profile": rules.id,
        "profile_hash": rules.hash,
        "patients_per_site": patients_per_site,
        "instruments": {
            name: _describe(pd.concat(parts), name, rules) for name, parts in frames.items() if parts
        },
    }


@lru_cache(maxsize=8)
def _simulate_courses(pattern: Site, profile: str, patients: int) -> dict[str, pd.DataFrame]:
    """Courses by instrument of a large clinic; clinics that differ in nothing but their name share them."""
    clinic = simulate_clinic(pattern, patients, RandomState([TRUTH_SEED, *pattern.style.encode()]))
    instruments = [name for name in INSTRUMENTS if name != "pcl5" or pattern.asks_pcl5]
    return {name: _derive_courses(clinic, name, get_profile(profile)) for name in instruments}


def _derive_courses(clinic: Clinic, instrument: str, profile: Profile) -> pd.DataFrame:
    """One row per patient with a baseline: endpoint, onset and relapse of series 1, completely measured."""
    items = [item.key for item in get_instrument(instrument).items]
    scores = clinic.assessments[clinic.assessments[items[0]] >= 0]
    scores = scores[["patient", "day", "series"]].assign(
        total=scores[items].to_numpy().sum(axis=1, dtype=np.int64)
    )
    scores = scores[scores["series"] == 1].sort_values(["patient", "day"], kind="stable")
    baseline = scores[scores["day"] == 0].set_index("patient")["total"].rename("baseline")
    scores = scores[scores["day"] > 0].merge(
        baseline.reset_index(), on="patient", how="inner", validate="many_to_one"
    )
    scores = scores.assign(anchor=scores["patient"].map(clinic.patients["last_induction_day"]))
    scores = scores.assign(responding=_is_response(scores["baseline"], scores["total"], instrument, profile))
    low, high = profile.value("post_window_days")
    post = (
        scores[scores["day"].between(scores["anchor"] + low, scores["anchor"] + high)]
        .groupby("patient")
        .first()
    )
    courses = baseline.to_frame().join(post[["total", "day", "responding"]])
    courses["responding"] = courses["responding"].astype("boolean")
    courses["eligible"] = courses["baseline"] >= profile.by_instrument("caseness")[instrument]
    second = clinic.infusions[clinic.infusions["series"] == 2].groupby("patient")["day"].min()
    return courses.join(_find_onset(scores, profile)).join(
        _find_losses(scores, courses, second, instrument, profile)
    )


def _is_response(baseline: pd.Series, total: pd.Series, instrument: str, profile: Profile) -> pd.Series:
    percent = profile.by_instrument("response_percent")[instrument]
    points = profile.by_instrument("response_points")[instrument]
    improved = baseline - total
    met = pd.Series(True, index=total.index)
    if percent is not None:
        met &= (100 * improved >= percent * baseline) & (baseline > 0)
    if points is not None:
        met &= improved >= points
    return met


def _find_onset(scores: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Days between which response was first reached: after `onset_left`, at the latest on `onset_right`."""
    scores = scores[scores["day"] <= profile.value("onset_until_day")]
    right = scores[scores["responding"]].groupby("patient")["day"].min().rename("onset_right")
    before = scores.merge(right.reset_index(), on="patient", how="inner", validate="many_to_one")
    left = before[before["day"] < before["onset_right"]].groupby("patient")["day"].max().rename("onset_left")
    return right.to_frame().join(left).fillna({"onset_left": 0})


def _find_losses(
    scores: pd.DataFrame, courses: pd.DataFrame, second: pd.Series, instrument: str, profile: Profile
) -> pd.DataFrame:
    """Days from the post-induction score of responders to loss of response and to confirmed relapse."""
    entry = courses.loc[courses["responding"].fillna(False), ["day", "total"]]
    entry = entry.rename(columns={"day": "origin", "total": "entry_total"})
    after = scores.merge(entry.reset_index(), on="patient", how="inner", validate="many_to_one")
    after = after[after["day"] > after["origin"]]
    rise = after["total"] - after["entry_total"]
    bad = ~after["responding"] & (after["total"] >= profile.by_instrument("relapse_min_total")[instrument])
    after = after.assign(bad=bad & (rise >= profile.by_instrument("relapse_min_rise")[instrument]))
    lost = after[~after["responding"]].groupby("patient")["day"].min().rename("lost")
    confirmed = after[_is_confirmed(after, profile.value("relapse_confirm_days"))]
    relapse = confirmed.groupby("patient")["day"].min().rename("relapse")
    losses = entry.join(lost).join(relapse).join(second.rename("second"))
    relapse_day = losses[["relapse", "second"]].min(axis=1)
    return pd.DataFrame(
        {"lost_after": losses["lost"] - losses["origin"], "relapse_after": relapse_day - losses["origin"]}
    )


def _is_confirmed(after: pd.DataFrame, confirm_days: tuple[int, int]) -> pd.Series:
    """Bad scores that each later one repeats up to the first late enough; rows by patient and day."""
    patient, day = after["patient"].to_numpy(), after["day"].to_numpy()
    bad = after["bad"].to_numpy()
    low, high = confirm_days
    confirmed, open_still = np.zeros(len(after), dtype=bool), bad.copy()
    step = 0
    while open_still.any():
        step += 1
        later = np.minimum(np.arange(len(after)) + step, len(after) - 1)
        same = (patient[later] == patient) & (np.arange(len(after)) + step < len(after))
        open_still &= same & bad[later]
        late_enough = open_still & (day[later] - day >= low)
        confirmed |= late_enough & (day[later] - day <= high)
        open_still &= ~late_enough
    return pd.Series(confirmed, index=after.index)


def _describe(courses: pd.DataFrame, instrument: str, profile: Profile) -> dict[str, Any]:
    by_site = {
        str(site): _summarize(part, instrument, profile) for site, part in courses.groupby("site", sort=False)
    }
    return {"overall": _summarize(courses, instrument, profile), "by_site": by_site}


def _summarize(courses: pd.DataFrame, instrument: str, profile: Profile) -> dict[str, Any]:
    operator = profile.by_instrument("remission_op")[instrument]
    cut = profile.by_instrument("remission_value")[instrument]
    eligible = courses[courses["eligible"]]
    measured = eligible[eligible["total"].notna()]
    total = measured["total"].astype(float)
    remitted = (total < cut) if operator == "<" else (total <= cut)
    responders = measured[measured["responding"].astype(bool)]
    spread = courses["baseline"] - _mean(courses["baseline"], courses["weight"])
    return {
        "baseline_mean": _mean(courses["baseline"], courses["weight"]),
        "baseline_sd": round(float(np.sqrt(np.average(spread**2, weights=courses["weight"]))), 4),
        "eligible_share": _mean(courses["eligible"], courses["weight"]),
        "response": _mean(measured["responding"].astype(float), measured["weight"]),
        "remission": _mean(remitted, measured["weight"]),
        "remission_label": profile.by_instrument("remission_label")[instrument],
        "mean_change": _mean(total - measured["baseline"], measured["weight"]),
        "responded_by_onset_until_day": _mean(eligible["onset_right"].notna(), eligible["weight"]),
        "median_onset_after_day": _median(eligible["onset_left"], eligible["weight"]),
        "median_onset_at_latest_on_day": _median(eligible["onset_right"], eligible["weight"]),
        **{
            f"{label}_day_{days}": _mean(~(responders[column] <= days), responders["weight"])
            for label, column in (("relapse_free", "relapse_after"), ("still_responding", "lost_after"))
            for days in RELAPSE_DAYS
        },
    }


def _mean(values: pd.Series, weights: pd.Series) -> float:
    return round(float(np.average(values.astype(float), weights=weights)), 4)


def _median(days: pd.Series, weights: pd.Series) -> float | None:
    """The day by which half have had the event; None where fewer than half ever have."""
    ordered = pd.DataFrame({"day": days.fillna(np.inf), "weight": weights}).sort_values("day", kind="stable")
    reached = ordered["weight"].cumsum() >= ordered["weight"].sum() / 2
    day = float(ordered.loc[reached.to_numpy(), "day"].iloc[0])
    return None if np.isinf(day) else day
