"""The whole synthetic network in one folder: exports of each site, settings for the loader, and the truth."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.random import RandomState

from outcomes.errors import DefinitionError, Problem, ReportError
from outcomes.simulate.clinic import simulate_clinic
from outcomes.simulate.files import Source, write_text
from outcomes.simulate.form_site import write_form_site
from outcomes.simulate.messiness import EXPECTED
from outcomes.simulate.network import count_patients, list_sites
from outcomes.simulate.records import Records, record_clinic
from outcomes.simulate.redcap_site import write_redcap_site
from outcomes.simulate.truth import compute_truth
from outcomes.simulate.workbook_site import write_workbook_site

WRITERS: dict[str, Callable[[Path, Records, RandomState], list[Source]]] = {
    "form": write_form_site,
    "workbook": write_workbook_site,
    "redcap": write_redcap_site,
}
MAX_SEED = 2**32 - 1
QUARTERS_BEFORE, QUARTERS_AFTER = 2, 1
"""Quarters covered before the first start, so that starts are known to be starts, and after the last."""


def simulate_exports(
    folder: str | Path,
    *,
    patients: int = 400,
    sites: int = 3,
    seed: int = 1,
    quarters: int = 6,
    first_quarter: str = "2025Q1",
) -> dict[str, Any]:
    """Write realistic, messy exports of an invented ketamine network, and what is true of it.

    Parameters
    ----------
    folder : str or Path; must not exist, or be empty
    patients : int, over all sites
    sites : int; their export styles differ (online form, spreadsheet, REDCap) and repeat after three
    seed : int, 0 to 2**32 - 1; the same arguments write the same bytes
    quarters : int, in which patients start, evenly
    first_quarter : str, such as "2025Q1"

    Returns
    -------
    dict, as written to truth.json: `parameters`, `truth` (of the generating model, by instrument, overall and
    by site) and `realized` (counts of these very files: patients, infusions, rows, planted faults)

    Raises
    ------
    ReportError
        If the folder holds something already. Nothing is written then.
    DefinitionError
        If a number is out of range or the quarter is not one.

    Notes
    -----
    The model is calibrated to published cohorts: PHQ-9 about 17 to 18 at the start, response of about
    half and remission of about a quarter after induction [1]_; of those who respond some 80 % still do
    after four weeks and 60 % after eight [1]_; a third or more stop early [2]_. Sicker patients stop and
    stay away more often, judged by the last score that the clinic has seen: observed rates flatter, and
    scores are missing at random given those seen.

    References
    ----------
    .. [1] McInnes LA et al. (2022). J Affect Disord. doi:10.1016/j.jad.2021.12.097
    .. [2] Wilkinson ST (2022). J Clin Psychiatry 83(6):22com14648

    Examples
    --------
    >>> import tempfile
    >>> import outcomes as oc
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     truth = oc.simulate_exports(folder, patients=30, seed=7)
    >>> truth["realized"]["patients"]
    30
    """
    starts = _check_arguments(patients, sites, seed, quarters, first_quarter)
    target = Path(folder)
    _check_target(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".simulate-", dir=target.parent) as work:
        made = Path(work) / "network"
        made.mkdir()
        truth = _write_network(made, starts, patients=patients, sites=sites, seed=seed)
        _check_target(target)
        if target.exists():
            target.rmdir()
        shutil.move(made, target)
    return truth


def _check_arguments(
    patients: int, sites: int, seed: int, quarters: int, first_quarter: str
) -> pd.PeriodIndex:
    problems = [
        Problem(
            "E603",
            "simulate_exports",
            f"{name} must be a whole number from {low} to {high}; it is not. Give another.",
        )
        for name, value, low, high in (
            ("sites", sites, 1, 99),
            ("patients", patients, sites, 100_000),
            ("seed", seed, 0, MAX_SEED),
            ("quarters", quarters, 1, 40),
        )
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high
    ]
    year, separator, number = first_quarter.partition("Q")
    readable = (
        separator and len(year) == 4 and year.isascii() and year.isdigit() and number in {"1", "2", "3", "4"}
    )
    if not readable or not 2001 <= int(year) <= 2100:
        message = (
            "first_quarter must be a year from 2001 to 2100 and a quarter, such as 2025Q1; it is not. "
            "Give it in that form."
        )
        problems.append(Problem("E603", "simulate_exports", message))
    if problems:
        raise DefinitionError(problems)
    return pd.period_range(first_quarter, periods=quarters, freq="Q")


def _check_target(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        message = (
            "simulate_exports writes into a new or an empty folder; this one holds something. "
            "Name another, or empty it."
        )
        raise ReportError(message, code="E301")


def _write_network(
    folder: Path, starts: pd.PeriodIndex, *, patients: int, sites: int, seed: int
) -> dict[str, Any]:
    network = list_sites(sites)
    observed_from = (starts[0] - QUARTERS_BEFORE).start_time.normalize()
    observed_until = (starts[-1] + QUARTERS_AFTER).end_time.normalize()
    sources: list[Source] = []
    by_site = {}
    for position, (site, count) in enumerate(zip(network, count_patients(network, patients), strict=True)):
        random = RandomState([position, seed])
        clinic = simulate_clinic(site, count, random)
        records = record_clinic(clinic, starts=starts, observed_until=observed_until, random=random)
        sources += WRITERS[site.style](folder, records, random)
        by_site[site.name] = _count(records, clinic.patients)
    parameters = {
        "patients": patients,
        "sites": sites,
        "seed": seed,
        "quarters": len(starts),
        "first_quarter": str(starts[0]),
    }
    title = f"{', '.join(site.name for site in network)} (SYNTHETIC)"
    write_text(folder / "outcomes.toml", _settings(title, observed_from, observed_until, sources))
    truth = {
        "synthetic": True,
        "parameters": parameters,
        "truth": compute_truth(network),
        "realized": {
            "patients": patients,
            "observed_from": str(observed_from.date()),
            "observed_until": str(observed_until.date()),
            "sites": by_site,
            "files": {source.file: {"rows": source.rows, "faults": source.faults} for source in sources},
            "fault_kinds": EXPECTED,
        },
    }
    write_text(folder / "truth.json", json.dumps(truth, indent=2) + "\n")
    return truth


def _count(records: Records, courses: pd.DataFrame) -> dict[str, Any]:
    answers = records.questionnaires
    return {
        "patients": len(records.patients),
        "patients_by_quarter": {
            str(k): int(v) for k, v in records.patients["quarter"].value_counts().sort_index().items()
        },
        "patients_by_route": {
            str(k): int(v) for k, v in courses["route"].value_counts().sort_index().items()
        },
        "stopped_early": int((courses["taken"] < courses["planned"]).sum()),
        "infusions_given": int((records.infusions["status"] == "given").sum()),
        "questionnaires": {
            name: int(answers[f"{name}_1"].notna().sum())
            for name in ("phq9", "gad7", "pcl5")
            if answers[f"{name}_1"].notna().any()
        },
        "after_infusion": int((answers["occasion"] == "after_infusion").sum()),
    }


def _settings(
    title: str, observed_from: pd.Timestamp, observed_until: pd.Timestamp, sources: list[Source]
) -> str:
    lines = [
        "# Every person, date and score in this folder is invented: see truth.json.",
        "schema = 1",
        f'name = "{title}"',
        'profile = "default"',
        "limited_data_set = true",
        f"observed_from = {observed_from.date()}",
        f"observed_until = {observed_until.date()}",
        'patient_ids = "unique-within-site"',
    ]
    for source in sources:
        lines += [
            "",
            "[[source]]",
            f'file = "{source.file}"',
            f'role = "{source.role}"',
            f'site = "{source.site}"',
        ]
        lines += [f'{key} = "{value}"' for key in ("layout", "dictionary") if (value := getattr(source, key))]
    return "\n".join(lines) + "\n"
