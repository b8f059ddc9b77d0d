"""A patient's place in a measure as columns: counted or not, met or not, and the verdict in words."""

from __future__ import annotations

import pandas as pd

from outcomes.endpoints.measure_people import bound_age

_EXCLUDED = ("exclusion",)
_NOT_ESTIMABLE = ("age_unknown", "age_uncertain", "window_not_closed")
_AGES = ("age_unknown", "too_young", "age_uncertain")


def list_age_rules(rows: pd.DataFrame, date: pd.Series, least: int | None) -> dict[str, pd.Series]:
    """Give the reasons by which an age at a date keeps a patient out; none holds without a youngest age."""
    if least is None:
        return dict.fromkeys(_AGES, pd.Series(False, index=rows.index))
    youngest, oldest = bound_age(rows, date)
    return dict(zip(_AGES, (youngest.isna(), oldest < least, youngest < least), strict=True))


def add_verdict(rows: pd.DataFrame, place: pd.Series, flag: pd.Series, counted: pd.Series) -> pd.DataFrame:
    """Add in_denominator, met and verdict.

    Parameters
    ----------
    rows : DataFrame
    place : Series, the reason why a patient is outside; missing where there is none
    flag : Series of boolean, whether the rate is met; missing counts as not met
    counted : Series of bool, who is in the denominator
    """
    met = flag.astype("boolean").fillna(False).where(counted)
    verdict = pd.Series("not in denominator", index=rows.index, dtype="string")
    verdict = verdict.mask(place.isin(_EXCLUDED), "excluded").mask(
        place.isin(_NOT_ESTIMABLE), "not estimable"
    )
    words = met.map({True: "met", False: "not met"}).astype("string")
    return rows.assign(in_denominator=counted, met=met, verdict=verdict.mask(counted, words))
