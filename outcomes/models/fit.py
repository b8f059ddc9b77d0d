"""What every model returns: a frozen Fit with a tidy table, a verdict and the reasons for it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import pandas as pd

from outcomes.errors import EstimationError
from outcomes.notebook import lay_out

Verdict = Literal["OK", "CAUTION", "NOT ESTIMABLE"]

VERDICTS: dict[str, str] = {
    "OK": "the checks passed",
    "CAUTION": "read the notes before using these numbers",
    "NOT ESTIMABLE": "the data cannot give this estimate, so no number is shown",
}
MODEL_COLUMNS = ("term", "estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high")
CURVE_COLUMNS = ("group", "day", "estimate", "conf_low", "conf_high", "at_risk", "observed", "censored")
WITHHELD_COLUMNS = ("estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high")
_SHOWN_ROWS, _SHOWN_IN_NOTEBOOK = 60, 20

# What the libraries say, in plain words. Their own text may quote data, so it is never passed on.
_PLAIN_WORDS = (
    (r"boundary of the parameter space", "A variance is at its edge (zero, or a correlation of 1)."),
    (r"covariance is singular", "The random effects are perfectly correlated or have no variance."),
    (r"hessian matrix .*not positive definite", "The likelihood has no proper peak at the reported point."),
    (r"gradient optimization failed", "An optimizer stopped before it reached the optimum."),
    (r"retrying .*optimization", "An optimizer failed and the library tried another one."),
    (r"(failed to|did not|not) converge", "An optimizer stopped before it reached the optimum."),
    (r"complete separation", "A covariate separates those with the event from those without it."),
    (r"very low variance", "A column hardly varies, or it varies only in those without the event."),
    (r"multicollinear|singular matrix|rank deficien", "Columns of the model repeat one another."),
    (r"overflow|underflow|divide by zero|invalid value", "A computation overflowed or divided by zero."),
)
_PASSED_ON = (FutureWarning, DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """An estimate, how far it can be trusted, and where it came from.

    Parameters
    ----------
    kind : str
        What was fitted, in words; the title of the summary.
    table : DataFrame
        Models: term, estimate, std_error, df, statistic, p_value, conf_low, conf_high. Curves: group, day,
        estimate, conf_low, conf_high, at_risk, observed, censored. More columns may follow.
    verdict : {"OK", "CAUTION", "NOT ESTIMABLE"}
    notes : tuple of str
        The reasons for the verdict, and what the libraries warned about, in plain words.
    settings : mapping
        Every choice that shaped the result (method, level, seed, profile hash).
    n_rows, n_patients : int
        Rows and patients that entered the fit.
    model : object, optional
        The statsmodels or lifelines object behind the table.
    extras : mapping, optional
        Further results by name, most of them frames, for example "medians" of a curve.

    Raises
    ------
    EstimationError
        If the verdict is not one of the three words, or it is NOT ESTIMABLE without a reason in the notes.

    Notes
    -----
    A fit that is NOT ESTIMABLE holds no number: when it is made, the estimates of the table and of the frames
    in `extras` become missing, and `model` and all other extras are dropped.

    Examples
    --------
    >>> import pandas as pd
    >>> from outcomes.models.fit import Fit
    >>> table = pd.DataFrame({"term": ["day"], "estimate": [-0.4], "conf_low": [-0.9], "conf_high": [0.1]})
    >>> Fit("Slope", table, "OK", n_rows=40, n_patients=10)
    <Fit: Slope, OK, 40 rows of 10 patients>
    >>> refused = Fit("Slope", table, "NOT ESTIMABLE", notes=("One patient only.",), n_rows=4, n_patients=1)
    >>> bool(refused.table["estimate"].isna().all())
    True
    """

    kind: str
    table: pd.DataFrame
    verdict: Verdict
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    n_rows: int = 0
    n_patients: int = 0
    model: Any = None
    extras: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise EstimationError(
                f"A Fit needs one of the verdicts {', '.join(VERDICTS)}; another word was given. Use one."
            )
        if self.verdict == "NOT ESTIMABLE" and not self.notes:
            raise EstimationError(
                "A Fit that is NOT ESTIMABLE needs a reason; its notes are empty. Say why in notes=."
            )
        extras = dict(self.extras)
        if self.verdict == "NOT ESTIMABLE":
            frames = {name: extra for name, extra in extras.items() if isinstance(extra, pd.DataFrame)}
            extras = {name: withhold(frame) for name, frame in frames.items()}
            object.__setattr__(self, "table", withhold(self.table))
            object.__setattr__(self, "model", None)
        object.__setattr__(self, "notes", tuple(self.notes))
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))
        object.__setattr__(self, "extras", MappingProxyType(extras))

    def __repr__(self) -> str:
        return f"<Fit: {self.kind}, {self.verdict}, {self.n_rows} rows of {self.n_patients} patients>"

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        more = ", ".join(name for name in self.extras if not name.startswith("_"))
        return lay_out(
            self.kind,
            lines=(self._say_verdict(), self._say_size(), *([f"Also in .extras: {more}"] if more else [])),
            table=_format_table(self.table.head(_SHOWN_IN_NOTEBOOK)),
            notes=(*self.notes, *_say_left(self.table, _SHOWN_IN_NOTEBOOK)),
            folded={"Settings": _say_settings(self.settings)} if self.settings else {},
        )

    def _say_verdict(self) -> str:
        return f"{self.verdict}: {VERDICTS[self.verdict]}"

    def _say_size(self) -> str:
        return f"{self.n_rows} rows of {self.n_patients} patients"

    def summary(self) -> str:
        """Title, verdict, table and notes as plain text.

        Returns
        -------
        str
        """
        head = [
            self.kind,
            self._say_verdict(),
            self._say_size(),
            *([f"Settings: {_say_settings(self.settings)}"] if self.settings else []),
        ]
        return "\n".join([*head, "", _print_table(self.table), *_print_notes(self.notes)])


def withhold(table: pd.DataFrame, rows: pd.Series | None = None) -> pd.DataFrame:
    """Return the table without estimates, errors, tests and limits: in all rows, or where `rows` is True."""
    changed: dict[str, pd.Series] = {}
    for name in WITHHELD_COLUMNS:
        if name in table.columns:
            column = table[name]
            nullable = column.dtype == "string" or isinstance(column.dtype, pd.api.extensions.ExtensionDtype)
            blank = column.where(pd.Series(False, index=table.index) if rows is None else ~rows)
            changed[name] = blank if nullable else pd.to_numeric(blank).astype("float64")
    return table.assign(**changed)


def worst_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of several verdicts; OK where there is none."""
    order = list(VERDICTS)
    return max(verdicts, key=order.index, default="OK")


