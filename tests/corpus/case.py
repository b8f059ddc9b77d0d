"""One case of the corpus: the files that arrive, and the outcome that they must have."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

import outcomes as oc
from outcomes.errors import OutcomesError

Content = str | bytes | Callable[[], bytes]
MOST_SECONDS = 30  # a guard against hanging on any machine, no measurement
EXIT_CODES = {"E1": 14, "E2": 10, "E6": 11, "E9": 10}
PLACES = ["row_uid", "assessment_id"]
"""Columns that tell where a questionnaire stood, which a clean twin may have elsewhere."""


@dataclass(frozen=True)
class Case:
    """A bad input.

    Attributes
    ----------
    number : str, the line of the corpus; a letter tells several files of one line apart
    what : str
    files : mapping of file name to content; loaded as a folder where it holds outcomes.toml, else its first
        file alone
    code : str, the code by which the input is refused; empty where it loads
    asks : bool, True where the refusal offers a layout with lines to decide
    says : tuple of str, what the message, or the notes and the ledger text, must say
    reasons : mapping of physical row (or input and row) to the reason of the excluded rows; every other row
        is used
    twin : the clean files that must give the same frames
    layout : str, the layout text with which the file is loaded
    twin_layout : str or None, that of the twin where it is another
    patients : the ids that must be there
    totals : the totals that must be there, in the order of the frame; None is a missing one
    """

    number: str
    what: str
    files: Mapping[str, Content]
    code: str = ""
    asks: bool = False
    says: tuple[str, ...] = ()
    reasons: Mapping[int | tuple[int, int], str] = field(default_factory=dict)
    twin: Mapping[str, Content] | None = None
    layout: str | None = None
    twin_layout: str | None = None
    patients: tuple[str, ...] | None = None
    totals: tuple[int | None, ...] | None = None

    def __str__(self) -> str:
        return f"{self.number} {self.what}"


@dataclass(frozen=True)
class Outcome:
    """What came of loading: a cohort, or the error that refused it."""

    cohort: oc.Cohort | None
    error: OutcomesError | None
    seconds: float


def write_files(files: Mapping[str, Content], folder: Path) -> Path:
    """Write the files of a case, and give the path to load."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        data = content() if callable(content) else content
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return folder if "outcomes.toml" in files else folder / next(iter(files))


def load(path: Path, layout: str | None = None) -> Outcome:
    """Load as a person would, with the time it took."""
    began = time.monotonic()
    try:
        cohort, error = oc.load_cohort(path, layout=layout), None
    except OutcomesError as caught:
        cohort, error = None, caught
    return Outcome(cohort, error, time.monotonic() - began)


def inspect(path: Path, layout: str | None = None) -> tuple[tuple, OutcomesError | None]:
    """The reports of a file or folder, or the error that refused it."""
    try:
        if path.is_dir() and (path / "outcomes.toml").exists():
            return oc.inspect_folder(path), None
        return (oc.inspect_source(path, layout=layout),), None
    except OutcomesError as caught:
        return (), caught


def check_case(case: Case, folder: Path) -> None:
    """Assert everything that a case says, and what holds for every case."""
    path = write_files(case.files, folder / "case")
    before = {file: file.read_bytes() for file in (folder / "case").rglob("*") if file.is_file()}
    outcome = load(path, case.layout)
    assert outcome.seconds < MOST_SECONDS
    assert {file: file.read_bytes() for file in (folder / "case").rglob("*") if file.is_file()} == before
    if case.code:
        _check_refused(case, outcome, path)
    else:
        assert outcome.error is None, outcome.error
        _check_loaded(case, outcome.cohort, folder)


def _check_refused(case: Case, outcome: Outcome, path: Path) -> None:
    assert outcome.error is not None, outcome.cohort
    assert outcome.error.code == case.code, outcome.error
    assert outcome.error.exit_code == EXIT_CODES[case.code[:2]]
    text = str(outcome.error)
    assert [words for words in case.says if words not in text] == [], text
    if case.asks:
        assert path.is_dir() or "# ASK" in text
        reports, error = inspect(path, case.layout)
        assert error is None
        assert any(question.code == case.code for one in reports for question in one.questions)
        assert any("# ASK" in one.layout for one in reports)
    else:  # inspecting gives the same answer, whether it can show the file or not
        reports, error = inspect(path, case.layout)
        asked = [question.code for one in reports for question in one.questions]
        assert case.code in ([problem.code for problem in error.found] if error else asked)


def _check_loaded(case: Case, cohort: oc.Cohort, folder: Path) -> None:
    ledger = cohort.ledger
    check_sums(cohort)
    wanted = {(key if isinstance(key, tuple) else (1, key)): reason for key, reason in case.reasons.items()}
    excluded = ledger[ledger["status"] == "excluded"]
    found = dict(zip(zip(excluded["input"], excluded["row"], strict=True), excluded["reason"], strict=True))
    assert found == wanted
    said = "\n".join([*cohort.notes, oc.describe_ledger(ledger)])
    assert [words for words in case.says if words not in said] == [], said
    if case.patients is not None:
        assert sorted(cohort.patients["patient_id"]) == sorted(case.patients)
    if case.totals is not None:
        assert [None if total is pd.NA else int(total) for total in cohort.scores["total"]] == list(
            case.totals
        )
    if case.twin is not None:
        layout = case.layout if case.twin_layout is None else case.twin_layout
        twin = load(write_files(case.twin, folder / "twin"), layout)
        assert twin.error is None, twin.error
        assert (twin.cohort.ledger["status"] == "used").all()
        check_same(cohort, twin.cohort)


def check_sums(cohort: oc.Cohort) -> None:
    """Every row stands in the ledger once, used or excluded with a reason, and every sum agrees."""
    ledger = cohort.ledger
    assert ledger["row_uid"].is_unique
    assert (ledger["status"].eq("excluded") == ledger["reason"].notna()).all()
    summary = oc.summarize_ledger(ledger)
    assert (summary["read"] == summary["used"] + summary["excluded"]).all()
    assert summary.drop_duplicates("input")["read"].sum() == len(ledger)
    assert summary["n_reason"].sum() == ledger["status"].eq("excluded").sum()


def check_same(cohort: oc.Cohort, twin: oc.Cohort) -> None:
    """Assert that two cohorts hold the same questionnaires, infusions and patients."""
    for name in ("scores", "infusions", "patients"):
        mine, other = (getattr(one, name).drop(columns=PLACES, errors="ignore") for one in (cohort, twin))
        pd.testing.assert_frame_equal(mine, other)
