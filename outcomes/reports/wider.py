"""What a report says beyond one instrument: people, quarters, sites, whole courses, definitions, safety."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cached_property
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


@dataclasses.dataclass(frozen=True, eq=False)
class Wider:
    """What stands beyond the single instruments, of the first series of the lead instrument's patients.

    Each is computed when a section first asks for it, so that a report of few sections takes less time.

    Attributes
    ----------
    cohort : Cohort
    people : People
    profile : Profile
    settings : ReportSettings
    say : callable, is told the longer stages in words without values
    """

    cohort: Cohort
    people: People
    profile: Profile
    settings: ReportSettings
    say: Callable[[str], Any]

    @property
    def smallest(self) -> int:
        """The smallest denominator of a percent."""
        return int(self.profile.value("min_percent_denominator"))

    @property
    def grouped_by(self) -> str | None:
        """The column whose values are the groups of the first table."""
        return _choose_group(self.people.now)

    @cached_property
    def characteristics(self) -> pd.DataFrame:
        """The quarter's patients at their start."""
        return summarize_characteristics(
            self.people.now, self.cohort.patients, by=self.grouped_by, smallest=self.smallest
        )

    @cached_property
    def measured(self) -> pd.DataFrame:
        """Those due with an endpoint score beside those without."""
        due = self.people.now[self.people.now["due"].fillna(False).astype(bool)]
        rows = due.assign(measured=due["endpoint_total"].notna().map({True: "yes", False: "no"}))
        return summarize_characteristics(rows, self.cohort.patients, by="measured", smallest=self.smallest)

    @cached_property
    def funnel(self) -> pd.DataFrame:
        """Response by site."""
        counts = _pick_response(self.people.now, "site", self.profile)
        return summarize_funnel(counts, smallest=self.smallest)

    @cached_property
    def completeness(self) -> pd.DataFrame:
        """The lead instrument's by quarter, of all quarters up to this one."""
        first = self.people.first
        return summarize_completeness(
            first, _of(self.people.scores, first), by="quarter", profile=self.profile
        )

    @cached_property
    def charts(self) -> Mapping[str, pd.DataFrame]:
        """Control charts of response, measured and worse, all quarters up to this one."""
        first = self.people.first
        worse = summarize_endpoints(
            first, by="quarter", endpoints=["reliable_deterioration"], profile=self.profile
        )
        measured = self.completeness[self.completeness["occasion"] == "endpoint"]
        counts = {
            "response": _pick_response(first, "quarter", self.profile),
            "measured": measured.rename(columns={"n_measured": "k", "n_due": "n"}),
            "worse": worse,
        }
        return {
            name: summarize_control_chart(
                frame[frame["n"].fillna(0) > 0],
                freeze_after=self.settings.chart_freeze,
                rebase_at=self.settings.chart_rebase or None,
                smallest=self.smallest,
            )
            for name, frame in counts.items()
        }

    @cached_property
    def _all_paths(self) -> pd.DataFrame:
        self.say("whole courses")
        return build_states(
            _of(self.people.scores, self.people.both),
            self.people.both,
            until_day=self.settings.state_days,
            profile=self.profile,
        )

    @property
    def paths(self) -> pd.DataFrame:
        """The states of the quarter's patients."""
        return _in(self._all_paths, self.people.now)

    @cached_property
    def states(self) -> Fit:
        """State occupancy, of the quarter and the year before."""
        days = list(range(0, self.settings.state_days + 1, 7))
        return attempt("States", lambda: fit_state_occupancy(self._all_paths, days=days, n_boot=0))

    @property
    def _onset(self) -> pd.DataFrame:
        return _in(self.people.onset, self.people.both)

    @cached_property
    def incidence(self) -> Fit:
        """Response against stopping, of the quarter and the year before."""
        return attempt(
            "Incidence",
            lambda: fit_cumulative_incidence(
                build_competing_times(self._onset, self.people.both), days=self.settings.onset_days
            ),
        )

    @cached_property
    def factors(self) -> Fit:
        """Time to response by the covariates of the settings, of the quarter and the year before."""
        return _fit_factors(self._onset, self.people.both, self.cohort.patients, self.settings)

    @cached_property
    def rates(self) -> Fit:
        """Endpoints of the quarter with missing totals drawn from a model."""
        self.say("missing scores")
        scores, now = self.people.scores, self.people.now
        return attempt("Rates", lambda: estimate_rates(_of(scores, now), now, profile=self.profile))

    @cached_property
    def profiles(self) -> pd.DataFrame:
        """The same patients under other definitions."""
        self.say("other definitions")
        others = [name for name in ("default", *list_profiles()) if name != self.profile.id]
        cohort = _restrict(self.cohort, self.people.both)
        return summarize_profiles(cohort, [self.profile, *others])

    @cached_property
    def benchmarks(self) -> pd.DataFrame:
        """Published rates beside ours."""
        return summarize_benchmarks(self.profiles)

    @cached_property
    def _placed_infusions(self) -> pd.DataFrame:
        return derive_series(self.cohort.infusions, profile=self.profile)

    @property
    def infusions(self) -> pd.DataFrame:
        """The infusions of the quarter's patients."""
        return _in(self._placed_infusions, self.people.now)

    @cached_property
    def safety(self) -> pd.DataFrame:
        """What sessions of the quarter's patients recorded."""
        return summarize_safety(self.infusions)

    @cached_property
    def dosing(self) -> pd.DataFrame:
        """The doses of the quarter and the year before."""
        both = self.people.both
        return summarize_dosing(_in(self._placed_infusions, both), _in(self.cohort.patients, both))

    @cached_property
    def self_harm(self) -> pd.DataFrame:
        """Answers of the quarter's patients to the self-harm item."""
        return summarize_self_harm(_in(self.people.scores, self.people.now), smallest=self.smallest)


def _of(scores: pd.DataFrame, courses: pd.DataFrame) -> pd.DataFrame:
    """The scores of these patients and of their instrument."""
    own = _in(scores, courses)
    return own[own["instrument"].isin(courses["instrument"])]


def _in(frame: pd.DataFrame, courses: pd.DataFrame) -> pd.DataFrame:
    """The rows of these patients."""
    return frame[frame["patient_id"].isin(courses["patient_id"])]


def _restrict(cohort: Cohort, courses: pd.DataFrame) -> Cohort:
    """The cohort of these patients; what is known of visits and conditions is left as it is."""
    frames = (cohort.scores, cohort.infusions, cohort.patients)
    scores, infusions, people = (_in(frame, courses) for frame in frames)
    return dataclasses.replace(cohort, scores=scores, infusions=infusions, patients=people)


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
