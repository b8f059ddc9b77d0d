"""The bytes of one input, read once and whole, and the only name under which messages may speak of it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from outcomes.errors import DataError, OutcomesError, PrivacyError, Problem, raise_alone
from outcomes.loading.sizes import MAX_TEXT_BYTES


@dataclass(frozen=True)
class Source:
    """One input file in memory.

    Attributes
    ----------
    number : int, position among the sources of the folder, from 1
    data : bytes
    sha256 : str, first 12 characters of the SHA-256 of the bytes
    suffix : str, the file name's ending in lower case; used only to find contradictions, never printed
    """

    number: int
    data: bytes
    sha256: str
    suffix: str

    def where(self, *, sheet: int = 0, row: int | None = None, column: int | None = None) -> str:
        """The place for a message: 'input-1 (sha256 4f1c09aa), sheet 2, row 88, column 7'."""
        return where(self.number, self.sha256, sheet=sheet, row=row, column=column)

    def refuse(
        self, code: str, message: str, *, sheet: int = 0, row: int | None = None, column: int | None = None
    ) -> NoReturn:
        """Raise DataError with one problem at this place."""
        raise_alone(DataError(Problem(code, self.where(sheet=sheet, row=row, column=column), message)))


def where(
    number: int, sha256: str, *, sheet: int = 0, row: int | None = None, column: int | None = None
) -> str:
    """The place for a message; rows as Excel or an editor numbers them, columns counted from 1.

    Examples
    --------
    >>> where(1, "4f1c09aa22d1", row=88, column=7)
    'input-1 (sha256 4f1c09aa), row 88, column 7'
    """
    parts = [f"input-{number} (sha256 {sha256[:8]})" if sha256 else f"input-{number}"]
    parts += [f"sheet {sheet}"] if sheet else []
    parts += [f"row {row}"] if row is not None else []
    parts += [f"column {column}"] if column is not None else []
    return ", ".join(parts)


def raise_problems(problems: Sequence[Problem]) -> None:
    """Raise all problems at once, if there are any; PrivacyError (exit 14) where one of them is E1xx."""
    if not problems:
        return
    kind: type[OutcomesError] = PrivacyError if any(p.code.startswith("E1") for p in problems) else DataError
    raise kind(sorted(problems, key=lambda p: not p.code.startswith("E1")))


def read_source(path: str | Path, *, number: int) -> Source:
    """Read the bytes of a regular file without ever waiting for another process.

    Parameters
    ----------
    path : path of a file; a link to a regular file will do
    number : int, number of the input

    Returns
    -------
    Source

    Raises
    ------
    DataError
        E216 a directory, device, pipe, dangling or looping link, or no permission; E214 too large; E217 the
        file changed while it was read.
    """
    path = Path(path)
    try:
        data = _read_regular_file(path, number)
    except (OSError, ValueError):  # ValueError: a NUL in the path
        _refuse(
            number,
            "E216",
            "a readable regular file is needed; this cannot be opened as one. Check that it exists and who "
            "may read it.",
        )
    return Source(number, data, hashlib.sha256(data).hexdigest()[:12], path.suffix.lower())


def _read_regular_file(path: Path, number: int) -> bytes:
    # O_NONBLOCK: opening a pipe that nobody writes to would wait for ever
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            _refuse(
                number,
                "E216",
                "a readable regular file is needed; this is a folder, pipe or device. Give the file itself.",
            )
        if before.st_size > MAX_TEXT_BYTES:
            _refuse(
                number,
                "E214",
                f"a file of at most {MAX_TEXT_BYTES // 1_000_000} MB is needed; this one is larger. Split it "
                "by patients.",
            )
        # one byte more than is stated shows that the file grew; the limit itself would be set aside at once
        data = file.read(before.st_size + 1) or b""
        after = os.fstat(file.fileno())
    now = os.stat(path)
    states = {(state.st_size, state.st_mtime_ns, state.st_ino) for state in (before, after, now)}
    if len(states) != 1 or len(data) != before.st_size:
        _refuse(
            number,
            "E217",
            "a file at rest is needed; this one changed while it was read. Load it again when its export has "
            "finished.",
        )
    return data


def _refuse(number: int, code: str, message: str) -> NoReturn:
    raise_alone(DataError(Problem(code, where(number, ""), message)))
