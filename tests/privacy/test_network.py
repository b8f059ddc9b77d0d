"""Nothing is sent: the guard of the whole suite refuses other machines, and the package names none."""

from __future__ import annotations

import re
import socket
import urllib.request

import pytest


def test_the_guard_refuses_another_machine():
    with pytest.raises(AssertionError, match="another machine"):
        urllib.request.urlopen("http://192.0.2.1/", timeout=1)
    with pytest.raises(AssertionError, match="another machine"):
        socket.getaddrinfo("example.org", 80)


def test_this_machine_is_reached():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with socket.create_connection(server.getsockname()):
            pass


def test_the_package_imports_nothing_that_talks_to_others(root):
    talking = re.compile(
        r"^\s*(?:import|from) (?:urllib\.request|http|requests|socket|ftplib|smtplib)\b", re.M
    )
    found = [
        path.name
        for path in (root / "outcomes").rglob("*.py")
        if talking.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
