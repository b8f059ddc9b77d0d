"""Sub-scores and diagnostic rules over single items, as the instrument's file defines them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.definitions.instrument import get_instrument, list_instruments
from outcomes.definitions.instrument_types import Instrument
from outcomes.definitions.scoring_types import Criterion
from outcomes.schema import require_columns


def derive_subscales(scores: pd.DataFrame) -> pd.DataFrame:
    """Give the sub-scores of each questionnaire: PHQ-2, GAD-2 and the PCL-5 symptom clusters.

    Parameters
    ----------
    scores : DataFrame (SCORES), one row per questionnaire; instrument and the item columns are used

    Returns
    -------
    DataFrame, the same rows with one Int64 column per sub-score of the defined instruments (`phq2`, `gad2`,
    `pcl5_b` to `pcl5_e`; points); missing where one of its items is, and for other instruments

    Raises
    ------
    DataError
        If a column of SCORES is missing.

    Notes
    -----
    A sub-score is the sum of its items, never prorated: PHQ-2 and GAD-2 items 1-2; PCL-5 clusters B 1-5, C
    6-7, D 8-14, E 15-20 [1]_.

    References
    ----------
    .. [1] Weathers FW, Litz BT, Keane TM, et al. (2013). The PTSD Checklist for DSM-5 (PCL-5). US VA National
       Center for PTSD.

    Examples
    --------
    >>> import outcomes as oc
    >>> scores = oc.SCORES.empty().reindex(range(2)).assign(instrument="phq9")
    >>> scores = scores.assign(item_1=[3, 2], item_2=[1, None])
    >>> oc.derive_subscales(scores)["phq2"].tolist()
    [4, <NA>]
    """
    require_columns(scores, ["instrument"], caller="derive_subscales")
    columns: dict[str, pd.Series] = {}
    for instrument in _list_with_items(scores, "subscales"):
        rows = _find_rows(scores, instrument)
        for subscale in instrument.subscales:
            sums = _take_items(scores, rows, subscale.items).sum(axis=1, skipna=False)
            columns[subscale.id] = _spread(sums.astype("Int64"), scores.index, rows)
    return scores.assign(**columns)


def derive_diagnosis(scores: pd.DataFrame) -> pd.DataFrame:
    """Tell which questionnaires meet the diagnostic rules of their instrument.

    Parameters
    ----------
    scores : DataFrame (SCORES), one row per questionnaire; instrument and the item columns are used

    Returns
    -------
    DataFrame, the same rows with phq9_mds, phq9_ods and pcl5_provisional (boolean); missing where any item of
    the instrument is, where only a total was recorded, and for other instruments

    Raises
    ------
    DataError
        If a column of SCORES is missing.

    Notes
    -----
    Major depressive syndrome (phq9_mds): at least five items of 2 or more, item 9 counting from 1, and item 1
    or 2 among them [1]_; other depressive syndrome (phq9_ods): two to four such items, item 1 or 2 among
    them. Provisional PTSD (pcl5_provisional): items of 2 or more, at least one of cluster B, one of C, two of
    D and two of E [2]_. Each is a screening rule and no diagnosis; the cut-off on the total is usually the
    more reliable one, and less than the rule's name says. The counts stand in the instrument files with their
    status and source.

    References
    ----------
    .. [1] Kroenke K, Spitzer RL, Williams JBW (2001). The PHQ-9: validity of a brief depression severity
       measure. J Gen Intern Med 16:606-613. doi:10.1046/j.1525-1497.2001.016009606.x
    .. [2] Weathers FW, Litz BT, Keane TM, et al. (2013). The PTSD Checklist for DSM-5 (PCL-5). US VA National
       Center for PTSD.

    Examples
    --------
    >>> import outcomes as oc
    >>> answers = {f"item_{number}": [2 if number < 6 else 0] for number in range(1, 10)}
    >>> scores = oc.SCORES.empty().reindex([0]).assign(instrument="phq9", **answers)
    >>> oc.derive_diagnosis(scores)[["phq9_mds", "phq9_ods"]].values.tolist()
    [[True, False]]
    """
    require_columns(scores, ["instrument"], caller="derive_diagnosis")
    columns: dict[str, pd.Series] = {}
    for instrument in _list_with_items(scores, "diagnostic_rules"):
        rows = _find_rows(scores, instrument)
        answers = _take_items(scores, rows, tuple(range(1, instrument.n_items + 1)))
        complete = answers.notna().all(axis=1)
        for rule in instrument.diagnostic_rules:
            met = np.logical_and.reduce([_meets(answers, one) for one in rule.criteria])
            flag = pd.Series(met, index=answers.index, dtype="boolean").where(complete)
            columns[rule.id] = _spread(flag, scores.index, rows)
    return scores.assign(**columns)


def _list_with_items(scores: pd.DataFrame, what: str) -> list[Instrument]:
    """The instruments that define such scores; their item columns must be there."""
    found = [one for one in map(get_instrument, list_instruments()) if getattr(one, what)]
    most = max(one.n_items for one in found)
    require_columns(scores, [f"item_{number}" for number in range(1, most + 1)], caller="derive_subscales")
    return found


def _find_rows(scores: pd.DataFrame, instrument: Instrument) -> np.ndarray:
    return (scores["instrument"] == instrument.id).fillna(False).to_numpy(dtype=bool)


def _take_items(scores: pd.DataFrame, rows: np.ndarray, numbers: tuple[int, ...]) -> pd.DataFrame:
    return scores.loc[rows, [f"item_{number}" for number in numbers]].astype("Int64")


def _meets(answers: pd.DataFrame, criterion: Criterion) -> np.ndarray:
    """Tell where enough of the items reach their score."""
    own = dict(criterion.own_score)
    counts = sum(
        (answers[f"item_{number}"] >= own.get(number, criterion.score)).fillna(False).to_numpy(dtype="int64")
        for number in criterion.items
    )
    enough = np.asarray(counts >= criterion.at_least)
    return enough if criterion.at_most is None else enough & (counts <= criterion.at_most)


def _spread(values: pd.Series, index: pd.Index, rows: np.ndarray) -> pd.Series:
    """Lay the values of some rows along all of them; missing elsewhere."""
    positions = np.full(len(index), -1, dtype="int64")
    positions[rows] = np.arange(int(rows.sum()))
    return pd.Series(values.array.take(positions, allow_fill=True), index=index)
