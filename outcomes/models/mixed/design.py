"""From a formula and a frame of scores to the typed arrays of a mixed model, with every row accounted for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from formulaic import ModelSpec
from formulaic.errors import FormulaicError

from outcomes.errors import EstimationError, LedgerError
from outcomes.models.mixed.formula import (
    build_matrices,
    find_variables,
    make_one_sided,
    parse_formula,
    refuse_single_levels,
    type_variables,
)
from outcomes.models.mixed.time_shapes import SHAPES
from outcomes.models.stacks import Array
from outcomes.schema import require_columns

MISSING_AT_RANDOM = (
    "Assumes scores missing at random: that one is missing may depend on the scores seen, not on itself. See "
    "summarize_dropout, and estimate_tipping_point for what becomes of the conclusion otherwise."
)
ALIAS_TOLERANCE = 1e-10  # of the squared length of a column that the columns before it do not explain


@dataclass(frozen=True, eq=False)
class Design:
    """The rows that enter a mixed model.

    Attributes
    ----------
    response : str, the left-hand side as written
    y : array (n,)
    x, z : DataFrame (n rows), columns of the fixed and of the random effects
    codes : array of int (n,), patients numbered 0, 1, ...
    labels : Index, the patients in that order
    sites : array of int (n,) or None, sites numbered 0, 1, ... where they have random effects
    site_labels : Index, the sites in that order
    frame : DataFrame (n rows), the variables of the formula; text has become categories
    spec : ModelSpec, makes the same columns (same knots, same coding) for new values
    spec_variables : tuple of str, the variables of the right-hand side
    z_spec : ModelSpec, the same for the columns of z
    terms : dict, the columns of x that belong to each term of the formula
    notes : tuple of str, rows left out and why
    """

    response: str
    y: Array
    x: pd.DataFrame
    z: pd.DataFrame
    codes: Array
    labels: pd.Index
    sites: Array | None
    site_labels: pd.Index
    frame: pd.DataFrame
    spec: ModelSpec
    spec_variables: tuple[str, ...]
    z_spec: ModelSpec
    terms: dict[str, list[int]]
    notes: tuple[str, ...]

    @property
    def first_rows(self) -> Array:
        """The number of each patient's first row."""
        return np.asarray(np.unique(self.codes, return_index=True)[1])

    def make_rows(self, points: pd.DataFrame, *, random: bool = False) -> Array:
        """The columns of x (or of z) at other values of the variables, with the same knots and coding.

        Raises
        ------
        EstimationError
            If a spline does not reach so far.
        """
        try:
            with np.errstate(all="ignore"):  # callers refuse what is not finite
                matrix = (self.z_spec if random else self.spec).get_model_matrix(
                    points, context=SHAPES, na_action="ignore"
                )
        except FormulaicError as error:
            raise EstimationError(
                f"The model cannot be evaluated at the values asked for ({type(error).__name__}): a spline "
                "holds only between the first and the last day of the data. Ask for values inside the data."
            ) from None
        return matrix.to_numpy(dtype=float)

    def average_over_patients(self, values: pd.Series) -> float:
        """The mean over patients of each patient's mean."""
        return float(values.groupby(self.codes).mean().mean())


def build_design(
    scores: pd.DataFrame,
    formula: str,
    *,
    groups: str,
    re_formula: str | None,
    sites: str | None = None,
    components: Iterable[str] = (),
) -> Design | tuple[str, ...]:
    """Build the design, or return the reasons in words why no row is left to fit."""
    parsed, random = (
        parse_formula(formula, "formula"),
        parse_formula(make_one_sided(re_formula), "re_formula"),
    )
    if (
        not hasattr(parsed, "lhs")
        or not hasattr(parsed, "rhs")
        or isinstance(parsed.rhs, tuple)
        or hasattr(random, "lhs")
    ):
        raise EstimationError(
            "The model needs a formula 'outcome ~ terms' and a re_formula '~ terms'; "
            "one of them has another form. Random effects are named in re_formula=, the patient in groups=."
        )
    if not isinstance(groups, str):
        raise EstimationError(
            "groups must be the name of one column; arrays and lists are refused. Name the column."
        )
    require_columns(scores, [groups, *([sites] if sites else [])], caller="fit_mixed_model")
    _refuse_mixed_instruments(scores)
    outcome, fixed = find_variables(parsed.lhs, scores), find_variables(parsed.rhs, scores)
    sides = [random, *(parse_formula(make_one_sided(one), "vc_formula") for one in components)]
    more = [name for side in sides for name in find_variables(side, scores)]
    variables = list(dict.fromkeys([*outcome, *fixed, *more]))
    complete = [*variables, *([sites] if sites else [])]
    kept, notes = _choose_rows(scores, complete, groups=groups, with_baseline="baseline" in fixed)
    if not kept.any():
        return (*notes, "No row is left to fit.")
    if "series" in scores.columns and (scores.loc[kept, "series"] > 1).any():
        notes = (*notes, "Later series are among the rows; they share the random effects of their patient.")
    chosen = scores if kept.all() else scores.loc[kept]
    frame = type_variables(chosen[variables].reset_index(drop=True))
    _refuse_words(frame, outcome, fixed)
    codes, labels = pd.factorize(chosen[groups], sort=True)
    places, site_labels = pd.factorize(chosen[sites], sort=True) if sites else (None, pd.Index([]))
    left, right = build_matrices(parsed, frame)
    own = build_matrices(random, frame)[0]
    if left.shape[1] != 1:
        raise EstimationError(
            "The model needs one number as outcome; the left side gives another shape. Name one column."
        )
    return Design(
        response=str(parsed.lhs),
        y=left.to_numpy(dtype=float)[:, 0],
        x=_make_block(right),
        z=_make_block(own),
        codes=codes,
        labels=pd.Index(labels),
        sites=places,
        site_labels=pd.Index(list(site_labels)),
        frame=frame,
        spec=right.model_spec,
        spec_variables=tuple(fixed),
        z_spec=own.model_spec,
        terms={str(term): list(where) for term, where in right.model_spec.term_indices.items()},
        notes=notes,
    )


