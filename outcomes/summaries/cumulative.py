"""Response by number of infusions, of everyone who started."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.schema import require_columns
from outcomes.summaries.groups import By, add_shares, is_true, list_by, sum_by_group


def summarize_cumulative_response(
    onset: pd.DataFrame,
    courses: pd.DataFrame,
    *,
    by: By = None,
    most: int = 8,
    profile: str | Profile = "default",
) -> pd.DataFrame:
    """Count who had met the endpoint after each infusion, of everyone who started.

    Parameters
    ----------
    onset : DataFrame (EVENTS) of build_onset_times
    courses : DataFrame (COURSES) of the same patients; n_infusions is used
    by : str or list of str, optional
        Columns of EVENTS that make the groups.
    most : int, last infusion number shown
    profile : str or Profile; min_percent_denominator is used

    Returns
    -------
    DataFrame
        One row per group, instrument, endpoint and infusion_number 1 to `most`: k (patients whose event was
        seen after so many infusions or fewer), n (everyone in the onset set, whether they reached that number
        or not), share, conf_low, conf_high (Wilson), percent_shown, n_reached (patients of n who were given
        that many).

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    The denominator never shrinks with the infusion number: a share of those who reached it would rise because
    the others left. An event before infusion k + 1 counts from k on. Series 1.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> onset = pd.DataFrame({
    ...     "patient_id": ["A", "B"], "series": 1, "instrument": "phq9", "endpoint": "response",
    ...     "included": True, "event": [True, False], "right_infusions": [2, None],
    ... })
    >>> courses = pd.DataFrame(
    ...     {"patient_id": ["A", "B"], "series": 1, "instrument": "phq9", "n_infusions": [6, 1]}
    ... )
    >>> table = oc.summarize_cumulative_response(onset, courses, most=2)
    >>> table[["infusion_number", "k", "n", "n_reached"]].values.tolist()
    [[1, 0, 2, 2], [2, 1, 2, 1]]
    """
    columns = list_by(by)
    needs = (
        "patient_id",
        "series",
        "instrument",
        "endpoint",
        "included",
        "event",
        "right_infusions",
        *columns,
    )
    require_columns(onset, needs, caller="summarize_cumulative_response")
    key = ["patient_id", "series", "instrument"]
    require_columns(courses, (*key, "n_infusions"), caller="summarize_cumulative_response")
    rows = onset[is_true(onset["series"] == 1) & is_true(onset["included"])]
    rows = rows.merge(courses[[*key, "n_infusions"]], on=key, how="left", validate="many_to_one")
    keys = [*columns, "instrument", "endpoint"]
    groups = rows[keys].drop_duplicates().sort_values(keys, ignore_index=True)
    event, seen = is_true(rows["event"]), rows["right_infusions"].astype("Int64")
    parts = []
    for number in range(1, most + 1):
        flags = {
            "k": event & is_true(seen <= number),
            "n": event | ~event,
            "n_reached": is_true(rows["n_infusions"] >= number),
        }
        parts.append(sum_by_group(rows, groups, flags).set_axis(groups.index).assign(infusion_number=number))
    table = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
    table = add_shares(table, least=get_profile(profile).value("min_percent_denominator"))
    shown = ["infusion_number", "k", "n", "share", "conf_low", "conf_high", "percent_shown", "n_reached"]
    return table[[*keys, *shown]].astype({"infusion_number": "Int64"})
