"""What goes with responding sooner: hazard ratios with absolute risks beside them."""

from __future__ import annotations

from typing import Any

from outcomes.figures.forest import describe_forest, plot_forest
from outcomes.figures.words import say_term
from outcomes.models.fit import VERDICTS
from outcomes.reports.blocks import Column, Count, Figure, Section, Table, Text, split_cell
from outcomes.reports.cells import make_estimate, make_p, make_percent
from outcomes.reports.estimates import is_estimable
from outcomes.reports.sentences import say
from outcomes.reports.study import Study

_SHOWN_DAY = 28


def section_factors(study: Study) -> Section:
    """A Cox regression of the time to response on the covariates of the settings."""
    fit, lead = study.wider.factors, study.lead.instrument.title
    heading = ("factors", "Who responds sooner?", "What goes with an earlier response, and by how much?")
    if not is_estimable(fit):
        why = fit.notes[0] if fit.notes else "there are too few responses."
        return Section(*heading, (say("no-factors", f"{lead}: no regression can be given. {why}"),))
    sentence = say(
        "factors",
        f"{lead}: {{patients}} people who started in {study.earlier[0]} to {study.quarter}; verdict "
        f"{fit.verdict}: {VERDICTS[fit.verdict]}. These are associations: what goes with a covariate may be "
        "due to something else.",
        patients=Count(fit.n_patients),
    )
    return Section(*heading, (sentence, _draw(study)))


def _draw(study: Study) -> Figure:
    fit = study.wider.factors

    def draw(canvas: Any) -> None:
        plot_forest(fit, ax=canvas.subplots(), xlabel="Hazard ratio of response (logarithmic axis)")

    risks = fit.extras["risks"]
    risks = risks[risks["day"] == _SHOWN_DAY].set_index("term")
    columns = (
        Column("Term", numeric=False), Column("Hazard ratio"), Column("95 % CI"), Column("p"),
        Column("without", group=f"Responded by day {_SHOWN_DAY} (%)"),
        Column("with", group=f"Responded by day {_SHOWN_DAY} (%)"),
    )  # fmt: skip
    rows = []
    for row in fit.table.to_dict("records"):
        ratio = make_estimate(row["hazard_ratio"], row["ratio_low"], row["ratio_high"], digits=2)
        term = str(row["term"])
        both = (
            (make_percent(risks.loc[term, "risk_at"]), make_percent(risks.loc[term, "risk_with"]))
            if term in risks.index
            else (Text(""), Text(""))
        )
        rows.append(
            (Text(say_term(term)), *split_cell(ratio, ("value", "interval")), make_p(row["p_value"]), *both)
        )
    notes = (
        "Adjusted for one another; covariates are those of the settings that vary. A number: one unit more, "
        "from its mean. No covariate was chosen by its p-value.",
        *fit.notes,
    )
    return Figure(
        "factors-forest",
        f"Time to first response, {study.lead.instrument.title}",
        Table("factors-forest-data", "Hazard ratios and absolute risks", columns, tuple(rows), notes),
        draw,
        "Squares: hazard ratios with 95 % intervals; above 1 response comes sooner. Absolute risks stand in "
        "the table.",
        describe_forest(fit),
        (178.0, 28.0 + 9.0 * len(rows)),
    )
