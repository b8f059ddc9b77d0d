"""Numbers are read as written or not at all."""

import pandas as pd
import pytest

from outcomes.loading.numbers import find_excel_errors, find_missing, parse_decimal, parse_whole

NUMBERS = (
    ("12", 12, None), ("12.0", 12, None), (" 7 ", 7, None), ("0", 0, None), ("007", 7, None),
    ("12.5", None, "not_integer"), ("12.0000000000000000001", None, "not_integer"),
    ("28", None, "out_of_range"), ("-9", None, "out_of_range"), ("999", None, "out_of_range"), ("9" * 25,
    None, "out_of_range"),
    ("99", None, "missing_code"), ("NASK", None, "missing_code"),
    ("12*", None, "not_a_number"), ("~12", None, "not_a_number"), ("12 (est)", None, "not_a_number"),
    ("1,5", None, "not_a_number"),
    ("１２", None, "not_a_number"), ("١٢", None, "not_a_number"), ("inf", None, "not_a_number"), ("nan",
    None, "not_a_number"),
    ("-0", None, "not_a_number"), ("1e1", None, "not_a_number"), ("0x0C", None, "not_a_number"), ("1_2",
    None, "not_a_number"),
    ("+5", None, "not_a_number"), ("TRUE", None, "not_a_number"), ("None", None, "not_a_number"),
    ("5.397605e-79", None, "not_a_number"),
    ("#REF!", None, "excel_error"), ("#N/A", None, "excel_error"),
    ("", None, None), ("NA", None, None), ("n/a", None, None), (".", None, None), ("Not Answered", None,
    None),
    ("[not completed]", None, None), ("REDACTED", None, None), ("asked-declined", None, None),
)  # fmt: skip


def as_list(series):
    return [None if pd.isna(one) else one for one in series]


def test_each_cell_is_a_value_or_has_its_reason_or_is_blank():
    read = parse_whole(pd.Series([text for text, *_ in NUMBERS]), low=0, high=27, missing_codes=(99, "NASK"))
    assert list(zip((t for t, *_ in NUMBERS), as_list(read.value), as_list(read.fault), strict=True)) == list(
        NUMBERS
    )


def test_an_undeclared_code_is_out_of_range_and_a_declared_one_within_it_is_missing():
    assert as_list(parse_whole(pd.Series(["9"]), low=0, high=3).fault) == ["out_of_range"]
    read = parse_whole(pd.Series(["7", "7.0"]), low=0, high=10, missing_codes=(7,))
    assert (as_list(read.value), as_list(read.fault)) == ([None, None], ["missing_code", "missing_code"])


def test_without_limits_any_whole_number_is_read():
    assert as_list(parse_whole(pd.Series(["-365", "100000"])).value) == [-365, 100000]


@pytest.mark.parametrize("cells", [[], ["", ""], ["12"]])
def test_index_and_dtypes_are_kept_for_any_number_of_rows(cells):
    text = pd.Series(cells, index=range(2, 2 + len(cells)), dtype=object)
    read = parse_whole(text)
    assert read.value.index.equals(text.index)
    assert (str(read.value.dtype), str(read.fault.dtype)) == ("Int64", "string")


def test_the_text_is_left_as_it_was():
    text = pd.Series([" 1 ", "x"])
    parse_whole(text, low=0)
    assert text.tolist() == [" 1 ", "x"]


def test_decimals_keep_their_fraction_and_refuse_the_comma():
    read = parse_decimal(pd.Series(["0.5", "80", "0,5", "", "301", "-0.0"]), low=0, high=300)
    assert as_list(read.value) == [0.5, 80.0, None, None, None, None]
    assert as_list(read.fault) == [None, None, "not_a_number", None, "out_of_range", "not_a_number"]


def test_words_for_missing_and_spreadsheet_errors_are_told_apart():
    text = pd.Series(["NA", "None", "#n/a", "#REF!", ""])
    assert find_missing(text).tolist() == [True, False, False, False, True]
    assert find_excel_errors(text).tolist() == [False, False, True, True, False]
