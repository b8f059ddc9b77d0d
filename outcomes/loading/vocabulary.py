"""The words by which columns are known, and what stands in them: headers after normalization, and cells."""

from __future__ import annotations

import re
from collections.abc import Collection

ROLES: dict[str, tuple[str, ...]] = {
    "patient_id": (
        "patient_id", "patient", "participant_id", "participant", "subject_id", "subject", "subjects",
        "subjid", "usubjid", "pid", "uid", "id", "record_id", "study_id", "client_id", "caseref",
        "patient_pk", "seqn", "external_reference", "external_data_reference",
    ),
    "site": ("site", "clinic", "location_code", "redcap_data_access_group", "data_access_group", "site_name"),
    "date": (
        "date", "assessment_date", "visit_date", "date_completed", "date_submitted", "date_submited",
        "first_opened", "completed_at", "when_created", "dt_response", "start_date", "end_date",
        "recorded_date", "appointment_date", "timestamp", "authored", "qsdtc",
    ),
    "day": ("day", "study_day", "days_from_start", "days_from_first_infusion", "days_post_session"),
    "time": ("time", "time_of_day", "assessment_time", "time_completed", "clock"),
    "timing": ("timing", "declared_timing", "infusion_timing", "score_timing"),
    "visit": (
        "visit", "visit_num", "visitnum", "redcap_event_name", "event", "event_name", "week", "month",
        "timepoint", "wave", "session", "type", "measurement",
    ),
    "instrument": (
        "instrument", "instrument_name", "scale", "scale_name", "measure", "measure_name",
        "questionnaire", "form_name",
    ),
    "item": ("item", "item_number", "item_no", "question", "question_number"),
    "value": ("value", "answer", "response", "item_score"),
    "total": ("total", "score", "total_score", "sum", "sum_score"),
}  # fmt: skip
"""Roles of a questionnaire file, each with its headers."""

INFUSION_ROLES: dict[str, Collection[str]] = {
    "patient_id": ROLES["patient_id"],
    "site": ROLES["site"],
    "date": (
        "date", "infusion_date", "date_of_infusion", "date_of_current_infusion", "session_date", "visit_date",
        "date_of_ketamine_administration", "administration_date", "treatment_date", "visit_date_and_time",
        "usage_date", "session_start_time", "start_date",
    ),
    "day": ROLES["day"],
    "clock": ("start_time", "infusion_start", "infusion_start_time", "infusion_time", "time"),
    "number": ("infusion_number", "session_number", "infusion_no"),
    "drug": ("drug", "drug_name", "medication", "medication_name"),
    "route": ("route", "modality", "route_of_administration"),
    "dose_mg": (
        "dose_mg", "ketamine_dose_mg", "final_ketamine_dose_current_visit_mg", "final_ketamine_order_mg",
    ),
    "dose_mg_per_kg": (
        "dose_mg_per_kg", "dose_mg_kg", "ketamine_dose_mg_kg", "final_ketamine_order_mg_kg",
    ),
    "dose": ("dose", "dosage"),
    "weight_kg": ("weight_kg", "patient_weight_kg"),
    "duration_min": ("duration_min", "duration_minutes", "infusion_duration_min"),
    "phase": ("phase", "phase_of_care", "treatment_phase"),
    "status": ("status", "administration_status", "infusion_status"),
    "period": ("period",),
    "nausea": ("nausea", "nausea_vomiting", "nausea_or_vomiting", "nausea_yn"),
    "blood_pressure_before": ("blood_pressure_before", "bp_before", "bp_pre", "pre_bp", "pre_infusion_bp"),
    "blood_pressure_peak": ("blood_pressure_peak", "bp_peak", "bp_max", "peak_bp", "max_bp"),
    "systolic_before": (
        "systolic_before", "sbp_before", "sbp_pre", "pre_sbp", "systolic_pre", "bp_sys_pre",
        "bp_systolic_pre",
    ),
    "systolic_peak": (
        "systolic_peak", "sbp_peak", "sbp_max", "peak_sbp", "max_sbp", "bp_sys_max", "bp_sys_peak",
        "bp_systolic_max",
    ),
    "diastolic_before": (
        "diastolic_before", "dbp_before", "dbp_pre", "pre_dbp", "diastolic_pre", "bp_dia_pre",
        "bp_diastolic_pre",
    ),
    "diastolic_peak": (
        "diastolic_peak", "dbp_peak", "dbp_max", "peak_dbp", "max_dbp", "bp_dia_max", "bp_dia_peak",
        "bp_diastolic_max",
    ),
    "dissociation_total": ("dissociation_total", "cadss_total", "cadss", "cadss_score", "cadss_6_total"),
    "urinary_symptoms": ("urinary_symptoms", "bladder_symptoms", "lower_urinary_tract_symptoms", "luts"),
    "cognitive_complaints": ("cognitive_complaints", "memory_complaints", "cognitive_symptoms"),
}  # fmt: skip
"""Roles of an infusion file, each with its headers after normalization."""

