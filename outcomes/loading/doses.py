"""Dose and weight of infusions: read where beyond doubt, otherwise missing and counted, or refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.errors import Problem
from outcomes.loading.columns import column_or_missing
from outcomes.loading.given import ask_words, find_other_words, judge_words, plain_words
from outcomes.loading.numbers import MISSING_WORDS, find_missing, parse_decimal
from outcomes.loading.plan import MAX_BAD_SHARE
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import DRUGS

_NUMBER = r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
_MG = r"(?:mgs?|milligrams?)"
_AMOUNT = re.compile(rf"(?<![\d.,-])({_NUMBER}) ?({_MG} ?(?:/|per) ?kg|{_MG})(?![a-z/])(?! per )")
_FILLER = re.compile(
    r"[=()]|\b(?:i\.v\.|i\.m\.|s\.c\.|(?:iv|im|in|sc|sl|po|given|administered|completed?|done)\b)"
    rf"|\b(?:over )?{_NUMBER} ?(?:min|mins|minutes)\b"
)

# Limits of what a file may state, set by this project; they say nothing of what may be given.
PLAUSIBLE_MG_PER_KG = (0.1, 3.0)
PLAUSIBLE_MG = (5.0, 200.0)
PLAUSIBLE_MG_ROUTES = ("IV", "IM", "SC")
HEAVIEST_KG = 300.0
POUNDS_MEDIAN = 132.0  # 2.2 times 60 kg: a column whose median patient weighs more is in pounds
_POUNDS_PATIENTS = 5  # fewer may well be heavy people
_CONFLICT = 0.10


@dataclass(frozen=True, eq=False)
class Doses:
    """The doses of a column.

    Attributes
    ----------
    mg, mg_per_kg : Series of Float64, missing where the cell does not state it beyond doubt
    not_given : Series of bool, the cell says that nothing was given (0, held ...)
    note : Series of string, "dose_ambiguous" or "dose_unit_unknown", else missing
    words : Series of string, what words say: "not given", "neither", "both", else missing
    """

    mg: pd.Series
    mg_per_kg: pd.Series
    not_given: pd.Series
    note: pd.Series
    words: pd.Series


def parse_doses(text: pd.Series, *, unit: str, words: Mapping[str, str] | None = None) -> Doses:
    """Read the doses that a column states.

    Parameters
    ----------
    text : Series of str
    unit : str, "mg" or "mg/kg" where the header names it, else "" (a bare number is then dose_unit_unknown)
    words : what a layout says of further words, "given" or "not given" each

    Returns
    -------
    Doses, with the index of `text`

    Notes
    -----
    A cell may hold one amount in mg and one in mg/kg, joined by `=` or parentheses, beside a route word and
    minutes. Ranges, arrows, alternatives and two amounts of one unit are dose_ambiguous. Of any other cell
    the words say whether something was given (judge_words).

    Examples
    --------
    >>> import pandas as pd
    >>> from outcomes.loading.doses import parse_doses
    >>> read = parse_doses(pd.Series(["45 mg = 0.55 mg/kg", "40 --> 50", "held", "40"]), unit="")
    >>> read.mg.tolist(), read.mg_per_kg.tolist()
    ([45.0, <NA>, <NA>, <NA>], [0.55, <NA>, <NA>, <NA>])
    >>> read.note.tolist(), read.not_given.tolist()
    ([<NA>, 'dose_ambiguous', <NA>, 'dose_unit_unknown'], [False, False, True, False])
    """
    codes, unique = pd.factorize(text.fillna("").astype(object))
    cells = [re.sub(r"\s+", " ", str(cell)).strip().lower() for cell in unique]
    read = [_read(cell, unit, words or {}) for cell in cells]
    dtypes = {
        "mg": "Float64",
        "mg_per_kg": "Float64",
        "not_given": "bool",
        "note": "string",
        "words": "string",
    }
    frame = pd.DataFrame(read, columns=list(dtypes)).astype(dtypes)
    frame = frame.take(np.asarray(codes)).set_axis(text.index)
    return Doses(*(frame[name] for name in dtypes))


_Read = tuple[float | None, float | None, bool, str | None, str | None]


def _read(cell: str, unit: str, words: Mapping[str, str]) -> _Read:
    """mg, mg/kg, whether nothing was given, the note and what words say, of one cell."""
    if cell in MISSING_WORDS:
        return None, None, False, None, None
    if re.fullmatch(_NUMBER, cell):
        amounts = {unit: [float(cell)]}
        if not unit and float(cell) > 0:
            return None, None, False, "dose_unit_unknown", None
    else:
        amounts = {}
        for number, found in _AMOUNT.findall(cell):
            amounts.setdefault("mg/kg" if found.endswith("kg") else "mg", []).append(float(number))
        rest = _FILLER.sub("", _AMOUNT.sub("", cell)).strip()
        if rest or not amounts or any(len(found) > 1 for found in amounts.values()):
            return _read_words(cell, unit, amounts, words)
    if not any(amount for found in amounts.values() for amount in found):
        return None, None, True, None, None
    return amounts.get("mg", [None])[0], amounts.get("mg/kg", [None])[0], False, None, None


def _read_words(cell: str, unit: str, amounts: Mapping[str, list[float]], words: Mapping[str, str]) -> _Read:
    """A cell outside the grammar of amounts: its words decide whether something was given."""
    stated = [one for found in amounts.values() for one in found]
    if unit and (bare := re.fullmatch(rf"[^\d.]*?({_NUMBER})[^\d.]*", cell)) and not find_other_words(cell):
        stated.append(float(bare[1]))
    amount = any(one > 0 for one in stated)
    said = judge_words(cell, amount=amount, words=words)
    if said == "not given":
        return None, None, True, None, said
    return None, None, False, "dose_ambiguous", None if said == "given" else said


@dataclass(frozen=True, eq=False)
class Dosing:
    """Doses of a table.

    Attributes
    ----------
    columns : dict of Series, dose_mg, weight_kg and dose_mg_per_kg (Float64)
    not_given : Series of bool, a dose cell says that nothing was given
    marks : DataFrame of bool, one column per kind of note, one row per row of the table
    problems : list of Problem
    column : int or None, position of the first dose column
    """

    columns: dict[str, pd.Series]
    not_given: pd.Series
    marks: pd.DataFrame
    problems: list[Problem]
    column: int | None = None

    def note(self, used: pd.Series) -> list[str]:
        """The notes with their counts among the rows used."""
        counts = self.marks[used].sum()
        return [f"{name}: {int(count)} rows" for name, count in counts.items() if count]


def read_dosing(
    table: Table,
    roles: dict[str, int],
    *,
    live: pd.Series,
    route: pd.Series,
    stated: pd.Series,
    words: Mapping[str, str],
) -> Dosing:
    """Read dose and weight columns and hold them against each other.

    Parameters
    ----------
    table : Table
    roles : role to position: dose_mg, dose_mg_per_kg, dose, weight_kg, drug, as far as the file has them
    live : Series of bool, rows that may count (no blank or summary row, something was given)
    route : Series of string
    stated : Series of bool, the status says in words that something was given
    words : what a layout says of further words, "given" or "not given" each

    Returns
    -------
    Dosing

    Notes
    -----
    Words of a dose that are not known are a question (E250), unless a status or another dose column says
    that something was given; words that mean "not given" beside an amount are one always.
    dose_mg_per_kg = dose_mg / weight_kg, in either direction, where one is not stated; never for esketamine,
    whose doses are fixed. Dose and weight that contradict a stated mg/kg by more than 10 % are kept as
    written (dose_conflict). A dose outside 0.1-3 mg/kg, or outside 5-200 mg (IV, IM, SC), is missing
    (dose_implausible); E254 in over 20 % of rows.
    """
    read = {role: parse_doses(column_or_missing(table, roles.get(role)), unit=unit, words=words)
            for role, unit in (("dose_mg", "mg"), ("dose_mg_per_kg", "mg/kg"), ("dose", ""))}  # fmt: skip
    mg = read["dose_mg"].mg.fillna(read["dose"].mg).fillna(read["dose_mg_per_kg"].mg)
    per_kg = read["dose_mg_per_kg"].mg_per_kg.fillna(read["dose"].mg_per_kg).fillna(read["dose_mg"].mg_per_kg)
    unstated = mg.isna() & per_kg.isna()
    marks = {
        name: pd.concat([one.note.eq(name).fillna(False).astype(bool) for one in read.values()], axis=1).any(
            axis=1
        )
        & unstated
        for name in ("dose_ambiguous", "dose_unit_unknown")
    }
    not_given = pd.concat([one.not_given for one in read.values()], axis=1).any(axis=1) & unstated
    weight, marks["weight_unreadable"] = _read_weight(table, roles)
    dosed = ~unstated | marks["dose_unit_unknown"]
    problems = [
        *_check_pounds(table, roles, weight[live]),
        *_check_words(table, roles, read, live=live, dosed=dosed, given=stated),
    ]

    conflict = ((mg - per_kg * weight).abs() > _CONFLICT * mg).fillna(False).astype(bool)
    drug = plain_words(column_or_missing(table, roles.get("drug")))
    named = drug.map(DRUGS).eq("esketamine").fillna(False).astype(bool)
    fixed = named | drug.str.contains("esketamine|spravato")
    from_weight = ~fixed & weight.notna()
    derived_mg, derived_per_kg = (
        (per_kg * weight).where(from_weight & mg.isna()),
        (mg / weight).where(from_weight & per_kg.isna()),
    )
    marks["dose_conflict"], marks["dose_derived"] = conflict, derived_mg.notna() | derived_per_kg.notna()
    mg, per_kg = mg.fillna(derived_mg), per_kg.fillna(derived_per_kg)
    implausible = ~per_kg.between(*PLAUSIBLE_MG_PER_KG).fillna(True).astype(bool) & ~fixed
    implausible |= ~mg.between(*PLAUSIBLE_MG).fillna(True).astype(bool) & route.isin(PLAUSIBLE_MG_ROUTES)
    problems += _check_units(table, roles, implausible & live, (mg.notna() | per_kg.notna()) & live)
    marks["dose_implausible"] = implausible
    marks["dose_derived"] &= ~implausible
    columns = {
        "dose_mg": mg.mask(implausible),
        "weight_kg": weight,
        "dose_mg_per_kg": per_kg.mask(implausible),
    }
    return Dosing(
        {name: one.astype("Float64") for name, one in columns.items()},
        not_given,
        pd.DataFrame(marks),
        problems,
        _dose_column(roles),
    )


def _check_words(
    table: Table,
    roles: dict[str, int],
    read: Mapping[str, Doses],
    *,
    live: pd.Series,
    dosed: pd.Series,
    given: pd.Series,
) -> list[Problem]:
    """Ask about words that are not known where nothing else says "given", or that contradict an amount."""
    problems = []
    for role, one in read.items():
        says = {
            word: one.words.eq(word).fillna(False).astype(bool) for word in ("neither", "both", "not given")
        }
        doubtful = says["both"] | (says["not given"] & dosed) | (says["neither"] & ~dosed & ~given)
        problems += ask_words(table, doubtful & live, roles.get(role))
    return problems


def _read_weight(table: Table, roles: dict[str, int]) -> tuple[pd.Series, pd.Series]:
    cells = column_or_missing(table, roles.get("weight_kg")).str.replace(r" ?kg$", "", case=False, regex=True)
    weight = parse_decimal(cells, high=HEAVIEST_KG).value
    weight = weight.mask(weight <= 0)
    return weight, weight.isna() & ~find_missing(cells)


def _check_pounds(table: Table, roles: dict[str, int], weight: pd.Series) -> list[Problem]:
    if "weight_kg" not in roles or "patient_id" not in roles:
        return []
    people = weight.groupby(table.cells.loc[weight.index, roles["patient_id"]]).median().dropna()
    if len(people) < _POUNDS_PATIENTS or people.median() <= POUNDS_MEDIAN:
        return []
    message = (
        "weights must be kilograms; the median of this column is far above it, as pounds would be. Convert "
        "the column."
    )
    return [table.problem("E254", message, column=roles["weight_kg"])]


def _check_units(
    table: Table, roles: dict[str, int], implausible: pd.Series, stated: pd.Series
) -> list[Problem]:
    count, of = int(implausible.sum()), int(stated.sum())
    if not count or count <= MAX_BAD_SHARE * of:
        return []
    low, high = PLAUSIBLE_MG_PER_KG
    message = (
        f"doses must be mg and mg/kg; {count} of {of} lie outside {low:g}-{high:g} mg/kg or "
        f"{PLAUSIBLE_MG[0]:g}-{PLAUSIBLE_MG[1]:g} mg. Check the units."
    )
    return [table.problem("E254", message, row=int(implausible.idxmax()), column=_dose_column(roles))]


def _dose_column(roles: dict[str, int]) -> int | None:
    return next((roles[role] for role in ("dose_mg", "dose_mg_per_kg", "dose") if role in roles), None)
