"""Page 1: what happened, and how sure are we?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from outcomes.figures.trajectory import describe_trajectories, plot_trajectories
from outcomes.reports.blocks import (
    Block,
    Card,
    Cards,
    Cell,
    Column,
    Count,
    Estimate,
    Figure,
    Section,
    Share,
    Table,
    Text,
    take_part,
)
from outcomes.reports.cells import (
    NOBODY,
    Landmark,
    make_estimate,
    share_columns,
    split_share,
    take_share,
)
from outcomes.reports.format import show
from outcomes.reports.sections.quarters import draw_chart, tell_response_signal
from outcomes.reports.sections.scores import tabulate_points
from outcomes.reports.sentences import find_measured, is_low, read_well, tell_summary
from outcomes.reports.study import Period, Study
from outcomes.reports.words import define_endpoint, define_window, name_endpoint

_SIZE = (86.0, 66.0)
YEAR_BEFORE = "Year before"
"""What the cards call the four quarters before."""


def section_summary(study: Study) -> Section:
    """The cards, the sentences, the course of the scores, and the response by quarter."""
    blocks: list[Block] = [
        Cards(_make_cards(study)),
        _draw_course(study),
        draw_chart(
            study,
            "response",
            name_endpoint("response", study.lead.id, study.profile),
            size=_SIZE,
            id="summary-chart",
        ),
        *tell_summary(study, tell_response_signal(study)),
        _tabulate_quarters(study),
    ]
    return Section("summary", "Summary", "What happened, and how sure are we?", tuple(blocks))


def _make_cards(study: Study) -> tuple[Card, ...]:
    lead, profile, window = study.lead, study.profile, define_window(study.profile)

    def define(endpoint: str) -> str:
        return define_endpoint(endpoint, lead.id, profile)

    target = f"{100 * study.settings.measured_target:.0f} %"
    measured = find_measured(study)
    return (
        _card_of_share(
            "measured",
            "Measured",
            measured,
            "of those due",
            (_before(study, occasion="endpoint"),),
            f"{lead.instrument.title} total {window}. Target {target}.",
            flag="Low" if is_low(measured, study) else "",
        ),
        _card_of_endpoint(study, "responded", "Responded", "response", define("response")),
        _card_of_endpoint(
            study, "remission", name_endpoint("remission", lead.id, profile), "remission", define("remission")
        ),
        _card_of_reliable_change(study),
        _card_of_change(study),
        _card_of_lasting(study),
    )


def _card_of_share(
    id: str,
    title: str,
    share: Share,
    among: str,
    beside: tuple[tuple[str, Cell], ...],
    definition: str,
    flag: str = "",
) -> Card:
    if share.n == 0:
        return Card(id, title, NOBODY, f"{among}: no one to count", beside, definition)
    label = among if share.percent_shown else f"{among}; too few for a percent"
    return Card(id, title, share, label, beside, definition, flag)


def _before(study: Study, **where: str) -> tuple[str, Cell]:
    frame = study.lead.before.completeness if "occasion" in where else study.lead.before.rates
    share = take_share(frame, **where)
    return YEAR_BEFORE, share if share.n else NOBODY


def _card_of_endpoint(study: Study, id: str, title: str, endpoint: str, definition: str) -> Card:
    rates = study.lead.now.rates
    whole, seen = (
        take_share(rates, endpoint=endpoint, denominator=name) for name in ("all_eligible", "observed")
    )
    beside = (
        ("With a score", seen if seen.n else NOBODY),
        _before(study, endpoint=endpoint, denominator="all_eligible"),
    )
    return _card_of_share(
        id, title, whole, "eligible", beside, f"{definition}; no score counts as not reached."
    )


def _card_of_reliable_change(study: Study) -> Card:
    rates, profile, id = study.lead.now.rates, study.profile, study.lead.id
    better = take_share(rates, endpoint="reliable_improvement", denominator="all_eligible")
    worse = take_share(rates, endpoint="reliable_deterioration", denominator="paired")
    beside = (
        ("Deterioration", worse if worse.n else NOBODY),
        _before(study, endpoint="reliable_improvement", denominator="all_eligible"),
    )
    definition = (
        f"{define_endpoint('reliable_improvement', id, profile)}; deterioration as much above, "
        "of those "
        "with both totals."
    )
    return _card_of_share("reliable", "Reliable improvement", better, "eligible", beside, definition)


def _card_of_change(study: Study) -> Card:
    now, before = (_find_change(period.change) for period in (study.lead.now, study.lead.before))
    beside = ((YEAR_BEFORE, NOBODY if before is None else take_part(before[0], "value")),)
    definition = (
        f"{study.lead.instrument.title} endpoint total minus baseline, of all with both; negative is a fall."
    )
    if now is None:
        return Card("change", "Mean change", NOBODY, "with both totals: no one to count", beside, definition)
    return Card("change", "Mean change", now[0], f"points, n = {show(now[1])}", beside, definition)


def _find_change(change: pd.DataFrame) -> tuple[Cell, Count] | None:
    rows = change[change["population"] == "paired"]
    if rows.empty or not int(rows["n"].iloc[0]):
        return None
    row = rows.iloc[0]
    return make_estimate(row["mean_change"], row["conf_low"], row["conf_high"]), Count(int(row["n"]))


def _card_of_lasting(study: Study) -> Card:
    lead, day = study.lead, study.settings.well_day
    now, single = (read_well(study, lead.now, kind) for kind in ("relapse", "first_bad"))
    before, before_single = (read_well(study, lead.before, kind).value for kind in ("relapse", "first_bad"))
    beside = (
        (_flag("Single bad scores counted", lead.now, "first_bad"), _say_well(single, lead.now, "first_bad")),
        (_flag(YEAR_BEFORE, lead.before, "relapse"), take_part(before, "value")),
        (
            _flag(f"{YEAR_BEFORE}, single counted", lead.before, "first_bad"),
            take_part(before_single, "value"),
        ),
    )
    definition = (
        f"Of responders, without confirmed relapse {day} days after the endpoint score; defined below."
    )
    followed = "" if now.at_risk is None else f"{now.at_risk:,} still followed at week {day // 7}"
    label = f"of responders; {followed}" if isinstance(now.value, Estimate) else followed
    flag = "Caution" if lead.now.durations["relapse"].verdict == "CAUTION" else ""
    title = f"Still well at {day // 7} weeks"
    return Card("well", title, _say_well(now, lead.now, "relapse"), label, beside, definition, flag)


def _say_well(landmark: Landmark, period: Period, kind: str) -> Cell:
    """The share still well, or where there is none how many are known to have relapsed."""
    if isinstance(landmark.value, Estimate):
        return landmark.value
    events, n = (int(period.events[kind].get(name, 0)) for name in ("n_events", "n"))
    return Text(f"{events:,} of {n:,} relapsed so far") if n else NOBODY


def _flag(label: str, period: Period, kind: str) -> str:
    return f"{label} (caution)" if period.durations[kind].verdict == "CAUTION" else label


def _draw_course(study: Study) -> Figure:
    lead = study.lead
    points = lead.points

    def draw(canvas: Any) -> None:
        plot_trajectories(
            lead.scores, instrument=lead.id, means=points, ax=canvas.subplots(), profile=study.profile
        )

    return Figure(
        "summary-course",
        f"{lead.instrument.title} by day, {study.quarter}",
        tabulate_points(study, lead, "summary-course-data"),
        draw,
        "Thin lines: people. Markers: weekly means of those seen.",
        describe_trajectories(lead.scores, instrument=lead.id, means=points),
        _SIZE,
    )


def _tabulate_quarters(study: Study) -> Table:
    frame = study.lead.by_quarter
    name = name_endpoint("response", study.lead.id, study.profile)
    columns = (
        Column("First infusion in", numeric=False),
        *share_columns("Everyone eligible"),
        *share_columns("With a score"),
    )
    rows = []
    for quarter in (*study.earlier, study.quarter):
        shares = [
            take_share(frame, quarter=quarter, endpoint="response", denominator=denominator)
            for denominator in ("all_eligible", "observed")
        ]
        rows.append((Text(quarter), *(cell for share in shares for cell in split_share(share))))
    notes = (
        (
            f"Year before on the cards: {study.lead.before.label} pooled. Quarters stand side by side as "
            "they are; the control chart shows what they vary by."
        ),
    )
    return Table(
        "summary-quarters", f"{name} by quarter, {study.lead.instrument.title}", columns, tuple(rows), notes
    )
