"""The quarterly report: from a cohort to the sections that write_report prints."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from outcomes.definitions.profile import Profile, get_profile
from outcomes.errors import ReportError
from outcomes.reports.assemble import build_study
from outcomes.reports.report import Meta, Report
from outcomes.reports.sections.course import section_course
from outcomes.reports.sections.definitions import section_definitions
from outcomes.reports.sections.durations import section_onset, section_relapse
from outcomes.reports.sections.people import section_people
from outcomes.reports.sections.quality import section_quality
from outcomes.reports.sections.scores import section_scores
from outcomes.reports.sections.sites import section_sites
from outcomes.reports.sections.summary import section_summary
from outcomes.reports.settings import ReportSettings
from outcomes.schema import Cohort

TITLE = "Outcome report"
_LIBRARIES = (
    "pandas",
    "numpy",
    "scipy",
    "statsmodels",
    "lifelines",
    "formulaic",
    "matplotlib",
    "seaborn",
    "jinja2",
)


def build_report(
    cohort: Cohort,
    *,
    quarter: str,
    profile: str | Profile | None = None,
    report_date: str | datetime.date | None = None,
    progress: Callable[[str], Any] | None = None,
) -> Report:
    """Build the internal outcome report of the patients whose first infusion lies in a quarter.

    Parameters
    ----------
    cohort : Cohort
        From load_cohort.
    quarter : str
        Calendar quarter of the first infusion, such as "2026Q2"; the four quarters before stand beside it,
        pooled.
    profile : str or Profile, optional
        Definitions; by default the cohort's own.
    report_date : str (YYYY-MM-DD) or date, optional
        The date printed; by default SOURCE_DATE_EPOCH, else today.
    progress : callable, optional
        Is given one line of text before each stage; no values of patients.

    Returns
    -------
    Report
        `summary()` gives the cards as text; write_report and write_html print all of it.

    Raises
    ------
    DefinitionError
        If the quarter is not written as 2026Q2, or there is no such profile.
    ReportError
        If the date is not written as YYYY-MM-DD.

    Notes
    -----
    The headline counts patients by their first series. Rates stand on everyone eligible (no score counts as
    not reached) and on those with a score, side by side. A quarter without patients gives a full report that
    says so.

    Examples
    --------
    >>> import outcomes as oc
    >>> empty = oc.Cohort(oc.SCORES.empty(), oc.INFUSIONS.empty(), oc.PATIENTS.empty(), oc.LEDGER.empty())
    >>> report = oc.build_report(empty, quarter="2026Q2", report_date="2026-10-01")
    >>> [section.title for section in report.sections][:2]
    ['Summary', 'Who is in these numbers?']
    """
    chosen = get_profile(cohort.profile if profile is None else profile)
    dated = _choose_date(report_date)
    say = progress or (lambda _: None)
    study = build_study(cohort, quarter=quarter, profile=chosen, settings=ReportSettings(), say=say)
    versions, inputs = _list_versions(), _list_inputs(cohort)
    say("sections")
    sections = (
        section_summary(study),
        section_people(study),
        *(section_scores(study, instrument) for instrument in study.tracks),
        section_onset(study),
        section_relapse(study),
        section_course(study),
        section_sites(study),
        section_definitions(study, versions, inputs),
        section_quality(study),
    )
    meta = Meta(TITLE, quarter, dated, "internal", chosen.id, chosen.hash, versions, inputs, cohort.name)
    return Report(meta, sections, study.cohort.ledger)


def _choose_date(report_date: str | datetime.date | None) -> str:
    """The one place that reads the date of a report."""
    if isinstance(report_date, datetime.date):
        return report_date.isoformat()
    if report_date is not None:
        try:
            return datetime.date.fromisoformat(report_date).isoformat()
        except ValueError:
            raise ReportError(
                "The report date is needed as YYYY-MM-DD, such as 2026-10-01; something else was "
                "given. Write it like that."
            ) from None
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdigit():
        return datetime.datetime.fromtimestamp(int(epoch), tz=datetime.UTC).date().isoformat()
    return datetime.date.today().isoformat()


def _list_versions() -> dict[str, str]:
    found = {"outcomes": _find_version("outcomes"), "Python": platform.python_version()}
    return {**found, **{name: _find_version(name) for name in _LIBRARIES}}


def _find_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        if name == "outcomes":
            from outcomes import __version__

            return __version__
        return "not installed"


def _list_inputs(cohort: Cohort) -> tuple[tuple[int, str, str, int], ...]:
    counts = cohort.ledger.groupby(["input", "sha256", "role"], dropna=False, as_index=False).size()
    return tuple(
        (int(number), str(sha256), str(role), int(rows)) for number, sha256, role, rows in counts.to_numpy()
    )
