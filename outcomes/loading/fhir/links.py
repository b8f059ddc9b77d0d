"""Questions of a FHIR form told apart by their linkIds and texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outcomes.definitions.instrument import get_instrument, list_recognized
from outcomes.loading.item_columns import find_by_name
from outcomes.loading.item_texts import asks_difficulty, find_by_text, match_item, match_text
from outcomes.loading.vocabulary import LOOKALIKES, NEVER_OURS
from outcomes.privacy.identifiers import normalize_header

Role = tuple[str, str]
"""An instrument, and "1" .. "20" for an item, "total", "difficulty" or "panel"."""

_NUMBERED = re.compile(r"(.*?)(_?(?:(?:q|item|i|question)_?)?)0*([0-9]{1,2})")


@dataclass(frozen=True)
class Entry:
    """One question of a response: where it stands, its words, its codes, and the answers given."""

    link: str
    text: str = ""
    codes: tuple[str, ...] = ()
    answers: tuple[Mapping[str, Any], ...] = ()


def find_named(names: Iterable[str]) -> tuple[set[str], set[str]]:
    """The instruments, and the similar ones (titles of LOOKALIKES), that the names of a form tell.

    One that carries the name of ours and never is ours (PHQ-9 for teens) hides it.
    """
    ours: set[str] = set()
    alike: set[str] = set()
    for name in names:
        short = re.sub(r"[^a-z0-9]+", "", name.lower())
        words = f"_{normalize_header(name)}_"
        ours |= {id for id in list_recognized() if id in short}
        alike |= {title for title, stems in LOOKALIKES.items() if any(f"_{s}_" in words for s in stems)}
        if re.search("teen|adolescen", words) and "phq" in short:
            alike.add("PHQ-9 for teens")
    return (set() if alike & set(NEVER_OURS) else ours), alike


def list_scored(roles: Mapping[str, Role]) -> dict[str, set[int]]:
    """The item numbers that are known, by instrument."""
    found: dict[str, set[int]] = {}
    for id, role in roles.values():
        if role.isdigit():
            found.setdefault(id, set()).add(int(role))
    return found


def find_numbers(
    entries: Sequence[Entry], roles: Mapping[str, Role], told: Collection[str]
) -> dict[str, Role] | None:
    """Find the items of instruments that have none yet by linkIds that end in their number.

    Parameters
    ----------
    entries : the questions of the form
    roles : what is known of them
    told : the instruments that the form names

    Returns
    -------
    mapping of linkId to Role; None where two series of numbers, or one that starts at 0, leave it open

    Notes
    -----
    A series with the name of an instrument (`PHQ-9.1`, `phq9_q1`) is its items; where the name has no
    version (`phq_1`) it must be complete. A series of questions without a name (`g1.q1`, `H1/T1/Q1`) is that
    of the one instrument that the form names, and only where it is the only series, and has as many numbers
    as the instrument has items, or the texts of its items: the first of ten questions may be another one.
    """
    named, bare = _list_series([entry for entry in entries if not _asks_difficulty(entry)], roles)
    have = set(list_scored(roles))
    found: dict[str, Role] = {}
    for id in list_recognized():
        series = [links for (owner, _), links in named.items() if owner == id]
        if id in have or not series:
            continue
        if len(series) > 1 or 0 in series[0]:
            return None
        found |= _take(id, series[0])
        have.add(id)
    open_ones = [id for id in told if id not in have]
    silent = [links for links in bare.values() if not any(entry.text for entry in links.values())]
    sizes = [set(range(1, get_instrument(id).n_items + 1)) for id in list_recognized()]
    if not open_ones or not bare:
        unnamed = not told and not have and any(set(links) in sizes for links in silent)
        return None if unnamed else found
    (links, *others), id = bare.values(), open_ones[0]
    if others or len(open_ones) > 1:
        # The texts may still tell; without texts nothing can.
        return None if silent else found
    if not _is_counted(id, links):
        return None if silent else found
    return found | _take(id, links)


def find_texts(
    entries: Sequence[Entry], roles: Mapping[str, Role], told: Collection[str]
) -> dict[str, Role] | None:
    """Find the items of instruments that have none yet by their texts, all of them as one set.

    Returns
    -------
    mapping of linkId to Role; None where several sets of questions match
    """
    found: dict[str, Role] = {}
    have = list_scored(roles)
    names = {place: normalize_header(entry.text) for place, entry in enumerate(entries)}
    for id in (id for id in list_recognized() if id not in have):
        by_text = find_by_text(names, get_instrument(id))
        if by_text.doubt:
            return None
        found |= {entries[place].link: (id, str(n)) for n, place in enumerate(by_text.items, start=1)}
    return found


def find_rest(entries: Sequence[Entry], roles: Mapping[str, Role]) -> dict[str, Role]:
    """Find recorded totals and difficulty questions, by linkId or text, beside items that are known.

    Returns
    -------
    mapping of linkId to Role, of questions that have none yet or one of another questionnaire
    """
    scored, last = list_scored(roles), ""
    # 69722-7 is the question of the PHQ-9; forms of one other questionnaire borrow it.
    borrowed = [link for link, (id, part) in roles.items() if part == "difficulty" and id not in scored]
    found = dict.fromkeys(borrowed, (next(iter(scored)), "difficulty")) if len(scored) == 1 else {}
    sums = [e.link for e in entries if e.answers and {"total", "score"} <= _words(e)]
    for entry in entries:
        role = roles.get(entry.link)
        last = role[0] if role else last
        if role:
            continue
        name = {0: normalize_header(entry.link)}
        totals = [id for id in list_recognized() if _is_total(find_by_name(name, get_instrument(id)))]
        if len(totals) == 1:
            found[entry.link] = (totals[0], "total")
        elif sums == [entry.link] and len(scored) == 1:
            found[entry.link] = (next(iter(scored)), "total")
        elif last in scored and _asks_difficulty(entry):
            found[entry.link] = (last, "difficulty")
    return found


def contradicts(entries: Sequence[Entry], roles: Mapping[str, Role], known: Mapping[str, Role]) -> bool:
    """Whether what tells the items apart disagrees.

    Parameters
    ----------
    entries : the questions of the form
    roles : what each of them is, by linkId
    known : what each code stands for

    Notes
    -----
    Two codes of one question (its own, and a linkId that is one) must be the same item; the text of a
    question must not be that of another item; and linkIds that are numbered with the name of the instrument
    must follow the order of the items, from whatever number they start.
    """
    offsets: dict[str, set[int]] = {}
    for entry in entries:
        if len({known[code] for code in entry.codes if code in known and known[code][1] != "panel"}) > 1:
            return True
        id, role = roles.get(entry.link, ("", ""))
        if role.isdigit() and entry.text:
            hits = match_text(normalize_header(entry.text), get_instrument(id))
            if hits and int(role) not in hits:
                return True
        numbered = _NUMBERED.fullmatch(normalize_header(entry.link))
        if numbered and role.isdigit() and _find_owner(numbered[1], numbered[2]) == id:
            offsets.setdefault(numbered[1] + numbered[2], set()).add(int(numbered[3]) - int(role))
    return any(len(found) > 1 for found in offsets.values())


def _list_series(
    entries: Iterable[Entry], roles: Mapping[str, Role]
) -> tuple[dict[tuple[str, str], dict[int, Entry]], dict[str, dict[int, Entry]]]:
    """The series of numbered linkIds: those with the name of an instrument, and those of questions."""
    named: dict[tuple[str, str], dict[int, Entry]] = {}
    bare: dict[str, dict[int, Entry]] = {}
    for entry in entries:
        found = _NUMBERED.fullmatch(normalize_header(entry.link))
        if found is None or entry.link in roles:
            continue
        stem, glue, number = found[1], found[2], int(found[3])
        owner = _find_owner(stem, glue)
        if owner is not None:
            named.setdefault((owner, f"{stem}{glue}"), {})[number] = entry
        elif glue.strip("_") in ("q", "item", "question"):
            bare.setdefault(f"{stem}{glue}", {})[number] = entry
    whole = {
        (id, name): links
        for (id, name), links in named.items()
        if re.search(r"[0-9]", name) or set(range(1, get_instrument(id).n_items + 1)) <= set(links)
    }
    return whole, bare


def _find_owner(stem: str, glue: str) -> str | None:
    """The instrument whose stem the name ends in; a stem that ends in a digit needs something behind it."""
    for id in list_recognized():
        for own in get_instrument(id).stems:
            if (stem == own or stem.endswith(f"_{own}")) and (glue or not own[-1].isdigit()):
                return id
    return None


def _is_counted(id: str, series: Mapping[int, Entry]) -> bool:
    """Whether a series has just the numbers of the items, or at each of them the text of that item."""
    items = {item.number: item for item in get_instrument(id).items}
    if set(series) == set(items):
        return True
    asked = [number for number in series if number in items]
    return bool(asked) and all(match_item(items[number], _words(series[number])) for number in asked)


def _take(id: str, series: Mapping[int, Entry]) -> dict[str, Role]:
    """The items of a series; a number after the last item is none."""
    size = get_instrument(id).n_items
    return {entry.link: (id, str(number)) for number, entry in series.items() if 1 <= number <= size}


def _is_total(found: Any) -> bool:
    return found.total is not None and not found.doubt


def _asks_difficulty(entry: Entry) -> bool:
    return asks_difficulty(normalize_header(entry.text))


def _words(entry: Entry) -> set[str]:
    return set(normalize_header(entry.text).split("_"))
