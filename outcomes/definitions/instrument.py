"""Questionnaires as data: one TOML file each, read strictly and found by id."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from outcomes.definitions.instrument_checks import find_contradictions
from outcomes.definitions.instrument_types import Instrument
from outcomes.definitions.strict import read_strict
from outcomes.errors import DefinitionError, Problem


def get_instrument(id: str) -> Instrument:
    """Give the definition of a questionnaire by its id.

    Parameters
    ----------
    id : str, such as "phq9"; list_instruments() names all

    Returns
    -------
    Instrument, frozen; the same object at every call

    Raises
    ------
    DefinitionError
        where there is no such instrument.

    Notes
    -----
    Every number of a definition carries a status (verified, unverified, project) and a source. The PHQ-9 is
    that of [1]_, the GAD-7 that of [2]_, the PCL-5 that of [3]_; its cut line is that of [4]_, and it has no
    severity bands.

    References
    ----------
    .. [1] Kroenke K, Spitzer RL, Williams JBW (2001). The PHQ-9. J Gen Intern Med 16:606-613.
       doi:10.1046/j.1525-1497.2001.016009606.x
    .. [2] Spitzer RL, Kroenke K, Williams JBW, Loewe B (2006). A brief measure for assessing generalized
       anxiety disorder. Arch Intern Med 166:1092-1097. doi:10.1001/archinte.166.10.1092
    .. [3] Weathers FW et al. (2013). The PTSD Checklist for DSM-5. US VA National Center for PTSD.
    .. [4] Bovin MJ et al. (2016). Psychol Assess 28:1379-1391.

    Examples
    --------
    >>> import outcomes as oc
    >>> phq9 = oc.get_instrument("phq9")
    >>> phq9.total_max, phq9.caseness.value, phq9.items[8].label
    (27, 10, 'self-harm thoughts')
    """
    if id not in list_instruments():
        message = f"An instrument of this id is not defined. Known: {', '.join(list_instruments())}."
        raise DefinitionError(message, code="E603")
    return _read_shipped(id)


@cache
def list_instruments() -> tuple[str, ...]:
    """List the ids of the questionnaires that are defined, in alphabetical order.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> import outcomes as oc
    >>> "phq9" in oc.list_instruments()
    True
    """
    names = [entry.name for entry in (files("outcomes.definitions") / "instruments").iterdir()]
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def list_recognized() -> tuple[str, ...]:
    """List the questionnaires that may be recognized by their columns; the others a layout must name."""
    return tuple(id for id in list_instruments() if get_instrument(id).recognized)


def read_instrument(path: str | Path) -> Instrument:
    """Read the definition of a questionnaire from a TOML file; an incomplete or inconsistent one is refused.

    Parameters
    ----------
    path : str or Path of the TOML file

    Returns
    -------
    Instrument, frozen

    Raises
    ------
    DefinitionError
        with all problems at once: unknown or repeated keys, a number without status or source, bands that do
        not tile the totals, items that do not match the ranges, a LOINC code with a wrong check digit, a
        cut-off outside the range.

    Examples
    --------
    >>> import outcomes as oc
    >>> from importlib.resources import files
    >>> gad7 = oc.read_instrument(files("outcomes.definitions") / "instruments" / "gad7.toml")
    >>> gad7.title, gad7.total_max
    ('GAD-7', 21)
    """
    return _read_checked(Path(path), label="instrument file")


@cache
def _read_shipped(id: str) -> Instrument:
    text = (files("outcomes.definitions") / "instruments" / f"{id}.toml").read_text(encoding="utf-8")
    return _read_checked(text, label=f"instrument {id}")


def _read_checked(source: Path | str, *, label: str) -> Instrument:
    instrument = read_strict(source, Instrument, label=label)
    if found := find_contradictions(instrument):
        raise DefinitionError([Problem("E603", label, message) for message in found])
    return instrument
