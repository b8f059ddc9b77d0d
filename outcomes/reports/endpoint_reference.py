"""The reference of endpoints: every definition with formula, edge rules, status and source, as one page."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.definitions.benchmarks import list_benchmarks, read_benchmark_note
from outcomes.definitions.endpoint_words import name_endpoint, name_rule, name_status
from outcomes.definitions.instrument import get_instrument
from outcomes.definitions.profile import Profile, get_profile, list_profiles
from outcomes.definitions.profile_file import KINDS, Setting
from outcomes.reports.file import put_file
from outcomes.reports.markdown import make_table
from outcomes.summaries.rates import GATED, UNGATED

_HEAD = """# Endpoints

Written by `outcomes.write_endpoint_reference("docs/endpoints.md")` from the profiles and docstrings; \
a test keeps it true.
Statuses: **verified** was read in the cited text, **unverified** is second-hand or not confirmed, \
**project** is our own choice.

1. [Rules of the default profile](#rules-of-the-default-profile)
2. [How each is computed](#how-each-is-computed)
3. [Profiles side by side](#profiles-side-by-side)
4. [Quality measures side by side](#quality-measures-side-by-side)
5. [Published rates](#published-rates)
"""
_CHAPTERS: Mapping[str, tuple[str, ...]] = {
    "Series, timing and baseline": ("derive_series", "derive_timeline", "derive_baseline"),
    "One row per course": ("build_courses",),
    "Endpoints of a total": (
        "derive_change", "derive_response", "derive_remission", "derive_severity", "derive_reliable_change",
        "derive_recovery", "derive_change_index", "estimate_slopes", "build_joint_recovery",
    ),
    "Items": ("derive_subscales", "derive_diagnosis", "derive_self_harm"),
    "Onset and relapse": ("build_onset_times", "build_relapse_times"),
    "Rates and effect sizes": (
        "summarize_endpoints", "estimate_rates", "summarize_scores", "summarize_severity_shift",
        "summarize_change_indices", "summarize_cumulative_response", "summarize_visit_intensity",
    ),
    "Safety and dosing": ("summarize_safety", "summarize_dosing", "summarize_self_harm"),
    "Quality measures": ("build_measure", "summarize_measures"),
    "Definitions side by side": ("summarize_profiles", "summarize_benchmarks"),
}  # fmt: skip
_SHOWN = ("phq9", "gad7", "pcl5")
_UNDERLINE = re.compile(r"^-{3,}$")


def write_endpoint_reference(path: str | Path) -> Path:
    """Write the reference of endpoints as Markdown: formulas, edge rules, statuses and sources.

    Parameters
    ----------
    path : str or Path, the file to write; an existing file is replaced

    Returns
    -------
    Path, the file written

    Raises
    ------
    ReportError
        E301 if a folder or link has its name; E302 if the file cannot be written.

    Examples
    --------
    >>> import outcomes as oc
    >>> written = oc.write_endpoint_reference(tmp_path / "endpoints.md")
    >>> written.read_text(encoding="utf-8").splitlines()[0]
    '# Endpoints'
    """
    parts = [_HEAD, *_list_rules(), *_list_functions()]
    kinds = {"series": "Profiles side by side", "index": "Quality measures side by side"}
    for kind, title in kinds.items():
        parts += [f"## {title}\n", *_compare_profiles(kind)]
    parts += ["## Published rates\n", _tabulate_benchmarks(), f"{read_benchmark_note()}\n"]
    return put_file("\n".join(parts).encode("utf-8"), Path(path), replace=True)


def _list_rules() -> list[str]:
    """Every endpoint of the default profile by questionnaire, then the whole profile in words."""
    profile = get_profile("default")
    rows = [
        (
            name_endpoint(endpoint, id, profile=profile),
            get_instrument(id).title,
            name_rule(endpoint, id, profile=profile),
            "eligible" if endpoint in GATED else "due, with both totals",
            name_status(endpoint, id, profile=profile),
        )
        for endpoint in (*GATED, *UNGATED)
        for id in _SHOWN
    ]
    head = ("endpoint", "questionnaire", "true if", "counted of", "least sure status")
    words = "\n".join(f"    {line}" if line else "" for line in str(profile).splitlines())
    return [
        "## Rules of the default profile\n",
        make_table(head, rows),
        "Improvement is baseline minus total where lower is better. Baseline 0: no percent and no response.",
        "A missing total is missing, never false. In words, as `print(oc.get_profile('default'))` says it:\n",
        words + "\n",
    ]  # fmt: skip


def _list_functions() -> list[str]:
    parts = ["## How each is computed\n"]
    package = import_module("outcomes")
    for chapter, names in _CHAPTERS.items():
        parts.append(f"### {chapter}\n")
        for name in names:
            parts.append(_describe_function(name, getattr(package, name)))
    return parts


def _describe_function(name: str, function: Any) -> str:
    """Give a function's first sentence, what missing means, its notes and its sources."""
    sections = _split_docstring(inspect.getdoc(function) or "")
    lines = [f"#### `{name}`\n", sections[""].splitlines()[0], ""]
    for title, head in (("Returns", "Gives: "), ("Notes", "")):
        if title in sections:
            lines += [head + _to_markdown(sections[title]), ""]
    if "References" in sections:
        lines += ["Sources:", "", _list_sources(sections["References"]), ""]
    return "\n".join(lines)


def _split_docstring(text: str) -> dict[str, str]:
    """Give the sections of a numpydoc docstring by title; the beginning under the empty one."""
    lines = text.splitlines()
    starts = [place for place in range(1, len(lines)) if _UNDERLINE.match(lines[place])]
    ends = [*(place - 1 for place in starts[1:]), len(lines)]
    sections = {"": "\n".join(lines[: starts[0] - 1] if starts else lines).strip()}
    for start, end in zip(starts, ends, strict=True):
        sections[lines[start - 1].strip()] = inspect.cleandoc("\n".join(lines[start + 1 : end])).strip()
    return sections


def _to_markdown(text: str) -> str:
    plain = re.sub(r"``(.+?)``", r"`\1`", text, flags=re.DOTALL)
    return re.sub(r"\[(\d+)\]_", r"[\1]", plain)


def _list_sources(text: str) -> str:
    sources = re.split(r"^\.\. \[\d+\] ", text, flags=re.MULTILINE)[1:]
    joined = (" ".join(source.split()) for source in sources)
    return "\n".join(f"{number}. {source}" for number, source in enumerate(joined, start=1))


def _compare_profiles(kind: str) -> list[str]:
    """One table of keys by profile, values with the first letter of their status; then the sources."""
    profiles = [get_profile(id) for id in list_profiles(kind=kind)]
    if kind == "series":
        profiles.sort(key=lambda one: one.id != "default")
    rows = [
        (f"`{key}`", spec.meaning, *(_say_setting(one.settings[key]) for one in profiles))
        for key, spec in KINDS[kind].items()
    ]
    head = ("key", "meaning", *(f"`{one.id}`" for one in profiles))
    said = "V verified, U unverified, P project; (i) inherited from `default`; - not defined or dropped.\n"
    sources = [row for one in profiles for row in _list_setting_sources(one)]
    return [said, make_table(head, rows), "<details><summary>Source of every value</summary>\n",
            make_table(("profile", "key", "status", "source"), sources), "</details>\n"]  # fmt: skip


def _list_setting_sources(profile: Profile) -> list[tuple[str, ...]]:
    return [
        (f"`{profile.id}`", f"`{key}`", _say(one.status), _say(one.source))
        for key, one in profile.settings.items()
        if one.value is not None and not one.inherited
    ]


def _say_setting(setting: Setting) -> str:
    if setting.value is None:
        return "-"
    statuses = setting.status.values() if isinstance(setting.status, Mapping) else [setting.status]
    marks = "/".join(dict.fromkeys(str(status)[0].upper() for status in statuses))
    return f"{_say(setting.value)} {marks}{' (i)' if setting.inherited else ''}"


def _say(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {_say(part)}" for name, part in value.items() if part is not None)
    if isinstance(value, tuple):
        whole = len(value) == 2 and all(isinstance(part, int) for part in value)
        return f"{value[0]}..{value[1]}" if whole else ", ".join(map(str, value))
    return str(value).replace("|", "\\|")


def _tabulate_benchmarks() -> str:
    table = list_benchmarks()
    shown = ["study", "setting", "scale", "endpoint", "rule", "time", "denominator", "share", "analyzed",
             "caveat", "source"]  # fmt: skip
    rows = []
    for row in table.to_dict("records"):
        high = "" if pd.isna(row["share_high"]) else f" to {row['share_high']:g}"
        cells = {**row, "share": f"{row['share']:g}{high} %"}
        cells["analyzed"] = "" if pd.isna(row["analyzed"]) else f"{row['analyzed']:,}"
        rows.append([str(cells[name]) for name in shown])
    return make_table(shown, rows)