VISIT_ROLES: dict[str, Collection[str]] = {
    "patient_id": ROLES["patient_id"],
    "site": ROLES["site"],
    "date": ("date", "visit_date", "encounter_date", "appointment_date", "contact_date", "start_date"),
    "day": ROLES["day"],
    "kind": ("kind", "visit_type", "encounter_type", "contact_type", "visit_kind"),
    "qualifying": ("qualifying", "qualifying_visit"),
    "status": ("status", "visit_status", "attendance", "attended"),
}
"""Roles of a file of visits, each with its headers after normalization."""

CONDITION_ROLES: dict[str, Collection[str]] = {
    "patient_id": ROLES["patient_id"],
    "site": ROLES["site"],
    "date": ("date", "diagnosis_date", "recorded_date", "onset_date", "start_date"),
    "day": ROLES["day"],
    "condition": ("condition", "diagnosis", "code", "icd10", "icd10_code", "icd_10_code", "diagnosis_code"),
}
"""Roles of a file of diagnoses and circumstances, each with its headers after normalization."""

PATIENT_ROLES: dict[str, Collection[str]] = {
    "patient_id": ROLES["patient_id"],
    "site": ROLES["site"],
    "sex": ("sex", "gender"),
    "age": ("age", "age_years", "age_at_start"),
    "diagnosis": ("diagnosis", "diagnosis_group", "primary_diagnosis"),
    "period": ("period",),
    "observed_from": ("observed_from",),
    "observed_until": ("observed_until",),
    "observed_until_day": ("observed_until_day", "last_observable_day"),
    "admission_date": ("admission_date", "date_of_admission"),
}
"""Roles of a patient file, each with its headers after normalization. An age band is not read."""

NEVER_PATIENT = ("row_id", "row_version", "response_id", "visit_id", "encounter", "index", "")
"""Row counters and keys of other things: never a patient."""

OTHER_EVENTS = frozenset((
    "admission", "appointment", "birth", "birthday", "born", "consent", "consented", "death", "diagnosed",
    "diagnosis", "discharge", "due", "enrollment", "enrolment", "enrolled", "expiration", "expiry", "first",
    "infusion", "injury", "last", "next", "onset", "previous", "prior", "randomisation", "randomised",
    "randomization", "randomized", "referral", "registration", "surgery", "trauma",
))  # fmt: skip
"""Words in the name of a date that is hardly that of an assessment, but of another event or another day."""

ASSESSMENT = frozenset((
    "administered", "administration", "answered", "assessed", "assessment", "completed", "completion",
    "interview", "questionnaire", "survey", "today", "todays", "visit",
))  # fmt: skip
"""Words that say of a date that it is that of an assessment."""

BESIDE_ASSESSMENT = frozenset((
    "baseline", "complete", "current", "date", "datetime", "day", "dt", "filled", "followup", "form", "fu",
    "month", "of", "in", "out", "screening", "session", "study", "test", "the", "this", "time", "timepoint",
    "timestamp", "week",
))  # fmt: skip
"""Words that may stand beside these, or beside the name of a form or questionnaire, and change nothing."""

