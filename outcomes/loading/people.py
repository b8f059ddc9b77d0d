"""The patients of a cohort: ids that are unique across sites, and one row for everybody in any file."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.errors import DefinitionError, Problem
from outcomes.loading.folder import FolderSettings
from outcomes.loading.ledger import exclude_rows
from outcomes.loading.ordering import Places, find_order, take_rows
from outcomes.schema import PATIENTS

MIXED_SITES = (
    "where patient ids are unique within a site only, every source must know its site, or none; some do and "
    'some do not. Give each [[source]] its site, or say patient_ids = "unique-across-sites".'
)
"""The question where some sources know their site and others do not."""


def prefix_ids(
    frames: dict[str, pd.DataFrame], rows: pd.DataFrame, settings: FolderSettings
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Make ids "site/id" where they are unique within a site only.

    Parameters
    ----------
    frames : the frames of all files by role
    rows : DataFrame (LEDGER)
    settings : FolderSettings

    Returns
    -------
    the frames with unique ids, and the ledger lines; a row whose site cell is blank in a file that has sites
    names no patient: missing_id

    Raises
    ------
    DefinitionError
        If some sources know their site and others do not.
    """
    if settings.patient_ids == "unique-across-sites":
        return frames, rows
    if not any(frame["site"].notna().any() for frame in frames.values()):
        return frames, rows
    placed = pd.concat(
        [_placed(frame, role, rows) for role, frame in frames.items() if role != "excluded" and len(frame)]
        or [pd.DataFrame()]
    )
    if not placed.groupby("input")["known"].any().all():
        raise DefinitionError(Problem("E603", "outcomes.toml", MIXED_SITES))
    lost = placed[~placed["known"]]
    rows = exclude_rows(rows, lost["row_uid"], "missing_id")
    rows = exclude_rows(rows, rows.loc[rows["assessment_row"].isin(lost["row_uid"]), "row_uid"], "missing_id")
    kept = {role: frame[frame["site"].notna()] for role, frame in frames.items()}
    return {
        role: frame.assign(
            patient_id=(frame["site"] + "/" + frame["patient_id"]).astype("string")
        ).reset_index(drop=True)
        for role, frame in kept.items()
    }, rows


def find_patient_repeats(patients: pd.DataFrame) -> pd.Series:
    """Find patients in several files: duplicate where the same is said, else conflicting_duplicate."""
    same = patients.duplicated(list(patients.columns))
    differ = patients[~same].duplicated("patient_id", keep=False).reindex(patients.index, fill_value=False)
    conflicting = patients["patient_id"].isin(patients.loc[differ, "patient_id"])
    reason = pd.Series(pd.NA, index=patients.index, dtype="string").mask(same, "duplicate")
    return reason.mask(conflicting, "conflicting_duplicate")


def build_patients(
    frames: dict[str, pd.DataFrame], settings: FolderSettings, *, places: Places
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Give one row for every patient of any file, with what the patient files and the folder say.

    Parameters
    ----------
    frames : the frames of all files by role, ids unique
    settings : FolderSettings
    places : Places of the scores

    Returns
    -------
    DataFrame (PATIENTS), sorted by patient_id; and notes
    """
    others = [_people(Places(frames[role])) for role in ("patients", "infusions")]
    seen = pd.concat([*others, _people(places)], ignore_index=True)
    seen = seen.take(np.argsort(Places(seen).number_rows(["patient_id", "site"]), kind="stable"))
    # A patient of two sites stands under the site of the patient file, else under the first by name.
    named = frames["patients"].dropna(subset=["site"]).set_index("patient_id")["site"]
    people = seen.drop_duplicates("patient_id")[["patient_id", "site"]]
    people = people.assign(site=people["patient_id"].map(named).astype("string").fillna(people["site"]))
    known = frames["patients"].drop(columns="site").drop_duplicates("patient_id")
    merged = people.merge(known, on="patient_id", how="left", validate="one_to_one")
    merged = merged.assign(
        period=merged["period"].fillna(merged["patient_id"].map(_first_periods(frames)).astype("string"))
    )
    timed = [frames[role] for role in ("scores", "infusions")]
    in_days = _with(timed, "study_day")
    in_days -= _with(timed, "date") if in_days else set()
    dated = ~merged["patient_id"].isin(in_days)
    for name, value in (("observed_from", settings.first_date), ("observed_until", settings.last_date)):
        if value is not None:
            merged = merged.assign(**{name: merged[name].fillna(value).where(dated | merged[name].notna())})
    open_end = int((~dated & merged["observed_until_day"].isna()).sum())
    notes: tuple[str, ...] = ()
    if open_end:
        said = "when their follow-up ended is not known (observed_until_day in a file of patients)"
        notes = (f"{open_end} of {len(merged)} patients have study days: {said}",)
    dtypes = {column.name: column.dtype for column in PATIENTS.required_columns}
    patients = merged[list(dtypes)].astype(dtypes)
    return take_rows(patients, find_order(Places(patients))), notes


def _people(places: Places) -> pd.DataFrame:
    """Each pair of patient and site once."""
    again = places.find_repeated(["patient_id", "site"], keep="first")
    return places.frame.loc[~again, ["patient_id", "site"]]


def _with(frames: list[pd.DataFrame], column: str) -> set[str]:
    """The patients with any value in a column."""
    named = [frame["patient_id"].array[frame[column].notna().to_numpy(dtype=bool)] for frame in frames]
    return {patient for ids in named for patient in ids.unique()}


def _first_periods(frames: dict[str, pd.DataFrame]) -> pd.Series:
    """The period of each patient's first infusion, where infusion files give study days and periods."""
    infusions = frames["infusions"].dropna(subset=["period", "study_day"])
    first = infusions.sort_values(["study_day", "row_uid"]).drop_duplicates("patient_id")
    return first.set_index("patient_id")["period"]


def _placed(frame: pd.DataFrame, role: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Each row of a frame with its input and whether its site is known."""
    if "row_uid" in frame:
        uid = frame["row_uid"].reset_index(drop=True)
    else:  # patients stand in the order of their used rows
        uid = rows.loc[(rows["role"] == role) & (rows["status"] == "used"), "row_uid"].reset_index(drop=True)
    known = frame["site"].notna().to_numpy(dtype=bool)
    return pd.DataFrame({"row_uid": uid, "input": [text.partition(":")[0] for text in uid], "known": known})
