"""Every definition behind the numbers with its source and status, and what the report was made with."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.definition_table import list_definitions
from outcomes.definitions.profile import Profile
from outcomes.reports.blocks import Column, Count, Section, Table, Text
from outcomes.reports.format import find_numbers
from outcomes.reports.sentences import say
from outcomes.reports.settings import list_settings
from outcomes.reports.study import Study
from outcomes.reports.words import (
    define_baseline,
    define_eligible,
    define_endpoint,
    define_loss,
    define_relapse,
    define_window,
    name_endpoint,
)

_STATUS_NOTE = (
    "verified: read in the cited text or its abstract. unverified: second-hand or not confirmed. "
    "project: "
    "a choice made here, no source claims it."
)


def section_definitions(
    study: Study, versions: dict[str, str], inputs: tuple[tuple[int, str, str, int], ...]
) -> Section:
    """Endpoints as sentences, all settings of the profile, versions and inputs."""
    changed = study.profile.changed
    sentence = say(
        "profile",
        "Definitions come from the profile {id}, content hash {hash}.",
        id=Text(study.profile.id),
        hash=Text(study.profile.hash),
    )
    settings = (
        say("changed", f"Set by the user for this report: {', '.join(changed)}.")
        if changed
        else say("unchanged", "No setting of the profile was changed for this report.")
    )
    blocks = (
        sentence,
        settings,
        _tabulate_endpoints(study),
        _tabulate_settings(study.profile),
        _tabulate_versions(study, versions),
        _tabulate_inputs(inputs),
    )
    return Section("definitions", "Definitions", "What exactly was counted, and who says so?", blocks)


def _tabulate_endpoints(study: Study) -> Table:
    """Each endpoint in words; instruments whose definition rests on one source share a row."""
    profile = study.profile
    frame = list_definitions(profile)
    rows: dict[tuple[str, str, str], list[str]] = {}
    rows["Endpoint score", *_find_origin(frame, "post_window_days", "")] = [define_window(profile)]
    listed = [
        [(track.id, *one) for one in _list_endpoints(track.id, track.instrument.title, profile)]
        for track in study.tracks.values()
    ]
    for kind in zip(*listed, strict=True):
        for id, name, definition, key in kind:
            rows.setdefault((name, *_find_origin(frame, key, id)), []).append(definition)
    cells = [
        (Text(name), Text("; ".join(told)), Text(status), Text(source))
        for (name, status, source), told in rows.items()
    ]
    chosen = "; ".join(f"{meaning}: {value}" for meaning, value in list_settings(study.settings))
    cells.append((Text("This report"), Text(chosen), Text("project"), Text("settings of the report")))
    columns = tuple(Column(name, numeric=False) for name in ("What", "Definition", "Status", "Source"))
    return Table("definitions-endpoints", "Endpoints in words", columns, tuple(cells), (_STATUS_NOTE,))


def _list_endpoints(id: str, title: str, profile: Profile) -> list[tuple[str, str, str]]:
    """Name, definition and the key that it rests on, of one instrument."""
    response, remission = (name_endpoint(name, id, profile) for name in ("response", "remission"))
    answered = _response_key(profile, id)
    better, worse = (
        define_endpoint(name, id, profile) for name in ("reliable_improvement", "reliable_deterioration")
    )
    change = better if better == worse else f"{better} (improvement) or above it (deterioration)"
    return [
        ("Baseline", define_baseline(id, profile), "baseline_window_days"),
        ("Eligible", f"{title}: {define_eligible(id, profile)}", "caseness"),
        (response, define_endpoint("response", id, profile), answered),
        (remission, define_endpoint("remission", id, profile), "remission_value"),
        ("Reliable change", change, "reliable_change"),
        ("Relapse", define_relapse(id, profile), "relapse_min_total"),
        ("Loss of response", define_loss(id), answered),
    ]


def _response_key(profile: Profile, id: str) -> str:
    return (
        "response_points" if profile.by_instrument("response_percent").get(id) is None else "response_percent"
    )


def _find_origin(frame: pd.DataFrame, key: str, instrument: str) -> tuple[str, str]:
    rows = frame[(frame["key"] == key) & frame["instrument"].isin([instrument, ""])]
    if rows.empty:
        return ("project", "project choice")
    row = rows.iloc[-1]
    return str(row["status"]), str(row["source"])


def _tabulate_settings(profile: Profile) -> Table:
    columns = tuple(
        Column(name, numeric=False)
        for name in ("Setting", "Instrument", "Value", "Meaning", "Status", "Source")
    )
    rows = []
    for row in list_definitions(profile).to_dict("records"):
        numeric = bool(find_numbers(row["value"]))
        value = (
            f"{row['value']} {row['unit']}".strip() if numeric and len(row["unit"]) <= 12 else row["value"]
        )
        marks = [
            mark for mark, holds in (("changed", row["changed"]), ("inherited", row["inherited"])) if holds
        ]
        status = ", ".join([row["status"], *marks]).strip(", ")
        rows.append(
            tuple(
                Text(str(part))
                for part in (row["key"], row["instrument"], value, row["meaning"], status, row["source"])
            )
        )
    return Table(
        "definitions-settings", f"All settings of the profile {profile.id}", columns, tuple(rows), folded=True
    )


def _tabulate_versions(study: Study, versions: dict[str, str]) -> Table:
    profile = study.profile
    made = {name: version for name, version in versions.items() if name == "outcomes"}
    libraries = ", ".join(f"{name} {version}" for name, version in versions.items() if name not in made)
    instruments = "; ".join(
        f"{track.id} version {track.instrument.version}, totals {track.instrument.total_min} to "
        f"{track.instrument.total_max}"
        for track in study.tracks.values()
    )
    rows = [
        *made.items(),
        ("Python and libraries", libraries),
        (f"profile {profile.id}, version {profile.version}", profile.hash),
        ("instruments", instruments),
        ("level of all intervals; axes of percents", "95 %; 0 to 100"),
    ]
    return Table(
        "definitions-versions",
        "Made with",
        (Column("What", numeric=False), Column("Version or value", numeric=False)),
        tuple((Text(name), Text(value)) for name, value in rows),
    )


def _tabulate_inputs(inputs: tuple[tuple[int, str, str, int], ...]) -> Table:
    columns = (
        Column("Input", numeric=False),
        Column("SHA-256 begins with", numeric=False),
        Column("Role", numeric=False),
        Column("Rows"),
    )
    rows = tuple(
        (Text(f"input-{number}"), Text(sha256), Text(role), Count(count))
        for number, sha256, role, count in inputs
    )
    return Table("definitions-inputs", "Read from", columns, rows)
