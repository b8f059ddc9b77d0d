"""The fenced blocks of the pages, run as a reader would: the tests compare, and as a script it fills in.

A block is what its first line says. `python` runs, one namespace per page; `sh` runs its lines that begin
with `outcomes`; `csv NAME` and `toml NAME` are files to write; `toml edit:NAME` are lines to complete in a
file, as a person does with those marked ASK; `toml add:NAME` is appended. A `text` block is what the block
before it prints, with `...` for what changes from run to run. Run: python docs/blocks.py PAGE ...
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FENCE = re.compile(r"^```(\S*)[ ]?([^\n]*)\n(.*?)^```$", re.S | re.M)


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, what else its first line says, its text, and where the text lies."""

    language: str
    about: str
    text: str
    span: tuple[int, int]


def find_blocks(page: str) -> list[Block]:
    """The fenced blocks of a page in order."""
    return [Block(found[1], found[2], found[3], found.span(3)) for found in FENCE.finditer(page)]


def run_blocks(blocks: list[Block]) -> list[tuple[Block, str, Block | None]]:
    """Run what runs, in the current folder; each with what it printed and the text block that follows it."""
    names: dict[str, object] = {}
    done = []
    for place, block in enumerate(blocks):
        follows = blocks[place + 1] if place + 1 < len(blocks) else None
        shown = follows if follows is not None and follows.language == "text" else None
        if block.language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                exec(compile(block.text, "a page of docs/", "exec"), names)
            done.append((block, printed.getvalue(), shown))
        elif block.language == "sh":
            done.append((block, _run_commands(block), shown))
        elif block.about:
            _put_file(block)
    return done


def matches(shown: str, printed: str) -> bool:
    """Whether the text of a page is what was printed; three dots stand for anything."""
    return doctest.OutputChecker().check_output(
        _strip(shown), _strip(printed), doctest.ELLIPSIS if "..." in shown else 0
    )


def _run_commands(block: Block) -> str:
    commands = [
        line.split("#")[0].strip() for line in block.text.splitlines() if line.startswith("outcomes ")
    ]
    printed = ""
    for command in commands:
        run = [sys.executable, "-m", *command.split()]
        done = subprocess.run(run, capture_output=True, text=True, check=False)
        if done.returncode not in _allowed(block):
            raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        printed += done.stdout
    return printed


def _allowed(block: Block) -> tuple[int, ...]:
    """Exit codes: 0, or the one that the first line of the block names, as in `sh exit:14`."""
    return (int(block.about.removeprefix("exit:")),) if block.about.startswith("exit:") else (0,)


def _put_file(block: Block) -> None:
    how, _, name = block.about.rpartition(":")
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    if how == "edit":
        text = path.read_text(encoding="utf-8")
        for line in block.text.splitlines():
            key = re.escape(line.split("=")[0].strip())
            text, found = re.subn(rf"^(# )?{key} =.*$", lambda _, line=line: line, text, count=1, flags=re.M)
            if not found:
                raise AssertionError(f"{name} has no line to complete for: {line}")
        path.write_text(text, encoding="utf-8")
    elif how == "add":
        path.write_text(path.read_text(encoding="utf-8") + "\n" + block.text, encoding="utf-8")
    else:
        path.write_text(block.text, encoding="utf-8")


def _strip(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines()) + "\n"


def fill(path: Path) -> None:
    """Write what the blocks of a page print into the text blocks that follow them, where they differ."""
    page = path.read_text(encoding="utf-8")
    for _, printed, shown in reversed(run_in_folder(page)):
        if shown is not None and not matches(shown.text, printed):
            start, end = shown.span
            page = page[:start] + _strip(printed) + page[end:]
    path.write_text(page, encoding="utf-8")


def run_in_folder(page: str) -> list[tuple[Block, str, Block | None]]:
    """Run a page in a new folder that holds the sample data and nothing else."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            Path("sample_data").symlink_to(HERE.parent / "sample_data")
            return run_blocks(find_blocks(page))
        finally:
            os.chdir(before)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        fill(Path(name).resolve())
