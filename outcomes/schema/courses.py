"""COURSES: what became of each patient and series on each questionnaire."""

from __future__ import annotations

from outcomes.schema.column import Column, Schema

COURSES = Schema(
    "COURSES",
    "one row per patient, series and instrument; a patient without an infusion has one row per instrument and no series",
    ("patient_id", "series", "instrument"),
    tuple(
        Column(name, dtype, meaning, "build_courses", unit)
        for name, dtype, meaning, unit in (
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
            ("induction_status", "string", "complete, compressed, in_progress or incomplete", ""),
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
            ("change", "Int64", "Endpoint total minus baseline", "points"),
            ("percent_change", "Float64", "Change in percent of baseline", "percent of baseline"),
            (
                "response",
                "boolean",
                "Response at the endpoint; missing where not eligible or no endpoint total",
                "",
            ),
            (
                "remission",
                "boolean",
                "Remission or below cut-off at the endpoint; missing as for response",
                "",
            ),
            (
                "mcid_reached",
                "boolean",
                "Smallest important change reached at the endpoint; missing as for response",
                "",
            ),
            ("recovery", "boolean", "Endpoint total below caseness; missing as for response", ""),
            (
                "reliable_improvement",
                "boolean",
                "Reliable improvement at the endpoint; missing as for response",
                "",
            ),
            (
                "reliable_recovery",
                "boolean",
                "Recovery and reliable improvement at the endpoint; missing as for response",
                "",
            ),
            (
                "reliable_deterioration",
                "boolean",
                "Reliable deterioration; judged for everyone due with both totals",
                "",
            ),
            (
                "any_worsening",
                "boolean",
                "Endpoint total above baseline; judged for everyone due with both totals",
                "",
            ),
            (
                "change_class",
                "string",
                "recovered, improved, unchanged or deteriorated; for everyone due with both totals",
                "",
            ),
            *(
                column
                for days in (90, 180, 365)
                for column in (
                    (
                        f"due_{days}",
                        "boolean",
                        f"Started, start observed and the {days}-day window has closed",
                        "",
                    ),
                    (
                        f"eligible_{days}",
                        "boolean",
                        f"Due at {days} days, with a baseline at or above caseness",
                        "",
                    ),
                    (f"total_{days}", "Int64", f"Total in the {days}-day window", "points"),
                    (f"day_{days}", "Int64", f"Day of the total in the {days}-day window", "days"),
                    (
                        f"reason_{days}",
                        "string",
                        f"Why there is no total at {days} days; missing where there is one",
                        "",
                    ),
                    (
                        f"after_new_series_{days}",
                        "boolean",
                        "True where a later series had begun before that total",
                        "",
                    ),
                    *(
                        (
                            f"{flag}_{days}",
                            "string" if flag == "change_class" else "boolean",
                            f"As {flag}, at {days} days",
                            "",
                        )
                        for flag in (
                            "response",
                            "remission",
                            "mcid_reached",
                            "recovery",
                            "reliable_improvement",
                            "reliable_recovery",
                            "reliable_deterioration",
                            "any_worsening",
                            "change_class",
                        )
                    ),
                )
            ),
        )
    ),
    ("build_courses",),
)
