"""Marks that are planted in every cell of a case, and the search for them in all that comes out."""

from __future__ import annotations

import io
import itertools
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import outcomes as oc
from outcomes.errors import OutcomesError

from .case import Content
from .files import repack

WORD = "Canaryqz"
MARK = re.compile(r"canaryqz|904170[0-9]{4}|1987[-/.]0?6[-/.]", re.IGNORECASE)
"""A planted word, number or date, in whatever case."""

_CELL = re.compile(r"(?<![<&/\w])[^\s,;|\t\"<>&]+")
_HEADER_WORDS = (
    "patient_id", "record_id", "phq9_total", "patient_1", "USUBJID", "ENCOUNTER", "StartDate", "ImportId",
    "Variable / Field Name",
)  # fmt: skip
_NOT_DATA = (".toml",)
_ROW = re.compile(rb'<row r="([0-9]+)".*?</row>', re.DOTALL)
_TEXT = re.compile(rb"(?<=<t>)[^<]*(?=</t>)")
_PLAIN_NUMBER = re.compile(rb'(<c (?![^>]*t="[sb]")[^>]*><v>)[0-9.]+(?=</v>)')


def _words() -> Iterator[str]:
    return (f"{WORD}{number}" for number in itertools.count())


def _numbers() -> Iterator[str]:
    return (f"904170{number % 10_000:04}" for number in itertools.count())


def _dates() -> Iterator[str]:
    return (f"1987-06-{number % 28 + 1:02}" for number in itertools.count())


@dataclass(frozen=True)
class Planting:
    """What is planted where: new marks, in "cells" (all), "sides", the "last" column or the "header"."""

    name: str
    marks: Callable[[], Iterator[str]]
    where: str

    def __str__(self) -> str:
        return self.name


KEEPING = Planting("words as ids and in a column of their own", _words, "sides")
"""What leaves a case its outcome: the marks stand where any text may stand."""

EVERYWHERE = Planting("words in every cell", _words, "cells")
IN_TURN = (
    Planting("words as headers", _words, "header"),
    Planting("numbers in every cell", _numbers, "cells"),
    Planting("dates in every cell", _dates, "cells"),
    Planting("words in the last column", _words, "last"),
)
"""Plantings of which every other line of the corpus gets one."""


def plant(files: Mapping[str, Content], planting: Planting) -> dict[str, Content]:
    """The files of a case with marks in their content, their sheets and, for a single file, their name."""
    planted: dict[str, Content] = {}
    for name, content in files.items():
        data = content() if callable(content) else content
        if not name.endswith(_NOT_DATA):
            data = _plant_bytes(data, planting) if isinstance(data, bytes) else _plant_text(data, planting)
        planted[name if "outcomes.toml" in files else f"Smith_{WORD}_1961_{name}"] = data
    return planted


def _plant_bytes(data: bytes, planting: Planting) -> bytes:
    if data.startswith(b"PK"):
        return _plant_workbook(data, planting)
    if data.startswith(b"\xff\xfe"):
        return b"\xff\xfe" + _plant_text(data[2:].decode("utf-16-le"), planting).encode("utf-16-le")
    return _plant_text(data.decode("latin-1"), planting).encode("latin-1")


def _plant_text(text: str, planting: Planting) -> str:
    if text.lstrip("\ufeff\xef\xbb\xbf").startswith(("{", "[{")):
        return _plant_json(text, planting)
    marks, lines = planting.marks(), text.splitlines(keepends=True)
    heads = [at for at, line in enumerate(lines[:4]) if any(word in line for word in _HEADER_WORDS)]
    header = heads[-1] if heads else -1
    for at, line in enumerate(lines):
        if planting.where == "header":
            lines[at] = _CELL.sub(lambda _: next(marks), line) if at == header else line
        elif at > header:
            lines[at] = _plant_line(line, planting.where, marks)
        elif at == header and planting.where == "sides":
            lines[at] = _add_cell(line, next(marks))
    return "".join(lines)


def _plant_line(line: str, where: str, marks: Iterator[str]) -> str:
    body = line.rstrip("\r\n")
    end = line[len(body) :]
    if where == "cells":
        return _CELL.sub(lambda _: next(marks), body) + end
    hits = list(_CELL.finditer(body))
    if not hits:
        return line
    hit = hits[-1] if where == "last" else hits[0]
    planted = body[: hit.start()] + next(marks) + body[hit.end() :] + end
    return planted if where == "last" else _add_cell(planted, next(marks))


