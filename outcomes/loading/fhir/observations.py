"""Observations as rows: totals by their codes, and parts of a questionnaire that stand together in one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from outcomes.loading.answers import SEVERAL, AnswerTable
from outcomes.loading.fhir.answers import Flat, read_number, write_answers
from outcomes.loading.fhir.documents import objects_of, text_of
from outcomes.loading.fhir.forms import list_codes
from outcomes.loading.fhir.links import Role
from outcomes.loading.fhir.responses import COMPLETE
from outcomes.loading.vocabulary import LOOKALIKE_CODES, NEVER_OURS

SINGLE = "single"
"""Title of an Observation that holds one answer, or only points at others: no questionnaire."""


def read_observation(
    content: Mapping[str, Any], known: Mapping[str, Role], tables: Mapping[Role, AnswerTable]
) -> Flat:
    """Read one Observation: a total under its own code or in a component, or items in components.

    Parameters
    ----------
    content : the resource
    known : the roles of map_codes
    tables : the answers of make_tables

    Returns
    -------
    Flat; panel_code where a number stands under the code of the panel, lookalike and other_instrument by the
    codes, not_completed by the status, answer_conflict where two totals or two meanings of one number differ

    Notes
    -----
    A part without a value says nothing. One that carries the code of a similar questionnaire beside ours is a
    lookalike, and so is all that stands under the code of one that is never ours.
    """
    parts = [content, *objects_of(content.get("component"))]
    codes = [list_codes(part.get("code")) for part in parts]
    cells: dict[Role, str] = {}
    foreign = _list_foreign(codes[0], known)
    clash, alike = False, next((title for title in foreign if title in NEVER_OURS), "")
    for part, own in zip(parts, codes, strict=True):
        roles = list(dict.fromkeys(known[code] for code in own if code in known))
        # A total may carry the code of its panel too.
        telling = [role for role in roles if role[1] != "panel"]
        role = next(iter([*telling, *roles]), None)
        text = write_answers([part], tables[role], {}) if role else ""
        if role is None or not (text or telling):
            continue
        clash |= bool(text) and (len(telling) > 1 or len({id for id, _ in roles}) > 1)
        foreign = _list_foreign(own, known) if text else []
        alike = alike or next(iter(foreign), "")
        cells[role] = _join(cells.get(role, ""), text)
    ours = {part for _, part in cells}
    if alike:
        return Flat("lookalike", title=alike)
    if ours and (clash or len(parts) > 1 or ours & {"total", "panel"}):
        if ours == {"panel"}:
            return Flat("panel_code", cells)
        if text_of(content.get("status")) not in COMPLETE:
            return Flat("not_completed", cells)
        clash |= any(text == SEVERAL for (_, part), text in cells.items() if part == "total")
        return Flat("answer_conflict" if clash else "", cells)
    every = {code for own in codes for code in own}
    if every & set(known):
        return Flat("other_instrument", title=SINGLE)
    titles = sorted(_list_foreign(every, known))
    never = [title for title in titles if title in NEVER_OURS]
    return Flat("lookalike" if never else "other_instrument", title=next(iter(never or titles), ""))


def _list_foreign(codes: Iterable[str], known: Mapping[str, Role]) -> list[str]:
    """The similar questionnaires whose codes these are, but for those that the layout gives to ours."""
    return [LOOKALIKE_CODES[code] for code in codes if code in LOOKALIKE_CODES and code not in known]


def _join(held: str, text: str) -> str:
    """What two parts say of the same question: one value, or several."""
    same = held == text or (read_number(held) is not None and read_number(held) == read_number(text))
    return held or text if same or not (held and text) else SEVERAL
