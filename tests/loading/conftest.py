"""Fixtures of the loading room: files written and read as tables."""

import sys
from pathlib import Path

import pytest

from outcomes.errors import OutcomesError
from outcomes.loading.tables import read_table

sys.path.insert(0, str(Path(__file__).parent))  # so that tests find the writers of examples beside them


@pytest.fixture
def read(tmp_path):
    """Write bytes or text to a file and read it as a table."""

    def reader(content, name="export.csv", **settings):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, number=1, **settings)

    return reader


@pytest.fixture
def refuse(read):
    """The problem by which a file is refused."""

    def refuser(content, name="export.csv", **settings):
        with pytest.raises(OutcomesError) as caught:
            read(content, name, **settings)
        return caught.value.found[0]

    return refuser
