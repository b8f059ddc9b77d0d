"""The invented clinics of the network: who comes, how they are treated, and what each clinic records."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

LABELS = (
    "Harbor", "Lakeside", "Summit", "Meadow", "Orchard", "Prairie",
    "Canyon", "Cedar", "Juniper", "Sterling", "Willow", "Amber",
)  # fmt: skip


@dataclass(frozen=True)
class Site:
    """One clinic.

    Attributes
    ----------
    name : str, plain label
    style : str, how it exports: "form", "workbook" or "redcap"
    weight : float, its share of the network's patients, relative to the other sites
    routes : tuple of (route, share); IN is esketamine, the others ketamine
    benefit : float, added to the latent benefit of treatment (standard deviations of severity)
    severity : float, added to the latent severity at the start (standard deviations)
    ptsd_share : float, share of patients who come for PTSD
    asks_pcl5 : bool, whether PTSD patients (and a few others) fill in the PCL-5
    check_in_rate : float, share of check-ins at which the questionnaires are filled in
    """

    name: str
    style: str
    weight: float
    routes: tuple[tuple[str, float], ...]
    benefit: float
    severity: float
    ptsd_share: float
    asks_pcl5: bool
    check_in_rate: float


_PATTERNS = (
    Site("", "form", 0.45, (("IV", 0.88), ("IM", 0.12)), 0.12, 0.05, 0.20, True, 0.92),
    Site("", "workbook", 0.32, (("IM", 0.55), ("IV", 0.45)), 0.0, -0.08, 0.08, False, 0.86),
    Site("", "redcap", 0.23, (("IV", 0.45), ("IN", 0.55)), -0.12, 0.05, 0.26, True, 0.90),
)

ROUTE_BENEFIT = {"IV": 0.08, "IM": -0.02, "IN": -0.15}
"""Latent benefit by route, added to the site's."""

DRUGS = {"IV": "ketamine", "IM": "ketamine", "IN": "esketamine"}


def list_sites(count: int) -> tuple[Site, ...]:
    """The first `count` clinics of the network; the three export styles repeat under other names.

    Parameters
    ----------
    count : int, 1 or more

    Returns
    -------
    tuple of Site

    Examples
    --------
    >>> from outcomes.simulate.network import list_sites
    >>> [(site.name, site.style) for site in list_sites(4)]
    [('Harbor', 'form'), ('Lakeside', 'workbook'), ('Summit', 'redcap'), ('Meadow', 'form')]
    """
    return tuple(replace(_PATTERNS[k % len(_PATTERNS)], name=_label(k)) for k in range(count))


def count_patients(sites: tuple[Site, ...], patients: int) -> tuple[int, ...]:
    """Patients of each site: one each, the others in proportion to the weights (largest remainder).

    Examples
    --------
    >>> from outcomes.simulate.network import count_patients, list_sites
    >>> count_patients(list_sites(3), 400)
    (180, 128, 92)
    """
    shares = np.array([site.weight for site in sites])
    exact = np.round(shares / shares.sum() * (patients - len(sites)), 9)
    counts = np.floor(exact).astype(int)
    order = np.argsort(-(exact - counts), kind="stable")
    counts[order[: patients - len(sites) - counts.sum()]] += 1
    return tuple(int(count) + 1 for count in counts)


def _label(position: int) -> str:
    return LABELS[position] if position < len(LABELS) else f"Clinic{position + 1}"
