"""Cases of the exports of systems: FHIR resources, Qualtrics, CDISC QS and observations by code."""

import copy
import json

from .case import Case
from .files import LIMITED, as_csv, one

PHQ9 = ("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8")
LA = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")
NEW_YORK = LIMITED + '[columns]\ntime_zone = "America/New_York"\n'
LOINC = "http://loinc.org"


def response(
    patient: str | None, answers: list[int], when: str | None = "2026-03-01", total: int | None = None
) -> dict:
    """A QuestionnaireResponse of the PHQ-9."""
    items = [
        {"linkId": f"/{code}", "answer": [{"valueCoding": {"system": LOINC, "code": LA[score]}}]}
        for code, score in zip(PHQ9, answers, strict=True)
    ]
    if total is not None:
        items.append({"linkId": "/44261-6", "answer": [{"valueInteger": total}]})
    made = {"resourceType": "QuestionnaireResponse", "status": "completed", "item": items}
    made |= {} if patient is None else {"subject": {"reference": f"Patient/{patient}"}}
    return made | ({} if when is None else {"authored": when})


def observation(patient: str, code: str, value: int, when: str = "2026-03-01") -> dict:
    """An Observation of a total."""
    return {
        "resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{patient}"},
        "code": {"coding": [{"system": LOINC, "code": code}]}, "effectiveDateTime": when,
        "valueInteger": value,
    }  # fmt: skip


GOOD = [response(f"P{row:02}", [(row + place) % 3 for place in range(9)]) for row in range(1, 13)]
ANSWERS = [1, 2, 1, 2, 1, 1, 1, 1, 0]  # add to 10


def stated(made: dict) -> dict:
    """The items of a response, and their sum as its total."""
    codes = [item["answer"][0]["valueCoding"]["code"] for item in made["item"]]
    total = {"linkId": "/44261-6", "answer": [{"valueInteger": sum(map(LA.index, codes))}]}
    return {"item": [*made["item"], total]}


def ndjson(*more: dict | str, good: list[dict] = GOOD) -> dict:
    """Good responses and further resources, one a line (the first is line 13)."""
    lines = [one if isinstance(one, str) else json.dumps(one) for one in [*good, *more]]
    return one("\n".join(lines) + "\n", "export.ndjson")


def bundle(*more: dict) -> dict:
    """Good responses and further resources as the entries of a Bundle."""
    entries = [{"resource": resource} for resource in [*GOOD, *more]]
    return one(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}), "export.json")


def weighted() -> dict:
    """A response whose top answer states a weight of 4."""
    made = response("P13", [3, 2, 1, 2, 1, 1, 1, 1, 0])
    coding = made["item"][0]["answer"][0]["valueCoding"]
    coding["extension"] = [
        {"url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": 4.0}
    ]
    return made


def displayed() -> dict:
    """A response whose subject is named."""
    made = response("P13", ANSWERS)
    return made | {"subject": {"reference": "Patient/P13", "display": "Jo Doe"}}


def named_item() -> dict:
    """A response with an item that asks for the name."""
    made = copy.deepcopy(response("P13", ANSWERS))
    made["item"].insert(0, {"linkId": "patientName", "answer": [{"valueString": "Jo Doe"}]})
    return made


def stu3(when: str) -> dict:
    """A response in the shape of an older version of FHIR."""
    made = response("P13", ANSWERS, when)
    return made | {
        "questionnaire": {"reference": "Questionnaire/phq9"},
        "context": {"reference": "Encounter/1"},
    }


PATIENT = {"resourceType": "Patient", "id": "P01", "name": [{"family": "Doe", "given": ["Jo"]}]}
ASKED = [f"Over the last 2 weeks - {text}" for text in (
    "Little interest or pleasure in doing things", "Feeling down, depressed, or hopeless",
    "Trouble falling or staying asleep, or sleeping too much", "Feeling tired or having little energy",
    "Poor appetite or overeating", "Feeling bad about yourself", "Trouble concentrating on things",
    "Moving or speaking so slowly", "Thoughts that you would be better off dead",
)]  # fmt: skip
SURVEY = ["StartDate", "EndDate", "Status", "IPAddress", "Finished", "ResponseId", "ExternalReference"]


def qualtrics(*more: list[object], ip: str = "") -> dict:
    """A Qualtrics export of a PHQ-9 with text answers; further rows are lines 16, 17 ..."""
    names = [*SURVEY, *[f"Q1_{number}" for number in range(1, 10)]]
    words = ("Not at all", "Several days", "More than half the days", "Nearly every day")
    rows: list[list[object]] = [
        names,
        [*SURVEY, *ASKED],
        [json.dumps({"ImportId": name}, separators=(",", ":")) for name in names],
    ]
    for row in range(1, 13):
        answers = [words[(row + place) % 4] for place in range(9)]
        day = f"2026-03-{row:02} 09:00:00"
        rows.append([day, day, "0", ip, "1", f"R_{row}", f"P{row:02}", *answers])
    return one(as_csv([*rows, *more]))


TESTED = [
    "2026-03-20 09:00:00",
    "2026-03-20 09:05:00",
    "1",
    "",
    "True",
    "R_99",
    "P99",
    *["Not at all"] * 9,
]
QS = [
    "STUDYID",
    "DOMAIN",
    "USUBJID",
    "QSSEQ",
    "QSTESTCD",
    "QSTEST",
    "QSCAT",
    "QSORRES",
    "QSSTRESN",
    "QSSTAT",
    "QSDTC",
    "VISIT",
    "VISITNUM",
]


