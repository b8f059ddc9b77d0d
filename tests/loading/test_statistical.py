"""SPSS, Stata and SAS transport files give the same cells as the CSV that a careful person would write."""

from __future__ import annotations

import datetime as dt
import io
import struct

import numpy as np
import pandas as pd
import pyreadstat
import pytest

import outcomes as oc
from outcomes.errors import LedgerError, OutcomesError
from outcomes.loading.source import Source
from outcomes.loading.statistical.serial_dates import find_time_form, write_times
from outcomes.loading.statistical.stated_rows import count_stated_rows

ANSWERS = {0: "Not at all", 1: "Several days", 2: "More than half the days", 3: "Nearly every day"}
PHQ = [f"phq9_{n}" for n in range(1, 10)]
WRITERS = {
    "export.sav": lambda frame, path: pyreadstat.write_sav(frame, path),
    "export.zsav": lambda frame, path: pyreadstat.write_sav(frame, path, compress=True),
    "packed.sav": lambda frame, path: pyreadstat.write_sav(frame, path, row_compress=True),
    "stata15.dta": lambda frame, path: pyreadstat.write_dta(frame, path, version=15),
    "stata14.dta": lambda frame, path: pyreadstat.write_dta(frame, path, version=14),
    "stata13.dta": lambda frame, path: pyreadstat.write_dta(frame, path, version=13),
    "stata12.dta": lambda frame, path: pyreadstat.write_dta(frame, path, version=12),
    "stata8.dta": lambda frame, path: pyreadstat.write_dta(frame, path, version=8),
    "sas5.xpt": lambda frame, path: pyreadstat.write_xport(frame, path, file_format_version=5),
    "sas8.xpt": lambda frame, path: pyreadstat.write_xport(frame, path, file_format_version=8),
}
DAMAGED = ("export.sav", "export.zsav", "stata15.dta", "stata12.dta", "sas5.xpt")
EXACT = pd.DataFrame(
    {
        "id": ["007", "7", " NA "],
        "seqn": [93705.0, 93706.0, 1e20],
        "zero": [0.0, -0.0, np.nan],
        "part": [0.55, -1.25, 12.0],
        "born": [dt.date(1959, 12, 31), None, dt.date(2026, 3, 1)],
        "seen": [dt.datetime(1950, 3, 1, 23, 59, 58), None, dt.datetime(2026, 3, 8, 2, 30, 0)],
    }
)


@pytest.fixture
def write(tmp_path):
    """Write a frame in the format that the file name says, and give the bytes."""

    def writer(frame: pd.DataFrame, name: str = "export.sav", **settings) -> bytes:
        path = str(tmp_path / f"written-{name}")
        if settings:
            make = {"sav": pyreadstat.write_sav, "dta": pyreadstat.write_dta, "xpt": pyreadstat.write_xport}
            make[name[-3:]](frame, path, **settings)
        else:
            WRITERS[name](frame, path)
        with open(path, "rb") as file:
            return file.read()

    return writer


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_cells(write, read, name):
    table = read(write(EXACT, name), name)
    assert table.header == tuple(EXACT.columns)
    assert table.cells.to_numpy().tolist() == [
        ["007", "93705", "0", "0.55", "1959-12-31", "1950-03-01T23:59:58"],
        ["7", "93706", "0", "-1.25", "", ""],
        ["NA", "1e+20", "", "12", "2026-03-01", "2026-03-08T02:30:00"],
    ]
    assert table.cells.index.tolist() == [1, 2, 3]
    assert table.date_typed == {4, 5}


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_without_rows_is_a_table_without_rows(write, read, name):
    table = read(write(EXACT[["seqn", "zero"]].iloc[:0], name), name)
    assert (table.header, table.n_rows) == (("seqn", "zero"), 0)


