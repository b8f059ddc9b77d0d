"""What a column and a frame are."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.notebook import lay_out


@dataclass(frozen=True)
class Column:
    """One column of a frame.

    Attributes
    ----------
    name : str
    dtype : str, the pandas dtype: string, Int64, Int8, Float64, boolean or datetime64[ns]
    meaning : str, one sentence; says what missing means where that is not plain
    made_by : str, the public function that makes it
    unit : str, empty where the column has none
    """

    name: str
    dtype: str
    meaning: str
    made_by: str
    unit: str = ""


@dataclass(frozen=True)
class Schema:
    """One kind of frame.

    Attributes
    ----------
    name : str
    grain : str, what one row is
    key : tuple of str, the columns that are unique together
    columns : tuple of Column
    required : tuple of str, the verbs whose columns every such frame has; later verbs add the others
    may_lack : tuple of str, the columns of the key that may be missing in a row
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    required: tuple[str, ...]
    may_lack: tuple[str, ...] = ()

    def column(self, name: str) -> Column | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    def _repr_html_(self) -> str:
        kept = ["name", "dtype", "unit", "made_by", "meaning"]
        table = pd.DataFrame([vars(column) for column in self.columns], columns=kept)
        return lay_out(self.name, lines=(self.grain,), table=table)

    @property
    def required_columns(self) -> tuple[Column, ...]:
        """The columns that every such frame has."""
        return tuple(column for column in self.columns if column.made_by in self.required)

    def empty(self) -> pd.DataFrame:
        """A frame without rows that has the required columns."""
        return pd.DataFrame({c.name: pd.Series(dtype=c.dtype) for c in self.required_columns})
