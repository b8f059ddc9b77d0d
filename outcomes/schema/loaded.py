"""The frames that loading makes: ITEMS, INFUSIONS, PATIENTS, LEDGER."""

from __future__ import annotations

from outcomes.schema.column import Column, Schema

MAX_ITEMS = 20

_WHO = (
    Column(
        "patient_id",
        "string",
        "Patient; unique across sites ('site/id' where ids are unique within a site only)",
        "load_cohort",
    ),
    Column("site", "string", "Site; missing where the export names none", "load_cohort"),
)
_WHEN = (
    Column(
        "date",
        "datetime64[ns]",
        "Calendar date; missing where the export gives study days or no date",
        "load_cohort",
    ),
    Column(
        "study_day",
        "Int64",
        "Day relative to the patient's first infusion (day 0), given instead of a date",
        "load_cohort",
        "days",
    ),
    Column(
        "clock",
        "Int64",
        "Time of day in seconds after midnight; missing where only the date is known",
        "load_cohort",
        "seconds",
    ),
)

ITEMS = Schema(
    "ITEMS",
    "one row per questionnaire (patient, instrument, occasion) as it was answered",
    ("assessment_id",),
    (
        Column(
            "assessment_id",
            "string",
            "Questionnaire: row_uid of its (first) row, instrument, and visit or column of several in a row",
            "load_cohort",
        ),
        Column("row_uid", "string", "The physical row it came from, as in LEDGER", "load_cohort"),
        *_WHO,
        Column("instrument", "string", "Instrument id: phq9, gad7, pcl5 ...", "load_cohort"),
        *_WHEN,
        Column(
            "declared_timing",
            "string",
            "'before' or 'after' the infusion of the day, where the export says so",
            "load_cohort",
        ),
        Column("visit", "string", "Visit label of the export, kept for tracing only", "load_cohort"),
        *(
            Column(
                f"item_{number}",
                "Int8",
                f"Answer to item {number}; missing: not answered, or the instrument has fewer items",
                "load_cohort",
                "points",
            )
            for number in range(1, MAX_ITEMS + 1)
        ),
        Column(
            "difficulty",
            "Int8",
            "Answer to the difficulty question (0-3); never part of a total",
            "load_cohort",
            "points",
        ),
        Column(
            "recorded_total",
            "Int64",
            "Total as the export states it; a check, never a source where items exist",
            "load_cohort",
            "points",
        ),
    ),
    ("load_cohort",),
)

INFUSIONS = Schema(
    "INFUSIONS",
    "one row per administration that was given",
    ("row_uid",),
    (
        Column("row_uid", "string", "The physical row it came from, as in LEDGER", "load_cohort"),
        *_WHO,
        *_WHEN,
        Column("drug", "string", "ketamine or esketamine as the export names it", "load_cohort"),
        Column("route", "string", "IV, IM, IN, SC, SL or PO", "load_cohort"),
        Column("dose_mg", "Float64", "Dose; missing where not stated beyond doubt", "load_cohort", "mg"),
        Column("weight_kg", "Float64", "Body weight at the infusion", "load_cohort", "kg"),
        Column("dose_mg_per_kg", "Float64", "Dose per body weight", "load_cohort", "mg/kg"),
        Column("duration_min", "Float64", "Duration of the infusion", "load_cohort", "minutes"),
        Column(
            "declared_phase",
            "string",
            "'induction', 'maintenance' or 're-induction', where the export says so",
            "load_cohort",
        ),
        Column(
            "declared_number",
            "Int64",
            "Infusion number as the export states it; checked, never trusted",
            "load_cohort",
        ),
        Column(
            "period",
            "string",
            "Period of the infusion ('2026Q2') as the export states it, where only study days are given",
            "load_cohort",
        ),
        *(
            Column(name, dtype, meaning, "load_cohort", unit)
            for name, dtype, meaning, unit in (
                ("nausea", "boolean", "Nausea or vomiting at the session; missing: not recorded", ""),
                ("systolic_before", "Int64", "Systolic blood pressure before the dose", "mmHg"),
                ("systolic_peak", "Int64", "Highest systolic blood pressure after the dose", "mmHg"),
                ("diastolic_before", "Int64", "Diastolic blood pressure before the dose", "mmHg"),
                ("diastolic_peak", "Int64", "Highest diastolic blood pressure after the dose", "mmHg"),
                (
                    "dissociation_total",
                    "Float64",
                    "Total of the clinic's dissociation scale (such as the CADSS) at its highest",
                    "points",
                ),
                ("urinary_symptoms", "boolean", "Urinary symptoms asked for at the session and found", ""),
                (
                    "cognitive_complaints",
                    "boolean",
                    "Cognitive complaints asked for at the session and found",
                    "",
                ),
            )
        ),
        Column("series", "Int64", "Series of infusions, 1, 2, ... by the gap rule", "derive_series"),
        Column("day", "Int64", "Day relative to the first infusion of the series", "derive_series", "days"),
        Column(
            "infusion_number",
            "Int64",
            "Number within the series; administrations of one date share it",
            "derive_series",
        ),
        Column("phase", "string", "'induction' or 'maintenance'", "derive_series"),
        Column(
            "gap_days",
            "Int64",
            "Days since the previous infusion of the patient; missing for the first",
            "derive_series",
            "days",
        ),
        Column(
            "long_gap",
            "boolean",
            "True after a gap longer than long_gap_days within a series",
            "derive_series",
        ),
        Column(
            "possible_reinduction",
            "boolean",
            "True where a block as dense as an induction follows a long gap; never split",
            "derive_series",
        ),
        Column(
            "several_same_day",
            "boolean",
            "True where the date holds more than one administration",
            "derive_series",
        ),
    ),
    ("load_cohort",),
)

