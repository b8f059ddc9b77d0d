"""The settings of a folder, outcomes.toml: which files there are, and what they could have held."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field
from pydantic.dataclasses import dataclass

from outcomes.definitions.profile import list_profiles
from outcomes.definitions.strict import STRICT, read_strict, read_text
from outcomes.errors import DefinitionError, PrivacyError, Problem
from outcomes.loading.labels import is_safe_label
from outcomes.privacy.identifiers import explain_identifier, find_identifier_values

SETTINGS_FILE = "outcomes.toml"
_LABEL = SETTINGS_FILE

Day = Annotated[date, Field(strict=False, ge=date(1900, 1, 1), le=date(2199, 12, 31))]


@dataclass(frozen=True, config=STRICT)
class SourceSettings:
    """One [[source]]: a file, its role, and what it does not say itself."""

    file: str
    role: Literal["scores", "infusions", "patients", "visits", "conditions"]
    site: str | None = None
    layout: str | None = None
    dictionary: str | None = None
    events: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: int | str | None = None
    accept_exclusions: Annotated[int, Field(ge=0)] | None = None


@dataclass(frozen=True, config=STRICT)
class FolderSettings:
    """outcomes.toml."""

    source: tuple[SourceSettings, ...]
    schema: Literal[1] = 1
    name: str = ""
    profile: str = "default"
    limited_data_set: bool = False
    observed_from: Day | None = None
    observed_until: Day | None = None
    patient_ids: Literal["unique-within-site", "unique-across-sites"] = "unique-within-site"

    @property
    def first_date(self) -> pd.Timestamp | None:
        """observed_from as a time stamp."""
        return None if self.observed_from is None else pd.Timestamp(self.observed_from)

    @property
    def last_date(self) -> pd.Timestamp | None:
        """observed_until as a time stamp."""
        return None if self.observed_until is None else pd.Timestamp(self.observed_until)


def read_settings(path: str | Path) -> FolderSettings:
    """Read the settings of a folder, or make those of a single scores file.

    Parameters
    ----------
    path : a folder that holds outcomes.toml, or one file with questionnaires

    Returns
    -------
    FolderSettings

    Raises
    ------
    DefinitionError
        E601-E603 with key and line; also where there is no outcomes.toml, observed_until lies before
        observed_from, the profile is not known, or no file is named.
    PrivacyError
        E102 where the name of a site looks like a person or contact data.
    """
    path = Path(path)
    if not path.is_dir():
        return single_file(path)
    settings = read_strict(_read_settings_text(path), FolderSettings, label=_LABEL)
    problems = []
    known = list_profiles(kind="series")
    if settings.profile not in known:
        problems.append(f"profile must be one of {', '.join(known)}; another is named. Correct it.")
    if not settings.source:
        problems.append(
            "at least one [[source]] is needed; there is none. Add one per file, with file and role."
        )
    if (
        settings.observed_from
        and settings.observed_until
        and settings.observed_until < settings.observed_from
    ):
        problems.append("observed_until must not lie before observed_from; it does. Correct one of them.")
    named = [
        name
        for source in settings.source
        for name in (source.file, source.layout, source.dictionary, source.events)
    ]
    if any(name and (Path(name).is_absolute() or ".." in Path(name).parts) for name in named):
        problems.append(
            "files, layouts and dictionaries must lie in the folder; a source names one outside of it. Give "
            "a path relative to the folder."
        )
    if not all(is_safe_label(source.site or "") for source in settings.source):
        problems.append(
            "a site must be letters of one script, digits, blanks and - _ . & ' only, at most 60 characters; "
            "one is not. Rename it."
        )
    if problems:
        raise DefinitionError([Problem("E603", _LABEL, message) for message in problems])
    sites = pd.Series([source.site for source in settings.source if source.site], dtype=object)
    if (finding := find_identifier_values(sites, kind="label")) is not None:
        raise PrivacyError(Problem(finding.code, _LABEL, explain_identifier(finding.code)))
    return settings


def single_file(path: Path) -> FolderSettings:
    """The settings of one file with questionnaires."""
    return FolderSettings(source=(SourceSettings(file=path.name, role="scores"),))


def with_companions(
    settings: FolderSettings, *, dictionary: str | Path | None = None, events: str | Path | None = None
) -> FolderSettings:
    """The settings of a single file with its data dictionary and events file, wherever these lie."""
    (source,) = settings.source
    dictionary, events = (
        None if given is None else str(Path(given).absolute()) for given in (dictionary, events)
    )
    return replace(settings, source=(replace(source, dictionary=dictionary, events=events),))


def _read_settings_text(folder: Path) -> str:
    """The text of outcomes.toml; E602 where there is none, E603 where [source] stands in single brackets."""
    if not (folder / SETTINGS_FILE).exists():
        message = (
            "a folder needs an outcomes.toml; this one has none. Write one with schema = 1, observed_until = "
            "the last date that the exports could hold, and for each file a [[source]] with file and role "
            "(docs/loading.md has an example), or give one file of questionnaires."
        )
        raise DefinitionError(Problem("E602", _LABEL, message))
    text = read_text(folder / SETTINGS_FILE, label=_LABEL)
    single = re.search(r"^[ \t]*\[[ \t]*source[ \t]*\]", text, re.MULTILINE)
    if single:
        line = text.count("\n", 0, single.end()) + 1
        message = (
            "every file needs a [[source]] of its own, in double brackets; here it stands in single ones. "
            "Double them."
        )
        raise DefinitionError(Problem("E603", f"{_LABEL}, line {line}", message))
    return text
