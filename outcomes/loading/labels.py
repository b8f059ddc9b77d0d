"""Labels: the form in which answer words are compared, and which labels may travel as they are."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LABEL_MARKS = frozenset(" -_.&'")
LABEL_LENGTH = 60
"""Characters of a label that may travel."""

_TAG = re.compile(r"<[^>]*>")
_GAP = re.compile(r"[\s_\-‐-―]+")
_LEADING = re.compile(r"^(\d+)\s*[-‐-―)=.:]\s*(?=[^\d\s])")
_TRAILING = re.compile(r"\s*\((\d+)\)$")


@lru_cache(maxsize=4096)
def normalize_label(text: str) -> str:
    """Give the label key: NFKC, lower case, tags removed, dashes and blanks as one blank."""
    plain = _TAG.sub(" ", unicodedata.normalize("NFKC", text)).lower()
    return _GAP.sub(" ", plain).strip()


@lru_cache(maxsize=4096)
def split_label(text: str) -> tuple[str, int | None]:
    """Give the label key without a number beside it ("2 - Several days"), and that number."""
    plain = _TAG.sub(" ", unicodedata.normalize("NFKC", text)).strip()
    number = None
    for pattern in (_LEADING, _TRAILING):
        if found := pattern.search(plain):
            number = int(found[1])
            plain = (plain[: found.start()] + plain[found.end() :]).strip()
    return normalize_label(plain), number


def is_safe_label(text: str) -> bool:
    """Whether a label (site, drug, diagnosis) may stand in reports and file names as it is.

    Examples
    --------
    >>> from outcomes.loading.labels import is_safe_label
    >>> is_safe_label("St. Mary's - North"), is_safe_label("=HYPERLINK(1)")
    (True, False)
    """
    if len(text) > LABEL_LENGTH or not unicodedata.is_normalized("NFC", text):
        return False
    if any(
        not (mark in _LABEL_MARKS or mark.isalpha() or mark.isdecimal() or unicodedata.combining(mark))
        for mark in text
    ):
        return False
    return len(scripts_of(text)) <= 1 and not text.startswith(("-", "'"))


def scripts_of(text: str) -> set[str]:
    """The scripts of the letters of a text ("LATIN", "CYRILLIC" ...)."""
    return {unicodedata.name(mark, "?").split()[0] for mark in text if mark.isalpha()}
