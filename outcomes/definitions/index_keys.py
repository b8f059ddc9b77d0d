"""The keys of an index profile, a quality measure: what each may hold, its unit and its meaning."""

from __future__ import annotations

from outcomes.definitions.keys import Key
from outcomes.definitions.series_keys import SERIES_KEYS

INDEX_KEYS: dict[str, Key] = {
    **{key: SERIES_KEYS[key] for key in ("min_percent_denominator", "missing_items", "prorate_max_missing")},
}
"""Every key of an index profile, in the order in which tables and documentation show them."""
