"""The same patients under each published definition, side by side: what a rate owes to its definition."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from outcomes.definitions.endpoint_words import (
    NOT_DEFINED,
    name_endpoint,
    name_measure_rule,
    name_population,
    name_status,
    name_window,
)
from outcomes.definitions.profile import Profile, get_profile, list_profiles
from outcomes.endpoints.courses import build_courses
from outcomes.endpoints.measures import build_measure
from outcomes.endpoints.timeline import derive_timeline
from outcomes.errors import DataError
from outcomes.notebook import follow
from outcomes.schema import Cohort
from outcomes.summaries.groups import By, is_true, list_by
from outcomes.summaries.measures import ALL, summarize_measures
from outcomes.summaries.rates import GATED, UNGATED, find_significant_change, summarize_endpoints

ENDPOINTS = ("response", "remission", "reliable_improvement", "deterioration")
_DETERIORATION = {"reliable": "reliable_deterioration", "any": "any_worsening"}
_DENOMINATORS = ("all_eligible", "observed", "paired")
_SHOWN = [
    "profile", "title", "hash", "instrument", "endpoint", "label", "rule", "window", "population",
    "denominator", "headline", "k", "n", "share", "conf_low", "conf_high", "percent_shown", "n_missing",
    "n_patients", "not_counted", "status", "n_both", "n_same",
]  # fmt: skip

_DTYPES = {
    **dict.fromkeys(["profile", "title", "hash", "instrument", "endpoint", "label"], "string"),
    **dict.fromkeys(["rule", "window", "population", "denominator", "not_counted", "status"], "string"),
    **dict.fromkeys(["k", "n", "n_missing", "n_patients", "n_both", "n_same"], "Int64"),
    **dict.fromkeys(["share", "conf_low", "conf_high"], "Float64"),
    **dict.fromkeys(["headline", "percent_shown"], "boolean"),
}


def summarize_profiles(
    cohort: Cohort,
    profiles: Sequence[str | Profile] | None = None,
    *,
    by: By = None,
    endpoints: Sequence[str] = ENDPOINTS,
    year: int | None = None,
    assume: Collection[str] = (),
) -> pd.DataFrame:
    """Judge the same patients under each profile, and give every rate with the definition behind it.

    Parameters
    ----------
    cohort : Cohort
    profiles : sequence of str or Profile, optional; all shipped ones by default, "default" first. The first
        of kind "series" is the one that the others are compared with.
    by : str or list of str, optional
        Columns of COURSES that make groups, such as "site".
    endpoints : sequence of str
        Flags of COURSES, clinically_significant_change, and deterioration (what each profile calls so).
        Quality measures come with all their rates.
    year, assume : of build_measure, for the profiles of quality measures

    Returns
    -------
    DataFrame
        One row per group, profile, questionnaire, endpoint and denominator (all_eligible and observed; paired
        for deterioration; "measure" for a quality measure): title, hash (of the profile), label, rule (with
        operator and value), window and population in words, headline (boolean; whether the profile lets the
        denominator lead), k, n, share, conf_low, conf_high (Wilson), percent_shown, n_missing (without the
        total), n_patients (everyone in the cohort), not_counted (why the others are not in n: "below_caseness
        12; not_matured 3"), status (the least sure among the values behind the rate: verified, project,
        unverified), n_both
        and n_same (patients judged under both this profile and the first, and those with the same verdict). A
        profile whose questionnaires the cohort lacks, or that does not define an endpoint, has its row with
        the rule "not defined here" or "no madrs in this cohort", and no count.

    Raises
    ------
    DataError
        If a column of `by` is none of COURSES, or an endpoint is unknown.
    DefinitionError
        If a profile is unknown.

    Notes
    -----
    Nothing is converted from one questionnaire to another. A rate of a profile is what the clinic's own data
    give under that definition; it is no published figure (list_benchmarks has those).

    Examples
    --------
    >>> import outcomes as oc
    >>> cohort = oc.load_cohort("sample_data")
    >>> table = oc.summarize_profiles(cohort, ["default", "mcinnes2022"], endpoints=["response"])
    >>> table = table[table["headline"] & (table["instrument"] == "phq9")]
    >>> table[["profile", "denominator", "k", "n"]].values.tolist()[-1]
    ['mcinnes2022', 'observed', 132, 213]
    """
    chosen = [get_profile(one) for one in profiles or ("default", *_list_others())]
    known = set(GATED) | set(UNGATED) | {"deterioration"}
    if not set(endpoints) <= known:
        message = f"endpoints may be {', '.join(sorted(known))}; another word was given. Correct it."
        raise DataError(message, code="E250")
    people = _place_people(cohort, chosen, list_by(by))
    parts, first = [], pd.DataFrame()
    with follow() as say:
        for profile in chosen:
            say(f"counting by {profile.title}")
            if profile.kind == "series":
                rows, flags = _judge_series(cohort, profile, endpoints, by)
            else:
                rows, flags = _judge_measure(cohort, profile, by, people, year, assume)
            if first.empty and profile.kind == "series":
                first = flags
            named = rows.assign(profile=profile.id, title=profile.title, hash=profile.hash)
            parts.append(_add_agreement(named, flags, first, list_by(by)))
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return table.reindex(columns=[*list_by(by), *_SHOWN]).astype(_DTYPES)


def _list_others() -> list[str]:
    """The shipped profiles besides the default: those of series first, then the quality measures."""
    series = [id for id in list_profiles(kind="series") if id != "default"]
    return [*series, *list_profiles(kind="index")]


def _build(cohort: Cohort, profile: Profile, instruments: Sequence[str]) -> pd.DataFrame:
    scores = derive_timeline(cohort.scores, cohort.infusions, cohort.patients, profile=profile)
    return build_courses(
        scores,
        cohort.infusions,
        cohort.patients,
        profile=profile,
        instruments=instruments,
        excluded=cohort.excluded,
    )


def _judge_series(
    cohort: Cohort, profile: Profile, endpoints: Sequence[str], by: By
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the rates of one profile, and each patient's flags."""
    known = set(cohort.scores["instrument"].dropna())
    missing = [id for id in profile.instruments if id not in known]
    present = [id for id in profile.instruments if id in known]
    absent = pd.DataFrame(
        {"instrument": missing, "rule": [f"no {id} in this cohort" for id in missing], "headline": False}
    )
    if not present:
        return absent, pd.DataFrame()
    courses = _build(cohort, profile, present)
    worse = _DETERIORATION[profile.value("deterioration")]
    own = {worse if one == "deterioration" else one: one for one in endpoints}
    rates = summarize_endpoints(courses, by=by, endpoints=list(own), profile=profile)
    rates = rates[rates["denominator"].isin(_DENOMINATORS)]
    rates = rates.assign(endpoint=rates["endpoint"].map(own).astype("string"))
    rates = rates.assign(
        label=[
            name_endpoint(endpoint, id, profile=profile)
            for endpoint, id in zip(rates["endpoint"], rates["instrument"], strict=True)
        ],
        window=name_window(profile),
        population=[
            name_population(profile, str(id), gated=way != "paired")
            for id, way in zip(rates["instrument"], rates["denominator"], strict=True)
        ],
        status=_name_statuses(rates, profile),
        n_patients=len(cohort.patients),
    )
    rates = _add_reasons(rates, courses, list_by(by))
    first = courses[is_true(courses["series"] == 1)].assign(
        clinically_significant_change=find_significant_change(courses)
    )
    long = [
        first[["patient_id", *list_by(by), "instrument"]].assign(endpoint=named, flag=first[flag])
        for flag, named in own.items()
    ]
    return pd.concat([rates, absent]) if len(absent) else rates, pd.concat(long)


