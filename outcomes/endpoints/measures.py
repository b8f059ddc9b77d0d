"""Quality measures: each patient's place in a measure, explainable in one row."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from outcomes.definitions.profile import Profile, get_profile
from outcomes.endpoints.measure_course import judge_courses
from outcomes.endpoints.measure_follow_up import judge_follow_up
from outcomes.endpoints.measure_people import list_missing_fields, list_people
from outcomes.endpoints.measure_utilization import judge_utilization
from outcomes.errors import DefinitionError
from outcomes.schema import Cohort
from outcomes.schema.measures import MEASURES

ASSUMPTIONS = ("no_exclusions", "all_visits_qualify", "all_diagnosed")
_DESIGNS = {"follow_up": judge_follow_up, "course": judge_courses, "utilization": judge_utilization}


def build_measure(
    cohort: Cohort, measure: str | Profile, *, year: int | None = None, assume: Collection[str] = ()
) -> pd.DataFrame:
    """Give each patient's place in a quality measure of a calendar year: index, score used, verdict, reason.

    Parameters
    ----------
    cohort : Cohort; scores, patients, infusions, visits and conditions are used
    measure : str or Profile of kind "index", such as "cms159", "hedis_drr", "hedis_dms", "mbhr2", "mbhr7",
        "nhs_tt" or "nys_cocm"
    year : int, the measurement year, January 1 to December 31; None: the last calendar year that ends
        within the records (`observed_until` of PATIENTS), else the year in which they end
    assume : what the clinic states and no file shows: "no_exclusions" (no patient has any of the exclusions),
        "all_visits_qualify" (every visit is a qualifying one), "all_diagnosed" (every patient has one of the
        diagnoses). Each is said in the reason of the rows that rest on it.

    Returns
    -------
    DataFrame (MEASURES), one row per patient and rate (and third of the year for hedis_dms; per questionnaire
    where a measure has several), every patient of PATIENTS in it

    Raises
    ------
    DefinitionError
        If the profile is none of a quality measure, or an assumption is unknown.

    Notes
    -----
    **follow_up** (cms159, hedis_drr, mbhr2, mbhr7): the index is the first total of at least index_min_total
    in the index period (months from January 1, the end excluded), for cms159 recorded at most
    index_visit_days before a qualifying visit of that period, or on its day. The score used is the most
    recent one in the window: index date + follow_up_months calendar months + follow_up_days, both ends
    included. Without one the rate is not met where missing_fails. Remission by remission_op and
    remission_value; response ``100 * I >= response_percent * B`` or ``I >= response_points``.

    **course** (nhs_tt, nys_cocm): contacts are the attended visits, or the infusions where there are no
    visits; the course ends with the last contact, which must lie in the year and be followed by no contact
    within the year's records. First and last score from 14 days before the first contact to the last one.
    NHS recovery: caseness on PHQ-9 or the anxiety measure at the start, and on neither at the end; reliable
    improvement: a drop of at least the reliable change on either and no such rise on the other; reliable
    deterioration the reverse; reliable recovery: both of the first.

    **utilization** (hedis_dms): any PHQ-9 in a third of the calendar year, of those with a visit in it.

    A patient is `not estimable` where a field that the measure needs is absent (the reason names it): age,
    diagnosis, visits, conditions for exclusions, dates. Exclusions are never guessed, and never reach the
    clinic's own rates. Prorated totals never enter. Age is known at the first infusion only: where the index
    lies so far from it that the patient may be on either side of an age limit, the reason is age_uncertain.

    Sources stand in the profile of each measure: print(oc.get_profile("cms159")).

    Examples
    --------
    >>> import outcomes as oc
    >>> cohort = oc.load_cohort("sample_data")
    >>> rows = oc.build_measure(cohort, "cms159")
    >>> set(rows["verdict"]), rows["reason"].iloc[0]
    ({'not estimable'}, 'missing visits, conditions')
    """
    profile = get_profile(measure)
    if profile.kind != "index":
        message = f"{profile.id} is no quality measure, and judges infusion series. Give a measure's id."
        raise DefinitionError(message, code="E603")
    if not set(assume) <= set(ASSUMPTIONS):
        message = f"assume may hold {', '.join(ASSUMPTIONS)}; another word was given. Correct it."
        raise DefinitionError(message, code="E603")
    people = list_people(cohort)
    missing = list_missing_fields(cohort, profile, assume)
    year = _find_last_year(people) if year is None else year
    if missing or year is None:
        rows = _refuse_all(people, profile, f"missing {', '.join(missing or ['dates'])}")
    else:
        rows = _DESIGNS[profile.value("design")](cohort, people, profile, year=year, assume=assume)
    return _arrange(rows.assign(measure=profile.id, hash=profile.hash))


def _find_last_year(people: pd.DataFrame) -> int | None:
    """Give the last calendar year that ends within the records, else the one in which they end."""
    last = people["observed_until"].max()
    if pd.isna(last):
        return None
    whole = last >= pd.Timestamp(last.year, 12, 31)
    earlier = people["first_infusion"].min() < pd.Timestamp(last.year, 1, 1)
    return int(last.year) if whole or not earlier else int(last.year) - 1


def _refuse_all(people: pd.DataFrame, profile: Profile, reason: str) -> pd.DataFrame:
    """Nobody can be judged: one row per patient, questionnaire that stands for itself, and rate says why."""
    alone = profile.value("design") == "course" and "recovery" not in profile.value("rates")
    instruments = pd.DataFrame({"instrument": profile.instruments if alone else profile.instruments[:1]})
    rates = pd.DataFrame({"rate": list(profile.value("rates"))})
    rows = people[["patient_id", "site"]].merge(instruments, how="cross").merge(rates, how="cross")
    return rows.assign(stratum="all", in_denominator=False, verdict="not estimable", reason=reason)


def _arrange(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the columns of MEASURES in their dtypes, ordered by patient."""
    ordered = rows.sort_values(["patient_id", "instrument", "rate", "stratum"], ignore_index=True)
    dtypes = {column.name: column.dtype for column in MEASURES.columns}
    return ordered.reindex(columns=list(dtypes)).astype(dtypes)
