"""Whether the site holds what it promises. Run after the site is built: python docs/check.py site/html

Every public function stands in the reference with an example, every number of an instrument and of a profile
has its source, and every link leads somewhere. Prints what is missing, and ends with 1 if anything is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from generate import list_frames, list_functions, list_numbers

import outcomes as oc


class _Page(HTMLParser):
    """The ids of a page, and where its links and pictures lead."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value for name, value in attrs if value}
        self.ids |= {found[name] for name in ("id", "name") if name in found}
        self.links += [found[name] for name in ("href", "src") if name in found]


def read_pages(site: Path) -> dict[Path, _Page]:
    """Every page of the site."""
    pages = {}
    for path in sorted(site.rglob("*.html")):
        page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
        pages[path.resolve()] = page
    return pages


def find_missing_functions(site: Path) -> Iterator[str]:
    """Functions that the reference lacks, or shows without an example; frames that no page describes."""
    pages = [path.read_text(encoding="utf-8") for path in (site / "reference").glob("*.html")]
    parts = [part for page in pages for part in re.split(r'<dt class="sig[^>]*id="', page)[1:]]
    described = {part.split('"', 1)[0]: part for part in parts}
    for name in list_functions():
        part = described.get(f"outcomes.{name}")
        if part is None:
            yield f"{name} is not in the reference"
        elif "Examples" not in part or "&gt;&gt;&gt;" not in part:
            yield f"{name} has no example in the reference"
    dictionary = (site / "data-dictionary.html").read_text(encoding="utf-8")
    yield from (f"{name} is not in the data dictionary" for name in list_frames() if name not in dictionary)


def find_missing_sources() -> Iterator[str]:
    """Numbers of instruments and values of profiles without a status or a source."""
    for one in map(oc.get_instrument, oc.list_instruments()):
        for what, _, status, source in list_numbers(one):
            if status not in ("verified", "unverified", "project") or not source.strip():
                yield f"{one.id}: {what} has no source"
    for profile in oc.list_profiles():
        table = oc.list_definitions(profile)
        stated = table[table["value"] != "none"]
        for row in stated[(stated["status"] == "") | (stated["source"] == "")].itertuples():
            yield f"profile {profile}: {row.key} {row.instrument} has no source"


def find_broken_links(site: Path) -> Iterator[str]:
    """Links of a page to a file or a place that is not there; other hosts are not asked."""
    pages = read_pages(site)
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            if not target.exists():
                yield f"{path.name}: {link} leads nowhere"
            elif place and target in pages and place not in pages[target].ids:
                yield f"{path.name}: {link} names a place that is not there"


def main(site: Path) -> int:
    """Print what is missing; 0 if nothing is."""
    found = [*find_missing_functions(site), *find_missing_sources(), *find_broken_links(site)]
    print("\n".join(found) or f"{len(list_functions())} functions, sources and links: nothing is missing")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
