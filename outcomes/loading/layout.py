"""The layout file: what a person has decided about a file that does not explain itself."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from outcomes.definitions.instrument import get_instrument, list_instruments
from outcomes.definitions.strict import STRICT, read_strict
from outcomes.errors import DefinitionError, Problem
from outcomes.loading.answers import answer_table
from outcomes.loading.columns import is_safe_label
from outcomes.loading.labels import normalize_label, split_label
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
    phase: Ref | None = None
    infusion_number: Ref | None = None
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


def read_layout(layout: str | Path | None, *, number: int) -> Layout:
    """Read a layout from a file or from its TOML text; None gives the layout that decides nothing.

    Parameters
    ----------
    layout : path, TOML text (anything with a line break or an equals sign), or None
    number : int, the input it belongs to, for messages

    Returns
    -------
    Layout

    Raises
    ------
    DefinitionError
        E601-E603 with key and line; also where an instrument table contradicts the instrument, or a date
        format cannot say a day.
    """
    if layout is None:
        return LayoutFile()
    label = f"layout of input-{number}"
    is_text = isinstance(layout, str) and ("\n" in layout or "=" in layout or not layout.strip())
    read = read_strict(str(layout) if is_text else Path(layout), LayoutFile, label=label)
    problems = [problem for id in list_instruments() for problem in _check_instrument(read, id, label)]
    problems += _check_codes(read, label)
    if not all(_says_a_day(form) for form in read.columns.date_formats):
        message = (
            "date_format must hold day, month and year as %d, %m (%b, %B) and %Y (%y), such as %d/%m/%Y; one "
            "does not. Correct it."
        )
        problems.append(Problem("E603", label, message))
    if problems:
        raise DefinitionError(problems)
    return read


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


def _check_instrument(layout: Layout, id: str, label: str) -> list[Problem]:
    table, instrument, found = getattr(layout, id), get_instrument(id), []
    if table is None:
        return []
    if table.items and len(table.items) != instrument.n_items:
        found.append(
            f"{id}.items must name {instrument.n_items} columns in the order of the questionnaire; correct "
            "the list."
        )
    if len(set(table.items)) != len(table.items):
        found.append(f"{id}.items names a column twice; name each once.")
    found += _check_visits(table, id)
    if table.coding is not None and table.coding not in codings(id):
        found.append(f'{id}.coding must be "{codings(id)[0]}" or "{codings(id)[1]}"; correct it.')
    if not all(instrument.item_min <= value <= instrument.item_max for value in table.labels.values()):
        found.append(
            f"{id}.labels must map to {instrument.item_min} to {instrument.item_max}; correct the scores."
        )
    if contradictions := _count_contradictions(table, id):
        found.append(
            f"{id}.labels may add answers and never change one: {contradictions} contradict the "
            "questionnaire's own table, or each other. Delete them."
        )
    return [Problem("E603", label, message) for message in found]


def _check_visits(table: InstrumentLayout, id: str) -> list[str]:
    """Each visit needs a label of its own, columns, and a day or a date."""
    size, found = get_instrument(id).n_items, []
    if table.visits and (table.items or table.date is not None or table.recorded_total is not None):
        found.append(
            f"{id} has visits, so that items, date and recorded_total stand in each; move them there."
        )
    if len({one.visit for one in table.visits}) != len(table.visits) or not all(
        is_safe_label(one.visit) and one.visit for one in table.visits
    ):
        found.append(f"{id}.visits need labels of their own, of letters, digits and blanks; correct them.")
    if any((one.day is None) == (one.date is None) for one in table.visits):
        found.append(f"{id}.visits need a day or a date each, and not both; give one.")
    if any(len(one.items) not in (0, size) or not one.columns for one in table.visits):
        found.append(f"{id}.visits need the {size} items, or a recorded_total; complete them.")
    columns = [ref for one in table.visits for ref in (*one.items, one.recorded_total) if ref is not None]
    if len(set(columns)) != len(columns):
        found.append(f"{id}.visits name a column twice; name each once.")
    return found


def _check_codes(layout: Layout, label: str) -> list[Problem]:
    """Codes may name further totals, and never make a total of a question or another instrument's total."""
    known: dict[str, tuple[str, str]] = {}
    for one in map(get_instrument, list_instruments()):
        known |= {item.loinc: (one.id, "item") for item in one.items if item.loinc}
        known |= {code: (one.id, "total") for code in (one.loinc_total, one.snomed_total) if code}
        if one.difficulty is not None and one.difficulty.loinc:
            known[one.difficulty.loinc] = (one.id, "difficulty")
    if not set(layout.codes.values()) <= set(list_instruments()):
        message = f"codes must map to one of {', '.join(list_instruments())}; one does not. Correct it."
    elif any(known.get(code, (id, "total")) != (id, "total") for code, id in layout.codes.items()):
        message = "codes may add totals; one names a question, or the total of another. Delete it."
    else:
        return []
    return [Problem("E603", label, message)]


def _count_contradictions(table: InstrumentLayout, id: str) -> int:
    """Labels that already have another score, with or without the number beside them."""
    known = dict(answer_table(get_instrument(id)).labels)
    wrong = 0
    for text, score in table.labels.items():
        keys = {normalize_label(text), split_label(text)[0]}
        wrong += any(known.get(key, score) != score for key in keys)
        known |= dict.fromkeys(keys, score)
    return wrong


def _says_a_day(form: str) -> bool:
    """Whether a format gives back the day that it writes."""
    day = datetime(2026, 5, 23)
    try:
        return datetime.strptime(day.strftime(form), form).date() == day.date()
    except ValueError:
        return False
