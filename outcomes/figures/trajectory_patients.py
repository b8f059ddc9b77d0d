"""The patients behind the means: which scores are drawn, a thin line for each patient, and who stayed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from outcomes.endpoints.days import count_epoch_days
from outcomes.figures.style import HATCH, PATIENT_LINE, Looks
from outcomes.figures.trajectory_means import Clock
from outcomes.figures.words import say_count
from outcomes.schema import require_columns

_LOADED = ("patient_id", "instrument", "total")
_DERIVED = ("day", "infusion_number", "series", "endpoint_use", "baseline_of")


def select_rows(scores: pd.DataFrame, instrument: str, by: Clock) -> pd.DataFrame:
    """The rows to draw, in the order of patients and days, with the x axis as a column of that name.

    By day and infusion number these are the scores of the first series that serve as baseline or may serve an
    endpoint (the latest of each number); by first score all that have a total and a date or study day.
    """
    if by == "first_score":
        return _count_from_first(scores, instrument)
    require_columns(scores, (*_LOADED, *_DERIVED), caller="plot_trajectories")
    used = scores["endpoint_use"].astype("boolean").fillna(False) | (scores["baseline_of"] == 1).fillna(False)
    mine = (scores["instrument"] == instrument).fillna(False) & (scores["series"] == 1).fillna(False)
    rows = scores[(used & mine & scores["total"].notna() & scores[by].notna()).astype(bool)]
    rows = rows.sort_values(["patient_id", "day"], kind="stable", ignore_index=True)
    rows = rows.assign(total=rows["total"].astype("float64"), **{by: rows[by].astype("float64")})
    return rows if by == "day" else rows.drop_duplicates(["patient_id", by], keep="last", ignore_index=True)


def _count_from_first(scores: pd.DataFrame, instrument: str) -> pd.DataFrame:
    """All scores of an instrument by days since the patient's first of them, whatever the infusions."""
    require_columns(scores, (*_LOADED, "date", "study_day"), caller="plot_trajectories")
    rows = scores[(scores["instrument"] == instrument).fillna(False) & scores["total"].notna()]
    patient = rows["patient_id"]
    days = count_epoch_days(rows["date"])
    dated = days.notna().groupby(patient, sort=False).transform("any")  # days and dates are never mixed
    days = days.where(dated, rows["study_day"])
    single = ~patient.duplicated(keep=False)  # a survey that asks once may have no dates at all
    first = days.groupby(patient, sort=False).transform("min")
    since = (days - first).mask(single & days.isna(), 0)
    rows = rows.assign(first_score=since, total=rows["total"].astype("float64"))
    rows = rows[rows["first_score"].notna()].astype({"first_score": "float64"})
    return rows.sort_values(["patient_id", "first_score"], kind="stable", ignore_index=True)


def have_one_score_each(rows: pd.DataFrame, by: Clock) -> bool:
    """Whether there is no course to draw: by first score, and nobody has two."""
    return by == "first_score" and not rows["patient_id"].duplicated().any()


def draw_counts(ax: Axes, rows: pd.DataFrame) -> float:
    """A dot per patient, beside one another at their total; gives the largest number of patients in a row."""
    beside = rows.groupby("total").cumcount() + 1
    looks: Looks = {"color": PATIENT_LINE, "zorder": 2, "gid": "patient"}
    ax.plot(beside, rows["total"], linestyle="none", marker=".", markersize=5, **looks)
    return float(beside.max())


def cut_rows(rows: pd.DataFrame, column: str, until: int | None) -> pd.DataFrame:
    """The rows up to a day or infusion number; all of them without one."""
    return rows if until is None else rows[rows[column] <= until].reset_index(drop=True)


def draw_patients(ax: Axes, rows: pd.DataFrame, by: Clock, *, max_lines: int, seed: int) -> Line2D:
    """A thin line per patient, a dot for who has one score; gives the legend's handle."""
    patients = np.sort(rows["patient_id"].astype(str).unique())
    label = say_count(len(patients), "patient", "patients")
    if len(patients) > max_lines:
        label = f"{max_lines:,} of {len(patients):,} patients"
        patients = np.random.default_rng(seed).choice(patients, size=max_lines, replace=False)
        rows = rows[rows["patient_id"].isin(patients)]
    looks: Looks = {"color": PATIENT_LINE, "alpha": 0.8 if len(patients) <= 40 else 0.5, "zorder": 2}
    scores_of = rows.groupby("patient_id")["total"].transform("size")
    several, single = rows[scores_of > 1], rows[scores_of == 1]
    before = len(ax.lines)
    if len(several):
        lines: Looks = {"units": "patient_id", "estimator": None, "linewidth": 0.6}
        sns.lineplot(several, x=by, y="total", ax=ax, **lines, **looks)
    if len(single):
        ax.plot(single[by], single["total"], linestyle="none", marker=".", markersize=3, **looks)
    for line in ax.lines[before:]:
        line.set_gid("patient")
    return Line2D([], [], color=PATIENT_LINE, linewidth=0.8, label=label)


def mark_stayers(ax: Axes, rows: pd.DataFrame) -> list[Patch]:
    """Hatch the axis from the first infusion number at which fewer than half of the patients have a score."""
    counts = rows.groupby("infusion_number")["patient_id"].nunique().sort_index()
    few = counts[2 * counts.to_numpy() < rows["patient_id"].nunique()]
    if few.empty:
        return []
    looks: Looks = {"facecolor": "none", "edgecolor": HATCH, "hatch": "////", "linewidth": 0}
    ax.axvspan(float(few.index[0]) - 0.5, ax.get_xlim()[1], zorder=1, gid="stayers", **looks)
    return [Patch(label="stayers only: fewer than half", **looks)]
