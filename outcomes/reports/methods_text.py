"""The methods paragraph of a paper, from the report or fit that it is about."""

from __future__ import annotations

import platform
import textwrap
from typing import Any

from outcomes.errors import ReportError
from outcomes.models.fit import Fit
from outcomes.reports.format import make_plain, show
from outcomes.reports.report import Report, list_tables
from outcomes.reports.versions import find_version

_WIDTH = 100
_REFERENCES = {
    "Wilson 1927": "Wilson EB (1927). J Am Stat Assoc 22:209-212. doi:10.1080/01621459.1927.10502953",
    "Kenward and Roger 1997": "Kenward MG, Roger JH (1997). Biometrics 53:983-997. doi:10.2307/2533558",
    "Laird and Ware 1982": "Laird NM, Ware JH (1982). Biometrics 38:963-974. doi:10.2307/2529876",
    "Mallinckrodt 2008": "Mallinckrodt CH, et al. (2008). Drug Inf J 42:303-319. "
    "doi:10.1177/009286150804200402",
    "Rubin 1987": "Rubin DB (1987). Multiple Imputation for Nonresponse in Surveys. "
    "doi:10.1002/9780470316696",
    "Turnbull 1976": "Turnbull BW (1976). J R Stat Soc B 38:290-295. doi:10.1111/j.2517-6161.1976.tb01597.x",
    "Kaplan and Meier 1958": "Kaplan EL, Meier P (1958). J Am Stat Assoc 53:457-481. "
    "doi:10.1080/01621459.1958.10501452",
    "Aalen and Johansen 1978": "Aalen OO, Johansen S (1978). Scand J Stat 5:141-150",
    "Cox 1972": "Cox DR (1972). J R Stat Soc B 34:187-220. doi:10.1111/j.2517-6161.1972.tb00899.x",
    "Efron 1977": "Efron B (1977). J Am Stat Assoc 72:557-565. doi:10.1080/01621459.1977.10480613",
    "Grambsch and Therneau 1994": "Grambsch PM, Therneau TM (1994). Biometrika 81:515-526. "
    "doi:10.1093/biomet/81.3.515",
    "Royston and Parmar 2013": "Royston P, Parmar MKB (2013). BMC Med Res Methodol 13:152. "
    "doi:10.1186/1471-2288-13-152",
    "Mantel 1966": "Mantel N (1966). Cancer Chemother Rep 50:163-170",
    "Odell 1992": "Odell PM, Anderson KM, D'Agostino RB (1992). Biometrics 48:951-959. doi:10.2307/2532360",
    "Laney 2002": "Laney DB (2002). Quality Engineering 14:531-537. doi:10.1081/QEN-120003555",
}
_KINDS = {
    "Mixed model of": (
        "a linear mixed model ({formula}; random effects {re_formula} by {groups}) fitted by {estimation}, "
        "with {df_method} degrees of freedom [Laird and Ware 1982{kr}]"
    ),
    "Model for repeated measures": (
        "a model for repeated measures ({formula}) with {covariance} covariance of the visits within "
        "{groups}, fitted by {estimation}, with {df_method} degrees of freedom [Mallinckrodt 2008{kr}]"
    ),
    "Marginal means": "marginal means (weights: {weights}) of the model {formula}",
    "Interval-censored survival": (
        "the nonparametric maximum likelihood estimate for interval-censored times [Turnbull 1976], with "
        "intervals by {interval}"
    ),
    "Kaplan-Meier": "the Kaplan-Meier curve [Kaplan and Meier 1958], {interval} intervals, events {dated}",
    "Cox regression": (
        "Cox regression ({formula}) with Efron's handling of ties [Cox 1972, Efron 1977] and {errors} "
        "errors; proportional hazards were tested by scaled score [Grambsch and Therneau 1994]"
    ),
    "Cumulative incidence": (
        "cumulative incidence with competing events [Aalen and Johansen 1978], {interval} intervals"
    ),
    "State occupancy": "state occupancy [Aalen and Johansen 1978], intervals by {interval}",
    "Restricted mean": "the restricted mean time to {tau:g} days [Royston and Parmar 2013]",
    "Comparison of survival": "the {method} test [Mantel 1966]",
    "Interval-censored regression": (
        "an accelerated failure time model ({formula}, {distribution}) for interval-censored times "
        "[Odell 1992]"
    ),
    "Model-based rates": (
        "multiple imputation of missing totals ({draws} draws) from a mixed model of all scores seen, pooled "
        "on the logit [Rubin 1987]"
    ),
}
_OF_A_REPORT = (
    "Rates are given among everyone eligible (no score counts as not reached) and among those with a score, "
    "with Wilson intervals [Wilson 1927]; response and remission also with missing totals drawn by multiple "
    "imputation [Rubin 1987]. The average course is the mean of a linear mixed model with a natural spline "
    "of days and a level and slope for each person, fitted by REML, with Kenward-Roger degrees of freedom "
    "[Laird and Ware 1982, Kenward and Roger 1997]. Time to first response and to relapse is estimated from "
    "the visits that bracket it [Turnbull 1976], with the conventional curve beside it [Kaplan and Meier "
    "1958]; stopping before response is a competing event [Aalen and Johansen 1978]. Quarters are judged by "
    "p-charts [Laney 2002]."
)


