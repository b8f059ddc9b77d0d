"""The pages of docs/: they print what runs, what is generated is current, what they link to exists."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import outcomes as oc


@pytest.fixture(scope="module")
def docs(root):
    """The modules of docs/, which are no package, by name."""
    sys.path.insert(0, str(root / "docs"))
    try:
        yield {name: importlib.import_module(name) for name in ("blocks", "generate", "validation", "check")}
    finally:
        sys.path.remove(str(root / "docs"))


FOLDER = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted([*FOLDER.glob("*.md"), *FOLDER.glob("exports/*.md")])
WITH_BLOCKS = [
    page for page in PAGES if re.search(r"^```(python|sh)", page.read_text(encoding="utf-8"), re.M)
]


def test_there_are_pages():
    assert {"quickstart.md", "concepts.md", "tour.md", "redcap.md"} <= {page.name for page in WITH_BLOCKS}


@pytest.mark.parametrize("path", WITH_BLOCKS, ids=lambda path: path.name)
def test_the_blocks_run_and_print_what_is_shown(path, docs, root, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(root))
    ran = docs["blocks"].run_in_folder(path.read_text(encoding="utf-8"))
    plt.close("all")
    assert ran
    for block, printed, shown in ran:
        if shown is not None:
            assert docs["blocks"].matches(shown.text, printed), f"{block.text}\nprints\n{printed}"
        elif block.language == "python":
            assert not printed, f"{block.text}\nprints what the page does not show"


def test_three_dots_stand_for_anything_and_nothing_else_does(docs):
    matches = docs["blocks"].matches
    assert matches("a\n...\nc\n", "a\nb\nc\n")
    assert not matches("a\n...\nd\n", "a\nb\nc\n")
    assert not matches("a\n", "a\nb\n")


def test_a_command_that_fails_or_a_line_that_is_not_there_stops_a_page(docs):
    with pytest.raises(AssertionError, match="ended with"):
        docs["blocks"].run_in_folder("```sh\noutcomes check nothing\n```\n")
    with pytest.raises(AssertionError, match="no line to complete"):
        docs["blocks"].run_in_folder("```toml a.toml\nb = 1\n```\n```toml edit:a.toml\nc = 2\n```\n")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_place_and_function_exists(path):
    page = path.read_text(encoding="utf-8")
    for target, place in re.findall(r"\]\(([^)#\s]*)#?([^)]*)\)", page):
        if target.startswith("http"):
            continue
        other = (path.parent / target) if target else path
        assert other.exists(), target
        if place and other.suffix == ".md":
            assert place in list_places(other.read_text(encoding="utf-8")), f"{target}#{place}"
    for name in re.findall(r"`((?:fit|estimate|compare|plot|summarize|build|derive|describe)_\w+)", page):
        assert hasattr(oc, name), name


def list_places(page):
    return {
        re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-")
        for head in re.findall(r"^#+ (.+)$", page, re.M)
    }


def test_the_instruments_are_described_as_they_are_defined(docs, root, tmp_path):
    docs["generate"].write_instruments(tmp_path / "made.md")
    made = (tmp_path / "made.md").read_text(encoding="utf-8")
    assert (root / "docs" / "instruments.md").read_text(encoding="utf-8") == made


def test_the_tables_of_the_validation_page_are_those_that_the_scripts_found(docs):
    page = docs["validation"].PAGE.read_text(encoding="utf-8")
    assert page.count("<!-- table:") >= 10
    assert docs["validation"].fill_tables(page) == page


def test_every_number_has_its_source(docs):
    assert list(docs["check"].find_missing_sources()) == []


def test_a_number_without_a_source_is_found(docs, monkeypatch):
    rows = [("scale", "0 to 27", "verified", " "), ("caseness", "10", "guessed", "somewhere")]
    monkeypatch.setattr(docs["check"], "list_numbers", lambda one: rows)
    found = list(docs["check"].find_missing_sources())
    assert "phq9: scale has no source" in found
    assert "phq9: caseness has no source" in found


def test_a_broken_link_and_a_missing_place_are_found(docs, tmp_path):
    (tmp_path / "a.html").write_text(
        '<p id="here"></p><a href="b.html#there">b</a><a href="#here">a</a><a href="c.html">c</a>'
        '<a href="https://example.org/x">x</a>',
        encoding="utf-8",
    )
    (tmp_path / "b.html").write_text('<p id="elsewhere"></p>', encoding="utf-8")
    assert list(docs["check"].find_broken_links(tmp_path)) == [
        "a.html: b.html#there names a place that is not there",
        "a.html: c.html leads nowhere",
    ]


def test_a_function_without_an_example_is_found(docs, tmp_path):
    (tmp_path / "reference").mkdir()
    (tmp_path / "data-dictionary.html").write_text("SCORES", encoding="utf-8")
    (tmp_path / "reference" / "fit.html").write_text(
        '<dt class="sig" id="outcomes.fit_cox">Examples <pre>&gt;&gt;&gt;</pre>'
        '<dt class="sig" id="outcomes.fit_mmrm">none',
        encoding="utf-8",
    )
    found = list(docs["check"].find_missing_functions(tmp_path))
    assert "fit_mmrm has no example in the reference" in found
    assert "load_cohort is not in the reference" in found
    assert "ITEMS is not in the data dictionary" in found
    assert not [one for one in found if one.startswith("fit_cox")]


def test_the_reference_has_every_function_once(docs, root, tmp_path):
    docs["generate"].write_reference(tmp_path)
    text = "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("*.rst"))
    for name in docs["generate"].list_functions():
        assert text.count(f".. autofunction:: outcomes.{name}\n") == 1, name
