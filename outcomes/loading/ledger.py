"""Ledger lines after the files have met: repeats across files, and the proof that no row is lost."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from outcomes.errors import LedgerError, Problem
from outcomes.loading.extract import REASONS, differ_in_reason, name_left_out, name_reasons, rank_reasons


def exclude_rows(rows: pd.DataFrame, uids: Iterable[str], reason: str) -> pd.DataFrame:
    """Exclude these used rows for one reason."""
    uids = list(uids)
    if not uids:
        return rows
    hit = rows["row_uid"].isin(uids) & (rows["status"] == "used")
    if not hit.any():
        return rows
    return _excluded(rows, hit, pd.Series(reason, index=rows.index, dtype="string"))


def exclude_questionnaires(rows: pd.DataFrame, frame: pd.DataFrame, reason: pd.Series) -> pd.DataFrame:
    """Take questionnaires out of the ledger lines of their rows.

    Parameters
    ----------
    rows : DataFrame (LEDGER)
    frame : DataFrame (ITEMS), all questionnaires
    reason : Series of string with the index of the frame, why one is taken out; missing where it stands

    Returns
    -------
    DataFrame (LEDGER): a row that serves another instrument stays used and names the one left out; the others
    are excluded with the first reason of the closed list among all instruments of the row, and name them
    where their reasons differ
    """
    out = reason.notna()
    if not out.any():
        return rows
    dropped = frame.loc[out, ["row_uid", "assessment_id"]].assign(reason=reason[out])
    key = dropped["assessment_id"].str.split(":", n=3).str[3]  # behind the row_uid, which has three parts
    table = dropped.assign(key=key).set_index(["row_uid", "key"])["reason"].unstack()  # noqa: PD010 - one cell per questionnaire
    text = name_left_out({str(key): table[key].astype("string") for key in table.columns})
    uid = rows["assessment_row"]
    added = uid.map(text).astype("string")
    joined = rows["left_out"].str.cat(added, sep=";").fillna(rows["left_out"]).fillna(added)
    kept = set(frame.loc[reason.isna(), "row_uid"])
    hit = added.notna() & ~uid.isin(kept)
    first = joined[hit].str.extractall(r"=([a-z_]+)")[0].astype("string")
    ranks = pd.Series(rank_reasons(first), index=first.index).groupby(level=0).min()
    reasons = name_reasons(ranks.to_numpy(), ranks.index).reindex(rows.index)
    return _excluded(rows.assign(left_out=joined), hit, reasons)


def check_ledger(
    ledger: pd.DataFrame,
    *,
    uids: pd.Series,
    scores: pd.DataFrame,
    infusions: pd.DataFrame,
    order: np.ndarray | None = None,
) -> None:
    """Raise LedgerError (E900) unless each physical row stands in the ledger once and the frames agree.

    Parameters
    ----------
    ledger : DataFrame (LEDGER)
    uids : Series of str, the physical rows of all files as their tables number them
    scores, infusions : DataFrame, the frames made from the used rows
    order : array of int, for each row of scores its place while they stood in the order of the files, if that
        is known; nothing is taken from it on trust
    """
    used = np.asarray(ledger["status"], dtype=object) == "used"
    roles = np.asarray(ledger["role"], dtype=object)
    of_role = {role: used & (roles == role) for role in ("scores", "infusions")}
    as_read = scores["row_uid"].array if order is None else scores["row_uid"].array.take(_invert(order))
    reason = ledger["reason"]
    claims = {
        "each physical row once": _same(ledger["row_uid"], uids),
        "one reason per excluded row": bool((reason.notna().to_numpy() == ~used).all()),
        "reasons of the closed list": bool(reason.dropna().isin(REASONS).all()),
        "the same questionnaires": _agree(ledger["assessment_row"].array[of_role["scores"]], as_read),
        "the same infusions": _agree(
            ledger["row_uid"].array[of_role["infusions"]], infusions["row_uid"].array
        ),
    }
    broken = [claim for claim, holds in claims.items() if not holds]
    if broken:
        message = (
            f"the ledger must hold {', and '.join(broken)}; it does not. Nothing was loaded. Please report "
            "this as a fault of outcomes."
        )
        raise LedgerError(Problem("E900", "", message))


def _invert(order: np.ndarray) -> np.ndarray:
    """For each row of the files its place in the order."""
    places = np.zeros(len(order), dtype=np.intp)
    places[order] = np.arange(len(order))
    return places


def _same(ledger: pd.Series, uids: pd.Series) -> bool:
    """Whether two columns hold the same texts equally often; in the same order is the quick answer."""
    texts, others = np.asarray(ledger, dtype=object), np.asarray(uids, dtype=object)
    return np.array_equal(texts, others) or sorted(texts) == sorted(others)


def _agree(ledger: ExtensionArray, frame: ExtensionArray) -> bool:
    """Whether two columns hold the same texts; the same order, once per instrument, is the quick answer."""
    texts, others = (np.asarray(array, dtype=object) for array in (ledger, frame))
    if ledger.isna().any():
        return False
    parts = [others[start : start + len(texts)] for start in range(0, len(others), max(len(texts), 1))]
    if parts and all(np.array_equal(texts, part) for part in parts):
        return True
    return set(texts.tolist()) == set(others.tolist())


def _excluded(rows: pd.DataFrame, hit: pd.Series, reason: pd.Series) -> pd.DataFrame:
    return rows.assign(
        status=rows["status"].mask(hit, "excluded"),
        reason=rows["reason"].mask(hit, reason),
        left_out=rows["left_out"].mask(hit & ~differ_in_reason(rows["left_out"])),
        assessment_row=rows["assessment_row"].mask(hit),
    )
