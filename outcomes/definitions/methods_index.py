"""A quality measure in sentences: every key with its value, meaning, status and source."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from outcomes.definitions.index_keys import INDEX_KEYS
from outcomes.definitions.profile_file import Setting

WIDTH = 100


def describe_index(settings: Mapping[str, Setting], instruments: tuple[str, ...]) -> str:
    """Give the lines of an index profile, one per key that says something.

    Parameters
    ----------
    settings : mapping of key to Setting, of an index profile
    instruments : the questionnaires of the profile

    Returns
    -------
    str; a key that is dropped is left out
    """
    lines = [f"Questionnaires: {', '.join(instruments)}."]
    for key, spec in INDEX_KEYS.items():
        one = settings[key]
        if one.value is None:
            continue
        status = _say(one.status)
        source = _say(one.source)
        mark = ", inherited" if one.inherited else ", set by the user" if one.changed else ""
        unit = f" {spec.unit}" if spec.unit else ""
        lines.append(f"{key}: {_say(one.value)}{unit}; {spec.meaning}. [{status}{mark}: {source}]")
    return "\n".join(textwrap.fill(f"  {line}", WIDTH, subsequent_indent="    ") for line in lines)


def _say(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_say(part)}" for name, part in value.items())
    if isinstance(value, tuple):
        whole = all(isinstance(part, int) for part in value)
        return f"{value[0]} to {value[1]}" if whole else ", ".join(map(str, value))
    return str(value)
