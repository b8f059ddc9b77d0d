"""The choices of a report that are no clinical definitions: days shown, targets, rules of print."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from outcomes.reports.folder import refuse_existing

_MEANING = "meaning"


def _choose(value: Any, meaning: str) -> Any:
    return field(default=value, metadata={_MEANING: meaning})


SECTIONS = (
    "summary", "people", "scores", "onset", "relapse", "whole-course", "course", "factors", "patients",
    "sites", "quarters", "measures", "safety", "comparison", "definitions", "quality", "single-courses",
)  # fmt: skip
"""The sections that there are, in their usual order; single courses only where they are asked for."""


@dataclass(frozen=True)
class ReportSettings:
    """What a report shows and from where on it speaks; each with its meaning, which the report prints."""

    title: str = _choose("Outcome report", "title of the report")
    paper: str = _choose("a4", "paper of the PDF")
    sections: tuple[str, ...] = _choose(SECTIONS[:-1], "sections in reading order")
    logo: str = _choose("", "picture on the first page")
    profile: str = _choose("", "profile asked for; empty: that of the folder of exports")
    changes: dict[str, Any] = field(default_factory=dict, metadata={_MEANING: "exceptions from the profile"})
    quarters_before: int = _choose(4, "quarters that are pooled as the year before")
    measured_target: float = _choose(0.80, "share of those due who should have an endpoint score")
    well_day: int = _choose(56, "days after the endpoint score at which responders are called still well")
    gap_points: int = _choose(10, "percentage points between two rates from which a sentence says why")
    shown_days: int = _choose(84, "last day of a trajectory; later scores are follow-up")
    model_days: int = _choose(60, "last day of the mixed model")
    model_knots: tuple[int, ...] = _choose((3, 7, 21, 42), "days of the knots of its spline")
    mean_days: tuple[int, ...] = _choose((0, 7, 14, 28, 56), "days on which its means are printed")
    onset_days: tuple[int, ...] = _choose((14, 28, 56), "days on which a curve of first response is printed")
    relapse_days: tuple[int, ...] = _choose((28, 56, 84), "days on which a curve of relapse is printed")
    widest_open_share: float = _choose(
        0.10, "where the visits leave more than this share open, a curve has no number for the day"
    )
    n_boot: int = _choose(500, "bootstrap samples of an interval-censored curve, seed 0")
    state_days: int = _choose(180, "last day of the picture of whole courses")
    covariates: tuple[str, ...] = _choose(
        ("baseline", "route"), "covariates of the time to response; columns of COURSES or PATIENTS"
    )
    chart_freeze: int = _choose(12, "quarters that make the usual level of a control chart")
    chart_rebase: str = _choose("", "quarter from which control charts have a new level; empty: none")

    def find_folder(self, parent: str | Path, quarter: str, *, replace: bool = False) -> Path:
        """Where write_report puts a report of that quarter; asked before any work, not after it.

        Raises
        ------
        ReportError
            E301 if something stands there that is not to be replaced.

        Examples
        --------
        >>> from outcomes.reports.settings import ReportSettings
        >>> ReportSettings().find_folder("nowhere", "2026Q2").name
        'outcome-report-2026Q2-INTERNAL'
        """
        target = Path(parent) / name_folder(self.title, quarter, "internal")
        refuse_existing(target, replace=replace)
        return target


def name_folder(title: str, period: str, audience: str) -> str:
    """The name of a report's folder: title, quarter and audience."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].strip("-") or "report"
    return f"{slug}-{period}-{audience.upper()}"


_PRINTED_ELSEWHERE = ("title", "paper", "sections", "logo", "profile", "changes", "chart_rebase")


def list_settings(settings: ReportSettings) -> list[tuple[str, str]]:
    """Meaning and value of every setting as text, in the order of the class."""
    return [
        (one.metadata[_MEANING], _say(getattr(settings, one.name)))
        for one in fields(settings)
        if one.name not in _PRINTED_ELSEWHERE
    ]


def _say(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{100 * value:.0f} %" if isinstance(value, float) else str(value)