TESTS = [f"PHQ01-{text}" for text in (
    "Little Interest/Pleasure in Things", "Feeling Down Depressed or Hopeless",
    "Trouble Falling or Staying Asleep", "Feeling Tired or Little Energy", "Poor Appetite or Overeating",
    "Feeling Bad About Yourself", "Trouble Concentrating on Things", "Moving Slowly or Fidgety/Restless",
    "Thoughts You Be Better Off Dead", "Difficult to Work/Take Care Things", "Total Score",
)]  # fmt: skip


def qs(patient: str, day: str, scores: list[int], *, stat: str = "") -> list[list[object]]:
    """The QS rows of one PHQ-9: nine items, difficulty, total."""
    values = [*scores, 1, sum(scores)]
    return [
        [
            "S1",
            "QS",
            patient,
            number,
            f"PHQ01{number:02}",
            text,
            "PHQ-9",
            "" if stat else value,
            "" if stat else value,
            stat,
            day,
            "BASELINE",
            1,
        ]
        for number, (text, value) in enumerate(zip(TESTS, values, strict=True), start=1)
    ]


def cdisc(*more: list[object]) -> dict:
    """A QS table of six people and further rows (the first is row 68)."""
    rows = [
        row
        for number in range(1, 7)
        for row in qs(f"S1-{number:03}", f"2026-03-{number:02}", [(number + place) % 3 for place in range(9)])
    ]
    return one(as_csv([QS, *rows, *more]))


OBSERVED = "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE\n"
CODED = OBSERVED + "".join(
    f"2026-03-{row:02},P{row:02},E{row},survey,70274-6,GAD-7 total,{row}.0,score,numeric\n"
    for row in range(1, 13)
)  # fmt: skip

CASES = (
    Case(
        "109",
        "a questionnaire for teens by its code",
        one(CODED + "2026-03-20,P01,E1,survey,89204-2,PHQ-9 teen,9.0,score,numeric\n"),
        layout=LIMITED,
        reasons={14: "lookalike"},
    ),
    Case(
        "114",
        "a response without subject",
        ndjson(response(None, ANSWERS)),
        layout=LIMITED,
        reasons={13: "missing_id"},
    ),
    Case(
        "114b",
        "a response without date",
        ndjson(response("P13", ANSWERS, None)),
        layout=LIMITED,
        reasons={13: "bad_date"},
    ),
    Case(
        "115",
        "a number under the code of the panel",
        ndjson(observation("P13", "44249-1", 20)),
        layout=LIMITED,
        reasons={13: "panel_code"},
    ),
    Case("116", "a weight of 4 for the top answer", ndjson(weighted()), "E273", layout=LIMITED),
    Case(
        "117",
        "a stated total that is not the sum",
        ndjson(response("P13", ANSWERS, total=13), good=[{**one, **stated(one)} for one in GOOD]),
        layout=LIMITED,
        reasons={13: "total_mismatch"},
    ),
    Case("118", "a patient with a name", bundle(PATIENT), "E101", layout=LIMITED),
    Case("118b", "a subject with a name", ndjson(displayed()), "E101", layout=LIMITED),
    Case("118c", "an item that asks for the name", ndjson(named_item()), "E101", layout=LIMITED),
    Case(
        "119",
        "a response and its observation, equal",
        ndjson(response("P13", ANSWERS), observation("P13", "44261-6", 10)),
        layout=LIMITED,
        reasons={14: "duplicate"},
    ),
    Case(
        "119b",
        "a response and its observation, different",
        ndjson(response("P13", ANSWERS), observation("P13", "44261-6", 11)),
        layout=LIMITED,
        reasons={13: "conflicting_duplicate", 14: "conflicting_duplicate"},
    ),
    Case("120", "a broken line", ndjson('{"resourceType": "Questionn'), "E274", layout=LIMITED, says=("13",)),
    Case(
        "120b",
        "the source of a definition",
        one("Profile: Phq9\nParent: Questionnaire\n", "export.fsh"),
        "E219",
    ),
    Case(
        "120c",
        "the source of an extraction",
        one("resourceType: Questionnaire\nid: phq9\n", "export.yaml"),
        "E219",
    ),
    Case(
        "121", "an older version, stamp with Z", ndjson(stu3("2026-03-02T00:36:41Z")), "E245", layout=LIMITED
    ),
    Case(
        "121b",
        "an older version, stamp with Z and the clinic's zone",
        ndjson(stu3("2026-03-02T00:36:41Z")),
        layout=NEW_YORK,
        totals=(*[9] * 12, 10),
    ),
    Case(
        "122",
        "nine decimals of a second",
        ndjson(response("P13", ANSWERS, "2026-03-01T09:00:00.123456789-05:00")),
        layout=NEW_YORK,
        totals=(*[9] * 12, 10),
    ),
    Case("127", "a Qualtrics preview", qualtrics(TESTED), layout=LIMITED, reasons={16: "test_response"}),
    Case(
        "127b",
        "a Qualtrics address of a computer",
        qualtrics(ip="10.0.0.1"),
        "E101",
        layout=LIMITED,
        says=("anonym",),
    ),
    Case("128", "CDISC difficulty beside the total", cdisc(), layout=LIMITED, totals=(9,) * 6),
    Case(
        "129",
        "CDISC not done",
        cdisc(*qs("S1-007", "2026-03-07", [0] * 9, stat="NOT DONE")),
        layout=LIMITED,
        reasons=dict.fromkeys(range(68, 79), "not_done"),
    ),
    Case(
        "129b",
        "CDISC partial date",
        cdisc(*qs("S1-007", "2026-03", [0] * 9)),
        layout=LIMITED,
        reasons=dict.fromkeys(range(68, 79), "partial_date"),
    ),
)
