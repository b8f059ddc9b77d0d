"""The tables of an instrument: endpoints on every denominator, mean change, reliable change."""

from __future__ import annotations

import pandas as pd

from outcomes.reports.blocks import Cell, Column, Mean, Table, Text, split_cell
from outcomes.reports.cells import (
    NOT_ESTIMABLE,
    make_count,
    make_estimate,
    make_percent,
    make_share,
    share_columns,
    split_share,
    take_share,
)
from outcomes.reports.estimates import is_estimable
from outcomes.reports.sentences import find_gap
from outcomes.reports.study import Study, Track
from outcomes.reports.words import NOT_DEFINED, define_endpoint, define_window, name_endpoint

_DENOMINATORS = {
    "all_eligible": "everyone eligible",
    "observed": "those with a score",
    "bounds_high": "upper bound",
}
_GATED = ("response", "remission", "reliable_improvement")
_MODELLED = ("response", "remission")
_PAIRED = ("reliable_deterioration", "any_worsening")


def tabulate_rates(study: Study, track: Track) -> Table:
    """Each endpoint among everyone eligible, those with a score, at the upper bound; then the ungated."""
    columns = (
        Column("Endpoint", numeric=False),
        Column("Counted among", numeric=False),
        *share_columns(track.now.label),
        *share_columns(track.before.label),
    )
    rows: list[tuple[Cell, ...]] = []
    notes: list[str] = []
    for endpoint in _GATED:
        name, definition = (
            name_endpoint(endpoint, track.id, study.profile),
            define_endpoint(endpoint, track.id, study.profile),
        )
        notes.append(f"{name}: {definition}.")
        if definition == NOT_DEFINED:
            continue
        rows += [
            _list_rates(track, endpoint, denominator, name, words)
            for denominator, words in _DENOMINATORS.items()
        ]
        if track is study.lead and endpoint in _MODELLED:
            rows.append(_list_modelled(study, endpoint, name))
        if endpoint == "response":
            rows.append(_list_gap(track, name))
    for endpoint in _PAIRED:
        name = name_endpoint(endpoint, track.id, study.profile)
        notes.append(f"{name}: {define_endpoint(endpoint, track.id, study.profile)}; no entry score.")
        rows.append(_list_rates(track, endpoint, "paired", name, "all with both totals"))
    notes += [
        (
            f"Endpoint score: {define_window(study.profile)}. No score counts as not reached among everyone "
            "eligible, which is also the lower bound; in the upper bound it counts as reached. Missing "
            "drawn: multiple imputation from a mixed model of all scores seen; right if what is missing "
            "depends only on what was seen."
        ),
        f"Wilson intervals; no percent below a denominator of {study.smallest}.",
    ]
    return Table(
        f"{track.id}-rates", f"Endpoints, {track.instrument.title}", columns, tuple(rows), (" ".join(notes),)
    )


def _list_rates(track: Track, endpoint: str, denominator: str, name: str, words: str) -> tuple[Cell, ...]:
    where = {"endpoint": endpoint, "denominator": denominator}
    shares = (take_share(period.rates, **where) for period in (track.now, track.before))
    return (Text(name), Text(words), *(cell for share in shares for cell in split_share(share)))


def _list_modelled(study: Study, endpoint: str, name: str) -> tuple[Cell, ...]:
    """The share of everyone eligible with missing totals drawn from a model; the quarter only."""
    fit, blank = study.wider.rates, (Text(""), Text(""), Text(""))
    words = Text("everyone eligible, missing drawn")
    rows = fit.table[fit.table["term"] == endpoint] if "term" in fit.table else fit.table.head(0)
    if not is_estimable(fit) or rows.empty or rows["verdict"].iloc[0] == "NOT ESTIMABLE":
        return (Text(name), words, NOT_ESTIMABLE, *blank[1:], *blank)
    row = rows.iloc[0]
    share = make_percent(row["estimate"], row["conf_low"], row["conf_high"])
    return (Text(name), words, make_count(row["n"]), *split_cell(share, ("value", "interval")), *blank)


def _list_gap(track: Track, name: str) -> tuple[Cell, ...]:
    cells: list[Cell] = [Text(name), Text("gap between the two")]
    for period in (track.now, track.before):
        whole, seen = (
            take_share(period.rates, endpoint="response", denominator=one)
            for one in ("all_eligible", "observed")
        )
        gap = find_gap(whole, seen)
        cells += [
            make_count(whole.n - seen.n, "missing") if whole.n else Text(""),
            Text("") if gap is None else gap,
            Text(""),
        ]
    return tuple(cells)


