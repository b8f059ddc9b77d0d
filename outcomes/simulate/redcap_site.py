"""A site that exports REDCap records in raw codes: a baseline event, repeating forms, the dictionary."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import RandomState

from outcomes.definitions.instrument import Instrument, get_instrument
from outcomes.simulate.files import Source, write_csv, write_text
from outcomes.simulate.messiness import MISSING_CODE, add_counts, can_be_spoiled, plant_faults
from outcomes.simulate.records import Records

FORMS = ("phq9", "gad7", "pcl5")
SCORE_FAULTS = {"declared_missing_code": 0.012, "skipped_item": 0.008}
ROW_FAULTS = {"repeated_row": 0.004}
UNFINISHED_RATE = 0.004
DOSE_FAULTS = {"repeated_row": 0.004}
STATUS = ("declined", "not given")

DICTIONARY_HEADER = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?",
    "Branching Logic (Show field only if...)", "Required Field?", "Custom Alignment",
    "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?", "Field Annotation",
)  # fmt: skip

LAYOUT = f"""# The project's missing code is {MISSING_CODE}.
kind = "redcap"

[phq9]
missing_codes = [{MISSING_CODE}]
"""


def write_redcap_site(folder: Path, records: Records, random: RandomState) -> list[Source]:
    """Write the files of one REDCap site below `folder`.

    Parameters
    ----------
    folder : Path of the network's folder
    records : Records
    random : RandomState

    Returns
    -------
    list of the sources, in their order for outcomes.toml
    """
    name = records.site.name
    place = name.lower()
    rows, planted = _record_rows(records, random)
    dictionary, layout = f"{place}/dictionary_SYNTHETIC.csv", f"{place}/records.layout.toml"
    write_csv(folder / dictionary, DICTIONARY_HEADER, _dictionary_rows())
    write_text(folder / layout, LAYOUT)
    file = f"{place}/records_SYNTHETIC.csv"
    count = write_csv(folder / file, list(rows.columns), rows.itertuples(index=False))
    sources = [Source(file, "scores", name, count, planted, layout, dictionary)]
    infusions, faults = _infusion_rows(records, random)
    file = f"{place}/infusions_SYNTHETIC.csv"
    count = write_csv(folder / file, list(infusions.columns), infusions.itertuples(index=False))
    sources.append(Source(file, "infusions", name, count, faults))
    people = records.patients[["patient_id", "sex", "age", "diagnosis"]]
    file = f"{place}/patients_SYNTHETIC.csv"
    count = write_csv(folder / file, ["record_id", "sex", "age", "diagnosis"], people.itertuples(index=False))
    sources.append(Source(file, "patients", name, count))
    return sources


def _record_rows(records: Records, random: RandomState) -> tuple[pd.DataFrame, dict[str, int]]:
    """All lines of the records file: one baseline line per record, then one line per form and occasion."""
    frame = records.questionnaires
    totals = {f"{f}_total": frame[list(get_instrument(f).item_keys)].sum(axis=1, skipna=False) for f in FORMS}
    frame = frame.assign(date_text=frame["date"].astype(object), **totals)
    frame, planted = plant_faults(frame, SCORE_FAULTS, random, candidates=can_be_spoiled(frame))
    complete = frame[list(get_instrument("phq9").item_keys)].notna().all(axis=1)
    frame = frame.assign(phq9_total=frame["phq9_total"].where(complete))
    frame = frame.merge(records.patients[["patient_id", "start"]], on="patient_id", validate="many_to_one")
    is_baseline = (frame["date"] <= frame["start"]) & ~frame["patient_id"].duplicated()
    base = _fill_forms(frame[is_baseline], FORMS).assign(
        redcap_event_name="baseline_arm_1", redcap_repeat_instrument=""
    )
    repeats = []
    for form in FORMS:
        filled = frame[~is_baseline & (frame[list(get_instrument(form).item_keys)].notna().any(axis=1))]
        late = filled["occasion"].isin(["post", "follow_up", "late"])
        event = np.where(late, "follow_up_arm_1", "treatment_arm_1")
        repeats.append(
            _fill_forms(filled, (form,)).assign(redcap_event_name=event, redcap_repeat_instrument=form)
        )
    lines = pd.concat(repeats, ignore_index=True)
    finished = (lines[[f"{form}_total" for form in FORMS]].notna()).any(axis=1)
    lines, repeated = plant_faults(lines, ROW_FAULTS, random, candidates=finished)
    lines, unfinished = _add_unfinished(lines, random)
    return _order_lines(base, lines), add_counts(planted, repeated, {"unfinished_survey": unfinished})


def _fill_forms(frame: pd.DataFrame, forms: tuple[str, ...]) -> pd.DataFrame:
    """Lines that hold the given forms; the cells of the other forms are blank."""
    columns: dict[str, pd.Series] = {"patient_id": frame["patient_id"], "date_text": frame["date_text"]}
    for place, form in enumerate(FORMS):
        items = [*get_instrument(form).item_keys, f"{form}_total"]
        there = frame[items[:-1]].notna().any(axis=1) & (form in forms)
        moment = frame["date"] + pd.to_timedelta(frame["clock"] + 97 * place, unit="s")
        columns[f"{form}_timestamp"] = moment.dt.strftime("%Y-%m-%d %H:%M:%S").where(there)
        columns |= {item: frame[item].where(there) for item in items}
        columns[f"{form}_complete"] = pd.Series(2, index=frame.index, dtype="Int8").where(there)
    return pd.DataFrame(columns)


def _add_unfinished(lines: pd.DataFrame, random: RandomState) -> tuple[pd.DataFrame, int]:
    """Surveys that were opened and left: no answer, and REDCap writes that instead of a time."""
    phq9 = np.flatnonzero(lines["redcap_repeat_instrument"] == "phq9")
    count = min(math.ceil(UNFINISHED_RATE * len(lines)), len(phq9) // 4)
    opened = lines.iloc[np.sort(random.permutation(phq9)[:count])]
    blank = opened.assign(**{item: opened[item].mask(opened[item].notna()) for item in _form_columns("phq9")})
    blank = blank.assign(phq9_timestamp="[not completed]", phq9_complete=pd.array([0] * count, dtype="Int8"))
    return pd.concat([lines, blank.astype(lines.dtypes)], ignore_index=True), count


def _form_columns(form: str) -> list[str]:
    return [*get_instrument(form).item_keys, f"{form}_total"]


def _order_lines(base: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """By record, event, form and time, as REDCap exports; instances are numbered within event and form."""
    both = pd.concat([base.astype(lines[base.columns].dtypes), lines], ignore_index=True)
    rank = both["redcap_event_name"].map({"baseline_arm_1": 0, "treatment_arm_1": 1, "follow_up_arm_1": 2})
    form = both["redcap_repeat_instrument"].map({"": 0, "phq9": 1, "gad7": 2, "pcl5": 3})
    both = both.assign(record=both["patient_id"].astype(int), rank=rank, form=form)
    both = both.sort_values(["record", "rank", "form", "date_text"], kind="stable", ignore_index=True)
    instance = both.groupby(["record", "rank", "form"]).cumcount() + 1
    both = both.assign(
        redcap_repeat_instance=instance.astype("Int64").where(both["form"] > 0), record_id=both["patient_id"]
    )
    forms = [
        name for form in FORMS for name in (f"{form}_timestamp", *_form_columns(form), f"{form}_complete")
    ]
    return both[
        ["record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", *forms]
    ]


def _dictionary_rows() -> list[tuple[str, ...]]:
    rows = [_dictionary_row("record_id", "enrollment", "text", "Record ID")]
    for form in FORMS:
        instrument = get_instrument(form)
        for item in instrument.items:
            lead_in = instrument.lead_in if item.number == 1 else ""
            rows.append(_dictionary_row(item.key, form, "radio", item.stem, _choices(instrument), lead_in))
        formula = "sum(" + ", ".join(f"[{key}]" for key in instrument.item_keys) + ")"
        rows.append(_dictionary_row(f"{form}_total", form, "calc", f"{instrument.title} total", formula))
    return rows


def _choices(instrument: Instrument) -> str:
    return " | ".join(
        f"{instrument.item_min + place}, {label}" for place, label in enumerate(instrument.answers)
    )


def _dictionary_row(
    name: str, form: str, kind: str, label: str, choices: str = "", section: str = ""
) -> tuple[str, ...]:
    return (name, form, section, kind, label, choices, *[""] * (len(DICTIONARY_HEADER) - 6))


def _infusion_rows(records: Records, random: RandomState) -> tuple[pd.DataFrame, dict[str, int]]:
    frame = records.infusions
    given = frame["status"] == "given"
    status = np.where(given, "administered", np.array(STATUS)[np.arange(len(frame)) % len(STATUS)])
    frame = frame.assign(date_text=frame["date"].dt.strftime("%Y-%m-%d"), status=status, given=given)
    frame, planted = plant_faults(frame, DOSE_FAULTS, random, candidates=given)
    frame = frame.assign(dose_mg=frame["dose_mg"].where(frame["given"]))
    names = {"patient_id": "record_id", "date_text": "infusion_date", "number": "infusion_number"}
    columns = ["patient_id", "date_text", "number", "drug", "route", "dose_mg", "status"]
    return frame[columns].rename(columns=names), {**planted, "missed_appointment": int((~given).sum())}
