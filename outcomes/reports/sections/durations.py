"""When response first appears and how long it lasts: curves with those at risk, and what was seen of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from outcomes.figures.style import LINE_HEIGHT
from outcomes.figures.survival import describe_survival, plot_survival
from outcomes.models.fit import Fit
from outcomes.reports.blocks import Block, Cell, Column, Figure, Prose, Section, Table, Text, split_cell
from outcomes.reports.cells import make_count, make_percent
from outcomes.reports.estimates import is_estimable
from outcomes.reports.sections.landmarks import (
    list_followed,
    pick_period,
    tabulate_landmarks,
    tabulate_seen,
)
from outcomes.reports.sentences import say
from outcomes.reports.study import Study
from outcomes.reports.words import define_endpoint, define_loss, define_relapse, name_endpoint

_CURVE_HEIGHT, _RISK_LINES = 72.0, 4
_METHODS = {"interval": "between visits", "visit": "at the visit"}
_KINDS = {
    "relapse": "confirmed relapse",
    "first_bad": "first bad score",
    "loss": "loss of response",
}
_CARE_NOTE = (
    "First bad score: single visits count, confirmed or not. By new series, by admission: of the events. "
    "Unconfirmed: people without a relapse whose bad score no later score confirmed or denied in time. "
    "Whoever has no event is censored at the last score: what no score, new series or admission "
    "tells is not seen."
)


def section_onset(study: Study) -> Section:
    """Time from the first infusion to the first response, for everyone eligible who started."""
    lead = study.lead
    response = name_endpoint("response", lead.id, study.profile).lower()
    curves = {
        "first response between visits": lead.now.onset["interval"],
        "first response dated at the visit": lead.now.onset["visit"],
    }
    figure = _draw_curves(
        "onset",
        f"Time to first {response}, {lead.instrument.title}, {study.quarter}",
        curves,
        study,
        as_incidence=True,
        event=response,
        xlabel="Days since first infusion",
        ylabel="Responded (%)",
        caption="Response is seen at visits only. The solid curve uses the visits before and after; the "
        "dashed one dates it at the visit that showed it, which is late. Everyone eligible who "
        "started is counted, finished or not.",
    )
    followed = list(list_followed(study, _METHODS, onset=True))
    landmarks = tabulate_landmarks(
        study,
        "onset",
        "Share with a first response by day",
        followed,
        days=study.settings.onset_days,
        as_incidence=True,
        notes=_define(study, lambda id: define_endpoint("response", id, study.profile)),
    )
    seen = tabulate_seen(study, "onset", "First response: what was seen", followed, care=False)
    return Section(
        "onset",
        "When does response first appear?",
        "How soon after the first infusion, given that we look at visits only?",
        (*_tell_missing("onset", curves, study.quarter), *figure, landmarks, seen),
    )


def section_relapse(study: Study) -> Section:
    """Time from the endpoint score to relapse among responders, by three definitions."""
    lead, period = study.lead, pick_period(study, "relapse")
    maintenance = {
        "ignore": "Maintenance infusions are part of care here: they neither end nor reset the clock.",
        "censor": "Follow-up ends at the first maintenance infusion.",
    }[study.profile.value("maintenance")]
    curves = {_KINDS[name]: period.durations[name] for name in ("relapse", "loss")}
    missing = _tell_missing(
        "relapse", {_KINDS[name]: lead.now.durations[name] for name in ("relapse", "loss")}, study.quarter
    )
    instead = (
        f" {study.quarter} has no relapse yet: the year before is drawn." if period is lead.before else ""
    )
    figure = _draw_curves(
        "relapse",
        f"Time without relapse among responders, {lead.instrument.title}, {period.label}",
        curves,
        study,
        as_incidence=False,
        event="relapse" if is_estimable(period.durations["relapse"]) else "loss of response",
        xlabel="Days since endpoint score",
        ylabel="Without the event (%)",
        caption=f"The clock starts at the endpoint score of each responder.{instead} {maintenance}",
    )
    followed = list(list_followed(study, _KINDS, onset=False))
    landmarks = tabulate_landmarks(
        study,
        "relapse",
        "Responders still without the event by day",
        followed,
        days=study.settings.relapse_days,
        as_incidence=False,
        notes=(),
    )
    definitions = (
        f"Relapse, {define_relapse(lead.id, study.profile)}. Of the other instruments: see Definitions.",
        f"Loss of response: {define_loss(lead.id)}.",
    )
    seen = tabulate_seen(
        study,
        "relapse",
        "Relapse and loss of response: what was seen",
        followed,
        care=True,
        notes=(_CARE_NOTE, " ".join(definitions)),
    )
    return Section(
        "relapse",
        "How long does it last?",
        "How many responders stay well, and for how long?",
        (*missing, *figure, landmarks, seen),
    )


def _define(study: Study, define: Callable[[str], str]) -> tuple[str, ...]:
    known = [track for track in study.tracks.values() if track.known]
    told = " ".join(f"{track.instrument.title}: {define(track.id)}." for track in known)
    return (told,) if told else ()


def _tell_missing(id: str, curves: Mapping[str, Fit], quarter: str) -> tuple[Prose, ...]:
    """A sentence for each curve of the quarter that cannot be had."""
    return tuple(
        say(f"no-{id}", f"No curve of {label} can be drawn for {quarter}: {_lower(fit.notes[-1])}")
        for label, fit in curves.items()
        if not is_estimable(fit)
    )


def _draw_curves(
    id: str,
    title: str,
    curves: Mapping[str, Fit],
    study: Study,
    *,
    as_incidence: bool,
    event: str,
    xlabel: str,
    ylabel: str,
    caption: str,
) -> tuple[Block, ...]:
    """The picture of the curves that can be had, the first one leading and the second dashed."""
    names = tuple(curves)
    shown = {label: fit for label, fit in curves.items() if is_estimable(fit)}
    if not shown:
        return ()
    (label, curve), compare = next(iter(shown.items())), next(iter(list(shown.values())[1:]), None)
    risk = _RISK_LINES * len(shown) * LINE_HEIGHT / 72 * 25.4 + 4.0

    def draw(canvas: Any) -> None:
        ax, risk_ax = canvas.subplots(2, 1, height_ratios=[_CURVE_HEIGHT - 18.0, risk])
        plot_survival(
            curve,
            compare=compare,
            labels=(names[0], names[-1]),
            as_incidence=as_incidence,
            ax=ax,
            risk_ax=risk_ax,
            xlabel=xlabel,
            ylabel=ylabel,
            profile=study.profile,
        )

    figure = Figure(
        f"{id}-curve",
        title if compare is not None else f"{title}: {label}",
        _tabulate_curve(f"{id}-curve-data", shown, as_incidence=as_incidence),
        draw,
        caption,
        describe_survival(curve, as_incidence=as_incidence, event=event),
        (178.0, _CURVE_HEIGHT + risk),
    )
    return (figure,)


def _tabulate_curve(id: str, curves: Mapping[str, Fit], *, as_incidence: bool) -> Table:
    columns = (
        Column("Curve", numeric=False),
        Column("Day"),
        Column("Estimate"),
        Column("95 % CI"),
        Column("At risk after it"),
        Column("Events"),
        Column("Censored"),
    )
    rows: list[tuple[Cell, ...]] = []
    for label, fit in curves.items():
        for row in fit.table.to_dict("records"):
            shares = [row["estimate"], row["conf_low"], row["conf_high"]]
            if as_incidence:
                shares = [1 - shares[0], 1 - shares[2], 1 - shares[1]]
            counts = (make_count(row[name]) for name in ("at_risk", "observed", "censored"))
            height = make_percent(*shares)
            rows.append(
                (Text(label), make_count(row["day"]), *split_cell(height, ("value", "interval")), *counts)
            )
    note = "At risk, events and censored add up to everyone on each curve."
    return Table(id, "The curve, day by day", columns, tuple(rows), (note,))


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
