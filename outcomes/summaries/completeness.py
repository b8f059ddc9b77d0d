"""How many of the scores that were due are there, occasion by occasion."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.schema import require_columns
from outcomes.schema.courses import FOLLOW_UP_DAYS
from outcomes.summaries.groups import By, add_shares, is_true, list_by, select_headline, sum_by_group

Occasion = tuple[str, pd.Series, pd.Series, "pd.Series | int"]


def summarize_completeness(
    courses: pd.DataFrame,
    scores: pd.DataFrame | None = None,
    *,
    by: By = None,
    profile: str | Profile = "default",
) -> pd.DataFrame:
    """Count how many of the patients due have a scorable score at each occasion, and how near its day.

    Parameters
    ----------
    courses : DataFrame (COURSES)
        Series 1 only is counted.
    scores : DataFrame (SCORES after derive_endpoints), optional
        Adds the occasions "before infusion 2", "before infusion 3" ... up to the most infusions that an
        induction may have.
    by : str or list of str, optional
        Columns of COURSES that make the groups. A group with nobody stays, with n = 0.
    profile : str or Profile
        `post_window_target`, `endpoint_anchor`, `induction_max_infusions`, `before_infusion_days` and
        `min_percent_denominator` are used.

    Returns
    -------
    DataFrame
        One row per group, instrument and occasion: n_due, n_measured, share, conf_low, conf_high
        (Wilson; missing where nobody is due), median_offset_days (median of the day of the score minus the
        target day; missing where nobody was measured) and percent_shown.

    Notes
    -----
    Due: baseline, everyone who started with the start observed; before infusion k, those with at least k
    infusions; endpoint and follow-ups, those whose window has closed. Target days: 0; the infusion;
    `post_window_target` after the anchor; 90, 180, 365. A score stands before infusion k if it was made
    before it on its day, or up to `before_infusion_days` earlier with no infusion between.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> later = {f"{what}_{day}": None for what in ("due", "total", "day") for day in (90, 180, 365)}
    >>> courses = pd.DataFrame({
    ...     "patient_id": ["A", "B"], "series": 1, "instrument": "phq9", "start_observed": True, "due": True,
    ...     "n_infusions": 6, "baseline": [18, 12], "baseline_day": [-1, 0], "last_induction_day": 20,
    ...     "endpoint_total": [6, None], "endpoint_day": [36, None], **later,
    ... })
    >>> table = oc.summarize_completeness(courses)
    >>> table[["occasion", "n_measured", "n_due", "median_offset_days"]].values.tolist()[:2]
    [['baseline', 2, 2, -0.5], ['endpoint', 1, 2, 2.0]]
    """
    profile = get_profile(profile)
    windows = [f"{what}_{days}" for days in FOLLOW_UP_DAYS for what in ("due", "total", "day")]
    needs = [
        "patient_id",
        "start_observed",
        "n_infusions",
        "baseline",
        "baseline_day",
        "due",
        "endpoint_total",
    ]
    needs += ["endpoint_day", "last_induction_day", *windows]
    rows, groups = select_headline(courses, by=by, needs=needs, caller="summarize_completeness")
    occasions = _list_occasions(rows, profile)
    if scores is not None:
        occasions[1:1] = _list_infusions(rows, scores, profile)
    counts = [_count(rows, groups, name, due, day, target) for name, due, day, target in occasions]
    table = pd.concat(counts).sort_index(kind="stable").reset_index(drop=True)
    table = add_shares(table, least=profile.value("min_percent_denominator"))
    table = table.rename(columns={"k": "n_measured", "n": "n_due"})
    shown = [
        "occasion",
        "n_due",
        "n_measured",
        "share",
        "conf_low",
        "conf_high",
        "median_offset_days",
        "percent_shown",
    ]
    return table[[*list_by(by), "instrument", *shown]]


def _list_occasions(rows: pd.DataFrame, profile: Profile) -> list[Occasion]:
    """Name, who is due, the day of the score (missing: not measured) and the target day."""
    anchor = (
        rows["last_induction_day"] if profile.value("endpoint_anchor") == "last_induction_infusion" else 0
    )
    target = profile.value("post_window_target") + anchor
    return [
        ("baseline", rows["start_observed"], _day_if_measured(rows, "baseline_day", "baseline"), 0),
        ("endpoint", rows["due"], _day_if_measured(rows, "endpoint_day", "endpoint_total"), target),
        *(
            (f"{d} days", rows[f"due_{d}"], _day_if_measured(rows, f"day_{d}", f"total_{d}"), d)
            for d in FOLLOW_UP_DAYS
        ),
    ]


def _day_if_measured(rows: pd.DataFrame, day: str, total: str) -> pd.Series:
    return rows[day].astype("Float64").where(rows[total].notna())


def _list_infusions(rows: pd.DataFrame, scores: pd.DataFrame, profile: Profile) -> list[Occasion]:
    needs = (
        "patient_id",
        "instrument",
        "series",
        "total",
        "timing",
        "infusion_number",
        "days_to_next_infusion",
    )
    require_columns(scores, needs, caller="summarize_completeness")
    near = (
        (scores["series"] == 1)
        & scores["total"].notna()
        & (scores["days_to_next_infusion"] <= profile.value("before_infusion_days"))
        & (scores["timing"] != "unknown")
    )
    before = scores[is_true(near)]
    before = before.assign(next=before["infusion_number"] + 1, offset=-before["days_to_next_infusion"])
    nearest = (
        before.groupby(["patient_id", "instrument", "next"])["offset"].max().rename("offset").reset_index()
    )
    most = min(profile.value("induction_max_infusions"), int(rows["n_infusions"].max()) if len(rows) else 0)
    keys = rows[["patient_id", "instrument"]]
    return [
        (
            f"before infusion {k}",
            rows["n_infusions"] >= k,
            keys.merge(
                nearest[nearest["next"] == k], on=["patient_id", "instrument"], how="left", validate="m:1"
            )["offset"]
            .set_axis(rows.index)
            .astype("Float64"),
            0,
        )
        for k in range(2, most + 1)
    ]


def _count(
    rows: pd.DataFrame,
    groups: pd.DataFrame,
    name: str,
    due: pd.Series,
    day: pd.Series,
    target: pd.Series | int,
) -> pd.DataFrame:
    expected = is_true(due)
    measured = expected & day.notna()
    found = sum_by_group(rows, groups, {"k": measured, "n": expected})
    keys = list(groups.columns)
    offset = (day - target).astype("Float64")[measured]
    medians = rows.loc[measured, keys].assign(median_offset_days=offset)
    medians = medians.groupby(keys, dropna=False, observed=True)["median_offset_days"].median().reset_index()
    joined = found.merge(medians, on=keys, how="left", validate="1:1")
    joined = joined.assign(occasion=name, median_offset_days=joined["median_offset_days"].astype("Float64"))
    return joined.astype({"occasion": "string"})
