"""A profile in sentences: what a methods section says of its definitions, each with status and source."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from outcomes.definitions.instrument import get_instrument
from outcomes.definitions.telling import Settings, Telling

WIDTH = 100
_ANCHORS = {"last_induction_infusion": "the last induction infusion", "first_infusion": "the first infusion"}
_POLICIES = {
    "assume_before": "is taken as made before it (the assumption is flagged and counted)",
    "assume_after": "is taken as made after it (the assumption is flagged and counted)",
    "require_evidence": "is neither baseline nor follow-up on the first infusion day",
}
_POPULATIONS = {
    "eligible": "everyone due with a baseline that passes the gate",
    "completed_induction": "of these, those with a complete induction",
    "with_endpoint": "of these, those with a total in the window (completers)",
}
_DENOMINATORS = {
    "all_eligible_and_observed": "all eligible (a missing total is not achieved) beside those observed",
    "all_eligible": "all eligible; a missing total counts as not achieved",
    "observed": "those with a total in the window; missing ones are left out",
}


def describe_series(settings: Settings, instruments: tuple[str, ...]) -> str:
    """Give the sentences of a series profile, in paragraphs with a heading each.

    Parameters
    ----------
    settings : mapping of key to Setting, of a series profile
    instruments : the questionnaires of the profile

    Returns
    -------
    str; each sentence ends with the status of its values, their source, and "inherited" or "set by the user"
    """
    told = _Methods(settings, instruments)
    paragraphs: dict[str, list[str]] = {
        "Series and induction": told.say_series(),
        "Timing of scores": told.say_timing(),
        "Baseline and eligibility": told.say_baseline(),
        "Post-induction score and follow-up": told.say_windows(),
        "Endpoints": told.say_endpoints(),
        "Onset": told.say_onset(),
        "Relapse": told.say_relapse(),
        "Rates": told.say_rates(),
        "Missing items": told.say_items(),
    }
    return "\n\n".join(f"{head}\n{_fill(lines)}" for head, lines in paragraphs.items() if lines)


def _fill(lines: list[str]) -> str:
    return "\n".join(
        textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
        for line in lines
    )


class _Methods(Telling):
    """The sentences of one series profile, paragraph by paragraph."""

    def say_series(self) -> list[str]:
        """How infusions make series, and what induction is."""
        low, high = self.value("induction_min_infusions"), self.value("induction_max_infusions")
        first, last = self.value("induction_min_days"), self.value("induction_max_days")
        lines = [
            "A new series starts at the first infusion, after a gap of more than "
            f"{self.value('series_gap_days')} days, or where re-induction is declared."
            + self.origin("series_gap_days")
        ]
        if last is None:
            lines.append(
                "No induction is defined: every infusion of a series counts alike."
                + self.origin("induction_max_days")
            )
        else:
            lines.append(
                f"Induction: infusions up to day {last}, at most {high}; complete with {low} or more, the "
                f"last on day {first} or later."
                + self.origin("induction_min_infusions", "induction_min_days")
            )
        gap = self.value("induction_end_gap_days")
        if gap is not None and low is not None:
            lines.append(
                f"Once {low} are given, a gap of more than {gap} days ends induction."
                + self.origin("induction_end_gap_days")
            )
        washout = self.value("observed_from_washout_days")
        return [
            *lines,
            f"A series that starts less than {washout} days after the beginning of the records is left out: "
            "its first infusion may lie before them." + self.origin("observed_from_washout_days"),
        ]

    def say_timing(self) -> list[str]:
        """What a score on an infusion day is, and which scores never count."""
        return [
            "A score on an infusion day whose order nothing tells "
            f"{_POLICIES[self.value('same_day_policy')]}." + self.origin("same_day_policy"),
            f"Scores up to {self.value('acute_hours')} hours after a dose are acute and never an endpoint; "
            f"up to {self.value('early_hours')} hours ({self.value('early_days')} days without clock times) "
            "they are early; before the next dose, trough." + self.origin("acute_hours"),
        ]

    def say_baseline(self) -> list[str]:
        """Where the baseline lies, and whom the gate lets in."""

        def window(id: str) -> str:
            low, high = self.of("baseline_window_days", id)
            return f"baseline is the last total on days {low} to {high} from the first infusion."

        def gate(id: str) -> str:
            limit = self.of("caseness", id)
            worse = "or more" if get_instrument(id).lower_is_better else "or less"
            return (
                "no gate on the baseline."
                if limit is None
                else f"eligible with a baseline of {limit} {worse}."
            )

        return [
            *self.by_instrument(window, "baseline_window_days"),
            *self.by_instrument(gate, "caseness"),
        ]

    def say_windows(self) -> list[str]:
        """Which score is the endpoint."""
        low, high = self.value("post_window_days")
        windows = "; ".join(
            f"{target} days: days {start} to {end}"
            for target, (start, end) in self.value("follow_up_windows").items()
        )
        return [
            f"The endpoint is the total on days {low} to {high} after "
            f"{_ANCHORS[self.value('endpoint_anchor')]} that lies nearest to day "
            f"{self.value('post_window_target')} (a tie: the earlier one). The last or best score never "
            "stands in for it." + self.origin("post_window_days", "endpoint_anchor", "post_window_target"),
            f"Follow-up, from the first infusion, nearest to the target: {windows}."
            + self.origin("follow_up_windows"),
        ]

    def say_endpoints(self) -> list[str]:
        """Each endpoint by instrument."""
        named = {
            "Response": (self._response, ("response_percent", "response_points")),
            "Partial response": (self._partial, ("partial_response_percent",)),
            "Reliable change": (self._points("reliable_change"), ("reliable_change",)),
            "Smallest important change": (self._points("mcid"), ("mcid",)),
            "Clinically significant change": (self._significant, ("csc_cutoff", "csc_min_points")),
        }
        lines = [
            f"{name}, {line}"
            for name, (say, keys) in named.items()
            for line in self.by_instrument(say, *keys)
        ]
        labels = {id: str(self.of("remission_label", id) or "remission") for id in self.instruments}
        lines += [
            f"{label.capitalize()}, {line}"
            for label in dict.fromkeys(labels.values())
            for line in self.by_instrument(
                self._remission, "remission_op", "remission_value",
                ids=[id for id in self.instruments if labels[id] == label],
            )
        ]  # fmt: skip
        words = {
            "reliable": "a worsening by the reliable change or more, of everyone with both totals",
            "any": "any rise above the baseline, of everyone with both totals",
        }
        worse = f"Deterioration: {words[self.value('deterioration')]}." + self.origin("deterioration")
        return [*lines, worse]

    def _response(self, id: str) -> str | None:
        percent, points = self.of("response_percent", id), self.of("response_points", id)
        said = [] if percent is None else [f"{percent:g} % of baseline"]
        said += [] if points is None else [f"{points} points"]
        return f"improvement by at least {' and '.join(said)}." if said else None

    def _partial(self, id: str) -> str | None:
        percent = self.of("partial_response_percent", id)
        return (
            None
            if percent is None
            else f"improvement by at least {percent:g} % of baseline, and no response."
        )

    def _remission(self, id: str) -> str | None:
        op, limit = self.of("remission_op", id), self.of("remission_value", id)
        return None if limit is None else f"total {op} {limit}."

    def _points(self, key: str) -> Callable[[str], str | None]:
        def say(id: str) -> str | None:
            points = self.of(key, id)
            return None if points is None else f"{points} points or more."

        return say

    def _significant(self, id: str) -> str | None:
        op, cut, points = (self.of(key, id) for key in ("csc_cutoff_op", "csc_cutoff", "csc_min_points"))
        if cut is None or points is None:
            return None
        by = "the reliable change" if points == "reliable_change" else f"{points} points"
        return f"improvement by at least {by}, from a baseline not {op} {cut} to a total {op} {cut}."

    def say_onset(self) -> list[str]:
        """How onset is searched."""
        lines = [
            "Onset is the first usable score after the first infusion that meets the endpoint, up to day "
            f"{self.value('onset_until_day')}; it lies between that visit and the one before."
            + self.origin("onset_until_day")
        ]
        days = self.value("confirm_min_days")
        held = "not defined here" if days is None else f"still met at a score at least {days} days later"
        return [*lines, f"Sustained onset: {held}." + self.origin("confirm_min_days")]

    def say_relapse(self) -> list[str]:
        """What a relapse is, of whom, and how maintenance is treated."""

        def bad(id: str) -> str | None:
            total, rise = self.of("relapse_min_total", id), self.of("relapse_min_rise", id)
            worse = "or more" if get_instrument(id).lower_is_better else "or less"
            said = [] if total is None else [f"a total of {total} {worse}"]
            said += ["the response no longer met"] if self.value("relapse_requires_loss_of_response") else []
            said += [] if rise is None else [f"a worsening by {rise} points or more since the entry score"]
            return f"{', '.join(said)}." if said else None

        entry = {
            "response": "those eligible and in response at the endpoint",
            "remission": "those eligible and in remission at the endpoint",
            "stable": (
                f"those stable at the end of the window: of its last {self.value('stable_scores')} scores "
                f"(at least {self.value('stable_min_scores')}) {self.value('stable_min_remission')} in "
                f"remission, or else the last {self.value('stable_min_response')} in response"
            ),
        }[self.value("relapse_entry")]
        lines = [f"Population: {entry}." + self.origin("relapse_entry")]
        lines += [
            f"Bad score, {line}" for line in self.by_instrument(bad, "relapse_min_total", "relapse_min_rise")
        ]
        days, care = self.value("relapse_confirm_days"), self.value("relapse_care_events")
        lines.append(
            ("Not confirmed: the first bad score is the event." if days is None else
             "Confirmed if every score stays bad up to the first one at least "
             f"{days[0]} days later, which lies within {days[1]} days.") + self.origin("relapse_confirm_days")
        )  # fmt: skip
        events = " or ".join(one.replace("_", " ") for one in care or ())
        lines.append(
            (f"Recorded care events are relapses by themselves: {events}." if care else
             "No recorded care event is a relapse by itself.") + self.origin("relapse_care_events")
        )  # fmt: skip
        words = {
            "ignore": "Maintenance infusions are ignored.",
            "censor": "The first maintenance infusion ends follow-up.",
        }
        return [*lines, words[self.value("maintenance")] + self.origin("maintenance")]

    def say_rates(self) -> list[str]:
        """Whose rates lead, on which denominator."""
        return [
            f"Counted: {_POPULATIONS[self.value('population')]}." + self.origin("population"),
            f"Leading denominator: {_DENOMINATORS[self.value('headline_denominator')]}."
            + self.origin("headline_denominator"),
            "Intervals are Wilson's; no percentage below a denominator of "
            f"{self.value('min_percent_denominator')}." + self.origin("min_percent_denominator"),
        ]

    def say_items(self) -> list[str]:
        """What a missing item does to a total."""
        if self.value("missing_items") == "strict":
            return ["A total needs every item." + self.origin("missing_items")]
        most = "; ".join(
            f"{get_instrument(id).title} {self.of('prorate_max_missing', id) or 0}" for id in self.instruments
        )
        return [
            f"Totals are prorated with at most so many missing items: {most}." + self.origin("missing_items")
        ]
