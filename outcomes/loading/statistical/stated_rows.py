"""How many rows an SPSS, Stata or SAS transport file itself says that it holds: the second count."""

from __future__ import annotations

import re
import struct
from typing import NoReturn

from outcomes.loading.source import Source

_RECORD = 80
_STATA = re.compile(
    rb"<stata_dta>\s*<header>\s*<release>(\d{3})</release>\s*<byteorder>(MSF|LSF)</byteorder>\s*"
    rb"<K>(?:..|....)</K>\s*<N>(.{4}|.{8})</N>",
    re.DOTALL,
)
_MEMBER = re.compile(rb"HEADER RECORD\*{7}(?:MEMBER |MEMBV8 ) HEADER RECORD!{7}")
_FIELDS = re.compile(rb"HEADER RECORD\*{7}(?:NAMESTR|NAMSTV8) HEADER RECORD!{7}")
_ROWS = re.compile(rb"HEADER RECORD\*{7}(OBS    |OBSV8  ) HEADER RECORD!{7}")


def count_stated_rows(source: Source, kind: str) -> int | None:
    """Count the rows without reading them.

    Parameters
    ----------
    source : Source
    kind : str, "sav", "dta" or "xpt"

    Returns
    -------
    int, or None where an SPSS file does not say it (one that was written as a stream)

    Raises
    ------
    DataError
        E208 a file that is cut short or torn; E233 a SAS transport file of several tables.

    Notes
    -----
    SPSS: the number of cases in the file header. Stata: N in the header. SAS transport: version 8 states it;
    version 5 does not, and rows = bytes after the header of the observations / sum of the lengths of the
    variables, without the blanks that fill the last record of 80 bytes.
    """
    try:
        return _COUNTERS[kind](source)
    except (struct.error, LookupError, ValueError, ArithmeticError):
        refuse_damaged(source)


def refuse_damaged(source: Source) -> NoReturn:
    """Refuse a file that cannot be read whole (E208)."""
    source.refuse(
        "E208",
        "a whole SPSS, Stata or SAS transport file is needed; this one is damaged, cut short or protected. "
        "Export it again, or as CSV.",
    )


def _count_spss(source: Source) -> int | None:
    order = "<" if source.data[64] in (2, 3) else ">"
    (cases,) = struct.unpack_from(f"{order}i", source.data, 80)
    return cases if cases >= 0 else None


def _count_stata(source: Source) -> int:
    if source.data[0] in range(105, 116):
        (rows,) = struct.unpack_from(f"{'>' if source.data[1] == 1 else '<'}i", source.data, 6)
    else:
        found = _STATA.match(source.data)
        rows = int.from_bytes(found[3], "big" if found[2] == b"MSF" else "little") if found else -1
    if not 0 <= rows <= len(source.data):  # a row holds at least one byte
        refuse_damaged(source)
    return rows


def _count_transport(source: Source) -> int:
    data = source.data
    if len(data) % _RECORD:
        refuse_damaged(source)
    member, fields = _MEMBER.search(data), _FIELDS.search(data)
    begin = _ROWS.search(data, fields.end()) if fields else None
    if member is None or fields is None or begin is None:
        refuse_damaged(source)
    if _MEMBER.search(data, begin.end()):
        source.refuse(
            "E233",
            "one table is needed; this SAS transport file holds several. Export each one as a file of its "
            "own.",
        )
    size = int(data[member.start() + 74 : member.start() + 78])
    count, at = int(data[fields.start() + 48 : fields.start() + 58]), fields.start() + _RECORD
    width = sum(struct.unpack_from(">H", data, at + size * place + 4)[0] for place in range(count))
    body = data[begin.start() + _RECORD :]
    rows, left = divmod(len(body), width)
    if body[len(body) - left :].strip(b" "):
        refuse_damaged(source)
    stated = data[begin.start() + 48 : begin.start() + _RECORD].split()
    if begin[1].startswith(b"OBSV8") and stated and stated[0].strip(b"0"):
        return int(stated[0])
    blank = b" " * width
    while rows and body[(rows - 1) * width : rows * width] == blank:
        rows -= 1
    return rows


_COUNTERS = {"sav": _count_spss, "dta": _count_stata, "xpt": _count_transport}
