"""The keys of an index profile, a quality measure: what each may hold, its unit and its meaning."""

from __future__ import annotations

import math

from outcomes.definitions.keys import Key
from outcomes.definitions.series_keys import SERIES_KEYS

RATES = (
    "follow_up",
    "remission",
    "response",
    "utilization",
    "recovery",
    "reliable_improvement",
    "reliable_recovery",
    "reliable_deterioration",
)
"""The rates that a measure may have."""


def _points(meaning: str) -> Key:
    return Key("whole", "points", meaning, per_instrument=True, nullable=True, on_total=True, low=1)


INDEX_KEYS: dict[str, Key] = {
    "design": Key(
        "choice",
        "",
        "follow_up: an index score and one in a window after it; course: first and last score of a course; "
        "utilization: any score in each third of the year",
        choices=("follow_up", "course", "utilization"),
    ),
    "accepted": Key("texts", "", "other questionnaires that count as the measure's own", nullable=True),
    "min_age": Key("whole", "years", "youngest age at the index", nullable=True),
    "adult_age": Key("whole", "years", "age that divides the strata, if there are any", nullable=True),
    "diagnoses": Key("texts", "", "one of these conditions must be recorded at the index", nullable=True),
    "index_min_total": _points("smallest total that can be the index"),
    "index_months": Key(
        "days",
        "months from the beginning of the measurement year",
        "where the index may lie; the last day is the one before the second",
        low=-math.inf,
    ),
    "index_visit_days": Key(
        "whole",
        "days",
        "the index is recorded so many days before a qualifying visit at the most, or on its day",
        nullable=True,
    ),
    "follow_up_months": Key("whole", "months", "calendar months from the index to the middle of the window"),
    "follow_up_days": Key(
        "days", "days from there", "where the follow-up score may lie", low=-math.inf, nullable=True
    ),
    "rates": Key("choices", "", "what is counted, each on the one denominator", choices=RATES),
    "remission_op": SERIES_KEYS["remission_op"],
    "remission_value": SERIES_KEYS["remission_value"],
    "response_percent": SERIES_KEYS["response_percent"],
    "response_points": SERIES_KEYS["response_points"],
    "response_or_below": _points("a total below it is a response whatever the fall"),
    "caseness": SERIES_KEYS["caseness"],
    "reliable_change": SERIES_KEYS["reliable_change"],
    "min_contacts": Key("whole", "contacts", "fewest attended contacts of a course", nullable=True),
    "missing_fails": Key("bool", "", "whether a missing follow-up score counts as not met"),
    "exclusions": Key(
        "texts", "", "conditions recorded up to the end of the window that take a patient out", nullable=True
    ),
    "prorated": Key("bool", "", "whether prorated totals may enter"),
    "risk_adjusted": Key("bool", "", "whether the original is risk adjusted; ours never is"),
    "min_percent_denominator": SERIES_KEYS["min_percent_denominator"],
}
"""Every key of an index profile, in the order in which tables and documentation show them."""
