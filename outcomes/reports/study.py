"""What a report is about: the quarter's patients and those of the four quarters before, summarized."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from outcomes.definitions.instrument import Instrument, get_instrument
from outcomes.definitions.profile import Profile
from outcomes.endpoints.courses import build_courses
from outcomes.endpoints.endpoints import derive_endpoints
from outcomes.endpoints.onset import build_onset_times
from outcomes.endpoints.relapse import build_relapse_times
from outcomes.errors import DefinitionError
from outcomes.models.fit import Fit
from outcomes.reports.estimates import (
    count_self_harm_answers,
    estimate_course,
    estimate_durations,
    estimate_onset,
    find_median_gap,
)
from outcomes.schema import Cohort
from outcomes.summaries.completeness import summarize_completeness
from outcomes.summaries.flow import summarize_flow
from outcomes.summaries.ledger import summarize_ledger, summarize_timing
from outcomes.summaries.rates import summarize_endpoints
from outcomes.summaries.scores import summarize_change, summarize_reliable_change, summarize_trajectory

QUARTERS_BEFORE = 4
SHOWN_DAYS = 84
"""Trajectories are drawn to this day; later scores are follow-up, with windows of their own."""
MEASURED_TARGET = 0.80
"""Share of those due who should have an endpoint score; the default of the settings file's `targets`."""
MODEL_DAYS = 60


@dataclass(frozen=True, eq=False)
class Period:
    """The summaries of one set of patients: the quarter, or the four quarters before pooled.

    Attributes
    ----------
    label : str, "2026Q2" or "2025Q2 to 2026Q1"
    courses : DataFrame (COURSES), first series
    rates, completeness, change, reliable : DataFrame, of the summarize_ verbs
    onset : mapping to Fit, time to response: interval (between visits) and visit (dated at the visit)
    durations : mapping to Fit, relapse and loss of response
    gaps : mapping of onset, relapse and loss to the median over patients of the median gap between scores
    """

    label: str
    courses: pd.DataFrame
    rates: pd.DataFrame
    completeness: pd.DataFrame
    change: pd.DataFrame
    reliable: pd.DataFrame
    onset: Mapping[str, Fit]
    durations: Mapping[str, Fit]
    gaps: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Track:
    """One instrument: the quarter, what came before, and the course of both together.

    Attributes
    ----------
    instrument : Instrument
    now, before : Period
    flow : DataFrame, of the quarter
    scores : DataFrame (SCORES), first-series rows of the quarter up to SHOWN_DAYS
    points : DataFrame, weekly observed means of these
    course : mapping to Fit: model, means, curve, differences
    by_quarter, by_site : DataFrame, endpoints by quarter of all first series, and of the quarter by site
    self_harm : DataFrame, answers to the self-harm item at the last score; empty where there is no such item
    """

    instrument: Instrument
    now: Period
    before: Period
    flow: pd.DataFrame
    scores: pd.DataFrame
    points: pd.DataFrame
    course: Mapping[str, Fit]
    by_quarter: pd.DataFrame
    by_site: pd.DataFrame
    self_harm: pd.DataFrame

    @property
    def id(self) -> str:
        """The id of the instrument."""
        return self.instrument.id

    @property
    def collected(self) -> bool:
        """Whether the quarter's patients have any total of this instrument."""
        return bool(self.scores["total"].notna().any() or self.now.courses["baseline"].notna().any())

    @property
    def known(self) -> bool:
        """Whether the patients of the quarter or of the year before have any total of this instrument."""
        return self.collected or bool(self.before.courses["baseline"].notna().any())


@dataclass(frozen=True, eq=False)
class Study:
    """Everything that the sections of a report say, computed once.

    Attributes
    ----------
    cohort : Cohort
    profile : Profile
    quarter : str, for example "2026Q2"
    earlier : tuple of str, the four quarters before
    tracks : mapping of instrument id to Track, in the profile's order
    ledger, timing : DataFrame, summaries of the whole export and of the quarter's scores
    ledger_total : Series, read, used and excluded of all inputs together
    n_not_started : int, patients of the export without any infusion
    """

    cohort: Cohort
    profile: Profile
    quarter: str
    earlier: tuple[str, ...]
    tracks: Mapping[str, Track]
    ledger: pd.DataFrame
    ledger_total: pd.Series
    timing: pd.DataFrame
    n_not_started: int

    @property
    def lead(self) -> Track:
        """The track of the profile's first instrument, which page 1 is about."""
        return next(iter(self.tracks.values()))

    @property
    def smallest(self) -> int:
        """The smallest denominator of a percent."""
        return int(self.profile.value("min_percent_denominator"))


