"""Putting one file in its place: written beside it under another name, then renamed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from outcomes.errors import ReportError


def put_file(content: bytes, path: Path, *, replace: bool) -> Path:
    """Write a file that is complete or not there.

    Parameters
    ----------
    content : bytes
    path : Path, in a folder that exists
    replace : bool, whether an existing file is replaced; a folder, link or device never is

    Returns
    -------
    Path of the file

    Raises
    ------
    ReportError
        E301 if something stands there that is not to be replaced; E302 if writing fails.
    """
    _refuse(path, replace=replace)
    try:
        handle, temporary = tempfile.mkstemp(prefix=".outcomes-", dir=path.parent)
    except OSError as error:
        raise _cannot_write(error) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise _cannot_write(error) from None
    finally:
        Path(temporary).unlink(missing_ok=True)
    return path


def _refuse(path: Path, *, replace: bool) -> None:
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise ReportError(
            "A file of its own is needed; a folder, link or device has this name. Choose another name.",
            code="E301",
        )
    if path.exists() and not replace:
        raise ReportError(
            "A file with this name is there already, and it is never overwritten unasked. "
            "Choose another name, or --replace (replace=True).",
            code="E301",
        )


def _cannot_write(error: OSError) -> ReportError:
    why = error.strerror or type(error).__name__
    return ReportError(
        f"The file needs a folder that exists and can be written to; the system says: {why}. Choose "
        "another place.",
        code="E302",
    )
