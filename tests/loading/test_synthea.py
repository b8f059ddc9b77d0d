"""Synthea observations: totals by LOINC code; the version for teens is never taken for the PHQ-9."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import DataError, DefinitionError

HEAD = "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE\n"
ZONED = 'limited_data_set = true\n[columns]\ntime_zone = "America/New_York"\n'


def line(code: str, value: str, *, patient="p-1", stamp="2026-03-02T15:00:00Z", kind="numeric") -> str:
    return f"{stamp},{patient},e-1,survey,{code},Some score,{value},{{score}},{kind}\n"


@pytest.fixture
def load(tmp_path):
    def loader(text: str, layout: str = ZONED):
        path = tmp_path / "observations.csv"
        path.write_text(text)
        return oc.load_cohort(path, layout=layout)

    return loader


def reasons(cohort) -> list:
    return [None if reason is pd.NA else reason for reason in cohort.ledger["reason"]]


def test_totals_are_known_by_their_codes(load):
    cohort = load(HEAD + line("44261-6", "14.0") + line("70274-6", "8.0") + line("101698-9", "41.0"))
    assert dict(zip(cohort.scores["instrument"], cohort.scores["total"], strict=True)) == {
        "phq9": 14, "gad7": 8, "pcl5": 41,
    }  # fmt: skip
    assert cohort.scores["visit"].isna().all()


def test_all_other_codes_are_not_ours_however_many(load):
    text = line("55758-7", "4.0") + line("8302-2", "170.2") + line("72166-2", "Never smoker", kind="text") * 5
    assert reasons(load(HEAD + text + line("70274-6", "8.0"))) == ["other_instrument"] * 7 + [None]


@pytest.mark.parametrize("code", ["89204-2", "89206-7"])
def test_the_form_for_teens_counts_only_where_the_layout_says_so(load, code):
    text = HEAD + line(code, "14.0") + line("70274-6", "8.0")
    cohort = load(text)
    assert reasons(cohort) == ["lookalike", None]
    assert any("teens" in note for note in cohort.notes)
    told = load(text, f'codes = {{ "{code}" = "phq9" }}\n' + ZONED)
    assert (reasons(told), told.scores["total"].tolist()) == ([None, None], [8, 14])


def test_the_pcl_for_dsm_iv_is_a_lookalike(load):
    assert reasons(load(HEAD + line("70221-7", "44.0") + line("70274-6", "8.0"))) == ["lookalike", None]


def test_codes_of_a_layout_map_to_instruments(load):
    with pytest.raises(DefinitionError, match="E603"):
        load(HEAD + line("70274-6", "8.0"), 'codes = { "89204-2" = "hamd" }\n' + ZONED)


def test_stamps_need_the_time_zone_of_the_clinic(load):
    text = HEAD + line("70274-6", "8.0", stamp="2026-03-02T03:00:00Z")
    with pytest.raises(DataError, match="E245"):
        load(text, "limited_data_set = true\n")
    assert load(text).scores["date"].dt.day.tolist() == [1]


def test_a_total_out_of_range_is_excluded(load):
    rows = "".join(line("70274-6", "8.0", patient=f"p-{n}") for n in range(9))
    assert reasons(load(HEAD + line("70274-6", "22.0") + rows)) == ["out_of_range"] + [None] * 9


def test_the_printed_layout_keeps_the_codes(tmp_path):
    path = tmp_path / "observations.csv"
    path.write_text(HEAD + line("89204-2", "14.0"))
    report = oc.inspect_source(path, layout='codes = { "89204-2" = "phq9" }\n' + ZONED)
    assert (report.kind, report.instruments) == ("synthea", ("phq9",))
    assert 'codes = { "89204-2" = "phq9" }' in report.layout
    assert oc.load_cohort(path, layout=report.layout).scores["total"].tolist() == [14]
