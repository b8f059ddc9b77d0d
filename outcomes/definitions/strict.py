"""Strict reading of TOML settings: an unknown key, repeated key or wrong value is named with its line."""

from __future__ import annotations

import dataclasses
import json
import re
import stat
import tomllib
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, StringConstraints, TypeAdapter, ValidationError

from outcomes.errors import DefinitionError, Problem

T = TypeVar("T")
KeyPath = tuple[str | int, ...]

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
"""The pydantic configuration of every settings class: `@dataclass(frozen=True, config=STRICT)`."""

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
"""A text that says something; an empty source is no source."""

_MOST_BYTES = 1_000_000
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*(\]\]?)\s*(?:#.*)?$")
_NAME = r"""(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)"""
_ASSIGNMENT = re.compile(rf"^\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=")
_KEY_PART = re.compile(r""""([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+)""")
_NEEDED = {
    "dataclass_type": "a table is needed here",
    "string_too_short": "the text must not be empty",
}
_STRINGS = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*'|#.*$""")


class FrozenDict(dict):
    """A dict that cannot be changed, so that a cached definition stays what its file says."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(
            "A definition cannot be changed in place; use Profile.replace() or a definition file."
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return (FrozenDict, (dict(self),))

    def __deepcopy__(self, memo: dict[int, Any]) -> FrozenDict:
        return self


def read_strict(source: Path | str, kind: type[T], *, label: str) -> T:
    """Read a TOML text into a settings class, refusing whatever the class does not know.

    Parameters
    ----------
    source : Path or str; a Path is a file to read, a str is the TOML text itself
    kind : a pydantic dataclass made with `config=STRICT`
    label : str, what messages call the source, such as "layout of input-2"; never a path

    Returns
    -------
    an instance of kind

    Raises
    ------
    DefinitionError
        with all problems at once: E601 unknown key, E602 not TOML or a repeated key, E603 missing key or
        wrong value.

    Examples
    --------
    >>> from pydantic.dataclasses import dataclass
    >>> @dataclass(frozen=True, config=STRICT)
    ... class Windows:
    ...     baseline_days: tuple[int, int]
    >>> read_strict("baseline_days = [-14, 0]", Windows, label="example")
    Windows(baseline_days=(-14, 0))
    """
    text = read_text(source, label=label)
    data = _parse_toml(text, label=label)
    try:
        # JSON keeps strictness about types and still lets a TOML array become a tuple.
        return TypeAdapter(kind).validate_json(json.dumps(data, default=str))
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True, include_input=False)
    lines = find_key_lines(text)
    raise DefinitionError(_as_problems(details, kind, lines, label=label))


def find_key_lines(text: str) -> dict[KeyPath, int]:
    """Give the line number of each key of a TOML text by its path; keys of inline tables are not listed."""
    lines: dict[KeyPath, int] = {}
    table: KeyPath = ()
    counts: dict[KeyPath, int] = {}
    for number, line in _statements(text):
        if header := _HEADER.match(line):
            table = _split_key(header[2])
            if header[1] == "[[":
                index = counts.get(table, 0)
                counts[table] = index + 1
                table = (*table, index)
            else:
                table = _inside_last(table, counts)
            lines.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            lines.setdefault((*table, *_split_key(assignment[1])), number)
    return lines


def name_place(path: KeyPath, lines: Mapping[KeyPath, int], *, label: str) -> str:
    """Name the source and, where it can be found, the line of a key or of the table that should hold it."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return f"{label}, line {lines[path[:length]]}"
    return label


def name_key(path: KeyPath) -> str:
    """Write a path as dotted text: list positions counted from 1, as a reader counts."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read_text(source: Path | str, *, label: str) -> str:
    """Give the text of a settings file; a str is given back as it is."""
    if isinstance(source, str):
        return source
    try:
        # a pipe would wait for ever, and a device never end
        if not stat.S_ISREG(source.stat().st_mode) or source.stat().st_size > _MOST_BYTES:
            message = "A regular TOML file of at most 1 MB is needed; this is something else. Give the file."
            raise DefinitionError(Problem("E602", label, message))
        return source.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or "unknown reason"
        message = f"A readable TOML file is needed; opening it failed ({reason}). Check that it is there."
    except UnicodeDecodeError:
        message = "TOML must be UTF-8, and this file is not. Save it again as UTF-8."
    except ValueError:
        message = "A path without NUL characters is needed. Correct it."
    raise DefinitionError(Problem("E602", label, message)) from None


def _parse_toml(text: str, *, label: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        message = "The text is nested too deeply to be read. Write flat tables."
        raise DefinitionError(Problem("E602", label, message)) from None
    except ValueError as error:
        reason = str(error)
    found = re.search(r"at line (\d+)", reason)
    place = f"{label}, line {found[1]}" if found else label
    if re.search(r"overwrite|twice|[Dd]uplicate", reason):
        message = "Each key may stand once; a key or table is repeated here. Delete one of the two."
    else:
        message = "The text is not valid TOML from here on. Look for a missing quote, bracket or equals sign."
    raise DefinitionError(Problem("E602", place, message)) from None


def _as_problems(details: list[Any], kind: Any, lines: Mapping[KeyPath, int], *, label: str) -> list[Problem]:
    found: dict[tuple[str, str, str], list[str]] = {}
    for detail in details:
        path, parent = _known_path(detail["loc"], kind)
        place, key = name_place(detail["loc"], lines, label=label), name_key(path)
        if detail["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
            known = ", ".join(field.name for field in dataclasses.fields(parent))
            message = f'unknown key "{key[:80]}". Known here: {known}. Correct the spelling or delete it.'
            found[("E601", place, message)] = []
        elif detail["type"] in ("missing", "missing_argument"):
            found[("E603", place, f'the key "{key}" is needed and not there. Add it.')] = []
        else:
            needed = _NEEDED.get(detail["type"], detail["msg"])
            found.setdefault(("E603", place, f'the value of "{key}" is not as needed: '), []).append(needed)
    return [
        Problem(code, place, message + " or ".join(needs) + ". Correct it." if needs else message)
        for (code, place, message), needs in found.items()
    ]


def _known_path(location: KeyPath, kind: Any) -> tuple[KeyPath, Any]:
    """Walk a location through the types; give the path that may be printed and the class that holds its end.

    The names of a free mapping may be cell values (the labels of a layout), so they are not printed;
    pydantic's markers of the branches of a union are no keys.
    """
    path: list[str | int] = []
    current, parent = kind, kind
    for part in location:
        options = _options(current)
        if len(options) > 1:
            current = next((option for option in options if _is_marked(option, str(part))), Any)
            continue
        inner = get_args(options[0])
        if dataclasses.is_dataclass(options[0]):
            parent, current = options[0], get_type_hints(options[0], include_extras=True).get(str(part), Any)
            path.append(part)
        elif get_origin(options[0]) is dict:
            current = inner[1]
            path.append("(entry)")
        elif isinstance(part, int):
            current = (
                inner[part] if inner and part < len(inner) and inner[-1] is not ... else (inner or (Any,))[0]
            )
            path.append(part)
    return tuple(path), parent


def _is_marked(option: Any, marker: str) -> bool:
    name = getattr(get_origin(option) or option, "__name__", "")
    return bool(name) and re.split(r"[^A-Za-z0-9_]", marker)[-1 if "-" in marker else 0] == name


def _options(kind: Any) -> list[Any]:
    """The branches of a union without None, which pydantic does not mark; one type otherwise."""
    if get_origin(kind) is Annotated:
        return _options(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [option for part in get_args(kind) if part is not type(None) for option in _options(part)]
    return [kind]


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield the first line of each statement: lines inside open brackets or long strings are passed over."""
    depth, fence = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if fence:
            fence = "" if fence in line else fence
            continue
        started = depth == 0
        opened = next((mark for mark in ('"""', "'''") if line.count(mark) % 2), "")
        if started:
            yield number, line
        if opened:
            fence = opened
            continue
        bare = _STRINGS.sub("", line)
        if not (started and _HEADER.match(line)):
            depth = max(0, depth + bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}"))


def _split_key(text: str) -> KeyPath:
    return tuple(a or b or c for a, b, c in _KEY_PART.findall(text))


def _inside_last(table: KeyPath, counts: Mapping[KeyPath, int]) -> KeyPath:
    """Place a sub-table such as [items.extra] in the latest entry of its array of tables."""
    placed: KeyPath = ()
    for position, part in enumerate(table):
        placed = (*placed, part)
        if position < len(table) - 1 and placed in counts:
            placed = (*placed, counts[placed] - 1)
    return placed
