"""Fail rather than limp: how many of a file's rows may be lost before the file itself is in doubt."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from outcomes.errors import Problem
from outcomes.loading.plan import MAX_BAD_SHARE
from outcomes.loading.source import where

NOT_COUNTED = (
    "duplicate_file",
    "blank_row",
    "summary_row",
    "other_resource",
    "other_drug",
    "other_instrument",
    "lookalike",
    "duplicate",
)
"""Reasons that say nothing against a file: its rows are no records, not ours, or kept elsewhere."""

_REPEATS = ("duplicate", "duplicate_file")
_ADVICE = {
    "date_out_of_range": "Look at observed_until in outcomes.toml first, and at the order of day and month.",
    "bad_date": "Look at date_format under [columns] of the layout first.",
    "partial_date": "Export whole dates.",
    "out_of_range": "Look at coding and missing_codes of the instrument in the layout first.",
    "missing_code": "Look at missing_codes of the instrument in the layout first.",
    "not_a_number": "Look at labels and missing_codes of the instrument in the layout first.",
    "total_mismatch": "Look at recorded_total of the instrument in the layout first.",
    "conflicting_duplicate": "Look at same_day_repeat under [rules] of the layout first.",
    "missing_id": "Look at patient_id under [columns] of the layout first.",
    "panel_code": "Look at panel_code_is_total under [rules] of the layout first.",
    "row_length": "Look at the delimiter and at unquoted commas first.",
}
"""Where to look first, by the reason of most excluded rows."""

_NOT_BAD = (*_REPEATS, "conflicting_duplicate")


def find_limits(
    rows: pd.DataFrame, *, number: int, sha256: str, accept_exclusions: int | None = None
) -> list[Problem]:
    """Say whether too many rows of a file are excluded (E251), or none of them is used (E252).

    Parameters
    ----------
    rows : DataFrame (LEDGER), the rows of one file
    number, sha256 : of the file, for the message
    accept_exclusions : the number of excluded rows that the settings accept, exactly

    Returns
    -------
    list of Problem

    Notes
    -----
    The share is excluded / counted rows, where rows of the reasons in NOT_COUNTED count in neither; above 20
    % it is E251. The same share is held against each instrument of the used rows: those that left it out for
    a bad cell.
    """
    place = where(number, sha256)
    used = np.asarray(rows["status"], dtype=object) == "used"
    lost = rows.loc[~used, ["reason"]]
    excluded = lost[~lost["reason"].isin(NOT_COUNTED)]
    counted = int(used.sum()) + len(excluded)
    accepted = accept_exclusions is not None and accept_exclusions == len(excluded)
    problems = []
    if len(excluded) > MAX_BAD_SHARE * counted and not accepted:
        accept = f", or accept exactly these with accept_exclusions = {len(excluded)} in outcomes.toml"
        message = (
            f"at most {MAX_BAD_SHARE:.0%} of a file's rows may be excluded; {len(excluded)} of "
            f"{counted} are: {_count(excluded)}. {_advise(excluded)}Correct the "
            f"file{accept if used.any() else ''}."
        )
        problems.append(Problem("E251", place, message))
    if not used.any() and not (len(rows) and rows["reason"].isin(_REPEATS).all()):
        found = f"{len(rows)} rows: {_count(rows)}" if len(rows) else "a header and no rows"
        message = (
            f"at least one usable row is needed; the file holds {found}. Check that it is the right export."
        )
        problems.append(Problem("E252", place, message))
    return problems if accepted else [*problems, *_instrument_limits(rows["left_out"].array[used], place)]


def _instrument_limits(left_out: ExtensionArray, place: str) -> list[Problem]:
    """The instruments that too many used rows left out; `left_out` is that of the used rows."""
    problems: list[Problem] = []
    left = pd.Series(left_out).dropna().str.split(";").explode().str.split("=", expand=True)
    if left.empty:
        return []
    bad = left[~left[1].isin(_NOT_BAD)]
    for id, count in bad[0].value_counts().sort_index().items():
        if count > MAX_BAD_SHARE * len(left_out):
            message = (
                f"at most {MAX_BAD_SHARE:.0%} of a file's rows may leave an instrument out for a bad cell; "
                f"{id} is left out in {count} of {len(left_out)}. Check that its columns are the right ones."
            )
            problems.append(Problem("E251", place, message))
    return problems


def _advise(excluded: pd.DataFrame) -> str:
    """A hint for the reason that most rows have."""
    reason = str(excluded["reason"].value_counts().sort_index().sort_values(kind="stable").index[-1])
    return f"{_ADVICE[reason]} " if reason in _ADVICE else ""


def _count(rows: pd.DataFrame) -> str:
    counts = rows["reason"].value_counts().sort_index()
    return ", ".join(f"{count} {reason}" for reason, count in counts.items())
