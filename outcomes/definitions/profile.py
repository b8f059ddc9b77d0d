"""Endpoint definitions as data: a profile gives each window, cut-off and rule its value and source."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from outcomes.definitions.keys import Invalid, Key, check_value, spread_value
from outcomes.definitions.methods import describe_series
from outcomes.definitions.methods_index import describe_index
from outcomes.definitions.profile_file import KINDS, Setting, find_conflicts, read_profile_text, weigh_status
from outcomes.definitions.strict import FrozenDict, read_text
from outcomes.errors import DefinitionError, Problem
from outcomes.notebook import lay_out_text


@dataclasses.dataclass(frozen=True)
class Profile:
    """A complete set of endpoint definitions: `value`, `by_instrument` and `replace` are how it is used.

    Attributes
    ----------
    id, version, title : str
    kind : "series", endpoints of a patient's infusion series; or "index", a quality measure
    instruments : tuple of str, the questionnaires that the profile is about
    settings : FrozenDict, key to Setting; every key of its kind is present
    """

    id: str
    version: str
    title: str
    kind: str
    instruments: tuple[str, ...]
    settings: FrozenDict

    def __repr__(self) -> str:
        changed = f", changed: {', '.join(self.changed)}" if self.changed else ""
        return f"Profile({self.id}, version {self.version}, hash {self.hash}{changed})"

    def __str__(self) -> str:
        head = f"{self.title} ({self.id}, version {self.version}, hash {self.hash})"
        if self.changed:
            head += f"\nSet by the user: {', '.join(self.changed)}."
        tell = describe_series if self.kind == "series" else describe_index
        return f"{head}\n\n{tell(self.settings, self.instruments)}"

    def _repr_html_(self) -> str:
        return lay_out_text(str(self))

    @property
    def keys(self) -> Mapping[str, Key]:
        """What each key of this kind of profile may hold."""
        return KINDS[self.kind]

    def value(self, key: str) -> Any:
        """Give the value of a key; None where the profile drops the condition.

        Examples
        --------
        >>> import outcomes as oc
        >>> oc.get_profile("default").value("post_window_days")
        (14, 31)
        """
        if key not in self.keys and self.kind == "index" and key in KINDS["series"]:
            message = f"{self.id} is a quality measure and judges no infusion series: use build_measure()."
            raise DefinitionError(message, code="E603")
        if key not in self.keys:
            message = (
                f'unknown key "{key[:80]}" of a profile. Known: {", ".join(self.keys)}. Correct the spelling.'
            )
            raise DefinitionError(message, code="E601")
        return self.settings[key].value

    def by_instrument(self, key: str) -> dict[str, Any]:
        """Give the value of a key for every defined questionnaire; None where it has none, a scalar for all.

        Examples
        --------
        >>> import outcomes as oc
        >>> oc.get_profile("default").by_instrument("response_percent")["pcl5"] is None
        True
        """
        return spread_value(self.keys[key], self.value(key))

    def replace(self, *, instruments: Sequence[str] | None = None, **changes: Any) -> Profile:
        """Give the same profile with some values changed, each marked as set by the user.

        Parameters
        ----------
        instruments : sequence of str, optional; the questionnaires to judge
        **changes : new value by key. For a key with values by instrument, a mapping changes the instruments
            it names, and a scalar those that have a value (all of them, if none has: a percentage does not
            turn up beside the points by which PCL-5 is judged); None drops the condition.

        Returns
        -------
        Profile, of the same id; its hash tells it from the original

        Raises
        ------
        DefinitionError
            E601 for an unknown key, E603 for a value that the key cannot take.

        Examples
        --------
        >>> import outcomes as oc
        >>> profile = oc.get_profile("default").replace(response_percent={"phq9": 40})
        >>> profile.by_instrument("response_percent")["phq9"], profile.changed
        (40, ('response_percent',))
        """
        settings, problems = dict(self.settings), []
        for key, new in changes.items():
            try:
                merged = self._merge(key, new)
                value = check_value(self.keys[key], merged)
            except Invalid as error:
                problems.append(Problem("E603", f"profile {self.id}", f"{key} {error}"))
                continue
            if value != settings[key].value:
                settings[key] = Setting(value, "project", "set by the user", changed=True)
        chosen = self.instruments if instruments is None else tuple(instruments)
        conflicts = find_conflicts(settings, chosen, kind=self.kind)
        problems += [Problem("E603", f"profile {self.id}", message) for _, message in conflicts]
        if problems:
            raise DefinitionError(problems)
        return dataclasses.replace(self, instruments=chosen, settings=FrozenDict(settings))

    @property
    def changed(self) -> tuple[str, ...]:
        """The keys that `replace` has changed, in the order of the keys."""
        return tuple(key for key in self.keys if self.settings[key].changed)

    @property
    def weakest_status(self) -> str:
        """The least sure status of a value in use: unverified, else project, else verified."""
        return weigh_status(self.settings[key] for key in self.keys)

    @property
    def matured_day(self) -> int:
        """The first day, counted from infusion 1, at which the post-induction window is over for everyone."""
        anchored_at_end = self.value("endpoint_anchor") == "last_induction_infusion"
        latest_anchor = self.value("induction_max_days") if anchored_at_end else 0
        return latest_anchor + self.value("post_window_days")[1]

    @property
    def hash(self) -> str:
        """Twelve hexadecimal digits that change with kind, instruments or a value, and with nothing else."""
        content = {
            "kind": self.kind,
            "instruments": sorted(self.instruments),
            "values": {key: setting.value for key, setting in self.settings.items()},
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()[:12]

    def _merge(self, key: str, new: Any) -> Any:
        """Complete a mapping with the values it leaves, and spread a scalar over the instruments in use."""
        old = self.value(key)
        if not self.keys[key].per_instrument or new is None:
            return new
        if not isinstance(new, Mapping):
            return dict.fromkeys(old, new) if isinstance(old, Mapping) else new
        return {**(old if isinstance(old, Mapping) else dict.fromkeys(self.instruments, old)), **new}


def get_profile(profile: str | Profile = "default") -> Profile:
    """Give a profile by its id; a Profile is given back as it is.

    Parameters
    ----------
    profile : str or Profile; list_profiles() names the ids

    Returns
    -------
    Profile, frozen

    Raises
    ------
    DefinitionError
        where there is no such profile.

    Examples
    --------
    >>> import outcomes as oc
    >>> oc.get_profile("default").by_instrument("caseness")["phq9"]
    10
    """
    if isinstance(profile, Profile):
        return profile
    if profile not in list_profiles():
        message = f"A profile of this id is not defined. Known: {', '.join(list_profiles())}."
        raise DefinitionError(message, code="E603")
    return _read_shipped(profile)


@cache
def list_profiles(*, kind: str | None = None) -> tuple[str, ...]:
    """List the ids of the profiles that are defined, in alphabetical order.

    Parameters
    ----------
    kind : "series" (endpoints of an infusion series), "index" (quality measures), or None for both

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> import outcomes as oc
    >>> oc.list_profiles(kind="series")
    ('default', 'hull2022', 'mcinnes2022', 'sustain1_like')
    """
    names = [entry.name for entry in (files("outcomes.definitions") / "profiles").iterdir()]
    ids = sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))
    return tuple(id for id in ids if kind is None or get_profile(id).kind == kind)


def read_profile(path: str | Path) -> Profile:
    """Read a profile from a TOML file; keys that it leaves out come from the profile it inherits.

    Parameters
    ----------
    path : str or Path of the TOML file

    Returns
    -------
    Profile, frozen

    Raises
    ------
    DefinitionError
        with all problems at once: unknown or repeated keys, a value of the wrong kind, a value without status
        or source, a key that neither the file nor the inherited profile holds, values that contradict each
        other.

    Examples
    --------
    >>> import pathlib, tempfile, outcomes as oc
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "clinic.toml"
    >>> written = path.write_text('''
    ... id = "clinic"
    ... version = "1"
    ... title = "Our clinic"
    ... kind = "series"
    ... inherits = "default"
    ... instruments = ["phq9"]
    ... response_percent = { value = 40, status = "project", source = "decided by the clinic" }
    ... ''')
    >>> oc.read_profile(path).value("response_percent")
    40
    """
    return _build(read_text(Path(path), label="profile file"), label="profile file")


@cache
def _read_shipped(id: str) -> Profile:
    text = (files("outcomes.definitions") / "profiles" / f"{id}.toml").read_text(encoding="utf-8")
    return _build(text, label=f"profile {id}")


def _build(text: str, *, label: str) -> Profile:
    return Profile(**read_profile_text(text, label=label, list_known=list_profiles, get_parent=get_profile))
