"""Who the patients are at the start: the first table of a report, with standardized differences."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from outcomes.schema import require_columns
from outcomes.summaries.groups import add_shares

ALL = "all"
_PEOPLE = ("age", "sex", "diagnosis")  # of PATIENTS, where the export has them
_COURSE = ("site", "route", "drug", "n_infusions")
_SEX = {"F": "female", "f": "female", "M": "male", "m": "male", "Female": "female", "Male": "male"}
_NUMBERS = ("age", "n_infusions")
_COLUMNS = [
    "variable", "level", "group", "n_patients", "n", "n_missing", "k", "share", "conf_low", "conf_high",
    "percent_shown", "mean", "sd", "median", "q1", "q3", "difference",
]  # fmt: skip


def summarize_characteristics(
    courses: pd.DataFrame, patients: pd.DataFrame, *, by: str | None = None, smallest: int = 11
) -> pd.DataFrame:
    """Describe the patients at the start of their first series, all together and by group.

    Parameters
    ----------
    courses : DataFrame (COURSES); series 1 is described, each patient once
    patients : DataFrame (PATIENTS)
    by : str, optional; a column of COURSES that makes the groups, such as "site" or "route"
    smallest : int, smallest n for which a percentage may be shown

    Returns
    -------
    DataFrame
        One row per variable, level and group ("all" first): variable (age, sex with F and M as female and
        male, diagnosis, site, route, drug,
        n_infusions, and "baseline phq9" and so on; those that nobody has are left out), level (of a category;
        missing for a number), n_patients (of the group), n (with a value), n_missing, and for a level k,
        share, conf_low, conf_high (Wilson), percent_shown; for a number mean, sd, median, q1, q3. difference:
        the largest standardized difference between any two groups, the same in all rows of a variable;
        missing without groups, and where two groups have nothing in common.

    Raises
    ------
    DataError
        If a column is missing.

    Notes
    -----
    Standardized difference: of numbers, difference of means over the root of the mean variance; of
    categories, the Mahalanobis distance of their shares [1]_. It does not depend on the number of patients;
    tests of baseline differences do, and are not given.

    References
    ----------
    .. [1] Yang D, Dalton JE (2012). A unified approach to measuring the effect size between two groups. SAS
       Global Forum 2012, paper 335. Austin PC (2009). Stat Med 28:3083-3107. doi:10.1002/sim.3697

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> courses = pd.DataFrame({
    ...     "patient_id": ["A", "B", "C", "D"], "series": 1, "instrument": "phq9", "site": "Harbor",
    ...     "route": ["IV", "IV", "IM", "IM"], "drug": "ketamine", "n_infusions": 6,
    ...     "baseline": [20, 18, 16, 14],
    ... })
    >>> patients = pd.DataFrame({"patient_id": ["A", "B", "C", "D"], "age": [40, 50, 45, 55]})
    >>> table = oc.summarize_characteristics(courses, patients, by="route")
    >>> age = table[table["variable"] == "age"]
    >>> age[["group", "n", "mean", "difference"]].round(2).values.tolist()[0]
    ['all', 4, 47.5, 0.71]
    """
    require_columns(
        courses,
        ("patient_id", "series", "instrument", "baseline", *_COURSE, *([by] if by else [])),
        caller="summarize_characteristics",
    )
    require_columns(patients, ("patient_id",), caller="summarize_characteristics")
    people = _line_up(courses, patients, by)
    groups = [ALL] if by is None else [ALL, *sorted(people[by].dropna().astype(str).unique())]
    held = {ALL: people} | {name: people[people[by].astype("string") == name] for name in groups[1:]}
    rows = []
    for variable in people.columns.drop("patient_id"):
        if variable == by or not people[variable].notna().any():
            continue
        number = variable in _NUMBERS or variable.startswith("baseline ")
        describe = _describe_number if number else _describe_levels
        part = describe(variable, people[variable], held)
        apart = [
            _measure_difference(held[a][variable], held[b][variable], number)
            for a, b in combinations(groups[1:], 2)
        ]
        known = [one for one in apart if not np.isnan(one)]
        largest = max(known, default=np.nan)
        rows.append(part.assign(difference=largest if np.isfinite(largest) else np.nan))
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=_COLUMNS)
    table = add_shares(table.astype({"k": "Int64", "n": "Int64"}), least=smallest)
    no_level = table["level"].isna()
    shares = ["share", "conf_low", "conf_high", "percent_shown"]
    return table.assign(**{name: table[name].mask(no_level) for name in shares}).reindex(columns=_COLUMNS)


def _line_up(courses: pd.DataFrame, patients: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """One row per patient with every variable that there is."""
    first = courses[(courses["series"] == 1).fillna(False)]
    more = [] if by is None or by in _COURSE else [by]
    people = first.drop_duplicates("patient_id")[["patient_id", *_COURSE, *more]]
    known = [name for name in _PEOPLE if name in patients.columns]
    people = people.merge(
        patients[["patient_id", *known]], on="patient_id", how="left", validate="one_to_one"
    )
    totals = first.pivot_table(index="patient_id", columns="instrument", values="baseline", aggfunc="first")
    totals = totals.add_prefix("baseline ").reset_index()
    people = people.merge(totals, on="patient_id", how="left", validate="one_to_one")
    if "sex" in people:
        people["sex"] = people["sex"].astype("string").str.strip().replace(_SEX)
    last = [name for name in people if str(name).startswith("baseline ")]
    return people[["patient_id", *known, *_COURSE, *last, *more]]


def _describe_number(variable: str, _: pd.Series, held: dict[str, pd.DataFrame]) -> pd.DataFrame:
    rows = []
    for group, people in held.items():
        values = people[variable].dropna().astype(float)
        quartiles = values.quantile([0.25, 0.5, 0.75]).tolist() if len(values) else [np.nan] * 3
        rows.append(
            {
                "variable": variable, "level": pd.NA, "group": group, "n_patients": len(people),
                "n": len(values), "n_missing": len(people) - len(values), "k": pd.NA,
                "mean": values.mean(), "sd": values.std(), "q1": quartiles[0], "median": quartiles[1],
                "q3": quartiles[2],
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _describe_levels(variable: str, values: pd.Series, held: dict[str, pd.DataFrame]) -> pd.DataFrame:
    rows = []
    for level in sorted(values.dropna().astype(str).unique()):
        for group, people in held.items():
            own = people[variable].dropna().astype(str)
            rows.append(
                {
                    "variable": variable, "level": level, "group": group, "n_patients": len(people),
                    "n": len(own), "n_missing": len(people) - len(own), "k": int((own == level).sum()),
                }
            )  # fmt: skip
    return pd.DataFrame(rows).assign(**dict.fromkeys(("mean", "sd", "median", "q1", "q3"), np.nan))


def _measure_difference(first: pd.Series, second: pd.Series, number: bool) -> float:
    """The standardized difference of one variable between two groups.

    Missing where a group has fewer than two values; infinite where they differ and neither varies.
    """
    first, second = first.dropna(), second.dropna()
    if len(first) < 2 or len(second) < 2:
        return float("nan")
    if number:
        a, b = first.astype(float), second.astype(float)
        spread = np.sqrt((a.var() + b.var()) / 2)
        gap = abs(a.mean() - b.mean())
        return float(gap / spread) if spread > 0 else 0.0 if gap == 0 else float("inf")
    levels = sorted({*first.astype(str), *second.astype(str)})[1:]  # the others follow from these
    shares = [np.array([(one.astype(str) == level).mean() for level in levels]) for one in (first, second)]
    gap = shares[0] - shares[1]
    spread = sum((np.diag(p) - np.outer(p, p)) / 2 for p in shares)
    if not levels:
        return 0.0
    inverse = np.linalg.pinv(spread)
    if not np.allclose(spread @ inverse @ gap, gap, atol=1e-9):  # a difference in which nobody varies
        return float("inf")
    return float(np.sqrt(max(gap @ inverse @ gap, 0.0)))
