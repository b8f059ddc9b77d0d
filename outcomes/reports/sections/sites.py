"""The sites side by side in alphabetical order, without a ranking."""

from __future__ import annotations

from typing import Any

import pandas as pd

from outcomes.figures.funnel import describe_funnel, plot_funnel
from outcomes.reports.blocks import Column, Figure, Section, Table, Text, take_part
from outcomes.reports.cells import make_percent, make_share, share_columns, split_share, take_share
from outcomes.reports.sentences import say
from outcomes.reports.study import Study
from outcomes.reports.words import name_endpoint
from outcomes.summaries.funnel import FEWEST_SITES

_QUESTION = "What does each site see?"


def section_sites(study: Study) -> Section:
    """Response and remission by site for the first instrument; one line if there is one site."""
    frame = study.lead.by_site
    sites = sorted(frame["site"].dropna().unique()) if len(frame) else []
    heading = ("sites", "Sites", _QUESTION)
    if not sites:
        return Section(
            *heading, (say("no-site", f"Nobody who started in {study.quarter} belongs to a named site."),)
        )
    if len(sites) == 1:
        return Section(
            *heading,
            (
                say(
                    "one-site",
                    f"Everybody who started in {study.quarter} belongs to one site, {{site}}.",
                    site=Text(sites[0]),
                ),
            ),
        )
    names = {
        endpoint: name_endpoint(endpoint, study.lead.id, study.profile)
        for endpoint in ("response", "remission")
    }
    columns = (
        Column("Site", numeric=False),
        *share_columns(f"{names['response']}, everyone eligible"),
        *share_columns("with a score")[:2],
        *share_columns(f"{names['remission']}, everyone eligible"),
    )
    rows = tuple(
        (
            Text(site),
            *split_share(take_share(frame, site=site, endpoint="response", denominator="all_eligible")),
            *split_share(take_share(frame, site=site, endpoint="response", denominator="observed"))[:2],
            *split_share(take_share(frame, site=site, endpoint="remission", denominator="all_eligible")),
        )
        for site in sites
    )
    notes = (
        (
            "In alphabetical order. Sites differ in whom they treat, and small numbers differ by chance: "
            "this table ranks nobody."
        ),
        "Intervals stand alone. From five sites on a funnel shows which lie outside what chance alone makes.",
    )
    table = Table(
        "sites-rates", f"Sites, {study.lead.instrument.title}, {study.quarter}", columns, rows, notes
    )
    return Section(*heading, (*_draw_funnel(study, names["response"], len(sites)), table))


def _draw_funnel(study: Study, title: str, count: int) -> tuple[Figure, ...]:
    """The funnel, where there are sites enough for limits."""
    funnel = study.wider.funnel
    sites = funnel[funnel["kind"] == "site"]
    if len(sites) < FEWEST_SITES:
        return ()

    def draw(canvas: Any) -> None:
        plot_funnel(funnel, ax=canvas.subplots(), ylabel=f"{title} (%)")

    columns = (
        Column("Site", numeric=False), *share_columns(), Column("95 % limits"), Column("99.8 % limits"),
        Column("Adjusted 95 %"), Column("Place", numeric=False),
    )  # fmt: skip
    rows = tuple(
        (
            Text(str(row["site"])), *split_share(make_share(row)),
            *(
                take_part(make_percent(row["center"], row[low], row[high]), "interval")
                if pd.notna(row[low])
                else Text("")
                for low, high in (
                    ("low_95", "high_95"), ("low_998", "high_998"), ("adjusted_low_95", "adjusted_high_95"),
                )
            ),
            Text("" if pd.isna(row["place"]) else str(row["place"])),
        )
        for row in sites.to_dict("records")
    )  # fmt: skip
    return (
        Figure(
            "sites-funnel",
            f"{title} by site, {study.lead.instrument.title}, {study.quarter}",
            Table("sites-funnel-data", "Sites and the limits of chance", columns, rows),
            draw,
            "Everyone eligible. Lines: within which chance alone would keep a site of so many patients. Case "
            "mix is not adjusted for; a site outside is a question, no verdict.",
            describe_funnel(funnel, title=title),
            (178.0, 72.0),
        ),
    )
