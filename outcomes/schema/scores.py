"""SCORES: questionnaires with their totals, and what the endpoints add to each."""

from __future__ import annotations

from outcomes.schema.column import Column, Schema
from outcomes.schema.loaded import ITEMS

SCORES = Schema(
    "SCORES",
    "one row per questionnaire (patient, instrument, occasion)",
    ("assessment_id",),
    (
        *ITEMS.columns,
        Column(
            "items_available", "boolean", "False where the export holds a total and no items", "score_items"
        ),
        Column(
            "n_items_answered",
            "Int64",
            "Number of items answered; missing where items are not available",
            "score_items",
            "items",
        ),
        Column(
            "total",
            "Int64",
            "Total score; missing where it may not be scored (an item is missing and prorating is off)",
            "score_items",
            "points",
        ),
        Column("prorated", "boolean", "True where missing items were prorated into the total", "score_items"),
        Column(
            "straight_line",
            "boolean",
            "True where every item has the same answer above zero; the total is used; missing without items",
            "score_items",
        ),
        # derive_timeline
        Column(
            "series",
            "Int64",
            "Home series: the latest that began before this assessment, else 1; missing without any infusion",
            "derive_timeline",
        ),
        Column(
            "day",
            "Int64",
            "Day relative to the first infusion of the home series (day 0)",
            "derive_timeline",
            "days",
        ),
        Column(
            "infusion_number",
            "Int64",
            "Infusions of the home series given before this assessment",
            "derive_timeline",
            "infusions",
        ),
        Column(
            "days_since_infusion",
            "Int64",
            "Days since the last infusion before this assessment",
            "derive_timeline",
            "days",
        ),
        Column(
            "days_to_next_infusion",
            "Int64",
            "Days until the next infusion (0 on its day, when before it)",
            "derive_timeline",
            "days",
        ),
        Column(
            "hours_since_infusion",
            "Float64",
            "Hours since the start of the last infusion; missing without clock times",
            "derive_timeline",
            "hours",
        ),
        Column(
            "phase",
            "string",
            "'before', 'induction' or 'maintenance': phase of the last infusion before this assessment",
            "derive_timeline",
        ),
        Column(
            "timing",
            "string",
            "On an infusion day 'before', 'after' or 'unknown'; on other days 'none'",
            "derive_timeline",
        ),
        Column(
            "order_assumed",
            "boolean",
            "True where the order on the infusion day is the profile's assumption",
            "derive_timeline",
        ),
        Column(
            "timing_class",
            "string",
            "pre_course, acute, trough, early, later or unknown_same_day (clinical timing of the score)",
            "derive_timeline",
        ),
        Column(
            "endpoint_use",
            "boolean",
            "True where the score may serve an endpoint: after the start of the home series and not acute",
            "derive_timeline",
        ),
        Column(
            "recall_overlap",
            "boolean",
            "True where the questionnaire's recall period reaches back past the last infusion",
            "derive_timeline",
        ),
        Column(
            "baseline_candidate_of",
            "Int64",
            "Series that the next infusion begins, where its start is observed and this score may serve it",
            "derive_timeline",
        ),
        Column(
            "start_observed",
            "boolean",
            "False where the export may not hold the first infusion (too soon after observed_from)",
            "derive_timeline",
        ),
        Column("route", "string", "Route of the first infusion of the home series", "derive_timeline"),
        Column("drug", "string", "Drug of the first infusion of the home series", "derive_timeline"),
        # derive_baseline
        Column(
            "baseline_of",
            "Int64",
            "Series for which this row is the baseline assessment; missing for all other rows",
            "derive_baseline",
        ),
        Column("baseline", "Int64", "Baseline total of the home series", "derive_baseline", "points"),
        Column("baseline_day", "Int64", "Day of that baseline", "derive_baseline", "days"),
        Column(
            "baseline_reason",
            "string",
            "Why the home series has no baseline; missing where it has one",
            "derive_baseline",
        ),
        # derive_change ...
        Column(
            "change",
            "Int64",
            "Total minus baseline; negative is better where lower is better; missing unless endpoint_use",
            "derive_change",
            "points",
        ),
        Column(
            "percent_change",
            "Float64",
            "Change in percent of baseline; missing at baseline 0",
            "derive_change",
            "percent of baseline",
        ),
        Column(
            "severity",
            "string",
            "Severity band of the total; missing where the instrument has no bands",
            "derive_severity",
        ),
        Column(
            "response",
            "boolean",
            "Response against baseline; missing where not eligible (baseline below caseness) or not judged",
            "derive_response",
        ),
        Column(
            "partial_response",
            "boolean",
            "Partial response and no response; missing as for response, and where the profile defines none",
            "derive_response",
        ),
        Column(
            "remission",
            "boolean",
            "Remission (PHQ-9, GAD-7) or below cut-off (PCL-5); missing where not eligible or not judged",
            "derive_remission",
        ),
        Column(
            "reliable_improvement",
            "boolean",
            "Improved by at least the reliable change; missing where not eligible or not judged",
            "derive_reliable_change",
        ),
        Column(
            "reliable_deterioration",
            "boolean",
            "Worsened by at least the reliable change; judged for everyone with a baseline, no gate",
            "derive_reliable_change",
        ),
        Column(
            "any_worsening",
            "boolean",
            "Total above baseline; judged for everyone with a baseline, no gate",
            "derive_reliable_change",
        ),
        Column(
            "mcid_reached",
            "boolean",
            "Improved by at least the smallest important change; missing as for response",
            "derive_recovery",
        ),
        Column(
            "recovery",
            "boolean",
            "Baseline at caseness, total below it; missing as for response",
            "derive_recovery",
        ),
        Column(
            "reliable_recovery",
            "boolean",
            "Recovery and reliable improvement; missing as for response",
            "derive_recovery",
        ),
        Column(
            "change_class",
            "string",
            "recovered, improved, unchanged or deteriorated (clinically significant change), no gate",
            "derive_recovery",
        ),
        *(
            Column(name, "Int64", f"{label}; missing where one of its items is", "derive_subscales", "points")
            for name, label in (
                ("phq2", "PHQ-2: items 1-2 of PHQ-9"),
                ("gad2", "GAD-2: items 1-2 of GAD-7"),
                ("pcl5_b", "PCL-5 cluster B, intrusion: items 1-5"),
                ("pcl5_c", "PCL-5 cluster C, avoidance: items 6-7"),
                ("pcl5_d", "PCL-5 cluster D, thoughts and mood: items 8-14"),
                ("pcl5_e", "PCL-5 cluster E, arousal and reactivity: items 15-20"),
            )
        ),
        *(
            Column(name, "boolean", f"{label}; missing where any item is", "derive_diagnosis")
            for name, label in (
                ("phq9_mds", "PHQ-9 algorithm: major depressive syndrome"),
                ("phq9_ods", "PHQ-9 algorithm: other depressive syndrome"),
                ("pcl5_provisional", "PCL-5 rule: provisional PTSD"),
            )
        ),
        Column(
            "item9_any", "boolean", "Self-harm item above zero; missing: not answered", "derive_self_harm"
        ),
        Column(
            "item9_rise",
            "boolean",
            "Self-harm item above that of the baseline assessment; missing without it or before it",
            "derive_self_harm",
        ),
    ),
    ("load_cohort", "score_items"),
)
