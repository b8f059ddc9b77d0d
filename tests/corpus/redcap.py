"""Cases of REDCap records and their dictionaries."""

from .case import Case
from .files import as_csv, folder, one
from .formats import WORDS

PCL_WORDS = ("Not at all", "A little bit", "Moderately", "Quite a bit", "Extremely")
DICTIONARY = [
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
]


def redcap(records: str, fields: list[list[object]], *, encoding: str = "utf-8", keys: str = "") -> dict:
    """A folder of REDCap records and their dictionary."""
    codebook = as_csv(
        [DICTIONARY, ["record_id", "visit", "", "text", "Record", "", "", "", "", "", "y"], *fields]
    )
    return {
        **folder(scores=(records, f'dictionary = "dictionary.csv"\n{keys}')),
        "dictionary.csv": codebook.encode(encoding),
    }


def field(
    name: str, label: str = "Item", choices: str = "", *, kind: str = "radio", flag: str = ""
) -> list[object]:
    """A line of a data dictionary."""
    validation = "date_ymd" if name.endswith("_date") else ""
    return [name, "visit", "", kind, label, choices, "", validation, "", "", flag]


def phq9_fields(glue: str = " | ", label: str = "Item") -> list[list[object]]:
    """The date and items of a PHQ-9 form, with coded choices."""
    choices = glue.join(f"{score}, {word}" for score, word in enumerate(WORDS))
    return [
        field("phq9_date", kind="text"),
        *[field(f"phq9_{number}", label, choices) for number in range(1, 10)],
    ]


def phq9_records(*more: str, head: str = "", tail: str = "") -> str:
    """Twelve saved PHQ-9 forms, and further lines (the first is row 14)."""
    names = ",".join(f"phq9_{number}" for number in range(1, 10))
    lines = [f"record_id,phq9_date,{names},visit_complete{head}"]
    lines += [
        f"{row},2026-03-{row:02},{','.join(str((row + place) % 4) for place in range(9))},2{tail}"
        for row in range(1, 13)
    ]
    return "\n".join([*lines, *more]) + "\n"


def pcl5_code_sums() -> dict:
    """PCL-5 items coded 1 to 5 whose calculated total sums the codes: 57 where the total is 37."""
    choices = " | ".join(f"{code}, {word}" for code, word in enumerate(PCL_WORDS, start=1))
    fields = [
        field("pcl5_date", kind="text"),
        *[field(f"pcl5_{n}", "Item", choices) for n in range(1, 21)],
        field("pcl5_total", kind="calc"),
    ]
    answers = [3] * 17 + [2] * 3
    head = ["record_id", "pcl5_date", *[f"pcl5_{n}" for n in range(1, 21)], "pcl5_total", "visit_complete"]
    rows = [[row, f"2026-03-{row:02}", *answers, 57, 2] for row in range(1, 7)]
    return redcap(as_csv([head, *rows]), fields)


def repeating() -> str:
    """One base row and two instances of a record."""
    names = ",".join(f"phq9_{number}" for number in range(1, 10))
    return (
        f"record_id,redcap_repeat_instrument,redcap_repeat_instance,sex,phq9_date,{names}\n"
        "1,,,1,,,,,,,,,,\n1,visit,1,,2026-03-01,0,1,2,3,0,1,2,3,0\n1,visit,2,,2026-03-08,0,0,0,0,0,0,0,0,1\n"
    )


CASES = (
    Case(
        "100",
        "PCL-5 codes 1 to 5 with words, totals of the codes",
        pcl5_code_sums(),
        totals=(37,) * 6,
        says=("recorded_total_is_code_sum",),
    ),
    Case(
        "101",
        "choices without a blank before the bar",
        redcap(phq9_records(), phq9_fields("| ")),
        twin=redcap(phq9_records(), phq9_fields()),
    ),
    Case(
        "102",
        "a dictionary that is not UTF-8",
        redcap(phq9_records(), phq9_fields(label="\u00c9tat"), encoding="cp1252"),
        twin=redcap(phq9_records(), phq9_fields()),
        says=("read as cp1252",),
    ),
    Case(
        "123",
        "REDCap base rows and instances",
        redcap(repeating(), [field("sex", "Sex", "1, F | 2, M"), *phq9_fields()]),
        reasons={2: "other_instrument"},
        totals=(12, 1),
    ),
    Case(
        "124",
        "[not completed], and check boxes of a form that was not saved",
        redcap(
            phq9_records("13,[not completed],,,,,,,,,,0,0,0", head=",side___1,side___2", tail=",0,1"),
            [*phq9_fields(), field("side", "Side effects", "1, a | 2, b", kind="checkbox")],
        ),
        reasons={14: "no_answers"},
    ),
    Case(
        "125",
        "a field that the dictionary flags",
        redcap(phq9_records(head=",code", tail=",x"), [*phq9_fields(), field("code", kind="text", flag="y")]),
        "E101",
    ),
    # The corpus says E248 (ask for the events file). Events order nothing here: the loader asks for a date,
    # or for the day of each event (visit_day), which is the same question and one code fewer.
    Case(
        "126",
        "events without dates and without their order",
        one(
            "record_id,redcap_event_name,phq9_total\n"
            + "".join(f"{row},baseline_arm_1,{row}\n{row},week_4_arm_1,{row // 2}\n" for row in range(12))
        ),
        "E248",
        asks=True,
    ),
)
