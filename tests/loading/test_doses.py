"""A dose counts only where the cell states it beyond doubt."""

import pandas as pd
import pytest

from outcomes.loading.doses import parse_doses


@pytest.mark.parametrize(
    ("cell", "unit", "mg", "mg_per_kg", "not_given", "note"),
    [
        ("45 mg = 0.55 mg/kg", "", 45, 0.55, False, None),
        ("45mg (0.55 mg/kg) IV 40 min", "", 45, 0.55, False, None),
        ("0.5 mg / kg", "", None, 0.5, False, None),
        (".5 mg/kg", "", None, 0.5, False, None),
        ("0.5 mg per kg", "", None, 0.5, False, None),
        ("0.5 mg/kg/hr", "mg", None, None, False, "dose_ambiguous"),
        ("40 mg over 40 min", "", 40, None, False, None),
        ("40 milligrams i.v. over 40 minutes", "", 40, None, False, None),
        ("40 mg given", "", 40, None, False, None),
        (".5", "mg/kg", None, 0.5, False, None),
        ("0,5 mg/kg", "", None, None, False, "dose_ambiguous"),
        ("0.5 mg/kg", "mg", None, 0.5, False, None),
        ("40", "mg", 40, None, False, None),
        ("0.5", "mg/kg", None, 0.5, False, None),
        ("40", "", None, None, False, "dose_unit_unknown"),
        ("40 --> 50", "mg", None, None, False, "dose_ambiguous"),
        ("40-50 mg", "mg", None, None, False, "dose_ambiguous"),
        ("50 or 60 mg", "mg", None, None, False, "dose_ambiguous"),
        ("40 mg 50 mg", "mg", None, None, False, "dose_ambiguous"),
        ("40 mcg", "mg", None, None, False, "dose_ambiguous"),
        ("40,5", "mg", None, None, False, "dose_ambiguous"),
        ("0", "mg", None, None, True, None),
        ("0", "", None, None, True, None),
        ("0 mg", "", None, None, True, None),
        ("held", "mg", None, None, True, None),
        ("Not-Given", "mg", None, None, True, None),
        ("", "mg", None, None, False, None),
        ("NA", "mg", None, None, False, None),
    ],
)
def test_a_cell_states_a_dose_or_says_why_not(cell, unit, mg, mg_per_kg, not_given, note):
    read = parse_doses(pd.Series([cell]), unit=unit)
    found = [
        None if pd.isna(one.iloc[0]) else one.iloc[0]
        for one in (read.mg, read.mg_per_kg, read.not_given, read.note)
    ]
    assert found == [mg, mg_per_kg, not_given, note]
