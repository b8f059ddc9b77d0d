"""The data dictionary: every frame and column of the schema as one Markdown page."""

from __future__ import annotations

from pathlib import Path

from outcomes.reports.file import put_file
from outcomes.reports.markdown import make_table
from outcomes.schema import SCHEMAS, Schema

_HEAD = """# Data dictionary

Written by `outcomes.write_data_dictionary("docs/data-dictionary.md")` from `outcomes/schema/`; \
a test keeps it true.
Missing is `<NA>` everywhere: never 0, never False. Days are whole calendar days.
"""


def write_data_dictionary(path: str | Path) -> Path:
    """Write the data dictionary of all frames as Markdown.

    Parameters
    ----------
    path : str or Path, the file to write; an existing file is replaced

    Returns
    -------
    Path, the file written

    Raises
    ------
    ReportError
        E301 if a folder or link has its name; E302 if the file cannot be written.

    Examples
    --------
    >>> import outcomes as oc
    >>> written = oc.write_data_dictionary(tmp_path / "data-dictionary.md")
    >>> written.read_text(encoding="utf-8").splitlines()[0]
    '# Data dictionary'
    """
    text = _HEAD + "".join(_page(schema) for schema in SCHEMAS)
    return put_file(text.encode("utf-8"), Path(path), replace=True)


def _page(schema: Schema) -> str:
    rows = [(f"`{c.name}`", c.dtype, c.unit or "-", c.meaning, f"`{c.made_by}`") for c in schema.columns]
    lines = [
        "",
        f"## {schema.name}",
        "",
        f"{schema.grain[0].upper()}{schema.grain[1:]}. Key: {', '.join(f'`{name}`' for name in schema.key)}.",
        "",
        make_table(("column", "dtype", "unit", "meaning", "made by"), rows),
    ]
    return "\n".join(lines)
