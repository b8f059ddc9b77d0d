"""The layout file: what a person has decided about a file that does not explain itself."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from outcomes.definitions.instrument import get_instrument, list_instruments
from outcomes.definitions.strict import STRICT
from outcomes.errors import DefinitionError, Problem
from outcomes.loading.tables import Table
from outcomes.privacy.identifiers import normalize_header

Ref = str | int
"""A column: its header, or its position counted from 1."""

LAYOUT_KEYS = {"number": "infusion_number", "clock": "time"}
"""Roles of an infusion file that have another name under [columns]."""

Kind = Literal[
    "form",
    "wide-items",
    "wide-totals",
    "long-scores",
    "long-items",
    "redcap",
    "fhir",
    "qualtrics",
    "cdisc-qs",
    "synthea",
    "infusions",
    "patients",
    "visits",
    "conditions",
]


@dataclass(frozen=True, config=STRICT)
class ColumnsLayout:
    """Where patient, occasion and site stand; further keys name columns of infusion and patient files."""

    patient_id: Ref | None = None
    site: Ref | None = None
    date: Ref | None = None
    date_format: str | tuple[str, ...] = ()
    time_zone: str = ""
    day: Ref | None = None
    day_zero: Ref | None = None
    time: Ref | None = None
    timing: Ref | None = None
    occasion: Literal["single"] | None = None
    visit: Ref | None = None
    visit_day: dict[str, Annotated[int, Field(ge=-36_500, le=36_500)]] = Field(default_factory=dict)
    instrument: Ref | None = None
    item: Ref | None = None
    value: Ref | None = None
    total: Ref | None = None
    other_columns: Literal["drop"] = "drop"
    unknown_columns: Literal["drop", "refuse"] = "drop"
    drop: tuple[Ref, ...] = ()
    drug: Ref | None = None
    route: Ref | None = None
    dose: Ref | None = None
    dose_mg: Ref | None = None
    dose_mg_per_kg: Ref | None = None
    weight_kg: Ref | None = None
    duration_min: Ref | None = None
    status: Ref | None = None
    status_words: dict[str, Literal["given", "not given"]] = Field(default_factory=dict)
    phase: Ref | None = None
    infusion_number: Ref | None = None
    nausea: Ref | None = None
    blood_pressure_before: Ref | None = None
    blood_pressure_peak: Ref | None = None
    systolic_before: Ref | None = None
    systolic_peak: Ref | None = None
    diastolic_before: Ref | None = None
    diastolic_peak: Ref | None = None
    dissociation_total: Ref | None = None
    urinary_symptoms: Ref | None = None
    cognitive_complaints: Ref | None = None
    kind: Ref | None = None
    qualifying: Ref | None = None
    condition: Ref | None = None
    sex: Ref | None = None
    age: Ref | None = None
    diagnosis: Ref | None = None
    period: Ref | None = None
    observed_from: Ref | None = None
    observed_until: Ref | None = None
    observed_until_day: Ref | None = None
    admission_date: Ref | None = None

    @property
    def date_formats(self) -> tuple[str, ...]:
        """The date formats as a tuple, also where one stands alone."""
        return (self.date_format,) if isinstance(self.date_format, str) else self.date_format


@dataclass(frozen=True, config=STRICT)
class VisitLayout:
    """One of several visits side by side in a row: its columns, and its study day or date column."""

    visit: str
    day: Annotated[int, Field(ge=-36_500, le=36_500)] | None = None
    date: Ref | None = None
    items: tuple[Ref, ...] = ()
    recorded_total: Ref | None = None

    @property
    def columns(self) -> tuple[Ref, ...]:
        """All columns of the visit."""
        return (*self.items, *(ref for ref in (self.recorded_total, self.date) if ref is not None))


@dataclass(frozen=True, config=STRICT)
class InstrumentLayout:
    """How one questionnaire stands in the file; `visits` where a row holds it several times."""

    items: tuple[Ref, ...] = ()
    coding: str | None = None
    recorded_total: Ref | None = None
    extra: dict[str, Literal["difficulty", "ignore"]] = Field(default_factory=dict)
    labels: dict[str, int] = Field(default_factory=dict)
    missing_codes: tuple[Ref, ...] = ()
    date: Ref | None = None
    visits: tuple[VisitLayout, ...] = ()

    @property
    def columns(self) -> dict[str, tuple[Ref, ...]]:
        """The columns that the table names, by the key that names them."""
        total = self.recorded_total
        return {
            "items": self.items,
            "extra": tuple(self.extra),
            "date": () if self.date is None else (self.date,),
            "recorded_total": () if total is None or total == "ignore" else (total,),
            "visits": tuple(ref for one in self.visits for ref in one.columns),
        }


@dataclass(frozen=True, config=STRICT)
class RulesLayout:
    """What to do where the file contradicts itself, or the letter of its format.

    Attributes
    ----------
    same_day_repeat : which of several contradicting questionnaires of one day stands
    panel_code_is_total : bool, True where the export writes totals under the code of the panel (FHIR)
    """

    same_day_repeat: Literal["refuse", "first", "last"] = "refuse"
    panel_code_is_total: bool = False


@dataclass(frozen=True, config=STRICT)
class Layout:
    """A layout file: kind, encoding, [columns], one table per instrument, [rules].

    `codes` maps a terminology code of the file, such as LOINC, to the instrument whose total it is.
    """

    kind: Kind | None = None
    applies_to: Literal["file", "header"] = "file"
    sha256: str | None = None
    header_sha256: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: Ref | None = None
    limited_data_set: bool | None = None
    orientation: Literal["patients-in-rows", "patients-in-columns"] = "patients-in-rows"
    codes: dict[str, str] = Field(default_factory=dict)
    columns: ColumnsLayout = Field(default_factory=ColumnsLayout)
    rules: RulesLayout = Field(default_factory=RulesLayout)


def _with_instruments() -> type[Layout]:
    """Add one optional table per defined questionnaire, so that a new instrument file needs no line here."""
    kinds: dict[str, Any] = dict.fromkeys(list_instruments(), InstrumentLayout | None)
    body = {
        "__annotations__": kinds,
        "__module__": __name__,
        "__doc__": Layout.__doc__,
        **dict.fromkeys(kinds),
    }
    made: Any = dataclass(type("LayoutFile", (Layout,), body), frozen=True, config=STRICT)
    return made


LayoutFile = _with_instruments()


def instrument_layout(layout: Layout, id: str) -> InstrumentLayout:
    """The table of an instrument; an empty one where the layout has none."""
    return getattr(layout, id, None) or InstrumentLayout()


def named_instruments(layout: Layout) -> tuple[str, ...]:
    """The instruments for which the layout has a table."""
    return tuple(id for id in list_instruments() if getattr(layout, id, None) is not None)


def codings(id: str) -> tuple[str, str]:
    """The two codings in which answers of an instrument arrive: from its lowest score, and one higher."""
    instrument = get_instrument(id)
    low, high = instrument.item_min, instrument.item_max
    return f"{low}-{high}", f"{low + 1}-{high + 1}"


def find_dropped(layout: Layout, header: tuple[str, ...]) -> set[int]:
    """The positions of the columns that the layout drops."""
    places = (find_column(ref, header) for ref in layout.columns.drop)
    return {position for position in places if position is not None}


def hash_header(header: tuple[str, ...]) -> str:
    """The first 12 characters of the SHA-256 of a header, by which one layout may serve monthly exports."""
    return hashlib.sha256("\x1f".join(header).encode()).hexdigest()[:12]


def check_tie(layout: Layout, table: Table) -> None:
    """Refuse a layout that was made for another file or header (E603)."""
    expected, found, what = (
        (layout.sha256, table.sha256, "file")
        if layout.applies_to == "file"
        else (layout.header_sha256, hash_header(table.header), "header")
    )
    if expected is not None and expected != found:
        message = (
            f"the layout was made for another {what}: its hash is not that of this {what}. Inspect the file "
            'again and edit the fresh layout, or set applies_to = "header" for exports that share one header.'
        )
        raise DefinitionError(Problem("E603", f"layout of {table.where()}", message))


def find_column(ref: Ref, header: tuple[str, ...]) -> int | None:
    """Give the position (0, 1, ...) of the column that a layout names, or None.

    Parameters
    ----------
    ref : int, a position counted from 1; or str, a header (exactly, else after normalization), else digits as
        a position; a header that stands twice names no column
    header : tuple of str, the header of the file
    """
    if isinstance(ref, str):
        if header.count(ref) == 1:
            return header.index(ref)
        wanted = normalize_header(ref)
        alike = [
            position for position, name in enumerate(header) if wanted and normalize_header(name) == wanted
        ]
        if alike:
            return alike[0] if len(alike) == 1 else None
        if not re.fullmatch(r"[0-9]{1,6}", ref):
            return None
        ref = int(ref)
    return ref - 1 if 1 <= ref <= len(header) else None
