import pandas as pd
import pytest

from outcomes.errors import DataError
from outcomes.figures.words import join_sentences, say_count, say_percent, say_share, select_instrument


def test_sentences_that_do_not_fit_are_left_out_whole():
    assert join_sentences(["a" * 200 + ".", "b" * 200 + ".", "c."]) == "a" * 200 + "."


@pytest.mark.parametrize(
    ("share", "words"), [(0.0, "0 %"), (0.347, "35 %"), (1.0, "100 %"), (1 / 8, "13 %"), (0.145, "15 %")]
)
def test_percent_is_an_integer_and_a_half_goes_up(share, words):
    assert say_percent(share) == words


@pytest.mark.parametrize(("k", "n", "words"), [(5, 11, "45 %"), (3, 8, "3 of 8"), (0, 0, "0 of 0")])
def test_below_the_smallest_denominator_counts_stand_instead_of_percent(k, n, words):
    assert say_share(k, n, smallest=11) == words


def test_one_patient_is_not_several():
    assert say_count(1, "patient", "patients") == "1 patient"
    assert say_count(1204, "patient", "patients") == "1,204 patients"


def test_of_several_instruments_one_must_be_named_and_no_cell_is_quoted():
    frame = pd.DataFrame({"instrument": ["phq9", "secret"]})
    with pytest.raises(DataError, match="the frame holds 2") as error:
        select_instrument(frame, None, caller="plot_flow")
    assert "secret" not in str(error.value)
    assert len(select_instrument(frame, "phq9", caller="plot_flow")[0]) == 1
