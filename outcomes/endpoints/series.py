"""Series of infusions: where a course of treatment starts, and what is induction or maintenance."""

from __future__ import annotations

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.days import count_epoch_days, place_days
from outcomes.schema import require_columns

_NEEDED = ("row_uid", "patient_id", "site", "date", "study_day", "clock", "drug", "route", "declared_phase")
_DERIVED = (
    "series", "day", "infusion_number", "phase", "gap_days", "long_gap", "possible_reinduction",
    "several_same_day",
)  # fmt: skip


def derive_series(infusions: pd.DataFrame, *, profile: str | Profile = "default") -> pd.DataFrame:
    """Number the series of infusions of each patient and tell induction from maintenance.

    Parameters
    ----------
    infusions : DataFrame (INFUSIONS), one row per administration that was given
    profile : str or Profile; the series_, induction_ and long_gap_ keys are used

    Returns
    -------
    DataFrame, the same rows with series, day, infusion_number, gap_days (Int64), phase (string), long_gap,
    possible_reinduction and several_same_day (boolean); all missing for a row without date or study day

    Raises
    ------
    DataError
        If a column of INFUSIONS is missing.

    Notes
    -----
    Administrations of one date are one infusion. A series starts at the first infusion, after a gap of more
    than series_gap_days, and at the first infusion of a block declared re-induction. Day = date - date of
    infusion 1 of the series. If a series has declared phases, they win, an undeclared infusion takes the last
    one declared in the series, and those before are induction. Otherwise infusion 1 is induction, and so is
    each next one as long as ``day <= induction_max_days``, ``number <= induction_max_infusions``, and it does
    not follow a gap of more than induction_end_gap_days with induction_min_infusions or more given; the first
    that fails and all later ones are maintenance [1]_. A condition that the profile drops always holds.

    References
    ----------
    .. [1] McInnes LA, Qian JJ, Gargeya RS, DeBattista C, Heifets BD (2022). A retrospective analysis of
       ketamine intravenous therapy for depression in real-world care settings. J Affect Disord 301:486-495.
       doi:10.1016/j.jad.2021.12.097

    Examples
    --------
    >>> import outcomes as oc
    >>> infusions = oc.INFUSIONS.empty().reindex(range(5))
    >>> infusions = infusions.assign(patient_id="p1", study_day=[0, 3, 7, 10, 75])
    >>> oc.derive_series(infusions.astype({"study_day": "Int64"}))["series"].tolist()
    [1, 1, 1, 1, 2]
    """
    profile = get_profile(profile)
    days = build_infusion_days(infusions, profile=profile)
    keys = infusions[["patient_id"]].assign(absolute_day=place_days(infusions, infusions))
    derived = keys.merge(days, on=["patient_id", "absolute_day"], how="left", validate="many_to_one")
    return infusions.assign(**{name: derived[name].array for name in _DERIVED})


def build_infusion_days(infusions: pd.DataFrame, *, profile: Profile) -> pd.DataFrame:
    """Give one row per patient and infusion day, in order, with its place in a series.

    Returns
    -------
    DataFrame with patient_id, absolute_day, the derived columns of INFUSIONS, first_clock (earliest known
    start), date, site, route and drug (of the first administration of the day that states it)
    """
    require_columns(infusions, _NEEDED, caller="derive_series")
    rows = infusions[list(_NEEDED)].assign(absolute_day=place_days(infusions, infusions))
    rows = rows[rows["absolute_day"].notna()]
    days = pd.concat([_take_single(rows), _join_several(rows)], ignore_index=True)
    days = days.sort_values(["patient_id", "absolute_day"], ignore_index=True)
    days = days.assign(
        date=days["date"].dt.normalize(), several_same_day=(days["n_rows"] > 1).astype("boolean")
    )
    return _add_phase(_add_series(days, profile), profile).drop(columns=["declared", "n_rows"])


_DAY = ["patient_id", "absolute_day"]
_NAMED = {"clock": "first_clock", "declared_phase": "declared"}


