"""A Fit is frozen, says how far it can be trusted, and holds no number when it cannot."""

from __future__ import annotations

import dataclasses
import warnings

import pandas as pd
import pytest

from outcomes.errors import EstimationError
from outcomes.models.fit import Fit, capture_warnings, join_verdicts, withhold, worst_verdict

TABLE = pd.DataFrame(
    {
        "term": ["day", "route"],
        "estimate": [-0.41, 2.0],
        "p_value": [0.0004, 0.2],
        "conf_low": [-0.6, -1.0],
        "n": [40, 40],
    }
)


def test_a_fit_cannot_be_changed():
    fit = Fit("Slope", TABLE, "OK", settings={"level": 0.95})
    with pytest.raises(dataclasses.FrozenInstanceError):
        fit.verdict = "CAUTION"  # type: ignore[misc]
    with pytest.raises(TypeError):
        fit.settings["level"] = 0.9  # type: ignore[index]


def test_not_estimable_holds_no_number_and_no_model():
    fit = Fit(
        "Slope",
        TABLE,
        "NOT ESTIMABLE",
        ("One patient only.",),
        model=object(),
        extras={"more": TABLE, "engine": object()},
    )
    for frame in (fit.table, fit.extras["more"]):
        assert frame[["estimate", "p_value", "conf_low"]].isna().all(axis=None)
        assert frame["n"].tolist() == [40, 40]
    assert fit.model is None
    assert list(fit.extras) == ["more"]
    assert "0.41" not in fit.summary()
    assert TABLE["estimate"].tolist() == [-0.41, 2.0]


@pytest.mark.parametrize(("verdict", "notes"), [("FINE", ("why",)), ("NOT ESTIMABLE", ())])
def test_a_verdict_is_one_of_three_words_and_a_refusal_has_a_reason(verdict, notes):
    with pytest.raises(EstimationError):
        Fit("Slope", TABLE, verdict, notes)


def test_the_summary_says_verdict_settings_table_and_notes_in_words():
    text = Fit(
        "Slope", TABLE, "CAUTION", ("Few patients.",), {"level": 0.95}, n_rows=40, n_patients=10
    ).summary()
    for words in (
        "Slope",
        "CAUTION: read the notes",
        "40 rows of 10 patients",
        "level = 0.95",
        "-0.41",
        "<0.001",
        "- Few patients.",
    ):
        assert words in text


def test_withhold_blanks_only_the_chosen_rows_and_keeps_the_type():
    table = TABLE.astype({"estimate": "Float64"})
    blanked = withhold(table, pd.Series([True, False]))
    assert blanked["estimate"].isna().tolist() == [True, False]
    assert str(blanked["estimate"].dtype) == "Float64"


def test_verdicts_join_to_the_worst_but_one_good_curve_still_stands():
    assert worst_verdict(["OK", "NOT ESTIMABLE", "CAUTION"]) == "NOT ESTIMABLE"
    assert worst_verdict([]) == "OK"
    assert join_verdicts(["OK", "NOT ESTIMABLE"]) == "CAUTION"
    assert join_verdicts(["NOT ESTIMABLE", "NOT ESTIMABLE"]) == "NOT ESTIMABLE"


def test_warnings_become_plain_notes_without_their_own_words_each_once():
    with capture_warnings() as notes:
        for _ in range(2):
            warnings.warn(
                "The MLE may be on the boundary of the parameter space. patient 4711",
                UserWarning,
                stacklevel=1,
            )
        warnings.warn("value 4711 looks odd", RuntimeWarning, stacklevel=1)
    assert notes == [
        "A variance is at its edge (zero, or a correlation of 1).",
        "The library gave a warning of the kind RuntimeWarning.",
    ]


def test_warnings_about_code_are_passed_on():
    with pytest.warns(FutureWarning), capture_warnings() as notes:
        warnings.warn("will change", FutureWarning, stacklevel=1)
    assert notes == []


def test_what_was_collected_before_an_exception_is_kept():
    collected = []
    try:
        with capture_warnings() as notes:
            collected.append(notes)
            warnings.warn("did not converge", UserWarning, stacklevel=1)
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert collected == [["An optimizer stopped before it reached the optimum."]]
