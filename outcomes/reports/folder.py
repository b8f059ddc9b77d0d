"""Putting a folder of files in its place: built beside it, renamed when complete, one writer at a time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from outcomes.errors import ReportError

try:
    import fcntl
except ImportError:  # no such locks on Windows: renaming still keeps a folder whole
    fcntl = None  # type: ignore[assignment]


def put_folder(files: Mapping[str, bytes], parent: Path, name: str, *, replace: bool) -> Path:
    """Write files as a folder that is complete or not there.

    Parameters
    ----------
    files : mapping of file name (also "folder/name") to content, written in this order
    parent : Path, made if it does not exist
    name : str, of the folder
    replace : bool, whether an existing folder is replaced

    Returns
    -------
    Path of the folder

    Raises
    ------
    ReportError
        E301 if the folder exists and is not to be replaced, or another run is writing it; E302 if writing
        fails.
    """
    target, new, old = parent / name, parent / f".{name}.new", parent / f".{name}.old"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with _lock(parent / f".{name}.lock"):
            _repair(target, new, old)
            refuse_existing(target, replace=replace)
            try:
                _fill(new, files)
                if target.exists():
                    target.rename(old)
                new.rename(target)
            finally:
                shutil.rmtree(new, ignore_errors=True)
            _sync(parent)
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ReportError(
            (
                f"The report needs a folder that can be written to; the system says: {why}. Choose another "
                "place; nothing was written there."
            ),
            code="E302",
        ) from None
    return target


def _repair(target: Path, new: Path, old: Path) -> None:
    """Finish or undo what an interrupted run left: the earlier report returns if its place is empty."""
    if old.exists() and not target.exists():
        old.rename(target)
    for rest in (new, old):
        if rest.exists():
            shutil.rmtree(rest)


def refuse_existing(target: Path, *, replace: bool) -> None:
    """Refuse a link, and a report that stands there unless it may be replaced (E301)."""
    if target.is_symlink():
        raise ReportError(
            "The report needs a folder of its own; a link has its name. Remove the link.", code="E301"
        )
    if target.exists() and not replace:
        raise ReportError(
            "A report of this quarter is there already, and it is never overwritten unasked. "
            "Use --replace (replace=True), or choose another folder.",
            code="E301",
        )


def _fill(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        with (folder / name).open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    _sync(folder)


def _sync(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold the only right to write; the system takes it back when a run is killed."""
    busy = ReportError(
        "Another run is writing this report. Wait for it, or choose another folder.", code="E301"
    )
    with path.open("ab") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise busy from None
            # the run before may have removed the file between our opening and our locking it
            if not path.exists() or path.stat().st_ino != os.fstat(file.fileno()).st_ino:
                raise busy
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