def test_values_declared_as_missing_are_blank_and_counted(write, read):
    frame = pd.DataFrame({"a": [1.0, 9.0, 77.0, 80.0], "s": ["x", "zz", "y", "zz"]})
    spans = {"a": [9, {"lo": 70, "hi": 79}], "s": ["zz"]}
    labels = {"a": {1.0: "One", 9.0: "Left blank"}}
    table = read(write(frame, missing_ranges=spans, variable_value_labels=labels), "export.sav")
    assert table.cells.to_numpy().tolist() == [["1", "x"], ["", ""], ["", "y"], ["80", ""]]
    assert table.codebook[0].choices == {"1": "One"}
    assert table.codebook[0].missing_codes == ("9",)
    assert "4 cells" in table.notes[0]


def test_extended_missing_values_of_stata_are_blank(write, read):
    frame = pd.DataFrame({"a": [1, "a", 3]}, dtype=object)
    table = read(write(frame, "export.dta", missing_user_values={"a": ["a"]}), "export.dta")
    assert table.cells[0].tolist() == ["1", "", "3"]


@pytest.mark.parametrize(
    ("ids", "storage", "codes"),
    [
        ([123456789, 123456790], "float32", ["E224"]),
        ([16777216, 1], "float32", ["E224"]),
        ([16777215, 1], "float32", []),
        ([123456789, 123456790], "float64", []),
    ],
)
def test_ids_in_a_stata_float_are_refused_once_it_rounds_them(tmp_path, ids, storage, codes):
    frame = pd.DataFrame({"patient_id": np.array(ids, dtype=storage), "day": 0.0, "phq9_total": [9.0, 12.0]})
    frame.to_stata(tmp_path / "ids.dta", write_index=False, version=118)
    assert [one.code for one in oc.inspect_source(tmp_path / "ids.dta").questions] == codes


@pytest.mark.parametrize(("storage", "excluded"), [("float32", {"bad_date": 2}), ("float64", {})])
def test_stamps_in_a_stata_float_are_no_dates_near_midnight(tmp_path, storage, excluded):
    stamps = pd.to_datetime(["2026-03-02 00:00:30"] * 2 + ["2026-03-01 12:00:00"] * 10)
    numbers = (stamps - pd.Timestamp("1960-01-01")) / pd.Timedelta("1ms")
    frame = pd.DataFrame({"patient_id": [f"P{n}" for n in range(12)], "phq9_total": np.int8(9)})
    file = io.BytesIO()
    frame.assign(date=numbers.to_numpy(dtype=storage)).to_stata(file, write_index=False, version=118)
    usual = b"%9.0g\0" if storage == "float32" else b"%10.0g\0"
    stamped = file.getvalue().replace(usual, b"%tc".ljust(len(usual), b"\0"))
    (tmp_path / "stamps.dta").write_bytes(stamped)
    report = oc.inspect_source(tmp_path / "stamps.dta", layout="limited_data_set = true\n")
    assert (report.questions, report.excluded) == ((), excluded)
    assert any("2 stamps lie too near midnight" in note for note in report.evidence) == bool(excluded)


def test_a_labeled_missing_value_of_stata_is_missing_whatever_its_label(tmp_path):
    path = tmp_path / "tagged.dta"
    frame = pd.DataFrame([[0, 1, 2, 3, 0, 1, 2, 3, 0], ["a", *[1] * 8], [3] * 9], columns=PHQ, dtype=object)
    frame = frame.assign(patient_id=["A", "B", "C"], day=[0.0] * 3)
    pyreadstat.write_dta(
        frame,
        str(path),
        missing_user_values={PHQ[0]: ["a"]},
        variable_value_labels=dict.fromkeys(PHQ, ANSWERS) | {PHQ[0]: ANSWERS | {"a": "No data entered"}},
    )
    cohort = oc.load_cohort(path)
    assert cohort.scores["n_items_answered"].tolist() == [9, 8, 9]


def test_a_stata_float_has_seven_digits(read):
    file = io.BytesIO()
    frame = pd.DataFrame({"dose": np.array([0.55, 40.0, 1.1], dtype="float32")})
    frame.to_stata(file, write_index=False, version=118)
    assert read(file.getvalue(), "export.dta").cells[0].tolist() == ["0.55", "40", "1.1"]


