"""Values of a profile in words, each with the status and source it rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from outcomes.definitions.instrument import get_instrument
from outcomes.definitions.profile_file import Setting

Settings = Mapping[str, Setting]


class Telling:
    """The sentences of one profile; each says where its numbers come from."""

    def __init__(self, settings: Settings, instruments: tuple[str, ...]) -> None:
        self._settings, self.instruments = settings, instruments

    def value(self, key: str) -> Any:
        """The value of a key."""
        return self._settings[key].value

    def of(self, key: str, id: str) -> Any:
        """The value of a key for one instrument."""
        value = self.value(key)
        return value.get(id) if isinstance(value, Mapping) else value

    def origin(self, *keys: str, id: str = "") -> str:
        """Status and source of keys in brackets, each said once."""
        stated = [key for key in keys if not id or self.of(key, id) is not None] or list(keys)
        return " [" + "; ".join(dict.fromkeys(self._say_origin(key, id) for key in stated)) + "]"

    def _say_origin(self, key: str, id: str) -> str:
        one = self._settings[key]
        if one.changed:
            return "set by the user"
        status, source = (
            part.get(id, "not defined") if isinstance(part, Mapping) else part
            for part in (one.status, one.source)
        )
        said = (
            source if status == "project" and source.startswith("project choice") else f"{status}: {source}"
        )
        return f"{said} (inherited)" if one.inherited else said

    def by_instrument(
        self, say: Callable[[str], str | None], *keys: str, ids: Sequence[str] | None = None
    ) -> list[str]:
        """One line per instrument, those that say the same in the same words together."""
        lines: dict[str, list[str]] = {}
        for id in self.instruments if ids is None else ids:
            text = say(id) or "not defined here."
            origin = self.origin(*keys, id=id)
            lines.setdefault(text.removesuffix(".") + "." + origin, []).append(get_instrument(id).title)
        return [f"{', '.join(titles)}: {text}" for text, titles in lines.items()]
