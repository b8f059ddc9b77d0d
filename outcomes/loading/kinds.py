"""What a file is, by its bytes; the name only finds contradictions."""

from __future__ import annotations

import re

from outcomes.loading.source import Source

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD_STATA = range(105, 116)
_ROOT = re.compile(rb"(?:<\?xml[^>]*>|<!--.*?-->|\s)*<(?:[a-z0-9_.-]+:)?([a-z0-9_.-]+)", re.DOTALL)


def find_kind(source: Source) -> str:
    """Say what the bytes are; what cannot be read, and a name that contradicts the bytes, is refused.

    Parameters
    ----------
    source : Source

    Returns
    -------
    str: "csv", "xlsx", "xpt" (SAS transport), "sav" (SPSS), "dta" (Stata), "odm" (REDCap project XML) or
    "fhir" (JSON)

    Raises
    ------
    DataError
        E206 another kind, or a name that says another; E207 an old spreadsheet; E208 a password; E219 the
        source of a definition.
    """
    data, start = source.data, source.data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    kind = _by_signature(source, data, start)
    if kind is not None:
        return kind
    if source.suffix in (".fsh", ".yaml", ".yml"):
        source.refuse(
            "E219", "exported data are needed; this is the source of a definition. Give the export."
        )
    if re.match(rb"\{|\[\s*\{", start) or source.suffix in (".json", ".ndjson"):
        return "fhir"
    if source.suffix in (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods") and data:
        source.refuse(
            "E206",
            "the name says workbook, the content is not one. Give it its right ending, or save it again.",
        )
    if source.suffix in (".sav", ".zsav", ".dta", ".xpt") and data:
        source.refuse(
            "E206",
            "the name says SPSS, Stata or SAS transport, the content is not that. Export the data again.",
        )
    return "csv"


def _by_signature(source: Source, data: bytes, start: bytes) -> str | None:
    """What the first bytes alone decide."""
    if data.startswith(_ZIP):
        if source.suffix in (".csv", ".tsv", ".tab", ".txt"):
            source.refuse(
                "E206",
                "the name says text, the content is a zip or workbook. Give it its right ending, or export "
                "CSV.",
            )
        return "xlsx"
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            source.refuse(
                "E208", "an unprotected workbook is needed; this one has a password. Save it without one."
            )
        source.refuse(
            "E207", "an .xlsx or .csv file is needed; this is an old spreadsheet. Save it as .xlsx or .csv."
        )
    if start.startswith((b"header record*******library", b"header record*******libv8")):
        return "xpt"
    if data.startswith((b"$FL2", b"$FL3")):
        return "sav"
    if start.startswith(b"<stata_dta>") or (source.suffix == ".dta" and data[:1] and data[0] in _OLD_STATA):
        return "dta"
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<odm")):
        root = _ROOT.match(start)
        if root and root[1] == b"odm":
            return "odm"
        source.refuse("E206", "a table is needed; this is HTML or XML. Export the data as .xlsx or .csv.")
    if start.startswith(b"<") and b'xmlns="http://hl7.org/fhir"' in start:
        source.refuse("E206", "FHIR as JSON is needed; this is FHIR as XML. Export the resources as JSON.")
    if start.startswith((b"%pdf", b"\x1f\x8b")):
        source.refuse(
            "E206", "a table is needed; this is another kind of file. Export the data as .xlsx or .csv."
        )
    return None
