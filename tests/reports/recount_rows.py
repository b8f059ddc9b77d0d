"""The beginning of the independent recount: the rows of the sample folder, read and judged in plain Python.

It shares no code with the package. What is read here goes on to `recount_timeline.py` and `recount.py`.
"""

from __future__ import annotations

import csv
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import openpyxl

ITEMS = {"phq9": 9, "gad7": 7, "pcl5": 20}
TOP = {"phq9": 3, "gad7": 3, "pcl5": 4}
WORDS = {
    "not at all": 0, "several days": 1, "more than half the days": 2, "nearly every day": 3,
    "a little bit": 1, "moderately": 2, "quite a bit": 3, "extremely": 4,
}  # fmt: skip
NOT_GIVEN = {
    "canceled", "cancelled", "no show", "held", "not given", "missed", "rescheduled", "declined",
    "not administered",
}  # fmt: skip
SUMMARY = {"total", "sum", "mean", "average", "count", "n"}
MISSING = {"", "na", "n/a", ".", "not answered", "[not completed]", "redacted"}
# The closed list of the ledger, as far as these questionnaires need it; the first that applies wins.
REASONS = ("not_a_number", "out_of_range", "total_mismatch", "duplicate", "conflicting_duplicate")


@dataclass
class Score:
    """One questionnaire; `fault` says why it may not be used, `total` is None where an item is missing."""

    patient: str
    instrument: str
    day: date
    clock: int | None
    answers: tuple
    total: int | None
    row: tuple
    fault: str | None = None


@dataclass
class Rows:
    """The folder as read.

    ledger: (input, row) -> None (used) or the reason; infusions: patient -> {date: (start in seconds or None,
    declared phase, route)}; patients: patient -> site; dosed: (patient, date) of infusion rows used so far.
    """

    ledger: dict = field(default_factory=dict)
    scores: list = field(default_factory=list)
    infusions: dict = field(default_factory=dict)
    patients: dict = field(default_factory=dict)
    dosed: set = field(default_factory=set)
    until: date = date.max

    def reasons(self) -> Counter:
        return Counter((source, reason) for (source, _), reason in self.ledger.items())


def read_folder(folder: Path) -> Rows:
    """Read every source of outcomes.toml, judge each row once, and leave the duplicates out."""
    settings = tomllib.loads((folder / "outcomes.toml").read_text(encoding="utf-8"))
    count = Rows(until=settings["observed_until"])
    seen: list[bytes] = []
    for number, source in enumerate(settings["source"], 1):
        path = folder / source["file"]
        header, rows = _table(path)
        for row, cells in rows:
            where, site = (number, row), source["site"]
            if path.read_bytes() in seen:
                count.ledger[where] = "duplicate_file"
            elif not any(cells):
                count.ledger[where] = "blank_row"
            elif cells[0].lower() in SUMMARY and not cells[1]:
                count.ledger[where] = "summary_row"
            else:
                JUDGES[source["role"]](count, where, site, dict(zip(header, cells, strict=True)))
        seen.append(path.read_bytes())
    _settle_duplicates(count)
    return count


def _table(path: Path):
    """Header and numbered rows as text; questions in a header are named by their printed order."""
    if path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(path, data_only=True).worksheets[0]
        cells = sheet.iter_rows(values_only=True)
        rows = [["" if cell is None else str(cell).strip() for cell in row] for row in cells]
    else:
        with open(path, encoding="utf-8-sig", newline="") as handle:
            rows = [[cell.strip() for cell in row] for row in csv.reader(handle)]
    header = [cell.lower().replace(" ", "_").replace("-", "") for cell in rows[0]]
    if header[0] == "timestamp":  # the two forms of Harbor
        if "little_interest" in header[2]:
            names = [*_item_names("phq9"), "difficulty", "phq9_total", *_item_names("gad7"), "gad7_total"]
        else:
            names = [*_item_names("pcl5"), "pcl5_total"]
        header = ["date", "patient_id", *names]
    header = ["patient_id" if name == "record_id" else name for name in header]
    return header, list(enumerate(rows[1:], 2))


def _item_names(instrument: str) -> list[str]:
    return [f"{instrument}_{n}" for n in range(1, ITEMS[instrument] + 1)]


def _patient(count: Rows, site: str, record: dict) -> str:
    patient = f"{site}/{record['patient_id']}"
    count.patients.setdefault(patient, site)
    return patient


