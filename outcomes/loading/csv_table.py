"""Text tables: bytes to records, with every doubt about encoding, delimiter or quotes refused."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from outcomes.loading.records import Records
from outcomes.loading.redcap_dictionary import name_companion
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
_MERGE_MARKER = re.compile(r"(?:^|\r\n?|\n)(?:<{7} |={7}(?=[\r\n]|$)|>{7} )")
_DECIMAL_COMMA = re.compile(r"-?[0-9]+,[0-9]+")
_HEADER_BYTES = 10_000
_SAMPLE, _AGREEMENT = 200, 0.8


def read_csv_records(source: Source, *, encoding: str | None = None, delimiter: str | None = None) -> Records:
    """Read the records of a text table.

    Parameters
    ----------
    source : Source
    encoding : str or None; None: the byte order mark decides, else strict UTF-8
    delimiter : str or None; None: the one of comma, semicolon and tab that fits header and rows

    Returns
    -------
    Records; places are the lines on which the records start

    Raises
    ------
    DataError
        E203 encoding or NUL; E204 delimiter; E205 empty; E213 a cell too long; E215 quotes; E218 merge
        conflict.
    """
    text, notes = decode_text(source, encoding)
    if not text.strip():
        source.refuse("E205", "a table with a header is needed; the file is empty. Export the data again.")
    marker = _MERGE_MARKER.search(text)
    if marker:
        line = len(re.findall(r"\r\n|\r|\n", text[: marker.end() - 1])) + 1
        source.refuse(
            "E218", "the file holds the marks of an unresolved merge. Restore it from its source.", row=line
        )
    skipped, delimiter = _read_sep_line(text, delimiter)
    delimiter = delimiter or _find_delimiter(source, text, skipped)
    rows, places = [], []
    for row, place in _records(source, text, delimiter):
        if place > skipped:
            rows.append([cell.strip() for cell in row])
            places.append(place)
    if delimiter != ",":
        notes = (*notes, f"delimiter: {_NAMES.get(delimiter, 'as given')}")
    return Records(rows, places, 0, _count_rows(text, delimiter) - 1 - bool(skipped), notes=notes)


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


def _refuse_encoding(source: Source, encoding: str | None) -> None:
    first = source.data[:_HEADER_BYTES].decode("latin-1").partition("\n")[0]
    companion = name_companion(next(csv.reader([first.strip()]), []))
    if companion is not None:
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


def _read_sep_line(text: str, delimiter: str | None) -> tuple[int, str | None]:
    """Give the lines above the header (1 for Excel's `sep=` line), and the delimiter if it is settled."""
    match = _SEP_LINE.match(text) or re.match("sep=(.)\r", text, re.IGNORECASE)
    if not match:
        return 0, delimiter
    return 1, delimiter or match[1]


def _find_delimiter(source: Source, text: str, skipped: int) -> str:
    viable = []
    for delimiter in DELIMITERS:
        sample = [row for row, place in _sample(text, delimiter) if place > skipped]
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


def _sample(text: str, delimiter: str) -> Iterator[tuple[list[str], int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    place = 1
    for _ in range(_SAMPLE):
        try:
            row = next(reader)
        except (StopIteration, csv.Error):
            return
        yield row, place
        place = reader.line_num + 1


def _records(source: Source, text: str, delimiter: str) -> Iterator[tuple[list[str], int]]:
    """Records and the line on which each starts; E213 or E215 in place of the csv module's errors."""
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
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


def _count_rows(text: str, delimiter: str) -> int:
    """Records by a plain second reader that keeps nothing."""
    return sum(1 for _ in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
