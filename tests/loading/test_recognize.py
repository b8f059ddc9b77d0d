"""What a file is, and what has to be asked."""

from __future__ import annotations

import pytest

from outcomes.errors import DefinitionError
from outcomes.loading.layouts.file import read_layout
from outcomes.loading.recognize import recognize_columns

PHQ9 = ",".join(f"phq9_{number}" for number in range(1, 10))
BARE = ",".join(f"q{number}" for number in range(1, 10))
ROW = ",".join("012301230")


@pytest.fixture
def recognize(read):
    def recognizer(text: str, layout: str | None = None):
        return recognize_columns(read(text), read_layout(layout, number=1))

    return recognizer


def codes(known) -> list[str]:
    return [problem.code for problem in known.questions]


def test_patient_date_and_total_are_enough(recognize):
    known = recognize("Patient ID,Date,PHQ-9 Total\nA,2026-01-02,12\n")
    assert (known.kind, known.roles, codes(known)) == ("wide-totals", {"patient_id": 0, "date": 1}, [])
    assert known.plans[0].total == 2


def test_a_date_of_another_event_is_none_where_something_else_says_when(recognize):
    known = recognize("id,next_appointment_date,visit_date,phq9_total\nA,2026-01-09,2026-01-02,12\n")
    assert (known.roles["date"], codes(known)) == (2, [])
    known = recognize("id,consent_date,day,phq9_total\nA,2026-01-09,7,12\n")
    assert ("date" in known.roles, known.roles["day"], codes(known)) == (False, 2, [])


def test_the_appointment_is_the_visit(recognize):
    known = recognize("id,APPOINTMENT DATE,phq9_total\nA,2026-01-09,12\n")
    assert (known.roles["date"], codes(known)) == (1, [])


def test_a_total_beside_items_is_only_a_check(recognize):
    known = recognize(f"id,day,{PHQ9},phq9_total\nA,0,{ROW},12\n")
    assert (known.kind, known.plans[0].items, known.plans[0].total) == ("wide-items", tuple(range(2, 11)), 11)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("day,phq9_total\n0,12\n", "E226"),
        ("row_id,day,phq9_total\n1,0,12\n", "E226"),
        ("subject,client_id,day,phq9_total\nA,B,0,12\n", "E226"),
        ("id,phq9_total\nA,12\n", "E247"),
        ("id,date,visit_date,phq9_total\nA,2026-01-01,2026-01-02,12\n", "E249"),
        ("id,date,day,phq9_total\nA,2026-01-01,0,12\n", "E249"),
        ("id,consent_date,phq9_total\nA,2026-01-01,12\n", "E249"),
        ("id,next_appointment_date,phq9_total\nA,2026-01-01,12\n", "E249"),
        ("id,enrollment_date,trauma_date,phq9_total\nA,2026-01-01,2026-01-01,12\n", "E249"),
        ("id,days_post_session,phq9_total\nA,1,12\n", "E247"),
        ("id,day,bdi\nA,0,12\n", "E250"),
        ("id,day,medication\nA,0,Ketamine\n", "E250"),
        (f"id,day,{BARE}\nA,0,{ROW}\n", "E250"),
        ("day,patient_1,patient_2,patient_3\n0,5,6,7\n", "E250"),
        ("id,day,phq9\nA,0,3\n", "E255"),
        ("id,day,phq_total\nA,0,13\n", "E255"),
        ("id,day,b_phq9_total\nA,0,13\n", "E255"),
        ("id,day,phq8_total\nA,0,13\n", "E257"),
        ("id,day,phq2\nA,0,3\n", "E257"),
        ("id,day,phq4\nA,0,3\n", "E257"),
        ("id,day,phqa_total\nA,0,3\n", "E257"),
        ("id,day,pclc_total\nA,0,40\n", "E257"),
        (
            "id,day," + ",".join(f"phq{n}" for n in range(1, 9)) + "\nA,0," + ",".join("01230123") + "\n",
            "E257",
        ),
        (
            "id,day,"
            + ",".join(f"pcl{n}" for n in range(1, 18))
            + "\nA,0,"
            + ",".join("12345123451234512")
            + "\n",
            "E257",
        ),
        (
            "id,day,b1,b2,b3,b4,b5,c1,c2,d1,d2,d3,d4,d5,d6,d7,e1,e2,e3,e4,e5,e6\nA,0" + ",1" * 20 + "\n",
            "E257",
        ),
        ("id,Variable / Field Name,Field Type,Field Note\nA,b,c,d\n", "E250"),
        ("id,city,day,phq9_total\nA,Rome,0,12\n", "E101"),
    ],
)
def test_what_cannot_be_known_is_asked(recognize, text, code):
    assert code in codes(recognize(text))


