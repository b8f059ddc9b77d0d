"""Published rates with their definitions, to stand beside a clinic's own only where the definitions match."""

from __future__ import annotations

import dataclasses
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from outcomes.definitions.scoring_types import Status
from outcomes.definitions.strict import STRICT, Text, read_strict

if TYPE_CHECKING:
    import pandas as pd

Percent = Annotated[float, Field(ge=0, le=100)]


@dataclass(frozen=True, config=STRICT)
class Benchmark:
    """One published rate; `share` in percent, with `share_high` where the source gives a range."""

    id: Text
    study: Text
    source: Text
    setting: Text
    scale: Text
    instrument: Text
    endpoint: Text
    rule: Text
    window: Text
    gate: Text
    denominator: Text
    time: Text
    share: Percent | int
    status: Status
    share_high: Percent | int | None = None
    analyzed: int | None = None
    treated: int | None = None
    profile: Text | None = None
    caveat: str = ""


@dataclass(frozen=True, config=STRICT)
class _BenchmarkFile:
    note: Text
    benchmarks: tuple[Benchmark, ...]


@cache
def _read_file() -> _BenchmarkFile:
    text = (files("outcomes.definitions") / "benchmarks.toml").read_text(encoding="utf-8")
    return read_strict(text, _BenchmarkFile, label="benchmarks")


def read_benchmark_note() -> str:
    """Give the sentence that stands below every table of published rates."""
    return str(_read_file().note)


def list_benchmarks() -> pd.DataFrame:
    """List published rates of response, remission and deterioration, each with its definition and source.

    Returns
    -------
    DataFrame, one row per study, scale and endpoint: benchmark (id), study, setting, scale, instrument (id of
    the toolkit; mixed or caps5 where it has none), endpoint, rule (with operator and value), window, gate,
    denominator, time, share and share_high (Float64, percent of the denominator; share_high only where a
    range is given), analyzed and treated (Int64, patients; missing where not stated), profile (the one that
    computes a clinic's own rate in this way; missing where none does), caveat, status and source

    Notes
    -----
    Abstract level unless the source says more. What may be compared: summarize_benchmarks.

    Examples
    --------
    >>> import outcomes as oc
    >>> rates = oc.list_benchmarks().set_index("benchmark")
    >>> row = rates.loc["mcinnes2022_response"]
    >>> float(row["share"]), int(row["analyzed"]), int(row["treated"])
    (53.6, 537, 9016)
    """
    import pandas as pd

    rows = [dataclasses.asdict(one) for one in _read_file().benchmarks]
    table = pd.DataFrame(rows).rename(columns={"id": "benchmark"})
    numbers = {"share": "Float64", "share_high": "Float64", "analyzed": "Int64", "treated": "Int64"}
    order = [
        "benchmark", "study", "setting", "scale", "instrument", "endpoint", "rule", "window", "gate",
        "denominator", "time", "share", "share_high", "analyzed", "treated", "profile", "caveat", "status",
        "source",
    ]  # fmt: skip
    texts = dict.fromkeys([name for name in order if name not in numbers], "string")
    return table[order].astype({**texts, **numbers})