def _take_single(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the infusion days with one administration: nearly all, so that they are not grouped."""
    single = rows[~rows.duplicated(_DAY, keep=False)].rename(columns=_NAMED)
    kept = [*_DAY, "first_clock", "date", "site", "route", "drug", "declared"]
    return single[kept].assign(n_rows=1)


def _join_several(rows: pd.DataFrame) -> pd.DataFrame:
    """Give one row per infusion day with several administrations."""
    several = rows[rows.duplicated(_DAY, keep=False)].sort_values([*_DAY, "clock", "row_uid"])
    return several.groupby(_DAY, sort=True, as_index=False).agg(
        first_clock=("clock", "min"),
        date=("date", "first"),
        site=("site", "first"),
        route=("route", "first"),
        drug=("drug", "first"),
        declared=("declared_phase", "first"),
        n_rows=("patient_id", "size"),
    )


def tell_observed_starts(days: pd.DataFrame, patients: pd.DataFrame, *, profile: Profile) -> pd.Series:
    """Tell, for each infusion day, whether the export surely holds the first infusion of its series.

    Returns
    -------
    Series of boolean; False where the series starts less than observed_from_washout_days after observed_from,
    True where it starts later, where observed_from is not given, or where there are study days only
    """
    require_columns(patients, ["patient_id", "observed_from"], caller="derive_timeline")
    first = days[["patient_id"]].assign(
        start=days.groupby(["patient_id", "series"])["date"].transform("first")
    )
    first = first.merge(
        patients[["patient_id", "observed_from"]], on="patient_id", how="left", validate="many_to_one"
    )
    washed = count_epoch_days(first["start"]) - count_epoch_days(first["observed_from"])
    return (washed >= profile.value("observed_from_washout_days")).fillna(True)


def _add_series(days: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    patient = days["patient_id"]
    by_patient = days.groupby("patient_id", sort=False)
    gap = by_patient["absolute_day"].diff()
    last_declared = by_patient["declared"].ffill().groupby(patient, sort=False).shift()
    new_block = (days["declared"] == "re-induction") & (last_declared != "re-induction").fillna(True)
    starts = (gap.isna() | (gap > profile.value("series_gap_days")) | new_block).fillna(False)
    days = days.assign(gap_days=gap, series=starts.astype("Int64").groupby(patient, sort=False).cumsum())
    by_series = days.groupby(["patient_id", "series"], sort=False)
    number = (by_series.cumcount() + 1).astype("Int64")
    day = days["absolute_day"] - by_series["absolute_day"].transform("min")
    long_gap = ((number > 1) & (gap > profile.value("long_gap_days"))).fillna(False).astype("boolean")
    fewest, most_days = profile.value("induction_min_infusions"), profile.value("induction_max_days")
    block = pd.Series(False, index=days.index, dtype="boolean")
    if fewest is not None and most_days is not None:
        # The infusion that completes a block of the fewest infusions of an induction, counted from this one.
        ahead = by_series["absolute_day"].shift(1 - fewest) - days["absolute_day"]
        block = (ahead <= most_days).fillna(False)
    return days.assign(
        infusion_number=number, day=day, long_gap=long_gap, possible_reinduction=long_gap & block
    )


def _add_phase(days: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    number, by_series = days["infusion_number"], [days["patient_id"], days["series"]]
    over = pd.Series(False, index=days.index, dtype="boolean")
    for value, limit in ((days["day"], "induction_max_days"), (number, "induction_max_infusions")):
        if profile.value(limit) is not None:
            over |= value > profile.value(limit)
    end_gap, fewest = profile.value("induction_end_gap_days"), profile.value("induction_min_infusions")
    if end_gap is not None:
        paused = (days["gap_days"] > end_gap).fillna(False)
        over |= paused & (number > max(fewest or 0, 1))
    ended = over.astype("Int64").groupby(by_series, sort=False).cummax() == 1

    declared = days["declared"].replace({"re-induction": "induction"})
    is_declared = declared.notna().groupby(by_series, sort=False).transform("any")
    carried = declared.groupby(by_series, sort=False).ffill().fillna("induction")
    walked = pd.Series("induction", index=days.index, dtype="string").mask(ended, "maintenance")
    return days.assign(phase=walked.mask(is_declared, carried))
