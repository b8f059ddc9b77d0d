"""A site that uses an online form: question texts as headers, words as answers, clock times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import RandomState

from outcomes.definitions.instrument import Instrument, get_instrument
from outcomes.simulate.files import Source, write_csv, write_text
from outcomes.simulate.messiness import can_be_spoiled, plant_faults
from outcomes.simulate.records import PCL5, Records
from outcomes.simulate.safety import COLUMNS as SAFETY
from outcomes.simulate.safety import HEADERS as SAFETY_HEADERS
from outcomes.simulate.safety import record_safety

SCORE_FAULTS = {
    "repeated_row": 0.006,
    "skipped_item": 0.012,
    "mistyped_total": 0.003,
    "unreadable_date": 0.002,
    "missing_id": 0.002,
}
DOSE_FAULTS = {"repeated_row": 0.004, "unclear_dose": 0.004}
STATUS = ("No show", "Cancelled", "Held")
LAYOUT = """# The infusion records write month/day/year.
kind = "infusions"

[columns]
date_format = "%m/%d/%Y"
"""


def write_form_site(folder: Path, records: Records, random: RandomState) -> list[Source]:
    """Write the files of one form-style site below `folder`.

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
    scores, planted = _score_rows(records, random)
    header = ["Timestamp", "Patient ID", *_headers("phq9", True), *_headers("gad7", False)]
    file = f"{place}/questionnaires_SYNTHETIC.csv"
    sources = [Source(file, "scores", name, write_csv(folder / file, header, scores, bom=True), planted)]
    if records.site.asks_pcl5:
        header = ["Timestamp", "Patient ID", *_headers("pcl5", False)]
        rows = _pcl5_rows(records)
        file, again = f"{place}/pcl5_SYNTHETIC.csv", f"{place}/shared/pcl5_SYNTHETIC.csv"
        sources.append(Source(file, "scores", name, write_csv(folder / file, header, rows)))
        count = write_csv(folder / again, header, rows)
        sources.append(Source(again, "scores", name, count, {"file_loaded_twice": 1}))
    infusions, faults = _infusion_rows(records, random)
    file, layout = f"{place}/infusions_SYNTHETIC.csv", f"{place}/infusions.layout.toml"
    header = [
        "Patient ID",
        "Infusion Date",
        "Start Time",
        "Infusion Number",
        "Drug",
        "Route",
        "Dose mg",
        "Weight kg",
    ]
    header += ["Duration min", "Status", *SAFETY_HEADERS]
    sources.append(
        Source(file, "infusions", name, write_csv(folder / file, header, infusions), faults, layout)
    )
    write_text(folder / layout, LAYOUT)
    file = f"{place}/patients_SYNTHETIC.csv"
    people = records.patients[["patient_id", "sex", "age", "diagnosis"]].itertuples(index=False)
    sources.append(
        Source(
            file,
            "patients",
            name,
            write_csv(folder / file, ["Patient ID", "Sex", "Age", "Diagnosis"], people),
        )
    )
    return sources


def _headers(instrument: str, difficulty: bool) -> list[str]:
    asked = get_instrument(instrument)
    extra = [asked.difficulty.stem] if difficulty and asked.difficulty else []
    return [*(item.stem for item in asked.items), *extra, f"{asked.title} Total"]


def _stamp(records: pd.DataFrame) -> pd.Series:
    return (records["date"] + pd.to_timedelta(records["clock"], unit="s")).dt.strftime("%Y-%m-%d %H:%M:%S")


def _words(frame: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    labels = dict(enumerate(instrument.answers))
    return frame[list(instrument.item_keys)].apply(lambda column: column.map(labels, na_action="ignore"))


def _score_rows(records: Records, random: RandomState) -> tuple[list[tuple], dict[str, int]]:
    phq9, gad7 = get_instrument("phq9"), get_instrument("gad7")
    frame = records.questionnaires.assign(date_text=_stamp(records.questionnaires))
    frame = frame.assign(
        phq9_total=frame[list(phq9.item_keys)].sum(axis=1), gad7_total=frame[list(gad7.item_keys)].sum(axis=1)
    )
    frame, planted = plant_faults(frame, SCORE_FAULTS, random, candidates=can_be_spoiled(frame))
    words = dict(enumerate(phq9.difficulty.answers)) if phq9.difficulty else {}
    columns = [
        frame[["date_text", "patient_id"]],
        _words(frame, phq9),
        frame["difficulty"].map(words),
        frame["phq9_total"],
        _words(frame, gad7),
        frame["gad7_total"],
    ]
    return list(pd.concat(columns, axis=1).itertuples(index=False)), planted


def _pcl5_rows(records: Records) -> list[tuple]:
    frame = records.questionnaires
    frame = frame[frame["pcl5_1"].notna()]
    columns: list[pd.Series | pd.DataFrame] = [
        _stamp(frame),
        frame["patient_id"],
        _words(frame, get_instrument("pcl5")),
        frame[list(PCL5)].sum(axis=1),
    ]
    return list(pd.concat(columns, axis=1).itertuples(index=False))


def _infusion_rows(records: Records, random: RandomState) -> tuple[list[tuple], dict[str, int]]:
    frame = record_safety(records.infusions, random)
    given = frame["status"] == "given"
    status = np.where(given, "Completed", np.array(STATUS)[np.arange(len(frame)) % len(STATUS)])
    clock = (pd.Timestamp(0) + pd.to_timedelta(frame["clock"], unit="s")).dt.strftime("%H:%M")
    frame = frame.assign(date_text=frame["date"].dt.strftime("%m/%d/%Y"), clock_text=clock, status=status)
    frame, planted = plant_faults(frame.assign(given=given), DOSE_FAULTS, random, candidates=given)
    frame = frame.assign(dose_mg=frame["dose_mg"].where(frame["given"]))
    columns = [
        "patient_id",
        "date_text",
        "clock_text",
        "number",
        "drug",
        "route",
        "dose_mg",
        "weight_kg",
        "duration_min",
        "status",
        *SAFETY,
    ]
    return list(frame[columns].itertuples(index=False)), {
        **planted,
        "missed_appointment": int((~given).sum()),
    }
