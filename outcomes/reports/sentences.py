"""The sentences of the first page: a rule chooses each one, and the facts fill it."""

from __future__ import annotations

from outcomes.figures.words import round_half_up
from outcomes.reports.blocks import Cell, Count, Estimate, Prose, Share, take_part
from outcomes.reports.cells import NO_EVENT, Landmark, make_share, read_landmark, take_share
from outcomes.reports.format import show
from outcomes.reports.study import Period, Study
from outcomes.reports.words import define_endpoint

CAVEAT = (
    "There is no comparison group. Scores also fall without treatment, most of all where a high score is "
    "the reason to start."
)


def say(rule: str, frame: str, **facts: Cell) -> Prose:
    """A sentence whose facts are typed cells."""
    return Prose(rule, frame.format(**{name: show(cell) for name, cell in facts.items()}), facts)


def tell_summary(study: Study, quarter: Prose) -> tuple[Prose, ...]:
    """The sentences that fire, in reading order, with that on the quarter; few measured comes first."""
    sentences = [
        tell_who(study),
        tell_measured(study),
        tell_response(study),
        tell_gap(study),
        tell_worse(study),
        quarter,
        tell_lasting(study),
        tell_item_nine(study),
        say("caveat", CAVEAT),
    ]
    told = [one for one in sentences if one is not None]
    if is_low(find_measured(study), study):
        told.sort(key=lambda one: one.rule != "measured")
    return tuple(told)


def find_measured(study: Study) -> Share:
    """Those with a score in the endpoint window, of those due."""
    return take_share(study.lead.now.completeness, occasion="endpoint")


def is_low(measured: Share, study: Study) -> bool:
    """Whether fewer than the target were measured."""
    return measured.n > 0 and measured.k < study.settings.measured_target * measured.n


def find_gap(whole: Share, seen: Share) -> Estimate | None:
    """By how many percentage points, as printed, two shares differ; None where a percent is not shown."""
    if not (whole.percent_shown and seen.percent_shown):
        return None
    first, second = (round_half_up(100 * one.k / one.n) for one in (whole, seen))
    return Estimate(float(abs(first - second)), digits=0, unit="points")


def tell_who(study: Study) -> Prose:
    """Who is counted."""
    flow = study.lead.flow.drop_duplicates("step").set_index("step")["n"]
    started, due = (Count(int(flow.get(step, 0))) for step in ("started", "matured"))
    if started.value == 0:
        return say("who", f"Nobody had a first infusion in {study.quarter}: there is nothing to rate.")
    people = "person" if started.value == 1 else "people"
    return say(
        "who",
        (
            f"{{started}} {people} had a first infusion in {study.quarter}; {{due}} of them have reached "
            "the end of the scoring window."
        ),
        started=started,
        due=due,
    )


def tell_measured(study: Study) -> Prose | None:
    """How many have a score."""
    measured = find_measured(study)
    if measured.n == 0:
        return None
    title = study.lead.instrument.title
    share = f"{{measured}} of those due have a {title} score in the window."
    if not is_low(measured, study):
        return say("measured", share, measured=measured)
    unknown = Count(measured.n - measured.k)
    rest = "1 person is unknown" if unknown.value == 1 else "{unknown} people are unknown"
    return say(
        "measured", f"{share} Read the rates below with care: {rest}.", measured=measured, unknown=unknown
    )


def tell_response(study: Study) -> Prose | None:
    """The response rate on both denominators."""
    whole, seen = _find_response(study)
    if whole.n < study.smallest:
        return None
    frame = "Counting everyone eligible, {percent} responded ({count}, 95 % CI {interval})"
    facts: dict[str, Cell] = {
        "percent": take_part(whole, "value"),
        "count": take_part(whole, "count"),
        "interval": take_part(whole, "interval"),
        "seen": seen,
    }
    return say("response", f"{frame}; among those with a score, {{seen}}.", **facts)


def tell_gap(study: Study) -> Prose | None:
    """How far missing scores move the rate."""
    whole, seen = _find_response(study)
    gap = find_gap(whole, seen)
    if gap is None or gap.value < study.settings.gap_points:
        return None
    missing = Count(whole.n - seen.n)
    people = "1 person has" if missing.value == 1 else "{missing} people have"
    return say("gap", f"The two rates differ by {{gap}} because {people} no score.", gap=gap, missing=missing)


def tell_worse(study: Study) -> Prose | None:
    """Reliable deterioration, also at zero."""
    worse = take_share(study.lead.now.rates, endpoint="reliable_deterioration", denominator="paired")
    if worse.n == 0:
        return None
    definition = define_endpoint("reliable_deterioration", study.lead.id, study.profile)
    return say(
        "worse", f"{{worse}} had a reliable worsening ({definition}).", worse=take_part(worse, "count")
    )


def tell_lasting(study: Study) -> Prose | None:
    """How many responders were still well after eight weeks; the year before if the quarter is small."""
    for period in (study.lead.now, study.lead.before):
        confirmed = read_well(study, period, "relapse")
        if confirmed.at_risk is None or not (
            isinstance(confirmed.value, Estimate) or confirmed.value == NO_EVENT
        ):
            continue
        whose = "" if period is study.lead.now else f" of {period.label}"
        counted = "{at_risk} still followed"
        facts: dict[str, Cell] = {
            "n": Count(period.durations["relapse"].n_patients),
            "week": Count(study.settings.well_day // 7),
            "at_risk": Count(confirmed.at_risk),
        }
        if isinstance(confirmed.value, Estimate):
            told = "an estimated {still} had no confirmed relapse by week {week}"
            facts["still"] = take_part(confirmed.value, "value")
        else:
            told = "none is known to have relapsed by week {week}"
            if confirmed.bound is not None:
                counted += ", exact interval of those well {bound} %"
                facts["bound"] = confirmed.bound
        single = read_well(study, period, "first_bad").value
        if isinstance(single, Estimate):
            facts["single"] = take_part(single, "value")
        beside = "; with single bad scores counted {single}" if "single" in facts else ""
        return say("lasting", f"Of {{n}} responders{whose}, {told} ({counted}){beside}.", **facts)
    return None


def read_well(study: Study, period: Period, kind: str) -> Landmark:
    """The share without a relapse on the day of the card, confirmed or with single bad scores counted."""
    return read_landmark(
        period.durations[kind],
        study.settings.well_day,
        as_incidence=False,
        smallest=study.smallest,
        widest=study.settings.widest_open_share,
    )


def tell_item_nine(study: Study) -> Prose | None:
    """Answers above zero to the self-harm item at the last questionnaire, also at zero."""
    rows = study.lead.self_harm
    last = rows[rows["occasion"] == "last questionnaire"]
    if last.empty or not int(last["n"].iloc[0]):
        return None
    item = f"{study.lead.instrument.title} item {study.lead.instrument.self_harm_item}"
    return say(
        "item_9",
        (
            f"{{k}} answered above zero on {item} at their last questionnaire; this prompts a review, it is "
            "not a risk score."
        ),
        k=take_part(make_share(last.iloc[0]), "count"),
    )


def _find_response(study: Study) -> tuple[Share, Share]:
    rates = study.lead.now.rates
    whole, seen = (
        take_share(rates, endpoint="response", denominator=name) for name in ("all_eligible", "observed")
    )
    return whole, seen
