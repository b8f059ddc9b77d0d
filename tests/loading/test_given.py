"""Whether something was given: known words decide, other words ask."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.errors import DefinitionError
from outcomes.loading.doses import parse_doses
from outcomes.loading.folder import SourceSettings
from outcomes.loading.given import judge_words
from outcomes.loading.inspect import inspect_source
from outcomes.loading.layouts.file import read_layout
from outcomes.loading.opening import open_source, read_other


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("HELD - BP 180/110", "not given"),
        ("held due to BP", "not given"),
        ("held for 2 weeks", "not given"),
        ("pt refused", "not given"),
        ("Cancelled by pt.", "not given"),
        ("no-show", "not given"),
        ("DNA", "not given"),
        ("deferred", "not given"),
        ("0 mg held", "not given"),
        ("40 mg held", "both"),
        ("40 held", "both"),
        ("dose held at 40 mg", "both"),
        ("not held", "both"),
        ("given, then declined", "both"),
        ("pt came late", "neither"),
        ("40 mg aborted", "neither"),
        ("40 mg reduced to 30 mg", None),
        ("20 mg stopped early", None),
        ("40 --> 50", None),
        ("#REF!", None),
        ("withheldness", "neither"),
    ],
)
def test_the_words_of_a_dose_say_whether_it_was_given(cell, said):
    read = parse_doses(pd.Series([cell]), unit="mg")
    assert (None if pd.isna(read.words[0]) else read.words[0]) == said
    assert read.not_given[0] == (said == "not given")
    assert read.mg.isna()[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"held": "not given"}, "not given"),
        ({"mg held": "given"}, "given"),
        ({"Held": "not given", "40 MG": "given"}, "both"),
        ({"hel": "given"}, "both"),
        ({"40": "given"}, "both"),
    ],
)
def test_words_of_the_layout_come_first_and_count_as_whole_words(words, said):
    assert judge_words("40 mg - held", amount=True, words=words) == said


@pytest.mark.parametrize(
    "words",
    [{"held": "given"}, {"Completed": "not given"}, {"?": "given"}, {"a-b": "given", "A b": "not given"}],
)
def test_a_layout_may_add_words_and_never_change_one(words):
    pairs = ", ".join(f'"{key}" = "{value}"' for key, value in words.items())
    with pytest.raises(DefinitionError, match="E603"):
        read_layout(f"[columns]\nstatus_words = {{ {pairs} }}\n", number=1)


STATUSES = "patient_id,day,dose_mg,status\nA,0,40,Complete\nA,3,40,Scheduled\nA,7,40,Canceled by provider\n"
DOSES = "patient_id,day,dose_mg\nA,0,40\nA,3,40 mg CANARY\nA,7,held CANARY\nA,9,40 mg held\n"


@pytest.mark.parametrize(
    ("text", "place", "words", "used"),
    [
        (
            STATUSES,
            "row 3, column 4",
            '"scheduled" = "not given", "canceled by provider" = "not given"',
            [0],
        ),
        (
            DOSES,
            "row 3, column 3",
            '"canary" = "given", "mg held" = "given", "held canary" = "not given"',
            [0, 3, 9],
        ),
    ],
)
def test_other_words_are_a_question_that_one_line_of_the_layout_settles(tmp_path, text, place, words, used):
    more = "".join(f"B{n},0,40{',' * (text.count(',') // text.count(chr(10)) - 2)}\n" for n in range(9))
    (tmp_path / "infusions.csv").write_text(text + more)
    report = inspect_source(tmp_path / "infusions.csv")
    assert [question.code for question in report.questions] == ["E250"]
    assert place in str(report.questions[0])
    assert "CANARY" not in str(report)
    assert '# status_words = { "did not come" = "not given" }' in report.layout
    assert inspect_source(tmp_path / "infusions.csv", layout=report.layout).questions
    layout = report.layout.replace("[columns]\n", f"[columns]\nstatus_words = {{ {words} }}\n")
    opened = open_source(
        tmp_path, SourceSettings("infusions.csv", "infusions"), number=1, role="infusions", layout=layout
    )
    frame = read_other(opened.table, opened.layout, opened.declared, "infusions").frame
    assert frame["study_day"].tolist()[:-9] == used
    again = inspect_source(tmp_path / "infusions.csv", layout=layout)
    assert again.questions == ()
    assert f"status_words = {{ {words} }}" in again.layout


def test_a_status_that_says_given_settles_unknown_words_but_no_contradiction(tmp_path):
    path = tmp_path / "infusions.csv"
    path.write_text(
        "patient_id,day,dose_mg,status\nA,0,40 mg as usual,given\nA,3,as usual,no show\n"
        + "B,0,40,\nC,0,40,\nD,0,40,\n"
    )
    assert inspect_source(path).questions == ()
    path.write_text("patient_id,day,dose_mg,status\nA,0,40 mg held,given\n")
    assert [question.code for question in inspect_source(path).questions] == ["E250"]
    path.write_text("patient_id,day,dose_mg,dosage\nA,0,40,held\nA,3,40,as usual\n")
    assert "in 1 rows (rows 2)" in str(inspect_source(path).questions[0])
