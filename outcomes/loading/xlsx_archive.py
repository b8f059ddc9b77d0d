"""The zip container of a workbook: opened with bounds, and refused where it could do harm."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from outcomes.loading.sizes import MAX_EXPANDED, MAX_PARTS, MAX_RATIO, MAX_WORKBOOK_BYTES
from outcomes.loading.source import Source

_SMALL_PART = 1_000_000
_CHUNK = 1_000_000
_LOCAL_HEADER = 30


def inflate_parts(source: Source) -> dict[str, bytes]:
    """Read the XML parts of a workbook after its container has passed all checks.

    Returns
    -------
    dict of part name to bytes, for the parts that end in .xml or .rels

    Raises
    ------
    DataError
        E201 expands too far, or beyond what its directory states; E202 entities; E206 a zip that is no
        spreadsheet; E207 .xlsb or .ods; E208 damaged or protected; E209 macros or links to other workbooks.
    """
    if len(source.data) > MAX_WORKBOOK_BYTES:
        source.refuse(
            "E201",
            f"a workbook of at most {MAX_WORKBOOK_BYTES // 1_000_000} MB is needed; this one is larger. "
            "Export CSV instead.",
        )
    try:
        parts = zipfile.ZipFile(io.BytesIO(source.data)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError):
        _refuse_damaged(source)
    names = [part.filename for part in parts]
    _check_directory(source, parts)
    _check_kind(source, names)
    inflated = {}
    for part in parts:
        data = _inflate(source, part)
        if part.filename.lower().endswith((".xml", ".rels")):
            _check_markup(source, data)
            inflated[part.filename] = data
    content_types = inflated.get("[Content_Types].xml", b"")
    if b"macroEnabled" in content_types or any(
        b'"External"' in data for name, data in inflated.items() if "externalLinks/" in name
    ):
        _refuse_active(source)
    return inflated


def _check_directory(source: Source, parts: list[zipfile.ZipInfo]) -> None:
    expanded = sum(part.file_size for part in parts)
    steep = any(
        part.file_size > _SMALL_PART and part.file_size > MAX_RATIO * max(part.compress_size, 1)
        for part in parts
    )
    if len(parts) > MAX_PARTS or expanded > MAX_EXPANDED or steep:
        source.refuse(
            "E201",
            "a workbook that expands within reason is needed; this one grows too far. Save it again, or "
            "export CSV.",
        )
    names = [part.filename for part in parts]
    if len(set(names)) != len(names) or any(
        part.flag_bits & 1 or part.compress_type not in (0, 8) for part in parts
    ):
        _refuse_damaged(source)


def _check_kind(source: Source, names: list[str]) -> None:
    if "xl/workbook.bin" in names or "mimetype" in names:
        source.refuse(
            "E207",
            "an .xlsx or .csv file is needed; this is another kind of spreadsheet. Save it as .xlsx or .csv.",
        )
    if "xl/workbook.xml" not in names:
        source.refuse("E206", "a table is needed; this is a zip archive. Unpack it and give the file inside.")
    if any(name.endswith("vbaProject.bin") or name.startswith("xl/externalLinks/") for name in names):
        _refuse_active(source)


def _inflate(source: Source, part: zipfile.ZipInfo) -> bytes:
    """Bytes of one part; counted while inflating, because a directory can lie."""
    data, start = source.data, part.header_offset
    if data[start : start + 4] != b"PK\x03\x04":
        _refuse_damaged(source)
    name_length, extra_length = struct.unpack("<HH", data[start + 26 : start + _LOCAL_HEADER])
    start += _LOCAL_HEADER + name_length + extra_length
    packed = data[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        content = packed
    else:
        content = _inflate_deflated(source, packed, part.file_size)
    if len(content) != part.file_size or zlib.crc32(content) != part.CRC:
        _refuse_damaged(source)
    return content


def _inflate_deflated(source: Source, packed: bytes, stated: int) -> bytes:
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    pieces, size = [], 0
    try:
        while packed and not engine.eof:
            piece = engine.decompress(packed, _CHUNK)
            packed = engine.unconsumed_tail
            pieces.append(piece)
            size += len(piece)
            if size > stated:
                source.refuse(
                    "E201",
                    "a workbook that expands as its directory states is needed; this one grows further. Save "
                    "it again.",
                )
            if not piece and not packed:
                break
    except zlib.error:
        _refuse_damaged(source)
    return b"".join(pieces)


def _check_markup(source: Source, data: bytes) -> None:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:200]:
        _refuse_damaged(source)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        source.refuse(
            "E202",
            "a workbook without entity declarations is needed; this one has some. Save it again in a "
            "spreadsheet program.",
        )


def _refuse_damaged(source: Source) -> None:
    source.refuse(
        "E208",
        "a whole, unprotected workbook is needed; this one is damaged or protected. Save it again without a "
        "password.",
    )


def _refuse_active(source: Source) -> None:
    source.refuse(
        "E209",
        "a workbook without macros and links to other files is needed. Save it as a plain .xlsx or as CSV.",
    )
