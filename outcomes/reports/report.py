"""A finished report: what it is called, its sections, and the ledger of the rows behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from outcomes.reports.blocks import Block, Cards, Figure, Section, Table
from outcomes.reports.format import say_card


@dataclass(frozen=True)
class Meta:
    """What a report is called, when and with what it was made.

    Attributes
    ----------
    title, period, report_date, audience : str
    profile, profile_hash : str
    versions : mapping, package or library to version
    inputs : tuple of (number, sha256 prefix, role, rows)
    name : str, what the folder of exports is called; may be empty
    paper : str, "a4" or "letter"
    logo : bytes, a PNG for the first page; may be empty
    """

    title: str
    period: str
    report_date: str
    audience: str
    profile: str
    profile_hash: str
    versions: Mapping[str, str]
    inputs: tuple[tuple[int, str, str, int], ...]
    name: str = ""
    paper: str = "a4"
    logo: bytes = b""


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """A finished report: what was found, ready to be rendered; `write_report` writes it.

    Attributes
    ----------
    meta : Meta
    sections : tuple of Section
    ledger : DataFrame (LEDGER), for ledger.csv
    """

    meta: Meta
    sections: tuple[Section, ...]
    ledger: pd.DataFrame

    def __repr__(self) -> str:
        tables = sum(1 for _ in list_tables(self))
        return (
            f"<Report: {self.meta.title}, {self.meta.period}, {len(self.sections)} sections, {tables} tables>"
        )

    def summary(self) -> str:
        """The cards as a few plain lines.

        Returns
        -------
        str
        """
        cards = [card for block in list_blocks(self) if isinstance(block, Cards) for card in block.cards]
        return "\n".join(
            [f"{self.meta.title}, {self.meta.period} ({self.meta.audience})", *map(say_card, cards)]
        )


def say_subtitle(meta: Meta) -> str:
    """The line under the title."""
    return (
        f"First infusions in {meta.period}. Report dated {meta.report_date}. Definitions: profile "
        f"{meta.profile} ({meta.profile_hash})."
    )


def list_blocks(report: Report) -> Iterator[Block]:
    """All blocks in reading order."""
    for section in report.sections:
        yield from section.blocks


def list_tables(report: Report) -> Iterator[Table]:
    """All tables in reading order, also those under figures."""
    for block in list_blocks(report):
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Figure):
            yield block.data
