"""Fixtures of the loading room: files written and read as tables."""

import json
import sys
from pathlib import Path

import pytest

from outcomes import load_cohort
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


@pytest.fixture
def load_fhir(tmp_path):
    """Load made-up resources, with a layout and a companion Questionnaire where the test needs them."""

    def loader(content, layout="", dictionary=None, name="export.json"):
        text = content if isinstance(content, (str, bytes)) else json.dumps(content)
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        (tmp_path / "layout.toml").write_text(layout)
        lines = [
            "limited_data_set = true",
            "observed_until = 2026-12-31",
            f'[[source]]\nfile = "{name}"\nrole = "scores"',
        ]
        lines.append('layout = "layout.toml"')
        if dictionary is not None:
            (tmp_path / "form.json").write_text(json.dumps(dictionary))
            lines.append('dictionary = "form.json"')
        (tmp_path / "outcomes.toml").write_text("\n".join(lines))
        return load_cohort(tmp_path)

    return loader


@pytest.fixture
def refuse_fhir(load_fhir):
    """The codes of the problems by which made-up resources are refused."""

    def refuser(content, layout="", **settings):
        with pytest.raises(OutcomesError) as caught:
            load_fhir(content, layout, **settings)
        return [problem.code for problem in caught.value.found]

    return refuser