def join_verdicts(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of curves shown together: NOT ESTIMABLE only if all are."""
    found = list(verdicts)
    worst = worst_verdict(found)
    return "CAUTION" if worst == "NOT ESTIMABLE" and set(found) != {worst} else worst


@contextmanager
def capture_warnings() -> Iterator[list[str]]:
    """Collect what a library warns about as notes in plain words, each once.

    Yields
    ------
    list of str, filled when the block ends (also when it ends by an exception)

    Notes
    -----
    The library's own words may quote data, so they are replaced. Warnings about code (deprecations) are not
    results: they are passed on.

    Examples
    --------
    >>> import warnings
    >>> from outcomes.models.fit import capture_warnings
    >>> with capture_warnings() as notes:
    ...     warnings.warn("Maximum Likelihood optimization failed to converge.", stacklevel=1)
    >>> notes
    ['An optimizer stopped before it reached the optimum.']
    """
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield notes
        finally:
            about_results = [one for one in caught if not issubclass(one.category, _PASSED_ON)]
            passed_on = [one for one in caught if issubclass(one.category, _PASSED_ON)]
            notes.extend(dict.fromkeys(_say_plainly(one) for one in about_results))
    for one in passed_on:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


def _say_plainly(caught: warnings.WarningMessage) -> str:
    text = " ".join(str(caught.message).lower().split())
    words = next((plain for pattern, plain in _PLAIN_WORDS if re.search(pattern, text)), None)
    return words or f"The library gave a warning of the kind {caught.category.__name__}."


def _say_settings(settings: Mapping[str, Any]) -> str:
    plain = {name: value for name, value in settings.items() if isinstance(value, str | int | float | None)}
    return ", ".join(f"{name} = {value}" for name, value in plain.items())


def _print_table(table: pd.DataFrame) -> str:
    printed = _format_table(table.head(_SHOWN_ROWS)).to_string(index=False, na_rep="")
    return "\n".join([printed, *_say_left(table, _SHOWN_ROWS)])


def _say_left(table: pd.DataFrame, shown: int) -> list[str]:
    return [f"... and {len(table) - shown} more rows in .table"] if len(table) > shown else []


def _format_table(shown: pd.DataFrame) -> pd.DataFrame:
    numbers = [name for name in shown.columns if pd.api.types.is_float_dtype(shown[name])]
    printed = shown.assign(**{name: shown[name].map(_print_number) for name in numbers})
    if "p_value" in shown.columns:
        printed = printed.assign(p_value=shown["p_value"].map(_print_p_value))
    return printed


def _print_number(number: float) -> str:
    return "" if pd.isna(number) else f"{number:.4g}" if abs(number) < 1000 else f"{number:.1f}"


def _print_p_value(number: float) -> str:
    return "" if pd.isna(number) else "<0.001" if number < 0.001 else f"{number:.3f}"


def _print_notes(notes: tuple[str, ...]) -> list[str]:
    return ["", "Notes", *(f"- {note}" for note in notes)] if notes else []
