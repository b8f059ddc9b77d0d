"""Stamps with a zone, as the clinic's own date and clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

_NAMED = (
    "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "AKST", "AKDT", "HST", "AST", "ADT", "NST", "NDT",
    "BST", "IST", "WET", "WEST", "CET", "CEST", "EET", "EEST", "AEST", "AEDT", "ACST", "ACDT", "AWST", "NZST",
    "NZDT",
)  # fmt: skip
"""Abbreviations of zones; several stand for two zones, so that only the clinic's own are read."""

ZONE = r"Z|z|(?:UTC|GMT)(?:[+-][0-9]{1,2}(?::?[0-9]{2})?)?|[+-][0-9]{2}(?::?[0-9]{2})?|" + "|".join(_NAMED)
"""The pattern of a zone behind a time of day."""

_OFFSET = r"^(?:UTC|GMT)?([+-])([0-9]{1,2})(?::?([0-9]{2}))?$"


def find_zone(time_zone: str) -> ZoneInfo | None:
    """The zone of an IANA name; None where there is no such zone."""
    try:
        return ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):
        return None


def move_stamps(day: pd.Series, seconds: pd.Series, zone: pd.Series, to: ZoneInfo) -> pd.Series:
    """Give the local date and time of stamps.

    Parameters
    ----------
    day : Series of datetime64, the date as written; missing where there is none
    seconds : Series of Int64, seconds after midnight as written
    zone : Series of str, the zone as written
    to : ZoneInfo, the clinic's

    Returns
    -------
    Series of datetime64; missing where the date is, or the name of the zone is none of the clinic's own
    """
    stamp = day + pd.to_timedelta(seconds.fillna(0).astype("int64"), unit="s")
    parts = zone.str.extract(_OFFSET)
    minutes = pd.to_numeric(parts[1]) * 60 + pd.to_numeric(parts[2]).fillna(0)
    named = zone.isin(_NAMED)
    offset = (minutes * np.where(parts[0].eq("-"), -1, 1)).mask(named, zone.map(_own_names(to, stamp)))
    utc = stamp - pd.to_timedelta(offset.fillna(0), unit="m")
    return utc.mask(named & offset.isna()).dt.tz_localize("UTC").dt.tz_convert(to).dt.tz_localize(None)


def are_dates(seconds: pd.Series) -> bool:
    """True where every stamp is exactly at midnight of its zone: a system wrote dates, and no moments."""
    return bool(len(seconds)) and bool(seconds.fillna(0).eq(0).all())


def _own_names(zone: ZoneInfo, stamps: pd.Series) -> dict[str, float]:
    """The clinic's own abbreviations in the years of these stamps, each with its minutes before UTC."""
    moments = [
        datetime(int(year), month, 1, tzinfo=zone)
        for year in stamps.dt.year.dropna().unique()
        for month in (1, 7)
    ]
    offsets = {str(one.tzname()): one.utcoffset() for one in moments}
    return {name: offset.total_seconds() / 60 for name, offset in offsets.items() if offset is not None}
