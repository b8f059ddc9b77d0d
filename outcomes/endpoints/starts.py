"""Who started: one row per patient and series of infusions, and one for each patient without any infusion."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import Profile
from outcomes.endpoints.days import count_epoch_days
from outcomes.endpoints.rules import name_first
from outcomes.endpoints.series import build_infusion_days, tell_observed_starts
from outcomes.errors import DataError
from outcomes.schema import require_columns

_SERIES = ["patient_id", "series"]
_PATIENT = (
    "patient_id", "site", "period", "observed_from", "observed_until", "observed_until_day",
    "admission_date",
)  # fmt: skip


def build_starts(
    scores: pd.DataFrame, infusions: pd.DataFrame, patients: pd.DataFrame, *, profile: Profile
) -> pd.DataFrame:
    """Give the series of every patient of any frame, with all that does not depend on a questionnaire.

    Returns
    -------
    DataFrame ordered by patient_id and series, with the columns of COURSES from site to due that concern the
    series, anchor_day, next_series_day and absolute_start; a patient without infusions has one row without
    series
    """
    require_columns(patients, _PATIENT, caller="build_courses")
    days = build_infusion_days(infusions, profile=profile)
    days = days.assign(start_observed=tell_observed_starts(days, patients, profile=profile))
    series = _tabulate_series(days, profile)
    everybody = pd.concat([frame["patient_id"] for frame in (patients, infusions, scores)]).drop_duplicates()
    starts = (
        everybody.sort_values().to_frame().merge(series, on="patient_id", how="left", validate="one_to_many")
    )
    starts = starts.merge(patients[list(_PATIENT)], on="patient_id", how="left", validate="many_to_one")
    sites = pd.concat(
        [starts.set_index("patient_id")["site"], *(_name_sites(frame) for frame in (infusions, scores))]
    )
    starts = starts.assign(site=starts["patient_id"].map(sites.dropna().groupby(level=0, sort=False).first()))
    return _add_observation(_add_quarter(starts), profile)


def _name_sites(frame: pd.DataFrame) -> pd.Series:
    """Give each patient's site; the first in alphabetical order if a frame names several."""
    return frame.dropna(subset=["site"]).groupby("patient_id")["site"].min()


def _tabulate_series(days: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    induction = days["phase"] == "induction"
    first = days.loc[
        days["infusion_number"] == 1, [*_SERIES, "absolute_day", "date", "route", "drug", "start_observed"]
    ]
    first = first.rename(columns={"absolute_day": "absolute_start", "date": "start_date"})
    counts = (
        days.assign(
            is_induction=induction.astype("Int64"),
            is_maintenance=(~induction).astype("Int64"),
            induction_day=days["day"].where(induction),
        )
        .groupby(_SERIES, as_index=False)
        .agg(
            n_infusions=("day", "size"),
            n_induction=("is_induction", "sum"),
            n_maintenance=("is_maintenance", "sum"),
            last_induction_day=("induction_day", "max"),
            last_infusion_day=("day", "max"),
            possible_reinduction=("possible_reinduction", "any"),
        )
    )
    series = first.merge(counts, on=_SERIES, how="left", validate="one_to_one")
    anchored_at_end = profile.value("endpoint_anchor") == "last_induction_infusion"
    series = series.assign(anchor_day=series["last_induction_day"] if anchored_at_end else 0)
    later = days.loc[~induction, [*_SERIES, "day"]].merge(
        series[[*_SERIES, "anchor_day"]], on=_SERIES, how="left", validate="many_to_one"
    )
    later = later[(later["day"] > later["anchor_day"]).fillna(False)]
    maintained = later.groupby(_SERIES, as_index=False).agg(first_maintenance_day=("day", "min"))
    series = series.merge(maintained, on=_SERIES, how="left", validate="one_to_one")
    by_patient = series.groupby("patient_id")["absolute_start"]
    return series.assign(
        start_day=series["absolute_start"] - by_patient.transform("min"),
        next_series_day=by_patient.shift(-1) - series["absolute_start"],
    )


def _add_quarter(starts: pd.DataFrame) -> pd.DataFrame:
    # A period is the quarter of the patient's first infusion: it says nothing about a later series.
    period = starts["period"].where((starts["series"] == 1).fillna(False))
    return starts.assign(quarter=name_quarters(starts["start_date"]).fillna(period))


def name_quarters(dates: pd.Series) -> pd.Series:
    """Name the calendar quarter of each date, '2026Q2' (string; missing where there is no date)."""
    return dates.dt.to_period("Q").astype("string").where(dates.notna())


def _add_observation(starts: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    absolute_start = starts["absolute_start"]
    dated = starts["start_date"].notna()
    until = (count_epoch_days(starts["observed_until"]) - absolute_start).where(dated)
    until = until.fillna(starts["observed_until_day"] - starts["start_day"])
    started = starts["series"].notna()
    unknown = starts.loc[started & until.isna(), "patient_id"].nunique()
    if unknown:
        raise DataError(
            "build_courses needs the last day that the export could contain, to tell a missing score from "
            f"one that is not due yet; {unknown} patients with infusions have neither observed_until nor "
            "observed_until_day. Set observed_until in outcomes.toml, or fill the column of patients.",
            code="E250",
        )
    matured = until >= profile.matured_day
    admission = (count_epoch_days(starts["admission_date"]) - absolute_start).where(dated)
    starts = starts.assign(
        observed_until_day=until,
        matured=matured,
        due=(started & starts["start_observed"] & matured).fillna(False),
        admission_day=admission,
    )
    return starts.assign(induction_status=_name_status(starts, profile))


def _name_status(starts: pd.DataFrame, profile: Profile) -> pd.Series:
    started = starts["series"].notna()
    limits = ("induction_min_infusions", "induction_min_days", "induction_max_days")
    if any(profile.value(key) is None for key in limits):
        return pd.Series("not_defined", index=starts.index, dtype="string").where(started)
    enough = starts["n_induction"] >= profile.value("induction_min_infusions")
    rules = {
        "complete": enough & (starts["last_induction_day"] >= profile.value("induction_min_days")),
        "compressed": enough,
        "in_progress": (starts["n_maintenance"] == 0)
        & (starts["observed_until_day"] <= profile.value("induction_max_days")),
    }
    return name_first(rules, otherwise="incomplete").where(started)