def _name_statuses(rates: pd.DataFrame, profile: Profile) -> list[str]:
    pairs = zip(rates["endpoint"], rates["instrument"], strict=True)
    return [name_status(str(endpoint), str(id), profile=profile) for endpoint, id in pairs]


def _add_reasons(rates: pd.DataFrame, courses: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Say why patients are not in n: of each denominator, with their number, the most frequent first."""
    first = courses[is_true(courses["series"] == 1) | courses["series"].isna()]
    paired = first["eligible_reason"].where(~is_true(first["due"]), first["baseline_reason"])
    reasons = {
        "all_eligible": first["eligible_reason"],
        "observed": first["eligible_reason"].fillna(first["endpoint_reason"]),
        "paired": paired.fillna(first["endpoint_reason"]),
    }
    keys = [*columns, "instrument"]
    said = {
        (way, *_as_tuple(key)): _say_counts(part)
        for way, reason in reasons.items()
        for key, part in reason.groupby([first[name] for name in keys], observed=True, dropna=False)
    }
    places = zip(rates["denominator"], *(rates[name] for name in keys), strict=True)
    return rates.assign(not_counted=[said.get(place, "") for place in places])


def _as_tuple(key: object) -> tuple[object, ...]:
    return key if isinstance(key, tuple) else (key,)


def _say_counts(reasons: pd.Series) -> str:
    counts = reasons.dropna().value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return "; ".join(f"{reason} {count}" for reason, count in counts.items())


def _place_people(cohort: Cohort, profiles: Sequence[Profile], columns: list[str]) -> pd.DataFrame | None:
    """Give each patient's group, for the quality measures, whose rows know the site only."""
    wanted = [name for name in columns if name != "site"]
    if not wanted or not any(one.kind == "index" for one in profiles):
        return None
    courses = _build(cohort, get_profile("default"), ["phq9"])
    missing = [name for name in wanted if name not in courses.columns]
    if missing:
        raise DataError(f"{missing[0]} is no column of COURSES. Group by one that is.", code="E250")
    first = courses[is_true(courses["series"] == 1) | courses["series"].isna()]
    return first[["patient_id", *wanted]].drop_duplicates("patient_id")


def _judge_measure(
    cohort: Cohort,
    profile: Profile,
    by: By,
    people: pd.DataFrame | None,
    year: int | None,
    assume: Collection[str],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    places = build_measure(cohort, profile, year=year, assume=assume)
    if people is not None:
        places = places.merge(people, on="patient_id", how="left", validate="many_to_one")
    table = summarize_measures(places, by=by)
    if profile.value("adult_age") is not None:
        table = table[table["stratum"] == ALL]
    table = table.rename(columns={"rate": "endpoint"})
    pairs = list(zip(table["endpoint"], table["instrument"], table["stratum"], strict=True))
    table = table.assign(
        label=[name.replace("_", " ") + ("" if part == ALL else f", {part}") for name, _, part in pairs],
        rule=[name_measure_rule(str(name), str(id), profile=profile) for name, id, _ in pairs],
        window=name_window(profile),
        population=[name_population(profile, str(id)) for _, id, _ in pairs],
        denominator="measure",
        headline=True,
        not_counted=_say_places(table),
        status=_name_statuses(table, profile),
        n_patients=len(cohort.patients),
    )
    flags = places[["patient_id", *list_by(by), "instrument", "rate", "met"]]
    if profile.value("design") == "utilization":
        return table, pd.DataFrame()
    return table, flags.rename(columns={"rate": "endpoint", "met": "flag"})


def _say_places(table: pd.DataFrame) -> list[str]:
    """Say how many a measure leaves out, by verdict, with the most frequent reason."""
    kinds = {
        "excluded": "n_excluded",
        "not in denominator": "n_not_in_denominator",
        "not estimable": "n_not_estimable",
    }
    said = []
    for row in table.to_dict("records"):
        counts = "; ".join(f"{kind} {row[name]}" for kind, name in kinds.items() if row[name] > 0)
        said.append(f"{counts} (mostly {row['main_reason']})" if counts else "")
    return said


def _add_agreement(
    rows: pd.DataFrame, flags: pd.DataFrame, first: pd.DataFrame, columns: list[str]
) -> pd.DataFrame:
    """Count the patients judged under this profile and the first, and those with the same verdict."""
    if flags.empty or first.empty or "endpoint" not in rows.columns:
        return rows
    keys = [*columns, "instrument", "endpoint"]
    both = flags.merge(
        first[["patient_id", "instrument", "endpoint", "flag"]],
        on=["patient_id", "instrument", "endpoint"],
        how="inner",
        suffixes=("", "_first"),
    ).dropna(subset=["flag", "flag_first"])
    same = both["flag"].astype(bool) == both["flag_first"].astype(bool)
    counted = both[keys].assign(n_both=1, n_same=same.astype(int))
    counts = counted.groupby(keys, observed=True, as_index=False).sum()
    joined = rows.merge(counts, on=keys, how="left", validate="many_to_one")
    known = joined["rule"].ne(NOT_DEFINED).fillna(False) & joined["endpoint"].isin(set(first["endpoint"]))
    return joined.assign(
        n_both=joined["n_both"].astype("Int64").fillna(0).where(known),
        n_same=joined["n_same"].astype("Int64").fillna(0).where(known),
    )