def _patient_row(count, where, site, record):
    count.ledger[where] = None
    _patient(count, site, record)


def _infusion_row(count, where, site, record):
    status = record["status"].lower().replace("-", " ")
    text = record["infusion_date"]
    day = datetime.strptime(text, "%m/%d/%Y").date() if "/" in text else date.fromisoformat(text[:10])
    patient = _patient(count, site, record)
    if status in NOT_GIVEN:
        count.ledger[where] = "not_administered"
        return
    start = _seconds(record.get("start_time", ""))
    known = count.infusions.setdefault(patient, {})
    given = (start, record.get("phase", ""), record["route"])
    if known.setdefault(day, given) != given:
        raise AssertionError("two different administrations on one date: the recount has no rule for them")
    count.ledger[where] = "duplicate" if (patient, day) in count.dosed else None
    count.dosed.add((patient, day))


def _score_row(count, where, site, record):
    """Make one Score per instrument that has an answer; the row's state is settled after the duplicates."""
    answered = {name for name, text in record.items() if text.lower() not in MISSING}
    forms = [one for one in ITEMS if answered.intersection(_item_names(one))]
    stamps = {one: record.get(f"{one}_timestamp", record.get("date", "")) for one in forms}
    if not record["patient_id"]:
        count.ledger[where] = "missing_id"
        return
    patient = _patient(count, site, record)
    if not forms:
        count.ledger[where] = "no_answers"
        return
    if any(_date(stamp) is None for stamp in stamps.values()):
        count.ledger[where] = "bad_date"
        return
    count.ledger[where] = None
    for one in forms:
        declared = "-99" if site == "Summit" and one == "phq9" else ""  # records.layout.toml
        count.scores.append(_score(patient, one, record, stamps[one], where, missing_code=declared))


def _score(patient, instrument, record, stamp, where, *, missing_code) -> Score:
    """Sum the items strictly: a missing item leaves no total; a bad cell or other total is a fault."""
    texts = [record[name].lower() for name in _item_names(instrument)]
    answers: list[int | None] = []
    fault: str | None = None
    for text in texts:
        if text in MISSING or text == missing_code:
            answers.append(None)
        elif text in WORDS or text.isdecimal():
            answer = WORDS[text] if text in WORDS else int(text)
            answers.append(answer)
            fault = fault or ("out_of_range" if answer > TOP[instrument] else None)
        else:
            fault = fault or "not_a_number"
    total = None if None in answers or fault else sum(one or 0 for one in answers)
    recorded = record[f"{instrument}_total"]
    if total is not None and recorded and int(recorded) != total:
        fault, total = "total_mismatch", None
    clock = _seconds(stamp[11:]) if stamp[11:] not in {"", "00:00:00"} else None
    return Score(patient, instrument, _date(stamp), clock, tuple(answers), total, where, fault)


def _date(stamp: str):
    try:
        return date.fromisoformat(stamp[:10])
    except ValueError:
        return None


def _seconds(text: str) -> int | None:
    parts = [int(part) for part in text.split(":") if part]
    return sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False)) if parts else None


def _settle_duplicates(count: Rows) -> None:
    """Equal answers, complete over incomplete, conflicts; two clocks are two occasions."""
    groups = defaultdict(list)
    for score in count.scores:
        if not score.fault:
            groups[score.patient, score.instrument, score.day].append(score)
    for group in groups.values():
        for n, score in enumerate(group):
            if any(other.answers == score.answers and other.clock == score.clock for other in group[:n]):
                score.fault = "duplicate"
        for judge, reason in ((_is_outdone, "duplicate"), (_is_contradicted, "conflicting_duplicate")):
            live = [score for score in group if not score.fault]
            beaten = [one for one in live if any(judge(one, other) for other in live if other is not one)]
            for score in beaten:
                score.fault = reason
    by_row = defaultdict(list)
    for score in count.scores:
        by_row[score.row].append(score.fault)
    for row, faults in by_row.items():
        count.ledger[row] = None if None in faults else min(faults, key=REASONS.index)


def _same_time(one: Score, other: Score) -> bool:
    return one.clock is None or other.clock is None or one.clock == other.clock


def _is_outdone(one: Score, other: Score) -> bool:
    return _same_time(one, other) and one.total is None and other.total is not None


def _is_contradicted(one: Score, other: Score) -> bool:
    return _same_time(one, other)


JUDGES = {"scores": _score_row, "infusions": _infusion_row, "patients": _patient_row}
