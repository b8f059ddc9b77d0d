"""The sites side by side in alphabetical order, without a ranking."""

from __future__ import annotations

from outcomes.reports.blocks import Column, Section, Table, Text
from outcomes.reports.cells import share_columns, split_share, take_share
from outcomes.reports.sentences import say
from outcomes.reports.study import Study
from outcomes.reports.words import name_endpoint

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
        "Intervals stand alone; whether sites differ more than chance is not tested here.",
    )
    table = Table(
        "sites-rates", f"Sites, {study.lead.instrument.title}, {study.quarter}", columns, rows, notes
    )
    return Section(*heading, (table,))