OTHER_REFERENCE = ("days_post_session",)
"""Day columns that do not count from the first infusion: the layout must say from what."""

INFUSION = (
    "infusion_number", "session_number", "infusion_date", "date_of_current_infusion",
    "date_of_ketamine_administration", "visit_date_and_time", "usage_date", "session_start_time",
    "dose_mg", "ketamine_dose_mg_kg", "dose_mg_per_kg", "final_ketamine_dose_current_visit_mg", "dosage",
    "dose", "weight_kg", "patient_weight_kg", "route", "modality", "drug", "administration_status",
    "infusion_start", "infusion_start_time", "duration_min", "phase", "phase_of_care", "bp_sys", "bp_dia",
    "hr", "cadss_total",
)  # fmt: skip
"""Columns of infusion records."""

INFUSION_SIGNS = (
    "infusion_number", "infusion_date", "date_of_current_infusion", "date_of_ketamine_administration",
    "dose_mg", "ketamine_dose_mg_kg", "dose_mg_per_kg", "final_ketamine_dose_current_visit_mg",
    "administration_status", "infusion_start",
)  # fmt: skip
"""Columns that only infusion records have: a drug, a route or a heart rate may stand anywhere."""

PATIENT = (
    "age",
    "age_band",
    "sex",
    "diagnosis",
    "observed_from",
    "observed_until",
    "admission_date",
    "period",
)
"""Columns of patient files."""

NOT_AN_ITEM = ("rt", "notes", "complete", "severity", "level", "class", "rating", "date", "timestamp", "time")
"""Last words of headers that stand beside a questionnaire and are no answer."""

TIME_POINT = (
    r"(?:(?:t|v|w|m|d|visit|week|month|day|time|session)?_?\d{1,3}(?:w|m|d|mo|wk|y|weeks|months|days)?"
    r"|baseline|bl|base|pre|post|screening|follow_?up|fu|end|eot|discharge|intake|final|initial|[a-z])"
)
"""A time point glued to a name: it may be a visit or an item, and only a person can say."""

IMPORT_SUFFIX = re.compile(r"_(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{6}$")
"""What REDCap adds to the name of a field that is imported again: phq9_1_cf6471."""

LOOKALIKES: dict[str, tuple[str, ...]] = {
    "PHQ-8": ("phq8", "phq_8"),
    "PHQ-2": ("phq2", "phq_2"),
    "PHQ-4": ("phq4", "phq_4"),
    "GAD-2": ("gad2", "gad_2"),
    "PHQ-9 for teens": ("phq9m", "phq_9m", "phq_9_m", "phqa", "phq_a"),
    "PCL for DSM-IV": ("pclc", "pcl_c", "pclm", "pcl_m", "pcls", "pcl_s"),
    "PCL-5 past week": ("pcl5w", "pcl_5w", "pcl5_w", "pcl5_week", "pcl_5_week"),
}
"""Other instruments whose names or columns look like ours: refused rather than renamed."""

LOOKALIKE_CODES = {
    "55757-9": "PHQ-2",
    "55758-7": "PHQ-2",
    "89204-2": "PHQ-9 for teens",
    "89206-7": "PHQ-9 for teens",
    "70221-7": "PCL for DSM-IV",
}
"""LOINC codes of such instruments."""

NEVER_OURS = ("PHQ-9 for teens", "PCL for DSM-IV", "PCL-5 past week")
"""Those of them that carry the name of ours: a lookalike in a file of many instruments, not just another."""

CAPS_OR_PCL = tuple(
    f"{letter}{number}"
    for letter, count in zip("bcde", (5, 2, 7, 6), strict=True)
    for number in range(1, count + 1)
)
"""Bare DSM-5 symptom names: the PCL-5 and the CAPS-5 interview share them, and their range."""