def test_a_bare_scale_name_with_a_value_above_an_item_is_the_total(recognize):
    known = recognize("id,day,phq9,gad7\nA,0,14,4\nB,0,2,1\n")
    assert ([plan.total for plan in known.plans], codes(known)) == ([3, 2], [])


def test_bare_items_count_only_where_one_other_header_names_the_instrument(recognize):
    known = recognize(f"pid,date,{BARE},total,PHQ9.class\nA,2026-01-01,{ROW},12,Some\n")
    assert (known.plans[0].instrument.id, known.plans[0].items, known.plans[0].total) == (
        "phq9",
        tuple(range(2, 11)),
        11,
    )
    both = recognize(f"pid,date,{BARE},PHQ9.class,GAD7.class\nA,2026-01-01,{ROW},a,b\n")
    assert codes(both) == ["E250"]


def test_the_layout_names_what_the_headers_do_not(recognize):
    items = ", ".join(f'"q{n}"' for n in range(1, 10))
    known = recognize(
        f"who,when,{BARE}\nA,3,{ROW}\n",
        f'[columns]\npatient_id = "who"\nday = 2\n[phq9]\nitems = [{items}]\n',
    )
    assert (codes(known), known.roles["patient_id"], known.roles["day"]) == ([], 0, 1)
    assert known.plans[0].items == tuple(range(2, 11))


def test_a_named_total_settles_a_doubt(recognize):
    known = recognize("id,day,phq_total\nA,0,13\n", '[phq9]\nrecorded_total = "phq_total"\n')
    assert (codes(known), known.plans[0].total) == ([], 2)


def test_a_column_that_is_not_there_is_a_layout_fault(recognize):
    with pytest.raises(DefinitionError, match="E603"):
        recognize("id,day,phq9_total\nA,0,13\n", '[columns]\nvisit = "wave"\n')


def test_unknown_columns_are_not_read_or_refused(recognize):
    text = "id,day,phq9_total,mood,chair\nA,0,13,x,y\n"
    assert recognize(text).unread == (3, 4)
    assert codes(recognize(text, '[columns]\nunknown_columns = "refuse"\n')) == ["E101", "E101"]
    assert codes(recognize(text, '[columns]\ndrop = [4, 5]\nunknown_columns = "refuse"\n')) == []


def test_free_text_may_be_dropped_by_name_and_a_name_may_not(recognize):
    text = "id,day,phq9_total,Clinician Notes\nA,0,13,fine\n"
    assert codes(recognize(text)) == ["E101"]
    assert codes(recognize(text, '[columns]\ndrop = ["Clinician Notes"]\n')) == []
    assert codes(recognize(text, "[columns]\ndrop = [4]\n")) == []
    assert codes(
        recognize(text.replace("Clinician Notes", "Last Name"), '[columns]\ndrop = ["Last Name"]\n')
    ) == ["E101"]


def test_a_time_column_is_a_clock_or_a_visit(recognize):
    assert recognize("id,day,time,phq9_total\nA,0,09:30,13\n").roles["time"] == 2
    assert recognize("id,day,time,phq9_total\nA,0,week 2,13\n").roles["visit"] == 2


def test_other_instruments_beside_ours_are_noted(recognize):
    known = recognize("id,day,phq9_total,phq2_total\nA,0,13,3\n")
    assert codes(known) == []
    assert any("PHQ-2" in line for line in known.evidence)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("id,infusion_date,dose_mg,route\nA,2026-01-01,40,IV\n", "infusions"),
        ("Patient ID,Visit Date,Medication,Dosage\nA,2026-01-01,Ketamine,40 mg\n", "infusions"),
        ("id,sex,age,site\nA,F,40,X\n", "patients"),
        ("id,day,instrument,total\nA,0,PHQ-9,12\n", "long-scores"),
        ("id,day,instrument,item,value\nA,0,PHQ-9,1,2\n", "long-items"),
    ],
)
def test_kinds_are_told_apart(recognize, text, kind):
    known = recognize(text)
    assert (known.kind, codes(known)) == (kind, [])
