"""MEASURES: each patient's place in a quality measure."""

from __future__ import annotations

from outcomes.schema.column import Column, Schema

VERDICTS = ("met", "not met", "excluded", "not in denominator", "not estimable")
"""The verdicts of a patient under a measure."""

MEASURES = Schema(
    "MEASURES",
    "one row per patient, rate and period of a quality measure (build_measure)",
    ("patient_id", "measure", "instrument", "rate", "stratum"),
    tuple(
        Column(name, dtype, meaning, "build_measure", unit)
        for name, dtype, meaning, unit in (
            ("patient_id", "string", "Patient", ""),
            ("site", "string", "Site", ""),
            ("measure", "string", "Measure, the id of its profile", ""),
            ("hash", "string", "Hash of the definitions in use", ""),
            ("rate", "string", "What is counted: remission, response, follow_up, recovery ...", ""),
            ("stratum", "string", "Age band, or third of the year; 'all' where the measure has none", ""),
            ("instrument", "string", "Questionnaire of the index", ""),
            ("second_instrument", "string", "Anxiety measure of the patient, where two count", ""),
            ("index_date", "datetime64[ns]", "Date of the index score", ""),
            ("index_total", "Int64", "Total at the index", "points"),
            ("index_assessment", "string", "assessment_id of the index score", ""),
            ("window_from", "datetime64[ns]", "First day on which the follow-up score may lie", ""),
            ("window_to", "datetime64[ns]", "Last such day", ""),
            ("follow_up_date", "datetime64[ns]", "Date of the score used", ""),
            ("follow_up_total", "Int64", "Total of the score used", "points"),
            ("follow_up_assessment", "string", "assessment_id of the score used", ""),
            ("second_index_total", "Int64", "Anxiety total at the index, where two count", "points"),
            ("second_follow_up_total", "Int64", "Anxiety total of the score used, where two count", "points"),
            ("in_denominator", "boolean", "True where the patient is counted", ""),
            ("met", "boolean", "True where the rate is met; missing outside the denominator", ""),
            ("verdict", "string", "met, not met, excluded, not in denominator or not estimable", ""),
            ("reason", "string", "Why, in the words of a closed list", ""),
        )
    ),
    ("build_measure",),
)
