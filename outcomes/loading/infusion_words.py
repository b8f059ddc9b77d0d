"""The words by which infusion records are known: headers of their columns, and what stands in them."""

from __future__ import annotations

from collections.abc import Collection

from outcomes.loading.vocabulary import ROLES

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
}  # fmt: skip
"""Roles of an infusion file, each with its headers after normalization."""

ROUTES = {
    "iv": "IV", "intravenous": "IV", "intravenously": "IV", "iv infusion": "IV",
    "im": "IM", "intramuscular": "IM",
    "in": "IN", "intranasal": "IN", "nasal": "IN", "nasal spray": "IN",
    "sc": "SC", "sq": "SC", "subcutaneous": "SC",
    "sl": "SL", "sublingual": "SL",
    "po": "PO", "oral": "PO",
}  # fmt: skip
DRUGS = {
    "ketamine": "ketamine", "racemic ketamine": "ketamine", "ketamine hcl": "ketamine",
    "ketamine hydrochloride": "ketamine",
    "esketamine": "esketamine", "s ketamine": "esketamine", "spravato": "esketamine",
}  # fmt: skip
PHASES = {
    "induction": "induction", "foundational": "induction", "foundation": "induction",
    "maintenance": "maintenance", "booster": "maintenance",
    "re induction": "re-induction", "reinduction": "re-induction",
}  # fmt: skip
GIVEN = frozenset(("given", "completed", "administered", "done", "partial", "stopped early", ""))
"""Words of a status that mean given, as a blank one does; the opposite is NOT_GIVEN of doses.py."""
