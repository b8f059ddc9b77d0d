"""The quarterly report: from a cohort to the sections that write_report prints."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from outcomes.definitions.profile import Profile, get_profile
from outcomes.errors import DefinitionError, ReportError
from outcomes.notebook import follow
from outcomes.reports.assemble import build_study
from outcomes.reports.blocks import Section
from outcomes.reports.report import Meta, Report
from outcomes.reports.sections.comparison import section_comparison, section_measures
from outcomes.reports.sections.course import section_course
from outcomes.reports.sections.definitions import section_definitions
from outcomes.reports.sections.durations import section_onset, section_relapse
from outcomes.reports.sections.factors import section_factors
from outcomes.reports.sections.patients import section_patients
from outcomes.reports.sections.people import section_people
from outcomes.reports.sections.quality import section_quality
from outcomes.reports.sections.quarters import section_quarters
from outcomes.reports.sections.safety import section_safety
from outcomes.reports.sections.scores import section_scores
from outcomes.reports.sections.sites import section_sites
from outcomes.reports.sections.summary import section_summary
from outcomes.reports.sections.whole_course import section_single_courses, section_whole_course
from outcomes.reports.settings import ReportSettings
from outcomes.reports.settings_file import read_report_settings
from outcomes.reports.study import Study
from outcomes.reports.versions import find_version
from outcomes.schema import Cohort

_LARGEST_LOGO = 500_000
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
    "typst",
    "xlsxwriter",
)


_SECTIONS: dict[str, Callable[[Study], tuple[Section, ...]]] = {
    "summary": lambda study: (section_summary(study),),
    "people": lambda study: (section_people(study),),
    "scores": lambda study: tuple(section_scores(study, instrument) for instrument in study.tracks),
    "onset": lambda study: (section_onset(study),),
    "relapse": lambda study: (section_relapse(study),),
    "whole-course": lambda study: (section_whole_course(study),),
    "course": lambda study: (section_course(study),),
    "factors": lambda study: (section_factors(study),),
    "patients": lambda study: (section_patients(study),),
    "sites": lambda study: (section_sites(study),),
    "quarters": lambda study: (section_quarters(study),),
    "measures": lambda study: (section_measures(study),),
    "safety": lambda study: (section_safety(study),),
    "comparison": lambda study: (section_comparison(study),),
    "quality": lambda study: (section_quality(study),),
    "single-courses": lambda study: (section_single_courses(study),),
}


def build_report(
    cohort: Cohort,
    *,
    quarter: str,
    profile: str | Profile | None = None,
    settings: ReportSettings | str | Path | None = None,
    more_sections: Sequence[Callable[[Study], Section]] = (),
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
        Definitions; by default those of the settings, else the cohort's own.
    settings : ReportSettings, str or Path, optional
        What is shown, as read_report_settings gives it, or the settings file; defaults without it.
    more_sections : sequence of callable
        Functions that are given the Study and give a Section of their own, printed before the definitions.
    report_date : str (YYYY-MM-DD) or date, optional
        The date printed; by default SOURCE_DATE_EPOCH, else today.
    progress : callable, optional
        Is given one line of text before each stage; no values of patients. Without it a notebook shows the
        stage until the report is built, and a script shows nothing.

    Returns
    -------
    Report
        `summary()` gives the cards as text; write_report and write_html print all of it.

    Raises
    ------
    DefinitionError
        If the quarter is not written as 2026Q2, there is no such profile, or the settings file is wrong.
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
    if not isinstance(settings, ReportSettings):
        settings = read_report_settings(settings)
    chosen = get_profile(profile or settings.profile or cohort.profile)
    if settings.changes:
        chosen = chosen.replace(**settings.changes)
    dated, logo = _choose_date(report_date), _read_logo(settings.logo)
    with follow(progress) as say:
        study = build_study(cohort, quarter=quarter, profile=chosen, settings=settings, say=say)
        say("sections")
        return _lay_out(study, chosen, settings, more_sections, dated, logo)


def _lay_out(
    study: Study,
    chosen: Profile,
    settings: ReportSettings,
    more_sections: Sequence[Callable[[Study], Section]],
    dated: str,
    logo: bytes,
) -> Report:
    """Make the sections in their order, and say what they were made with."""
    cohort = study.cohort
    versions, inputs = _list_versions(), _list_inputs(cohort)
    sections: list[Section] = []
    own = [section(study) for section in more_sections]
    for name in settings.sections:
        if name == "definitions":
            sections += [*own, section_definitions(study, versions, inputs)]
            own = []
        else:
            sections += _SECTIONS[name](study)
    meta = Meta(
        settings.title, study.quarter, dated, "internal", chosen.id, chosen.hash, versions, inputs,
        cohort.name, settings.paper, logo,
    )  # fmt: skip
    return Report(meta, (*sections, *own), study.cohort.ledger)


def _read_logo(path: str) -> bytes:
    """The picture of the first page, if there is one and it is a PNG of a moderate size."""
    if not path:
        return b""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise DefinitionError(
            f"The logo that the settings name cannot be read: {error.strerror}. Put it beside the settings.",
            code="E603",
        ) from None
    if not content.startswith(b"\x89PNG\r\n") or len(content) > _LARGEST_LOGO:
        raise DefinitionError(
            "The logo must be a PNG of at most 500 kB. Convert it, or leave it out.", code="E603"
        )
    return content


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
    found = {"outcomes": find_version("outcomes"), "Python": platform.python_version()}
    return {**found, **{name: find_version(name) for name in _LIBRARIES}}


def _list_inputs(cohort: Cohort) -> tuple[tuple[int, str, str, int], ...]:
    counts = cohort.ledger.groupby(["input", "sha256", "role"], dropna=False, as_index=False).size()
    return tuple(
        (int(number), str(sha256), str(role), int(rows)) for number, sha256, role, rows in counts.to_numpy()
    )