@pytest.mark.parametrize("name", ["export.sav", "stata15.dta"])
def test_labels_are_the_codebook(write, read, name):
    frame = pd.DataFrame({"v1": [0.0, 3.0], "v2": [1.0, 2.0]})
    settings = {"column_labels": {"v1": "Little interest"}, "variable_value_labels": {"v1": ANSWERS}}
    field = read(write(frame, name, **settings), name).codebook[0]
    assert (field.label, field.choices) == ("Little interest", {str(k): v for k, v in ANSWERS.items()})


@pytest.mark.parametrize(
    ("kind", "format", "values", "text"),
    [
        ("sav", "ADATE10", [0, 13_824_000_000.0], ["1582-10-14", "2020-11-06"]),
        ("sav", "DATE11", [13_824_086_399.0], ["2020-11-06"]),
        ("sav", "DATETIME20", [13_824_003_722.9999999], ["2020-11-06T01:02:03"]),
        ("sav", "MOYR6", [13_824_000_000.0], ["2020-11"]),
        ("sav", "TIME8", [0, 86_399.9, 86_400], ["00:00:00", "23:59:59", ""]),
        ("sav", "DATE11", [1e300, -1e18], ["", ""]),
        ("dta", "%td", [-1, 0, 24_166], ["1959-12-31", "1960-01-01", "2026-03-01"]),
        ("dta", "%d", [0], ["1960-01-01"]),
        ("dta", "%-tdDD/NN/CCYY", [0.9], ["1960-01-01"]),
        ("dta", "%tc", [-1000, 2_087_976_600_000], ["1959-12-31T23:59:59", "2026-03-01T09:30:00"]),
        ("dta", "%tcHH:MM:SS", [34_200_000], ["09:30:00"]),
        ("xpt", "YYMMDD", [-1], ["1959-12-31"]),
        ("xpt", "E8601DT19", [-1], ["1959-12-31T23:59:59"]),
        ("xpt", "MONYY7", [0], ["1960-01"]),
        ("xpt", "TIME", [34_200], ["09:30:00"]),
    ],
)
def test_numbers_become_dates_by_the_format_of_their_column(kind, format, values, text):
    form = find_time_form(kind, format)
    assert form is not None
    assert write_times(np.array(values, dtype=float), kind, *form).tolist() == text


@pytest.mark.parametrize(
    ("kind", "format"),
    [("sav", "F8.2"), ("sav", "WKDAY3"), ("sav", "DTIME10"), ("dta", "%9.0g"), ("dta", "%tC"), ("dta", "%tw"),
     ("dta", "%tm"), ("xpt", ""), ("xpt", "BEST"), ("xpt", "DOLLAR8.2"), ("xpt", "YEAR4")],
)  # fmt: skip
def test_other_formats_are_numbers(kind, format):
    assert find_time_form(kind, format) is None


def test_a_number_that_is_no_date_makes_its_column_no_date_column(write, read):
    frame = pd.DataFrame({"date": [13_824_000_000.0, 1e18]})
    table = read(write(frame, variable_format={"date": "DATE11"}), "export.sav")
    assert table.cells[0].tolist() == ["2020-11-06", "1e+18"]
    assert not table.date_typed


