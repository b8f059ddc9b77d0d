"""The command line gives a sample of the corpus the same codes, as its exit status and on stderr."""

import sys

import pytest

from outcomes import cli

from .all_cases import CASES
from .case import EXIT_CODES, write_files

SAMPLE = ("1", "4", "14", "19", "30", "37", "45", "56", "60", "71", "78", "84", "84e", "90", "E104")
CHOSEN = [case for case in CASES if case.number in SAMPLE]


@pytest.mark.parametrize("command", ["check", "inspect", "endpoints"])
@pytest.mark.parametrize("case", CHOSEN, ids=str)
def test_a_case_has_its_exit_status(case, command, tmp_path, monkeypatch, capfd):
    path = write_files(case.files, tmp_path / "case")
    (tmp_path / "layout.toml").write_text(case.layout or "")
    given = ["--layout", str(tmp_path / "layout.toml")] if case.layout else []
    output = ["-o", str(tmp_path / "courses.csv")] if command == "endpoints" else []
    monkeypatch.setattr(sys, "argv", ["outcomes", command, str(path), *given, *output])
    with pytest.raises(SystemExit) as caught:
        cli.run()
    out, err = capfd.readouterr()
    assert caught.value.code == (EXIT_CODES[case.code[:2]] if case.code else 0), err
    assert "Traceback" not in out + err and "E999" not in err
    if case.code:
        assert case.code in err
        assert not (tmp_path / "courses.csv").exists()


def test_every_case_of_the_sample_is_there():
    assert len(CHOSEN) == len(SAMPLE)
