"""Formats with rules of their own, damaged in many ways: a reason, no traceback, never a cell in print."""

from __future__ import annotations

import csv
import io
import random

import pytest

import outcomes as oc
from outcomes.errors import OutcomesError

CANARY = "quokka"
GAD7 = (
    "Feeling nervous, anxious or on edge", "Not being able to stop or control worrying",
    "Worrying too much about different things", "Trouble relaxing",
    "Being so restless it is hard to sit still",
    "Becoming easily annoyed or irritable", "Feeling afraid as if something awful might happen",
)  # fmt: skip
DATED = 'limited_data_set = true\n[columns]\ntime_zone = "America/New_York"\n'


def to_csv(rows) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def qualtrics() -> list:
    names = ["StartDate", "EndDate", "Status", "ExternalReference", *(f"Q{n}" for n in range(1, 8))]
    texts = ["Start", "Ende", "Typ", "Referenz", *(f"Over the last 2 weeks - {text}" for text in GAD7)]
    answers = [["2026-03-01 09:00", f"2026-03-{n:02d} 09:10", "0", f"P-{n}", *"0123012"] for n in range(1, 9)]
    return [names, texts, [f'{{"ImportId":"{name}"}}' for name in names], *answers]


def legacy() -> list:
    names = ["V1", "V2", "V3", *(f"Q{n}" for n in range(1, 8)), ""]
    texts = ["ResponseID", "ExternalDataReference", "EndDate", *GAD7, ""]
    return [names, texts, *([f"R_{n}", f"P-{n}", f"2026-03-{n:02d}", *"0123012", ""] for n in range(1, 9))]


def cdisc() -> list:
    head = ["USUBJID", "QSTESTCD", "QSTEST", "QSCAT", "QSORRES", "QSSTRESN", "QSSTAT", "QSDTC"]
    words = ("Not at all", "Several days", "More than half the days", "Nearly every day")
    return [head] + [
        [f"S-{n}", f"GAD010{i}", f"GAD01-{text}", "GAD-7", words[i % 4], str(i % 4), "", f"2026-03-{n:02d}"]
        for n in range(1, 5)
        for i, text in enumerate(GAD7, start=1)
    ]


def synthea() -> list:
    head = ["DATE", "PATIENT", "ENCOUNTER", "CATEGORY", "CODE", "DESCRIPTION", "VALUE", "UNITS", "TYPE"]
    return [head] + [
        [
            f"2026-03-{n:02d}T12:00:00Z",
            f"p-{n}",
            "e-1",
            "survey",
            "70274-6",
            "GAD-7",
            f"{n}.0",
            "s",
            "numeric",
        ]
        for n in range(1, 9)
    ]


def transposed() -> list:
    return [["Day", "P-1", "P-2", "P-3"], *([f"Day {n}", str(n), "", "7"] for n in range(1, 9))]


def domains() -> list:
    head = ["patient_id", "date", "scale", "score_domain", "score"]
    return [head] + [[f"P-{n}", f"2026-03-{n:02d}", "PHQ-9", "raw", str(n)] for n in range(1, 9)]


FORMATS = {
    "qualtrics": (qualtrics, DATED, 8),
    "legacy": (legacy, DATED, 8),
    "cdisc": (cdisc, DATED, 4),
    "synthea": (synthea, DATED, 8),
    "transposed": (transposed, 'orientation = "patients-in-columns"\n[phq9]\n', 16),
    "domains": (domains, DATED, 8),
}


@pytest.fixture
def run(tmp_path):
    """All that inspecting and loading a file says."""

    def runner(data: bytes, layout: str) -> str:
        path = tmp_path / "export.csv"
        path.write_bytes(data)
        said = []
        for verb in (oc.inspect_source, oc.load_cohort):
            try:
                found = verb(path, layout=layout)
            except OutcomesError as error:
                said.append(str(error))
                continue
            said.append(str(found) if verb is oc.inspect_source else "\n".join(found.notes))
            if verb is oc.load_cohort:
                said.append(found.ledger.to_csv())
        return "\n".join(said)

    return runner


@pytest.mark.parametrize("name", FORMATS)
def test_the_sound_file_loads(name, tmp_path):
    make, layout, count = FORMATS[name]
    path = tmp_path / "export.csv"
    path.write_text(to_csv(make()))
    cohort = oc.load_cohort(path, layout=layout)
    assert (len(cohort.scores), cohort.ledger["status"].eq("used").all()) == (count, True)


@pytest.mark.parametrize("name", FORMATS)
def test_no_cell_and_no_header_is_ever_printed(name, run):
    make, layout, _ = FORMATS[name]
    for column in range(len(make()[0])):
        for rows in (slice(0, 2), slice(2, None)):
            table = make()
            for line in table[rows]:
                line[column] = CANARY
            assert CANARY not in run(to_csv(table).encode(), layout)


@pytest.mark.parametrize("name", FORMATS)
def test_damage_ends_with_a_reason_and_every_row_counted(name, run):
    make, layout, _ = FORMATS[name]
    whole = to_csv(make()).encode()
    chance = random.Random(7)
    for _ in range(10):
        data = bytearray(whole)
        for place in chance.sample(range(len(data)), 3):
            data[place] = chance.choice(b'019,;"\r\n-Zq ')
        assert "E900" not in run(bytes(data), layout)
    for cut in range(0, len(whole), len(whole) // 6):
        assert "E900" not in run(whole[:cut], layout)