def describe_methods(source: Report | Fit) -> str:
    """Give the methods paragraph of a report or a fit, with its references and the software used.

    Parameters
    ----------
    source : Report of build_report, or Fit of a fit_, estimate_ or compare_ verb

    Returns
    -------
    str, paragraphs of at most 100 characters a line: what was done, definitions (of a report), software,
    references

    Raises
    ------
    ReportError
        If there is no text for this kind of fit.

    Notes
    -----
    Definitions are those that were counted, exceptions included; versions are those that are installed. It is
    a text to start from: why a model was chosen is yours to say.

    Examples
    --------
    >>> import pandas as pd
    >>> import outcomes as oc
    >>> events = pd.DataFrame({"time": [5, 8, 12, 20, 21, 30], "event": [1, 1, 1, 1, 1, 0]})
    >>> print(oc.describe_methods(oc.fit_kaplan_meier(events)).splitlines()[0][:64])
    Estimated was the Kaplan-Meier curve [Kaplan and Meier 1958], lo
    """
    parts = _tell_report(source) if isinstance(source, Report) else [_tell_fit(source)]
    cited = [name for name in _REFERENCES if any(name in part for part in parts)]
    parts += [_tell_software(source), *(f"[{name}] {_REFERENCES[name]}." for name in cited)]
    return "\n".join(textwrap.fill(part, _WIDTH, subsequent_indent="  ") for part in parts)


def _tell_report(report: Report) -> list[str]:
    meta = report.meta
    first = (
        f"Counted are patients by their first series whose first infusion fell in {meta.period}. Definitions "
        f"are those of the profile {meta.profile} (content hash {meta.profile_hash}):"
    )
    table = next((one for one in list_tables(report) if one.id == "definitions-endpoints"), None)
    rows = table.rows[:-1] if table is not None else ()
    defined = [f"{show(row[0])}: {make_plain(show(row[1]))}." for row in rows]
    return [first, *defined, _OF_A_REPORT]


def _tell_fit(fit: Fit) -> str:
    frame = next((words for kind, words in _KINDS.items() if fit.kind.startswith(kind)), None)
    if frame is None:
        raise ReportError(f"There is no methods text for this kind of fit ({fit.kind}). Describe its notes.")
    settings: dict[str, Any] = dict(fit.settings)
    settings["df_method"] = str(settings.get("df_method", "")).title()
    settings["kr"] = ", Kenward and Roger 1997" if settings["df_method"] == "Kenward-Roger" else ""
    level = f"; intervals are of {100 * settings['level']:g} %" if "level" in settings else ""
    what = frame.format(**settings)
    return f"Estimated was {what}{level} (n = {fit.n_patients:,} patients, {fit.n_rows:,} rows)."


def _tell_software(source: Report | Fit) -> str:
    names = ("outcomes", "pandas", "numpy", "scipy", "statsmodels", "lifelines")
    found = dict(source.meta.versions) if isinstance(source, Report) else {}
    python = found.get("Python", platform.python_version())
    told = [f"{name} {found.get(name) or find_version(name)}" for name in names]
    return f"Software: {', '.join(told)}; Python {python}."
