"""The page: one file that asks for nothing, in an order that a screen reader can follow."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

from outcomes.reports.blocks import Card, Cards, Column, Count, Figure, Prose, Section, Share, Table, Text
from outcomes.reports.html import MARKS, render_html
from outcomes.reports.report import Meta, Report

META = Meta(
    "Outcome report", "2026Q2", "2026-10-01", "internal", "default", "a" * 12, {"outcomes": "0.1.0"}, ()
)
DATA = Table(
    "data",
    "Data",
    (Column("Day", numeric=False), Column("n")),
    ((Text("0"), Count(3)), (Text("7"), Count(2))),
)
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><script>",
    "<!--",
    "]]>",
    "javascript:alert(1)",
    "{{ 7*7 }}",
    "{% raw %}",
    "&lt;b&gt;",
    "<svg onload=alert(1)>",
    "$\\frac$",
    "\u202eabc",
    "<a href=//x>",
    "&#60;b&#62;",
]


class Reader(HTMLParser):
    """Tags with their attributes, and the text outside of style, as a browser would see them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._style = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._style = tag == "style"

    def handle_data(self, data):
        if not self._style:
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def draw(canvas) -> None:
    ax = canvas.subplots()
    ax.plot(np.arange(5), [3, 1, 4, 1, 5])
    ax.fill_between(np.arange(5), 0, 2, hatch="//")
    ax.set_title("$\\frac$ <b>")


def make(*, figures: tuple[str, ...] = ("one", "two"), label: str = "Harbor") -> Report:
    pictures = tuple(
        Figure(
            id,
            f"Title {label}",
            replace(DATA, id=f"{id}-data"),
            draw,
            "Caption.",
            f"Alt text {label}",
            (86.0, 60.0),
        )
        for id in figures
    )
    card = Card(
        "c",
        "Responded",
        Share(27, 63, 0.313, 0.552),
        "eligible",
        (("With a score", Share(3, 8, percent_shown=False)),),
        "As defined.",
        "Low",
    )
    wide = Table(
        "grouped",
        "Grouped",
        (Column("Site", numeric=False), Column("k of N", group="2026Q2"), Column("%", group="2026Q2")),
        tuple((Text(name), Count(1), Count(2)) for name in (label, label, "Summit")),
        ("A note.",),
    )
    folded = Table("folded", "Folded", (Column("Site", numeric=False),), ((Text(label),),), folded=True)
    first = Section(
        "s1", "First", "Which?", (Cards((card,)), Prose("who", f"Said of {label}."), *pictures, wide, folded)
    )
    return Report(
        META, (first, Section("s2", "Second", "What?", (Prose("caveat", "Nothing to say."),))), None
    )


@pytest.fixture(scope="module")
def page() -> str:
    return render_html(make()).decode("utf-8")


@pytest.fixture(scope="module")
def read(page) -> Reader:
    return Reader(page)


def test_the_page_asks_for_nothing_and_runs_nothing(page, read):
    policy = next(
        one["content"] for one in read.all("meta") if one.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    for forbidden in ("script", "iframe", "img", "form", "object", "embed"):
        assert not read.all(forbidden)
    assert len(read.all("style")) == 1
    for _, attrs in read.tags:
        assert not [name for name in attrs if name.startswith("on")]
        for name in ("href", "src"):
            assert (attrs.get(name) or "#").startswith(("#", "data:,"))
    outside = re.sub(r'xmlns(:\w+)?="http://www\.w3\.org/[^"]+"', "", page)
    assert "http" not in outside.replace("http-equiv", "")


def test_there_is_one_heading_of_the_first_level_and_no_level_is_skipped(read):
    levels = [int(tag[1]) for tag, _ in read.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_landmarks_language_and_skip_link(read):
    assert read.all("html")[0]["lang"] == "en"
    for landmark in ("header", "nav", "main", "footer"):
        assert len(read.all(landmark)) == 1
    assert read.all("a")[0] == {"class": "skip", "href": "#main"}
    assert read.all("main")[0]["id"] == "main"


def test_every_table_has_a_caption_and_its_headings_a_scope(page, read):
    assert len(read.all("caption")) == len(read.all("table"))
    assert all(one.get("scope") in ("col", "row", "colgroup", "rowgroup") for one in read.all("th"))
    assert 'colspan="2"' in page
    assert page.count('rowspan="2"') == 1, "two neighboring rows of one name share it"


def test_a_wide_table_scrolls_in_its_own_box_that_keys_can_reach(read):
    boxes = [one for one in read.all("div") if one.get("class") == "scroll" and one.get("tabindex") == "0"]
    assert len(boxes) >= len(read.all("table"))
    assert all(one["role"] == "region" and one["aria-label"] for one in boxes)


def test_every_picture_has_a_role_a_title_and_a_description_of_its_own(page, read):
    pictures = read.all("svg")
    assert len(pictures) == 2
    for picture in pictures:
        assert picture["role"] == "img"
        for id in picture["aria-labelledby"].split():
            assert page.count(f'id="{id}"') == 1


def test_ids_of_two_pictures_do_not_collide_and_every_reference_is_met(page, read):
    ids = [attrs["id"] for _, attrs in read.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    used = re.findall(r"url\(#([^)]+)\)", page) + [one["href"].removeprefix("#") for one in read.all("use")]
    assert used
    assert set(used) <= set(ids)


def test_pictures_hold_no_date_no_maker_and_no_style_of_their_own(page):
    svg = "".join(re.findall(r"<svg.*?</svg>", page, flags=re.S))
    assert not re.findall(r"<metadata|<style|matplotlib|dc:date", svg)


def test_T_19_nothing_is_for_release_and_the_mark_of_small_cells_is_on_screen_and_every_printed_page(page):
    assert set(MARKS) == {"internal"}, "another kind of report must protect what its totals give away"
    mark = "INTERNAL - NOT FOR RELEASE: contains small cells"
    assert page.count(mark) == 3, "banner, page margin of print, footer"
    assert re.search(r"@page \{.*@top-left \{ content: \"" + re.escape(mark), page, flags=re.S)
    assert 'counter(page) " of " counter(pages)' in page


def test_folded_tables_can_be_opened_by_keyboard(read):
    assert len(read.all("details")) == len(read.all("summary")) == 3


def test_a_flag_is_a_word_and_not_only_a_color(read):
    assert "Low" in read.text


@pytest.mark.parametrize("label", HOSTILE)
def test_a_label_is_text_wherever_it_stands(label):
    made = Reader(render_html(make(figures=("one",), label=label)).decode("utf-8"))
    assert not made.all("script")
    assert not made.all("img")
    assert all(not name.startswith("on") for _, attrs in made.tags for name in attrs)
    assert f"Said of {label}." in "".join(made.text)
    assert f"Title {label}" in "".join(made.text)


def test_the_name_of_the_folder_stands_under_the_title_as_text():
    named = replace(make(), meta=replace(META, name="Rivers <b>"))
    page = render_html(named).decode("utf-8")
    assert '<p class="name">Rivers &lt;b&gt;</p>' in page
    assert 'class="name"' not in render_html(make()).decode("utf-8")


def test_the_page_is_the_same_every_time(page):
    assert render_html(make()).decode("utf-8") == page
