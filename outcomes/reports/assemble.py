"""From a cohort to the study of its report: derived, built, summarized and fitted, each thing once."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from outcomes.definitions.instrument import Instrument, get_instrument
from outcomes.definitions.profile import Profile
from outcomes.endpoints.courses import build_courses
from outcomes.endpoints.endpoints import derive_endpoints
from outcomes.endpoints.onset import build_onset_times
from outcomes.endpoints.relapse import build_relapse_times
from outcomes.errors import DefinitionError
from outcomes.reports.estimates import (
    count_self_harm_answers,
    estimate_course,
    estimate_durations,
    estimate_onset,
)
from outcomes.reports.settings import ReportSettings
from outcomes.reports.study import Period, Study, Track
from outcomes.reports.wider import People, Wider
from outcomes.schema import Cohort
from outcomes.summaries.categories import summarize_categories
from outcomes.summaries.completeness import summarize_completeness
from outcomes.summaries.events import summarize_events
from outcomes.summaries.flow import summarize_flow
from outcomes.summaries.ledger import summarize_ledger, summarize_timing
from outcomes.summaries.rates import summarize_endpoints
from outcomes.summaries.scores import summarize_reliable_change, summarize_scores, summarize_trajectory
from outcomes.summaries.severity import summarize_severity_shift

_DURATIONS = ("relapse", "first_bad", "loss")


@dataclasses.dataclass(frozen=True)
class _Frame:
    """What every instrument's track is cut from, and by what."""

    scores: pd.DataFrame
    courses: pd.DataFrame
    events: Mapping[str, pd.DataFrame]
    profile: Profile
    settings: ReportSettings
    quarter: str
    earlier: tuple[str, ...]


