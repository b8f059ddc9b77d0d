"""Long tables: one row per total, or one row per item, with a column that names the instrument."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from outcomes.definitions.instrument import Instrument, get_instrument, list_recognized
from outcomes.errors import Problem
from outcomes.loading.answers import answer_table, read_columns
from outcomes.loading.coding import Coding, ask_choices, ask_unknown_words, decide_coding, decode_answers
from outcomes.loading.extract import Extract, first_fault, name_reasons, rank_reasons, stack_excluded
from outcomes.loading.item_texts import asks_difficulty, match_text
from outcomes.loading.layouts.layout import InstrumentLayout, Layout, instrument_layout
from outcomes.loading.long_totals import DIFFICULTY, TOTAL, find_mismatches, judge_bare_totals
from outcomes.loading.numbers import FAR, parse_whole
from outcomes.loading.occasion import When, Who
from outcomes.loading.rows import make_rows
from outcomes.loading.sittings import find_sittings
from outcomes.loading.tables import Table
from outcomes.privacy.identifiers import normalize_header
from outcomes.schema import ITEMS

_DAY = ["patient_id", "site", "instrument", "date", "study_day"]


@dataclass(frozen=True, eq=False)
class LongRows:
    """The rows of a long table that hold records of our instruments, each with its first fault so far.

    `shifted` holds the instruments whose answers count from 1: their totals may be sums of these numbers.
    """

    frame: pd.DataFrame
    reason: pd.Series
    column: pd.Series
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    shifted: frozenset[str] = frozenset()


def name_instruments(table: Table, position: int, live: pd.Series) -> tuple[pd.Series, list[Problem]]:
    """Give each row the id of its instrument; missing where it is none of ours.

    A name without a version (PHQ, GAD, PCL) is a question, for it may be a short form.
    """
    known = {
        stem: id for id in list_recognized() for stem in get_instrument(id).stems if re.search(r"\d", stem)
    }
    bare = {
        stem for id in list_recognized() for stem in get_instrument(id).stems if not re.search(r"\d", stem)
    }
    names = _normalize(table.cells[position])
    unclear = names.isin(bare) & live
    problems = []
    if unclear.any():
        message = (
            f"the instrument must be named with its version (PHQ-9, GAD-7, PCL-5); {int(unclear.sum())} rows "
            "name none. Rename it in the export."
        )
        problems.append(table.problem("E255", message, column=position))
    return names.map(known).astype("string"), problems


def build_long(
    table: Table, base: pd.Series, who: Who, when: When, roles: Mapping[str, int], layout: Layout
) -> tuple[Extract, tuple[Problem, ...], tuple[str, ...]]:
    """Put the questionnaires of a long table together, and give each of its rows one ledger line.

    Parameters
    ----------
    table : Table
    base : Series of string, the reason of each row that holds no record; missing for the others
    who, when : Who and When, for all rows
    roles : positions of "instrument" and of "total", or of "item" and "value"
    layout : Layout

    Returns
    -------
    Extract, questions, and notes

    Notes
    -----
    Of items, the questionnaire is (patient, instrument, date), and the sitting where clock times tell several
    apart. An item that is not there is a missing item; one that stands twice with different answers makes the
    whole questionnaire a conflicting_duplicate, and a bad cell takes all of it out. A total without a row of
    any item is a bare total; where answers count from 1, only if other totals are seen to be those of scores.
    """
    instrument, problems = name_instruments(table, roles["instrument"], base.isna())
    base = base.mask(base.isna() & instrument.isna(), "other_instrument")
    reason, column = first_fault(table.index, [(None, base), *who.faults, *when.faults])
    frame = pd.DataFrame(
        {
            "row_uid": table.row_uids, "patient_id": who.patient_id, "site": who.site,
            "instrument": instrument, "date": when.date, "study_day": when.study_day, "clock": when.clock,
            "declared_timing": who.timing, "visit": who.visit,
        }
    )  # fmt: skip
    read = _read_items if "item" in roles else _read_totals
    rows = read(table, LongRows(frame, reason, column, tuple(problems)), roles, layout)
    if "item" in roles:
        settled, questionnaires, left_out = _settle(rows)
    else:
        settled, questionnaires, left_out = rows, rows.frame[rows.reason.isna()], rows.frame[:0]
    first = settled.frame["first_uid"] if "first_uid" in settled.frame else settled.frame["row_uid"]
    ledger = make_rows(
        table,
        "scores",
        reason=settled.reason,
        column=settled.column,
        left_out=pd.Series(pd.NA, index=base.index, dtype="string"),
        assessment_row=first,
    )
    made, others = (
        part.assign(assessment_id=part["row_uid"] + ":" + part["instrument"])
        for part in (questionnaires, left_out)
    )
    extract = Extract("scores", _as_items(made), ledger, excluded=stack_excluded([others]))
    return extract, rows.problems, rows.notes


def _read_totals(table: Table, rows: LongRows, roles: Mapping[str, int], layout: Layout) -> LongRows:
    """One total per row, held to its own instrument's range."""
    position, frame = roles["total"], rows.frame
    total = pd.Series(pd.NA, index=frame.index, dtype="Int64")
    reason, column = rows.reason, rows.column
    for instrument, mine in _by_instrument(frame, reason):
        codes = instrument_layout(layout, instrument.id).missing_codes
        read = parse_whole(
            table.cells.loc[mine, position],
            low=instrument.total_min,
            high=instrument.total_max,
            missing_codes=codes,
        )
        total[mine] = read.value.array
        fault = read.fault.mask(read.fault.isna() & read.value.isna(), "missing_score")
        reason = reason.fillna(fault.reindex(reason.index))
        column = column.mask(fault.notna().reindex(column.index, fill_value=False), position + 1)
    return LongRows(frame.assign(recorded_total=total), reason, column, rows.problems, rows.notes)


