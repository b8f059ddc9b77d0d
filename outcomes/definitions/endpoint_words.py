"""An endpoint's rule in a few words, with operator and value: no rate is printed without them."""

from __future__ import annotations

from outcomes.definitions.instrument import get_instrument
from outcomes.definitions.profile import Profile
from outcomes.definitions.profile_file import weigh_status

NOT_DEFINED = "not defined here"
_WINDOW_KEYS = ("baseline_window_days", "endpoint_anchor", "post_window_days", "post_window_target")
_GATE_KEYS = ("caseness", "population")
_OWN_KEYS = {
    "response": ("response_percent", "response_points"),
    "partial_response": ("partial_response_percent",),
    "remission": ("remission_op", "remission_value"),
    "mcid_reached": ("mcid",),
    "recovery": (),
    "reliable_improvement": ("reliable_change",),
    "reliable_recovery": ("reliable_change",),
    "clinically_significant_change": ("csc_cutoff", "csc_min_points", "reliable_change"),
    "reliable_deterioration": ("reliable_change",),
    "any_worsening": (),
    "deterioration": ("deterioration", "reliable_change"),
}
_UNGATED = ("clinically_significant_change", "reliable_deterioration", "any_worsening", "deterioration")


def name_rule(endpoint: str, instrument: str, *, profile: Profile) -> str:
    """Give the rule of an endpoint for one questionnaire, such as "total < 5"; NOT_DEFINED without one.

    Parameters
    ----------
    endpoint : str, a flag of COURSES, clinically_significant_change, or deterioration (of the profile)
    instrument : str, id
    profile : Profile of kind "series"
    """
    if "+" in instrument:
        return _name_joint_rule(endpoint, instrument.split("+"), profile)
    said = getattr(_Words(profile, instrument), endpoint)()
    return said or NOT_DEFINED


def name_endpoint(endpoint: str, instrument: str, *, profile: Profile) -> str:
    """Give the name that a table prints for an endpoint: remission of PCL-5 is called below cut-off."""
    if endpoint == "remission" and "+" not in instrument:
        return str(profile.by_instrument("remission_label")[instrument] or "remission")
    return endpoint.replace("mcid_reached", "smallest important change").replace("_", " ")


def name_status(endpoint: str, instrument: str, *, profile: Profile) -> str:
    """Give the least sure status of the values that a rate rests on: verified, project or unverified."""
    if profile.kind == "index":
        keys = tuple(profile.keys)
    else:
        gate = () if endpoint in _UNGATED else _GATE_KEYS
        keys = (*_WINDOW_KEYS, *gate, *_OWN_KEYS[endpoint])
    return weigh_status((profile.settings[key] for key in keys), instrument=instrument)


class _Words:
    """The rules of one questionnaire under one profile; None where a rule is not defined."""

    def __init__(self, profile: Profile, instrument: str) -> None:
        self._profile, self._id = profile, instrument
        lower = get_instrument(instrument).lower_is_better
        self._case, self._no_case, self._worse = (">=", "<", "rise") if lower else ("<=", ">", "fall")

    def _of(self, key: str) -> object:
        return self._profile.by_instrument(key)[self._id]

    def response(self) -> str | None:
        percent, points = self._of("response_percent"), self._of("response_points")
        said = [] if percent is None else [f">= {percent:g} %"]
        said += [] if points is None else [f">= {points} points"]
        return f"improvement {' and '.join(said)}" if said else None

    def partial_response(self) -> str | None:
        percent = self._of("partial_response_percent")
        return None if percent is None else f"improvement >= {percent:g} %, no response"

    def remission(self) -> str | None:
        limit = self._of("remission_value")
        return None if limit is None else f"total {self._of('remission_op')} {limit}"

    def mcid_reached(self) -> str | None:
        points = self._of("mcid")
        return None if points is None else f"improvement >= {points} points"

    def recovery(self) -> str | None:
        limit = self._of("caseness")
        return None if limit is None else f"baseline {self._case} {limit}, total {self._no_case} {limit}"

    def reliable_improvement(self) -> str | None:
        points = self._of("reliable_change")
        return None if points is None else f"improvement >= {points} points"

    def reliable_recovery(self) -> str | None:
        recovered, reliably = self.recovery(), self.reliable_improvement()
        return f"{recovered}, {reliably}" if recovered and reliably else None

    def clinically_significant_change(self) -> str | None:
        cut, points = self._of("csc_cutoff"), self._of("csc_min_points")
        points = self._of("reliable_change") if points == "reliable_change" else points
        if cut is None or points is None:
            return None
        return f"improvement >= {points} points, to a total {self._of('csc_cutoff_op')} {cut} from above"

    def reliable_deterioration(self) -> str | None:
        points = self._of("reliable_change")
        return None if points is None else f"{self._worse} >= {points} points"

    def any_worsening(self) -> str | None:
        return f"any {self._worse}"

    def deterioration(self) -> str | None:
        named = self._profile.value("deterioration")
        return self.any_worsening() if named == "any" else self.reliable_deterioration()


