"""Label keys: the form in which answer words are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

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
