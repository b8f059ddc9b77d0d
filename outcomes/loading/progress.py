"""What a long reading says on its way: plain sentences, some seconds apart, and nothing where it is short."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 3.0


def say_seldom(say: Callable[[str], None] | None) -> Callable[[str], None]:
    """Pass on what is said only if some seconds have passed since the start, or since the last time.

    Parameters
    ----------
    say : callable that is given a sentence, or None where nobody listens
    """
    last = time.monotonic()

    def tell(sentence: str) -> None:
        nonlocal last
        now = time.monotonic()
        if say is not None and now - last >= SECONDS:
            last = now
            say(sentence)

    return tell
