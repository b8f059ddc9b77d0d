"""The tables of the validation page, from what the benchmark scripts found. Run: python docs/validation.py"""

from __future__ import annotations

import json
import re
from pathlib import Path

from outcomes.reports.markdown import make_table

HERE = Path(__file__).parent
PAGE = HERE / "validation.md"
RESULTS = HERE.parent / "benchmarks" / "results"
_MARKED = re.compile(r"(<!-- table: (\w+) / (.*?) -->\n).*?(<!-- end -->)", re.S)


def fill_tables(page: str) -> str:
    """The page with each marked table as the results have it, and what it was made with below."""
    return _MARKED.sub(lambda found: f"{found[1]}\n{_lay_out(found[2], found[3])}\n{found[4]}", page)


def _lay_out(name: str, title: str) -> str:
    run = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    table = run["tables"][title]
    packages = ", ".join(f"{package} {version}" for package, version in run["packages"].items())
    settings = "".join(f"; {key.replace('_', ' ')} {value}" for key, value in run["settings"].items())
    made = f"*`benchmarks/{name}.py`, {run['date']}, Python {run['python']}, {packages}{settings}.*\n"
    return f"{make_table([column.strip() for column in table['columns']], table['rows'])}\n{made}"


if __name__ == "__main__":
    PAGE.write_text(fill_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
