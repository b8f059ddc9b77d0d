"""Every value of a profile as a table, for a methods section or an appendix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from outcomes.definitions.profile import Profile, get_profile

if TYPE_CHECKING:
    import pandas as pd


def list_definitions(profile: str | Profile = "default") -> pd.DataFrame:
    """List every value of a profile with its unit, status, source and meaning, for a methods section.

    Parameters
    ----------
    profile : str or Profile

    Returns
    -------
    DataFrame, one row per key, or per key and instrument where the instruments have their own values, with
    columns key, instrument (empty where the value holds for all), value (text; "none" where the condition is
    dropped), unit, status, source, note (these three empty for an instrument without a value), inherited
    (bool), changed (bool), meaning

    Examples
    --------
    >>> import outcomes as oc
    >>> table = oc.list_definitions("default").set_index(["key", "instrument"])
    >>> table.loc[("remission_value", "phq9"), ["value", "status"]].tolist()
    ['5', 'verified']
    """
    import pandas as pd

    profile = get_profile(profile)
    rows = []
    for key, spec in profile.keys.items():
        setting = profile.settings[key]
        by_instrument = spec.per_instrument and isinstance(setting.value, Mapping)
        for instrument in profile.instruments if by_instrument else ("",):
            value = setting.value.get(instrument) if by_instrument else setting.value
            stated = value is not None or not by_instrument
            rows.append(
                {
                    "key": key,
                    "instrument": instrument,
                    "value": _as_text(value),
                    "unit": spec.unit,
                    "status": _as_origin(setting.status, instrument) if stated else "",
                    "source": _as_origin(setting.source, instrument) if stated else "",
                    "note": setting.note if stated else "",
                    "inherited": setting.inherited,
                    "changed": setting.changed,
                    "meaning": spec.meaning,
                }
            )
    return pd.DataFrame(rows)


def _as_origin(text: str | Mapping[str, str], instrument: str) -> str:
    if isinstance(text, str):
        return text
    return text[instrument] if instrument else _as_text(text)


def _as_text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_as_text(part)}" for name, part in value.items())
    if isinstance(value, tuple):
        whole = all(isinstance(part, int) for part in value)
        return f"{value[0]} to {value[1]}" if whole and len(value) == 2 else ", ".join(map(str, value))
    return str(value)
