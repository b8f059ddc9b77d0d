"""The frame of events: what onset and relapse share, and who is counted in."""

from __future__ import annotations

import pandas as pd

from outcomes.endpoints.visits import measure_gaps
from outcomes.schema import EVENTS

CARRIED = ("patient_id", "site", "series", "instrument", "quarter", "route", "drug")


def add_visit_counts(events: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Count the visits after the clock started, and measure the gaps between them."""
    counts = visits.groupby("course").size().reindex(events.index).fillna(0).astype("Int64")
    return events.assign(n_scores=counts, median_gap_days=measure_gaps(visits).reindex(events.index))


def arrange_events(events: pd.DataFrame, *, endpoint: str) -> pd.DataFrame:
    """Give the columns of EVENTS in their dtypes, ordered by key; no times where not included."""
    included = events["excluded_reason"].isna()
    events = events.assign(endpoint=endpoint, included=included)
    events = events.sort_values(["patient_id", "series", "instrument"], ignore_index=True)
    events = events.reindex(columns=[column.name for column in EVENTS.columns])
    kept = {*CARRIED, "endpoint", "included", "excluded_reason"}
    blanked = {str(name): events[name].where(events["included"]) for name in events if name not in kept}
    return events.assign(**blanked).astype({column.name: column.dtype for column in EVENTS.columns})
