"""Which columns hold the items and the total of an instrument, and what a column may be called in print."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from outcomes.definitions.instrument import Instrument
from outcomes.loading.layouts.layout import Ref
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import IMPORT_SUFFIX, INFUSION_ROLES, PATIENT_ROLES, ROLES, TIME_POINT
from outcomes.privacy.identifiers import normalize_header

TOTAL_WORDS = "total_score|totalscore|total|tot|sum_score|sumscore|sum|score"
_TENS = {
    "phq9": ("dpq", (7, 9))
}  # NHANES: dpq010 .. dpq090, dpq100 is the difficulty; 7 refused, 9 does not know

_KNOWN = {
    name for roles in (ROLES, INFUSION_ROLES, PATIENT_ROLES) for words in roles.values() for name in words
}


@dataclass(frozen=True)
class InstrumentColumns:
    """Where one instrument stands in a file; positions count from 0.

    Attributes
    ----------
    id : str
    items : tuple of int, in the order of the questionnaire; empty where there are none
    total : int or None, a total or, beside items, a recorded total
    difficulty : int or None
    extra : tuple of int, columns numbered on after the last item: never an item
    missing_codes : tuple of int, built-in missing codes of this naming
    evidence : tuple of str
    doubt : str, what the header leaves open: "" nothing, "scale" a bare name (item or total), "version" no
        version named, "partial" some items only, "sets" several complete sets of items, "visits" time points
        glued to the names, "numbering" items that may be numbered from 0 or from 1, "texts" question texts
        that say other items than the names
    doubtful : tuple of int, the columns that the doubt is about
    visits : tuple of tuple of int, the columns of each visit where the doubt is "visits": items or one total
    others : tuple of InstrumentColumns, the same questionnaire in other forms of a REDCap project
    readings : tuple of tuple of int, the items in each of the readings among which a person must choose
    """

    id: str
    items: tuple[int, ...] = ()
    total: int | None = None
    difficulty: int | None = None
    extra: tuple[int, ...] = ()
    missing_codes: tuple[int, ...] = ()
    evidence: tuple[str, ...] = ()
    doubt: str = ""
    doubtful: tuple[int, ...] = ()
    visits: tuple[tuple[int, ...], ...] = ()
    others: tuple[InstrumentColumns, ...] = ()
    readings: tuple[tuple[int, ...], ...] = ()

    @property
    def has_items(self) -> bool:
        """Whether all items are there, so that no total replaces them, even if their order is open."""
        return bool(self.items) or self.doubt in ("texts", "numbering")

    @property
    def positions(self) -> tuple[int, ...]:
        """All columns that belong to the instrument."""
        single = [position for position in (self.total, self.difficulty) if position is not None]
        other = [position for one in self.others for position in one.positions]
        return (*self.items, *single, *self.extra, *other)


def find_by_name(names: Mapping[int, str], instrument: Instrument) -> InstrumentColumns:
    """Find the columns of an instrument by their normalized headers.

    Parameters
    ----------
    names : mapping of position to normalized header
    instrument : Instrument

    Returns
    -------
    InstrumentColumns; without items and total where nothing was found
    """
    names = {position: IMPORT_SUFFIX.sub("", name) for position, name in names.items()}
    families = _families(names, instrument)
    totals = [position for position, name in names.items() if _total_pattern(instrument).match(name)]
    naked = [position for position, name in names.items() if name in instrument.stems]
    found = _choose_items(families, instrument)
    if found.doubt == "sets":
        return found
    free_naked = [position for position in naked if position not in (*found.positions, *found.doubtful)]
    if not totals and free_naked:
        totals = free_naked
        if not found.items and len(totals) == 1:
            found = replace(found, doubt="scale", doubtful=tuple(totals))
    if len(totals) == 1:
        found = replace(found, total=totals[0])
        unversioned = not re.search(r"\d", names[totals[0]])
        if unversioned and not found.items and found.doubt in ("", "scale"):
            found = replace(found, doubt="version", doubtful=tuple(totals))
    elif len(totals) > 1:
        found = replace(found, doubt="visits", doubtful=tuple(totals), visits=tuple((p,) for p in totals))
    difficulty = [
        p for p, name in names.items() if "how_difficult" in name and _starts_with(name, instrument)
    ]
    if len(difficulty) == 1 and found.items:
        found = replace(found, difficulty=difficulty[0])
    return _glued(names, instrument, found)


def settle_form(
    names: Mapping[int, str], instrument: Instrument, found: InstrumentColumns
) -> InstrumentColumns:
    """Settle a time point in the names of one form: its only set of items, and its only total, are its own.

    Parameters
    ----------
    names : mapping of position to normalized header, of one form of a REDCap project
    instrument : Instrument
    found : InstrumentColumns, what was found in these columns alone

    Returns
    -------
    InstrumentColumns; the total is a check on the items of its form, and never read in their place
    """
    if found.doubt == "visits" and len(found.visits) == 1 and len(found.visits[0]) == instrument.n_items:
        evidence = (f"{instrument.id}: {instrument.n_items} columns of one form are named as its items",)
        found = replace(found, items=found.visits[0], doubt="", doubtful=(), visits=(), evidence=evidence)
    if not found.items or found.doubt or found.total is not None:
        return found
    stems = "|".join(sorted(instrument.stems, key=len, reverse=True))
    total = re.compile(f"(?:{TIME_POINT}_)?(?:{stems})(?:_{TIME_POINT})?_(?:{TOTAL_WORDS})(?:_{TIME_POINT})?")
    places = [p for p, name in names.items() if p not in found.positions and total.fullmatch(name)]
    return replace(found, total=places[0]) if len(places) == 1 else found


def name_column(table: Table, position: int, instrument: Instrument | None = None) -> Ref:
    """Name a column by its normalized header if that is in our dictionary, else by its position from 1.

    A header may itself be a name of a person, so only headers made of known words are ever written; and one
    that stands twice, in a label export, names no column.
    """
    name = normalize_header(table.header[position])
    if table.header.count(table.header[position]) > 1:
        return position + 1
    if name in _KNOWN or re.fullmatch(r"q[0-9]{1,2}", name):
        return name
    if instrument is not None:
        stem = "|".join(sorted(instrument.stems, key=len, reverse=True))
        found = find_by_name({position: name}, instrument)
        if re.fullmatch(f"(?:{stem})[a-z]?_?(?:q|item|i)?_?[0-9]{{0,2}}", name) or found.total == position:
            return name
    return position + 1


def _families(names: Mapping[int, str], instrument: Instrument) -> dict[str, dict[int, list[int]]]:
    """Item-like columns by spelling: for each way of writing the name, the positions by item number."""
    families: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    coded = {item.code.lower(): item.number for item in instrument.items if item.code}
    for position, name in names.items():
        for stem in instrument.stems:
            # After a stem that ends in a digit a separator is needed: phq91 is not item 1.
            glue = "(_(?:q|item|i)?_?|(?:q|item|i)_?)" if stem[-1].isdigit() else "(_?(?:q|item|i)?_?)"
            if found := re.fullmatch(f"{stem}{glue}0*([0-9]{{1,2}})", name):
                families[stem + found[1]][int(found[2])].append(position)
                break
            found = re.fullmatch(f"{stem}_(fu_)?([a-z][0-9])", name)
            if found and found[2] in coded:
                families[f"{stem}_{found[1] or ''}"][coded[found[2]]].append(position)
                break
        prefix = _TENS.get(instrument.id, ("", ()))[0]
        if prefix and (found := re.fullmatch(f"{prefix}([0-9]{{2}})0", name)):
            families[prefix][int(found[1])].append(position)
    return families


def _choose_items(families: dict[str, dict[int, list[int]]], instrument: Instrument) -> InstrumentColumns:
    size, complete = instrument.n_items, []
    for spelling, numbers in families.items():
        if set(range(1, size + 1)) <= set(numbers):
            complete.append((spelling, 1))
        elif set(range(size)) <= set(numbers):
            complete.append((spelling, 0))
    repeated = any(len(places) > 1 for spelling, _ in complete for places in families[spelling].values())
    if len(complete) > 1 or repeated:
        doubtful = sorted(
            p for spelling, _ in complete for place in families[spelling].values() for p in place
        )
        return InstrumentColumns(instrument.id, doubt="sets", doubtful=tuple(doubtful))
    if not complete:
        # A family without its first item is a scale name that ends in a digit (phq9), not a set of items.
        begun = [numbers for numbers in families.values() if 1 in numbers]
        doubtful = sorted(p for numbers in begun for place in numbers.values() for p in place)
        return InstrumentColumns(instrument.id, doubt="partial" if begun else "", doubtful=tuple(doubtful))
    spelling, first = complete[0]
    numbers = families[spelling]
    if 0 in numbers and first == 1:
        # 1 to 9 and a column before them, or 0 to 8 and one after the last item
        readings = tuple(tuple(numbers[start + n][0] for n in range(size)) for start in (0, 1))
        doubtful = sorted(p for place in numbers.values() for p in place)
        return InstrumentColumns(
            instrument.id, doubt="numbering", doubtful=tuple(doubtful), readings=readings
        )
    items = tuple(numbers[number][0] for number in range(first, first + size))
    evidence = [f"{instrument.id}: {size} columns are named as its items"]
    if first == 0:
        evidence = [
            f"{instrument.id}: items are numbered 0 to {size - 1}; the column numbered {size - 1} is item "
            f"{size}"
        ]
    codes = _TENS[instrument.id][1] if instrument.id in _TENS and spelling == _TENS[instrument.id][0] else ()
    later = tuple(p for number, place in sorted(numbers.items()) if number >= first + size for p in place)
    difficulty = later[0] if codes and later else None
    return InstrumentColumns(
        instrument.id,
        items,
        difficulty=difficulty,
        extra=() if codes else later,
        missing_codes=codes,
        evidence=tuple(evidence),
    )


def _glued(names: Mapping[int, str], instrument: Instrument, found: InstrumentColumns) -> InstrumentColumns:
    """Mark names that carry a time point beside a total or an item: b_phq9_total, phq9_12m."""
    stems = "|".join(sorted(instrument.stems, key=len, reverse=True))
    what = f"(?:{stems})(?:_?(?:{TOTAL_WORDS}))?"
    glued = re.compile(
        f"{TIME_POINT}_{what}|(?:{stems})_{TIME_POINT}(?:_(?:{TOTAL_WORDS}))?|{what}_{TIME_POINT}|{TIME_POINT}_(?:{stems})_.*score"
    )
    if found.doubt or found.items:
        return found
    sets = _glued_items(names, instrument)
    if sets:
        doubtful = tuple(sorted(p for items in sets for p in items))
        return replace(found, doubt="visits", doubtful=doubtful, visits=sets)
    known = {*found.positions, *found.doubtful}
    item_like = {
        p for numbers in _families(names, instrument).values() for place in numbers.values() for p in place
    }
    places = tuple(p for p, name in names.items() if p not in known | item_like and glued.fullmatch(name))
    if not places:
        return found
    return replace(found, doubt="visits", doubtful=places, visits=tuple((p,) for p in places))


def _glued_items(names: Mapping[int, str], instrument: Instrument) -> tuple[tuple[int, ...], ...]:
    """Complete sets of items that share what stands before or behind the name: t0_phq9_1, phq9_1_week4."""
    stems = "|".join(sorted(instrument.stems, key=len, reverse=True))
    item = rf"(?:{stems})_(?:q|item|i)?_?0*(?P<number>[0-9]{{1,2}})"
    sets: dict[str, dict[int, int]] = defaultdict(dict)
    for position, name in names.items():
        match = re.fullmatch(rf"(?P<point>.+)_{item}", name) or re.fullmatch(
            rf"{item}(?P<point>_{TIME_POINT})", name
        )
        if match:
            sets[match["point"]][int(match["number"])] = position
    wanted = list(range(1, instrument.n_items + 1))
    return tuple(tuple(one[n] for n in wanted) for one in sets.values() if sorted(one) == wanted)


def _total_pattern(instrument: Instrument) -> re.Pattern[str]:
    stems = "|".join(sorted(instrument.stems, key=len, reverse=True))
    return re.compile(f"^(?:(?:{stems})_?(?:{TOTAL_WORDS})(?:_c)?|(?:sum|total)_?(?:{stems}))$")


def _starts_with(name: str, instrument: Instrument) -> bool:
    return any(name.startswith(stem) for stem in instrument.stems)
