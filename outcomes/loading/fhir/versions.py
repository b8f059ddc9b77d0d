"""Versions of one resource: the latest counts, and what no version puts in order contradicts itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from outcomes.loading.fhir.documents import Resource, text_of

_TYPES = ("QuestionnaireResponse", "Observation")
_BESIDE = ("meta", "text")  # parts that say nothing about the answers


def find_outdated(resources: Iterable[Resource], ids: Mapping[int, str]) -> dict[int, str]:
    """Find the rows that are not the latest version of their resource, each with its reason.

    Parameters
    ----------
    resources : the resources of a file
    ids : the patient of each row

    Returns
    -------
    dict of row to "duplicate" for an earlier version, whatever became of the latest; "conflicting_duplicate"
    for all versions where none is known to be the latest, or where they are of several patients

    Notes
    -----
    A resource is known by its server (where the entry says so), type and id. Versions are put in order by
    versionId where all are numbers, else by lastUpdated. Copies that say the same, and resources without any
    version, are left to the rules for repeated questionnaires; so are the same version of several patients:
    these come from several servers.
    """
    groups: dict[tuple[str, str, str], list[Resource]] = {}
    for one in resources:
        if one.type in _TYPES and (id := text_of(one.content.get("id"))):
            groups.setdefault((_find_server(one), one.type, id), []).append(one)
    found: dict[int, str] = {}
    for versions in groups.values():
        if len(versions) > 1 and any(_version_of(one) != ("", "") for one in versions):
            found |= _judge(versions, ids)
    return found


def _judge(versions: Sequence[Resource], ids: Mapping[int, str]) -> dict[int, str]:
    contents = [_strip(one) for one in versions]
    if all(content == contents[0] for content in contents):
        return {}
    places = _rank(versions)
    patients = {ids[one.row] for one in versions}
    if len(patients) > 1 and len({_version_of(one)[0] for one in versions}) == 1:
        return {}
    if places is None or len(patients) > 1:
        return {one.row: "conflicting_duplicate" for one in versions}
    last = [content for content, place in zip(contents, places, strict=True) if place == max(places)]
    found = {one.row: "duplicate" for one, place in zip(versions, places, strict=True) if place < max(places)}
    if any(content != last[0] for content in last):
        latest = (one for one, place in zip(versions, places, strict=True) if place == max(places))
        found |= {one.row: "conflicting_duplicate" for one in latest}
    return found


def _rank(versions: Sequence[Resource]) -> list[float] | None:
    """The place of each version in their order; None where it is not known."""
    numbers, updates = zip(*(_version_of(one) for one in versions), strict=True)
    if all(number.isdecimal() for number in numbers):
        return [float(number) for number in numbers]
    try:
        stamps = [datetime.fromisoformat(update) for update in updates]
    except ValueError:
        return None
    return [stamp.timestamp() for stamp in stamps] if all(stamp.tzinfo for stamp in stamps) else None


def _version_of(one: Resource) -> tuple[str, str]:
    meta = one.content.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    return text_of(meta.get("versionId")), text_of(meta.get("lastUpdated"))


def _strip(one: Resource) -> dict[str, Any]:
    return {key: value for key, value in one.content.items() if key not in _BESIDE}


def _find_server(one: Resource) -> str:
    """The server in the address of an entry; empty where there is none."""
    return one.url.rpartition(f"/{one.type}/")[0] if "://" in one.url else ""
