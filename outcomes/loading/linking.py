"""Whether the files of a folder fit together: the same patients, and time counted in one way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from outcomes.errors import Problem
from outcomes.loading.ids import make_twin_keys


def ask_times(scores: pd.DataFrame, infusions: pd.DataFrame) -> list[Problem]:
    """Ask about patients whose files count time in dates and in study days, and cannot be brought together.

    Parameters
    ----------
    scores, infusions : DataFrame of all files, with row_uid, patient_id, date and study_day; ids unique

    Returns
    -------
    list of Problem (E247), by count and inputs

    Notes
    -----
    A dated questionnaire has no place beside infusions that have study days only. Infusions of one patient
    that stand in dates in one file and in days in another leave open which one was the first. Questionnaires
    with study days beside dated infusions are placed: a day counts from the first infusion.
    """
    if infusions["study_day"].isna().all():
        return []
    given, asked = _list_times(infusions), _list_times(scores)
    dated, in_days = (set(given.loc[given["dated"] == flag, "patient_id"]) for flag in (True, False))
    lost = asked[asked["dated"] & asked["patient_id"].isin(in_days - dated)]
    torn = given[given["patient_id"].isin(in_days & dated)]
    apart = torn.groupby("patient_id")["input"].transform("nunique") > 1
    problems = []
    for rows, what in (
        (
            pd.concat([lost, given[given["patient_id"].isin(lost["patient_id"])]]),
            "questionnaires and infusions",
        ),
        (torn[apart], "infusions"),
    ):
        if len(rows):
            dates, days = (_name_inputs(rows[rows["dated"] == flag]) for flag in (True, False))
            message = (
                f"{what} of a patient must count time in one way; for {rows['patient_id'].nunique()} "
                f"patients {dates} give dates and {days} study days, so that nothing says which came first. "
                "Export all of them with dates, or all with days."
            )
            problems.append(Problem("E247", _name_inputs(rows), message))
    return problems


def align_days(scores: pd.DataFrame, infusions: pd.DataFrame) -> pd.DataFrame:
    """Give study days of patients with dated infusions as dates, where some scores have dates and some days.

    So the same questionnaire is known again in a file that counts in the other way. A frame that counts in
    one way is given back as it is.
    """
    in_days = scores["study_day"].notna() & scores["date"].isna()
    if not in_days.any() or in_days.all():
        return scores
    first = scores["patient_id"].map(infusions.groupby("patient_id")["date"].min())
    placed = first + pd.to_timedelta(scores["study_day"].astype("float64"), unit="D")
    moved = in_days & placed.notna()
    return scores.assign(date=scores["date"].mask(moved, placed), study_day=scores["study_day"].mask(moved))


def note_links(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """Note how many patients stand in only one of the infusion files and the questionnaires."""
    if frames["infusions"].empty:
        return [
            "no infusions are loaded: series, response and times to it need a source with role = infusions"
        ]
    scored, infused = (set(frames[role]["patient_id"].unique()) for role in ("scores", "infusions"))
    counts = (
        (infused - scored, infused, "infusions have no questionnaire"),
        (scored - infused, scored, "questionnaires have no infusion"),
    )
    return [f"{len(alone)} of {len(all_)} patients with {what}" for alone, all_, what in counts if alone]


def note_twins(frames: Sequence[pd.DataFrame], *, within_site: bool) -> list[str]:
    """Note the ids that differ from an id of another file only in how they are written (E221).

    Parameters
    ----------
    frames : one per file, with patient_id and site as written
    within_site : bool, whether ids are unique within a site only
    """
    if len(frames) < 2:
        return []
    people = pd.concat(
        [frame[["site", "patient_id"]].drop_duplicates().assign(input=n) for n, frame in enumerate(frames)]
    )
    people = people.assign(
        site=people["site"].fillna("") if within_site else "", key=make_twin_keys(people["patient_id"])
    )
    by_file = people.groupby(["site", "key", "input"])["patient_id"].nunique()
    spellings = people.groupby(["site", "key"])["patient_id"].nunique()
    # what one file holds in several spellings was noted when that file was read
    twins = int((spellings - by_file.groupby(["site", "key"]).max()).sum())
    if not twins:
        return []
    return [
        f"E221 {twins} ids differ from an id of another file only by case, blanks, dashes, leading zeros or "
        "a last .0; they are kept as different patients. Write each id alike in every export if they are one"
    ]


def _list_times(frame: pd.DataFrame) -> pd.DataFrame:
    """Each patient and input once per way of counting time."""
    timed = frame[frame["date"].notna() | frame["study_day"].notna()]
    listed = pd.DataFrame(
        {
            "patient_id": timed["patient_id"].astype(object),
            "input": timed["row_uid"].str.split(":").str[0].astype(int),
            "dated": timed["date"].notna().astype(bool),
        }
    )
    return listed.drop_duplicates()


def _name_inputs(rows: pd.DataFrame) -> str:
    return ", ".join(f"input-{number}" for number in np.unique(rows["input"]))
