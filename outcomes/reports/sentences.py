"""The sentences of the first page: a rule chooses each one, and the facts fill it."""

from __future__ import annotations

from outcomes.reports.blocks import Cell, Count, Estimate, Prose, Share, take_part
from outcomes.reports.cells import NO_EVENT, make_share, read_landmark, take_share
from outcomes.reports.format import show
from outcomes.reports.study import MEASURED_TARGET, Study
from outcomes.reports.words import define_endpoint

GAP_POINTS = 10
WELL_DAY = 56
CAVEAT = (
    "There is no comparison group. Scores also fall without treatment, most of all where a high "
    "score is "
    "the reason to start."
)


def say(rule: str, frame: str, **facts: Cell) -> Prose:
    """A sentence whose facts are typed cells."""
    return Prose(rule, frame.format(**{name: show(cell) for name, cell in facts.items()}), facts)


def tell_summary(study: Study) -> tuple[Prose, ...]:
    """The sentences that fire, in reading order; with few measured, that comes first."""
    sentences = [
        tell_who(study),
        tell_measured(study),
        tell_response(study),
        tell_gap(study),
        tell_worse(study),
        tell_lasting(study),
        tell_item_nine(study),
        say("N10", CAVEAT),
    ]
    told = [one for one in sentences if one is not None]
    if is_low(find_measured(study)):
        told.sort(key=lambda one: one.rule != "N2")
    return tuple(told)


def find_measured(study: Study) -> Share:
    """Those with a score in the endpoint window, of those due."""
    return take_share(study.lead.now.completeness, occasion="endpoint")


def is_low(measured: Share) -> bool:
    """Whether fewer than the target were measured."""
    return measured.n > 0 and measured.k < MEASURED_TARGET * measured.n


def find_gap(whole: Share, seen: Share) -> Estimate | None:
    """By how many percentage points, as printed, two shares differ; None where a percent is not shown."""
    if not (whole.percent_shown and seen.percent_shown):
        return None
    points = (round(100 * one.k / one.n) for one in (whole, seen))
    return Estimate(float(abs(next(points) - next(points))), digits=0, unit="points")


def tell_who(study: Study) -> Prose:
    """N1: who is counted."""
    flow = study.lead.flow.drop_duplicates("step").set_index("step")["n"]
    started, due = (Count(int(flow.get(step, 0))) for step in ("started", "matured"))
    if started.value == 0:
        return say("N1", f"Nobody had a first infusion in {study.quarter}: there is nothing to rate.")
    people = "person" if started.value == 1 else "people"
    return say(
        "N1",
        (
            f"{{started}} {people} had a first infusion in {study.quarter}; {{due}} of them have reached "
            "the end of the scoring window."
        ),
        started=started,
        due=due,
    )


def tell_measured(study: Study) -> Prose | None:
    """N2: how many have a score."""
    measured = find_measured(study)
    if measured.n == 0:
        return None
    title = study.lead.instrument.title
    share = f"{{measured}} of those due have a {title} score in the window."
    if not is_low(measured):
        return say("N2", share, measured=measured)
    unknown = Count(measured.n - measured.k)
    rest = "1 person is unknown" if unknown.value == 1 else "{unknown} people are unknown"
    return say("N2", f"{share} Read the rates below with care: {rest}.", measured=measured, unknown=unknown)


def tell_response(study: Study) -> Prose | None:
    """N3: the response rate on both denominators."""
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
    return say("N3", f"{frame}; among those with a score, {{seen}}.", **facts)


def tell_gap(study: Study) -> Prose | None:
    """N4: how far missing scores move the rate."""
    whole, seen = _find_response(study)
    gap = find_gap(whole, seen)
    if gap is None or gap.value < GAP_POINTS:
        return None
    missing = Count(whole.n - seen.n)
    people = "1 person has" if missing.value == 1 else "{missing} people have"
    return say("N4", f"The two rates differ by {{gap}} because {people} no score.", gap=gap, missing=missing)


def tell_worse(study: Study) -> Prose | None:
    """N5: reliable deterioration, also at zero."""
    worse = take_share(study.lead.now.rates, endpoint="reliable_deterioration", denominator="paired")
    if worse.n == 0:
        return None
    definition = define_endpoint("reliable_deterioration", study.lead.id, study.profile)
    return say("N5", f"{{worse}} had a reliable worsening ({definition}).", worse=take_part(worse, "count"))


def tell_lasting(study: Study) -> Prose | None:
    """N7: how many responders were still well after eight weeks; the year before if the quarter is small."""
    for period in (study.lead.now, study.lead.before):
        fit = period.durations["relapse"]
        still, _, at_risk = read_landmark(fit, WELL_DAY, as_incidence=False, smallest=study.smallest)
        if at_risk is None or not (isinstance(still, Estimate) or still == NO_EVENT):
            continue
        whose = "" if period is study.lead.now else f" of {period.label}"
        facts: dict[str, Cell] = {
            "n": Count(fit.n_patients),
            "week": Count(WELL_DAY // 7),
            "at_risk": Count(at_risk),
        }
        if still == NO_EVENT:
            return say(
                "N7",
                (
                    f"Of {{n}} responders{whose}, none is known to have relapsed by week {{week}} "
                    f"({{at_risk}} still at risk)."
                ),
                **facts,
            )
        frame = (
            f"Of {{n}} responders{whose}, an estimated {{still}} had not relapsed by week {{week}} "
            f"({{at_risk}} still at risk)."
        )
        return say("N7", frame, still=take_part(still, "value"), **facts)
    return None


def tell_item_nine(study: Study) -> Prose | None:
    """N8: answers above zero to the self-harm item at the last questionnaire, also at zero."""
    rows = study.lead.self_harm
    last = rows[rows["occasion"] == "last questionnaire"]
    if last.empty or not int(last["n"].iloc[0]):
        return None
    item = f"{study.lead.instrument.title} item {study.lead.instrument.self_harm_item}"
    return say(
        "N8",
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
