"""The errors that `outcomes` raises on purpose: each with a stable code, a class and an exit status."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import pandas as pd

_PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and where; holds no cell value, file name or path.

    Attributes
    ----------
    code : str, stable code such as "E241"
    where : str, for example "input-1 (sha256 4f1c09aa), row 88, column 7"; empty where there is no place
    message : str, what was needed, what was found, what to do next
    """

    code: str
    where: str
    message: str

    def __str__(self) -> str:
        place = f" {self.where}:" if self.where else ""
        return f"{self.code}{place} {self.message}"


class OutcomesError(Exception):
    """Base of all errors of this package.

    Parameters
    ----------
    message : str or Problem or iterable of Problem
    code : str, used where a plain message is given
    """

    exit_code = 1
    default_code = "E999"
    _shown = 20

    def __init__(self, message: str | Problem | Iterable[Problem], *, code: str | None = None) -> None:
        if isinstance(message, str):
            found = [Problem(code or self.default_code, "", message)]
        elif isinstance(message, Problem):
            found = [message]
        else:
            found = list(message)
        self.found: tuple[Problem, ...] = tuple(found)
        super().__init__(str(self))

    @property
    def code(self) -> str:
        """The code of the first problem."""
        return self.found[0].code

    @property
    def problems(self) -> pd.DataFrame:
        """All problems, one row each, with columns code, where, message."""
        import pandas as pd

        return pd.DataFrame([vars(problem) for problem in self.found], columns=["code", "where", "message"])

    def _render_traceback_(self) -> list[str]:
        """Give Jupyter what it prints in place of a traceback: the caller's line and the message."""
        steps = traceback.extract_tb(self.__traceback__)
        inside = (number for number, step in enumerate(steps) if Path(step.filename).is_relative_to(_PACKAGE))
        caller = steps[next(inside, 0) - 1] if steps else None
        where = f", line {caller.lineno} of the cell: {caller.line}" if caller and caller.line else ""
        whole = "Every line in between: import sys, traceback; traceback.print_exception(sys.last_value)"
        return [f"{type(self).__name__}{where}", "", str(self), "", whole]

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.found[: self._shown]]
        if len(self.found) > self._shown:
            lines.append(f"... and {len(self.found) - self._shown} more, all in the .problems of this error.")
        return "\n".join(lines)


class DataError(OutcomesError):
    """An input file or frame cannot be read or used as it is (E2xx)."""

    exit_code = 10
    default_code = "E250"


class LedgerError(DataError):
    """Rows read and rows accounted for do not agree (E900); nothing may be reported."""

    default_code = "E900"


class DefinitionError(OutcomesError):
    """An instrument, profile, layout or settings file is not as needed (E6xx)."""

    exit_code = 11
    default_code = "E603"


class EstimationError(OutcomesError):
    """A model was asked for something it cannot estimate (E7xx)."""

    exit_code = 12
    default_code = "E701"


class ReportError(OutcomesError):
    """A report or another file could not be written (E3xx)."""

    exit_code = 13
    default_code = "E301"


class PrivacyError(OutcomesError):
    """The input holds, or the output would show, what could identify a person (E1xx)."""

    exit_code = 14
    default_code = "E101"


def raise_alone(error: OutcomesError) -> NoReturn:
    """Raise an error without the library's error that is being handled, which may hold bytes or a path.

    Notes
    -----
    `raise ... from None` only hides the other error; it would still hang on ``__context__``.
    """
    try:
        raise error from None
    finally:
        error.__context__ = None
