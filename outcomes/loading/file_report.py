"""What is said of one file before it is loaded, and how it reads in print."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from outcomes.errors import Problem
from outcomes.loading.redcap.dictionary import Companion
from outcomes.notebook import lay_out_text

_ITEM = re.compile(r"(.* item )([0-9]+)(.*)")


@dataclass(frozen=True)
class ColumnRole:
    """One column: its position counted from 1, what it is, and its header where that is in our dictionary."""

    position: int
    role: str
    header: str | None = None


@dataclass(frozen=True)
class FileReport:
    """What one file is, and what has to be settled before it can be loaded.

    Attributes
    ----------
    source : str, the input by number and hash; never a file name
    kind : str or None, a kind of the layout file
    roles : tuple of ColumnRole, in the order of the columns
    instruments : tuple of str
    n_rows : int, physical rows below the header
    evidence : tuple of str, what was decided and why
    questions : tuple of Problem
    excluded : mapping of reason to number of rows, before duplicates across rows and files are looked for;
        empty while a question is open
    layout : str, the layout as TOML text with ASK lines
    companion : "dictionary" or "events" where the file belongs to records in another file; else None
    """

    source: str
    kind: str | None
    roles: tuple[ColumnRole, ...]
    instruments: tuple[str, ...]
    n_rows: int
    evidence: tuple[str, ...]
    questions: tuple[Problem, ...]
    excluded: Mapping[str, int] = field(default_factory=dict)
    layout: str = ""
    companion: Companion | None = None

    def __str__(self) -> str:
        lines = [f"{self.source}: {self.kind or 'no known kind'}, {self.n_rows} rows"]
        lines += [f"  instruments: {', '.join(self.instruments)}"] if self.instruments else []
        lines += ["  columns:", *(f"    {line}" for line in _list_columns(self.roles))]
        lines += ["  evidence:", *(f"    {line}" for line in self.evidence)] if self.evidence else []
        lines += (
            [
                "  excluded, before duplicates across rows and files are looked for:",
                *(f"    {count:>6}  {reason}" for reason, count in self.excluded.items()),
            ]
            if self.excluded
            else []
        )
        if self.questions:
            lines += ["  questions:", *(f"    {problem}" for problem in self.questions), "", self.layout]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return lay_out_text(str(self))


def _list_columns(roles: Sequence[ColumnRole]) -> list[str]:
    """A line per column; neighbors that go on from one item to the next, or are not read, share one."""
    runs: list[list[ColumnRole]] = []
    for one in roles:
        if runs and _goes_on(runs[-1][-1], one):
            runs[-1].append(one)
        else:
            runs.append([one])
    width = max((len(_say_places(run)) for run in runs), default=0)
    return [f"{_say_places(run):>{width}}  {_say_role(run)}" for run in runs]


def _goes_on(before: ColumnRole, after: ColumnRole) -> bool:
    if after.position != before.position + 1:
        return False
    first, second = _ITEM.fullmatch(before.role), _ITEM.fullmatch(after.role)
    if first and second:
        return first[1] == second[1] and first[3] == second[3] and int(second[2]) == int(first[2]) + 1
    return before.role == after.role and not (before.header or after.header)


def _say_places(run: Sequence[ColumnRole]) -> str:
    first, last = run[0].position, run[-1].position
    return str(first) if first == last else f"{first}-{last}"


def _say_role(run: Sequence[ColumnRole]) -> str:
    first, last = run[0], run[-1]
    item, end = _ITEM.fullmatch(first.role), _ITEM.fullmatch(last.role)
    role = first.role
    if item and end and len(run) > 1:
        role = f"{item[1].removesuffix(' item ')} items {item[2]} to {end[2]}{item[3]}"
    headers = [one.header for one in (first, last) if one.header]
    return role + (f"  ({' ... '.join(dict.fromkeys(headers))})" if headers else "")
