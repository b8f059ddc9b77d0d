"""An endpoint's rule in a few words, with operator and value: no rate is printed without them."""

from __future__ import annotations

from outcomes.definitions.instrument import get_instrument
from outcomes.definitions.profile import Profile

NOT_DEFINED = "not defined here"


def name_rule(endpoint: str, instrument: str, *, profile: Profile) -> str:
    """Give the rule of an endpoint for one questionnaire, such as "total < 5"; NOT_DEFINED without one.

    Parameters
    ----------
    endpoint : str, a flag of COURSES, clinically_significant_change, or deterioration (of the profile)
    instrument : str, id
    profile : Profile of kind "series"
    """
    words = _Words(profile, instrument)
    said = getattr(words, endpoint)()
    return said or NOT_DEFINED


def name_endpoint(endpoint: str, instrument: str, *, profile: Profile) -> str:
    """Give the name that a table prints for an endpoint: remission of PCL-5 is called below cut-off."""
    if endpoint == "remission":
        return str(profile.by_instrument("remission_label")[instrument] or "remission")
    return endpoint.replace("mcid_reached", "smallest important change").replace("_", " ")


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
