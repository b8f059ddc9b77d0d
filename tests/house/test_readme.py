"""The README tells the truth: its twenty lines run as printed, its links and commands exist."""

from __future__ import annotations

import re

import matplotlib.pyplot as plt
import pytest


@pytest.fixture(scope="module")
def readme(root):
    return (root / "README.md").read_text(encoding="utf-8")


def test_the_twenty_lines_run_as_printed(readme, root, tmp_path, monkeypatch, capsys):
    code = "\n".join(re.findall(r"```python\n(.*?)```", readme, re.S))
    (tmp_path / "sample_data").symlink_to(root / "sample_data")
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(compile(code, "README", "exec"), names)
    printed = capsys.readouterr().out
    assert "Harbor" in printed
    assert printed.count("conf_low") >= 2
    assert names["growth"].verdict in printed
    assert names["beside"]["matched"].sum() == 6
    assert len(list((tmp_path / "reports").glob("*/report.html"))) == 1
    plt.close("all")


def test_every_link_leads_to_a_file(readme, root):
    for target in re.findall(r"\]\(([^)#]+)\)", readme):
        assert (root / target).exists(), target


def test_there_are_two_commands(readme):
    section = readme.split("## Two commands")[1].split("\n## ")[0]
    fenced = re.findall(r"```\n(.*?)\n```", section, re.S)
    assert len(fenced) == 2
    assert "outcomes report sample_data --quarter 2026Q2 -o reports" in fenced[0]
    assert "pytest" in fenced[1]