def _read_items(table: Table, rows: LongRows, roles: Mapping[str, int], layout: Layout) -> LongRows:
    """One answer per row: which item it is, and its score."""
    position, frame, reason, column = roles["value"], rows.frame, rows.reason, rows.column
    number = pd.Series(pd.NA, index=frame.index, dtype="Int64")
    score = pd.Series(pd.NA, index=frame.index, dtype="Int64")
    problems, notes, shifted = list(rows.problems), list(rows.notes), set[str]()
    for instrument, mine in _by_instrument(frame, reason):
        declared = instrument_layout(layout, instrument.id)
        named = _number_items(table.cells.loc[mine, roles["item"]], instrument)
        unnamed = int(named.isna().sum())
        if unnamed:
            message = (
                f"{instrument.id}: the item column must hold item numbers, or the question texts of all "
                f"items; {unnamed} rows hold something else. Give 1 to {instrument.n_items}, or total."
            )
            problems.append(table.problem("E255", message, column=roles["item"]))
        number[mine] = named.array
        is_item = named.fillna(TOTAL) > TOTAL
        cells = table.cells.loc[mine, position]
        answers, fault, coding, asked = _read_answers(table, cells[is_item], position, instrument, declared)
        problems, notes = [*problems, *asked], [*notes, *([coding.evidence] if coding.evidence else [])]
        shifted |= {instrument.id} if coding.shift else set()
        score[answers.index] = answers.array
        whole = parse_whole(cells[~is_item], low=0, high=FAR, missing_codes=declared.missing_codes)
        score[whole.value.index] = whole.value.array
        # The difficulty question enters no total, so that a bad answer to it is only missing.
        free = named[~is_item].eq(DIFFICULTY) | whole.fault.eq("missing_code")
        fault = pd.concat([fault, whole.fault.mask(free.fillna(False).astype(bool))]).reindex(reason.index)
        reason, column = reason.fillna(fault), column.mask(fault.notna(), position + 1)
    frame = frame.assign(number=number, score=score)
    return LongRows(frame, reason, column, tuple(problems), tuple(notes), frozenset(shifted))


def _read_answers(
    table: Table, cells: pd.Series, position: int, instrument: Instrument, declared: InstrumentLayout
) -> tuple[pd.Series, pd.Series, Coding, list[Problem]]:
    """Scores and faults of the answers of one instrument, their coding, and questions."""
    field = table.codebook.get(position)
    words = answer_table(
        instrument,
        labels=declared.labels,
        choices=field.choices if field else None,
        missing_codes=declared.missing_codes,
    )
    (raw,) = read_columns(cells.to_frame(position), {position: words}, missing_codes=declared.missing_codes)
    coding = decide_coding([raw], instrument, declared=declared.coding, recorded=None)
    problems = [*ask_unknown_words(table, instrument, [raw]), *ask_choices(table, instrument, [raw])]
    if coding.shift is None:
        problems.append(table.problem(coding.code, coding.question, column=position))
    scores, faults = decode_answers(raw, coding.shift or 0, instrument)
    answers = pd.Series(raw.spread(scores), index=cells.index).astype("Int64")
    return answers, raw.spread_faults(faults, cells.index), coding, problems


