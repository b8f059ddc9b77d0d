"""Ledger lines after the files have met: repeats across files, and the proof that no row is lost."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from outcomes.errors import LedgerError, Problem
from outcomes.loading.extract import REASONS, name_reasons, rank_reasons
from outcomes.loading.wide import differ_in_reason, name_left_out


def exclude_rows(rows: pd.DataFrame, uids: Iterable[str], reason: str) -> pd.DataFrame:
    """Exclude these used rows for one reason."""
    hit = rows["row_uid"].isin(list(uids)) & (rows["status"] == "used")
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
    dropped = frame.assign(reason=reason)[reason.notna()]
    if dropped.empty:
        return rows
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
    named = name_reasons(ranks.to_numpy(), ranks.index).reindex(rows.index)
    return _excluded(rows.assign(left_out=joined), hit, named)


def check_ledger(
    ledger: pd.DataFrame, *, uids: pd.Series, scores: pd.DataFrame, infusions: pd.DataFrame
) -> None:
    """Raise LedgerError (E900) unless each physical row stands in the ledger once and the frames agree.

    Parameters
    ----------
    ledger : DataFrame (LEDGER)
    uids : Series of str, the physical rows of all files as their tables number them
    scores, infusions : DataFrame, the frames made from the used rows
    """
    used = ledger["status"] == "used"
    claims = {
        "each physical row once": sorted(ledger["row_uid"]) == sorted(uids),
        "one reason per excluded row": bool((ledger["reason"].notna() == ~used).all()),
        "reasons of the closed list": bool(ledger["reason"].dropna().isin(REASONS).all()),
        "the same questionnaires": _agree(
            ledger[used & (ledger["role"] == "scores")]["assessment_row"], scores["row_uid"]
        ),
        "the same infusions": _agree(
            ledger[used & (ledger["role"] == "infusions")]["row_uid"], infusions["row_uid"]
        ),
    }
    broken = [claim for claim, holds in claims.items() if not holds]
    if broken:
        message = (
            f"the ledger must hold {', and '.join(broken)}; it does not. Nothing was loaded. Please report "
            "this as a fault of outcomes."
        )
        raise LedgerError(Problem("E900", "", message))


def _agree(ledger: pd.Series, frame: pd.Series) -> bool:
    return set(ledger.dropna()) == set(frame) and bool(ledger.notna().all())


def _excluded(rows: pd.DataFrame, hit: pd.Series, reason: pd.Series) -> pd.DataFrame:
    return rows.assign(
        status=rows["status"].mask(hit, "excluded"),
        reason=rows["reason"].mask(hit, reason),
        left_out=rows["left_out"].mask(hit & ~differ_in_reason(rows["left_out"])),
        assessment_row=rows["assessment_row"].mask(hit),
    )
