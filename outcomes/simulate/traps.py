"""Small made-up exports, each in the shape of a system that trips loaders, with what it must give."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from outcomes.errors import ReportError
from outcomes.simulate.files import write_text
from outcomes.simulate.trap_tables import MAKERS, Trap


def simulate_traps(folder: str | Path, *, seed: int = 1) -> Path:
    """Write made-up exports that trip loaders, and what each of them must give.

    Parameters
    ----------
    folder : new or empty folder
    seed : int, the same seed gives the same files

    Returns
    -------
    Path of the folder: one CSV file per trap, its layout beside it, and expected.json

    Raises
    ------
    ReportError
        E301 if the folder holds anything.

    Notes
    -----
    Every file is made up. The shapes are those of public exports: answers counted from 1, items named from 0,
    an attention check among the items, a total that counts gaps as zero, visits without dates, and more.

    Examples
    --------
    >>> import json, tempfile, pathlib
    >>> import outcomes as oc
    >>> folder = oc.simulate_traps(pathlib.Path(tempfile.mkdtemp()) / "traps")
    >>> json.loads((folder / "expected.json").read_text())["items numbered from zero"]["asks"]
    ['E226', 'E249']
    """
    folder = Path(folder)
    if folder.exists() and any(folder.iterdir()):
        raise ReportError("the folder for the made-up files must be new or empty; it is not. Name another.")
    traps = build_traps(seed)
    for trap in traps:
        write_text(folder / f"{trap.name}.csv", trap.text)
        if trap.layout:
            write_text(folder / f"{trap.name}.layout.toml", trap.layout)
    told = {
        trap.name: {
            key: value for key, value in asdict(trap).items() if key not in ("name", "text", "layout")
        }
        for trap in traps
    }
    write_text(folder / "expected.json", json.dumps(told, indent=1) + "\n")
    return folder


def build_traps(seed: int = 1) -> tuple[Trap, ...]:
    """Give all traps; each draws from a stream of its own, so that one more changes no other."""
    return tuple(make(np.random.default_rng([seed, place])) for place, make in enumerate(MAKERS))
