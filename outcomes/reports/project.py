"""A clinic's own project: what a folder of exports needs, written beside them and never over them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from outcomes.errors import ReportError
from outcomes.reports.file import put_file
from outcomes.reports.settings_file import write_report_settings

_ROLES = ("infusions", "patients", "visits", "conditions")  # every other kind holds scores
_GITIGNORE = """\
# Patients' data stay out of version control: everything is ignored but the files named here.
# The notebook is ignored too: its outputs hold data.
*
!.gitignore
!outcomes.toml
!*.layout.toml
!quarterly.toml
"""
_TOP = """\
# The folder of exports: which file plays which role. Complete the lines marked ASK and remove their #;
# outcomes inspect FOLDER says what is still open. Every line is explained in docs/loading.md.
schema = 1
name = "Our clinic"
profile = "default"
# limited_data_set = true      # ASK true if the exports hold calendar dates, and you may use them
# observed_until = 2026-09-30  # ASK with dates: day of the export; it decides who had the time to be scored
# observed_from = 2025-01-01   # if the export begins on a day: courses under way then are left out
"""
_CELLS = (
    ("markdown", "# First look\n\nWhat the folder holds, who is counted, and the first picture."),
    ("code", 'import outcomes as oc\n\ncohort = oc.load_cohort(".")\ncohort'),
    ("markdown", "Every row of every file: used, or excluded for one reason."),
    ("code", "print(oc.describe_ledger(cohort.ledger))"),
    ("markdown", "The scores as they are, from each patient's first one: nothing is judged yet."),
    (
        "code",
        'for instrument in cohort.scores["instrument"].unique():\n'
        '    oc.plot_trajectories(cohort.scores, instrument=instrument, by="first_score")',
    ),
    (
        "markdown",
        'From here on infusions are needed. Without a source with `role = "infusions"` nobody has a '
        "series, and every endpoint says so.",
    ),
    (
        "code",
        "frames, profile = (cohort.infusions, cohort.patients), cohort.profile\n"
        "scores = oc.derive_endpoints(cohort.scores, *frames, profile=profile)\n"
        "courses = oc.build_courses(scores, *frames, profile=profile)\n"
        "rates = oc.summarize_endpoints(courses, profile=profile)\n"
        'shown = ["instrument", "label", "denominator", "k", "n", "share", "conf_low", "conf_high"]\n'
        'rates.query("headline")[shown].round(2)',
    ),
    (
        "code",
        "means = oc.summarize_trajectory(scores)\n"
        'for instrument in scores["instrument"].unique():\n'
        "    oc.plot_trajectories(scores, instrument=instrument, means=means, until=84)",
    ),
)


def write_project(
    folder: str | Path, sources: Mapping[str, Any], *, refused: Mapping[str, str] | None = None
) -> tuple[Path, ...]:
    r"""Write outcomes.toml, layouts, quarterly.toml, a notebook and a .gitignore beside the exports.

    Parameters
    ----------
    folder : str or Path, the folder of exports
    sources : mapping of file name within the folder to the FileReport of inspect_source
    refused : mapping of file name to why it cannot be a source as it is; noted, not listed

    Returns
    -------
    tuple of Path, the files written

    Raises
    ------
    ReportError
        E301 if one of them exists already: nothing is written then; E302 if one cannot be written.

    Notes
    -----
    What a person has to decide is marked ASK. A file with an open question gets its layout beside it.

    Examples
    --------
    >>> import outcomes as oc
    >>> path = tmp_path / "scores.csv"
    >>> _ = path.write_text("patient_id,study_day,phq9_total\\\nA,0,18\\\nA,31,7\\\n", encoding="utf-8")
    >>> written = oc.write_project(tmp_path, {"scores.csv": oc.inspect_source(path)})
    >>> sorted(one.name for one in written)
    ['.gitignore', 'first_look.ipynb', 'outcomes.toml', 'quarterly.toml']
    """
    folder = Path(folder)
    texts = {"outcomes.toml": _TOP, ".gitignore": _GITIGNORE, "first_look.ipynb": _make_notebook()}
    others = dict(refused or {})
    companions = {name: report.companion for name, report in sources.items() if report.companion}
    for name, report in sources.items():
        if name in companions:
            others[name] = " ".join(question.message for question in report.questions)
            continue
        texts["outcomes.toml"] += _list_source(name, report, companions)
        if _has_open_layout(report):
            texts[_name_layout(name)] = _without_leave(report.layout)
    for name, why in others.items():
        texts["outcomes.toml"] += f"\n# Not a source as it is: {json.dumps(name, ensure_ascii=False)}\n"
        texts["outcomes.toml"] += f"#   {' '.join(why.split())}\n"
    there = [name for name in (*texts, "quarterly.toml") if (folder / name).exists()]
    if there:
        raise ReportError(
            f"The project is there already ({', '.join(there[:3])}), and nothing is ever overwritten. Move "
            "these files, or go on with them.",
            code="E301",
        )
    written = [put_file(text.encode("utf-8"), folder / name, replace=False) for name, text in texts.items()]
    return (*written, write_report_settings(folder / "quarterly.toml"))


def _list_source(name: str, report: Any, companions: Mapping[str, str]) -> str:
    """The lines of one file, with its open questions; leave to use dates is asked once, at the top."""
    folder = Path(name).parent
    role = report.kind if report.kind in _ROLES else "scores"
    unsure = f" # ASK or {', '.join(_ROLES)}: its columns do not say" if report.kind is None else ""
    lines = ["", "[[source]]", f"file = {json.dumps(name, ensure_ascii=False)}", f'role = "{role}"{unsure}']
    if folder.parts:
        site = json.dumps(folder.parts[0], ensure_ascii=False)
        lines.append(f"# site = {site} # ASK if the folder is a site, and the file does not name its own")
    if role == "scores":
        lines += [
            f"# {key} = {json.dumps(other, ensure_ascii=False)} # ASK if it belongs to this file"
            for other, key in companions.items()
            if Path(other).parent == folder
        ]
    if _has_open_layout(report):
        lines.append(f"layout = {json.dumps(_name_layout(name), ensure_ascii=False)}")
    asked = [question.message for question in report.questions if question.code != "E104"]
    where = f"to be answered in {_name_layout(name)}: " if _has_open_layout(report) else ""
    lines += [f"# ASK {where}{' '.join(message.split())}" for message in dict.fromkeys(asked)]
    return "\n".join(lines) + "\n"


def _has_open_layout(report: Any) -> bool:
    """Whether the layout asks for more than leave to use dates, which the folder gives."""
    lines = _without_leave(report.layout).splitlines()
    return any("ASK" in line and not line.startswith("# outcomes ") for line in lines)


def _without_leave(layout: str) -> str:
    """The layout without the line on the use of dates, which the folder gives for all of its files."""
    return "".join(line for line in layout.splitlines(keepends=True) if "limited_data_set" not in line)


def _name_layout(name: str) -> str:
    return f"{Path(name).with_suffix('').as_posix()}.layout.toml"


def _make_notebook() -> str:
    cells: list[dict[str, Any]] = [
        {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": text}
        | ({"outputs": [], "execution_count": None} if kind == "code" else {})
        for number, (kind, text) in enumerate(_CELLS)
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return (
        json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"
    )
