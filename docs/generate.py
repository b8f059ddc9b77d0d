"""The pages of the site that are made from the package itself: the reference, the instruments, the commands.

`conf.py` calls them before the site is built; nobody edits what they write. Run: python docs/generate.py
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

import outcomes as oc
from outcomes.cli import app
from outcomes.definitions.instrument_types import Instrument
from outcomes.reports.markdown import make_table

# title of a page, the prefixes of its functions, and the promise that they share
GROUPS = {
    "definitions": (
        ("get", "list", "read"),
        "What a questionnaire and an endpoint are: frozen, with sources.",
    ),
    "loading": (("inspect", "load", "score"), "From files to frames; every row ends in the ledger once."),
    "frames": (("check",), "The promises of the frames; what is wrong is said and never repaired."),
    "simulate": (("simulate",), "Made-up clinics with known truth."),
    "derive": (("derive",), "The same rows in the same order, with more columns."),
    "build": (("build",), "Frames of another grain, in which every patient and series is accounted for."),
    "summarize": (("summarize",), "One row per group; every share with its count and interval."),
    "fit": (("fit",), "A frozen Fit with a table, a verdict and notes."),
    "estimate": (("estimate", "compare"), "Estimates from frames and fits, each with a verdict."),
    "plot": (("plot", "describe"), "Pictures on the axes that you pass, and their words."),
    "write": (("write",), "The only functions that write: a whole file or none."),
}


def list_functions(prefixes: Sequence[str] = ()) -> list[str]:
    """The public functions with one of the prefixes; all of them without one."""
    return [name for name in dir(oc) if not prefixes or name.split("_")[0] in prefixes]


def list_classes() -> list[str]:
    """The public classes: values first, then errors."""
    names = [name for name in oc.__all__ if inspect.isclass(getattr(oc, name))]
    return sorted(names, key=lambda name: issubclass(getattr(oc, name), Exception))


def list_frames() -> list[str]:
    """The public schemas of frames."""
    return [name for name in oc.__all__ if name.isupper()]


def write_reference(folder: Path) -> None:
    """A page per verb with its functions, and one page that leads to them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [_head("Reference", "=")]
    lines.append(
        "The prefix of a function says what goes in and what comes out. Every example runs under test.\n"
    )
    lines.append(".. toctree::\n   :maxdepth: 1\n")
    lines += [f"   {name}" for name in (*GROUPS, "values", "command-line")]
    (folder / "index.rst").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, (prefixes, promise) in GROUPS.items():
        functions = list_functions(prefixes)
        title = ", ".join(f"{prefix}\\_" for prefix in prefixes)
        blocks = [_head(title, "="), f"{promise}\n", ".. currentmodule:: outcomes\n"]
        blocks += [".. autosummary::\n   :nosignatures:\n", *(f"   {function}" for function in functions)]
        if name == "frames":
            blocks.append(f"\nThe frames ({', '.join(list_frames())}) are described column by column in the ")
            blocks.append(":doc:`data dictionary <../data-dictionary>`.")
        blocks += ["", *(f".. autofunction:: outcomes.{function}\n" for function in functions)]
        (folder / f"{name}.rst").write_text("\n".join(blocks) + "\n", encoding="utf-8")
    blocks = [_head("Values and errors", "=")]
    blocks += [f".. autoclass:: outcomes.{name}\n   :members:\n" for name in list_classes()]
    (folder / "values.rst").write_text("\n".join(blocks) + "\n", encoding="utf-8")


def write_command_line(path: Path) -> None:
    """The help of every command as it is printed."""
    commands = typer.main.get_command(app)
    blocks = [
        "# Command line\n",
        "Each command calls the public function of its name and prints what it found.\n",
    ]
    for name, command in commands.commands.items():  # type: ignore[attr-defined]
        context = typer.Context(
            command, info_name=f"outcomes {name}", max_content_width=80, terminal_width=80
        )
        blocks.append(f"## outcomes {name}\n\n```text\n{command.get_help(context).rstrip()}\n```\n")
    path.write_text("\n".join(blocks), encoding="utf-8")


def write_instruments(path: Path) -> None:
    """Every questionnaire with its items, and every number with its status and source."""
    blocks = [
        "# Instruments\n",
        "Every questionnaire that is defined, from its TOML file: items, scale, cut lines, reliable change. "
        "*Verified* was read in the source, *unverified* could not be confirmed there, *project* is a choice "
        "of this project. `outcomes instruments phq9` prints the same. Adding one needs no Python "
        "([notebook 11](../notebooks/11_a_new_instrument.ipynb)).\n",
    ]
    ours, others = [], []
    for one in map(oc.get_instrument, oc.list_instruments()):
        (ours if one.recognized else others).append(one)
    for one in (*ours, *others):
        blocks += _describe_instrument(one)
    path.write_text("\n".join(blocks), encoding="utf-8")


def list_numbers(one: Instrument) -> list[tuple[str, str, str, str]]:
    """Every clinical number of an instrument: what it is, its value, its status and its source."""
    rows = [
        (
            "scale",
            f"{one.total_min} to {one.total_max}; items {one.item_min} to {one.item_max}",
            one.scale_status,
            one.scale_source,
        )
    ]
    named = [("caseness", one.caseness), ("smallest important change", one.mcid)]
    named += [("caseness, alternative", cut) for cut in one.caseness_alternatives]
    rows += [(name, f"{cut.op} {cut.value}", cut.status, cut.source) for name, cut in named if cut]
    bands = "; ".join(f"{band.name} {band.low}-{band.high}" for band in one.bands)
    rows += [("severity bands", bands, one.bands_status or "", one.bands_source or "")] if bands else []
    rows += [
        (
            f"reliable change `{change.id}`"
            + (" (default)" if change.id == one.reliable_change_default else ""),
            f"{change.points} points",
            change.status,
            change.source,
        )
        for change in one.reliable_change
    ]
    rows += [(rule.label, f"rule `{rule.id}`", rule.status, rule.source) for rule in one.diagnostic_rules]
    rows += [
        (f"{part.kind}, {part.population}", f"{part.value:g}", part.status, part.source)
        for part in one.reliability
    ]
    rows += [
        (f"SD, {part.population}", f"{part.sd:g}", part.status, part.source) for part in one.published_sd
    ]
    missing = one.missing
    prorated = f"up to {missing.prorate_max_missing}, where prorating is chosen"
    return [*rows, ("items that may be missing", prorated, missing.status, missing.source)]


def _describe_instrument(one: Instrument) -> Iterable[str]:
    yield f"## {one.title}\n"
    said = f"`{one.id}`, version {one.version}. Measures {one.measures}; {one.recall_text}."
    unread = "" if one.recognized else " Read only where a layout names its columns."
    yield f"{said}{unread}\n"
    if one.items:
        yield make_table(
            ("item", "about", "LOINC"),
            [(str(item.number), item.label, item.loinc or "") for item in one.items],
        )
    yield make_table(("number", "value", "status", "source"), list_numbers(one))
    yield f"{' '.join(one.license.split())}\n"


def _head(title: str, mark: str) -> str:
    return f"{title}\n{mark * len(title)}\n"


def write_all(folder: Path) -> None:
    """Everything that the site needs beside the pages that people write."""
    write_reference(folder / "reference")
    write_command_line(folder / "reference" / "command-line.md")
    write_instruments(folder / "instruments.md")


if __name__ == "__main__":
    write_all(Path(__file__).parent)
