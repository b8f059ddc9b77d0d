"""The self-harm item (PHQ-9 item 9): any answer above zero, and a rise since baseline."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.instrument import get_instrument, list_instruments
from outcomes.schema import require_columns

_KEY = ["patient_id", "instrument", "series"]


def derive_self_harm(scores: pd.DataFrame) -> pd.DataFrame:
    """Flag answers above zero to the self-harm item, and rises since the baseline assessment.

    Parameters
    ----------
    scores : DataFrame with the columns of derive_baseline; all questionnaires of these patients

    Returns
    -------
    DataFrame, the same rows with item9_any and item9_rise (boolean). item9_any is missing where the item is
    not answered; item9_rise also without an answer at the baseline assessment of the home series, and for
    that assessment itself and all before it. Both are missing for instruments without such an item.

    Raises
    ------
    DataError
        If a column of derive_baseline is missing.

    Notes
    -----
    ``item9_any: answer >= 1``, on every answered item, also in the hours after a dose and in questionnaires
    without a total. ``item9_rise: answer - answer at baseline >= 1``, for later assessments of the series,
    acute ones included. A prompt for review and no risk score; a zero is no reassurance [1]_.

    References
    ----------
    .. [1] Simon GE, Rutter CM, Peterson D, et al. (2013). Does response on the PHQ-9 Depression Questionnaire
       predict subsequent suicide attempt or suicide death? Psychiatr Serv 64:1195-1202.
       doi:10.1176/appi.ps.201200587

    Examples
    --------
    >>> import outcomes as oc
    >>> infusions = oc.INFUSIONS.empty().reindex([0]).assign(patient_id="p1", study_day=0)
    >>> scores = oc.SCORES.empty().reindex(range(3)).assign(patient_id="p1", instrument="phq9")
    >>> scores = scores.assign(study_day=[-1, 7, 14], total=[16, 14, 15], item_9=[1, 0, 2])
    >>> scores = scores.astype({"study_day": "Int64", "total": "Int64"})
    >>> scores = oc.derive_endpoints(scores, infusions.astype({"study_day": "Int64"}), oc.PATIENTS.empty())
    >>> oc.derive_self_harm(scores)[["item9_any", "item9_rise"]].values.tolist()
    [[True, <NA>], [False, False], [True, True]]
    """
    needed = (*_KEY, "clock", "day", "baseline_of", "baseline_day")
    require_columns(scores, needed, caller="derive_self_harm")
    answer = read_self_harm_answers(scores)
    at_baseline = scores["baseline_of"].notna().to_numpy()
    first = scores.loc[at_baseline, ["patient_id", "instrument", "clock"]].assign(
        series=scores.loc[at_baseline, "baseline_of"], first_answer=answer[at_baseline]
    )
    placed = scores[[*_KEY, "clock", "day", "baseline_day"]].merge(
        first.rename(columns={"clock": "first_clock"}), on=_KEY, how="left", validate="many_to_one"
    )
    same_day = placed["day"] == placed["baseline_day"]
    later = (placed["day"] > placed["baseline_day"]) | (
        same_day & (placed["clock"] > placed["first_clock"].fillna(-1))
    )
    judged = later.fillna(False).to_numpy(dtype=bool) & ~at_baseline
    rise = (pd.Series(answer.array) - placed["first_answer"] >= 1).where(judged)
    return scores.assign(item9_any=(answer >= 1).astype("boolean"), item9_rise=rise.astype("boolean").array)


def read_self_harm_answers(scores: pd.DataFrame) -> pd.Series:
    """Give each questionnaire's answer to its instrument's self-harm item (Int64); missing without one."""
    answers = pd.Series(pd.NA, index=scores.index, dtype="Int64")
    for instrument in map(get_instrument, list_instruments()):
        if instrument.self_harm_item is not None:
            column = f"item_{instrument.self_harm_item}"
            require_columns(scores, [column], caller="derive_self_harm")
            mine = (scores["instrument"] == instrument.id).fillna(False)
            answers = answers.mask(mine, scores[column].astype("Int64"))
    return answers