@pytest.mark.parametrize("name", DAMAGED)
def test_a_truncated_file_is_refused_and_never_quoted(write, refuse, name):
    data = write(EXACT.assign(id=["CANARY1", "CANARY2", "CANARY3"]), name)
    for part in range(20):
        problem = refuse(data[: len(data) * part // 20], name)
        assert problem.code in ("E203", "E205", "E206", "E208")
        assert "CANARY" not in str(problem)


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_bytes_end_with_a_table_or_a_reason(write, read, name):
    data, random = write(EXACT.assign(id=["CANARY1", "CANARY2", "CANARY3"]), name), np.random.default_rng(1)
    said = []
    for _ in range(10):
        damaged = bytearray(data)
        for place in random.integers(4, len(data), size=3):
            damaged[place] = random.integers(256)
        try:
            said.append(str(read(bytes(damaged), name).n_rows))
        except OutcomesError as error:
            said.append(str(error))
    assert not any("CANARY" in text for text in said)


def test_damage_that_crashes_the_library_is_a_refusal(write, refuse):
    data = write(pd.DataFrame({"s": ["a", "zz"]}), variable_value_labels={"s": {"zz": "Skipped"}})
    damaged = data.replace(b"zz      \x07Skipped", b"\x82z      \x07Skipped")
    assert damaged != data
    assert refuse(damaged, "export.sav").code == "E208"


def test_a_file_that_states_other_rows_is_refused(write, read, monkeypatch):
    data = write(EXACT[["seqn"]])
    monkeypatch.setattr("outcomes.loading.statistical.reader.count_stated_rows", lambda source, kind: 4)
    with pytest.raises(LedgerError, match="E900"):
        read(data, "export.sav")


def test_an_spss_stream_states_no_rows(write, read):
    data = bytearray(write(EXACT[["seqn"]]))
    data[80:84] = struct.pack("<i", -1)
    assert read(bytes(data), "export.sav").n_rows == 3


@pytest.mark.parametrize("name", WRITERS)
def test_the_second_count_reads_no_row(write, name):
    source = Source(1, write(pd.concat([EXACT] * 700, ignore_index=True), name), "0" * 12, "")
    assert count_stated_rows(source, name[-3:]) == 2100


def test_blanks_that_fill_a_transport_record_are_no_rows(write, read):
    for rows in range(1, 12):
        frame = pd.DataFrame({"id": [f"P{n}" for n in range(rows)]})
        assert read(write(frame, "sas5.xpt"), "export.xpt").n_rows == rows


@pytest.mark.parametrize(("at", "digits"), [(54, b"0000"), (54, b"9999"), (54, b"  -1"), (54, b"zero")])
def test_a_transport_file_that_miscounts_its_variables_is_refused(write, refuse, at, digits):
    data = write(EXACT[["seqn"]], "sas5.xpt")
    begin = data.index(b"HEADER RECORD*******NAMESTR") + at
    assert refuse(data[:begin] + digits + data[begin + 4 :], "export.xpt").code == "E208"


def test_several_tables_in_one_transport_file_are_refused(write, refuse):
    data = write(EXACT[["seqn"]], "sas5.xpt")
    assert refuse(data + data[240:], "export.xpt").code == "E233"


def test_variables_equal_after_normalizing_are_refused(write, refuse):
    problem = refuse(write(pd.DataFrame({"phq9": [1.0], "PHQ_9": [2.0]})), "export.sav")
    assert problem.code == "E211"
    assert "row" not in problem.where


def test_text_in_another_encoding_is_read_when_it_is_named(write, read, refuse):
    data = write(pd.DataFrame({"id": ["Cote", "Emil"]}), "sas5.xpt").replace(b"Cote", b"C\xf4te")
    assert refuse(data, "export.xpt").code == "E203"
    assert read(data, "export.xpt", encoding="cp1252").cells[0].tolist() == ["Côte", "Emil"]


def test_file_labels_notes_and_variable_labels_are_never_printed(write, tmp_path):
    frame = pd.DataFrame({"id": ["A", "B"], "day": [0.0, 0.0], "phq9_total": [0.0, 9.0], "x": [1.0, 2.0]})
    labels = {"x": "Canary Jane", "phq9_total": "Canary Smith", "id": "Canary Ann"}
    data = write(frame, file_label="Canary study", note="Canary note", column_labels=labels)
    (tmp_path / "canary.sav").write_bytes(data)
    report = oc.inspect_source(tmp_path / "canary.sav")
    assert report.questions == ()
    assert "anary" not in str(report) + report.layout


def questionnaire(rows: list[list[float]], **more) -> pd.DataFrame:
    """One PHQ-9 per row, of patients A, B ... on day 0."""
    frame = pd.DataFrame(rows, columns=PHQ, dtype=float)
    return frame.assign(id=[chr(65 + n) for n in range(len(rows))], day=0.0, **more)


def label_items(labels: dict[int, str]) -> dict:
    return {"variable_value_labels": {name: {float(k): v for k, v in labels.items()} for name in PHQ}}


REVERSED = {3 - code: label for code, label in ANSWERS.items()}
FROM_ONE = {code + 1: label for code, label in ANSWERS.items()}


@pytest.mark.parametrize(
    ("labels", "rows", "totals"),
    [
        (ANSWERS, [[0] * 9, [3] * 9], [0, 27]),
        (FROM_ONE, [[1] * 9, [3] * 9], [0, 18]),
        (REVERSED, [[0] * 9, [2] * 9], [27, 9]),
        ({0: ANSWERS[0], 3: ANSWERS[3]}, [[1] * 9, [2] * 9], [9, 18]),
        ({1: ANSWERS[0], 4: ANSWERS[3]}, [[2] * 9, [3] * 9], [9, 18]),
        ({0: ANSWERS[0]}, [[0] * 9, [2] * 9], [0, 18]),
        ({**ANSWERS, 7: "Refused", 9: "Don't know"}, [[0] * 9, [3] * 8 + [9]], [0, None]),
        ({**FROM_ONE, -9: "Missing"}, [[-9] + [1] * 8, [4] * 9], [None, 27]),
        ({}, [[0] * 9, [3] * 9], [0, 27]),
    ],
)
def test_value_labels_decide_the_coding(write, tmp_path, labels, rows, totals):
    (tmp_path / "export.sav").write_bytes(write(questionnaire(rows), **label_items(labels)))
    total = oc.load_cohort(tmp_path / "export.sav").scores["total"]
    assert [None if pd.isna(value) else int(value) for value in total] == totals


@pytest.mark.parametrize(
    ("labels", "rows", "code"),
    [
        ({}, [[1] * 9, [3] * 9], "E253"),
        ({1: ANSWERS[0]}, [[1] * 9, [3] * 9], "E253"),
        ({3: ANSWERS[0]}, [[0] * 9, [3] * 9], "E253"),
        ({0: ANSWERS[0], 10: ANSWERS[3]}, [[0] * 9, [5] * 9], "E256"),
        ({**ANSWERS, 5: "now and then"}, [[0] * 9, [3] * 9], "E256"),
    ],
)
def test_what_value_labels_leave_open_is_asked(write, tmp_path, labels, rows, code):
    (tmp_path / "export.sav").write_bytes(write(questionnaire(rows), **label_items(labels)))
    report = oc.inspect_source(tmp_path / "export.sav")
    assert [problem.code for problem in report.questions] == [code]
    assert "now and then" not in str(report)


def test_a_code_outside_complete_labels_is_out_of_range(write, tmp_path):
    rows = [[0] * 9] * 5 + [[4] + [0] * 8]
    (tmp_path / "export.sav").write_bytes(write(questionnaire(rows), **label_items(ANSWERS)))
    ledger = oc.load_cohort(tmp_path / "export.sav").ledger
    assert ledger["reason"].tolist()[5] == "out_of_range"
    assert (ledger["status"] == "used").sum() == 5


def test_a_total_whose_label_says_missing_is_missing(write, tmp_path):
    frame = pd.DataFrame({"id": list("ABCDEF"), "day": 0.0, "phq9_total": [0.0, 27, 9, 9, 9, 99]})
    data = write(frame, variable_value_labels={"phq9_total": {99.0: "Not applicable"}})
    (tmp_path / "export.sav").write_bytes(data)
    assert oc.load_cohort(tmp_path / "export.sav").ledger["reason"].tolist()[5] == "missing_code"


def test_nhanes_names_hold_their_own_missing_codes(write, tmp_path):
    frame = pd.DataFrame([[0] * 9, [7] + [1] * 8, *[[3] * 9] * 3, [9] * 9], dtype=float)
    frame.columns = [f"DPQ0{n}0" for n in range(1, 10)]
    data = write(frame.assign(SEQN=[93705.0 + n for n in range(6)]), "sas5.xpt")
    (tmp_path / "export.xpt").write_bytes(data)
    cohort = oc.load_cohort(tmp_path / "export.xpt", layout='[columns]\noccasion = "single"\n')
    assert cohort.scores["patient_id"].tolist()[:2] == ["93705", "93706"]
    assert cohort.scores["n_items_answered"].tolist() == [9, 8, 9, 9, 9]
    assert cohort.ledger["reason"].tolist()[5] == "no_answers"


def test_date_columns_need_no_format_but_the_declaration(write, tmp_path):
    frame = questionnaire([[0] * 9, [3] * 9]).drop(columns="day")
    frame = frame.assign(date=[dt.date(2026, 1, 2), dt.date(2026, 3, 4)])
    (tmp_path / "export.dta").write_bytes(write(frame, "stata15.dta"))
    report = oc.inspect_source(tmp_path / "export.dta")
    assert [problem.code for problem in report.questions] == ["E104"]
    scores = oc.load_cohort(tmp_path / "export.dta", layout="limited_data_set = true\n").scores
    assert scores["date"].dt.strftime("%Y-%m-%d").tolist() == ["2026-01-02", "2026-03-04"]


@pytest.mark.parametrize("name", ["export.sav", "stata15.dta"])
def test_infusions_and_patients_arrive_in_any_format(write, tmp_path, name):
    ending = name[-3:]
    scores = pd.DataFrame({"id": ["007", "8"], "date": [dt.date(2026, 1, 2)] * 2, "phq9_total": [12.0, 0.0]})
    infusions = pd.DataFrame(
        {
            "id": ["007", "007", "8"],
            "infusion_date": [dt.date(2026, 1, 2), dt.date(2026, 1, 5), dt.date(2026, 1, 2)],
            "dose_mg": [40.0, 45.5, 40.0],
            "route": [1.0, 2.0, 9.0],
            "site": [1.0, 1.0, 2.0],
        }
    )
    patients = pd.DataFrame(
        {
            "id": ["007", "8"],
            "sex": [1.0, 2.0],
            "age": [40.0, 50.0],
            "observed_until": [dt.date(2026, 6, 30)] * 2,
        }
    )
    labels = {
        "route": {1.0: "IV", 2.0: "IM", 9.0: "Not answered"},
        "site": {1.0: "North", 2.0: "South"},
        "sex": {1.0: "F", 2.0: "M"},
    }
    settings = ["limited_data_set = true", "observed_until = 2026-06-30"]
    settings += ['patient_ids = "unique-across-sites"']
    for role, frame in {"scores": scores, "infusions": infusions, "patients": patients}.items():
        known = {column: words for column, words in labels.items() if column in frame}
        (tmp_path / f"{role}.{ending}").write_bytes(write(frame, name, variable_value_labels=known))
        settings += ["[[source]]", f'file = "{role}.{ending}"', f'role = "{role}"']
    (tmp_path / "outcomes.toml").write_text("\n".join(settings))
    assert [report.questions for report in oc.inspect_folder(tmp_path)] == [(), (), ()]
    cohort = oc.load_cohort(tmp_path)
    assert set(cohort.ledger["status"]) == {"used"}
    given = cohort.infusions.sort_values(["patient_id", "date"])
    assert given["patient_id"].tolist() == ["007", "007", "8"]
    assert given["dose_mg"].tolist() == [40, 45.5, 40]
    assert given["route"].fillna("").tolist() == ["IV", "IM", ""]
    assert given["site"].tolist() == ["North", "North", "South"]
    assert cohort.patients.set_index("patient_id")["sex"].to_dict() == {"007": "F", "8": "M"}


def test_a_long_table_of_labeled_codes_is_read_by_its_labels(write, tmp_path):
    frame = pd.DataFrame({"id": ["A", "B"], "day": 0.0, "instrument": [1.0, 2.0], "total": [12.0, 0.0]})
    labels = {"instrument": {1.0: "PHQ-9", 2.0: "GAD-7"}}
    (tmp_path / "export.sav").write_bytes(write(frame, variable_value_labels=labels))
    assert oc.load_cohort(tmp_path / "export.sav").scores["instrument"].tolist() == ["phq9", "gad7"]


def test_reversed_labels_count_in_long_items_too(write, tmp_path):
    frame = pd.DataFrame({"id": "A", "day": 0.0, "instrument": "PHQ-9", "item": range(1, 10), "value": 0.0})
    data = write(frame, variable_value_labels={"value": {float(k): v for k, v in REVERSED.items()}})
    (tmp_path / "export.sav").write_bytes(data)
    assert oc.load_cohort(tmp_path / "export.sav").scores["total"].tolist() == [27]