def _settle(rows: LongRows) -> tuple[LongRows, pd.DataFrame, pd.DataFrame]:
    """Gather the rows of each questionnaire, those that stand and those that one fault takes out."""
    frame, sound = rows.frame, rows.frame["number"].notna()
    day = frame[sound].groupby(_DAY, dropna=False, sort=False).ngroup()
    sitting = find_sittings(day, frame.loc[sound, "number"], frame.loc[sound, "clock"])
    frame = frame.assign(group=day.groupby([day, sitting], sort=False).ngroup().reindex(frame.index))
    reason, column = rows.reason.copy(), rows.column
    free = frame[sound & reason.isna()]
    same = free.duplicated(["group", "number", "score"], keep="first")
    twice = free[~same].duplicated(["group", "number"], keep=False)
    reason[same.index[same]] = "duplicate"
    reason[twice.index[twice]] = "conflicting_duplicate"
    reason = _spread_fault(frame, reason, sound)
    frame = frame.assign(first_uid=frame["row_uid"].groupby(frame["group"], dropna=True).transform("first"))
    kept = frame[sound & reason.isna()]
    wide = kept.set_index(["group", "number"])["score"].unstack() if len(kept) else pd.DataFrame()  # noqa: PD010 - one cell per item
    items = [int(number) for number in wide.columns if int(number) > TOTAL]
    empty = wide.index[wide[items].isna().all(axis=1)]
    totals = judge_bare_totals(frame, wide, shifted=rows.shifted)
    for found in totals.dropna().unique():
        reason = reason.mask(reason.isna() & frame["group"].isin(totals.index[totals == found]), found)
    empty = empty.difference(totals.index[totals.isna()])
    reason = reason.mask(reason.isna() & frame["group"].isin(empty), "no_answers")
    heads = frame[frame["group"].isin(wide.index.difference(empty))].groupby("group").first()
    wide = wide.reindex(heads.index)
    clock = kept.groupby("group")["clock"].min().reindex(heads.index)
    made = heads.assign(
        clock=clock,
        recorded_total=wide.get(TOTAL),
        difficulty=wide.get(DIFFICULTY),
        **{f"item_{number}": wide[number] for number in items},
    )
    mismatch = find_mismatches(made)
    reason = reason.mask(reason.isna() & frame["group"].isin(made.index[mismatch]), "total_mismatch")
    settled = LongRows(frame, reason, column, rows.problems, rows.notes)
    return settled, made[~mismatch].reset_index(drop=True), _gather_left_out(settled)


def _gather_left_out(rows: LongRows) -> pd.DataFrame:
    """The answers of questionnaires that were taken out; of two answers to an item the higher one."""
    lost = rows.frame[rows.reason.notna() & rows.reason.ne("duplicate").fillna(True)]
    lost = lost[lost["group"].notna() & lost["score"].notna() & (lost["number"] > TOTAL).fillna(False)]
    if lost.empty:
        return lost
    answers = lost.groupby(["group", "number"])["score"].max().unstack()  # noqa: PD010 - one cell per item
    heads = lost.assign(reason=rows.reason.reindex(lost.index)).groupby("group").first()
    return heads.assign(**{f"item_{number}": answers[number] for number in answers.columns})


def _spread_fault(frame: pd.DataFrame, reason: pd.Series, sound: pd.Series) -> pd.Series:
    """Give every row of a questionnaire the first fault of any; a repeated row is no fault of the others."""
    ranks = pd.Series(rank_reasons(reason.mask(reason.eq("duplicate").fillna(False))), index=reason.index)
    worst = ranks[sound].groupby(frame.loc[sound, "group"]).transform("min")
    shared = name_reasons(worst.to_numpy(), worst.index).reindex(reason.index)
    return shared.where(shared.notna() & sound, reason)


def _number_items(cells: pd.Series, instrument: Instrument) -> pd.Series:
    """The item that a cell names (3, phq9_3) or asks, by number; 0 for the total, -1 for the difficulty."""
    names = _normalize(cells)
    number = _number_names(names, instrument)
    return number.fillna(names.map(_number_texts(names[number.isna()].unique(), instrument)).astype("Int64"))


def _number_texts(texts: Iterable[str], instrument: Instrument) -> dict[str, int]:
    """The numbers of question texts, if those of all items are there, each exactly once."""
    hits = {text: match_text(text, instrument) for text in texts}
    if sorted(n for hit in hits.values() for n in hit) != list(range(1, instrument.n_items + 1)):
        return {}
    numbers = {text: min(hit) for text, hit in hits.items() if len(hit) == 1}
    if len(numbers) < instrument.n_items:
        return {}
    return {text: DIFFICULTY for text in hits if asks_difficulty(text)} | numbers


def _number_names(names: pd.Series, instrument: Instrument) -> pd.Series:
    """The numbers that normalized cells say."""
    stems = "|".join(sorted(instrument.stems, key=len, reverse=True))
    number = names.str.extract(rf"^(?:(?:{stems})_)?(?:q|item|question)?_?0*([0-9]{{1,2}})$")[0].astype(
        "Int64"
    )
    number = number.where((number >= 1) & (number <= instrument.n_items))
    number = number.mask(
        names.str.fullmatch(rf"(?:(?:{stems})_)?(?:total|total_score|sum|score)").astype(bool), TOTAL
    )
    return number.mask(names.str.fullmatch(rf"(?:(?:{stems})_)?difficulty").astype(bool), DIFFICULTY)


def _normalize(cells: pd.Series) -> pd.Series:
    """The cells as headers are normalized, once per distinct cell."""
    return cells.map({text: normalize_header(text) for text in cells.unique()})


def _by_instrument(frame: pd.DataFrame, reason: pd.Series) -> list[tuple[Instrument, pd.Index]]:
    open_rows = frame[reason.isna()]
    ids = [id for id in list_recognized() if open_rows["instrument"].eq(id).any()]
    return [
        (get_instrument(id), open_rows.index[open_rows["instrument"].eq(id).to_numpy(dtype=bool)])
        for id in ids
    ]


def _as_items(frame: pd.DataFrame) -> pd.DataFrame:
    """The ITEMS columns with their dtypes; what a long table lacks is missing."""
    dtypes = {column.name: column.dtype for column in ITEMS.columns}
    return frame.reset_index(drop=True).reindex(columns=list(dtypes)).astype(dtypes)
