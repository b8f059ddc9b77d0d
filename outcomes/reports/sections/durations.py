"""When response first appears and how long it lasts: curves with those at risk, and landmarks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from outcomes.figures.style import LINE_HEIGHT
from outcomes.figures.survival import describe_survival, plot_survival
from outcomes.models.fit import Fit
from outcomes.reports.blocks import (
    Block,
    Cell,
    Column,
    Figure,
    NotEstimable,
    Section,
    Table,
    Text,
    split_cell,
)
from outcomes.reports.cells import (
    WIDEST_OPEN_SHARE,
    make_count,
    make_estimate,
    make_percent,
    read_landmark,
    read_median,
)
from outcomes.reports.estimates import LANDMARKS, RELAPSE_LANDMARKS, is_estimable
from outcomes.reports.sentences import say
from outcomes.reports.study import Period, Study
from outcomes.reports.words import define_endpoint, define_loss, define_relapse, name_endpoint

_CURVE_HEIGHT, _RISK_LINES = 72.0, 4
_METHODS = {"interval": "between visits", "visit": "dated at the visit"}
_KINDS = {"relapse": "confirmed relapse", "loss": "loss of response"}


def section_onset(study: Study) -> Section:
    """Time from the first infusion to the first response, for everyone eligible who started."""
    lead = study.lead
    response = name_endpoint("response", lead.id, study.profile).lower()
    figure = _draw_curves(
        "onset",
        f"Time to first {response}, {lead.instrument.title}, {study.quarter}",
        {
            "first response between visits": lead.now.onset["interval"],
            "first response dated at the visit": lead.now.onset["visit"],
        },
        study,
        as_incidence=True,
        event=response,
        xlabel="Days since first infusion",
        ylabel="Responded (%)",
        caption="Response is seen at visits only. The solid curve uses the visits before and after; "
        "the dashed "
        "one dates it at the visit that "
        "showed it, which is late. Everyone eligible who started is counted, finished or not.",
    )
    table = _tabulate_landmarks(
        study,
        "onset",
        "First response by day",
        LANDMARKS,
        as_incidence=True,
        fits=lambda period: period.onset,
        names=_METHODS,
        share="Responded",
        notes=(*_define(study, lambda id: define_endpoint("response", id, study.profile)),),
    )
    return Section(
        "onset",
        "When does response first appear?",
        "How soon after the first infusion, given that we look at visits only?",
        (*figure, table),
    )


def section_relapse(study: Study) -> Section:
    """Time from the endpoint score to relapse among responders, by two definitions."""
    lead = study.lead
    maintenance = {
        "ignore": "Maintenance infusions are part of care here: they neither end nor reset the clock.",
        "censor": "Follow-up ends at the first maintenance infusion.",
    }[study.profile.value("maintenance")]
    figure = _draw_curves(
        "relapse",
        f"Time without relapse among responders, {lead.instrument.title}, {study.quarter}",
        {_KINDS[name]: lead.now.durations[name] for name in ("relapse", "loss")},
        study,
        as_incidence=False,
        event="relapse" if is_estimable(lead.now.durations["relapse"]) else "loss of response",
        xlabel="Days since endpoint score",
        ylabel="Without the event (%)",
        caption=f"The clock starts at the endpoint score of each responder. {maintenance}",
    )
    table = _tabulate_landmarks(
        study,
        "relapse",
        "Responders still without the event by day",
        RELAPSE_LANDMARKS,
        as_incidence=False,
        fits=lambda period: period.durations,
        names=_KINDS,
        share="Without it",
        notes=(
            *(f"Relapse, {define_relapse(id, study.profile)}." for id in study.tracks),
            f"Loss of response: {define_loss(lead.id, study.profile)}.",
            maintenance,
        ),
    )
    return Section(
        "relapse",
        "How long does it last?",
        "How many responders stay well, and for how long?",
        (*figure, table),
    )


def _define(study: Study, define: Callable[[str], str]) -> list[str]:
    return [
        f"{track.instrument.title}: {define(track.id)}." for track in study.tracks.values() if track.known
    ]


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
    """A sentence for each curve that cannot be had, and the picture of the others, the first one leading."""
    names = tuple(curves)
    shown = {label: fit for label, fit in curves.items() if is_estimable(fit)}
    missing = [
        say(f"no-{id}", f"No curve of {label} can be drawn for {study.quarter}: {_lower(fit.notes[-1])}")
        for label, fit in curves.items()
        if label not in shown
    ]
    if not shown:
        return tuple(missing)
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
    return (*missing, figure)


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
            rows.append(
                (
                    Text(label),
                    make_count(row["day"]),
                    *split_cell(make_percent(*shares), ("value", "interval")),
                    *counts,
                )
            )
    note = "At risk, events and censored add up to everyone on each curve."
    return Table(id, "The curve, day by day", columns, tuple(rows), (note,))


def _tabulate_landmarks(
    study: Study,
    id: str,
    title: str,
    days: tuple[int, ...],
    *,
    as_incidence: bool,
    fits: Callable[[Period], Mapping[str, Fit]],
    names: Mapping[str, str],
    share: str,
    notes: tuple[str, ...],
) -> Table:
    columns = (
        Column("First infusion in", numeric=False),
        Column("Curve", numeric=False),
        Column("People"),
        Column("Median", numeric=False),
        Column("Gap (days)"),
        Column("week", group="By"),
        Column("day", group="By"),
        Column(share),
        Column("95 % CI"),
        Column("At risk"),
    )
    rows: list[tuple[Cell, ...]] = []
    for track in study.tracks.values():
        if not track.known:
            continue
        for period in (track.now, track.before):
            for key, name in names.items():
                if key == "visit" and period is track.before:
                    continue
                rows += _list_landmarks(
                    study,
                    f"{track.instrument.title}, {period.label}",
                    name,
                    fits(period)[key],
                    period.gaps[key if key in period.gaps else id],
                    days,
                    as_incidence,
                )
    explained = (
        "Gap: median over people of the median gap between their scores, which is how finely a day can be "
        "known. Not determined: the visits leave more than "
        f"{100 * WIDEST_OPEN_SHARE:.0f} percentage points open on that day."
    )
    return Table(f"{id}-landmarks", title, columns, tuple(rows), (" ".join(notes), explained))


def _list_landmarks(
    study: Study, label: str, name: str, fit: Fit, gap_days: float, days: tuple[int, ...], as_incidence: bool
) -> list[tuple[Cell, ...]]:
    gap = Text("") if math.isnan(gap_days) else make_estimate(gap_days, digits=0)
    head = (Text(label), Text(name), make_count(fit.n_patients), read_median(fit), gap)
    if fit.extras.get("landmarks") is None:
        return [(*head, Text(""), Text(""), NotEstimable(fit.notes[-1]), Text(""), Text(""))]
    rows = []
    for place, day in enumerate(days):
        value, at_risk, _ = read_landmark(fit, day, as_incidence=as_incidence, smallest=study.smallest)
        first = head if place == 0 else (Text(label), *(Text("") for _ in head[1:]))
        week = make_count(math.floor(day / 7))
        rows.append((*first, week, make_count(day), *split_cell(value, ("value", "interval")), at_risk))
    return rows


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
