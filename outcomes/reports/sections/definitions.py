"""Every definition behind the numbers with its source and status, and what the report was made with."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import Profile, list_definitions
from outcomes.reports.blocks import Column, Count, Section, Table, Text
from outcomes.reports.estimates import N_BOOT
from outcomes.reports.format import find_numbers
from outcomes.reports.sentences import WELL_DAY, say
from outcomes.reports.study import MEASURED_TARGET, Study
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
    profile = study.profile
    frame = list_definitions(profile)
    rows = [
        ("all", "Endpoint score", define_window(profile), "post_window_days"),
        (
            "all",
            "Target for measured",
            f"{100 * MEASURED_TARGET:.0f} % of those due have an endpoint score",
            "",
        ),
        (
            "all",
            "Still well",
            f"responders without relapse {WELL_DAY} days ({WELL_DAY // 7} weeks) after their score",
            "",
        ),
    ]
    for track in study.tracks.values():
        id, title = track.id, track.instrument.title
        rows += [
            (title, "Baseline", define_baseline(id, profile), "baseline_window_days"),
            (title, "Eligible", define_eligible(id, profile), "caseness"),
            (
                title,
                name_endpoint("response", id, profile),
                define_endpoint("response", id, profile),
                _response_key(profile, id),
            ),
            (
                title,
                name_endpoint("remission", id, profile),
                define_endpoint("remission", id, profile),
                "remission_value",
            ),
            (
                title,
                "Reliable improvement",
                define_endpoint("reliable_improvement", id, profile),
                "reliable_change",
            ),
            (
                title,
                "Reliable deterioration",
                define_endpoint("reliable_deterioration", id, profile),
                "reliable_change",
            ),
            (title, "Relapse", define_relapse(id, profile), "relapse_min_total"),
            (title, "Loss of response", define_loss(id, profile), _response_key(profile, id)),
        ]
    titles = {track.instrument.title: track.id for track in study.tracks.values()}
    cells = tuple(
        (
            Text(name if title == "all" else f"{title}: {name}"),
            Text(definition),
            *map(Text, _find_origin(frame, key, titles.get(title, ""))),
        )
        for title, name, definition, key in rows
    )
    columns = tuple(Column(name, numeric=False) for name in ("What", "Definition", "Status", "Source"))
    return Table("definitions-endpoints", "Endpoints in words", columns, cells, (_STATUS_NOTE,))


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
    rows = [(Text(name), Text(version)) for name, version in versions.items()]
    rows.append(
        (Text(f"profile {study.profile.id}, version {study.profile.version}"), Text(study.profile.hash))
    )
    rows += [
        (
            Text(f"instrument {track.id}"),
            Text(
                f"version {track.instrument.version}, totals {track.instrument.total_min} to "
                f"{track.instrument.total_max}"
            ),
        )
        for track in study.tracks.values()
    ]
    rows += [
        (Text("level of all intervals"), Text("95 %")),
        (Text("axes of percents"), Text("0 to 100")),
        (Text("bootstrap samples of an interval-censored curve"), Text(f"{N_BOOT}, seed 0")),
    ]
    return Table(
        "definitions-versions",
        "Made with",
        (Column("What", numeric=False), Column("Version or value", numeric=False)),
        tuple(rows),
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
