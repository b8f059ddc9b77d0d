"""Fixtures that many rooms share: the sample network, loaded and derived once."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("MPLBACKEND", "agg")

ROOT = Path(__file__).resolve().parent.parent
HERE = ("127.0.0.1", "::1", "localhost")


@pytest.fixture(scope="session", autouse=True)
def closed_network() -> Iterator[None]:
    """No test reaches another machine: a socket connects to this one or not at all."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connect_here(own: socket.socket, address: Any) -> None:
        if own.family != socket.AF_UNIX and str(address[0]) not in HERE:
            raise AssertionError("something connects to another machine")
        connect(own, address)

    def look_up_here(host: Any, *rest: Any, **more: Any) -> Any:
        if host not in (None, "", *HERE):
            raise AssertionError("something asks for the address of another machine")
        return look_up(host, *rest, **more)

    socket.socket.connect = connect_here  # type: ignore[method-assign]
    socket.getaddrinfo = look_up_here  # type: ignore[assignment]
    yield
    socket.socket.connect, socket.getaddrinfo = connect, look_up  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def sample_cohort():
    import outcomes as oc

    return oc.load_cohort(ROOT / "sample_data")


@pytest.fixture(scope="session")
def sample_scores(sample_cohort):
    import outcomes as oc

    return oc.derive_endpoints(sample_cohort.scores, sample_cohort.infusions, sample_cohort.patients)


@pytest.fixture(scope="session")
def sample_courses(sample_scores, sample_cohort):
    import outcomes as oc

    return oc.build_courses(sample_scores, sample_cohort.infusions, sample_cohort.patients)


@pytest.fixture(scope="session")
def sample_onset(sample_scores, sample_courses):
    import outcomes as oc

    return oc.build_onset_times(sample_scores, sample_courses)


@pytest.fixture(scope="session")
def sample_relapse(sample_scores, sample_courses, sample_cohort):
    import outcomes as oc

    return oc.build_relapse_times(sample_scores, sample_courses)
