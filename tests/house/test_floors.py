"""The floors of the house: imports point down, neighbors keep apart, third parties keep to their floor."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "outcomes"

BELOW = {
    "errors": set(),
    "notebook": set(),
    "definitions": {"errors", "notebook"},
    "privacy": {"errors"},
    "schema": {"errors", "notebook", "definitions", "privacy"},
    "loading": {"errors", "notebook", "definitions", "privacy", "schema"},
    "simulate": {"errors", "definitions", "privacy", "schema"},
    "endpoints": {"errors", "definitions", "privacy", "schema"},
    "summaries": {"errors", "notebook", "definitions", "privacy", "schema", "endpoints"},
    "models": {"errors", "notebook", "definitions", "privacy", "schema", "endpoints", "summaries"},
    "figures": {"errors", "definitions", "privacy", "schema", "endpoints", "summaries", "models"},
    "reports": {
        "errors",
        "notebook",
        "definitions",
        "privacy",
        "schema",
        "endpoints",
        "summaries",
        "models",
        "figures",
    },
    "terminal": set(),
    "options": {"errors", "terminal"},
    "cli": {"errors", "options", "terminal"},
    "__main__": {"cli"},
    "__init__": set(),
}
THIRD_PARTIES = {
    "errors": {"pandas"},
    "notebook": {"pandas", "IPython"},
    "definitions": {"pandas", "pydantic"},
    "privacy": {"pandas", "numpy"},
    "schema": {"pandas", "numpy"},
    "loading": {"pandas", "numpy", "openpyxl", "defusedxml", "pydantic", "pyreadstat"},
    "simulate": {"pandas", "numpy", "scipy", "openpyxl"},
    "endpoints": {"pandas", "numpy"},
    "summaries": {"pandas", "numpy", "scipy"},
    "models": {"pandas", "numpy", "scipy", "statsmodels", "lifelines", "patsy", "formulaic"},
    "figures": {"pandas", "numpy", "matplotlib", "seaborn"},
    "reports": {"pandas", "numpy", "matplotlib", "jinja2", "markupsafe", "pydantic", "typst", "xlsxwriter"},
    "terminal": {"typer"},
    "options": {"typer"},
    "cli": {"typer", "rich", "pandas"},
    "__main__": set(),
    "__init__": set(),
}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_its_own_room_and_the_floors_below(path):
    room = room_of(path)
    for name in imports_of(path):
        parts = name.split(".")
        if parts[0] == "outcomes" and len(parts) > 1:
            assert parts[1] == room or parts[1] in BELOW[room], f"{name} is not below {room}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_third_parties_keep_to_their_floor(path):
    room = room_of(path)
    tops = {name.split(".")[0] for name in imports_of(path)}
    foreign = {top for top in tops if top not in sys.stdlib_module_names and top != "outcomes"}
    assert foreign <= THIRD_PARTIES[room], f"{room} may not import {foreign - THIRD_PARTIES[room]}"


def test_lifelines_comes_in_through_one_module():
    users = [
        path.name for path in MODULES if any(name.split(".")[0] == "lifelines" for name in imports_of(path))
    ]
    assert len(users) == 1, users


def test_no_circles_between_modules():
    graph = {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): {
            n for n in imports_of(path) if n.startswith("outcomes.")
        }
        for path in MODULES
        if path.name != "__init__.py"
    }
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail, module))
        if module in done or module not in graph:
            return
        for below in graph[module]:
            visit(below, (*trail, module))
        done.add(module)

    for module in graph:
        visit(module, ())


def test_importing_the_package_loads_nothing_heavy():
    heavy = [
        "pandas",
        "numpy",
        "scipy",
        "statsmodels",
        "lifelines",
        "matplotlib",
        "seaborn",
        "pydantic",
        "openpyxl",
    ]
    code = f"import outcomes, sys; print([name for name in {heavy!r} if name in sys.modules])"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )


def test_definitions_are_read_without_pandas():
    code = "import outcomes as oc, sys; oc.get_profile('default'); print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_files_stay_small():
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES
    }
    assert {name: size for name, size in sizes.items() if size > 320} == {}
