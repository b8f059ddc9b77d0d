"""The canary: a mark in every cell, header, sheet and file name comes out nowhere."""

import logging
import shutil
import subprocess
import sys
import tempfile
import warnings

import pytest

import outcomes as oc
from outcomes import cli
from outcomes.errors import DataError, OutcomesError
from outcomes.loading import cohort as cohort_module
from outcomes.loading import opening as opening_module

from . import exports, formats, redcap
from .all_cases import CASES
from .case import Case, inspect, write_files
from .files import as_csv, folder, one, totals
from .marks import (
    EVERYWHERE,
    IN_TURN,
    KEEPING,
    WORD,
    Planting,
    find_marks,
    plant,
    say_cohort,
    say_error,
    say_files,
)

TOO_LARGE = ("25", "28", "29", "29b", "29c")  # their size is what they are about
UNMARKED = ("17", "18", "22b", "22c", "24", "26")  # nothing in them can be read as a cell
PLANTED = [
    case for case in (*CASES, *formats.CASES, *redcap.CASES, *exports.CASES) if case.number not in TOO_LARGE
]


@pytest.fixture
def listen(tmp_path, monkeypatch, capfd, caplog):
    """Load and inspect a file or folder, and give all that comes out, by place."""
    spare, written = tmp_path / "temp", tmp_path / "written"
    spare.mkdir()
    written.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spare))
    monkeypatch.setenv("TMPDIR", str(spare))

    real, loaded = oc.load_cohort, []

    def load_and_keep(*args, **kwargs):
        try:
            loaded.append(real(*args, **kwargs))
        except OutcomesError as error:
            loaded.append(error)
            raise
        return loaded[-1]

    monkeypatch.setattr(oc, "load_cohort", load_and_keep, raising=False)

    def listener(path, layout):
        (tmp_path / "layout.toml").write_text(layout or "")
        given = ["--layout", str(tmp_path / "layout.toml")] if layout else []
        arguments = ["check", str(path), *given, "--ledger", str(written / "ledger.csv"), "--replace"]
        monkeypatch.setattr(sys, "argv", ["outcomes", *arguments])
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            with pytest.raises(SystemExit) as left:
                cli.run()
            assert left.value.code in (0, 10, 11, 14)
            reports, error = inspect(path, layout)
        out, err = capfd.readouterr()
        result = loaded.pop()
        return {
            "loading error": say_error(result if isinstance(result, OutcomesError) else None),
            "cohort": say_cohort(None if isinstance(result, OutcomesError) else result),
            "inspecting error": say_error(error),
            "reports": "\n".join(f"{one}{one!r}{one.layout}" for one in reports),
            "stdout": out,
            "stderr": err,
            "warnings": "\n".join(str(one.message) for one in warned),
            "log": caplog.text,
            "temporary files": say_files(spare),
            "written files": say_files(written),
        }

    return listener


def plantings_of(turn: int, case: Case) -> tuple[Planting, ...]:
    """Each line of the corpus gets all its cells marked, every other one in a further way too."""
    if case.number[-1].isalpha():  # a further file of a line
        return (KEEPING,)
    return (KEEPING, EVERYWHERE, *([IN_TURN[turn // 2 % len(IN_TURN)]] if turn % 2 else []))


@pytest.mark.parametrize(("turn", "case"), list(enumerate(PLANTED)), ids=str)
def test_no_mark_of_a_case_comes_out_anywhere(turn, case, listen, tmp_path):
    for place, planting in enumerate(plantings_of(turn, case)):
        path = write_files(plant(case.files, planting), tmp_path / str(place))
        if planting is KEEPING and case.number not in UNMARKED:
            assert find_marks({"input": say_files(tmp_path / str(place)).replace(path.name, "")})
        assert find_marks(listen(path, case.layout)) == [], planting


def test_no_mark_comes_out_in_a_report(tmp_path):
    """Ids and columns that nobody reads are marked alike in both files, which so still fit together."""
    people = [f"{WORD}{number}" for number in range(12)]
    days = ("2026-03-02", "2026-03-09", "2026-03-30")
    scores = [[name, day, 20 - 4 * place, name] for name in people for place, day in enumerate(days)]
    given = [[name, "2026-03-02", "IV", 40, 80, name] for name in people]
    path = write_files(
        folder(
            scores=as_csv([["patient_id", "date", "phq9_total", WORD], *scores]),
            infusions=as_csv(
                [["patient_id", "infusion_date", "route", "dose_mg", "weight_kg", WORD], *given]
            ),
        ),
        tmp_path / f"Smith_{WORD}_1961",
    )
    report = oc.build_report(oc.load_cohort(path), quarter="2026Q1")
    written = oc.write_report(report, tmp_path / "reports")
    assert len(list(written.iterdir())) >= 4
    text = {"files": say_files(written)}
    if shutil.which("pdftotext"):  # the letters of a PDF are numbers of glyphs
        done = subprocess.run(
            ["pdftotext", str(written / "report.pdf"), "-"], capture_output=True, check=True
        )
        text["pdf"] = done.stdout.decode("utf-8")
        assert "INTERNAL" in text["pdf"]
    assert "INTERNAL" in text["files"]
    assert find_marks(text) == []


def leak_message(table):
    raise DataError(f"a cell says {table.cells.iat[0, 0]}")


def leak_context(table):
    try:
        (table.cells.iat[0, 0].encode() + b"\xff").decode()
    except UnicodeDecodeError:
        raise DataError("not UTF-8") from None


def leak_cause(table):
    raise DataError("no number") from ValueError(table.cells.iat[0, 0])


def leak_output(table):
    print(table.cells.iat[0, 0].upper())


def leak_errors(table):
    print(table.header, file=sys.stderr)


def leak_warning(table):
    warnings.warn(table.cells.iat[0, 0], stacklevel=1)


def leak_log(table):
    logging.getLogger("outcomes").warning("read %s", table.cells.iat[0, 0])


def leak_file(table):
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(table.cells.iat[0, 0].encode())


@pytest.mark.parametrize(
    ("leak", "place"),
    [
        (leak_message, "loading error"),
        (leak_message, "stderr"),
        (leak_context, "inspecting error"),
        (leak_cause, "inspecting error"),
        (leak_output, "stdout"),
        (leak_errors, "stderr"),
        (leak_warning, "warnings"),
        (leak_log, "log"),
        (leak_file, "temporary files"),
    ],
)
def test_a_loader_that_leaks_is_found(leak, place, listen, tmp_path, monkeypatch):
    """The control: each place is really searched."""
    real = opening_module._open_table

    def leaking(*args, **kwargs):
        table = real(*args, **kwargs)
        leak(table)
        return table

    monkeypatch.setattr(opening_module, "_open_table", leaking)
    path = write_files(plant(one(totals()), KEEPING), tmp_path / "case")
    assert place in find_marks(listen(path, None))


def test_a_ledger_that_leaks_is_found(listen, tmp_path, monkeypatch):
    real = cohort_module.check_frame

    def leaking(frame, name):
        checked = real(frame, name)
        return checked.assign(left_out=f"phq9={WORD}") if name == "LEDGER" else checked

    monkeypatch.setattr(cohort_module, "check_frame", leaking)
    path = write_files(one(totals()), tmp_path / "case")
    assert {"cohort", "written files"} <= set(find_marks(listen(path, None)))
