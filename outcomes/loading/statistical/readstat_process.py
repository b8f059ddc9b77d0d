"""A process of its own that reads an SPSS, Stata or SAS transport file: damage may crash the library.

It is started by file name and imports nothing of ours. Settings (one line of JSON) and the bytes of the file
come in through standard input, columns go out through standard output, and nothing touches the disk.
"""

from __future__ import annotations

import io
import json
import struct
import sys
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat

_READERS: dict[str, Any] = {
    "sav": pyreadstat.read_sav,
    "dta": pyreadstat.read_dta,
    "xpt": pyreadstat.read_xport,
}


def main() -> None:
    """Read one file and write its columns."""
    settings = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    try:
        answer, blocks = read_columns(data, **settings)
    except (UnicodeError, pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        of_text = isinstance(error, UnicodeError) or "convert" in str(error) or "character" in str(error)
        answer, blocks = {"failed": "encoding" if of_text else "damaged"}, []
    head = json.dumps(answer).encode("ascii")
    sys.stdout.buffer.write(struct.pack("<Q", len(head)) + head)
    for block in blocks:
        sys.stdout.buffer.write(block)


def read_columns(
    data: bytes, *, kind: str, encoding: str | None, max_cells: int, max_bytes: int
) -> tuple[dict[str, Any], list[bytes]]:
    """Read all columns of one file.

    Parameters
    ----------
    data : bytes of the file
    kind : str, "sav", "dta" or "xpt"
    encoding : str or None, for files that state none or a wrong one
    max_cells, max_bytes : int, the size of the table beyond which no further rows are read

    Returns
    -------
    The description of the columns, and for each column its numbers (float64, nan where missing) or, for
    strings, the places of its cells among its distinct strings (int32, -1 where missing)
    """
    read, given = _READERS[kind], {"encoding": encoding, "disable_datetime_conversion": True}
    if kind == "sav":  # declared missing values come as they are, beside their declaration
        given["user_missing"] = True
    _, known = read(io.BytesIO(data), metadataonly=True, **given)
    width = sum(known.variable_storage_width.values()) or 1
    limit = min(max_cells // max(known.number_columns, 1), max_bytes // width) + 1
    columns, meta = read(io.BytesIO(data), output_format="dict", row_limit=limit, **given)
    described, blocks = [], []
    for name, values in columns.items():
        one = {
            "name": name,
            "label": meta.column_names_to_labels.get(name) or "",
            "format": meta.original_variable_types.get(name) or "",
            "storage": meta.readstat_variable_types.get(name) or "",
            "choices": list(meta.variable_value_labels.get(name, {}).items()),
            "missing": [[span["lo"], span["hi"]] for span in meta.missing_ranges.get(name, [])],
        }
        if one["storage"] == "string":
            places, distinct = pd.factorize(np.array(values, dtype=object))
            one["strings"] = [str(text) for text in distinct]
            blocks.append(places.astype("<i4").tobytes())
        else:
            blocks.append(np.array(values, dtype="<f8").tobytes())
        described.append(one)
    rows = {len(values) for values in columns.values()}
    if len(rows) > 1:
        return {"failed": "damaged"}, []
    answer = {
        "columns": described,
        "named": list(meta.column_names),
        "rows": min(rows, default=0),
        "more": any(count >= limit for count in rows),
    }
    return answer, blocks


if __name__ == "__main__":
    main()
