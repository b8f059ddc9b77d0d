"""How answers become totals, sub-scores and diagnoses: frozen types of an instrument's rules."""

from __future__ import annotations

from typing import Literal

from pydantic.dataclasses import dataclass

from outcomes.definitions.strict import STRICT, Text

Status = Literal["verified", "unverified", "project"]
"""verified: read in the cited text; unverified: second-hand or not confirmed; project: our own choice."""


@dataclass(frozen=True, config=STRICT)
class Subscale:
    """A sum over some of the items; never prorated."""

    id: Text
    label: Text
    items: tuple[int, ...]
    range: tuple[int, int]


@dataclass(frozen=True, config=STRICT)
class Scoring:
    """How answers become the total, where it is not their plain sum.

    Attributes
    ----------
    multiplier : int, what the sum is multiplied by (WHO-5: 4)
    divisor : int, what the total is divided by for the published scale, a mean of items (PEG: 3); the total
        itself stays the whole sum, so that comparisons are exact
    domains : items of which only the highest answer counts, by domain; every item that counts is in one
    either_or : pairs of items of which one answer suffices
    gate : number of the item that is asked first: at its lowest answer the total is total_min, whatever else
        is answered
    """

    multiplier: int = 1
    divisor: int = 1
    domains: tuple[tuple[int, ...], ...] = ()
    either_or: tuple[tuple[int, int], ...] = ()
    gate: int | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the total is the sum of all answers."""
        return self.multiplier == 1 and not self.domains and self.gate is None


@dataclass(frozen=True, config=STRICT)
class Criterion:
    """A count of items: at least so many (at most, if given) of these items reach a score.

    Attributes
    ----------
    items : tuple of int, item numbers
    score : int, what an item must reach to count
    own_score : pairs of item number and score, for items that count from another score on
    """

    items: tuple[int, ...]
    score: int
    at_least: int
    at_most: int | None = None
    own_score: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, config=STRICT)
class DiagnosticRule:
    """An algorithm over the items: every criterion must hold. Missing where any item is."""

    id: Text
    label: Text
    criteria: tuple[Criterion, ...]
    status: Status
    source: Text
    note: str = ""


@dataclass(frozen=True, config=STRICT)
class MissingRule:
    """How many items may be missing if proration is switched on; by default none may."""

    prorate_max_missing: int
    status: Status
    source: Text
    prorate_max_missing_per_cluster: int | None = None
