"""Infusion records: timing is kept whenever patient and date are good; dose only where it is beyond doubt."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import outcomes as oc
from outcomes.errors import DataError, OutcomesError, PrivacyError
from outcomes.loading.extract import REASONS, ROW_COLUMNS
from outcomes.loading.infusions import read_infusions
from outcomes.loading.tables import read_table
from outcomes.schema import INFUSIONS, LEDGER, check_frame


@pytest.fixture
def extract(tmp_path):
    """Write a text table to a file and read its infusions."""

    def reader(text, **settings):
        path = tmp_path / "infusions.csv"
        path.write_text(text)
        return read_infusions(read_table(path, number=1), **{"limited_data_set": True, **settings})

    return reader


@pytest.fixture
def codes(extract):
    def reader(text, **settings):
        with pytest.raises(OutcomesError) as caught:
            extract(text, **settings)
        return [problem.code for problem in caught.value.found]

    return reader


def table_of(*rows):
    content = io.StringIO()
    csv.writer(content).writerows(rows)
    return content.getvalue()


def reasons(found):
    return {
        int(row): reason
        for row, reason in zip(found.rows["row"], found.rows["reason"], strict=True)
        if pd.notna(reason)
    }


HEADER = ("patient_id", "infusion_date", "start_time", "route", "dose_mg", "weight_kg", "status")


def test_a_clean_file_gives_every_column_of_the_schema(extract):
    found = extract(
        "Patient ID,Site,Infusion Date,Start Time,Drug,Route,Dose (mg),Weight kg,Duration "
        "min,Phase,Infusion Number,bp_sys\n"
        "007,North,2026-01-05,09:30,Ketamine HCl,intravenous,40,80,40,Induction,1,120\n"
        "7,South,2026-01-05,,Spravato,intranasal,56,,,Re-Induction,,130\n"
    )
    names = [
        "row_uid",
        "patient_id",
        "site",
        "clock",
        "drug",
        "route",
        "dose_mg",
        "weight_kg",
        "dose_mg_per_kg",
    ]
    names += ["duration_min", "declared_phase", "declared_number"]
    frame = found.frame[names].astype(object)
    assert frame.where(frame.notna(), "-").to_numpy().tolist() == [
        ["1:0:2", "007", "North", 34200, "ketamine", "IV", 40, 80, 0.5, 40, "induction", 1],
        ["1:0:3", "7", "South", "-", "esketamine", "IN", 56, "-", "-", "-", "re-induction", "-"],
    ]
    assert found.frame["date"].dt.strftime("%F").tolist() == ["2026-01-05"] * 2
    check_frame(found.frame, INFUSIONS)
    check_frame(found.rows, LEDGER)
    assert tuple(found.rows.columns) == ROW_COLUMNS
    assert "columns not read (1): 12" in found.notes


@pytest.mark.parametrize(
    ("row", "reason", "column"),
    [
        (("P1", "2026-01-05", "", "IV", "40", "80", "no show"), "not_administered", 7),
        (("P1", "2026-01-05", "", "IV", "40", "80", "Not_Administered"), "not_administered", 7),
        (("P1", "2026-01-05", "", "IV", "held", "80", ""), "not_administered", 5),
        (("P1", "2026-01-05", "", "IV", "HELD - BP 180/110", "80", ""), "not_administered", 5),
        (("P1", "2026-01-05", "", "IV", "cancelled by pt", "80", ""), "not_administered", 5),
        (("P1", "2026-01-05", "", "IV", "40", "80", "Refused."), "not_administered", 7),
        (("P1", "2026-01-05", "", "IV", "40", "80", "Complete"), None, None),
        (("P1", "2026-01-05", "", "IV", "0", "80", "given"), "not_administered", 5),
        (("", "2026-01-05", "", "IV", "40", "80", ""), "missing_id", 1),
        (("P1", "2026-02-30", "", "IV", "40", "80", ""), "bad_date", 2),
        (("P1", "", "", "IV", "40", "80", ""), "bad_date", 2),
        (("P1", "2026-03", "", "IV", "40", "80", ""), "partial_date", 2),
        (("P1", "2035-01-01", "", "IV", "40", "80", ""), "date_out_of_range", 2),
        (("P1", "#REF!", "", "IV", "40", "80", ""), "excel_error", 2),
        (("P9", "2026-01-01", "", "IV", "40", "80", ""), "duplicate", None),
        (("Total", "", "", "", "40", "80", ""), "summary_row", None),
        (("", "", "", "", "", "", ""), "blank_row", None),
        (("P1", "2026-01-05", "", "IV"), "row_length", None),
        (("P1", "2026-01-05", "", "IV", "40 --> 50", "80-85", ""), None, None),
        (("P1", "2026-01-05", "noon", "by wire", "", "reweight", "stopped early"), None, None),
        (("NA", "2026-01-05", "", "IV", "40", "80", ""), None, None),
        (("P9", "2026-01-01", "", "IM", "40", "80", ""), None, None),
        (("P9", "2026-01-01", "10:00", "IV", "40", "80", ""), None, None),
    ],
)
def test_a_row_is_used_or_has_one_reason(extract, row, reason, column):
    clean = [(f"P{n}", "2026-01-01", "", "IV", "40", "80", "given") for n in (9, 10)]
    found = extract(table_of(HEADER, *clean, row), latest=pd.Timestamp("2026-09-30"))
    line = found.rows.iloc[2]
    assert (None if pd.isna(line["reason"]) else line["reason"]) == reason
    assert (None if pd.isna(line["column"]) else line["column"]) == column
    assert len(found.frame) == 2 + (reason is None)


def test_what_is_in_doubt_is_missing_and_counted(extract):
    found = extract(
        table_of(
            ("patient_id", "day", "dose_mg", "dosage", "weight_kg", "route", "phase"),
            ("P1", "0", "40 --> 50", "", "80-85", "IV", "first"),
            ("P1", "3", "", "40", "0", "wire", "maintenance"),
            ("P1", "7", "0.5 mg/kg", "", "80", "IV", ""),
        )
    )
    assert found.frame["dose_mg"].fillna(-1).tolist() == [-1, -1, 40]
    assert found.frame["weight_kg"].fillna(-1).tolist() == [-1, -1, 80]
    for note in (
        "dose_ambiguous: 1 rows",
        "dose_unit_unknown: 1 rows",
        "dose_derived: 1 rows",
        "weight_unreadable: 2 rows",
    ):
        assert note in found.notes
    assert sum(note.startswith(("route_unknown: 1", "phase_unknown: 1")) for note in found.notes) == 2


@pytest.mark.parametrize(
    ("cell", "route"), [("i.v.", "IV"), ("I.V.", "IV"), ("IM injection", "IM"), ("intranasal spray", "IN")]
)
def test_a_route_is_known_with_dots_and_by_how_it_is_given(extract, cell, route):
    assert extract(f"patient_id,day,route\nP1,0,{cell}\n").frame["route"].tolist() == [route]


def test_dose_and_weight_that_disagree_stay_as_written(extract):
    found = extract("patient_id,day,dose_mg,dose_mg_per_kg,weight_kg\nP1,0,40,0.5,80\nP1,3,40,0.5,100\n")
    assert found.frame[["dose_mg", "dose_mg_per_kg"]].to_numpy().tolist() == [[40, 0.5], [40, 0.5]]
    assert "dose_conflict: 1 rows" in found.notes


def test_an_implausible_dose_is_missing_while_it_is_rare_and_refused_when_it_is_common(extract, codes):
    rows = [(f"P{n}", "0", "0.5", "80") for n in range(5)]
    header = ("patient_id", "day", "dose_mg_per_kg", "weight_kg")
    found = extract(table_of(header, *rows, ("P9", "0", "40", "80")))
    assert found.frame["dose_mg_per_kg"].isna().tolist() == [False] * 5 + [True]
    assert "dose_implausible: 1 rows" in found.notes
    assert codes(table_of(header, *rows[:3], ("P9", "0", "40", "80"))) == ["E254"]


def test_weights_in_pounds_are_refused_but_one_heavy_patient_is_not(extract, codes):
    header = ("patient_id", "day", "weight_kg")
    assert codes(table_of(header, *((f"P{n}", "0", str(150 + n)) for n in range(6)))) == ["E254"]
    assert len(extract(table_of(header, ("P1", "0", "160"), ("P1", "3", "161"))).frame) == 2


def test_esketamine_is_never_converted_to_a_dose_by_weight(extract):
    found = extract("patient_id,day,drug,route,dose_mg,weight_kg\nP1,0,Esketamine,IN,84,80\n")
    assert found.frame[["dose_mg", "dose_mg_per_kg"]].isna().to_numpy().tolist() == [[False, True]]


@pytest.mark.parametrize(
    ("numbers", "conflicts"),
    [
        ([1, 2, 3, 4], []),
        ([1, 2, 2, 3], [4]),
        ([1, 2, 3, 1, 2, 3], []),
        ([1, 2, 3, 1, 5, 6], [5]),
        ([1, 3, 7], []),
        (["", "", ""], []),
        ([0, 1, 2], []),
        ([1, 1, 2], []),
        ([1, 1], [3]),
    ],
)
def test_a_number_repeated_at_a_later_date_is_a_conflict_unless_a_new_count_begins(
    extract, numbers, conflicts
):
    rows = [("P1", str(3 * place), str(number)) for place, number in enumerate(numbers)]
    found = extract(table_of(("patient_id", "day", "infusion_number"), *rows))
    assert [row for row, reason in reasons(found).items() if reason == "session_conflict"] == conflicts


def test_two_administrations_of_one_date_share_their_number(extract):
    found = extract("patient_id,day,infusion_number,route\nP1,0,1,IV\nP1,0,1,IM\nP1,4,2,IV\n")
    assert reasons(found) == {}


def test_the_same_id_at_two_sites_is_two_patients(extract):
    found = extract("patient_id,site,day,infusion_number\n1,North,0,1\n1,South,0,1\n1,South,3,1\n")
    assert reasons(found) == {4: "session_conflict"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("day,dose_mg\n0,40\n", ["E226"]),
        ("patient_id,dose_mg\nP1,40\n", ["E247"]),
        ("patient_id,infusion_date,visit_date\nP1,2026-01-01,2026-01-01\n", ["E249"]),
        ("patient_id,day,dose,dosage\nP1,0,40 mg,40 mg\n", ["E250"]),
        ("patient_id,day,status\nP1,0,pending\n", ["E250"]),
        ("patient_id,day,period\nP1,0,2026 Q1\n", ["E250"]),
        ("patient_id,infusion_date\nP1,01/02/2026\n", ["E241"]),
        ("patient_id,day,site\nP1,0,=HYPERLINK(1)\n", ["E261"]),
        ("patient_id,day,drug\nP1,0,\u202eketamine\n", ["E261"]),
        ("patient_id,day\n1.23457E+11,0\n", ["E224"]),
        ("patient_id,day\nP\u200b1,0\n", ["E222"]),
        ("patient_id,day,Patient Name\nP1,0,x\n", ["E101"]),
        ("patient_id,day,Notes\nP1,0,x\n", ["E101"]),
        ("patient_id,day\n123-45-6789,0\n", ["E102"]),
        ("patient_id,day,phase\nP1,0,She felt much better after the last infusion than ever.\n", ["E103"]),
        ("patient_id,day,phase\nP1,0,1/2/26\n", ["E104"]),
    ],
)
def test_a_file_in_doubt_asks_and_an_identified_one_is_refused(codes, text, expected):
    assert codes(text) == expected


def test_dates_that_were_not_declared_are_refused_with_the_status_of_privacy(extract):
    with pytest.raises(PrivacyError) as caught:
        extract("patient_id,infusion_date\nP1,2026-01-05\n", limited_data_set=False)
    assert (caught.value.code, caught.value.exit_code) == ("E104", 14)


def test_all_problems_of_a_file_are_raised_at_once(codes):
    text = "patient_id,infusion_date,status,site\nP1,01/02/2026,pending,<script>\n"
    assert sorted(codes(text)) == ["E241", "E250", "E261"]


def test_a_layout_names_columns_and_drops_free_text(extract, codes):
    text = "who,when,Notes\nP1,0,x\n"
    columns = {"patient_id": "who", "day": "when"}
    assert len(extract(text, columns=columns, dropped={2}).frame) == 1
    assert codes(text, columns={**columns, "route": "nowhere"}, dropped={2}) == ["E250"]


def test_a_declared_site_must_not_contradict_the_column(extract, codes):
    text = "patient_id,site,day\nP1,North,0\n"
    assert codes(text, site="South") == ["E250"]
    assert extract("patient_id,day\nP1,0\n", site="South").frame["site"].tolist() == ["South"]


def test_messages_hold_no_cell_and_no_unknown_header(extract):
    text = "patient_id,infusion_date,status,site,CANARYHEAD\nCANARY1,01/02/2026,CANARY2,<CANARY3>,CANARY4\n"
    with pytest.raises(DataError) as caught:
        extract(text)
    assert "CANARY" not in str(caught.value)
    assert "01/02" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "patient_id,day\n",
        "patient_id,infusion_date,dose_mg,infusion_number,weight_kg\n",
        "patient_id,day\n\n\n",
    ],
)
def test_a_file_without_records_gives_empty_frames_of_the_schema(extract, text):
    found = extract(text)
    assert (len(found.frame), len(found.rows)) == (0, text.count("\n") - 1)
    check_frame(found.frame, INFUSIONS)


ROWS = st.tuples(
    st.sampled_from(["P1", "P1", "p1", "007", "7", "NA", "", "Total"]),
    st.sampled_from(["2026-01-05", "2026-01-06", "2026-02-30", "2026-03", "", "now", "1999-01-01"]),
    st.sampled_from(["", "09:30", "noon"]),
    st.sampled_from(["IV", "IM", "", "wire"]),
    st.sampled_from(["40", "40 --> 50", "held", "0", "", "40mg (0.5 mg/kg)"]),
    st.sampled_from(["80", "80-85", "", "reweight"]),
    st.sampled_from(["given", "", "no show", "NA"]),
)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.lists(ROWS | st.just(("",) * 7) | st.just(("P1", "x")), max_size=14))
def test_every_row_of_a_dirty_file_is_used_or_excluded_once(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("dirty") / "infusions.csv"
    path.write_text(table_of(HEADER, *rows), newline="")
    misfits = sum(len(row) == 2 for row in rows)
    if misfits * 2 > sum(any(row) for row in rows):
        with pytest.raises(OutcomesError, match="E212"):
            read_table(path, number=1)
        return
    found = read_infusions(read_table(path, number=1), limited_data_set=True)
    assert found.rows["row_uid"].tolist() == [f"1:0:{place}" for place in range(2, len(rows) + 2)]
    assert (found.rows["status"].eq("used") == found.rows["reason"].isna()).all()
    assert set(found.rows["reason"].dropna()) <= set(REASONS)
    assert (
        found.frame["row_uid"].tolist() == found.rows.loc[found.rows["status"].eq("used"), "row_uid"].tolist()
    )
    check_frame(found.frame, INFUSIONS)


def test_the_period_of_the_first_infusion_is_that_of_the_patient_where_days_stand_for_dates(tmp_path):
    (tmp_path / "scores.csv").write_text("patient_id,day,phq9_total\nA,0,18\nA,14,7\nB,0,12\n")
    (tmp_path / "infusions.csv").write_text(
        "patient_id,day,dose_mg,route,period\nA,3,40,IV,2026Q3\nA,0,40,IV,2026Q2\nB,0,40,IV,\n"
    )
    (tmp_path / "outcomes.toml").write_text(
        '[[source]]\nfile = "scores.csv"\nrole = "scores"\n'
        '[[source]]\nfile = "infusions.csv"\nrole = "infusions"\n'
    )
    cohort = oc.load_cohort(tmp_path)
    assert cohort.patients.set_index("patient_id")["period"].fillna("").to_dict() == {"A": "2026Q2", "B": ""}


@pytest.mark.parametrize(
    ("cell", "accepted"),
    [
        ("2026Q1", True),
        ("2026", True),
        ("", True),
        ("2026Q5", False),
        ("2026q1", False),
        ("Q1 2026", False),
        ("12026", False),
    ],
)
def test_a_period_is_a_quarter_or_a_year_and_nothing_else(extract, codes, cell, accepted):
    text = f"patient_id,day,period\nP1,0,{cell}\nP2,0,2026Q2\n"
    if accepted:
        found = extract(text)
        assert found.frame["period"].fillna("").tolist() == [cell, "2026Q2"]
        assert any("the period is a year in 1 rows" in note for note in found.notes) == (cell == "2026")
    else:
        assert codes(text) == ["E250"]
        assert len(extract(text, dropped={2}).frame) == 2


def test_other_drugs_are_no_infusions_and_are_counted(extract):
    rows = ("P1,-21,Magnesium", "P1,0,Ketamine 50mg", "P2,0,Spravato nasal", "P2,3,magnesium", "P3,0,")
    found = extract("patient_id,day,drug\n" + "".join(f"{row}\n" for row in rows))
    (note,) = [note for note in found.notes if note.startswith("other_drug")]
    assert note == "other_drug: 2 rows name neither ketamine nor esketamine; they are no infusions"
    assert found.frame["patient_id"].tolist() == ["P1", "P2", "P3"]


@pytest.mark.parametrize("drug", ["S ketamine", "s-ketamine", "Spravato", "esketamine nasal"])
def test_no_dose_of_esketamine_is_derived_from_a_weight(read, drug):
    table = read(f"patient_id,day,drug,dose_mg_per_kg,weight_kg\nP1,0,{drug},0.5,80\nP2,0,ketamine,0.5,80\n")
    frame = read_infusions(table, limited_data_set=False).frame
    assert frame["dose_mg"].isna().tolist() == [True, False]
