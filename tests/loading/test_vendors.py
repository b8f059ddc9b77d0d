"""Exports as vendors write them, and other instruments that look like ours."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.definitions.instrument import get_instrument
from outcomes.errors import DataError, OutcomesError, PrivacyError

DATED = "limited_data_set = true\n"
FORM = "client_id,First Opened,Date Submited,PHQ9Total,GAD7Total\n"
IAPT = "PATIENT_ID,APPOINTMENT DATE,ATTENDANCE,PHQ9_SCORE,GAD7SCORE\n"
MIRAH = "patient_id,episode,date,scale,score_domain,score\n"


@pytest.fixture
def load(tmp_path):
    def loader(text: str, layout: str = DATED):
        path = tmp_path / "export.csv"
        path.write_text(text)
        return oc.load_cohort(path, layout=layout)

    return loader


@pytest.fixture
def ask(load):
    """The codes of the problems for which a file is refused."""

    def asker(text: str, layout: str = DATED) -> list:
        with pytest.raises(OutcomesError) as caught:
            load(text, layout)
        return [problem.code for problem in caught.value.found]

    return asker


def reasons(cohort) -> list:
    return [None if reason is pd.NA else reason for reason in cohort.ledger["reason"]]


def totals(cohort) -> dict:
    return {id: rows["total"].tolist() for id, rows in cohort.scores.groupby("instrument")}


def columns(stem: str, first: int, last: int) -> str:
    return ",".join(f"{stem}{number}" for number in range(first, last + 1))


class TestForms:
    ROWS = "A,3/14/2026 9:05:00,2026-03-15,12,7\nB,3/2/2026 21:30:10,2026-03-03,4,\n"

    def test_the_day_of_opening_and_the_day_of_sending_are_a_question(self, ask):
        assert ask(FORM + self.ROWS) == ["E249"]

    def test_either_may_be_the_date(self, load):
        sent = load(FORM + self.ROWS, DATED + '[columns]\ndate = "Date Submited"\n')
        assert totals(sent) == {"gad7": [7], "phq9": [12, 4]}
        assert sent.scores["date"].dt.day.tolist() == [15, 15, 3]
        opened = load(
            FORM + self.ROWS,
            DATED + '[columns]\ndate = "First Opened"\ndate_format = "%m/%d/%Y %H:%M:%S"\n',
        )
        assert opened.scores["date"].dt.day.tolist() == [14, 14, 2]
        assert opened.scores["clock"].tolist() == [32_700, 32_700, 77_410]

    def test_a_date_of_birth_refuses_the_file(self, load):
        with pytest.raises(PrivacyError, match="E101"):
            load(FORM.replace("PHQ9Total", "Date of birth,PHQ9Total") + "A,,2026-03-15,1990-01-01,12,7\n")


class TestAppointments:
    def test_scores_are_read_and_appointments_that_were_missed_have_none(self, load):
        attended = "".join(f"P{number},2026-03-{number:02d},Attended,12,7\n" for number in range(1, 10))
        cohort = load(IAPT + attended + "P1,2026-04-01,Did not attend,,\nP2,2026-04-01,Cancelled,NA,NA\n")
        assert reasons(cohort) == [None] * 9 + ["missing_score"] * 2
        assert totals(cohort) == {"gad7": [7] * 9, "phq9": [12] * 9}

    def test_many_missed_appointments_are_accepted_by_their_number(self, tmp_path):
        rows = "A,2026-03-01,Attended,12,7\nA,2026-03-08,Did not attend,,\n"
        (tmp_path / "export.csv").write_text(IAPT + rows)
        settings = DATED + 'observed_until = 2026-06-30\n[[source]]\nfile = "export.csv"\nrole = "scores"\n'
        (tmp_path / "outcomes.toml").write_text(settings)
        with pytest.raises(DataError, match="E251"):
            oc.load_cohort(tmp_path)
        (tmp_path / "outcomes.toml").write_text(settings + "accept_exclusions = 1\n")
        assert reasons(oc.load_cohort(tmp_path)) == [None, "missing_score"]


class TestScoreDomains:
    def test_only_the_raw_score_is_a_score(self, load):
        rows = (
            "A,1,2026-03-01,PHQ-9,raw,12\nA,1,2026-03-01,PHQ-9,normed,61.5\nA,1,2026-03-01,PHQ-9,interpreted,Moderate\n"
            "A,1,2026-03-01,GAD-7,Raw,7\nA,1,2026-03-01,BASIS-24,raw,1.9\nB,2,2026-03-02,PHQ-9,,27\n"
        )
        cohort = load(MIRAH + rows)
        other = "other_instrument"
        assert reasons(cohort) == [None, other, other, None, other, other]
        assert totals(cohort) == {"gad7": [7], "phq9": [12]}
        assert any("other than the raw one" in note for note in cohort.notes)

    def test_a_file_without_raw_scores_has_no_usable_row(self, ask):
        assert ask(MIRAH + "A,1,2026-03-01,PHQ-9,normed,61\n") == ["E252"]


class TestLookalikes:
    """Every line of the table of lookalikes: none of them is ever read as one of ours."""

    @pytest.mark.parametrize(
        "text",
        [
            f"id,day,{columns('pcl_', 1, 17)}\nA,0{',3' * 17}\n",  # 17 items, 1-5
            f"id,day,{columns('pcl5_', 1, 17)}\nA,0{',3' * 17}\n",
            "id,day,pclc_total\nA,0,45\n",
            f"id,day,{columns('pclc', 1, 17)}\nA,0{',3' * 17}\n",
            f"id,day,{columns('pcl_c', 1, 17)}\nA,0{',3' * 17}\n",
            f"id,day,{columns('pcl_c_', 1, 17)}\nA,0{',3' * 17}\n",
            "id,day,PCL-M\nA,0,45\n",
            "id,day,pcl_s_score\nA,0,45\n",
            "id,day,pcl5w_total\nA,0,45\n",
            f"id,day,{columns('pcl5w_', 1, 20)}\nA,0{',2' * 19},0\n",
            "id,day,phq8_total\nA,0,14\n",
            f"id,day,{columns('phq8_', 1, 8)}\nA,0{',1' * 7},0\n",
            f"id,day,{columns('phq', 1, 8)}\nA,0{',1' * 7},0\n",
            f"id,day,{columns('phq9_', 1, 8)}\nA,0{',1' * 7},0\n",
            "id,day,phq4\nA,0,9\n",
            "id,day,phq2_total\nA,0,5\n",
            "id,day,phq2_1,phq2_2\nA,0,1,0\n",
            f"id,day,{columns('phq4_', 1, 4)}\nA,0{',1' * 3},0\n",
            "id,day,gad2_total\nA,0,5\n",
            "id,day,gad2_1,gad2_2\nA,0,1,0\n",
            "id,day,PHQ-A total\nA,0,14\n",
            f"id,day,{columns('phqa_', 1, 9)}\nA,0{',1' * 8},0\n",
            f"id,day,{columns('phq9m_', 1, 9)}\nA,0{',1' * 8},0\n",
        ],
    )
    def test_a_file_of_another_instrument_is_refused(self, ask, text):
        assert ask(text) == ["E257"]

    def test_a_symptom_cluster_is_no_version(self, load):
        clusters = zip("bcde", (5, 2, 7, 6), strict=True)
        header = ",".join(columns(f"pcl_{letter}", 1, size) for letter, size in clusters)
        assert totals(load(f"id,day,{header}\nA,0{',2' * 19},0\n")) == {"pcl5": [38]}

    def test_weeks_in_a_name_may_be_visits_and_are_asked(self, ask):
        assert ask(f"id,day,{columns('pcl5_week_', 1, 20)}\nA,0{',2' * 19},0\n") == ["E255"]

    @pytest.mark.parametrize(
        ("stem", "size", "answered"),
        [("phq9_", 9, 2), ("phq9_", 9, 8), ("gad7_", 7, 2), ("GAD-7 item ", 7, 2)],
    )
    def test_first_items_alone_are_a_short_form(self, load, ask, stem, size, answered):
        header = f"id,day,{columns(stem, 1, size)}\n"
        short = ",1" * (answered - 1) + ",0"
        for blank in ("", "NA"):
            assert ask(f"{header}A,0{short}{f',{blank}' * (size - answered)}\n") == ["E257"]
        whole = load(f"{header}A,0{short}{',' * (size - answered)}\nB,0{',1' * size}\n")
        assert whole.scores["total"].tolist() == [pd.NA, size]

    def test_no_other_number_of_first_items_is_a_short_form(self, load):
        scores = load(f"id,day,{columns('phq9_', 1, 9)}\nA,0,1,0,2,,,,,,\n").scores
        assert scores["n_items_answered"].tolist() == [3]

    def test_questions_about_the_past_week_are_another_pcl(self, ask, load):
        for lead, asked in (("In the past month: ", []), ("In the past week: ", ["E257"])):
            stems = [item.stem.replace('"', '""') for item in get_instrument("pcl5").items]
            header = ",".join(f'"{lead}{stem}"' for stem in stems)
            text = f"id,day,{header}\nA,0{',2' * 19},0\n"
            assert (ask(text) if asked else totals(load(text))) == (asked or {"pcl5": [38]})

    def test_columns_of_another_instrument_may_be_dropped(self, load):
        text = f"id,day,phq9_total,{columns('gad7_', 1, 7)}\nA,0,12,1,0,,,,,\n"
        dropped = load(text, f"[columns]\ndrop = {list(range(4, 11))}\n")
        assert totals(dropped) == {"phq9": [12]}

    def test_names_of_the_caps_interview_are_asked(self, ask):
        names = [f"B{n}" for n in range(1, 6)] + ["C1", "C2"] + [f"D{n}" for n in range(1, 8)]
        names += [f"E{n}" for n in range(1, 7)]
        assert "E257" in ask(f"id,day,{','.join(names)}\nA,0{',2' * 20}\n")

    @pytest.mark.parametrize(
        "name",
        ["PHQ-8", "PHQ-2", "PHQ-4", "GAD-2", "PHQ-A", "PHQ-9M", "PHQ-9 modified for teens", "PCL-C", "PCL-M",
         "PCL-S", "CAPS-5", "PCL-5 past week", "PCL5W", "PCL-5 (weekly)", "BDI-II", "HAM-D", "QIDS", "CADSS"],
    )  # fmt: skip
    def test_rows_of_another_instrument_in_a_mixed_file_are_not_ours(self, load, name):
        cohort = load(f"id,day,instrument,total\nA,0,{name},5\nA,0,PHQ-9,12\n")
        assert (reasons(cohort), totals(cohort)) == (["other_instrument", None], {"phq9": [12]})

    @pytest.mark.parametrize("header", ["bdi_total", "hamd", "qids_sum", "cadss_total", "panss"])
    def test_other_names_alone_are_no_known_instrument(self, ask, header):
        assert "E250" in ask(f"id,day,{header}\nA,0,12\n")
