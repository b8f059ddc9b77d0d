"""What a run found, as the tables that the validation page of the documentation shows."""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "scipy", "pandas", "statsmodels", "lifelines")


def record(name: str, tables: Mapping[str, Iterable[Mapping[str, object]]], **settings: object) -> None:
    """Print the tables of a run and keep them in results/NAME.json, with what they were made with.

    Parameters
    ----------
    name : str, of the script
    tables : mapping of a title to its rows; cells are printed as they are
    settings : what shaped the run, such as the number of clinics
    """
    frames = {title: pd.DataFrame(list(rows)).fillna("").astype(str) for title, rows in tables.items()}
    about = {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "python": platform.python_version(),
        "packages": {package: _find_version(package) for package in PACKAGES},
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "settings": settings,
    }
    content = about | {
        "tables": {
            title: {"columns": list(frame.columns), "rows": frame.to_numpy().tolist()}
            for title, frame in frames.items()
        }
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    print(about)
    for title, frame in frames.items():
        print(f"\n{title}\n{frame.to_string(index=False)}", flush=True)


def _find_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
