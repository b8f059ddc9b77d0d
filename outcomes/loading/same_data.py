"""The files of a cohort as they were read, and which of them give the same data a second time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from outcomes.loading.extract import Extract
from outcomes.loading.folder import SourceSettings
from outcomes.loading.layouts.layout import Layout
from outcomes.loading.rows import exclude_all
from outcomes.loading.tables import Table
from outcomes.schema import CONDITIONS, INFUSIONS, ITEMS, PATIENTS, VISITS

FRAMES = {
    "scores": ITEMS,
    "infusions": INFUSIONS,
    "patients": PATIENTS,
    "visits": VISITS,
    "conditions": CONDITIONS,
}
"""The frame that a file of each role gives."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """One file, read: its table, layout and extract."""

    settings: SourceSettings
    table: Table
    layout: Layout
    extract: Extract


def find_same_data(
    earlier: Sequence[Loaded], source: SourceSettings, table: Table, *, within_site: bool
) -> list[Loaded]:
    """Find the sources that are the same sheet of the same bytes, in the same role and of the same people.

    Parameters
    ----------
    earlier : sources that were read before
    source, table : the settings of a further one, and its table
    within_site : bool, whether ids are unique within a site only: then another site is other people
    """
    return [
        one
        for one in earlier
        if _is_same_sheet(one, source, table) and not (within_site and one.settings.site != source.site)
    ]


def is_read_alike(one: Loaded, source: SourceSettings, layout: Layout) -> bool:
    """Whether settings and layout read two sources alike; the name of the file and the tie aside."""
    bare: dict[str, Any] = {"file": "", "site": None, "layout": None, "accept_exclusions": None}
    untied: dict[str, Any] = {"applies_to": "file", "sha256": None, "header_sha256": None}
    settings = replace(one.settings, **bare) == replace(source, **bare)
    return settings and replace(one.layout, **untied) == replace(layout, **untied)


def says_the_same(one: Loaded, other: Loaded) -> bool:
    """Whether two sources give the same values, wherever these stand."""
    return _take_values(one.extract).equals(_take_values(other.extract))


def make_again(source: SourceSettings, table: Table, layout: Layout) -> Loaded:
    """Give a source of which every row is duplicate_file."""
    rows = exclude_all(table, source.role, "duplicate_file")
    return Loaded(source, table, layout, Extract(source.role, FRAMES[source.role].empty(), rows))


def note_same_bytes(one: Loaded, earlier: Sequence[Loaded]) -> list[str]:
    """Note that a file is read although an earlier one, of another site, holds the same bytes."""
    return [
        f"input-{one.table.number} holds the same bytes as input-{other.table.number} under another site; "
        "both are read"
        for other in earlier
        if _is_same_sheet(other, one.settings, one.table) and other.settings.site != one.settings.site
    ]


def _is_same_sheet(one: Loaded, source: SourceSettings, table: Table) -> bool:
    return (one.table.sha256, one.table.sheet, one.settings.role) == (table.sha256, table.sheet, source.role)


def _take_values(extract: Extract) -> pd.DataFrame:
    """What an extract says, without where it stands."""
    return extract.frame.drop(columns=["row_uid", "assessment_id", "site"], errors="ignore")
