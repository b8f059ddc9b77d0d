"""Text without any quote: its lines split by arithmetic on the bytes, some megabytes at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from outcomes.loading.coded import HEAD, Coded, Distinct, find_blank_rows, number_texts, small_type
from outcomes.loading.sizes import MAX_CELL

_BLOCK = 2_000_000  # little enough to stay near the processor
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
    columns = [_Column() for _ in header]
    widths: list[np.ndarray] = []
    misfits: dict[int, bool] = {}
    n_rows = 0
    for block in _with_first(rest, blocks):
        if len(head) <= HEAD:
            for line in block[:-1].split(b"\n", HEAD)[: 1 + HEAD - len(head)]:
                head.append([cell.strip() for cell in line.decode().split(delimiter)] if line else [])
        lines = _Lines(block, ord(delimiter), width)
        if lines.longest > MAX_CELL:
            return None
        for number in np.flatnonzero(~lines.fits).tolist():
            text = lines.line(number).decode()
            misfits[n_rows + number] = not text.replace(delimiter, " ").strip()
        for position, column in enumerate(columns):
            column.add(*lines.code(position))
        widths.append(lines.widths)
        n_rows += len(lines.widths)
        if count is not None:
            count(n_rows)
    distinct = tuple(column.finish() for column in columns)
    return Coded(
        head,
        1 + skipped,
        np.arange(n_rows, dtype=np.int64) + 2 + skipped,
        np.concatenate(widths) if widths else np.zeros(0, np.int64),
        find_blank_rows(distinct, misfits, n_rows),
        distinct,
    )


class _Lines:
    """The lines of one block, every one of which ends with a line feed."""

    def __init__(self, block: bytes, comma: int, width: int) -> None:
        self._block = block
        # Some bytes more, so that eight can be taken wherever a cell begins.
        self._bytes = np.frombuffer(block + bytes(_WORD * _MAX_WORDS), dtype=np.uint8)
        own = self._bytes[: len(block)]
        marks = np.flatnonzero((own == comma) | (own == ord("\n"))).astype(np.int32)
        lasts = np.flatnonzero(own[marks] == ord("\n"))
        counts = np.diff(lasts, prepend=-1)
        self._ends = marks[lasts]
        self._starts = np.concatenate(([0], self._ends[:-1] + 1))
        self.longest = int(np.diff(marks, prepend=-1).max()) - 1
        self.widths = np.where(self._ends > self._starts, counts, 0)
        self.fits = self.widths == width
        if self.fits.all():
            cells = marks.reshape(-1, width)
        else:
            begins = lasts[self.fits] - width + 1
            cells = marks[begins[:, None] + np.arange(width)]
        self._cells = np.ascontiguousarray(cells.T)

    def line(self, number: int) -> bytes:
        """The bytes of a line without its end."""
        return self._block[self._starts[number] : self._ends[number]]

    def code(self, position: int) -> tuple[np.ndarray, np.ndarray]:
        """Number the distinct cells of a column: the number of each line's cell, and the cells by number.

        A line that does not fit has a blank cell. Cells are rows of words, or bytes where they are long.
        """
        ends = self._cells[position]
        starts = self._starts[self.fits] if position == 0 else self._cells[position - 1] + 1
        sizes = ends - starts
        longest = int(sizes.max(initial=0))
        if longest > _WORD * _MAX_WORDS:
            texts = [
                self._block[start : start + size]
                for start, size in zip(starts.tolist(), sizes.tolist(), strict=True)
            ]
            codes, cells = pd.factorize(np.array(texts, dtype=object))
            blank: np.ndarray = np.array([b""], dtype=object)
        elif longest <= 1:
            codes, cells = _tell_letters(np.where(sizes > 0, self._bytes[starts], 0))
            blank = np.zeros((1, 1), dtype=np.uint64)
        else:
            words = [self._word(starts, sizes, word) for word in range(-(-longest // _WORD))]
            codes, cells = _tell_apart(words)
            blank = np.zeros((1, len(words)), dtype=np.uint64)
        if self.fits.all():
            return codes, cells
        spread = np.full(len(self.fits), len(cells))
        spread[self.fits] = codes
        return spread, np.concatenate([cells, blank])

    def _word(self, starts: np.ndarray, sizes: np.ndarray, word: int) -> np.ndarray:
        """Bytes 8 n to 8 n + 7 of each cell as one number; NUL, which stands in no cell, beyond its end."""
        every = np.ndarray(
            (len(self._bytes) - _WORD + 1,), np.dtype("<u8"), self._bytes.data, 0, (1,)
        )  # overlapping: one number from every byte on
        inside = np.clip(sizes - _WORD * word, 0, _WORD)
        return every[np.minimum(starts + _WORD * word, len(every) - 1)] & _MASKS[inside]


class _Column:
    """The distinct cells of a column, block after block."""

    def __init__(self) -> None:
        self._codes: list[np.ndarray] = []
        self._cells: list[np.ndarray] = []

    def add(self, codes: np.ndarray, cells: np.ndarray) -> None:
        """Take in the numbers of a block's cells, and its cells by number."""
        self._codes.append(codes.astype(small_type(len(cells))))
        self._cells.append(cells)

    def finish(self) -> Distinct:
        """Give each text one number in all blocks."""
        if any(cells.ndim == 1 for cells in self._cells):
            known = np.concatenate([cells if cells.ndim == 1 else _as_bytes(cells) for cells in self._cells])
            numbers, found = pd.factorize(known)
        elif self._cells:
            widest = max(cells.shape[1] for cells in self._cells)
            wide = [np.pad(cells, ((0, 0), (0, widest - cells.shape[1]))) for cells in self._cells]
            numbers, words = _tell_apart(list(np.concatenate(wide).T))
            found = _as_bytes(words)
        else:
            return Distinct(np.zeros(0, dtype=np.int8), np.zeros(0, dtype=object))
        places, texts = number_texts([cell.decode() for cell in found])
        numbers = places[numbers]
        codes = np.empty(sum(map(len, self._codes)), dtype=small_type(len(texts)))
        row = cell = 0
        for part, cells in zip(self._codes, self._cells, strict=True):
            codes[row : row + len(part)] = numbers[cell : cell + len(cells)][part]
            row, cell = row + len(part), cell + len(cells)
        return Distinct(codes, texts)


def _tell_letters(letters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number the distinct cells of one byte or none, otherwise as _tell_apart."""
    seen = np.bincount(letters, minlength=256) > 0
    return (np.cumsum(seen) - 1).astype(np.int16)[letters], np.flatnonzero(seen).astype(np.uint64)[:, None]


def _tell_apart(words: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Number the distinct cells, given as words: the number of each, and the words of the cells by number."""
    codes, distinct = pd.factorize(words[0])
    if len(words) == 1:
        return codes, distinct[:, None]
    for word in words[1:]:
        more, others = pd.factorize(word)
        codes, distinct = pd.factorize(codes * len(others) + more)
    examples = np.empty(len(distinct), dtype=np.int64)
    examples[codes] = np.arange(len(codes))
    return codes, np.column_stack([word[examples] for word in words])


def _as_bytes(words: np.ndarray) -> np.ndarray:
    """Cells given as rows of words, as bytes."""
    size = _WORD * words.shape[1]
    text = np.ascontiguousarray(words, dtype="<u8").view(f"S{size}").ravel()
    return np.array(text.tolist(), dtype=object)


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
