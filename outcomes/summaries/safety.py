"""What sessions recorded of safety, and how often doses were given: plain counts, never a rate of nothing."""

from __future__ import annotations

import pandas as pd

from outcomes.errors import DataError
from outcomes.schema import require_columns
from outcomes.summaries.clusters import find_clustered_interval, measure_clusters
from outcomes.summaries.groups import By, is_true, list_by, sum_by_group

FLAGS = ("nausea", "urinary_symptoms", "cognitive_complaints")
MEASURES = {"systolic_rise": "mmHg", "diastolic_rise": "mmHg", "dissociation_total": "points"}
_COLUMNS = (
    *FLAGS, "systolic_before", "systolic_peak", "diastolic_before", "diastolic_peak", "dissociation_total",
)  # fmt: skip
_DAYS_PER_YEAR = 365.25


def summarize_safety(infusions: pd.DataFrame, *, by: By = None) -> pd.DataFrame:
    """Describe what infusion sessions recorded: nausea, blood pressure rise, dissociation, long-term signs.

    Parameters
    ----------
    infusions : DataFrame (INFUSIONS)
    by : str or list of str, optional
        Columns of INFUSIONS that make the groups, for example "site" or "route".

    Returns
    -------
    DataFrame
        One row per group and sign: sign, unit (empty for signs that are found or not), n_infusions (all),
        n (of them with an answer or a value), n_patients (with any), k (sessions in which it was
        found), share, conf_low, conf_high (of n; for signs that are found or not), k_patients
        (patients in whom it was ever found), mean, sd, median and highest (for measured ones). Missing where
        nothing is recorded: not recorded is not absent.

    Raises
    ------
    DataError
        If a column of INFUSIONS is missing.

    Notes
    -----
    Blood pressure rise: the highest value after the dose minus the one before it, of sessions with both.
    Sessions of one patient resemble one another: intervals are Wilson's with n over the design effect of
    patients (summarize_endpoints). Plain counts of what was written down: whoever asks more finds more.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> infusions = oc.INFUSIONS.empty().reindex(range(3)).assign(
    ...     patient_id=["A", "A", "B"], nausea=pd.array([True, False, None], dtype="boolean")
    ... )
    >>> row = oc.summarize_safety(infusions).set_index("sign").loc["nausea"]
    >>> [int(row[name]) for name in ("n_infusions", "n", "k", "k_patients")]
    [3, 2, 1, 1]
    """
    columns = list_by(by)
    require_columns(infusions, ("patient_id", *_COLUMNS, *columns), caller="summarize_safety")
    rows = infusions.assign(
        systolic_rise=infusions["systolic_peak"] - infusions["systolic_before"],
        diastolic_rise=infusions["diastolic_peak"] - infusions["diastolic_before"],
        _all="all",
    )
    groups = _list_groups(rows, columns)
    parts = [_describe(rows, groups, sign) for sign in (*FLAGS[:1], *MEASURES, *FLAGS[1:])]
    counts = ["n_infusions", "n", "n_patients", "k", "k_patients"]
    numbers = ["share", "conf_low", "conf_high", "mean", "sd", "median", "highest"]
    shown = [*columns, "sign", "unit", *counts, *numbers]
    table = pd.concat([part.reindex(columns=shown).astype(object) for part in parts])
    table = table.sort_index(kind="stable").reset_index(drop=True)
    return table.astype(
        {
            "sign": "string",
            "unit": "string",
            **dict.fromkeys(counts, "Int64"),
            **dict.fromkeys(numbers, "Float64"),
        }
    )


