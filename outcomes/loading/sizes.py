"""How large an input may be before it is refused unread: the bounds of all readers in one place."""

from __future__ import annotations

MAX_TEXT_BYTES = 2_000_000_000
"""Bytes of a text file, E214: ten million rows with three questionnaires each fit in."""

MAX_TEXT_CELLS = 500_000_000
"""Cells of a text table (rows times columns), E214; a cell takes about ten bytes of memory."""

MAX_WORKBOOK_BYTES = 50_000_000
"""Bytes of a workbook as it is stored, E201."""

MAX_EXPANDED, MAX_RATIO, MAX_PARTS = 300_000_000, 200, 2_000
"""Bytes of a workbook's parts when expanded, bytes of a part per stored byte, and number of parts, E201."""

MAX_STATISTICAL_BYTES = 1_000_000_000
"""Bytes of the cells of an SPSS, Stata or SAS transport file when expanded, E214."""

MAX_SHEET_CELLS = 40_000_000
"""Cells of a sheet, E214."""

MAX_COLUMNS = 16_384
"""Columns of any table, as many as a sheet can have, E214."""

MAX_CELL = 32_767
"""Characters of one cell, as many as a cell of a sheet can hold, E213."""
