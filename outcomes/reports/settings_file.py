"""The settings file of a report, quarterly.toml: choices, never formulas; unknown keys are refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from outcomes.definitions.profile import get_profile
from outcomes.definitions.strict import STRICT, Text, read_strict
from outcomes.errors import DefinitionError
from outcomes.reports.file import put_file
from outcomes.reports.settings import SECTIONS, ReportSettings

_LABEL = "settings of the report"
_Share = Annotated[float, Field(gt=0, le=1)]
_Days = Annotated[tuple[Annotated[int, Field(ge=0, le=3650)], ...], Field(min_length=1, max_length=8)]


@dataclass(frozen=True, config=STRICT)
class _Report:
    title: Text | None = None
    paper: Literal["a4", "letter"] | None = None
    sections: tuple[Literal[SECTIONS], ...] | None = None  # type: ignore[valid-type]
    logo: Text | None = None


@dataclass(frozen=True, config=STRICT)
class _Targets:
    measured_share: _Share | None = None


@dataclass(frozen=True, config=STRICT)
class _Chart:
    freeze_after: Annotated[int, Field(ge=8, le=40)] | None = None
    rebase_at: Annotated[str, Field(pattern=r"^\d{4}Q[1-4]$")] | None = None


@dataclass(frozen=True, config=STRICT)
class _Models:
    covariates: tuple[Text, ...] | None = None
    onset_days: _Days | None = None
    relapse_days: _Days | None = None


@dataclass(frozen=True, config=STRICT)
class _File:
    schema: Literal[1]
    report: _Report = _Report()
    definitions: dict[str, Any] = Field(default_factory=dict)
    targets: _Targets = _Targets()
    control_chart: _Chart = _Chart()
    models: _Models = _Models()


_PLACES = {
    "title": ("report", "title"),
    "paper": ("report", "paper"),
    "sections": ("report", "sections"),
    "logo": ("report", "logo"),
    "measured_target": ("targets", "measured_share"),
    "chart_freeze": ("control_chart", "freeze_after"),
    "chart_rebase": ("control_chart", "rebase_at"),
    "covariates": ("models", "covariates"),
    "onset_days": ("models", "onset_days"),
    "relapse_days": ("models", "relapse_days"),
}
"""The field of ReportSettings that each key of the file sets."""

_EXAMPLE = """\
# Settings of the quarterly report: outcomes report FOLDER --quarter 2026Q2 --settings quarterly.toml
# Everything may be left out; what is commented out shows the default.
schema = 1

[report]
title = "Outcome report"
# paper = "a4"                     # or "letter"
# logo = "logo.png"                # PNG beside this file, at most 500 kB
# The sections in reading order; leave one out and it is not printed. "single-courses" shows single people.
sections = [
{sections}
]

[definitions]
profile = "default"                # outcomes profiles lists them
# post_window_days = [14, 31]      # any key of the profile; exceptions are printed in the report

[targets]
# measured_share = 0.8             # share of those due who should have an endpoint score

[control_chart]
# freeze_after = 12                # quarters that make the usual level
# rebase_at = "2026Q1"             # a new level from this quarter on, for a known reason

[models]
# covariates = ["baseline", "route"]   # of the time to response: columns of COURSES or PATIENTS
# onset_days = [14, 28, 56]
# relapse_days = [28, 56, 84]
"""


def read_report_settings(path: str | Path | None = None) -> ReportSettings:
    r"""Read the settings file of a report.

    Parameters
    ----------
    path : str or Path, a TOML file such as write_report_settings makes; None gives the defaults

    Returns
    -------
    ReportSettings, with the defaults for what the file leaves out

    Raises
    ------
    DefinitionError
        E601 for an unknown key, E602 for a file that is no TOML or repeats a key, E603 for a wrong value;
        each names the key and its line.

    Examples
    --------
    >>> import outcomes as oc
    >>> path = tmp_path / "quarterly.toml"
    >>> _ = path.write_text('schema = 1\n[targets]\nmeasured_share = 0.9\n', encoding="utf-8")
    >>> oc.read_report_settings(path).measured_target
    0.9
    """
    if path is None:
        return ReportSettings()
    path = Path(path)
    file = read_strict(path, _File, label=_LABEL)
    given = {
        field: getattr(getattr(file, table), key)
        for field, (table, key) in _PLACES.items()
        if getattr(getattr(file, table), key) is not None
    }
    changes = dict(file.definitions)
    name = changes.pop("profile", "")
    if not isinstance(name, str):
        raise DefinitionError(f"{_LABEL}: profile needs the name of a profile.", code="E603")
    if changes:
        get_profile(name or "default").replace(**changes)  # refuses an unknown key or value here, not later
    if "logo" in given:
        given["logo"] = str(path.parent / given["logo"])
    return dataclasses.replace(ReportSettings(), **given, profile=name, changes=changes)


def write_report_settings(path: str | Path, *, replace: bool = False) -> Path:
    """Write a commented settings file to start from.

    Parameters
    ----------
    path : str or Path, the file to write
    replace : bool, take the place of an existing file; without it an existing file is refused

    Returns
    -------
    Path

    Raises
    ------
    ReportError
        E301 if the file exists already, E302 if it cannot be written.

    Examples
    --------
    >>> import outcomes as oc
    >>> path = oc.write_report_settings(tmp_path / "quarterly.toml")
    >>> oc.read_report_settings(path) == oc.read_report_settings(path)
    True
    """
    usual = ReportSettings().sections
    lines = [f'    "{name}",' if name in usual else f'    # "{name}",' for name in SECTIONS]
    text = _EXAMPLE.format(sections="\n".join(lines))
    return put_file(text.encode("utf-8"), Path(path), replace=replace)