def _name_joint_rule(endpoint: str, instruments: list[str], profile: Profile) -> str:
    """Give the rule of an endpoint that two questionnaires decide together."""
    titles = {id: get_instrument(id).title for id in instruments}
    cuts, points = profile.by_instrument("caseness"), profile.by_instrument("reliable_change")
    below = " and ".join(f"{title} < {cuts[id]}" for id, title in titles.items())
    moved = " or ".join(f"{title} {points[id]} points" for id, title in titles.items())
    better, worse = (f"{moved} {way}, neither so {other}" for way, other in _WAYS)
    return {
        "recovery": f"{below}, after caseness on either",
        "reliable_improvement": better,
        "reliable_recovery": f"{below}, {better}",
        "reliable_deterioration": worse,
    }.get(endpoint, NOT_DEFINED)


_WAYS = (("better", "worse"), ("worse", "better"))


def name_window(profile: Profile) -> str:
    """Say which total a profile judges: "day 14 to 31 after the last induction infusion"."""
    if profile.kind == "index":
        return _name_index_window(profile)
    low, high = profile.value("post_window_days")
    anchor = str(profile.value("endpoint_anchor")).replace("_", " ")
    return f"day {low} to {high} after the {anchor}"


def name_population(profile: Profile, instrument: str, *, gated: bool = True) -> str:
    """Say whom a profile counts for a questionnaire; without a gate everyone due with both totals."""
    if profile.kind == "index":
        return _name_index_population(profile, instrument)
    if not gated:
        return "due, with both totals"
    limit = profile.by_instrument("caseness")[instrument]
    sign = ">=" if get_instrument(instrument).lower_is_better else "<="
    said = "due, with a baseline" if limit is None else f"due, baseline {sign} {limit}"
    more = {"completed_induction": ", induction complete", "with_endpoint": ", with a total in the window"}
    return said + more.get(profile.value("population"), "")


def name_measure_rule(rate: str, instrument: str, *, profile: Profile) -> str:
    """Give the rule of a quality measure's rate for one questionnaire."""
    words = _Words(profile, instrument)
    if rate == "response" and profile.value("response_or_below") is not None:
        below = profile.by_instrument("response_or_below")[instrument]
        return str(words.response()) + ("" if below is None else f", or total < {below}")
    if rate in ("remission", "response"):
        return getattr(words, rate)() or NOT_DEFINED
    changed = "reliably {} on one questionnaire, and not {} on the other"
    return {
        "follow_up": "any total in the window",
        "utilization": "any total in the third of the year",
        "recovery": "below caseness on both questionnaires",
        "reliable_improvement": changed.format("better", "worse"),
        "reliable_recovery": "recovery and reliable improvement",
        "reliable_deterioration": changed.format("worse", "better"),
    }[rate]


def _name_index_window(profile: Profile) -> str:
    design = profile.value("design")
    if design == "utilization":
        return "each third of the year"
    if design == "course":
        return "last score of the course"
    low, high = profile.value("follow_up_days")
    months = profile.value("follow_up_months")
    after = f"{months} months after the index, " if months else ""
    return f"{after}{low:+} to {high:+} days" if after else f"day {low} to {high} after the index"


def _name_index_population(profile: Profile, instrument: str) -> str:
    least, design = profile.by_instrument("index_min_total")[instrument], profile.value("design")
    if design == "course":
        return (
            f"course ended in the year, at least {profile.value('min_contacts') or 1} contact(s), two scores"
        )
    if design == "utilization":
        return "diagnosed, with a visit in the period"
    return f"first total >= {least} of the index period" if least else "first total of the index period"