def tabulate_change(track: Track) -> Table:
    """Means at baseline and endpoint, mean change, effect size, and what the entry score alone would do."""
    columns = (
        Column("First infusion in", numeric=False),
        Column("Population", numeric=False),
        Column("n"),
        Column("missing"),
        Column("baseline", group="Mean (SD)"),
        Column("endpoint", group="Mean (SD)"),
        Column("mean", group="Change (points)"),
        Column("95 % CI", group="Change (points)"),
        Column("d"),
        Column("Entry alone"),
    )
    names = {"paired": "all due", "eligible": "eligible"}
    rows = [
        (Text(period.label), *_list_change(row, names[row["population"]]))
        for period in (track.now, track.before)
        for _, row in period.change.iterrows()
    ]
    notes = [
        (
            "n: with both totals; missing: without. Change is endpoint minus baseline: negative is a fall. "
            "d: mean fall divided by the SD of the baseline."
        )
    ]
    gated = track.now.change[track.now.change["population"] == "eligible"]
    if len(gated) and pd.notna(gated["retest"].iloc[0]):
        retest = float(gated["retest"].iloc[0])
        notes.append(
            "Entry alone: the fall in points to be expected by the entry score alone, compared with all who "
            "started; that people start when scores are high is not in it. Test-retest reliability used: "
            f"{retest:g} ({gated['retest_source'].iloc[0]})."
        )
    return Table(
        f"{track.id}-change", f"Mean change, {track.instrument.title}", columns, tuple(rows), tuple(notes)
    )


def _list_change(row: pd.Series, name: str) -> tuple[Cell, ...]:
    change = make_estimate(row["mean_change"], row["conf_low"], row["conf_high"])
    regression = row["expected_regression"]
    return (
        Text(name),
        make_count(row["n"]),
        make_count(row["n_missing"]),
        _mean_and_spread(row, "baseline"),
        _mean_and_spread(row, "endpoint"),
        *split_cell(change, ("value", "interval")),
        make_estimate(row["d_baseline"], digits=2),
        Text("") if pd.isna(regression) else make_estimate(-float(regression)),
    )


def _mean_and_spread(row: pd.Series, moment: str) -> Cell:
    mean, spread = row[f"{moment}_mean"], row[f"{moment}_sd"]
    if pd.isna(mean):
        return NOT_ESTIMABLE
    return Mean(float(mean), None if pd.isna(spread) else float(spread))


def tabulate_reliable_change(track: Track) -> Table:
    """Improved, unchanged, deteriorated and not measured, under the profile's rule and its alternatives."""
    columns = (
        Column("Points", numeric=False),
        *share_columns("Improved"),
        Column("out of reach", group="Improved"),
        *share_columns("Deteriorated"),
        Column("out of reach", group="Deteriorated"),
        Column("k of N", group="Unchanged"),
        Column("k of N", group="Not measured"),
    )
    rows: list[tuple[Cell, ...]] = []
    for place, (_, rule) in enumerate(track.now.reliable.groupby("rule", sort=False)):
        classes = {str(row["class"]): row for _, row in rule.iterrows()}
        label = f"{rule['points'].iloc[0]}" + (" (used)" if place == 0 else "")
        directed = (
            cell
            for name in ("improved", "deteriorated")
            for cell in (*split_share(make_share(classes[name])), make_count(classes[name]["n_out_of_reach"]))
        )
        rest = (split_share(make_share(classes[name]))[0] for name in ("unchanged", "not measured"))
        rows.append((Text(label), *directed, *rest))
    texts = (
        dict.fromkeys(str(text) for text in track.now.reliable["rule_text"])
        if len(track.now.reliable)
        else {}
    )
    notes = (
        "No entry score: everyone due with both totals is counted; not measured is counted among "
        "everyone due with a baseline. "
        "Out of reach: baselines that leave no room for such a change.",
        f"Rules: {'; '.join(texts)}." if texts else "No rule is defined here.",
    )
    return Table(
        f"{track.id}-reliable",
        f"Reliable change, {track.instrument.title}, {track.now.label}",
        columns,
        tuple(rows),
        notes,
    )
