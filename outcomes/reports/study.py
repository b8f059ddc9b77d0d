"""What a report is about: the quarter's patients and those of the four quarters before, summarized."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from outcomes.definitions.instrument import Instrument
from outcomes.definitions.profile import Profile
from outcomes.models.fit import Fit
from outcomes.reports.settings import ReportSettings
from outcomes.reports.wider import Wider
from outcomes.schema import Cohort


@dataclass(frozen=True, eq=False)
class Period:
    """The summaries of one set of patients: the quarter, or the four quarters before pooled.

    Attributes
    ----------
    label : str, "2026Q2" or "2025Q2 to 2026Q1"
    courses : DataFrame (COURSES), first series
    rates, completeness, change, reliable : DataFrame, of the summarize_ verbs
    onset : mapping to Fit, time to response: interval (between visits) and visit (dated at the visit)
    durations : mapping to Fit: relapse (confirmed), first_bad (the first bad score) and loss (of response)
    events : mapping of onset, relapse, first_bad and loss to their counts by summarize_events
    """

    label: str
    courses: pd.DataFrame
    rates: pd.DataFrame
    completeness: pd.DataFrame
    change: pd.DataFrame
    reliable: pd.DataFrame
    onset: Mapping[str, Fit]
    durations: Mapping[str, Fit]
    events: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Track:
    """One instrument: the quarter, what came before, and the course of both together.

    Attributes
    ----------
    instrument : Instrument
    now, before : Period
    flow : DataFrame, of the quarter
    scores : DataFrame (SCORES), first-series rows of the quarter up to the last day shown, of patients whose
        start was seen
    points, dose_points : DataFrame, observed means of these by week and by number of infusions
    categories : DataFrame, the quarter's eligible by what their change amounts to
    shift : DataFrame, the quarter's due by severity band at baseline and endpoint
    course : mapping to Fit: model, means, curve, differences
    by_quarter, by_site : DataFrame, endpoints by quarter of all first series, and of the quarter by site
    self_harm : DataFrame, answers to the self-harm item at the baseline and at the last questionnaire; empty
        where there is no such item
    """

    instrument: Instrument
    now: Period
    before: Period
    flow: pd.DataFrame
    scores: pd.DataFrame
    points: pd.DataFrame
    dose_points: pd.DataFrame
    categories: pd.DataFrame
    shift: pd.DataFrame
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
    settings : ReportSettings
    quarter : str, for example "2026Q2"
    earlier : tuple of str, the four quarters before
    tracks : mapping of instrument id to Track, in the profile's order
    wider : Wider
    ledger, timing : DataFrame, summaries of the whole export and of the quarter's scores
    ledger_total : Series, read, used and excluded of all inputs together
    n_not_started : int, patients of the export without any infusion
    n_start_unseen : int, patients of the quarter whose first infusion may lie before the export; their scores
        are in no course
    n_start_unseen_before : int, the same of the four quarters before
    """

    cohort: Cohort
    profile: Profile
    settings: ReportSettings
    quarter: str
    earlier: tuple[str, ...]
    tracks: Mapping[str, Track]
    wider: Wider
    ledger: pd.DataFrame
    ledger_total: pd.Series
    timing: pd.DataFrame
    n_not_started: int
    n_start_unseen: int
    n_start_unseen_before: int

    @property
    def lead(self) -> Track:
        """The track of the profile's first instrument, which page 1 is about."""
        return next(iter(self.tracks.values()))

    @property
    def smallest(self) -> int:
        """The smallest denominator of a percent."""
        return int(self.profile.value("min_percent_denominator"))
