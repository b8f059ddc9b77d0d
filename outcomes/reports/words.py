"""Definitions in words, as a profile has them."""

from __future__ import annotations

from outcomes.definitions.instrument import get_instrument
from outcomes.definitions.profile import Profile

NOT_DEFINED = "not defined here"

ENDPOINT_NAMES = {
    "response": "Response",
    "remission": "Remission",
    "reliable_improvement": "Reliable improvement",
    "reliable_deterioration": "Reliable deterioration",
    "any_worsening": "Any worsening",
}
_OPERATORS = {"<": "below {value}", "<=": "{value} or below", ">": "above {value}", ">=": "{value} or above"}


def name_endpoint(endpoint: str, instrument: str, profile: Profile) -> str:
    """What a report calls an endpoint of an instrument; below cut-off is never called remission."""
    if endpoint == "remission":
        return (profile.by_instrument("remission_label").get(instrument) or "remission").capitalize()
    if endpoint == "response" and profile.by_instrument("response_percent").get(instrument) is None:
        points = profile.by_instrument("response_points").get(instrument)
        return "Response" if points is None else f"{points:g}-point improvement"
    return ENDPOINT_NAMES[endpoint]


def define_endpoint(endpoint: str, instrument: str, profile: Profile) -> str:
    """An endpoint as a sentence with operator and value, for example "PHQ-9 total below 5"."""
    title = get_instrument(instrument).title
    values = {
        name: profile.by_instrument(name).get(instrument)
        for name in (
            "response_percent",
            "response_points",
            "remission_op",
            "remission_value",
            "reliable_change",
        )
    }
    change = values["reliable_change"]
    if endpoint == "response":
        conditions = [
            f"at least {values[name]:g}{unit} below baseline"
            for name, unit in (("response_percent", " %"), ("response_points", " points"))
            if values[name] is not None
        ]
        return f"{title} total {' and '.join(conditions)}" if conditions else NOT_DEFINED
    if endpoint == "remission":
        if values["remission_value"] is None or values["remission_op"] is None:
            return NOT_DEFINED
        return f"{title} total {_OPERATORS[values['remission_op']].format(value=values['remission_value'])}"
    if endpoint == "any_worsening":
        return f"{title} total above baseline, by any number of points"
    if change is None:
        return NOT_DEFINED
    direction = "below" if endpoint == "reliable_improvement" else "above"
    return f"{title} total at least {change:g} points {direction} baseline"


def define_window(profile: Profile) -> str:
    """Where the endpoint score may lie, and which one is taken."""
    low, high = profile.value("post_window_days")
    anchor = {"last_induction_infusion": "last induction infusion", "first_infusion": "first infusion"}[
        profile.value("endpoint_anchor")
    ]
    return (
        f"{low} to {high} days after the {anchor}, the score nearest to day "
        f"{profile.value('post_window_target')}"
    )


def define_baseline(instrument: str, profile: Profile) -> str:
    """Where the baseline may lie."""
    low, high = profile.by_instrument("baseline_window_days")[instrument]
    return (
        f"last {get_instrument(instrument).title} total from {abs(low)} days before the first "
        "infusion to "
        f"day {high}, before that infusion"
    )


def define_eligible(instrument: str, profile: Profile) -> str:
    """Who can reach an endpoint."""
    cut = profile.by_instrument("caseness").get(instrument)
    entry = "any baseline" if cut is None else f"a baseline of {cut} or more"
    course = " and a complete induction" if profile.value("population") == "completed_induction" else ""
    return f"first infusion seen, endpoint window closed, {entry}{course}"


def define_relapse(instrument: str, profile: Profile) -> str:
    """What ends being well, for responders after their endpoint score."""
    total = profile.by_instrument("relapse_min_total").get(instrument)
    rise = profile.by_instrument("relapse_min_rise").get(instrument)
    lost = profile.value("relapse_requires_loss_of_response")
    confirm = profile.value("relapse_confirm_days")
    conditions = [
        *([f"a total of {total} or more"] if total is not None else []),
        *(["the response lost"] if lost else []),
        *([f"at least {rise} points above the endpoint score"] if rise is not None else []),
    ]
    if not conditions:
        return NOT_DEFINED
    confirmed = (
        f"; confirmed by a second such score {confirm[0]} to {confirm[1]} days later" if confirm else ""
    )
    care = {"admission": "a psychiatric admission", "new_series": "a new series of infusions"}
    events = " or ".join(care[name] for name in profile.value("relapse_care_events") or () if name in care)
    either = f"; or {events}" if events else ""
    return f"{get_instrument(instrument).title}: {', '.join(conditions)}{confirmed}{either}"


def define_loss(instrument: str) -> str:
    """The simpler companion of relapse."""
    return (
        f"first score of a responder after the endpoint at which the {get_instrument(instrument).title} "
        "response is no longer met; not confirmed"
    )


def name_timings(profile: Profile) -> dict[str, str]:
    """The facts of summarize_timing in words, in the order of a table."""
    acute, early = (f"{profile.value(name):g} hours" for name in ("acute_hours", "early_hours"))
    return {
        "date only": "date only, no clock time",
        "on an infusion day": "on an infusion day",
        "order assumed": "of these, order assumed",
        "baseline order assumed": "baseline with an assumed order",
        "recall overlaps the last infusion": "looks back beyond the last infusion",
        "timing: pre_course": "before the first infusion",
        "timing: acute": f"within {acute} of an infusion",
        "timing: trough": "on an infusion day, before it",
        "timing: early": f"within {early} of an infusion",
        "timing: later": f"more than {early} after the last infusion",
        "timing: unknown_same_day": "on an infusion day, order unknown",
    }