def _list_groups(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Give the groups, or one row for everyone."""
    keys = columns or ["_all"]
    return rows[keys].drop_duplicates().sort_values(keys, ignore_index=True)


def _describe(rows: pd.DataFrame, groups: pd.DataFrame, sign: str) -> pd.DataFrame:
    keys, recorded = list(groups.columns), rows[sign].notna()
    counts = sum_by_group(rows, groups, {"n_infusions": rows["_all"].notna(), "n": recorded})
    kept = rows[recorded]
    people = kept.groupby(keys, dropna=False, observed=True)["patient_id"].nunique().rename("n_patients")
    table = counts.merge(people.reset_index(), on=keys, how="left", validate="1:1").fillna({"n_patients": 0})
    table = table.assign(sign=sign, unit=MEASURES.get(sign, ""))
    if sign in MEASURES:
        values = kept.assign(_value=kept[sign].astype("Float64")).groupby(keys, dropna=False, observed=True)[
            "_value"
        ]
        found = values.agg(mean="mean", sd="std", median="median", highest="max").reset_index()
        table = table.merge(found, on=keys, how="left", validate="1:1")
        return table
    hits = recorded & is_true(rows[sign])
    ever = rows[hits].groupby(keys, dropna=False, observed=True)["patient_id"].nunique().rename("k_patients")
    found = sum_by_group(rows, groups, {"k": hits}).merge(
        ever.reset_index(), on=keys, how="left", validate="1:1"
    )
    known = table["n"] > 0
    table = table.assign(
        k=found["k"].where(known), k_patients=found["k_patients"].fillna(0).astype("Int64").where(known)
    )
    spread = measure_clusters(rows, groups, recorded, hits)
    shares = table.assign(n=table["n"].where(known), design_effect=spread["design_effect"])
    low, high = find_clustered_interval(shares)
    share = table["k"].astype("Float64") / table["n"].where(known)
    return table.assign(share=share, conf_low=low, conf_high=high)


def summarize_dosing(infusions: pd.DataFrame, patients: pd.DataFrame, *, by: By = None) -> pd.DataFrame:
    """Count how often patients were treated: doses a year of observed time, series, maintenance.

    Parameters
    ----------
    infusions : DataFrame (INFUSIONS after derive_series)
    patients : DataFrame (PATIENTS)
    by : str or list of str, optional
        Columns of INFUSIONS that make the groups, for example "site" or "route"; a patient with infusions of
        several groups counts in each with the doses of that group, and with all of the observed time.

    Returns
    -------
    DataFrame
        One row per group: n_patients, n_infusions (infusion days), n_series, n_several_series (patients with
        more than one), patient_years (from the first infusion to the last observable day), doses_per_year
        (infusion days over patient-years), median_per_patient, highest_per_patient (infusion days),
        n_maintenance (infusion days after induction), median_gap_days (between infusions of a series) and
        dose_mg_mean and dose_mg_per_kg_mean (of the administrations that state them). Missing where there is
        nothing to divide by.

    Raises
    ------
    DataError
        If a column is missing, or a patient with infusions has no last observable day.

    Notes
    -----
    Several administrations of one date are one infusion day. A year of observed time holds the time without
    infusions too: those who stopped are in it.

    Examples
    --------
    >>> import outcomes as oc
    >>> cohort = oc.load_cohort("sample_data")
    >>> dosing = oc.summarize_dosing(oc.derive_series(cohort.infusions), cohort.patients)
    >>> int(dosing["n_patients"].iloc[0]) <= len(cohort.patients)
    True
    """
    columns = list_by(by)
    needs = (
        "patient_id",
        "series",
        "day",
        "phase",
        "gap_days",
        "dose_mg",
        "dose_mg_per_kg",
        "date",
        "study_day",
    )
    require_columns(infusions, (*needs, *columns), caller="summarize_dosing")
    rows = infusions.assign(_all="all")
    groups = _list_groups(rows, columns)
    keys = list(groups.columns)
    years = _measure_years(infusions, patients)
    days = rows.drop_duplicates([*keys, "patient_id", "series", "day"])
    people = days.groupby([*keys, "patient_id"], dropna=False, observed=True).agg(
        _days=("day", "size"), _series=("series", "nunique")
    )
    people = people.reset_index().assign(_years=lambda one: one["patient_id"].map(years))
    summed = people.groupby(keys, dropna=False, observed=True).agg(
        n_patients=("patient_id", "size"),
        n_infusions=("_days", "sum"),
        n_series=("_series", "sum"),
        n_several_series=("_series", lambda many: (many > 1).sum()),
        patient_years=("_years", "sum"),
        median_per_patient=("_days", "median"),
        highest_per_patient=("_days", "max"),
    )
    within = days["gap_days"].where(days["day"] > 0)
    later = days.assign(_maintenance=is_true(days["phase"] == "maintenance").astype(int), _gap=within)
    more = later.groupby(keys, dropna=False, observed=True).agg(
        n_maintenance=("_maintenance", "sum"), median_gap_days=("_gap", "median")
    )
    doses = rows.groupby(keys, dropna=False, observed=True).agg(
        dose_mg_mean=("dose_mg", "mean"), dose_mg_per_kg_mean=("dose_mg_per_kg", "mean")
    )
    table = groups.merge(summed.join(more).join(doses).reset_index(), on=keys, how="left", validate="1:1")
    time = table["patient_years"].astype("Float64")
    table = table.assign(doses_per_year=table["n_infusions"] / time.where(time > 0))
    counts = [
        "n_patients",
        "n_infusions",
        "n_series",
        "n_several_series",
        "highest_per_patient",
        "n_maintenance",
    ]
    shown = [
        "n_patients", "n_infusions", "n_series", "n_several_series", "patient_years", "doses_per_year",
        "median_per_patient", "highest_per_patient", "n_maintenance", "median_gap_days", "dose_mg_mean",
        "dose_mg_per_kg_mean",
    ]  # fmt: skip
    numbers = dict.fromkeys([name for name in shown if name not in counts], "Float64")
    return table[[*columns, *shown]].astype({**dict.fromkeys(counts, "Int64"), **numbers})


def _measure_years(infusions: pd.DataFrame, patients: pd.DataFrame) -> pd.Series:
    """Give each treated patient's observed time from the first infusion, in years."""
    require_columns(
        patients, ("patient_id", "observed_until", "observed_until_day"), caller="summarize_dosing"
    )
    first = infusions.groupby("patient_id").agg(date=("date", "min"), study_day=("study_day", "min"))
    known = patients.drop_duplicates("patient_id").set_index("patient_id").reindex(first.index)
    dated = (known["observed_until"] - first["date"]).dt.days.astype("Int64")
    days = dated.fillna(known["observed_until_day"] - first["study_day"].fillna(0))
    if days.isna().any():
        count = int(days.isna().sum())
        message = f"{count} patients with infusions have no last observable day. Give observed_until."
        raise DataError(message, code="E250")
    return (days.clip(lower=0) + 1) / _DAYS_PER_YEAR
