"""The versions that a report and a methods text print."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def find_version(name: str) -> str:
    """The version of an installed package, of this one also where it runs from its sources."""
    try:
        return version(name)
    except PackageNotFoundError:
        if name == "outcomes":
            from outcomes import __version__

            return __version__
        return "not installed"