def _add_cell(line: str, mark: str) -> str:
    body = line.rstrip("\r\n")
    delimiter = next((one for one in ";\t" if one in body), ",")
    return f"{body}{delimiter}{mark}{line[len(body) :]}"


def _plant_json(text: str, planting: Planting) -> str:
    """Marks in what a resource says in free words; its structure stays."""
    marks = planting.marks()
    keys = ["id", "reference", "display", "text", "family"]
    if planting.where != "sides":
        keys += ["valueString", "valueInteger", "valueDecimal", "authored", "effectiveDateTime"]

    def walk(value):
        if isinstance(value, dict):
            return {
                key: next(marks) if key in keys and not isinstance(one, dict | list) else walk(one)
                for key, one in value.items()
            }
        return [walk(one) for one in value] if isinstance(value, list) else value

    def plant_one(resource: str) -> str:
        try:
            return json.dumps(walk(json.loads(resource)))
        except ValueError:
            return resource

    is_lines = len(text.strip().splitlines()) > 1
    return "\n".join(map(plant_one, text.splitlines())) + "\n" if is_lines else plant_one(text)


def _plant_workbook(data: bytes, planting: Planting) -> bytes:
    """Marks in the rows of the sheets, the names of the sheets and the author."""
    marks, numbers, where = planting.marks(), _numbers(), planting.where

    def change(name: str, part: bytes) -> bytes:
        if name == "docProps/core.xml":
            return re.sub(rb"(?<=<dc:creator>)[^<]*", f"Smith {WORD}".encode(), part)
        if name == "xl/workbook.xml":
            return re.sub(rb'(?<=<sheet )([^>]*name=")', rb"\1" + WORD.encode(), part)
        if name.startswith("xl/worksheets/"):
            return _ROW.sub(lambda row: _plant_row(row[0], row[1] == b"1", where, marks, numbers), part)
        return part

    try:
        return repack(data, change)
    except (zipfile.BadZipFile, ValueError):
        return data


def _plant_row(
    row: bytes, is_header: bool, where: str, marks: Iterator[str], numbers: Iterator[str]
) -> bytes:
    if is_header == (where == "header"):
        count = 1 if where in ("sides", "last") else 0  # 0: all of them
        row = _TEXT.sub(lambda _: next(marks).encode(), row, count=count)
        if where == "cells":
            row = _PLAIN_NUMBER.sub(lambda cell: cell[1] + next(numbers).encode(), row)
    added = f'<c t="inlineStr"><is><t>{next(marks)}</t></is></c></row>'.encode()
    return row.replace(b"</row>", added) if where == "sides" else row


def find_marks(places: Mapping[str, str]) -> list[str]:
    """The names of the places in which a mark stands."""
    return [name for name, text in places.items() if MARK.search(text)]


def say_error(error: BaseException | None) -> str:
    """All that hangs on an error: its texts, attributes, problems, and the errors behind it."""
    said, seen, open_ones = [], set(), [error]
    while open_ones:
        one = open_ones.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        said += [str(one), repr(one), repr(one.args), repr(vars(one)), repr(getattr(one, "object", ""))]
        said += [repr(getattr(one, "filename", "")), repr(getattr(one, "doc", ""))]
        said += [one.problems.to_csv()] if isinstance(one, OutcomesError) else []
        open_ones += [one.__cause__, one.__context__]
    return "\n".join(said)


def say_cohort(cohort: oc.Cohort | None) -> str:
    """What a cohort says beside its frames of people: notes, ledger, and the counts of both."""
    if cohort is None:
        return ""
    return "\n".join([*cohort.notes, repr(cohort), cohort.ledger.to_csv(), oc.describe_ledger(cohort.ledger)])


def say_files(folder: Path) -> str:
    """Names and content of all files of a folder, zips inflated."""
    said = []
    for path in sorted(folder.rglob("*")):
        said.append(path.name)
        if path.is_file():
            data = path.read_bytes()
            said.append(data.decode("latin-1").replace("\0", ""))  # UTF-16 too
            said += _inflate(data) if data.startswith(b"PK") else []
    return "\n".join(said)


def _inflate(data: bytes) -> list[str]:
    """The parts of a zip as text; nothing where it is damaged."""
    try:
        book = zipfile.ZipFile(io.BytesIO(data))
        return [book.read(name).decode("latin-1") for name in book.namelist()]
    except zipfile.BadZipFile:
        return []
