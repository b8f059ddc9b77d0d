"""Items known by what was asked: the question texts of columns, matched by the key words of an instrument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from outcomes.definitions.instrument import get_instrument, list_recognized
from outcomes.definitions.instrument_types import Instrument, Item
from outcomes.loading.item_columns import InstrumentColumns
from outcomes.privacy.identifiers import normalize_header


def normalize_texts(texts: Mapping[int, str]) -> dict[int, str]:
    """Question texts by position, as headers are normalized."""
    return {position: normalize_header(text) for position, text in texts.items()}


def asks_difficulty(text: str) -> bool:
    """Whether a normalized text is the question of how difficult the problems made work."""
    words = set(text.split("_"))
    return {"difficult", "work"} <= words or {"erschwert", "arbeit"} <= words


def match_item(item: Item, words: set[str]) -> bool:
    """Whether words hold all key words of an item, in any of its sets, and not the excluded ones."""
    excluded = bool(item.excluded_words) and set(item.excluded_words) <= words
    return not excluded and any(set(needed) <= words for needed in item.key_words)


def match_text(text: str, instrument: Instrument) -> set[int]:
    """The numbers of the items whose key words a normalized text holds."""
    words = set(text.split("_"))
    return {item.number for item in instrument.items if match_item(item, words)}


def find_by_text(names: Mapping[int, str], instrument: Instrument) -> InstrumentColumns:
    """Find a run of neighboring columns whose texts match every item of the instrument exactly once.

    Parameters
    ----------
    names : mapping of position to normalized header or question text, in file order
    instrument : Instrument

    Returns
    -------
    InstrumentColumns; without items where no run matches as a set. Single hits mean nothing.
    """
    positions = sorted(names)
    hits = [match_text(names[position], instrument) for position in positions]
    size, runs = instrument.n_items, []
    for start in range(len(positions) - size + 1):
        window = hits[start : start + size]
        owners = [
            [place for place, hit in enumerate(window) if number in hit] for number in range(1, size + 1)
        ]
        if all(len(owner) == 1 for owner in owners) and len({owner[0] for owner in owners}) == size:
            runs.append(tuple(positions[start + owner[0]] for owner in owners))
    if not runs:
        return InstrumentColumns(instrument.id)
    if len(runs) > 1:
        return InstrumentColumns(
            instrument.id, doubt="sets", doubtful=tuple(sorted({p for run in runs for p in run}))
        )
    evidence = f"{instrument.id}: {size} neighboring columns hold the text of each item exactly once"
    return InstrumentColumns(instrument.id, items=runs[0], evidence=(evidence,))


def find_contradicted(
    items: Sequence[int], texts: Mapping[int, str], instrument: Instrument
) -> tuple[int, ...]:
    """Give the columns whose question text says another item than the one they are taken for.

    Parameters
    ----------
    items : positions in the order of the questionnaire
    texts : mapping of position to normalized question text; a column without one contradicts nothing
    instrument : Instrument

    Returns
    -------
    tuple of int, in the order of the items

    Notes
    -----
    A text says another item if it holds the key words of one, and not those of its own. Texts of another
    questionnaire count where they are more than half of all, since single hits mean nothing.
    """
    own = {position: match_text(texts.get(position, ""), instrument) for position in items}
    found = tuple(p for number, p in enumerate(items, start=1) if own[p] and number not in own[p])
    others = (get_instrument(id) for id in list_recognized() if id != instrument.id)
    foreign = (
        tuple(p for p in items if not own[p] and match_text(texts.get(p, ""), other)) for other in others
    )
    return found or next((places for places in foreign if 2 * len(places) > len(items)), ())
