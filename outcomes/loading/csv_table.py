"""Text tables: bytes to records, with every doubt about encoding, delimiter or quotes refused."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from itertools import dropwhile
from typing import NoReturn

from outcomes.loading.coded import code_rows
from outcomes.loading.csv_lines import code_lines, is_plain
from outcomes.loading.records import Records, refuse_size
from outcomes.loading.redcap.dictionary import name_companion
from outcomes.loading.sizes import MAX_COLUMNS
from outcomes.loading.source import Source

DELIMITERS = (",", ";", "\t")
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", ""),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CANDIDATES = ("cp1252", "mac_roman")
_SEP_LINE = re.compile("sep=(.)\r?\n?", re.IGNORECASE)
_MERGE_MARKER = re.compile(rb"(?:^|\r\n?|\n)(?:<{7} |={7}(?=[\r\n]|$)|>{7} )")
_LINE_END = re.compile(rb"\r\n?|\n")
_DECIMAL_COMMA = re.compile(r"-?[0-9]+,[0-9]+")
_HEADER_BYTES = 10_000
_PART = 16_000_000
_SAMPLE_BYTES = 1_000_000
_SAMPLE, _AGREEMENT = 200, 0.8


def read_csv_records(
    source: Source,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    count: Callable[[int], None] | None = None,
) -> Records:
    """Read the records of a text table.

    Parameters
    ----------
    source : Source
    encoding : str or None; None: the byte order mark decides, else strict UTF-8
    delimiter : str or None; None: the one of comma, semicolon and tab that fits header and rows
    count : callable that is given the number of rows so far, or None

    Returns
    -------
    Records; places are the lines on which the records start

    Raises
    ------
    DataError
        E203 encoding or NUL; E204 delimiter; E205 empty; E213 a cell too long; E215 quotes; E218 merge
        conflict.
    """
    data, notes = read_utf8(source, encoding)
    if not any(line.strip() for line in _lines(data)):
        source.refuse("E205", "a table with a header is needed; the file is empty. Export the data again.")
    marker = _find_marker(data)
    if marker:
        line = len(_LINE_END.findall(data[: marker.end() - 1])) + 1
        source.refuse(
            "E218", "the file holds the marks of an unresolved merge. Restore it from its source.", row=line
        )
    skipped, delimiter = _read_sep_line(data, delimiter)
    delimiter = delimiter or _find_delimiter(source, data, skipped)
    coded = None
    if is_plain(data, delimiter):
        if _count_headers(data, delimiter) > MAX_COLUMNS:  # before there is an object for each
            refuse_size(source, 0)
        coded = code_lines(data, delimiter, skipped=skipped, count=count)
    if coded is None:
        records = _records(source, data, delimiter)
        coded = code_rows(dropwhile(lambda record: record[1] <= skipped, records), count=count)
    if delimiter != ",":
        notes = (*notes, f"delimiter: {_NAMES.get(delimiter, 'as given')}")
    return Records(coded, 0, _count_rows(data, delimiter) - 1 - bool(skipped), notes=notes)


def read_utf8(source: Source, encoding: str | None = None) -> tuple[bytes, tuple[str, ...]]:
    """Text of the bytes as UTF-8 and notes; E203 where the encoding is in doubt or a NUL is in the text."""
    if encoding is None and b"\0" not in source.data and _is_utf8(source.data):
        return source.data.removeprefix(codecs.BOM_UTF8).removeprefix(codecs.BOM_UTF8), ()
    text, notes = decode_text(source, encoding)
    try:
        return text.encode("utf-8"), notes
    except UnicodeEncodeError:  # an encoding that gives halves of characters is not that of the file
        _refuse_encoding(source, encoding)


def decode_text(source: Source, encoding: str | None = None) -> tuple[str, tuple[str, ...]]:
    """Text of the bytes and notes; E203 where the encoding is in doubt or a NUL is in the text."""
    bom = next((name for mark, name in _BOMS if source.data.startswith(mark)), None)
    chosen = encoding or ("utf-8" if bom is None else bom)
    try:
        text = source.data.decode(chosen or "utf-8")
    except (ValueError, LookupError):  # ValueError: bytes that do not fit, or a NUL in the name
        _refuse_encoding(source, encoding)
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        line = len(re.findall(r"\r\n|\r|\n", text[: text.index("\0")])) + 1
        message = (
            "text without NUL characters is needed (or UTF-16 with a byte order mark). Export the file as "
            "UTF-8 CSV."
        )
        source.refuse("E203", message, row=line)
    notes = () if chosen in ("utf-8", "utf-8-sig") else (f"encoding: {bom or 'as given'}",)
    return text, notes


def _refuse_encoding(source: Source, encoding: str | None) -> NoReturn:
    first = _LINE_END.split(source.data[:_HEADER_BYTES])[0].decode("latin-1")
    if "\0" not in first and (companion := name_companion(next(csv.reader([first]), []))) is not None:
        source.refuse("E250", companion)
    candidates = [name for name in _CANDIDATES if name != encoding and _decodes(source.data, name)]
    hint = "an export as UTF-8"
    if candidates:
        hint = " or ".join(f'encoding = "{name}"' for name in candidates) + " in outcomes.toml or the layout"
    found = "the text does not decode with the encoding given" if encoding else "the text is not UTF-8"
    source.refuse(
        "E203", f"the encoding must be known; {found}. Try {hint}, and check the letters with accents."
    )


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeError:
        return False
    return True


def _is_utf8(data: bytes) -> bool:
    """Whether all of it decodes; a part at a time, so that the text is never in memory as a whole."""
    if data.isascii():
        return True
    decoder, view = codecs.getincrementaldecoder("utf-8")(), memoryview(data)
    try:
        for start in range(0, len(data), _PART):
            decoder.decode(view[start : start + _PART], final=start + _PART >= len(data))
    except UnicodeError:
        return False
    return True


def _lines(data: bytes) -> io.TextIOWrapper:
    """The text, with its line ends as they are."""
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")


def _count_headers(data: bytes, delimiter: str) -> int:
    """The cells of the first line of a plain text."""
    end = _LINE_END.search(data)
    return data[: None if end is None else end.start()].count(delimiter.encode()) + 1


def _find_marker(data: bytes) -> re.Match[bytes] | None:
    return _MERGE_MARKER.search(data) if any(mark in data for mark in (b"<", b"=", b">")) else None


def _read_sep_line(data: bytes, delimiter: str | None) -> tuple[int, str | None]:
    """Give the lines above the header (1 for Excel's `sep=` line), and the delimiter if it is settled."""
    text = data[:16].decode("utf-8", "replace")
    match = _SEP_LINE.match(text) or re.match("sep=(.)\r", text, re.IGNORECASE)
    if not match:
        return 0, delimiter
    return 1, delimiter or match[1]


def _find_delimiter(source: Source, data: bytes, skipped: int) -> str:
    viable = []
    for delimiter in DELIMITERS:
        sample = [row for row, place in _sample(data, delimiter) if place > skipped]
        if sample and len(sample[0]) > 1:
            viable.append((delimiter, sample))
    if len(viable) > 1:
        agreeing = [(delimiter, sample) for delimiter, sample in viable if _agreement(sample) >= _AGREEMENT]
        viable = agreeing if len(agreeing) == 1 else viable
    if not viable:
        return ","
    if len(viable) > 1:
        names = ", ".join(_NAMES[delimiter] for delimiter, _ in viable)
        source.refuse(
            "E204",
            f"one delimiter must fit header and rows; these all do: {names}. Give delimiter in outcomes.toml "
            "or the layout.",
        )
    delimiter, sample = viable[0]
    if delimiter == ";" and any(_DECIMAL_COMMA.fullmatch(cell.strip()) for row in sample[1:] for cell in row):
        source.refuse(
            "E204",
            "semicolons with decimal commas can be read in two ways. Say delimiter = ';' in outcomes.toml or "
            "the layout, or export with points.",
        )
    return delimiter


def _agreement(sample: list[list[str]]) -> float:
    rows = [row for row in sample[1:] if any(row)]
    return sum(len(row) == len(sample[0]) for row in rows) / len(rows) if rows else 1.0


def _sample(data: bytes, delimiter: str) -> Iterator[tuple[list[str], int]]:
    part = io.StringIO(data[:_SAMPLE_BYTES].decode("utf-8", "replace"), newline="")
    reader = csv.reader(part, delimiter=delimiter)
    place = 1
    for _ in range(_SAMPLE):
        try:
            row = next(reader)
        except (StopIteration, csv.Error):
            return
        yield row, place
        place = reader.line_num + 1


def _records(source: Source, data: bytes, delimiter: str) -> Iterator[tuple[list[str], int]]:
    """Records and the line on which each starts; E213 or E215 in place of the csv module's errors."""
    try:
        reader = csv.reader(_lines(data), delimiter=delimiter, strict=True)
    except (TypeError, ValueError):
        source.refuse("E204", "a delimiter is one character. Give , or ; or a tab.")
    place = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field larger" in str(error) and reader.line_num - place < 2:
                source.refuse(
                    "E213",
                    "a cell is longer than a spreadsheet can hold. Remove it from the export.",
                    row=place,
                )
            message = (
                "every quoted cell must end with a quote before the next delimiter; one that starts in this "
                "row does not. Mend the quotes."
            )
            source.refuse("E215", message, row=place)
        yield row, place
        place = reader.line_num + 1


def _count_rows(data: bytes, delimiter: str) -> int:
    """Records by a plain second reader that keeps nothing; without quotes these are the lines."""
    if b'"' in data:
        return sum(1 for _ in csv.reader(_lines(data), delimiter=delimiter))
    ends = data.count(b"\n") + (data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else 0)
    return ends + (not data.endswith((b"\n", b"\r")))
