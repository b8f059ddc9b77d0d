"""What a person at the terminal sees: plain text, progress, and a bug by its place."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import typer


def print_plain(text: str, *, err: bool = False) -> None:
    """Print without control characters, so that a label can not steer the terminal."""
    typer.echo("".join(mark for mark in text if mark == "\n" or mark.isprintable()), err=err)


def show_progress(quiet: bool) -> Callable[[str], None]:
    """Give a callable that prints a sentence and the seconds since now on stderr; silent if quiet."""
    begun = time.monotonic()

    def say(stage: str) -> None:
        if not quiet:
            typer.echo(f"{time.monotonic() - begun:5.1f} s  {stage}", err=True)

    return say


def say_bug(error: BaseException) -> None:
    """Name a bug by its place, never by its text, which may quote data."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = (
        "unknown place"
        if trace is None
        else f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
    )
    typer.echo(
        f"E999 This is a bug in outcomes ({type(error).__name__} at {place}). Nothing was written. "
        "Please report it with the version and the command, without data.",
        err=True,
    )
