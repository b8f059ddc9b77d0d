"""Who answered above zero to a self-harm item, in whatever questionnaire: a prompt for review."""

from __future__ import annotations

import pandas as pd

from outcomes.endpoints.self_harm import read_self_harm_answers
from outcomes.schema import require_columns

REVIEW_COLUMNS = ("patient_id", "site", "instrument", "date", "study_day", "answer", "origin", "row_uid")
_PAIR = ["patient_id", "instrument"]
_NEEDED = ("patient_id", "site", "instrument", "date", "study_day", "clock", "row_uid")


def build_review_list(scores: pd.DataFrame, *, excluded: pd.DataFrame | None = None) -> pd.DataFrame:
    """List the patients with any answer above zero to a self-harm item (PHQ-9 item 9), the last one first.

    Parameters
    ----------
    scores : DataFrame (SCORES), one row per questionnaire; derived columns are not needed
    excluded : DataFrame (EXCLUDED), optional; the questionnaires that loading left out, `Cohort.excluded`.
        Give it: an answer above zero calls for review also where the total could not be used.

    Returns
    -------
    DataFrame
        One row per patient and instrument, of their last answer: patient_id, site, instrument, date,
        study_day, answer (points), origin (`scores`, or why the questionnaire was left out) and row_uid, the
        row of the file as LEDGER names it; then highest (points), n_above_zero (answers) and highest_row_uid,
        over all their answers. Highest last answers first, then highest ever. Patients without any answer
        above zero are not in it.

    Notes
    -----
    Every questionnaire with an answer counts: also those in the hours after an infusion, those without a
    total and those left out. Where the last answers of a patient contradict each other (two questionnaires
    of the same time), the highest counts. The list is a prompt for review and no risk score, and an answer
    of zero is no reassurance [1]_.

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
    >>> oc.build_review_list(scores)[["patient_id", "answer", "highest"]].values.tolist()
    [['B', 1, 1], ['A', 0, 2]]
    """
    answered = _list_answers(scores, excluded)
    above = answered[(answered["answer"] > 0).to_numpy(dtype=bool)]
    # In time order, so that of equal answers the latest is named.
    highest = above.sort_values("answer", kind="stable").drop_duplicates(_PAIR, keep="last")
    highest = highest[[*_PAIR, "answer", "row_uid"]].rename(
        columns={"answer": "highest", "row_uid": "highest_row_uid"}
    )
    counts = above.groupby(_PAIR, as_index=False).agg(n_above_zero=("answer", "size"))
    listed = _keep_last(answered).merge(highest, on=_PAIR, how="inner", validate="one_to_one")
    listed = listed.merge(counts, on=_PAIR, how="left", validate="one_to_one")
    listed = listed.astype({"n_above_zero": "Int64"}).sort_values(
        ["answer", "highest", "patient_id"], ascending=[False, False, True], ignore_index=True
    )
    return listed[[*REVIEW_COLUMNS, "highest", "n_above_zero", "highest_row_uid"]]


def find_last_answers(scores: pd.DataFrame, *, excluded: pd.DataFrame | None = None) -> pd.DataFrame:
    """Give each patient's last answered self-harm item, by date (or study day), clock and answer.

    Parameters
    ----------
    scores : DataFrame (SCORES)
    excluded : DataFrame (EXCLUDED), optional

    Returns
    -------
    DataFrame with REVIEW_COLUMNS, one row per patient and instrument; without rows where nobody answered
    """
    return _keep_last(_list_answers(scores, excluded))


def _keep_last(answered: pd.DataFrame) -> pd.DataFrame:
    last = answered.drop_duplicates(_PAIR, keep="last")
    return last[list(REVIEW_COLUMNS)].reset_index(drop=True)


def _list_answers(scores: pd.DataFrame, excluded: pd.DataFrame | None) -> pd.DataFrame:
    """Give every answered self-harm item, also of questionnaires left out, in the order of time."""
    parts = [_read_answers(scores, "scores")]
    if excluded is not None and len(excluded):
        # A duplicate says nothing that the questionnaire which was kept does not say.
        others = excluded[(excluded["reason"] != "duplicate").fillna(True).to_numpy(dtype=bool)]
        parts.append(_read_answers(others, others["reason"]))
    return pd.concat(parts, ignore_index=True).sort_values(
        ["date", "study_day", "clock", "answer", "row_uid"], na_position="first", kind="stable"
    )


def _read_answers(frame: pd.DataFrame, origin: str | pd.Series) -> pd.DataFrame:
    """The rows with an answered self-harm item."""
    require_columns(frame, _NEEDED, caller="build_review_list")
    rows = frame[list(_NEEDED)].assign(answer=read_self_harm_answers(frame), origin=origin)
    return rows[rows["answer"].notna()].astype({"origin": "string"})
