"""Infusion numbers as an export declares them: checked against the dates, never trusted."""

from __future__ import annotations

import pandas as pd


def find_number_conflicts(infusions: pd.DataFrame) -> tuple[pd.Series, list[str]]:
    """Find the infusions whose declared number stands at an earlier date of the same patient already.

    Parameters
    ----------
    infusions : DataFrame with site, patient_id, date, study_day and declared_number; one row per
        administration

    Returns
    -------
    Series of string with the index of `infusions`, "session_conflict" or missing; and notes on gaps in the
    numbers

    Notes
    -----
    A new count begins where the number falls back to 0 or 1 and the next one, if there is one, goes on from
    there: clinics count each series from one. Within a count the first date of a number stands, every other
    date of it is a conflict; administrations of one date share their number.

    Examples
    --------
    >>> import pandas as pd
    >>> from outcomes.loading.sessions import find_number_conflicts
    >>> frame = pd.DataFrame({"site": "A", "patient_id": "P1", "date": pd.NaT, "study_day": [0, 3, 7],
    ...                       "declared_number": pd.array([1, 2, 2], dtype="Int64")})
    >>> find_number_conflicts(frame)[0].tolist()
    [<NA>, <NA>, 'session_conflict']
    """
    conflict = pd.Series(pd.NA, index=infusions.index, dtype="string")
    numbered = infusions[infusions["declared_number"].notna()]
    if numbered.empty:
        return conflict, []
    day = (
        (numbered["date"] - pd.Timestamp("2000-01-01"))
        .dt.days.astype("Int64")
        .fillna(numbered["study_day"].astype("Int64"))
    )
    keys = pd.DataFrame(
        {
            "patient": numbered.groupby(["site", "patient_id"], dropna=False).ngroup(),
            "day": day,
            "number": numbered["declared_number"],
        }
    ).sort_values(["patient", "day", "number"], kind="stable")
    dates = keys.drop_duplicates(["patient", "day", "number"])
    of_patient = dates.groupby("patient")["number"]
    before, after = of_patient.shift(), of_patient.shift(-1)
    goes_on = after == dates["number"] + 1
    falls_back = (dates["number"] < before) & (goes_on | after.isna()) | (
        (dates["number"] == before) & goes_on
    )
    restart = (dates["number"] <= 1) & falls_back
    dates = dates.assign(count=restart.fillna(False).astype(int).groupby(dates["patient"]).cumsum())
    late = dates[dates.duplicated(["patient", "count", "number"])]
    marked = keys.reset_index(names="row").merge(
        late, on=["patient", "day", "number"], how="inner", validate="many_to_one"
    )["row"]
    conflict.loc[marked] = "session_conflict"
    steps = dates.groupby(["patient", "count"])["number"].diff()
    gaps = int((steps > 1).sum())
    return conflict, [f"infusion numbers have {gaps} gaps; infusions are numbered by date"] if gaps else []