def _make_block(columns: pd.DataFrame) -> pd.DataFrame:
    """The same columns in one block of memory, which is then taken as an array without a copy."""
    return pd.DataFrame(columns.to_numpy(dtype=float), columns=columns.columns)


def refuse_aliased(columns: pd.DataFrame, *, argument: str) -> None:
    """Raise, naming them, if columns are sums of columns before them."""
    values = columns.to_numpy(dtype=float)
    left = values.T @ values
    lengths = np.sqrt(np.diag(left))
    left = left / np.outer(lengths, lengths).clip(
        np.finfo(float).tiny
    )  # swept by Gaussian elimination: the diagonal is what the columns before leave
    aliased = []
    for number, name in enumerate(columns.columns):
        if left[number, number] < ALIAS_TOLERANCE:
            aliased.append(str(name))
        else:
            left = left - np.outer(left[:, number], left[number]) / left[number, number]
    if aliased:
        raise EstimationError(
            f"The model needs columns that say different things; in {argument} {', '.join(aliased)} "
            "can be computed from the columns before (or are zero everywhere). "
            "Leave out a term, or combine levels that hardly occur."
        )


def _refuse_mixed_instruments(scores: pd.DataFrame) -> None:
    found = len(scores["instrument"].dropna().unique()) if "instrument" in scores.columns else 1
    if found > 1:
        raise EstimationError(
            f"The model needs the scores of one instrument; the frame holds {found}. "
            "Choose one first, for example scores.query(\"instrument == 'phq9'\")."
        )


def _choose_rows(
    scores: pd.DataFrame, variables: Iterable[str], *, groups: str, with_baseline: bool
) -> tuple[pd.Series, tuple[str, ...]]:
    """The rows that enter, each other row with its first reason, counted in a note."""
    kept = pd.Series(True, index=scores.index)
    counts: dict[str, int] = {}

    def leave_out(reason: str, out: pd.Series) -> None:
        nonlocal kept
        counts[reason] = int((kept & out).sum())
        kept = kept & ~out

    leave_out("without a patient", scores[groups].isna())
    if "endpoint_use" in scores.columns:
        use = scores["endpoint_use"].fillna(False).astype(bool)
        if {"baseline_of", "series"} <= set(scores.columns) and not with_baseline:
            use = use | (scores["baseline_of"] == scores["series"]).fillna(False).astype(bool)
        leave_out("that serve no endpoint (before the start, or acute)", ~use)
    if with_baseline and "day" in scores.columns:
        leave_out(
            "of day 0 or earlier (baseline is a covariate)", (scores["day"] <= 0).fillna(False).astype(bool)
        )
    for name in variables:
        leave_out(f"without {name.removeprefix('_')}", scores[name].isna())
    if kept.sum() + sum(counts.values()) != len(scores):
        raise LedgerError(
            "The model must account for every row; the counts do not add up. Please report this."
        )
    said = "; ".join(f"{count} {reason}" for reason, count in counts.items() if count)
    if not said:
        return kept, ()
    return kept, (f"{len(scores) - int(kept.sum())} of {len(scores)} rows are left out: {said}.",)


def _refuse_words(frame: pd.DataFrame, outcome: list[str], fixed: list[str]) -> None:
    """Raise if the outcome is text, or a category of the formula has one level and would vanish unsaid."""
    words = [name for name in outcome if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    if words:
        raise EstimationError(
            f"The model needs one number as outcome; {', '.join(words)} holds text. Name a score."
        )
    refuse_single_levels(frame, fixed)
