"""The patients of the waterfall: who is drawn, in which category, in which order, and who is left out."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outcomes.definitions.instrument import Instrument
from outcomes.definitions.profile import Profile
from outcomes.figures.style import BLUE, GRAY, GREEN, SKY, VERMILION
from outcomes.schema import require_columns
from outcomes.summaries.categories import find_category, summarize_categories

_FLAGS = ("remission", "response", "reliable_improvement", "reliable_deterioration")
_NEEDED = (
    *("series", "instrument", "due", "eligible", "baseline", "endpoint_total", "change", "percent_change"),
    *_FLAGS,
)


@dataclass(frozen=True)
class Category:
    """What a change amounts to, and how it is drawn: a color, and a hatch for readers who cannot use it."""

    flag: str
    color: str
    hatch: str


CATEGORIES = (
    Category("remission", GREEN, "///"),
    Category("response", BLUE, ""),
    Category("reliable_improvement", SKY, "..."),
    Category("no_reliable_change", GRAY, ""),
    Category("reliable_deterioration", VERMILION, "xxx"),
)


def select_due(courses: pd.DataFrame, instrument: str, *, caller: str) -> pd.DataFrame:
    """The due patients of the instrument, first series; a missing flag is not due and not eligible."""
    require_columns(courses, _NEEDED, caller=caller)
    first = (courses["instrument"] == instrument) & (courses["series"] == 1)
    due = courses["due"].astype("boolean").fillna(False)
    people = courses[(first.fillna(False) & due).astype(bool)]
    return people.assign(eligible=people["eligible"].astype("boolean").fillna(False).astype(bool))


def order_changes(people: pd.DataFrame, column: str) -> pd.DataFrame:
    """The eligible with a change: category and value, by category and then from fall to rise."""
    measured = people[people["eligible"] & people[column].notna()]
    category = find_category(measured)
    place = category.map({one.flag: place for place, one in enumerate(CATEGORIES)})
    value = measured[column].astype("float64")
    ordered = measured.assign(category=category, place=place, value=value)
    return ordered.sort_values(["place", "value"], kind="stable", ignore_index=True)


def name_categories(profile: Profile, instrument: Instrument) -> dict[str, str]:
    """Words for each category; "only" tells that none of the categories above it fits."""
    points = profile.by_instrument("response_points").get(instrument.id)
    percent = profile.by_instrument("response_percent").get(instrument.id)
    response = "response" if percent is not None or points is None else f"{points}-point improvement"
    return {
        "remission": profile.by_instrument("remission_label").get(instrument.id) or "remission",
        "response": f"{response} only",
        "reliable_improvement": "reliable improvement only",
        "no_reliable_change": "no reliable change",
        "reliable_deterioration": "reliable deterioration",
        "no_endpoint_total": "no endpoint total",
    }


def count_categories(shown: pd.DataFrame, profile: Profile) -> dict[str, int]:
    """Patients drawn in each category, also where there are none."""
    counts = summarize_categories(shown, profile=profile).set_index("category")["k"]
    return {category.flag: int(counts.get(category.flag, 0)) for category in CATEGORIES}


def say_left_out(people: pd.DataFrame) -> str:
    """Who is due and not drawn, and how many of them are reliably worse; empty where nobody is left out."""
    left_out = people[~people["eligible"]]
    without = int(left_out["baseline"].isna().sum())
    below = len(left_out) - without
    worse = int(left_out["reliable_deterioration"].astype("boolean").fillna(False).sum())
    parts = [f"{below:,} with a baseline below the cut-off"] if below else []
    parts += [f"{without:,} without a baseline"] if without else []
    if not parts:
        return ""
    return f"Not drawn: {' and '.join(parts)}{f' ({worse:,} of them reliably worse)' if worse else ''}."


def say_nobody(people: pd.DataFrame, instrument: Instrument) -> str:
    """The sentence that stands in place of a picture without patients."""
    if people.empty:
        return f"No patient is due for a {instrument.title} endpoint in this period."
    nobody = f"No patient has a {instrument.title} baseline at or above the cut-off in this period."
    return f"{nobody} {say_left_out(people)}"
