"""What a report says beyond one instrument: people, quarters, sites, whole courses, definitions, safety."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from outcomes.definitions.profile import Profile, list_profiles
from outcomes.endpoints.competing import build_competing_times
from outcomes.endpoints.series import derive_series
from outcomes.endpoints.states import build_states
from outcomes.models.fit import Fit
from outcomes.models.missing.imputed_rates import estimate_rates
from outcomes.models.survival.cox import fit_cox
from outcomes.models.survival.cumulative_incidence import fit_cumulative_incidence
from outcomes.models.survival.state_occupancy import fit_state_occupancy
from outcomes.reports.estimates import attempt
from outcomes.reports.settings import ReportSettings
from outcomes.reports.study import Wider
from outcomes.schema import Cohort
from outcomes.summaries.benchmarks import summarize_benchmarks
from outcomes.summaries.characteristics import summarize_characteristics
from outcomes.summaries.completeness import summarize_completeness
from outcomes.summaries.control_chart import summarize_control_chart
from outcomes.summaries.funnel import summarize_funnel
from outcomes.summaries.profiles import summarize_profiles
from outcomes.summaries.rates import summarize_endpoints
from outcomes.summaries.safety import summarize_dosing, summarize_safety
from outcomes.summaries.self_harm import summarize_self_harm

_KEY = ["patient_id", "series", "instrument"]
_MOST_GROUPS = 5  # columns of groups that a page has room for


@dataclasses.dataclass(frozen=True)
class People:
    """Whom the frames are about: the lead instrument's first series, of the quarter and of the year before.

    Attributes
    ----------
    first : DataFrame (COURSES), all first series of the lead instrument up to the quarter
    now, both : DataFrame, of it those of the quarter, and with those of the quarters before
    scores : DataFrame (SCORES after derive_endpoints) of all instruments
    onset : DataFrame (EVENTS) of the lead instrument
    """

    first: pd.DataFrame
    now: pd.DataFrame
    both: pd.DataFrame
    scores: pd.DataFrame
    onset: pd.DataFrame


def build_wider(
    cohort: Cohort, people: People, *, profile: Profile, settings: ReportSettings, say: Callable[[str], Any]
) -> Wider:
    """Summarize and fit what stands beyond the single instruments.

    Parameters
    ----------
    cohort : Cohort
    people : People
    profile : Profile
    settings : ReportSettings
    say : callable, is told each stage in words without values

    Returns
    -------
    Wider
    """
    smallest = int(profile.value("min_percent_denominator"))
    infusions = derive_series(cohort.infusions, profile=profile)
    say("whole courses")
    lead = _of(people.scores, people.both)
    onset = people.onset[people.onset["patient_id"].isin(people.both["patient_id"])]
    paths = build_states(lead, people.both, until_day=settings.state_days, profile=profile)
    say("missing scores")
    rates = attempt(
        "Rates", lambda: estimate_rates(_of(people.scores, people.now), people.now, profile=profile)
    )
    say("other definitions")
    profiles = summarize_profiles(_restrict(cohort, people.both["patient_id"]), [profile, *_others(profile)])
    say("quarters, sites, safety")
    completeness = summarize_completeness(
        people.first, _of(people.scores, people.first), by="quarter", profile=profile
    )
    group = _choose_group(people.now)
    counted = people.now[people.now["due"].fillna(False).astype(bool)]
    given = infusions[infusions["patient_id"].isin(people.now["patient_id"])]
    known = cohort.patients["patient_id"].isin(people.both["patient_id"])
    return Wider(
        grouped_by=group,
        characteristics=summarize_characteristics(people.now, cohort.patients, by=group, smallest=smallest),
        measured=summarize_characteristics(
            counted.assign(measured=counted["endpoint_total"].notna().map({True: "yes", False: "no"})),
            cohort.patients,
            by="measured",
            smallest=smallest,
        ),
        funnel=summarize_funnel(_pick_response(people.now, "site", profile), smallest=smallest),
        charts=_chart(people, completeness, profile, settings, smallest),
        states=attempt("States", lambda: fit_state_occupancy(paths, days=_list_days(settings), n_boot=0)),
        paths=paths[paths["patient_id"].isin(people.now["patient_id"])],
        infusions=given,
        incidence=attempt(
            "Incidence",
            lambda: fit_cumulative_incidence(
                build_competing_times(onset, people.both), days=settings.onset_days
            ),
        ),
        factors=_fit_factors(onset, people.both, cohort.patients, settings),
        rates=rates,
        profiles=profiles,
        benchmarks=summarize_benchmarks(profiles),
        completeness=completeness,
        safety=summarize_safety(given),
        dosing=summarize_dosing(
            infusions[infusions["patient_id"].isin(people.both["patient_id"])], cohort.patients[known]
        ),
        self_harm=summarize_self_harm(_in(people.scores, people.now), smallest=smallest),
    )


def _of(scores: pd.DataFrame, courses: pd.DataFrame) -> pd.DataFrame:
    """The scores of these patients and of their instrument."""
    own = _in(scores, courses)
    return own[own["instrument"].isin(courses["instrument"])]


def _in(scores: pd.DataFrame, courses: pd.DataFrame) -> pd.DataFrame:
    return scores[scores["patient_id"].isin(courses["patient_id"])]


def _restrict(cohort: Cohort, patients: pd.Series) -> Cohort:
    """The cohort of these patients; what is known of visits and conditions is left as it is."""
    scores, infusions, people = (
        frame[frame["patient_id"].isin(patients)]
        for frame in (cohort.scores, cohort.infusions, cohort.patients)
    )
    return dataclasses.replace(cohort, scores=scores, infusions=infusions, patients=people)


def _others(profile: Profile) -> list[str]:
    return [name for name in ("default", *list_profiles()) if name != profile.id]


def _choose_group(courses: pd.DataFrame) -> str | None:
    """Site, or route where there is one site; none where neither makes two groups that fit a page."""
    for name in ("site", "route"):
        if 2 <= courses[name].nunique() <= _MOST_GROUPS:
            return name
    return None


def _pick_response(courses: pd.DataFrame, by: str, profile: Profile) -> pd.DataFrame:
    """Responders of everyone eligible, one row per group."""
    rates = summarize_endpoints(courses, by=by, endpoints=["response"], profile=profile)
    return rates[(rates["denominator"] == "all_eligible") & rates["n"].notna()]


def _chart(
    people: People,
    completeness: pd.DataFrame,
    profile: Profile,
    settings: ReportSettings,
    smallest: int,
) -> Mapping[str, pd.DataFrame]:
    """Response, completeness and deterioration by quarter against their usual level."""
    first = people.first
    worse = summarize_endpoints(first, by="quarter", endpoints=["reliable_deterioration"], profile=profile)
    measured = completeness[completeness["occasion"] == "endpoint"].rename(
        columns={"n_measured": "k", "n_due": "n"}
    )
    counts = {"response": _pick_response(first, "quarter", profile), "measured": measured, "worse": worse}
    return {
        name: summarize_control_chart(
            frame[frame["n"].fillna(0) > 0],
            freeze_after=settings.chart_freeze,
            rebase_at=settings.chart_rebase or None,
            smallest=smallest,
        )
        for name, frame in counts.items()
    }


def _list_days(settings: ReportSettings) -> list[int]:
    return list(range(0, settings.state_days + 1, 7))


def _fit_factors(
    onset: pd.DataFrame, courses: pd.DataFrame, patients: pd.DataFrame, settings: ReportSettings
) -> Fit:
    """Who responds sooner, by the covariates of the settings that vary."""
    people = courses[[*_KEY, *(name for name in settings.covariates if name in courses and name not in _KEY)]]
    more = [name for name in settings.covariates if name in patients and name not in people]
    people = people.merge(
        patients[["patient_id", *more]], on="patient_id", how="left", validate="many_to_one"
    )
    rows = onset[[*_KEY, "included", "time", "event"]].merge(
        people, on=_KEY, how="left", validate="one_to_one"
    )
    counted = rows[rows["included"].fillna(False).astype(bool)]
    names = [
        name for name in settings.covariates if name in counted and len(counted[name].dropna().unique()) > 1
    ]
    formula = "~ " + (" + ".join(names) if names else "1")
    return attempt("Time to response", lambda: fit_cox(rows, formula, days=settings.onset_days))
