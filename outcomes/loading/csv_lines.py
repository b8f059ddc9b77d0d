"""Text without any quote: its lines split by arithmetic on the bytes, some megabytes at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from outcomes.loading.coded import HEAD, Coded, Numbering, find_blank_rows, trim
from outcomes.loading.sizes import MAX_CELL

_BLOCK = 4_000_000
_PLAIN = ",;\t|"
_LINE_END = re.compile(rb"\r\n?|\n")
_WORD = 8
_MAX_WORDS = 8  # cells of a column with longer ones are told apart one by one
_MASKS = np.array([(1 << (8 * size)) - 1 for size in range(_WORD + 1)], dtype=np.uint64)
"""What is kept of the eight bytes that begin with a cell of 0 to 8 bytes."""


def is_plain(data: bytes, delimiter: str) -> bool:
    """Whether every line is a record and every delimiter an end of a cell: no quote stands anywhere."""
    return delimiter in _PLAIN and len(delimiter) == 1 and b'"' not in data


def code_lines(
    data: bytes, delimiter: str, *, skipped: int = 0, count: Callable[[int], None] | None = None
) -> Coded | None:
    """Read the lines of a plain text; None where the strict reader must judge (no header, a very long cell).

    Parameters
    ----------
    data : bytes, UTF-8 without byte order mark and NUL, for which is_plain holds
    delimiter : str, one character of ASCII
    skipped : int, lines above the header
    count : callable that is given the number of rows so far, or None

    Returns
    -------
    Coded, the same as code_rows gives for the records of csv.reader

    Notes
    -----
    The places of all delimiters and line ends are found at once. Where every line of a block has as many
    cells as the header they form a rectangle, of which each column holds the ends of its cells. The bytes of
    a cell, eight at a time, are whole numbers; these are counted out, and only distinct ones become text.
    """
    blocks = _blocks(data, skipped)
    first = next(blocks, b"\n")
    header_line, _, rest = first.partition(b"\n")
    if not header_line or max(map(len, header_line.split(delimiter.encode()))) > MAX_CELL:
        return None
    header = [cell.strip() for cell in header_line.decode().split(delimiter)]
    head, width = [header], len(header)
    seen = [Numbering() for _ in range(width)]
    parts: list[list[np.ndarray]] = [[] for _ in range(width)]
    widths: list[np.ndarray] = []
    misfits: dict[int, bool] = {}
    n_rows = 0
    for block in _with_first(rest, blocks):
        if len(head) <= HEAD:
            for line in block[:-1].split(b"\n", HEAD)[: 1 + HEAD - len(head)]:
                head.append([cell.strip() for cell in line.decode().split(delimiter)] if line else [])
        split = _Lines(block, ord(delimiter), width)
        if split.longest > MAX_CELL:
            return None
        for number in np.flatnonzero(~split.fits).tolist():
            text = split.line(number).decode()
            misfits[n_rows + number] = not text.replace(delimiter, " ").strip()
        for position in range(width):
            parts[position].append(split.code(position, seen[position]))
        widths.append(split.widths)
        n_rows += len(split.widths)
        if count is not None:
            count(n_rows)
    columns = tuple(
        trim(np.concatenate(part) if part else np.zeros(0, np.int32), numbering)
        for part, numbering in zip(parts, seen, strict=True)
    )
    places = np.arange(n_rows, dtype=np.int64) + 2 + skipped
    return Coded(
        head,
        1 + skipped,
        places,
        np.concatenate(widths) if widths else np.zeros(0, np.int64),
        find_blank_rows(columns, misfits, n_rows),
        columns,
    )


class _Lines:
    """The lines of one block, every one of which ends with a line feed."""

    def __init__(self, block: bytes, comma: int, width: int) -> None:
        self._block = block
        # Eight bytes more, so that eight can be taken wherever a cell begins.
        self._bytes = np.frombuffer(block + bytes(_WORD * _MAX_WORDS), dtype=np.uint8)
        own = self._bytes[: len(block)]
        marks = np.flatnonzero((own == comma) | (own == ord("\n")))
        lasts = np.flatnonzero(own[marks] == ord("\n"))
        counts = np.diff(lasts, prepend=-1)
        self._ends = marks[lasts]
        self._starts = np.concatenate(([0], self._ends[:-1] + 1))
        self.longest = int(np.diff(marks, prepend=-1).max()) - 1
        self.widths = np.where(self._ends > self._starts, counts, 0)
        self.fits = (counts == width) & ((width > 1) | (self.widths == 1))
        if self.fits.all():
            self._cells = marks.reshape(-1, width)
        else:
            begins = lasts[self.fits] - width + 1
            self._cells = marks[begins[:, None] + np.arange(width)]

    def line(self, number: int) -> bytes:
        """The bytes of a line without its end."""
        return self._block[self._starts[number] : self._ends[number]]

    def code(self, position: int, seen: Numbering) -> np.ndarray:
        """Give per line the place of its cell among the texts seen so far; a line that does not fit is blank."""
        ends = self._cells[:, position]
        starts = self._starts[self.fits] if position == 0 else self._cells[:, position - 1] + 1
        codes, examples = self._tell_apart(starts, ends - starts)
        places = [
            seen[self._block[start:end].decode()]
            for start, end in zip(starts[examples].tolist(), ends[examples].tolist(), strict=True)
        ]
        found = np.array(places, dtype=np.int32)[codes] if places else np.zeros(0, np.int32)
        if len(found) == len(self.fits):
            return found
        spread = np.full(len(self.fits), seen[""], dtype=np.int32)
        spread[self.fits] = found
        return spread

    def _tell_apart(self, starts: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Number the distinct cells: the number of each cell, and for each number one cell that has it."""
        longest = int(sizes.max(initial=0))
        if longest > _WORD * _MAX_WORDS:
            texts = [
                self._block[start : start + size]
                for start, size in zip(starts.tolist(), sizes.tolist(), strict=True)
            ]
            codes, distinct = pd.factorize(np.array(texts, dtype=object))
        else:
            codes, distinct = pd.factorize(self._word(starts, sizes, 0))
            for word in range(1, -(-longest // _WORD)):
                more, others = pd.factorize(self._word(starts, sizes, word))
                codes, distinct = pd.factorize(codes * len(others) + more)
        examples = np.empty(len(distinct), dtype=np.int64)
        examples[codes] = np.arange(len(codes))
        return codes, examples

    def _word(self, starts: np.ndarray, sizes: np.ndarray, word: int) -> np.ndarray:
        """Bytes 8 n to 8 n + 7 of each cell as one number; NUL, which stands in no cell, beyond its end."""
        every = np.ndarray(
            (len(self._bytes) - _WORD + 1,), np.dtype("<u8"), self._bytes.data, 0, (1,)
        )  # overlapping: one number from every byte on
        inside = np.clip(sizes - _WORD * word, 0, _WORD)
        return every[np.minimum(starts + _WORD * word, len(every) - 1)] & _MASKS[inside]


def _blocks(data: bytes, skipped: int) -> Iterator[bytes]:
    """The text in blocks of whole lines, all line ends as line feeds, without the lines above the header."""
    returns = b"\r" in data
    start, size = 0, len(data)
    while start < size:
        end = _end_of_line(data, start + _BLOCK) if start + _BLOCK < size else size
        block = data[start:end]
        if returns:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if not block.endswith(b"\n"):
            block += b"\n"
        if start == 0 and skipped:
            block = block.split(b"\n", skipped)[skipped]
        start = end
        if block:
            yield block


def _end_of_line(data: bytes, start: int) -> int:
    """The first place behind a line end that is not before `start`."""
    found = _LINE_END.search(data, start)
    return len(data) if found is None else found.end()


def _with_first(rest: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    if rest:
        yield rest
    yield from blocks
