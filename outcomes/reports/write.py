"""The only writers: a report as a folder or a page, a frame as a CSV; each whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from outcomes.reports.csv_text import render_csv
from outcomes.reports.file import put_file
from outcomes.reports.folder import put_folder
from outcomes.reports.html import render_html
from outcomes.reports.pdf import render_pdf
from outcomes.reports.pictures import draw_files, draw_pictures
from outcomes.reports.report import Report
from outcomes.reports.results import render_manifest, render_results
from outcomes.reports.settings import name_folder
from outcomes.reports.xlsx import render_xlsx

_LEDGER_COLUMNS = [
    "row_uid",
    "input",
    "sha256",
    "role",
    "sheet",
    "row",
    "status",
    "reason",
    "column",
    "left_out",
]


def write_report(report: Report, folder: str | Path, *, replace: bool = False) -> Path:
    """Write a report as a folder of its own, named after its title, quarter and audience.

    Parameters
    ----------
    report : Report
    folder : str or Path
        Where the report's folder goes; made if it does not exist.
    replace : bool
        Take the place of an earlier report of the same quarter; without it an existing folder is refused.

    Returns
    -------
    Path of the report's folder, with report.html, report.pdf, tables.xlsx (every table), figures (each as SVG
    and PNG), results.json (every number with its shown text), ledger.csv (the state of every row of the
    exports, without values) and manifest.json (sizes, hashes, versions)

    Raises
    ------
    ReportError
        E301 if the folder exists already or another run is writing it; E302 if it cannot be written.

    Notes
    -----
    The folder is built beside its place under another name, the manifest last, and then renamed: what stands
    there is complete, or the earlier report, never a mixture.

    Examples
    --------
    >>> import outcomes as oc
    >>> from outcomes.reports.report import Meta, Report
    >>> made = ("default", "0" * 12, {"outcomes": "0"}, ())
    >>> meta = Meta("Outcome report", "2026Q2", "2026-10-01", "internal", *made)
    >>> written = oc.write_report(Report(meta, (), oc.LEDGER.empty()), tmp_path)
    >>> written.name, sorted(path.name for path in written.iterdir())[:4]
    ('outcome-report-2026Q2-INTERNAL', ['ledger.csv', 'manifest.json', 'report.html', 'report.pdf'])
    """
    pictures = draw_pictures(report)
    files = {
        "report.html": render_html(report, pictures),
        "report.pdf": render_pdf(report, pictures),
        "tables.xlsx": render_xlsx(report),
        **draw_files(report, pictures),
        "results.json": render_results(report),
        "ledger.csv": render_csv(
            report.ledger[[name for name in _LEDGER_COLUMNS if name in report.ledger.columns]]
        ),
    }
    files["manifest.json"] = render_manifest(report, files)
    name = name_folder(report.meta.title, report.meta.period, report.meta.audience)
    return put_folder(files, Path(folder), name, replace=replace)


def write_html(report: Report, path: str | Path) -> Path:
    """Write a report as one self-contained HTML page.

    Parameters
    ----------
    report : Report
    path : str or Path, the file to write; an existing file is replaced

    Returns
    -------
    Path, the file written

    Raises
    ------
    ReportError
        E301 if a folder or link has its name; E302 if
        the file cannot be written.

    Examples
    --------
    >>> import outcomes as oc
    >>> from outcomes.reports.report import Meta, Report
    >>> made = ("default", "0" * 12, {"outcomes": "0"}, ())
    >>> meta = Meta("Outcome report", "2026Q2", "2026-10-01", "internal", *made)
    >>> page = oc.write_html(Report(meta, (), oc.LEDGER.empty()), tmp_path / "report.html")
    >>> page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    True
    """
    return put_file(render_html(report), Path(path), replace=True)


def write_table(frame: pd.DataFrame, path: str | Path, *, replace: bool = False) -> Path:
    """Write a frame as a CSV for spreadsheets.

    Parameters
    ----------
    frame : DataFrame; the index is not written
    path : str or Path, the file to write
    replace : bool, take the place of an existing file; without it an existing file is refused

    Returns
    -------
    Path, the file written: UTF-8, dates as YYYY-MM-DD, missing as empty cells, booleans as true and false

    Raises
    ------
    ReportError
        E301 if the file exists and is not to be replaced, or a folder or link has its name; E302 if
        the file cannot be written.

    Notes
    -----
    A text that a spreadsheet would take for a formula (it starts with = + - @, a tab, a line break, NUL or
    one of their full-width forms) gets a leading apostrophe. Numbers stay numbers.

    Examples
    --------
    >>> import outcomes as oc
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"site": ["Harbor", "=1+1"], "change": pd.array([-3, None], dtype="Int64")})
    >>> print(oc.write_table(frame, tmp_path / "table.csv").read_text(encoding="utf-8"))
    site,change
    Harbor,-3
    '=1+1,
    <BLANKLINE>
    """
    return put_file(render_csv(frame), Path(path), replace=replace)
