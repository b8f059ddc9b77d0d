"""The arguments and options that commands share, and how their text is read."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from outcomes.errors import ReportError
from outcomes.terminal import print_plain

Source = Annotated[
    Path, typer.Argument(help="Folder with outcomes.toml, or one file of scores.", show_default=False)
]
Layout = Annotated[
    Path | None,
    typer.Option("--layout", help="Layout file for one source (TOML). Default: none.", show_default=False),
]
ProfileName = Annotated[
    str | None,
    typer.Option("--profile", help="Definition profile. Default: the folder's own.", show_default=False),
]
Dictionary = Annotated[
    Path | None,
    typer.Option("--dictionary", help="REDCap dictionary or FHIR Questionnaire.", show_default=False),
]
Events = Annotated[Path | None, typer.Option("--events", help="REDCap events file.", show_default=False)]
Replace = Annotated[bool, typer.Option("--replace", help="Replace what an earlier run wrote there.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress lines on stderr.")]


def parse_quarter(text: str) -> str:
    """Give the quarter as it is written, or say how."""
    if not re.fullmatch(r"\d{4}Q[1-4]", text):
        raise typer.BadParameter("a quarter is written such as 2026Q2.")
    return text


def write_settings(path: Path | None) -> None:
    """Write the settings file to start from, and end."""
    if path is None:
        return
    import outcomes

    outcomes.write_report_settings(path)
    print_plain(f"Written to {path}. Next: outcomes report FOLDER --quarter 2026Q2 --settings {path}")
    raise typer.Exit


def parse_date(text: str | None) -> str | None:
    """Give the date as it is written, or say how."""
    try:
        return None if text is None else date.fromisoformat(text).isoformat()
    except ValueError:
        raise typer.BadParameter("a date is written YYYY-MM-DD.") from None


Quarter = Annotated[
    str,
    typer.Option(
        "--quarter",
        help="Quarter of the first infusion, e.g. 2026Q2.",
        show_default=False,
        callback=parse_quarter,
    ),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file (TOML). Default: none.", show_default=False),
]
Init = Annotated[
    Path | None,
    typer.Option(
        "--init",
        help="Write a commented settings file here, and stop.",
        show_default=False,
        is_eager=True,
        callback=write_settings,
    ),
]
ReportDate = Annotated[
    str | None,
    typer.Option(
        "--report-date",
        help="Date stamp YYYY-MM-DD. Default: today.",
        show_default=False,
        callback=parse_date,
    ),
]


def refuse_inputs(source: Path, *outputs: Path | None) -> None:
    """Never write over what was read, whatever else was asked for."""
    folder = source.resolve() if source.is_dir() else None
    for path in outputs:
        if path is None or not path.exists():
            continue
        target = path.resolve()
        if target == source.resolve() or (folder is not None and target.is_relative_to(folder)):
            message = "The exports are never overwritten; this file is among them. Choose another name."
            raise ReportError(message, code="E301")
