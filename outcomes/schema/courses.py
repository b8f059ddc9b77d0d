"""COURSES: what became of each patient and series on each questionnaire."""

from __future__ import annotations

from outcomes.schema.column import Column, Schema

FOLLOW_UP_DAYS = (90, 180, 365)
"""The follow-up windows that COURSES always has; further ones of a profile come after them."""

_Row = tuple[str, str, str, str]

_COURSE: tuple[_Row, ...] = (
    ("patient_id", "string", "Patient", ""),
    ("site", "string", "Site", ""),
    ("series", "Int64", "Series; missing for a patient without any infusion", ""),
    ("instrument", "string", "Instrument id", ""),
    ("start_date", "datetime64[ns]", "Date of the first infusion of the series", ""),
    (
        "start_day",
        "Int64",
        "Day of the first infusion of the series, from the patient's first infusion",
        "days",
    ),
    ("quarter", "string", "Quarter of the first infusion of the series, '2026Q2'", ""),
    ("route", "string", "Route of the first infusion", ""),
    ("drug", "string", "Drug of the first infusion", ""),
    ("n_infusions", "Int64", "Infusion days in the series", "infusions"),
    ("n_induction", "Int64", "Infusion days of the induction", "infusions"),
    ("n_maintenance", "Int64", "Infusion days after the induction", "infusions"),
    ("last_induction_day", "Int64", "Day of the last induction infusion", "days"),
    ("last_infusion_day", "Int64", "Day of the last infusion of the series", "days"),
    (
        "first_maintenance_day",
        "Int64",
        "Day of the first maintenance infusion after the endpoint's anchor",
        "days",
    ),
    (
        "possible_reinduction",
        "boolean",
        "True where a block as dense as an induction follows a long gap in the series",
        "",
    ),
    (
        "induction_status",
        "string",
        "complete, compressed, in_progress or incomplete; not_defined where the profile has no such rule",
        "",
    ),
    ("start_observed", "boolean", "False where the export may not hold the first infusion", ""),
    ("observed_until_day", "Int64", "Last day of the series that the export could contain", "days"),
    (
        "admission_day",
        "Int64",
        "Day of the recorded psychiatric admission, from the first infusion of the series",
        "days",
    ),
    (
        "matured",
        "boolean",
        "True where the post-induction window has closed for everyone who started that day",
        "",
    ),
    ("due", "boolean", "Started, start observed and matured", ""),
    ("baseline", "Int64", "Baseline total", "points"),
    ("baseline_day", "Int64", "Day of the baseline", "days"),
    ("baseline_reason", "string", "Why there is no baseline; missing where there is one", ""),
    (
        "baseline_order_assumed",
        "boolean",
        "True where the baseline rests on the assumed order of the first infusion day",
        "",
    ),
    ("baseline_severity", "string", "Severity band at baseline", ""),
    ("eligible", "boolean", "Due, with a baseline at or above caseness", ""),
    ("eligible_reason", "string", "Why not eligible; missing where eligible", ""),
    ("endpoint_total", "Int64", "Total in the post-induction window", "points"),
    ("endpoint_day", "Int64", "Day of that total", "days"),
    ("endpoint_reason", "string", "Why there is no endpoint total; missing where there is one", ""),
    ("endpoint_timing_class", "string", "timing_class of that total", ""),
    ("endpoint_severity", "string", "Severity band of that total", ""),
    (
        "infusion_in_window",
        "boolean",
        "True where a maintenance infusion lies between anchor and endpoint",
        "",
    ),
)

_JUDGED: tuple[_Row, ...] = (
    ("change", "Int64", "Total minus baseline", "points"),
    ("percent_change", "Float64", "Change in percent of baseline", "percent of baseline"),
    ("response", "boolean", "Response; missing where not eligible or no total", ""),
    (
        "partial_response",
        "boolean",
        "Partial response (and no response); missing as for response, and where the profile defines none",
        "",
    ),
    ("remission", "boolean", "Remission or below cut-off; missing as for response", ""),
    ("mcid_reached", "boolean", "Smallest important change reached; missing as for response", ""),
    ("recovery", "boolean", "Total below caseness; missing as for response", ""),
    ("reliable_improvement", "boolean", "Reliable improvement; missing as for response", ""),
    ("reliable_recovery", "boolean", "Recovery and reliable improvement; missing as for response", ""),
    ("reliable_deterioration", "boolean", "Reliable deterioration, for everyone due with both totals", ""),
    ("any_worsening", "boolean", "Total above baseline, for everyone due with both totals", ""),
    ("change_class", "string", "recovered, improved, unchanged or deteriorated, for the same", ""),
    (
        "severity_shift",
        "Int64",
        "Severity band of the total minus that of the baseline (PCL-5: by caseness), for the same",
        "bands",
    ),
)


def _judge_at(days: int) -> tuple[_Row, ...]:
    """The columns of a follow-up window: its total, and every judgment of it."""
    return (
        (f"due_{days}", "boolean", f"Started, start observed and the {days}-day window has closed", ""),
        (f"eligible_{days}", "boolean", f"Due at {days} days, with a baseline at or above caseness", ""),
        (f"total_{days}", "Int64", f"Total in the {days}-day window", "points"),
        (f"day_{days}", "Int64", f"Day of the total in the {days}-day window", "days"),
        (f"reason_{days}", "string", f"Why there is no total at {days} days; missing where there is one", ""),
        (f"after_new_series_{days}", "boolean", "True where a later series had begun before that total", ""),
        *((f"{name}_{days}", dtype, f"{text} (at {days} days)", unit) for name, dtype, text, unit in _JUDGED),
    )


COURSES = Schema(
    "COURSES",
    "one row per patient, series and instrument; a patient without an infusion has one row per instrument",
    ("patient_id", "series", "instrument"),
    tuple(
        Column(name, dtype, meaning, "build_courses", unit)
        for name, dtype, meaning, unit in (
            *_COURSE,
            *_JUDGED,
            *(row for days in FOLLOW_UP_DAYS for row in _judge_at(days)),
        )
    ),
    ("build_courses",),
    ("series",),
)
