"""The command line: each command does its job; user errors end with a message and a code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import outcomes as oc

ROOT = Path(__file__).resolve().parents[1]


def outcomes(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "outcomes", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        check=False,
    )


COMMANDS = ("inspect", "check", "endpoints", "report", "simulate", "instruments")


def test_help_lists_every_command_and_loads_nothing_heavy():
    code = (
        "import sys; sys.argv = ['outcomes', '--help']\n"
        "from outcomes.cli import run\n"
        "try:\n    run()\nexcept SystemExit: pass\n"
        "heavy = {'pandas', 'numpy', 'statsmodels', 'lifelines', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert all(f"  {command} " in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_fits_the_screen_and_has_an_example(command):
    text = outcomes(command, "--help").stdout
    assert f"Example: outcomes {command}" in text
    assert max(map(len, text.splitlines())) <= 80


def test_check_counts_every_row_and_names_the_review_list(tmp_path):
    ledger, review = tmp_path / "ledger.csv", tmp_path / "review.csv"
    done = outcomes("check", "sample_data", "--ledger", ledger, "--review-list", review)
    assert done.returncode == 0, done.stderr
    assert "input-1 (sha256 " in done.stdout
    cohort = oc.load_cohort(ROOT / "sample_data")
    assert len(ledger.read_text(encoding="utf-8").splitlines()) == len(cohort.ledger) + 1
    listed = oc.build_review_list(cohort.scores, excluded=cohort.excluded)
    now = int((listed["answer"] > 0).sum())
    assert f"{now} people answered above zero" in done.stdout
    assert len(review.read_text(encoding="utf-8").splitlines()) == len(listed) + 1


def test_check_is_strict_on_request():
    assert outcomes("check", "sample_data", "--strict").returncode == 10


def test_endpoints_writes_one_row_per_course_and_never_over_another_file(tmp_path):
    target = tmp_path / "courses.csv"
    assert outcomes("endpoints", "sample_data", "-o", target).returncode == 0
    header, *rows = target.read_text(encoding="utf-8").splitlines()
    assert header.startswith("patient_id,site,series,instrument")
    again = outcomes("endpoints", "sample_data", "-o", target)
    assert (again.returncode, again.stderr[:4]) == (13, "E301")
    assert target.read_text(encoding="utf-8").splitlines()[1:] == rows
    assert outcomes("endpoints", "sample_data", "-o", target, "--replace").returncode == 0


def test_inspect_says_what_every_file_of_a_folder_is():
    done = outcomes("inspect", "sample_data")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("(sha256 ") >= 11
    assert "instruments: gad7, phq9" in done.stdout


def test_inspect_of_a_file_with_an_open_question_ends_with_the_data_code(tmp_path):
    file = tmp_path / "scores.csv"
    file.write_text("patient_id,phq9_total\nA,18\nA,7\n", encoding="utf-8")
    done = outcomes("inspect", file)
    assert done.returncode == 10
    assert "E247" in done.stderr and "# ASK" in done.stdout


def test_inspect_of_a_folder_says_that_only_some_sources_know_their_site(tmp_path):
    text = "patient_id,day,phq9_total\nA,0,18\n"
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(text)
    sources = ('file = "a.csv"\nrole = "scores"\nsite = "North"', 'file = "b.csv"\nrole = "scores"')
    blocks = "".join(f"[[source]]\n{source}\n" for source in sources)
    (tmp_path / "outcomes.toml").write_text(blocks)
    for command in ("inspect", "check"):
        done = outcomes(command, tmp_path)
        assert done.returncode == 11, command
        assert "every source must know its site" in " ".join(done.stderr.split())
    (tmp_path / "outcomes.toml").write_text('patient_ids = "unique-across-sites"\n' + blocks)
    assert outcomes("inspect", tmp_path).returncode == 0


def test_inspect_of_a_file_with_undeclared_dates_ends_with_the_privacy_code(tmp_path):
    file = tmp_path / "scores.csv"
    file.write_text("patient_id,date,phq9_total\nA,2026-01-05,18\n", encoding="utf-8")
    done = outcomes("inspect", file)
    assert (done.returncode, done.stderr[:4]) == (14, "E104")


def test_report_refuses_a_second_time_and_replaces_on_request(tmp_path):
    command = ("report", "sample_data", "--quarter", "2026Q2", "-o", tmp_path, "--report-date", "2026-10-05")
    first = outcomes(*command)
    assert first.returncode == 0, first.stderr
    assert "Responded: " in first.stdout and "Written to " in first.stdout
    assert first.stderr.count(" s  ") >= 5, "stages are shown"
    assert len(list(tmp_path.glob("*-INTERNAL/report.html"))) == 1
    again = outcomes(*command)
    assert (again.returncode, again.stderr[:4]) == (13, "E301"), "before any stage"
    quiet = outcomes(*command, "--replace", "--quiet")
    assert (quiet.returncode, quiet.stderr) == (0, "")


def test_report_writes_a_settings_file_to_start_from_and_reads_it(tmp_path):
    path = tmp_path / "quarterly.toml"
    done = outcomes("report", "--init", path)
    assert done.returncode == 0, done.stderr
    path.write_text(
        path.read_text(encoding="utf-8").replace("schema = 1", "schema = 1\nweather = 2"), encoding="utf-8"
    )
    done = outcomes("report", "sample_data", "--quarter", "2026Q2", "-o", tmp_path, "--settings", path)
    assert (done.returncode, done.stderr.strip().splitlines()[-1][:4]) == (11, "E601")
    assert outcomes("report", "--init", path).returncode == 13


def test_init_starts_a_project_that_loads_once_its_questions_are_answered(tmp_path):
    text = "patient_id,date,phq9_total\nA,2026-01-05,18\nA,2026-02-05,7\n"
    (tmp_path / "scores.csv").write_text(text, encoding="utf-8")
    given = "patient_id,infusion_date,route\nA,2026-01-05,IV\nA,2026-01-08,IV\n"
    (tmp_path / "doses.csv").write_text(given, encoding="utf-8")
    (tmp_path / "form.json").write_text('{"resourceType": "Questionnaire", "item": []}', encoding="utf-8")
    done = outcomes("init", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Not a source as they are: 1" in done.stdout
    (tmp_path / "form.json").unlink()
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        "scores.csv",
        "doses.csv",
        ".gitignore",
        "first_look.ipynb",
        "outcomes.toml",
        "quarterly.toml",
    }
    assert (tmp_path / "scores.csv").read_text(encoding="utf-8") == text
    toml = (tmp_path / "outcomes.toml").read_text(encoding="utf-8")
    assert 'role = "infusions"' in toml
    assert outcomes("check", tmp_path).returncode == 14
    for key in ("limited_data_set", "observed_until"):
        toml = toml.replace(f"# {key}", key)
    (tmp_path / "outcomes.toml").write_text(toml, encoding="utf-8")
    done = outcomes("check", tmp_path)
    assert done.returncode == 0, done.stderr
    assert outcomes("init", tmp_path).returncode == 13
    assert outcomes("init", tmp_path / "scores.csv").returncode == 10


def test_init_names_every_file_that_identifies_people_and_writes_nothing(tmp_path):
    for name in ("a.csv", "c.csv"):
        (tmp_path / name).write_text("patient_name,day,phq9_total\nX,0,18\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("patient_id,day,phq9_total\nA,0,18\n", encoding="utf-8")
    done = outcomes("init", tmp_path)
    assert done.returncode == 14
    assert "alphabetical order" in done.stderr
    assert "input-1" in done.stderr and "input-3" in done.stderr and "input-2" not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv", "b.csv", "c.csv"}


def test_simulate_writes_a_folder_that_check_accepts(tmp_path):
    demo = tmp_path / "demo"
    assert outcomes("simulate", "--patients", "40", "--sites", "1", "--seed", "5", demo).returncode == 0
    assert outcomes("check", demo).returncode == 0
    again = outcomes("simulate", demo)
    assert (again.returncode, again.stderr[:4]) == (13, "E301")


def test_instruments_are_listed_shown_and_checked(tmp_path):
    listed = [line.split()[0] for line in outcomes("instruments").stdout.splitlines()]
    assert {"phq9", "gad7", "pcl5", "who5"} <= set(listed)
    shown = outcomes("instruments", "phq9").stdout
    assert "caseness >= 10 [verified: Kroenke2001]" in shown
    bad = tmp_path / "new.toml"
    bad.write_text('id = "new"\nid = "twice"\n', encoding="utf-8")
    assert outcomes("instruments", "--check", bad).returncode == 11


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nonsense",), 2),
        (("report", "sample_data"), 2),
        (("report", "sample_data", "--quarter", "2026-Q2"), 2),
        (("report", "sample_data", "--quarter", "2026Q2", "--report-date", "soon"), 2),
        (("check", "no_such_folder"), 10),
        (("check", "x" * 5000), 10),
        (("instruments", "phq99"), 11),
    ],
)
def test_user_errors_have_their_code_and_no_traceback(arguments, code):
    done = outcomes(*arguments)
    assert done.returncode == code
    assert done.stderr and "Traceback" not in done.stderr and "E999" not in done.stderr


def test_a_bug_is_named_by_its_place_and_never_by_its_text(monkeypatch, capsys):
    import outcomes.cli as cli

    def fail(*args: object, **kwargs: object) -> None:
        raise ValueError("Smith, John")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as caught:
        cli.run()
    message = capsys.readouterr().err
    assert caught.value.code == 1
    assert message.startswith("E999") and "Smith" not in message


@pytest.mark.parametrize("option", ["-o", "--ledger"])
def test_the_exports_are_never_overwritten_not_even_on_request(tmp_path, option):
    assert outcomes("simulate", "--patients", "40", "--sites", "1", tmp_path / "demo").returncode == 0
    victim = next((tmp_path / "demo").rglob("patients*.csv"))
    before = victim.read_bytes()
    command = "endpoints" if option == "-o" else "check"
    done = outcomes(command, tmp_path / "demo", option, victim, "--replace")
    assert (done.returncode, done.stderr[:4]) == (13, "E301")
    assert victim.read_bytes() == before
