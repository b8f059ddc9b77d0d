"""The account of the rows as plain text, for the terminal."""

from __future__ import annotations

import pandas as pd

from outcomes.summaries.ledger import summarize_ledger


def describe_ledger(ledger: pd.DataFrame) -> str:
    """Lay out, for each input, the rows read, used and excluded, and the first place of each reason.

    Parameters
    ----------
    ledger : DataFrame (LEDGER), one row per physical row of every file

    Returns
    -------
    str, a few lines per input; the questionnaires left out of used rows stand below

    Examples
    --------
    >>> import outcomes as oc
    >>> cohort = oc.load_cohort("sample_data")
    >>> print(oc.describe_ledger(cohort.ledger.query("input == 4")))
    input-4 (sha256 ...) infusions: 1,036 rows = 988 used + 48 excluded
      duplicate                   5   first at row 54
      not_administered           43   first at row 42, column 10
    """
    lines = []
    for number, reasons in summarize_ledger(ledger).groupby("input"):
        mine = ledger[ledger["input"] == number]
        head = reasons.iloc[0]
        lines.append(
            f"input-{number} (sha256 {mine['sha256'].iloc[0][:8]}) {mine['role'].iloc[0]}: "
            f"{head['read']:,} rows = {head['used']:,} used + {head['excluded']:,} excluded"
        )
        for row in reasons.dropna(subset=["reason"]).itertuples():
            first = mine[mine["reason"] == row.reason].iloc[0]
            column = "" if first.isna()["column"] else f", column {first['column']}"
            lines.append(f"  {row.reason:<22}{row.n_reason:>7}   first at row {first['row']}{column}")
        left_out = mine.loc[mine["status"] == "used", "left_out"].dropna().str.split(";").explode()
        lines += [f"  left out of used rows: {name}: {n}" for name, n in left_out.value_counts().items()]
    return "\n".join(lines)
