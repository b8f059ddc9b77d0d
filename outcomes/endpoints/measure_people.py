"""Who may stand in a quality measure: ages, diagnoses, exclusions, and what the export lacks to tell."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from outcomes.definitions.conditions import name_condition
from outcomes.definitions.profile import Profile
from outcomes.schema import Cohort

DAYS_PER_YEAR = 365.25


def list_people(cohort: Cohort) -> pd.DataFrame:
    """Give one row per patient: site, age at the first infusion, its date, and the last observable date."""
    first = cohort.infusions.groupby("patient_id")["date"].min().rename("first_infusion")
    people = cohort.patients[["patient_id", "site", "age", "observed_until"]]
    return people.merge(first.reset_index(), on="patient_id", how="left", validate="one_to_one")


def list_missing_fields(cohort: Cohort, profile: Profile, assume: Collection[str]) -> list[str]:
    """Name what a measure needs and the whole cohort lacks."""
    missing = []
    if not cohort.scores["date"].notna().any():
        missing.append("dates")
    if profile.value("min_age") is not None and not cohort.patients["age"].notna().any():
        missing.append("age")
    needs_visits = profile.value("index_visit_days") is not None or profile.value("design") == "utilization"
    if needs_visits and cohort.visits.empty:
        missing.append("visits")
    diagnosed = not cohort.conditions.empty or cohort.patients["diagnosis"].notna().any()
    if profile.value("diagnoses") is not None and not diagnosed and "all_diagnosed" not in assume:
        missing.append("diagnosis")
    if profile.value("exclusions") and cohort.conditions.empty and "no_exclusions" not in assume:
        missing.append("conditions")
    return missing


def take_scores(cohort: Cohort, profile: Profile) -> pd.DataFrame:
    """Give the dated totals that a measure may use, with `family`: the questionnaire that they stand for.

    A questionnaire that the measure accepts in place of its own stands for the first of its own.
    """
    accepted = dict.fromkeys(profile.value("accepted") or (), profile.instruments[0])
    family = {**{id: id for id in profile.instruments}, **accepted}
    scores = cohort.scores.assign(family=cohort.scores["instrument"].map(family).astype("string"))
    kept = scores["family"].notna() & scores["total"].notna() & scores["date"].notna()
    if not profile.value("prorated"):
        kept &= ~scores["prorated"].fillna(False)
    columns = ["patient_id", "family", "date", "clock", "total", "assessment_id"]
    rows = scores.loc[kept.to_numpy(dtype=bool), columns]
    return rows.assign(clock=rows["clock"].fillna(-1)).sort_values(
        ["patient_id", "family", "date", "clock", "assessment_id"], ignore_index=True
    )


def bound_age(rows: pd.DataFrame, date: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Give the youngest and the oldest that a patient may be on a date, in years (Int64).

    The age is known at the first infusion in whole years, and the birthday is not known.
    """
    years = (date - rows["first_infusion"]).dt.days / DAYS_PER_YEAR
    low, high = (
        pd.Series(one, index=rows.index).astype("Float64") for one in (np.floor(years), np.ceil(years))
    )
    age = rows["age"].astype("Int64")
    return age + low.astype("Int64"), age + high.astype("Int64")


def find_conditions(
    cohort: Cohort, rows: pd.DataFrame, wanted: Collection[str], until: pd.Series
) -> pd.Series:
    """Tell which patients have one of the conditions recorded up to a date, or without a date (bool)."""
    names = cohort.patients[["patient_id", "diagnosis"]].dropna()
    stated = pd.DataFrame(
        {
            "patient_id": names["patient_id"],
            "condition": names["diagnosis"].map(lambda text: name_condition(str(text))),
            "date": pd.Series(pd.NaT, index=names.index, dtype="datetime64[ns]"),
        }
    )
    recorded = cohort.conditions[["patient_id", "condition", "date"]]
    known = pd.concat([frame.astype(recorded.dtypes.to_dict()) for frame in (recorded, stated)])
    known = known[known["condition"].isin(list(wanted))]
    first = known.assign(date=known["date"].fillna(pd.Timestamp.min)).groupby("patient_id")["date"].min()
    since = rows["patient_id"].map(first)
    return (since <= until.fillna(pd.Timestamp.min)) & since.notna()
