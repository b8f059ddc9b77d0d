"""A finished report: what it is called, its sections, and the ledger of the rows behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from outcomes.notebook import lay_out
from outcomes.reports.blocks import Block, Card, Cards, Figure, Section, Table
from outcomes.reports.format import make_plain, name_card, say_beside, say_card, split_card


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

    def _repr_html_(self) -> str:
        cards = [(name_card(card), *split_card(card), say_beside(card)) for card in self._list_cards()]
        table = pd.DataFrame(cards, columns=["what", "value", "counts", "interval", "beside it"])
        sections = [f"{section.title}: {_count_blocks(section)}" for section in self.sections]
        return lay_out(
            self.meta.title,
            lines=(f"{self.meta.period} ({self.meta.audience})", say_subtitle(self.meta)),
            table=table.map(make_plain),
            notes=("write_report(report, folder) writes it as HTML, PDF and workbook.",),
            folded={f"Sections ({len(sections)})": "\n".join(sections)},
        )

    def _list_cards(self) -> list[Card]:
        return [card for block in list_blocks(self) if isinstance(block, Cards) for card in block.cards]

    def summary(self) -> str:
        """The cards as a few plain lines.

        Returns
        -------
        str
        """
        head = f"{self.meta.title}, {self.meta.period} ({self.meta.audience})"
        return "\n".join([head, *map(say_card, self._list_cards())])


def say_subtitle(meta: Meta) -> str:
    """The line under the title."""
    return (
        f"First infusions in {meta.period}. Report dated {meta.report_date}. Definitions: profile "
        f"{meta.profile} ({meta.profile_hash})."
    )


def _count_blocks(section: Section) -> str:
    """How many figures and tables a section has."""
    figures = sum(isinstance(block, Figure) for block in section.blocks)
    tables = sum(isinstance(block, Table) for block in section.blocks)
    return f"{figures} figures, {tables} tables"


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
