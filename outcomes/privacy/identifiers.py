"""What identifies a person: headers and values that no analysis file may hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

FREE_TEXT, PLACE = "free text", "a place"

_DENIED = (
    (
        "name surname fname lname first_name last_name forename given_name family_name middle maiden "
        "nickname initials nm",
        "a name",
    ),
    ("dob birth birthdate born bday date_of_birth", "a date of birth"),
    ("ssn social_security soc_sec sin nino nhs_number tax_id", "a national number"),
    (
        "mrn medical_record chart_no chart_number account acct member_id policy insurance_id encounter_id "
        "beneficiary mbi medicaid medicare",
        "a record or insurance number",
    ),
    ("phone tel telephone mobile cell fax email e_mail contact", "contact data"),
    ("ip ip_address", "another identifier"),  # before places: no street
    ("address street city town county zip postcode postal latitude longitude", PLACE),
    ("note notes comment comments narrative free_text remarks memo", FREE_TEXT),
    (
        "url device_id serial license plate vin guardian spouse emergency next_of_kin employer "
        "provider_name survey_identifier paciente",
        "another identifier",
    ),
)
_EXEMPT = frozenset((
    "site_name", "clinic_name", "scale_name", "instrument_name", "questionnaire_name", "measure_name",
    "test_name", "form_name", "visit_name", "event_name", "redcap_event_name", "unique_event_name",
    "drug_name", "medication_name", "cell_count",
))  # fmt: skip
_STEMS = frozenset(("phq", "phq9", "gad", "gad7", "pcl", "pcl5"))
_AFTER_FIRST = frozenset((
    "infusion", "dose", "score", "session", "visit", "treatment", "opened", "day", "date", "injection",
    "assessment", "administration", "total", "week", "weeks", "month", "two", "2",
))  # fmt: skip
_LONGEST_NAME_HEADER = 3  # words; "over the last two weeks ..." is a question, "patient last" is a name
_ID_ALONE = re.compile(r"^id_?2$")
_ZERO_WIDTH = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\u202a-\u202e\u2066-\u2069]")

_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_IDENTIFYING = re.compile(
    "|".join(
        (
            r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])",  # social security number
            r"[^\s@,;]+@[^\s@,;]+\.[a-z]{2,}",  # e-mail
            r"(?<![\d-])(?:\+?1[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\d-])",  # phone
            r"\+\d{1,3}[ ()-]*\d[\d ()-]{6,}\d",  # phone with a country code
            r"https?://|\bwww\.",
            rf"(?<![\d.])(?:{_OCTET}\.){{3}}{_OCTET}(?![\d.])",  # IP address
            r"(?<![\d-])\d{5}-\d{4}(?![\d-])",  # ZIP+4
        )
    ),
    re.IGNORECASE,
)
_TITLED = re.compile(r"\b(?:Mr|MR|Mrs|MRS|Ms|Dr|DR|Miss|Mx)\.? +[^\W\d_]{2,}")
_LAST_FIRST = re.compile(
    r"[^\W\d_][^\W\d_.'’ -]*(?:[ '’-][^\W\d_]+){0,3} ?, ?[^\W\d_]+(?:[ .'’-]{1,2}[^\W\d_]*){0,3}"
)
_YEAR_FIRST = re.compile(r"(?<!\d)(?P<year>\d{4})([-/.])(?P<a>\d{1,2})\2(?P<b>\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(
    r"(?<![\d.-])(?P<a>\d{1,2})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<year>\d{4}|\d{2})(?![\d.-])"
)
_MONTH_DATE = re.compile(
    rf"\b\d{{1,2}}[ .-]+{_MONTHS}[ .,-]+\d{{2,4}}\b|\b{_MONTHS}[ .]+\d{{1,2}},? +\d{{4}}\b", re.IGNORECASE
)
VALUE_CODES = ("E102", "E103", "E104", "E105")
"""What find_identifier_values finds, in this order."""

OLDEST = 89
"""An age above it identifies a person, E105."""

_SENTENCE_LENGTH, _SENTENCE_BLANKS = 40, 4


class HeaderFinding(NamedTuple):
    """Why a header refuses its file; `droppable` where a layout may drop the column by name (free text, a
    place).
    """

    code: str
    wording: str
    droppable: bool


class ValueFinding(NamedTuple):
    """Why a value refuses its file: the code, the position of the first such cell, and how many there are."""

    code: str
    position: int
    n_cells: int


def normalize_header(text: str) -> str:
    """The header in lower case words joined by one underscore, so that spellings of one name agree.

    Parameters
    ----------
    text : str, the header as in the file

    Returns
    -------
    str, empty where the header holds no letter and no digit

    Examples
    --------
    >>> from outcomes.privacy.identifiers import normalize_header
    >>> [normalize_header(text) for text in ("PHQ9Total", "Patient ID", " Dose (mg) ", "phq9Date")]
    ['phq9_total', 'patient_id', 'dose_mg', 'phq9_date']
    """
    text = _ZERO_WIDTH.sub("", unicodedata.normalize("NFKC", text))
    text = re.sub(r"</?[A-Za-z][^<>]*>", " ", text)
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=\d)(?=[A-Z][A-Za-z])", "_", text)
    return re.sub(r"[\W_]+", "_", text.lower()).strip("_")


def find_identifier_header(header: str) -> HeaderFinding | None:
    """Say whether a column's header names something that identifies a person.

    Parameters
    ----------
    header : str, as in the file or normalized

    Returns
    -------
    HeaderFinding (code "E101", wording, droppable), or None

    Notes
    -----
    A header is refused if a word for a name, birth date, number, contact, place or note is a whole word of
    it. `first` and `last` refuse in headers of at most three words, unless a clinical word follows
    (`first_infusion_day`) or an instrument precedes (`phq9_last`).

    Examples
    --------
    >>> from outcomes.privacy.identifiers import find_identifier_header
    >>> find_identifier_header("Patient Name").wording
    'a name'
    >>> find_identifier_header("infusion_number") is None
    True
    """
    name = normalize_header(header)
    if name in _EXEMPT:
        return None
    padded = f"_{name}_"
    for words, wording in _DENIED:
        if any(f"_{word}_" in padded for word in words.split()):
            return HeaderFinding("E101", wording, wording in (FREE_TEXT, PLACE))
    if _names_a_person(name.split("_")):
        return HeaderFinding("E101", "a name", False)
    return HeaderFinding("E101", "another identifier", False) if _ID_ALONE.match(name) else None


def find_identifier_values(values: pd.Series, *, kind: str) -> ValueFinding | None:
    """Find the first value that identifies a person, or that may not stand in a column of this kind.

    Parameters
    ----------
    values : Series of str
    kind : str, "id", "date" (a declared date column: dates are allowed), "age", "number", "label" or "text"

    Returns
    -------
    ValueFinding or None. Codes in this order: E102 number of a person, contact data or a person's name; E103
    free text; E104 calendar date outside a declared date column; E105 age over 89

    Notes
    -----
    Free text is a value of more than 40 characters with at least 4 blanks. A date needs a possible day and
    month. In ids, parts joined by dashes with a two-digit year (`01-02-26`) are site and unit numbers, not
    dates.

    Examples
    --------
    >>> import pandas as pd
    >>> from outcomes.privacy.identifiers import find_identifier_values
    >>> find_identifier_values(pd.Series(["P-0001", "123-45-6789"]), kind="id")
    ValueFinding(code='E102', position=1, n_cells=1)
    """
    codes, unique = pd.factorize(values.fillna("").astype(object))
    faults = judge_values(unique, kind=kind)
    for code in VALUE_CODES:
        hits = np.isin(codes, np.flatnonzero(faults == code))
        if hits.any():
            return ValueFinding(code, int(hits.argmax()), int(hits.sum()))
    return None


def judge_values(texts: Iterable[str], *, kind: str) -> np.ndarray:
    """Give the code of VALUE_CODES for each text, or None; `kind` as in find_identifier_values."""
    # Every rule but that of ages asks for a blank, a sign or a stop between letters and figures.
    plain = kind != "age"
    return np.array(
        [None if plain and text.isalnum() else _judge(text.strip(), kind) for text in map(str, texts)],
        dtype=object,
    )


def explain_identifier(code: str, wording: str = "an identifier", *, column: int | None = None) -> str:
    """Say what was found and what to do, for a message that holds neither header nor value.

    Parameters
    ----------
    code : str, E101 to E105
    wording : str, what the column looks like (E101)
    column : int or None, the column counted from 1 where a layout may leave it out

    Examples
    --------
    >>> from outcomes.privacy.identifiers import explain_identifier
    >>> "drop = [4]" in explain_identifier("E101", "free text", column=4)
    True
    """
    found = {
        "E101": f"this column looks like {wording}. ",
        "E102": "a value looks like a name, contact data or a number of a person. ",
        "E103": "a value looks like free text. ",
        "E104": "a value is a calendar date, and dates are not declared here. ",
        "E105": f"an age is over {OLDEST}. ",
    }[code]
    cure = {
        "E102": "Remove such values, or the column, from the export",
        "E103": "Remove the column from the export",
        "E104": "Set limited_data_set = true and declare the date column, or give study days",
        "E105": "Give ages up to 89, and leave older ones blank",
    }.get(code, "Remove the column from the export")
    if column is not None:
        cure += f", or leave it out by drop = [{column}] under [columns] in a layout"
    return f"outcomes reads de-identified data only; {found}{cure}. Nothing was read into the analysis."


def _names_a_person(words: list[str]) -> bool:
    if len(words) > _LONGEST_NAME_HEADER:
        return False
    return any(
        word in ("first", "last")
        and (place + 1 == len(words) or words[place + 1] not in _AFTER_FIRST)
        and (place == 0 or words[place - 1] not in _STEMS)
        for place, word in enumerate(words)
    )


def _judge(text: str, kind: str) -> str | None:
    """The code of one distinct value."""
    if not text:
        return None
    if _IDENTIFYING.search(text) or _LAST_FIRST.fullmatch(text) or _TITLED.search(text):
        return "E102"
    if len(text) > _SENTENCE_LENGTH and text.count(" ") >= _SENTENCE_BLANKS:
        return "E103"
    if kind != "date" and _holds_date(text, short_years="-" if kind == "id" else ""):
        return "E104"
    return (
        "E105"
        if kind == "age" and re.fullmatch(r"[0-9]{1,4}(\.[0-9]+)?", text) and float(text) > OLDEST
        else None
    )


def _holds_date(text: str, *, short_years: str) -> bool:
    """Whether a full date stands in the text; `short_years` are separators that make no date with a two-digit
    year.
    """
    if any(_possible(int(m["a"]), int(m["b"])) for m in _YEAR_FIRST.finditer(text)):
        return True
    for match in _YEAR_LAST.finditer(text):
        short = len(match["year"]) == 2
        if not (short and match["sep"] in short_years + ".") and _possible(int(match["a"]), int(match["b"])):
            return True
    return bool(_MONTH_DATE.search(text))


def _possible(one: int, other: int) -> bool:
    return (1 <= one <= 12 and 1 <= other <= 31) or (1 <= other <= 12 and 1 <= one <= 31)
