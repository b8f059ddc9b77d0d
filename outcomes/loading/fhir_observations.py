"""Observations as rows: totals by their codes, and parts of a questionnaire that stand together in one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from outcomes.loading.answers import AnswerTable
from outcomes.loading.fhir_answers import Flat, write_answers
from outcomes.loading.fhir_forms import list_codes
from outcomes.loading.fhir_json import Resource, objects_of, text_of
from outcomes.loading.fhir_links import Role
from outcomes.loading.fhir_responses import COMPLETE
from outcomes.loading.vocabulary import LOOKALIKE_CODES, NEVER_OURS

SINGLE = "single"
"""Title of an Observation that holds one answer, or only points at others: no questionnaire."""


@dataclass(frozen=True)
class Stamp:
    """By whom and when a response was answered, and the questionnaires that it answers in part only."""

    patient: str
    date: str
    partial: frozenset[str] = frozenset()


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
    codes, not_completed by the status
    """
    parts = [content, *objects_of(content.get("component"))]
    cells: dict[Role, str] = {}
    codes = [list_codes(part.get("code")) for part in parts]
    for part, own in zip(parts, codes, strict=True):
        # A total may carry the code of its panel too.
        named = sorted((known[code] for code in own if code in known), key=lambda role: role[1] == "panel")
        role = next(iter(named), None)
        if role is not None:
            text = write_answers([part], tables[role], {})
            if text or role[1] != "panel":
                cells[role] = text
    ours = {part for _, part in cells}
    lone = len(parts) == 1 and not ours & {"total", "panel"}
    if ours and not lone:
        if ours == {"panel"}:
            return Flat("panel_code", cells)
        done = text_of(content.get("status")) in COMPLETE
        return Flat("" if done else "not_completed", cells)
    every = {code for own in codes for code in own}
    if every & set(known):
        return Flat("other_instrument", title=SINGLE)
    titles = sorted(LOOKALIKE_CODES[code] for code in every & set(LOOKALIKE_CODES))
    never = [title for title in titles if title in NEVER_OURS]
    return Flat("lookalike" if never else "other_instrument", title=next(iter(never or titles), ""))


def find_stamp(content: Mapping[str, Any], stamps: Mapping[str, Stamp]) -> Stamp | None:
    """The response of the file from which an Observation was derived; None where it names none."""
    named = [text_of(one.get("reference")) for one in objects_of(content.get("derivedFrom"))]
    for related in objects_of(content.get("related")):  # STU3
        named += [text_of(one.get("reference")) for one in objects_of(related.get("target"))]
    return next((stamps[key] for one in named for key in list_keys(one) if key in stamps), None)


def list_keys(reference: str) -> tuple[str, ...]:
    """The names under which a reference may be known: as it is, and its type and id alone."""
    return reference, "/".join(reference.split("/_history/")[0].split("/")[-2:])


def list_own_keys(resource: Resource) -> Iterable[str]:
    """The names under which other resources may refer to this one."""
    id = text_of(resource.content.get("id"))
    return [key for key in (resource.url, f"{resource.type}/{id}" if id else "") if key]


def read_date(content: Mapping[str, Any]) -> str:
    """When an Observation holds; of a period its start. Empty where it does not say."""
    period = content.get("effectivePeriod")
    start = text_of(period.get("start")) if isinstance(period, dict) else ""
    return text_of(content.get("effectiveDateTime")) or text_of(content.get("effectiveInstant")) or start
