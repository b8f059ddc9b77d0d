"""Whole days on one axis per patient, so that dates and study days order rows alike."""

from __future__ import annotations

import numpy as np
import pandas as pd


def code_patients(*frames: pd.DataFrame) -> tuple[np.ndarray, ...]:
    """Give each frame's patients as whole numbers in the order of their ids, one number per patient."""
    ids = pd.concat([frame["patient_id"] for frame in frames], ignore_index=True)
    codes = pd.factorize(ids, sort=True)[0].astype("int64")
    ends = np.cumsum([len(frame) for frame in frames])
    return tuple(np.split(codes, ends[:-1]))


def count_epoch_days(dates: pd.Series) -> pd.Series:
    """Give calendar dates as whole days since 1970-01-01 (Int64; missing where there is no date)."""
    missing = dates.isna().to_numpy()
    days = dates.to_numpy(dtype="datetime64[ns]").astype("datetime64[D]").astype("int64")
    return pd.Series(pd.arrays.IntegerArray(np.where(missing, 0, days), missing), index=dates.index)


def place_days(frame: pd.DataFrame, infusions: pd.DataFrame) -> pd.Series:
    """Give the day of each row on its patient's own axis (Int64; missing where it cannot be placed).

    Parameters
    ----------
    frame : DataFrame with patient_id, date and study_day (scores, or the infusions themselves)
    infusions : DataFrame with the same columns, all infusions of these patients

    Returns
    -------
    Series of Int64 with the index of frame

    Notes
    -----
    A patient with dated infusions stands on the calendar: day = date as days since 1970, or first infusion
    date + study_day. A patient whose infusions have study days only stands on these, and a date cannot be
    placed.
    """
    codes, infusion_codes = code_patients(frame, infusions)
    infusion_dates = count_epoch_days(infusions["date"])
    first_date = pd.Series(infusion_dates.array).groupby(infusion_codes).min()
    first_of_patient = first_date.reindex(codes).array
    infused = np.isin(codes, infusion_codes)

    dated = count_epoch_days(frame["date"]).where(~infused | pd.notna(first_of_patient))
    counted = frame["study_day"] + pd.Series(first_of_patient, index=frame.index, dtype="Int64").fillna(0)
    return dated.where(frame["date"].notna(), counted)


def fill_clock(clock: pd.Series) -> np.ndarray:
    """Give clock times as plain seconds, -1 where unknown, so that an unknown time sorts first."""
    return clock.fillna(-1).to_numpy(dtype="int64")


def measure_span(*days: np.ndarray) -> tuple[int, int]:
    """Give the earliest day and the number of days up to the latest, for keys patient * span + day."""
    known = np.concatenate([np.asarray(part, dtype="int64") for part in days])
    if not known.size:
        return 0, 1
    return int(known.min()), int(known.max() - known.min()) + 1