PATIENTS = Schema(
    "PATIENTS",
    "one row per patient seen in any file",
    ("patient_id",),
    (
        *_WHO,
        Column("sex", "string", "Sex as the export states it", "load_cohort"),
        Column("age", "Int64", "Age at the first infusion (0-89)", "load_cohort", "years"),
        Column("diagnosis", "string", "Diagnosis group as the export states it", "load_cohort"),
        Column(
            "period",
            "string",
            "Period of the first infusion ('2026Q2') where only study days are given",
            "load_cohort",
        ),
        Column("observed_from", "datetime64[ns]", "First date that the export could contain", "load_cohort"),
        Column("observed_until", "datetime64[ns]", "Last date that the export could contain", "load_cohort"),
        Column(
            "observed_until_day",
            "Int64",
            "The same relative to the first infusion, where only study days are given",
            "load_cohort",
            "days",
        ),
        Column(
            "admission_date",
            "datetime64[ns]",
            "First psychiatric admission after the start, where recorded",
            "load_cohort",
        ),
    ),
    ("load_cohort",),
)

EXCLUDED = Schema(
    "EXCLUDED",
    "one row per questionnaire that was read and left out of SCORES",
    ("assessment_id",),
    (
        *ITEMS.columns,
        Column("reason", "string", "Why it was left out, as in LEDGER", "load_cohort"),
    ),
    ("load_cohort",),
)

VISITS = Schema(
    "VISITS",
    "one row per attended visit or treatment contact",
    ("row_uid",),
    (
        Column("row_uid", "string", "The physical row it came from, as in LEDGER", "load_cohort"),
        *_WHO,
        *_WHEN,
        Column("kind", "string", "Kind of visit as the export states it", "load_cohort"),
        Column(
            "qualifying",
            "boolean",
            "True where the export says that the visit qualifies for a quality measure; missing: not stated",
            "load_cohort",
        ),
    ),
    ("load_cohort",),
)

CONDITIONS = Schema(
    "CONDITIONS",
    "one row per recorded diagnosis or circumstance of a patient",
    ("row_uid",),
    (
        Column("row_uid", "string", "The physical row it came from, as in LEDGER", "load_cohort"),
        *_WHO,
        *_WHEN,
        Column(
            "condition",
            "string",
            "Condition in the words of the measures: major_depression, bipolar, death, hospice ...",
            "load_cohort",
        ),
    ),
    ("load_cohort",),
)

LEDGER = Schema(
    "LEDGER",
    "one row per physical row of every file",
    ("row_uid",),
    tuple(
        Column(name, dtype, meaning, "load_cohort", unit)
        for name, dtype, meaning, unit in (
            (
                "row_uid",
                "string",
                "'input:sheet:row' by their numbers; the sheet of a text file is 0",
                "",
            ),
            ("input", "Int64", "Number of the input in the order of outcomes.toml (1, 2, ...)", ""),
            ("sha256", "string", "First 12 characters of the file's SHA-256", ""),
            ("role", "string", "scores, infusions or patients", ""),
            ("sheet", "Int64", "Number of the sheet; 0 for text files", ""),
            (
                "row",
                "Int64",
                "Row as an editor or Excel numbers it (the header is above the first data row)",
                "",
            ),
            ("status", "string", "'used' or 'excluded'", ""),
            ("reason", "string", "Why excluded (closed list); missing where used", ""),
            (
                "column",
                "Int64",
                "Column of the first fault in an excluded row, from 1; missing if no single cell is at fault",
                "",
            ),
            (
                "left_out",
                "string",
                "What was left out of the row, 'gad7=out_of_range' or 'phq9:week 4=duplicate'; also of "
                "excluded rows in which the reasons differ; missing where none",
                "",
            ),
            (
                "assessment_row",
                "string",
                "row_uid of the row in SCORES (long item rows share one); missing if excluded",
                "",
            ),
        )
    ),
    ("load_cohort",),
)
