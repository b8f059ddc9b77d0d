"""Who answered above zero to a self-harm item at the last questionnaire: a prompt for review."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.instrument import get_instrument, list_instruments
from outcomes.schema import require_columns

REVIEW_COLUMNS = ("patient_id", "site", "instrument", "date", "study_day", "answer", "row_uid")


def build_review_list(scores: pd.DataFrame) -> pd.DataFrame:
    """List the patients whose last answer to a self-harm item (PHQ-9 item 9) is above zero.

    Parameters
    ----------
    scores : DataFrame (SCORES), one row per questionnaire; derived columns are not needed

    Returns
    -------
    DataFrame
        One row per patient and instrument: patient_id, site, instrument, date, study_day, answer (points) and
        row_uid, the row of the file as LEDGER names it. Highest answers first. Patients whose last answer is
        zero, or who never answered the item, are not in it.

    Notes
    -----
    Every questionnaire with an answer counts: also those in the hours after an infusion and those without a
    total. Questionnaires that loading left out are not in SCORES and therefore not here; the ledger names
    them. The list is a prompt for review and no risk score, and an answer of zero is no reassurance [1]_.

    References
    ----------
    .. [1] Simon GE, Rutter CM, Peterson D, et al. Does response on the PHQ-9 Depression Questionnaire predict
       subsequent suicide attempt or suicide death? Psychiatr Serv 2013;64:1195-1202.
       doi:10.1176/appi.ps.201200587

    Examples
    --------
    >>> import outcomes as oc
    >>> scores = oc.SCORES.empty().reindex(range(3))
    >>> scores = scores.assign(patient_id=["A", "A", "B"], instrument="phq9", study_day=[0, 7, 0])
    >>> scores = scores.assign(item_9=[2, 0, 1])
    >>> oc.build_review_list(scores)[["patient_id", "answer"]].values.tolist()
    [['B', 1]]
    """
    last = find_last_answers(scores)
    listed = last[(last["answer"] > 0).fillna(False)]
    return listed.sort_values(["answer", "patient_id"], ascending=[False, True], ignore_index=True)


def find_last_answers(scores: pd.DataFrame) -> pd.DataFrame:
    """Give each patient's last answered self-harm item, by date (or study day), clock and row.

    Parameters
    ----------
    scores : DataFrame (SCORES)

    Returns
    -------
    DataFrame with REVIEW_COLUMNS, one row per patient and instrument; without rows where nobody answered
    """
    require_columns(
        scores, (*(name for name in REVIEW_COLUMNS if name != "answer"), "clock"), caller="build_review_list"
    )
    answered = pd.concat([_read_answers(scores, id) for id in list_instruments()], ignore_index=True)
    in_time = answered.sort_values(
        ["date", "study_day", "clock", "row_uid"], na_position="first", kind="stable"
    )
    last = in_time.drop_duplicates(["patient_id", "instrument"], keep="last")
    return last[list(REVIEW_COLUMNS)].reset_index(drop=True)


def _read_answers(scores: pd.DataFrame, instrument: str) -> pd.DataFrame:
    """The rows of an instrument with its self-harm item as `answer`; none where it has no such item."""
    number = get_instrument(instrument).self_harm_item
    if number is None:
        return scores.iloc[:0].assign(answer=pd.array([], dtype="Int64"))
    rows = scores[(scores["instrument"] == instrument).fillna(False)]
    rows = rows.assign(answer=rows[f"item_{number}"].astype("Int64"))
    return rows[rows["answer"].notna()]
