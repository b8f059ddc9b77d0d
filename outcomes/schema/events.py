"""EVENTS: when a response began or was lost."""

from __future__ import annotations

from outcomes.schema.column import Column, Schema

EVENTS = Schema(
    "EVENTS",
    "one row per patient, series, instrument and endpoint (build_onset_times, build_relapse_times)",
    ("patient_id", "series", "instrument", "endpoint"),
    tuple(
        Column(name, dtype, meaning, "build_onset_times", unit)
        for name, dtype, meaning, unit in (
            ("patient_id", "string", "Patient", ""),
            ("site", "string", "Site", ""),
            ("series", "Int64", "Series; missing for a patient without any infusion", ""),
            ("instrument", "string", "Instrument id", ""),
            (
                "endpoint",
                "string",
                "response, remission, sustained_response, sustained_remission, relapse or loss_of_response",
                "",
            ),
            ("quarter", "string", "Quarter of the first infusion of the series", ""),
            ("route", "string", "Route of the first infusion of the series", ""),
            ("drug", "string", "Drug of the first infusion of the series", ""),
            (
                "included",
                "boolean",
                "True where the patient-series belongs to the population of this endpoint",
                "",
            ),
            ("excluded_reason", "string", "Why not included; missing where included", ""),
            (
                "origin_day",
                "Int64",
                "Day of the series on which the clock starts (0, or the day of the post-induction score)",
                "days",
            ),
            (
                "left",
                "Int64",
                "Event after this day: the last visit without it; the censoring day where there is no event",
                "days",
            ),
            (
                "right",
                "Int64",
                "Event at the latest on this day: the first visit with it; missing where there is no event",
                "days",
            ),
            (
                "time",
                "Int64",
                "Conventional time: the observed day of the event (right), or the censoring day",
                "days",
            ),
            ("event", "boolean", "True where the event was seen", ""),
            ("left_infusions", "Int64", "left on the infusion clock (onset only)", "infusions"),
            ("right_infusions", "Int64", "right on the infusion clock (onset only)", "infusions"),
            (
                "reason",
                "string",
                "score, new_series, admission; or last_score, last_bad_unconfirmed, no_follow_up ...",
                "",
            ),
            ("unconfirmed", "boolean", "True where a candidate event lacked a confirming score", ""),
            (
                "event_gap",
                "boolean",
                "True where a long time without a score precedes an admission or a new series (relapse only)",
                "",
            ),
            ("n_scores", "Int64", "Scores used after the clock started", "assessments"),
            ("median_gap_days", "Float64", "Median gap between those scores (and the origin)", "days"),
        )
    ),
    ("build_onset_times",),
    ("series",),
)