def build_study(
    cohort: Cohort,
    *,
    quarter: str,
    profile: Profile,
    settings: ReportSettings,
    say: Callable[[str], Any],
) -> Study:
    """Derive, build, summarize and fit everything that a report needs.

    Parameters
    ----------
    cohort : Cohort
    quarter : str
    profile : Profile
    settings : ReportSettings
    say : callable, is told each stage in words without values

    Returns
    -------
    Study

    Raises
    ------
    DefinitionError
        If the quarter is not written as 2026Q2.
    """
    earlier = _list_earlier_quarters(quarter, settings.quarters_before)
    say("endpoints")
    cohort = _put_in_order(cohort)
    scores = derive_endpoints(cohort.scores, cohort.infusions, cohort.patients, profile=profile)
    courses = build_courses(
        scores, cohort.infusions, cohort.patients, profile=profile, instruments=profile.instruments,
        excluded=cohort.excluded,
    )  # fmt: skip
    events = {
        "onset": build_onset_times(scores, courses, profile=profile),
        "relapse": build_relapse_times(scores, courses, profile=profile),
        "first_bad": build_relapse_times(scores, courses, confirm=False, profile=profile),
        "loss": build_relapse_times(scores, courses, endpoint="loss_of_response", profile=profile),
    }
    frame = _Frame(scores, courses, events, profile, settings, quarter, earlier)
    tracks = {name: _follow(frame, get_instrument(name), say) for name in profile.instruments}
    first = courses[(courses["series"] == 1).fillna(False)]
    recent = _select(first, quarter=[quarter])
    lead = _select(first, instrument=[profile.instruments[0]])
    lead = lead[(lead["quarter"] <= quarter).fillna(False)]
    people = People(
        first=lead,
        now=_select(lead, quarter=[quarter]),
        both=_select(lead, quarter=[*earlier, quarter]),
        scores=scores,
        onset=_select(events["onset"], instrument=[profile.instruments[0]], series=[1]),
    )
    own = scores[scores["patient_id"].isin(recent["patient_id"]) & (scores["series"] == 1).fillna(False)]
    return Study(
        cohort=cohort,
        profile=profile,
        settings=settings,
        quarter=quarter,
        earlier=earlier,
        tracks=tracks,
        wider=Wider(cohort, people, profile, settings, say),
        ledger=summarize_ledger(cohort.ledger, by=["input", "role"]),
        ledger_total=_add_up(summarize_ledger(cohort.ledger, by=None)),
        timing=summarize_timing(own[own["instrument"].isin(profile.instruments)]),
        n_not_started=int(courses.loc[courses["series"].isna(), "patient_id"].nunique()),
        n_start_unseen=_count_unseen(recent),
        n_start_unseen_before=_count_unseen(_select(first, quarter=earlier)),
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


def _list_earlier_quarters(quarter: str, back: int) -> tuple[str, ...]:
    """List the quarters before, oldest first."""
    if not re.fullmatch(r"(19|20)\d{2}Q[1-4]", quarter):
        raise DefinitionError(
            "A quarter is needed as year and number, such as 2026Q2; something else was given. Write "
            "it like that."
        )
    last = pd.Period(quarter, freq="Q")
    return tuple(str(last - step) for step in range(back, 0, -1))


def _follow(frame: _Frame, instrument: Instrument, say: Callable[[str], Any]) -> Track:
    profile, settings, quarter, earlier = frame.profile, frame.settings, frame.quarter, frame.earlier
    scores, courses = (_select(one, instrument=[instrument.id]) for one in (frame.scores, frame.courses))
    events = {name: _select(one, instrument=[instrument.id]) for name, one in frame.events.items()}
    first = courses[(courses["series"] == 1).fillna(False)]
    now, before = _select(first, quarter=[quarter]), _select(first, quarter=earlier)
    shown = _select(scores, patient_id=list_seen(now))
    shown = shown[((shown["series"] == 1) & (shown["day"] <= settings.shown_days)).fillna(False).astype(bool)]
    say(f"{instrument.title}: average course")
    modelled = _select(scores, patient_id=list_seen(pd.concat([now, before])))
    course = estimate_course(modelled, settings)
    say(f"{instrument.title}: onset and relapse")
    pooled = f"{earlier[0]} to {earlier[-1]}"
    return Track(
        instrument=instrument,
        now=_describe(quarter, now, scores, _cut(events, [quarter]), frame),
        before=_describe(pooled, before, scores, _cut(events, earlier), frame),
        flow=summarize_flow(now, profile=profile),
        scores=shown,
        points=summarize_trajectory(shown),
        dose_points=summarize_trajectory(shown, by="infusion_number"),
        categories=summarize_categories(now, profile=profile),
        shift=summarize_severity_shift(now, profile=profile),
        course=course,
        by_quarter=summarize_endpoints(
            _select(first, quarter=[*earlier, quarter]), by="quarter", profile=profile
        ),
        by_site=summarize_endpoints(now, by="site", profile=profile),
        self_harm=count_self_harm_answers(
            _select(scores, patient_id=now["patient_id"]),
            instrument,
            smallest=int(profile.value("min_percent_denominator")),
        ),
    )


def _describe(
    label: str,
    courses: pd.DataFrame,
    scores: pd.DataFrame,
    events: Mapping[str, pd.DataFrame],
    frame: _Frame,
) -> Period:
    return Period(
        label=label,
        courses=courses,
        rates=summarize_endpoints(courses, profile=frame.profile),
        completeness=summarize_completeness(courses, scores, profile=frame.profile),
        change=summarize_scores(courses),
        reliable=summarize_reliable_change(courses, profile=frame.profile),
        onset=estimate_onset(events["onset"], frame.settings),
        durations=estimate_durations({name: events[name] for name in _DURATIONS}, frame.settings),
        events={name: _count(one) for name, one in events.items()},
    )


def _count(events: pd.DataFrame) -> dict[str, Any]:
    """The one row of an instrument's events; empty where nobody started."""
    rows = summarize_events(events)
    return {str(name): value for name, value in rows.iloc[0].items()} if len(rows) else {}


def list_seen(courses: pd.DataFrame) -> pd.Series:
    """Patients whose start was seen; of the others nobody knows on which day a score was given."""
    return courses.loc[courses["start_observed"].fillna(False).astype(bool), "patient_id"]


def _count_unseen(courses: pd.DataFrame) -> int:
    return courses["patient_id"].nunique() - list_seen(courses).nunique()


def _cut(
    events: Mapping[str, pd.DataFrame], quarters: list[str] | tuple[str, ...]
) -> dict[str, pd.DataFrame]:
    return {name: _select(frame, quarter=quarters) for name, frame in events.items()}


def _add_up(total: pd.DataFrame) -> pd.Series:
    counts = total[["read", "used", "excluded"]].head(1)
    return counts.iloc[0] if len(counts) else pd.Series({"read": 0, "used": 0, "excluded": 0})


def _select(frame: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    for column, values in wanted.items():
        frame = frame[frame[column].isin(values)]
    return frame
