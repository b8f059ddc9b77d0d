"""The pages of docs/ that hold Python run as printed, and print what stands below each block."""

from __future__ import annotations

import re

import pytest

PAGES = ["mixed-models.md", "onset-and-relapse.md", "report.md"]
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\s*```text\n(.*?)^```\n)?", re.S | re.M)


@pytest.fixture(scope="module", params=PAGES)
def page(request, root):
    return (root / "docs" / request.param).read_text(encoding="utf-8")


def test_the_blocks_run_and_print_what_is_shown(page, root, monkeypatch, capsys):
    monkeypatch.chdir(root)
    names: dict = {}
    blocks = BLOCK.findall(page)
    assert blocks
    for code, shown in blocks:
        exec(compile(code, "docs", "exec"), names)
        printed = capsys.readouterr().out
        assert bool(shown) == bool(printed), code
        assert [line.rstrip() for line in printed.splitlines()] == [
            line.rstrip() for line in shown.splitlines()
        ]


@pytest.mark.parametrize("name", [*PAGES, "questions.md"])
def test_every_link_and_function_exists(name, root):
    import outcomes as oc

    page = (root / "docs" / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", page):
        assert (root / "docs" / target).exists(), target
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-")
        for one in re.findall(r"^#+ (.+)$", page, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= anchors
    for name in re.findall(r"`((?:fit|estimate|compare|plot|summarize|build|derive|describe)_\w+)", page):
        assert hasattr(oc, name), name
