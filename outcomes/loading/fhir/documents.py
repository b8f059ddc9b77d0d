"""FHIR JSON as resources with their places: one document, or one resource per line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from outcomes.loading.csv_table import decode_text
from outcomes.loading.source import Source

MAX_DEPTH = 100
"""Nesting that no questionnaire reaches; deeper files are made to break readers."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_REPEATED, _NO_NUMBER = "a key twice in one object", "a number that JSON does not have"


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource of a file.

    Attributes
    ----------
    row : int, the line in a file of lines; else the place among all resources, from 1
    content : dict, empty where a Bundle's entry holds no resource; numbers are text, as they were written
    url : str, the fullUrl of its entry; empty where there is none
    """

    row: int
    content: dict[str, Any]
    url: str = ""

    @property
    def type(self) -> str:
        """The resource type; empty where there is none."""
        return text_of(self.content.get("resourceType"))


def read_resources(source: Source, encoding: str | None = None) -> tuple[list[Resource], int, list[str]]:
    """Read all resources of a file: alone, in a list, in Bundles, or one per line.

    Parameters
    ----------
    source : Source
    encoding : str or None; None: the byte order mark decides, else UTF-8

    Returns
    -------
    the resources in their order, their number by a second count, and notes

    Raises
    ------
    DataError
        E203 encoding; E205 empty; E274 broken JSON, with the line where it is known: a key twice, NaN, text
        that is none, too deep, or an entry that is no object.
    """
    text, notes = decode_text(source, encoding)
    lines = [(number, line) for number, line in enumerate(_LINE_END.split(text), start=1) if line.strip()]
    if not lines:
        source.refuse("E205", "FHIR resources are needed; the file is empty. Export the data again.")
    if len(lines) > 1 and (source.suffix == ".ndjson" or _is_object(lines[0][1])):
        parts = [(number, _parse(line, source, number)) for number, line in lines]
    else:
        parts = [(lines[0][0], _parse(text, source, None))]
    found = [
        (line, content, url) for line, part in parts for content, url in _list_resources(part, source, line)
    ]
    # A line or an entry is the row; only where Bundles share lines or a file are the resources counted on.
    by_line = len(parts) > 1 and len(found) == len(parts)
    resources = [
        Resource(line if by_line else place, content, url)
        for place, (line, content, url) in enumerate(found, start=1)
    ]
    return resources, _count([part for _, part in parts]), list(notes)


def text_of(value: Any) -> str:
    """A JSON value as trimmed text; empty for lists, objects and null."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.strip() if isinstance(value, str) else ""


def objects_of(value: Any) -> list[dict[str, Any]]:
    """The objects of a JSON list, or the object itself; empty for anything else."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, dict)]


def walk(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object inside a resource with the key under which it stands, the resource itself first."""
    stack: list[tuple[str, Any]] = [("", content)]
    while stack:
        key, node = stack.pop()
        if isinstance(node, dict):
            yield key, node
            stack.extend((name, value) for name, value in node.items() if isinstance(value, (dict, list)))
        else:
            stack.extend((key, value) for value in node if isinstance(value, (dict, list)))


def _list_resources(part: Any, source: Source, line: int, url: str = "") -> Iterator[tuple[dict, str]]:
    """The resources of a parsed part, those of Bundles and lists one by one."""
    if isinstance(part, list):
        for one in part:
            yield from _list_resources(one, source, line)
    elif not isinstance(part, dict):
        _refuse(source, "an object is needed for each resource; something else stands there", line)
    elif part.get("resourceType") == "Bundle":
        entries = part.get("entry", [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            _refuse(source, "the entries of a Bundle must be a list of objects; they are not", line)
        for entry in entries:
            yield from _list_resources(entry.get("resource", {}), source, line, text_of(entry.get("fullUrl")))
    else:
        yield part, url


def _count(parts: list[Any]) -> int:
    """Count the resources again, without looking at what they hold."""
    count, stack = 0, list(parts)
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(node)
        elif node.get("resourceType") == "Bundle":
            stack.extend(entry.get("resource", {}) for entry in node.get("entry", []))
        else:
            count += 1
    return count


def _parse(text: str, source: Source, line: int | None) -> Any:
    """Strict JSON; numbers stay text."""
    try:
        document = json.loads(
            text,
            object_pairs_hook=_make_object,
            parse_int=str,
            parse_float=str,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        _refuse(source, "whole JSON is needed; it breaks off or is damaged", line or error.lineno)
    except ValueError as error:
        _refuse(source, f"plain JSON is needed; there is {error}", line)
    except RecursionError:
        _refuse_depth(source, line)
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            break
    else:
        _refuse_depth(source, line)
    if "\\ud" in text.lower():
        try:
            json.dumps(document, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            _refuse(source, "text is needed; half a character stands in it", line)
    return document


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError(_REPEATED)
    return made


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError(_NO_NUMBER)


def _is_object(line: str) -> bool:
    """Whether a line is one whole object, as in a file with one resource per line."""
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _refuse_depth(source: Source, line: int | None) -> NoReturn:
    _refuse(source, f"at most {MAX_DEPTH} levels of objects and lists are read; there are more", line)


def _refuse(source: Source, fault: str, line: int | None) -> NoReturn:
    source.refuse("E274", f"{fault}. Export the data again.", row=line)
