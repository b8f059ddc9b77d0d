"""The numbers of the definitions as the clinical page states them, and variants that try every branch."""

from __future__ import annotations

DEFAULT = {
    "series_gap_days": 60, "long_gap_days": 28,
    "induction_min_infusions": 4, "induction_max_infusions": 8, "induction_min_days": 7,
    "induction_max_days": 28, "induction_end_gap_days": 10,
    "observed_from_washout_days": 60, "same_day_policy": "assume_before",
    "acute_hours": 4, "early_hours": 72, "early_days": 3,
    "baseline_window_days": {"phq9": (-14, 0), "gad7": (-14, 0), "pcl5": (-30, 0)},
    "caseness": {"phq9": 10, "gad7": 10, "pcl5": 33}, "population": "eligible",
    "endpoint_anchor": "last_induction_infusion", "post_window_days": (14, 31), "post_window_target": 14,
    "follow_up_windows": {"90": (60, 119), "180": (120, 240), "365": (305, 425)},
    "response_percent": {"phq9": 50, "gad7": 50}, "response_points": {"pcl5": 10},
    "partial_response_percent": {"phq9": 25, "gad7": 25},
    "remission_op": {"phq9": "<", "gad7": "<", "pcl5": "<"},
    "remission_value": {"phq9": 5, "gad7": 5, "pcl5": 33},
    "mcid": {"phq9": 5, "gad7": 4, "pcl5": 10}, "reliable_change": {"phq9": 6, "gad7": 4, "pcl5": 15},
    "csc_cutoff_op": {"phq9": "<", "gad7": "<", "pcl5": "<="},
    "csc_cutoff": {"phq9": 10, "gad7": 10, "pcl5": 28},
    "csc_min_points": dict.fromkeys(("phq9", "gad7", "pcl5"), "reliable_change"),
    "onset_until_day": 60, "confirm_min_days": 7,
    "relapse_entry": "response", "relapse_min_total": {"phq9": 10, "gad7": 10, "pcl5": 33},
    "relapse_requires_loss_of_response": True, "relapse_min_rise": {"phq9": 6, "gad7": 4, "pcl5": 15},
    "relapse_confirm_days": (5, 30), "relapse_event_gap_days": 30,
    "relapse_care_events": ("admission", "new_series"), "maintenance": "ignore",
    "stable_scores": 4, "stable_min_scores": 3, "stable_min_remission": 3, "stable_min_response": 2,
}  # fmt: skip

NO_GATE = {"phq9": None, "gad7": None, "pcl5": None}
VARIANTS: dict[str, dict] = {
    "default": {},
    "order needs evidence": {"same_day_policy": "require_evidence"},
    "assumed after": {"same_day_policy": "assume_after", "relapse_care_events": None},
    "no gate, completers": {
        "caseness": NO_GATE, "population": "with_endpoint", "relapse_confirm_days": None,
        "relapse_min_total": {"phq9": 12, "gad7": None, "pcl5": 30}, "relapse_entry": "remission",
    },
    "induction complete, maintenance ends follow-up": {
        "population": "completed_induction", "maintenance": "censor", "induction_end_gap_days": None,
        "remission_op": {"phq9": "<=", "gad7": "<", "pcl5": "<="}, "confirm_min_days": 3,
    },
    "from the first infusion, stable": {
        "endpoint_anchor": "first_infusion", "post_window_days": (28, 56), "post_window_target": 56,
        "relapse_entry": "stable", "relapse_requires_loss_of_response": False,
        "relapse_min_rise": NO_GATE, "relapse_confirm_days": (5, 15),
    },
    "no fewest infusions of an induction": {
        "induction_min_infusions": None, "induction_min_days": None, "series_gap_days": 20,
    },
    "other numbers": {
        "response_percent": {"phq9": 33.3, "gad7": 40}, "response_points": {"phq9": 5, "pcl5": 12},
        "series_gap_days": 30, "acute_hours": 1, "early_hours": 24, "early_days": 1, "onset_until_day": 45,
        "baseline_window_days": {"phq9": (-7, 0), "gad7": (-10, -1), "pcl5": (-30, 0)},
        "csc_min_points": {"phq9": 5, "gad7": "reliable_change", "pcl5": 8},
        "relapse_care_events": ("admission",),
    },
}  # fmt: skip

BANDS = {
    "phq9": ((0, "minimal"), (5, "mild"), (10, "moderate"), (15, "moderately severe"), (20, "severe")),
    "gad7": ((0, "minimal"), (5, "mild"), (10, "moderate"), (15, "severe")),
}
HIGHEST = {"phq9": 27, "gad7": 21, "pcl5": 80}
