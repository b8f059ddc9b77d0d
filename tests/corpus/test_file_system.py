"""Cases 85 to 87: what is no file at rest is refused without waiting, and odd names are read."""

import os

import pytest

from outcomes.loading import source as source_module

from .case import load
from .files import totals

GOOD = totals()


def folder(path):
    path.mkdir()


def pipe(path):
    os.mkfifo(path)


def zeros(path):
    path.symlink_to("/dev/zero")


def dangling(path):
    path.symlink_to(path.parent / "nowhere")


def loop(path):
    path.symlink_to(path)


def unreadable(path):
    path.write_text(GOOD)
    path.chmod(0)


@pytest.mark.parametrize("make", [folder, pipe, zeros, dangling, loop, unreadable])
def test_85_what_is_no_regular_file_is_refused_at_once(make, tmp_path, monkeypatch):
    path = tmp_path / "scores.csv"
    make(path)
    if make is unreadable and os.access(path, os.R_OK):  # the superuser may read everything

        def refuse(*args, **kwargs):
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(source_module.os, "open", refuse)
    if make is folder:  # given as a source: a folder by itself is read by its outcomes.toml
        (tmp_path / "outcomes.toml").write_text('[[source]]\nfile = "scores.csv"\nrole = "scores"\n')
        path = tmp_path
    outcome = load(path)
    assert (outcome.error.code, outcome.error.exit_code) == ("E216", 10)
    assert outcome.seconds < 5
    assert str(tmp_path) not in str(outcome.error) and outcome.error.__context__ is None


def test_86_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "scores.csv"
    path.write_text(GOOD)
    real, seen = os.fstat, []

    def grow_after_the_first_look(handle):
        state = real(handle)
        if not seen:
            with path.open("a") as file:
                file.write("P13,3,4\n")
        seen.append(handle)
        return state

    monkeypatch.setattr(source_module.os, "fstat", grow_after_the_first_look)
    assert load(path).error.code == "E217"


@pytest.mark.parametrize(
    "name",
    ["two  blanks.csv", "\u00dcbung-\u65e5\u672c.csv", "/".join(["d" * 100] * 3) + "/scores.csv"],
    ids=["blanks", "other scripts", "longer than 260"],
)
def test_87_an_odd_path_is_read(name, tmp_path):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(GOOD)
    assert len(load(path).cohort.scores) == 12