OTHER_VERSION = re.compile(r"(?:phq_?9_?m|phq_?a|pcl_?[cms]|pcl_?5_?w)(?:_.*)?")
"""Headers of versions that a letter names: it is no time point glued to a name of ours. pcl_c1 is an item."""

SHORT_FORMS = {"phq9": {2: "PHQ-2", 8: "PHQ-8"}, "gad7": {2: "GAD-2"}}
"""Other instruments that are the first items of ours: by the number of these."""

PAST_WEEK = re.compile(r"(?:past|last)_week(?:_|$)")
"""The recall of the PCL-5 for the past week, in a normalized header or question text."""

ROUTES = {
    "iv": "IV", "intravenous": "IV", "intravenously": "IV", "iv infusion": "IV", "iv drip": "IV",
    "iv push": "IV", "iv bolus": "IV", "intravenous infusion": "IV",
    "im": "IM", "intramuscular": "IM", "intramuscularly": "IM", "im injection": "IM",
    "intramuscular injection": "IM",
    "in": "IN", "intranasal": "IN", "nasal": "IN", "nasal spray": "IN", "intranasal spray": "IN",
    "sc": "SC", "sq": "SC", "subcutaneous": "SC", "sc injection": "SC", "subcutaneous injection": "SC",
    "sl": "SL", "sublingual": "SL",
    "po": "PO", "oral": "PO",
}  # fmt: skip
DRUGS = {
    "ketamine": "ketamine", "racemic ketamine": "ketamine", "ketamine hcl": "ketamine",
    "ketamine hydrochloride": "ketamine",
    "esketamine": "esketamine", "s ketamine": "esketamine", "spravato": "esketamine",
}  # fmt: skip
KETAMINE = r"ketamin|ketalar|ketanest|spravato"
"""What stands in the name of ketamine and esketamine, in any spelling."""
PHASES = {
    "induction": "induction", "foundational": "induction", "foundation": "induction",
    "maintenance": "maintenance", "booster": "maintenance",
    "re induction": "re-induction", "reinduction": "re-induction",
}  # fmt: skip
GIVEN = frozenset((
    "given", "complete", "completed", "administered", "done", "partial", "stopped early", "",
))  # fmt: skip
"""Words of a status that mean given, as a blank one does; NOT_GIVEN holds the opposite."""
NOT_GIVEN = frozenset((
    "canceled", "cancelled", "no show", "held", "not given", "missed", "rescheduled", "declined",
    "not administered", "refused", "deferred", "dna", "did not attend", "withheld", "not done",
))  # fmt: skip
"""Words of a status or a dose that mean that nothing was given."""
DOSE_WORDS = frozenset((
    "mg", "mgs", "milligram", "milligrams", "mcg", "ug", "µg", "μg", "g", "kg", "ml", "cc", "min", "mins",
    "minute", "minutes", "h", "hr", "hrs", "hour", "hours", "per", "x", "iv", "im", "in", "sc", "sq", "sl",
    "po", "intravenous", "intramuscular", "intranasal", "subcutaneous", "sublingual", "oral", "ketamine",
    "esketamine", "racemic", "spravato", "hcl", "infusion", "injection", "bolus", "push", "drip", "spray",
    "dose", "total", "over", "at", "or", "to", "and", "then", "from", "plus", "increased", "decreased",
    "reduced", "titrated", "approx", "about", "unknown",
))  # fmt: skip
"""Words of a dose that say nothing of whether it was given."""


def names_other_event(name: str) -> bool:
    """Whether the normalized name of a date speaks of another event or day than that of an assessment."""
    return name not in ROLES["date"] and not OTHER_EVENTS.isdisjoint(name.split("_"))


def drop_import_suffix(name: str, known: Collection[str]) -> str:
    """A normalized header without the suffix of a REDCap re-import (`phq9_1_cf6471`), if known without it."""
    short = IMPORT_SUFFIX.sub("", name)
    return short if name not in known and short in known else name
