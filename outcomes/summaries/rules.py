"""The rules of reliable change that are shown side by side, and who falls where under each."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.definitions.instrument import get_instrument
from outcomes.definitions.profile import Profile
from outcomes.summaries.groups import is_true, sum_by_group
from outcomes.summaries.rate_checks import lacks_room


@dataclass(frozen=True)
class Rule:
    """One rule of reliable change.

    Attributes
    ----------
    id : str, id of the registry; `profile` where the profile's value is in no registry
    points : int, the smallest change that counts
    text : str, the rule in words with where it comes from
    """

    id: str
    points: int
    text: str


def list_rules(instrument_id: str, profile: Profile) -> list[Rule]:
    """Return the profile's rule, then one rule for each other number of points in the registry."""
    instrument = get_instrument(instrument_id)
    points = profile.by_instrument("reliable_change").get(instrument_id)
    # The registry's default first: where several entries give the same points, it names them.
    entries = sorted(
        instrument.reliable_change, key=lambda entry: entry.id != instrument.reliable_change_default
    )
    found: dict[int, Rule] = {}
    for entry in entries:
        text = f"{entry.points} points or more ({entry.id}: {entry.source}; {entry.status})"
        found.setdefault(entry.points, Rule(entry.id, entry.points, text))
    others = [found[other] for other in sorted(found) if other != points]
    if points is None:
        return others
    return [
        found.get(points, Rule("profile", points, f"{points} points or more (set by the profile)")),
        *others,
    ]


def count_classes(rows: pd.DataFrame, groups: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Return k and n of the four classes under one rule, under the index of the group."""
    instrument = get_instrument(str(groups["instrument"].iloc[0]))
    due = is_true(rows["due"]) & rows["baseline"].notna()
    paired = due & rows["endpoint_total"].notna()
    change = (rows["endpoint_total"] - rows["baseline"]).astype("Int64")
    better, worse = (-change, change) if instrument.lower_is_better else (change, -change)
    improved, deteriorated = is_true(better >= rule.points), is_true(worse >= rule.points)
    k = {
        "improved": paired & improved,
        "unchanged": paired & ~improved & ~deteriorated,
        "deteriorated": paired & deteriorated,
        "not measured": due & ~paired,
    }
    others = {
        "_paired": paired,
        "_due": due,
        "_low": paired & is_true(lacks_room(rows["baseline"], instrument.id, rule.points)),
        "_high": paired & is_true(lacks_room(rows["baseline"], instrument.id, rule.points, worse=True)),
    }
    found = sum_by_group(rows, groups, {**k, **others}).set_axis(groups.index)
    n = {**dict.fromkeys(k, found["_paired"]), "not measured": found["_due"]}
    stuck = {**dict.fromkeys(k, 0 * found["_due"]), "improved": found["_low"], "deteriorated": found["_high"]}
    counts = [
        groups.assign(k=found[name], n=n[name], n_out_of_reach=stuck[name], **{"class": name}) for name in k
    ]
    table = pd.concat(counts).assign(rule=rule.id, points=rule.points, rule_text=rule.text)
    return table.astype({"class": "string", "rule": "string", "rule_text": "string", "points": "Int64"})
