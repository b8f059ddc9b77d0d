"""A clinic's own project: its notebook runs on what was found, each question stands once."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

import outcomes as oc
from outcomes.reports.project import write_project

TEXT = "patient_id,day,{}_total\nA,0,18\nA,14,7\nB,0,20\n"


def start(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text, encoding="utf-8")
    write_project(folder, {name: oc.inspect_source(folder / name) for name in files})
    return (folder / "outcomes.toml").read_text(encoding="utf-8")


def test_the_notebook_draws_every_questionnaire_where_no_infusion_is_known(tmp_path, root, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(root))
    monkeypatch.delenv("MPLBACKEND", raising=False)
    start(tmp_path, {"mood.csv": TEXT.format("phq9"), "worry.csv": TEXT.format("gad7")})
    notebook = nbformat.read(tmp_path / "first_look.ipynb", as_version=4)
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=where).execute()
    drawn = [
        sum("image/png" in output.get("data", {}) for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code" and "plot_trajectories" in cell.source
    ]
    assert drawn == [2, 2]


def test_leave_to_use_dates_is_asked_once_and_a_site_where_folders_tell_them(tmp_path):
    dated = "patient_id,date,phq9_total\nA,2026-01-05,18\n"
    toml = start(tmp_path, {"east/scores.csv": dated, "west/scores.csv": dated})
    assert toml.count("limited_data_set") == 1
    assert '# site = "west" # ASK' in toml
    assert not list(tmp_path.rglob("*.layout.toml")), "nothing but leave to use dates is open"
    start(tmp_path / "more", {"scores.csv": dated.replace("patient_id", "who")})
    assert "limited_data_set" not in (tmp_path / "more" / "scores.layout.toml").read_text(encoding="utf-8")
    (tmp_path / "one").mkdir()
    assert "# site" not in start(tmp_path / "one", {"scores.csv": dated})


def test_a_table_that_does_not_say_what_it_is_is_asked_for_its_role(tmp_path):
    toml = start(tmp_path, {"given.csv": "patient_id,day\nA,0\nA,3\n", "scores.csv": TEXT.format("phq9")})
    assert toml.count('role = "scores" # ASK or infusions') == 1
    assert toml.index("given.csv") < toml.index("# ASK or infusions") < toml.index("scores.csv")


def test_a_dictionary_is_no_source_and_the_file_says_where_it_goes(tmp_path):
    dictionary = (
        "Variable / Field Name,Form Name,Field Type,Field Label,"
        '"Choices, Calculations, OR Slider Labels"\n'
        'phq9_1,mood,radio,Little interest,"0, Not at all | 1, Several days"\n'
    )
    toml = start(tmp_path, {"scores.csv": TEXT.format("phq9"), "dictionary.csv": dictionary})
    assert 'file = "scores.csv"' in toml
    assert 'file = "dictionary.csv"' not in toml
    assert '# Not a source as it is: "dictionary.csv"' in toml
    assert '# dictionary = "dictionary.csv" # ASK if it belongs to this file' in toml
    assert "Name it as dictionary" in toml


def test_nothing_is_written_over(tmp_path):
    start(tmp_path, {"scores.csv": TEXT.format("phq9")})
    (tmp_path / "outcomes.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(oc.ReportError):
        start(tmp_path, {"scores.csv": TEXT.format("phq9")})
    assert (tmp_path / "outcomes.toml").read_text(encoding="utf-8") == "mine"
