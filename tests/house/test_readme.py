"""The README is one screen and tells the truth: its commands and links exist."""

from __future__ import annotations

import re

import pytest


@pytest.fixture(scope="module")
def readme(root):
    return (root / "README.md").read_text(encoding="utf-8")


def test_it_is_one_screen_with_one_picture(readme):
    assert len(readme.splitlines()) <= 60
    assert readme.count("![") == 1


def test_every_link_leads_to_a_file(readme, root):
    targets = re.findall(r"\]\(([^)#]+)\)", readme)
    assert len(targets) > 10
    for target in targets:
        assert (root / target).exists(), target


def test_there_are_two_commands(readme):
    section = readme.split("## Two commands")[1].split("\n## ")[0]
    fenced = re.findall(r"```\n(.*?)\n```", section, re.S)
    assert len(fenced) == 2
    assert "outcomes report sample_data --quarter 2026Q2 -o reports" in fenced[0]
    assert "pytest" in fenced[1]
