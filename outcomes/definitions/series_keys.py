"""The keys of a series profile: what each may hold, its unit and its meaning."""

from __future__ import annotations

import math

from outcomes.definitions.keys import Key


def _points(meaning: str, *, low: float = 1) -> Key:
    return Key("whole", "points", meaning, per_instrument=True, nullable=True, on_total=True, low=low)


def _operator(meaning: str) -> Key:
    return Key("choice", "", meaning, per_instrument=True, nullable=True, choices=("<", "<="))


SERIES_KEYS: dict[str, Key] = {
    "series_gap_days": Key("whole", "days", "a longer gap between infusions starts a new series", low=1),
    "induction_min_infusions": Key(
        "whole", "infusions", "fewest infusions of a complete induction", nullable=True, low=1
    ),
    "induction_max_infusions": Key(
        "whole", "infusions", "most infusions that still count as induction", nullable=True, low=1
    ),
    "induction_min_days": Key(
        "whole", "days", "earliest day of the last infusion of a complete induction", nullable=True
    ),
    "induction_max_days": Key(
        "whole", "days", "latest day on which an infusion still counts as induction", nullable=True, low=1
    ),
    "induction_end_gap_days": Key(
        "whole",
        "days",
        "once the fewest infusions are given, a longer gap ends induction",
        nullable=True,
        low=1,
    ),
    "long_gap_days": Key("whole", "days", "a longer gap inside a series is flagged", low=1),
    "observed_from_washout_days": Key(
        "whole", "days", "a series that starts sooner after observed_from is left out"
    ),
    "same_day_policy": Key(
        "choice",
        "",
        "order of a score and an infusion of the same day when nothing tells it",
        choices=("assume_before", "assume_after", "require_evidence"),
    ),
    "before_infusion_days": Key(
        "whole", "days", "a score up to this long before an infusion, none between, is the one before it"
    ),
    "acute_hours": Key("number", "hours", "scores up to this long after an infusion are never endpoints"),
    "early_hours": Key("number", "hours", "scores up to this long after an infusion are early"),
    "early_days": Key("whole", "days", "the same where clock times are unknown"),
    "caseness": _points("baseline total from which a patient is eligible for endpoints"),
    "baseline_window_days": Key(
        "days",
        "days from the first infusion",
        "where the baseline may lie",
        per_instrument=True,
        low=-math.inf,
        high=0,
    ),
    "post_window_days": Key(
        "days", "days from the endpoint anchor", "where the post-induction score may lie"
    ),
    "endpoint_anchor": Key(
        "choice",
        "",
        "the infusion from which the post-induction window is counted",
        choices=("last_induction_infusion", "first_infusion"),
    ),
    "post_window_target": Key(
        "whole", "days from the endpoint anchor", "the score nearest to this day is taken"
    ),
    "follow_up_windows": Key(
        "windows", "days from the first infusion", "where follow-up scores may lie, by target day"
    ),
    "response_percent": Key(
        "number",
        "percent of baseline",
        "smallest fall of the total that is a response",
        per_instrument=True,
        nullable=True,
        low=1,
        high=100,
    ),
    "response_points": _points("smallest fall of the total that is a response"),
    "partial_response_percent": Key(
        "number",
        "percent of baseline",
        "smallest fall of the total that is at least a partial response",
        per_instrument=True,
        nullable=True,
        low=1,
        high=100,
    ),
    "remission_op": _operator("how the total is compared with remission_value"),
    "remission_value": _points("total that remission is judged by"),
    "remission_label": Key("text", "", "what reports call it", per_instrument=True, nullable=True),
    "reliable_change": _points("smallest change that is reliable"),
    "mcid": _points("smallest change that is important"),
    "csc_min_points": Key(
        "points",
        "points",
        "smallest change of a clinically significant change; reliable_change: that of the profile",
        per_instrument=True,
        nullable=True,
        on_total=True,
        low=1,
        choices=("reliable_change",),
    ),
    "csc_cutoff_op": _operator("how the total is compared with csc_cutoff"),
    "csc_cutoff": _points("total that a clinically significant change must cross"),
    "deterioration": Key(
        "choice", "", "which worsening the profile calls deterioration", choices=("reliable", "any")
    ),
    "population": Key(
        "choice",
        "",
        "whose endpoints the headline rates count",
        choices=("eligible", "completed_induction", "with_endpoint"),
    ),
    "headline_denominator": Key(
        "choice",
        "",
        "the denominators that lead",
        choices=("all_eligible_and_observed", "all_eligible", "observed"),
    ),
    "model_based_min_observed": Key(
        "whole", "patients", "fewest observed endpoint scores for a model-based rate", low=1
    ),
    "model_based_draws": Key("whole", "imputations", "draws of each missing score", low=2),
    "onset_until_day": Key(
        "whole", "days from the first infusion", "last day of the search for onset", low=1
    ),
    "confirm_min_days": Key(
        "whole",
        "days",
        "a sustained onset still holds at a score at least this much later",
        nullable=True,
        low=1,
    ),
    "relapse_entry": Key(
        "choice",
        "",
        "what a patient must have reached to be at risk of relapse",
        choices=("response", "remission", "stable"),
    ),
    "stable_scores": Key(
        "whole", "scores", "last scores of the post-induction window by which stability is judged", low=1
    ),
    "stable_min_scores": Key("whole", "scores", "fewest scores by which stability can be judged", low=1),
    "stable_min_remission": Key(
        "whole", "scores", "of these, fewest in remission for a stable remission", low=1
    ),
    "stable_min_response": Key("whole", "scores", "last ones that must all meet response, else", low=1),
    "relapse_min_total": _points("smallest total of a relapse"),
    "relapse_requires_loss_of_response": Key("bool", "", "whether the response must be lost at a relapse"),
    "relapse_min_rise": _points("smallest rise of the total from the entry score to a relapse"),
    "relapse_confirm_days": Key(
        "days", "days after the bad score", "where the confirming score must lie", nullable=True, low=1
    ),
    "relapse_event_gap_days": Key(
        "whole", "days", "a care event after a longer time without a score is flagged event_gap", low=1
    ),
    "relapse_care_events": Key(
        "choices",
        "",
        "recorded events that are a relapse by themselves",
        nullable=True,
        choices=("admission", "new_series"),
    ),
    "maintenance": Key(
        "choice",
        "",
        "whether follow-up for relapse ends at the first maintenance infusion",
        choices=("ignore", "censor"),
    ),
    "min_percent_denominator": Key(
        "whole", "patients", "no percent is printed below this denominator", low=1
    ),
    "missing_items": Key(
        "choice", "", "whether missing items make the total missing", choices=("strict", "prorate")
    ),
    "prorate_max_missing": Key(
        "whole", "items", "most missing items if totals are prorated", per_instrument=True, nullable=True
    ),
}
"""Every key of a series profile, in the order in which tables and documentation show them."""
