"""Tables in the shapes that trip loaders: each maker gives one made-up file and what it must give."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from outcomes.definitions.instrument import get_instrument

_SINGLE = '[columns]\noccasion = "single"\n'
_NOBODY = '[columns]\npatient_id = "row"\noccasion = "single"\n'
_DATED = "limited_data_set = true\n"


@dataclass(frozen=True)
class Trap:
    """One made-up export.

    Attributes
    ----------
    name : str, the trap in a few words; also the name of the file
    text : str, the file
    asks : tuple of str, codes of the questions that inspecting must ask
    layout : str, the layout that answers them
    expected : mapping of instrument id to (questionnaires used, totals, totals missing, sum of totals,
        largest total)
    refused : str, the code by which the file is refused whatever the layout; empty where it loads
    """

    name: str
    text: str
    asks: tuple[str, ...] = ()
    layout: str = ""
    expected: dict[str, tuple[int, int, int, int, int]] = field(default_factory=dict)
    refused: str = ""


def _draw(random: Generator, id: str, rows: int) -> np.ndarray:
    """Answers: most in the middle, all values present."""
    instrument = get_instrument(id)
    answers = random.integers(instrument.item_min, instrument.item_max + 1, (rows, instrument.n_items))
    answers[0], answers[1] = instrument.item_min, instrument.item_max
    return answers


def _tell(answers: np.ndarray) -> tuple[int, int, int, int, int]:
    """What strict scoring of these answers gives; nan is a gap."""
    used = ~np.isnan(answers).all(axis=1)
    totals = answers[used].sum(axis=1)
    full = totals[~np.isnan(totals)].astype(int)
    return int(used.sum()), len(full), int(used.sum()) - len(full), int(full.sum()), int(full.max())


def _csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _names(stem: str, count: int, first: int = 1) -> list[str]:
    return [f"{stem}{number}" for number in range(first, first + count)]


def _words(id: str, answers: np.ndarray) -> list[list[str]]:
    labels = get_instrument(id).answers
    return [[labels[int(answer)] for answer in row] for row in answers]


def _item_names_that_are_scales(random: Generator) -> Trap:
    phq9, gad7 = _draw(random, "phq9", 30), _draw(random, "gad7", 30)
    header = [*_names("PHQ", 9), *_names("GAD", 7)]
    rows = np.hstack([phq9, gad7]).tolist()
    expected = {"phq9": _tell(phq9.astype(float)), "gad7": _tell(gad7.astype(float))}
    return Trap("item names that are scales", _csv(header, rows), ("E226", "E247"), _NOBODY, expected)


def _gaps_counted_as_zero(random: Generator) -> Trap:
    phq9, gad7 = _draw(random, "phq9", 40).astype(float), _draw(random, "gad7", 40).astype(float)
    phq9[2, 4], gad7[3, 0], phq9[5], gad7[5] = np.nan, np.nan, np.nan, np.nan
    header = [
        "id",
        *_names("phq", 9),
        *_names("gad", 7),
        *_names("epw", 8),
        "bed_time",
        "phq_total",
        "gad_total",
    ]
    rows = [
        [
            f"S{place}",
            *_blank(one),
            *_blank(two),
            *([1] * 8),
            "01:00",
            int(np.nansum(one)),
            int(np.nansum(two)),
        ]
        for place, (one, two) in enumerate(zip(phq9, gad7, strict=True))
    ]
    expected = {"phq9": _tell(phq9), "gad7": _tell(gad7)}
    text = "\ufeff" + _csv(header, rows)
    return Trap("a total that counts gaps as zero", text, ("E247",), _SINGLE, expected)


def _blank(answers: np.ndarray) -> list[object]:
    return ["NA" if np.isnan(answer) else int(answer) for answer in answers]


def _form_with_padded_questions(random: Generator) -> Trap:
    phq9 = _draw(random, "phq9", 25)
    stems = [f"  {item.stem.replace(' - ', '—')}  " for item in get_instrument("phq9").items]
    rows = [
        ["Female", *words, total] for words, total in zip(_words("phq9", phq9), phq9.sum(axis=1), strict=True)
    ]
    text = _csv(["Gender", *stems, "PHQ_Total"], rows)
    expected = {"phq9": _tell(phq9.astype(float))}
    return Trap("questions as padded headers", text, ("E226", "E247"), _NOBODY, expected)


def _visits_without_dates(random: Generator) -> Trap:
    phq9 = _draw(random, "phq9", 24)
    stems = [item.stem.replace("fidgety", "figety") for item in get_instrument("phq9").items]
    rows = [
        [f"u{place // 2}", ("pre", "post")[place % 2], *words, ["", "Somewhat difficult"][place % 3 > 0]]
        for place, words in enumerate(_words("phq9", phq9))
    ]
    text = _csv(["uid", "type", *stems, "Response"], rows)
    layout = "[columns]\nvisit_day = { pre = 0, post = 70 }\n"
    return Trap("visits without dates", text, ("E247",), layout, {"phq9": _tell(phq9.astype(float))})


def _answers_counted_from_one(random: Generator) -> Trap:
    phq9 = _draw(random, "phq9", 8)
    phq9[0, 0] = 1
    dates = [f"{10 + place}-02-2023" if place % 2 else f"2023-02-{10 + place}" for place in range(8)]
    rows = [
        [date, f"08:{10 + place}:21", *(row + 1), row.sum(), "mild"]
        for place, (date, row) in enumerate(zip(dates, phq9, strict=True))
    ]
    text = _csv(["date", "time", *_names("q", 9), "total", "severity"], rows)
    layout = f'{_DATED}[columns]\npatient_id = "row"\ndate_format = ["%d-%m-%Y", "%Y-%m-%d"]\n[phq9]\n'
    expected = {"phq9": _tell(phq9.astype(float))}
    return Trap("answers counted from one", text, ("E250",), layout, expected)


def _word_none_in_a_class(random: Generator) -> Trap:
    phq9 = _draw(random, "phq9", 20)
    rows = [
        [place + 1, *row, row.sum(), "None" if row.sum() < 5 else "Some", f"2022/03/{place + 1:02}"]
        for place, row in enumerate(phq9)
    ]
    text = _csv(["PID", *_names("q", 9), "total", "PHQ9.class", "PHQ9.date"], rows)
    return Trap("the word None", text, ("E104",), _DATED, {"phq9": _tell(phq9.astype(float))})


def _bare_symptoms(random: Generator) -> Trap:
    pcl5 = _draw(random, "pcl5", 15)
    header = [
        f"{letter}{n}" for letter, size in zip("BCDE", (5, 2, 7, 6), strict=True) for n in range(1, size + 1)
    ]
    layout = f"{_NOBODY}[pcl5]\nitems = {list(range(1, 21))}\n"
    expected = {"pcl5": _tell(pcl5.astype(float))}
    return Trap("symptoms of two instruments", _csv(header, pcl5.tolist()), ("E257",), layout, expected)


def _bare_numbers(random: Generator) -> Trap:
    pcl5 = _draw(random, "pcl5", 15)
    rows = [[f"P{place:03}", 40, "female", *row] for place, row in enumerate(pcl5)]
    text = _csv(["patient_id", "age", "sex", *_names("S", 20)], rows)
    layout = f"{_SINGLE}[pcl5]\nitems = {list(range(4, 24))}\n"
    return Trap("items without an instrument", text, ("E250",), layout, {"pcl5": _tell(pcl5.astype(float))})


def _items_from_zero(random: Generator) -> Trap:
    phq9 = _draw(random, "phq9", 20)
    stamp = "2024-12-{:02} 09:40:14.569145+00:00"
    rows = [
        [row.sum(), "Mild depression", stamp.format(30), *row, stamp.format(place + 1)]
        for place, row in enumerate(phq9)
    ]
    header = ["phq9_total_score", "dsm5_severity", "dsm5_created_at", *_names("phq9_q", 9, 0), "sim_date"]
    layout = f'{_DATED}[columns]\npatient_id = "row"\ndate = "sim_date"\ntime_zone = "UTC"\n'
    expected = {"phq9": _tell(phq9.astype(float))}
    return Trap("items numbered from zero", _csv(header, rows), ("E226", "E249"), layout, expected)


def _attention_check(random: Generator) -> Trap:
    gad7 = _draw(random, "gad7", 20)
    header = ["platform", "subject", *_names("gad7_q0", 8), "gad7_rt", *_names("7u7d_q0", 7), "bisbas_q01"]
    rows = [["web", f"w{place}", *row, 2, 31.5, *([1] * 7), 2] for place, row in enumerate(gad7)]
    return Trap(
        "an attention check", _csv(header, rows), ("E247",), _SINGLE, {"gad7": _tell(gad7.astype(float))}
    )


def _total_of_all_columns(random: Generator) -> Trap:
    gad7, extra = _draw(random, "gad7", 20), random.integers(1, 4, 20)
    rows = [
        [f"S{place}", f"2026-01-{place + 1:02}", *row, more, row.sum() + more]
        for place, (row, more) in enumerate(zip(gad7, extra, strict=True))
    ]
    text = _csv(["participant_id", "date", *_names("gad7_", 8), "gad7_sum"], rows)
    layout = f'{_DATED}[gad7]\nrecorded_total = "ignore"\nextra = {{ "gad7_8" = "ignore" }}\n'
    expected = {"gad7": _tell(gad7.astype(float))}
    return Trap("an eighth column in the total", text, ("E251",), layout, expected)


def _refused(name: str, code: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Trap:
    return Trap(name, _csv(header, rows), refused=code)


def _another_scale_before_and_after(random: Generator) -> Trap:
    rows = [
        [f"S{n // 2}", "Wait List", ("Before", "After")[n % 2], random.integers(20, 60)] for n in range(20)
    ]
    return _refused("another scale", "E250", ["patient", "condition", "measurement", "mom_di"], rows)


def _another_scale_by_month(random: Generator) -> Trap:
    rows = [["No", ">6m", "TAU", *random.integers(2, 40, 2), "NA"] for _ in range(20)]
    return _refused(
        "another scale by month", "E250", ["drug", "length", "treatment", "bdi.pre", "bdi.2m", "bdi.4m"], rows
    )


def _scratch_under_another_table(random: Generator) -> Trap:
    rows: list[Sequence[object]] = [[f"K-{n:03}", *random.integers(0, 30, 3)] for n in range(12)]
    rows += [["", "", "", ""]] * 20 + [["mean", 12.5, "", ""]] * 4
    made = _refused(
        "scratch lines under another table", "E250", ["ID", "panss_p_pre", "bdi_pre", "bdi_post"], rows
    )
    return Trap(made.name, made.text.replace("\n", "\r"), refused=made.refused)


def _spoiled_zeros(random: Generator) -> Trap:
    phq9 = _draw(random, "phq9", 20)
    rows = [
        [
            f"{93700 + place}.0",
            *("5.397605346934028e-79" if answer == 0 else f"{answer}.0" for answer in row),
            "",
        ]
        for place, row in enumerate(phq9)
    ]
    header = ["SEQN", *(f"DPQ{number:02}0" for number in range(1, 11))]
    return Trap("zeros that another reader spoiled", _csv(header, rows), layout=_SINGLE, refused="E251")


def _patients_as_columns(random: Generator) -> Trap:
    rows = [[f"Day_{day}", *random.integers(0, 28, 6)] for day in range(1, 9)]
    return _refused("patients as columns", "E250", ["Day", *(f"Patient_{n}" for n in range(1, 7))], rows)


MAKERS: tuple[Callable[[Generator], Trap], ...] = (
    _item_names_that_are_scales,
    _gaps_counted_as_zero,
    _form_with_padded_questions,
    _visits_without_dates,
    _answers_counted_from_one,
    _word_none_in_a_class,
    _bare_symptoms,
    _bare_numbers,
    _items_from_zero,
    _attention_check,
    _total_of_all_columns,
    _another_scale_before_and_after,
    _another_scale_by_month,
    _scratch_under_another_table,
    _spoiled_zeros,
    _patients_as_columns,
)
