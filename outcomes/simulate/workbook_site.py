"""A site that keeps everything in spreadsheets: numbers typed by hand, Excel dates, no clock times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.random import RandomState

from outcomes.definitions.instrument import get_instrument
from outcomes.simulate.files import Source, write_csv, write_xlsx
from outcomes.simulate.messiness import can_be_spoiled, plant_faults
from outcomes.simulate.records import GAD7, PHQ9, Records

SCORE_FAULTS = {
    "repeated_row": 0.005,
    "edited_repeat": 0.003,
    "skipped_item": 0.015,
    "out_of_range": 0.006,
    "unreadable_date": 0.002,
    "blank_row": 0.003,
    "summary_row": 0.0001,
}
DOSE_FAULTS = {"repeated_row": 0.004}
STATUS = ("no show", "cancelled")
SEX = {"F": "female", "M": "male"}


def write_workbook_site(folder: Path, records: Records, random: RandomState) -> list[Source]:
    """Write the files of one spreadsheet site below `folder`.

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
    saved = records.questionnaires["date"].max().to_pydatetime()
    scores, planted = _score_rows(records, random)
    header = ["patient_id", "date", *PHQ9, "phq9_total", *GAD7, "gad7_total", "chair"]
    file = f"{place}/scores_SYNTHETIC.xlsx"
    rows = write_xlsx(folder / file, header, scores, sheet="Scores", date=saved)
    sources = [Source(file, "scores", name, rows, planted)]
    infusions, faults = _infusion_rows(records, random)
    header = ["patient_id", "infusion_date", "drug", "route", "dose_mg", "weight_kg", "phase", "status"]
    file = f"{place}/infusions_SYNTHETIC.xlsx"
    rows = write_xlsx(folder / file, header, infusions, sheet="Infusions", date=saved)
    sources.append(Source(file, "infusions", name, rows, faults))
    people = records.patients[["patient_id", "sex", "age", "diagnosis"]].assign(
        sex=records.patients["sex"].map(SEX)
    )
    file = f"{place}/patients_SYNTHETIC.csv"
    rows = write_csv(folder / file, ["patient_id", "sex", "age", "diagnosis"], people.itertuples(index=False))
    sources.append(Source(file, "patients", name, rows))
    return sources


def _score_rows(records: Records, random: RandomState) -> tuple[list[tuple], dict[str, int]]:
    frame = records.questionnaires
    totals = {
        f"{name}_total": frame[list(get_instrument(name).item_keys)].sum(axis=1, min_count=1)
        for name in ("phq9", "gad7")
    }
    frame = frame.assign(
        date_text=frame["date"].astype(object), chair=1 + np.arange(len(frame)) % 4, **totals
    )
    frame, planted = plant_faults(frame, SCORE_FAULTS, random, candidates=can_be_spoiled(frame))
    chair = frame["chair"].where(frame["date_text"].notna())
    columns = ["patient_id", "date_text", *PHQ9, "phq9_total", *GAD7, "gad7_total", "chair"]
    return list(frame.assign(chair=chair)[columns].itertuples(index=False)), planted


def _infusion_rows(records: Records, random: RandomState) -> tuple[list[tuple], dict[str, int]]:
    frame = records.infusions
    given = frame["status"] == "given"
    status = np.where(given, "given", np.array(STATUS)[np.arange(len(frame)) % len(STATUS)])
    frame = frame.assign(date_text=frame["date"].astype(object), status=status, given=given)
    frame, planted = plant_faults(frame, DOSE_FAULTS, random, candidates=given)
    frame = frame.assign(dose_mg=frame["dose_mg"].where(frame["given"]))
    columns = ["patient_id", "date_text", "drug", "route", "dose_mg", "weight_kg", "phase", "status"]
    return list(frame[columns].itertuples(index=False)), {
        **planted,
        "missed_appointment": int((~given).sum()),
    }
