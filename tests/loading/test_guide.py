"""The pages on exports: every layout and settings file on them is one that can be read."""

from __future__ import annotations

import re

import pytest

from outcomes.definitions.strict import read_strict
from outcomes.loading.folder import FolderSettings
from outcomes.loading.layouts.file import read_layout


@pytest.fixture(scope="module")
def guide(root):
    return (root / "docs" / "loading.md").read_text()


def test_every_block_of_toml_is_a_layout_or_a_folder(root):
    pages = [root / "docs" / "loading.md", *(root / "docs" / "exports").glob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    blocks = re.findall(r"```toml(?: [\w/.]+)?\n(.*?)```", text, re.DOTALL)
    folders = [block for block in blocks if "[[source]]" in block]
    assert len(folders) == 5
    assert len(blocks) > 18
    for block in folders:
        assert read_strict(block, FolderSettings, label="guide").source
    for block in set(blocks) - set(folders):
        read_layout(block, number=1)


def test_every_code_of_an_input_stands_in_the_guide(guide, root):
    raised = {
        code
        for path in (root / "outcomes" / "loading").rglob("*.py")
        for code in re.findall(r'"(E2[0-9]{2}|E1[0-9]{2})"', path.read_text())
    }
    told = set(re.findall(r"E[0-9]{3}", guide))
    for first, last in re.findall(r"E([0-9]{3})-E([0-9]{3})", guide):
        told |= {f"E{number}" for number in range(int(first), int(last) + 1)}
    assert raised - told == set()
