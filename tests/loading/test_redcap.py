"""REDCap records with and without their dictionary."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import DataError, PrivacyError
from outcomes.loading.redcap.dictionary import read_dictionary, split_choices

LABELS = ("Not at all", "Several days", "More than half the days", "Nearly every day")
DICTIONARY_HEADER = (
    'Variable / Field Name,Form Name,Section Header,Field Type,Field Label,"Choices, Calculations, '
    'OR Slider Labels",'
    "Field Note,Text Validation Type OR Show Slider Number,Text Validation Min,Text Validation "
    "Max,Identifier?\n"
)


def dictionary(*, first: int = 0, extra: str = "") -> str:
    choices = " | ".join(f"{first + score}, {label}" for score, label in enumerate(LABELS))
    lines = ["record_id,enrollment,,text,Record,,,,,,y\n"]
    for form, size in (("phq9", 9), ("gad7", 7)):
        lines.append(f"{form}_date,{form},,text,Date,,,date_ymd,,,\n")
        lines += [f'{form}_{n},{form},,radio,Item {n},"{choices}",,,,,\n' for n in range(1, size + 1)]
        lines.append(f"{form}_total,{form},,calc,Total,,,,,,\n")
    return DICTIONARY_HEADER + "".join(lines) + extra


def header(*extra: str) -> str:
    parts = ["record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"]
    for form, size in (("phq9", 9), ("gad7", 7)):
        parts += [
            f"{form}_date",
            *(f"{form}_{n}" for n in range(1, size + 1)),
            f"{form}_total",
            f"{form}_complete",
        ]
    return ",".join([*parts, *extra]) + "\n"


def line(record: str, form: str, date: str, answers: str, total: str = "", instance: int = 1) -> str:
    blank = {"phq9": [""] * 12, "gad7": [""] * 10}
    if form:
        blank[form] = [date, *answers, total, "2"]
    return (
        ",".join([record, "visit_arm_1", form, str(instance) if form else "", *blank["phq9"], *blank["gad7"]])
        + "\n"
    )


@pytest.fixture
def load(tmp_path):
    def loader(records: str, codebook: str | None = None, layout: str = ""):
        (tmp_path / "records.csv").write_text(records)
        (tmp_path / "layout.toml").write_text(layout)
        lines = [
            "limited_data_set = true\nobserved_until = 2026-12-31\n[[source]]\nfile = "
            '"records.csv"\nrole = "scores"'
        ]
        lines.append('layout = "layout.toml"')
        if codebook is not None:
            (tmp_path / "dictionary.csv").write_text(codebook)
            lines.append('dictionary = "dictionary.csv"')
        (tmp_path / "outcomes.toml").write_text("\n".join(lines) + "\n")
        return oc.load_cohort(tmp_path)

    return loader


RECORDS = (
    header()
    + line("7", "", "", "")
    + line("7", "phq9", "2026-01-05", "012301230", "12")
    + line("7", "gad7", "2026-01-06", "0333333", "18")
    + line("7", "phq9", "2026-01-12", "000000000", "0", 2)
)


def test_rows_of_forms_and_instances_are_read_with_the_date_of_their_form(load):
    cohort = load(RECORDS, dictionary())
    assert cohort.scores[["instrument", "total"]].to_numpy().tolist() == [
        ["phq9", 12],
        ["gad7", 18],
        ["phq9", 0],
    ]
    assert cohort.scores["date"].dt.strftime("%m-%d").tolist() == ["01-05", "01-06", "01-12"]
    assert cohort.ledger["reason"].tolist() == ["other_instrument", pd.NA, pd.NA, pd.NA]
    assert cohort.ledger["left_out"].isna().all()


def test_codes_count_by_their_labels(load):
    records = (
        header()
        + line("7", "gad7", "2026-01-06", "1234123", "16")
        + line("8", "gad7", "2026-01-06", "1111111", "7")
    )
    cohort = load(records, dictionary(first=1))
    assert cohort.scores["total"].tolist() == [9, 0]
    assert any("recorded_total_is_code_sum" in note for note in cohort.notes)
    assert any("7 columns count by their labels in the data dictionary" in note for note in cohort.notes)


def test_without_a_dictionary_codes_without_a_zero_are_asked(load):
    with pytest.raises(DataError, match="E253"):
        load(header() + line("7", "gad7", "2026-01-06", "1234123", "16"))


def test_without_a_dictionary_forms_end_at_their_complete_column(load):
    assert load(RECORDS).scores["date"].dt.day.tolist() == [5, 6, 12]


def test_a_survey_that_was_opened_and_left_has_no_answers(load):
    opened = line("9", "phq9", "2026-02-01", [""] * 9).replace(",2,", ",0,")
    cohort = load(
        RECORDS + "".join(line(str(n), "gad7", "2026-01-06", "0000000") for n in range(20, 30)) + opened,
        dictionary(),
    )
    assert cohort.ledger["reason"].tolist()[-1] == "no_answers"


def test_a_form_without_a_date_is_asked(load):
    records = RECORDS.replace("phq9_date", "phq9_room").replace("2026-01-05", "x").replace("2026-01-12", "x")
    with pytest.raises(DataError, match="E247"):
        load(records, dictionary())


def test_a_field_flagged_as_identifier_is_refused_unless_it_is_the_record_id(load):
    flagged = "hair,enrollment,,text,Hair,,,,,,y\n"
    records = "\n".join(
        f"{text},{value}"
        for text, value in zip(RECORDS.splitlines(), ["hair", "", "red", "", ""], strict=True)
    )
    with pytest.raises(PrivacyError, match="E101"):
        load(records + "\n", dictionary(extra=flagged))
    assert len(load(RECORDS, dictionary(extra=flagged)).scores) == 3


def test_a_declared_missing_code_is_a_missing_item(load):
    records = (
        RECORDS
        + line("8", "phq9", "2026-01-05", ["-99", *"12301230"])
        + line("9", "gad7", "2026-01-05", "0000000")
    )
    cohort = load(records, dictionary(), "[phq9]\nmissing_codes = [-99]\n")
    assert cohort.scores.query("patient_id == '8'")["n_items_answered"].tolist() == [8]


def test_choices_with_unknown_labels_are_asked(load):
    with pytest.raises(DataError, match="E256"):
        load(RECORDS, dictionary().replace("Several days", "Sometimes"))


def test_choices_are_split_at_bars_and_first_commas():
    text = "1, Not at all | 2, Several Days| 3, More, or less|-9,None"
    assert split_choices(text) == {"1": "Not at all", "2": "Several Days", "3": "More, or less", "-9": "None"}


def test_a_dictionary_that_is_not_utf8_is_read_and_noted(tmp_path):
    path = tmp_path / "dictionary.csv"
    path.write_bytes(dictionary(extra="caf,f,,text,Caf\xe9,,,,,,\n").encode("latin-1"))
    read = read_dictionary(path, number=2)
    assert read.fields["caf"].label == "Café"
    assert "cp1252" in read.notes[0]


def test_a_dictionary_given_as_data_is_named_for_what_it_is(tmp_path):
    path = tmp_path / "dictionary.csv"
    path.write_text(dictionary())
    with pytest.raises(DataError, match="companion of the records") as caught:
        oc.load_cohort(path)
    assert [problem.code for problem in caught.value.found] == ["E250"]


def test_a_dictionary_that_is_not_there_is_named_as_one(load, tmp_path):
    load(RECORDS, dictionary())
    (tmp_path / "dictionary.csv").unlink()
    with pytest.raises(DataError, match="E216 dictionary of input-1"):
        oc.load_cohort(tmp_path)


def test_the_dates_of_the_forms_are_listed(load, tmp_path):
    load(RECORDS, dictionary())
    (report,) = oc.inspect_folder(tmp_path)
    assert [(one.position, one.role) for one in report.roles if "date" in one.role] == [
        (5, "phq9 date"), (17, "gad7 date"),
    ]  # fmt: skip
    assert any("data dictionary" in line for line in report.evidence)


def test_another_table_is_no_dictionary(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="E210"):
        read_dictionary(path, number=1)


PLAIN = ["participant_id", "phq9_timestamp", "why___1", *(f"phq9_{n}" for n in range(1, 10)), "phq9_complete"]


def plain(record: str, stamp: str, box: str, answers: str, complete: str) -> str:
    return ",".join([record, stamp, box, *(answers or " " * 9), complete]).replace(" ", "") + "\n"


FILLED = "".join(plain(str(n), f"2026-02-{n:02}", "0", "012301230", "2") for n in range(1, 21))


def test_a_survey_that_was_not_completed_has_no_answers_and_a_check_box_is_none(load):
    rows = FILLED + plain("30", "[not completed]", "0", "", "0") + plain("31", "", "0", "", "")
    cohort = load(",".join(PLAIN) + "\n" + rows)
    assert cohort.ledger["reason"].tolist()[-2:] == ["no_answers", "other_instrument"]
    assert len(cohort.scores) == 20


def test_ids_of_records_are_text(load):
    rows = plain("007", "2026-02-01", "1", "000000000", "2") + plain("7", "2026-02-01", "1", "000000001", "2")
    assert load(",".join(PLAIN) + "\n" + rows).patients["patient_id"].tolist() == ["007", "7"]


@pytest.mark.parametrize(("value", "refused"), [("", False), ("x", True)])
def test_a_survey_identifier_must_be_empty(load, value, refused):
    lines = (",".join(PLAIN) + "\n" + FILLED).splitlines()
    text = (
        "\n".join([lines[0] + ",redcap_survey_identifier", *(f"{one},{value}" for one in lines[1:])]) + "\n"
    )
    if refused:
        with pytest.raises(PrivacyError, match="E101"):
            load(text)
    else:
        assert len(load(text).scores) == 20


def test_the_first_field_of_the_dictionary_is_the_record_id_whatever_its_name(load):
    records, codebook = (text.replace("record_id", "our_number", 1) for text in (RECORDS, dictionary()))
    assert load(records, codebook).scores["patient_id"].tolist() == ["7", "7", "7"]


def test_repeating_events_and_repeating_forms_stand_side_by_side(load):
    records = (
        header()
        + line("7", "phq9", "2026-01-05", "012301230", "12")
        + line("7", "phq9", "2026-01-12", "000000000", "0", 2)
        + line("7", "gad7", "2026-01-12", "0000001", "1").replace(",gad7,1,", ",,2,")
        + line("7", "gad7", "2026-01-19", "0000002", "2").replace(",gad7,1,", ",,3,")
    )
    cohort = load(records, dictionary())
    assert cohort.scores[["instrument", "total"]].to_numpy().tolist() == [
        ["phq9", 12], ["gad7", 1], ["phq9", 0], ["gad7", 2],
    ]  # fmt: skip
    assert cohort.ledger["status"].eq("used").all()


def test_undeclared_missing_codes_are_out_of_range(load):
    records = RECORDS + line("8", "phq9", "2026-01-05", ["-99", *"12301230"])
    with pytest.raises(DataError, match="1 out_of_range"):
        load(records, dictionary())


def test_an_answer_in_a_contact_question_is_no_identifier_if_the_dictionary_lists_it(load):
    asked = 'since_contact,enrollment,,radio,Since the last contact,"0, No | 1, Yes",,,,,\n'
    header_line, *rows = RECORDS.splitlines()
    text = "\n".join([header_line + ",since_contact", *(f"{one},1" for one in rows)]) + "\n"
    assert len(load(text, dictionary(extra=asked)).scores) == 3
    with pytest.raises(PrivacyError, match="E101"):
        load(text, dictionary())


def test_a_single_file_takes_its_dictionary_beside_it(tmp_path):
    (tmp_path / "records.csv").write_text(header() + line("1", "phq9", "2026-03-01", "123412341"))
    (tmp_path / "codes.csv").write_text(dictionary(first=1))
    layout = "limited_data_set = true\n"
    cohort = oc.load_cohort(tmp_path / "records.csv", layout=layout, dictionary=tmp_path / "codes.csv")
    assert cohort.scores["total"].tolist() == [12]
    (tmp_path / "outcomes.toml").write_text('[[source]]\nfile = "records.csv"\nrole = "scores"\n')
    with pytest.raises(oc.DefinitionError, match="dictionary goes with one file"):
        oc.load_cohort(tmp_path, dictionary=tmp_path / "codes.csv")