def build_study(cohort: Cohort, *, quarter: str, profile: Profile, say: Callable[[str], Any]) -> Study:
    """Derive, build, summarize and fit everything that a report needs.

    Parameters
    ----------
    cohort : Cohort
    quarter : str
    profile : Profile
    say : callable, is told each stage in words without values

    Returns
    -------
    Study
    """
    earlier = list_earlier_quarters(quarter)
    say("endpoints")
    cohort = _put_in_order(cohort)
    scores = derive_endpoints(cohort.scores, cohort.infusions, cohort.patients, profile=profile)
    courses = build_courses(
        scores, cohort.infusions, cohort.patients, profile=profile, instruments=profile.instruments
    )
    events = {
        "onset": build_onset_times(scores, courses, profile=profile),
        "relapse": build_relapse_times(scores, courses, profile=profile),
        "loss": build_relapse_times(scores, courses, endpoint="loss_of_response", profile=profile),
    }
    frames = {"scores": scores, "courses": courses, **events}
    tracks = {
        name: _follow(frames, get_instrument(name), quarter, earlier, profile, say)
        for name in profile.instruments
    }
    recent = courses[(courses["quarter"] == quarter).fillna(False) & (courses["series"] == 1).fillna(False)]
    own = scores[scores["patient_id"].isin(recent["patient_id"]) & (scores["series"] == 1).fillna(False)]
    return Study(
        cohort=cohort,
        profile=profile,
        quarter=quarter,
        earlier=earlier,
        tracks=tracks,
        ledger=summarize_ledger(cohort.ledger, by=["input", "role"]),
        ledger_total=_add_up(summarize_ledger(cohort.ledger, by=None)),
        timing=summarize_timing(own[own["instrument"].isin(profile.instruments)]),
        n_not_started=int(courses.loc[courses["series"].isna(), "patient_id"].nunique()),
    )


def _put_in_order(cohort: Cohort) -> Cohort:
    """The same cohort with its rows in an order of their own: the order of files changes no digit."""
    when = ["date", "study_day", "clock"]
    return dataclasses.replace(
        cohort,
        scores=cohort.scores.sort_values(
            ["patient_id", "instrument", *when, "assessment_id"], ignore_index=True
        ),
        infusions=cohort.infusions.sort_values(["patient_id", *when, "row_uid"], ignore_index=True),
        patients=cohort.patients.sort_values("patient_id", ignore_index=True),
        ledger=cohort.ledger.sort_values(["input", "sheet", "row", "row_uid"], ignore_index=True),
    )


def list_earlier_quarters(quarter: str) -> tuple[str, ...]:
    """List the four quarters before, oldest first.

    Raises
    ------
    DefinitionError
        If the quarter is not written as 2026Q2.
    """
    if not re.fullmatch(r"(19|20)\d{2}Q[1-4]", quarter):
        raise DefinitionError(
            "A quarter is needed as year and number, such as 2026Q2; something else was given. Write "
            "it like that."
        )
    last = pd.Period(quarter, freq="Q")
    return tuple(str(last - back) for back in range(QUARTERS_BEFORE, 0, -1))


def _follow(
    frames: Mapping[str, pd.DataFrame],
    instrument: Instrument,
    quarter: str,
    earlier: tuple[str, ...],
    profile: Profile,
    say: Callable[[str], Any],
) -> Track:
    own = {name: _select(frame, instrument=[instrument.id]) for name, frame in frames.items()}
    first = own["courses"][(own["courses"]["series"] == 1).fillna(False)]
    courses = {"now": _select(first, quarter=[quarter]), "before": _select(first, quarter=earlier)}
    patients = {name: rows["patient_id"] for name, rows in courses.items()}
    mine = _select(own["scores"], patient_id=patients["now"])
    shown = mine[((mine["series"] == 1) & (mine["day"] <= SHOWN_DAYS)).fillna(False).astype(bool)]
    modelled = _select(own["scores"], patient_id=pd.concat([patients["now"], patients["before"]]))
    say(f"{instrument.title}: average course")
    course = estimate_course(modelled, last_day=MODEL_DAYS)
    say(f"{instrument.title}: onset and relapse")
    return Track(
        instrument=instrument,
        now=_describe(quarter, courses["now"], [quarter], own, profile),
        before=_describe(f"{earlier[0]} to {earlier[-1]}", courses["before"], earlier, own, profile),
        flow=summarize_flow(courses["now"], profile=profile),
        scores=shown,
        points=summarize_trajectory(shown),
        course=course,
        by_quarter=summarize_endpoints(
            _select(first, quarter=[*earlier, quarter]), by="quarter", profile=profile
        ),
        by_site=summarize_endpoints(courses["now"], by="site", profile=profile),
        self_harm=count_self_harm_answers(
            mine, instrument, smallest=int(profile.value("min_percent_denominator"))
        ),
    )


def _describe(
    label: str,
    courses: pd.DataFrame,
    quarters: list[str] | tuple[str, ...],
    own: Mapping[str, pd.DataFrame],
    profile: Profile,
) -> Period:
    events = {name: _select(own[name], quarter=quarters) for name in ("onset", "relapse", "loss")}
    return Period(
        label=label,
        courses=courses,
        rates=summarize_endpoints(courses, profile=profile),
        completeness=summarize_completeness(courses, own["scores"], profile=profile),
        change=summarize_change(courses),
        reliable=summarize_reliable_change(courses, profile=profile),
        onset=estimate_onset(events["onset"]),
        durations=estimate_durations(events["relapse"], events["loss"]),
        gaps={name: find_median_gap(frame) for name, frame in events.items()},
    )


def _add_up(total: pd.DataFrame) -> pd.Series:
    counts = total[["read", "used", "excluded"]].head(1)
    return counts.iloc[0] if len(counts) else pd.Series({"read": 0, "used": 0, "excluded": 0})


def _select(frame: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    for column, values in wanted.items():
        frame = frame[frame[column].isin(values)]
    return frame
