"""Reading a profile file: its keys, what it inherits, and whether its values agree with each other."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from outcomes.definitions.conditions import read_conditions
from outcomes.definitions.index_keys import INDEX_KEYS
from outcomes.definitions.instrument import get_instrument, list_instruments
from outcomes.definitions.keys import Invalid, Key, check_value, spread_value
from outcomes.definitions.scoring_types import Status
from outcomes.definitions.series_keys import SERIES_KEYS
from outcomes.definitions.strict import (
    STRICT,
    FrozenDict,
    KeyPath,
    Text,
    find_key_lines,
    name_place,
    read_strict,
)
from outcomes.errors import DefinitionError, Problem


@dataclass(frozen=True, config=STRICT)
class SettingTable:
    """One key of a profile file, as written: `value = "none"` drops the condition."""

    value: Any
    status: Status | dict[str, Status]
    source: Text | dict[str, Text]
    note: str = ""


KINDS: Mapping[str, Mapping[str, Key]] = {"series": SERIES_KEYS, "index": INDEX_KEYS}
"""The keys of each kind of profile: endpoints of an infusion series, or a quality measure."""


def _make_file_class(keys: Mapping[str, Key]) -> Any:
    """Give the class of a profile file: one optional field per key, so that a misspelled one is refused."""
    fields: list[Any] = [
        ("id", Text),
        ("version", Text),
        ("title", Text),
        ("kind", Literal[tuple(KINDS)]),
        ("instruments", Annotated[tuple[Text, ...], Field(min_length=1)]),
        ("inherits", Text | None, None),
        *((key, SettingTable | None, None) for key in keys),
    ]
    namespace = {"__doc__": "The keys of a profile file."}
    made = dataclasses.make_dataclass("_ProfileFile", fields, namespace=namespace, frozen=True)
    return dataclass(frozen=True, config=STRICT)(made)


_FILES = {kind: _make_file_class(keys) for kind, keys in KINDS.items()}
_KIND = re.compile(r"""^\s*kind\s*=\s*["']index["']""", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Setting:
    """The value of one key, with where it comes from.

    Attributes
    ----------
    value : scalar, tuple, or FrozenDict by instrument id or window target; None where dropped
    status, source : str, or FrozenDict by instrument id where the instruments differ
    note : str
    inherited : bool, True where the profile took the value from the one it inherits
    changed : bool, True where `Profile.replace` set it
    """

    value: Any
    status: str | FrozenDict
    source: str | FrozenDict
    note: str = ""
    inherited: bool = False
    changed: bool = False


def weigh_status(settings: Iterable[Setting], *, instrument: str | None = None) -> str:
    """Give the least sure status among settings: "unverified", "project", else "verified".

    Parameters
    ----------
    settings : iterable of Setting; one whose value is dropped does not count
    instrument : id, optional; of values by instrument only its own counts
    """
    found: set[str] = set()
    for one in settings:
        parts = dict(one.status) if isinstance(one.status, Mapping) else None
        if one.value is None or (instrument and _is_dropped(one.value, instrument)):
            continue
        if parts is None:
            found.add(str(one.status))
        else:
            found |= set(parts.values()) if instrument is None else {parts.get(instrument, "verified")}
    return next((status for status in ("unverified", "project") if status in found), "verified")


def _is_dropped(value: Any, instrument: str) -> bool:
    return isinstance(value, Mapping) and value.get(instrument) is None


def read_profile_text(
    text: str, *, label: str, list_known: Callable[[], tuple[str, ...]], get_parent: Callable[[str], Any]
) -> dict[str, Any]:
    """Give the fields of a Profile from the text of its file, or raise all its problems at once."""
    kind = "index" if _KIND.search(text) else "series"
    written: Any = read_strict(text, _FILES[kind], label=label)
    lines = find_key_lines(text)

    def name(problems: list[tuple[KeyPath, str]]) -> list[Problem]:
        return [Problem("E603", name_place(path, lines, label=label), message) for path, message in problems]

    if written.inherits is not None and (
        written.inherits == written.id or written.inherits not in list_known()
    ):
        message = f"inherits must be the id of another profile. Known: {', '.join(list_known())}."
        raise DefinitionError(name([(("inherits",), message)]))
    inherited = get_parent(written.inherits).settings if written.inherits else {}
    settings, problems = _settle(written, inherited)
    problems = problems or find_conflicts(settings, written.instruments, kind=written.kind)
    if problems:
        raise DefinitionError(name(problems))
    return {
        "id": written.id,
        "version": written.version,
        "title": written.title,
        "kind": written.kind,
        "instruments": written.instruments,
        "settings": FrozenDict(settings),
    }


def _settle(
    written: Any, inherited: Mapping[str, Setting]
) -> tuple[dict[str, Setting], list[tuple[KeyPath, str]]]:
    """Give each key the value of the file, or else the inherited one."""
    settings: dict[str, Setting] = {}
    problems: list[tuple[KeyPath, str]] = []
    keys = KINDS[written.kind]
    for key, spec in keys.items():
        table = getattr(written, key)
        if table is None and key in inherited:
            settings[key] = dataclasses.replace(inherited[key], inherited=True)
        elif table is None:
            problems.append(
                ((), f"the key {key} is needed. Add its table, or inherit a profile that has it.")
            )
        else:
            try:
                value = check_value(spec, table.value)
            except Invalid as error:
                problems.append(((key, "value"), f"{key} {error}"))
                continue
            settings[key] = Setting(value, _freeze(table.status), _freeze(table.source), table.note)
            problems += _check_origin(key, spec, settings[key], written.instruments)
    return settings, problems


def find_conflicts(
    settings: Mapping[str, Setting], instruments: tuple[str, ...], *, kind: str
) -> list[tuple[KeyPath, str]]:
    """Name the values of a profile that contradict each other or the questionnaires, each with its key."""
    if (
        not instruments
        or not set(instruments) <= set(list_instruments())
        or len(set(instruments)) < len(instruments)
    ):
        known = ", ".join(list_instruments())
        return [
            (("instruments",), f"instruments must name defined questionnaires, each once. Known: {known}.")
        ]
    value = {key: setting.value for key, setting in settings.items()}
    ordered = _check_order(value) if kind == "series" else _check_index(value)
    return [*ordered, *_check_instruments(value, instruments, KINDS[kind])]


def _check_order(value: Mapping[str, Any]) -> list[tuple[KeyPath, str]]:
    found: list[tuple[KeyPath, str]] = []
    for low, high in (
        ("induction_min_infusions", "induction_max_infusions"),
        ("induction_min_days", "induction_max_days"),
    ):
        if value[low] is not None and value[high] is not None and value[low] > value[high]:
            found.append(((low, "value"), f"{low} must not be above {high}. Correct one of them."))
    if value["induction_max_days"] is None and value["endpoint_anchor"] == "last_induction_infusion":
        message = (
            "endpoint_anchor must be first_infusion where induction_max_days is dropped: no day could be "
            "named by which everyone's window is over. Correct one of them."
        )
        found.append((("endpoint_anchor", "value"), message))
    if not value["stable_min_remission"] <= value["stable_scores"] >= value["stable_min_response"] or (
        value["stable_min_scores"] > value["stable_scores"]
    ):
        message = "stable_scores must not be below the other stable_ keys. Correct one of them."
        found.append((("stable_scores", "value"), message))
    first, last = value["post_window_days"]
    if not first <= value["post_window_target"] <= last:
        message = "post_window_target must lie within post_window_days. Correct one of them."
        found.append((("post_window_target", "value"), message))
    return found


def _check_index(value: Mapping[str, Any]) -> list[tuple[KeyPath, str]]:
    """A measure with an index score needs a window; conditions must be of the list."""
    found: list[tuple[KeyPath, str]] = []
    if value["design"] == "follow_up" and value["follow_up_days"] is None:
        message = "follow_up_days is needed by this design. Add the days."
        found.append((("follow_up_days", "value"), message))
    known = {one.id for one in read_conditions()}
    for key in ("diagnoses", "exclusions"):
        if not set(value[key] or ()) <= known:
            found.append(((key, "value"), f"{key} must be among {', '.join(sorted(known))}. Correct them."))
    return found


def _check_instruments(
    value: Mapping[str, Any], instruments: tuple[str, ...], keys: Mapping[str, Key]
) -> list[tuple[KeyPath, str]]:
    found: list[tuple[KeyPath, str]] = []
    spread = {key: spread_value(spec, value[key]) for key, spec in keys.items() if spec.per_instrument}
    for op, number in (("remission_op", "remission_value"), ("csc_cutoff_op", "csc_cutoff")):
        if {op, number} <= set(spread) and any(
            (spread[op][id] is None) != (spread[number][id] is None) for id in instruments
        ):
            found.append(
                ((op, "value"), f"{op} and {number} must have values for the same instruments. Correct one.")
            )
    for key, by_instrument in spread.items():
        for id in instruments:
            part, instrument = by_instrument[id], get_instrument(id)
            if part is None and not keys[key].nullable:
                found.append(((key, "value"), f"{key} needs a value for {id}. Add it."))
            elif keys[key].on_total and not isinstance(part, str | None) and part > instrument.total_max:
                found.append(
                    ((key, "value"), f"{key} must lie within the range of the {id} total. Correct it.")
                )
    return found


def _check_origin(
    key: str, spec: Key, setting: Setting, instruments: tuple[str, ...]
) -> list[tuple[KeyPath, str]]:
    """Refuse a status or source by instrument that does not fit the instruments with a value."""
    by_instrument = spec.per_instrument and isinstance(setting.value, Mapping)
    valued = set(setting.value) if by_instrument else set(instruments)
    return [
        (
            (key, name),
            f"the {name} of {key} must cover the instruments that have a value, and no other. Correct it.",
        )
        for name, part in (("status", setting.status), ("source", setting.source))
        if isinstance(part, Mapping) and set(part) != valued
    ]


def _freeze(part: Any) -> Any:
    return FrozenDict(part) if isinstance(part, Mapping) else part
