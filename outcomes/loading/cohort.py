"""A folder of exports, or one file, as the four frames on which everything else stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.errors import DataError, DefinitionError, OutcomesError, PrivacyError, Problem
from outcomes.loading.arrays import join_columns
from outcomes.loading.duplicates import find_repeats
from outcomes.loading.extract import stack_excluded
from outcomes.loading.folder import FolderSettings, SourceSettings, read_settings, with_companions
from outcomes.loading.layouts.layout import check_tie
from outcomes.loading.layouts.text import write_layout_text
from outcomes.loading.ledger import check_ledger, exclude_questionnaires, exclude_rows
from outcomes.loading.limits import find_limits
from outcomes.loading.linking import align_days, ask_times, note_links, note_twins
from outcomes.loading.opening import open_source, read_other
from outcomes.loading.ordering import Places, find_order, take_rows
from outcomes.loading.people import build_patients, find_patient_repeats, prefix_ids
from outcomes.loading.progress import say_seldom
from outcomes.loading.questions import say_other_kind
from outcomes.loading.same_data import (
    FRAMES,
    Loaded,
    find_same_data,
    is_read_alike,
    make_again,
    note_same_bytes,
    says_the_same,
)
from outcomes.loading.scores import study_scores
from outcomes.loading.scoring import score_totals
from outcomes.loading.source import raise_problems
from outcomes.loading.studied import Studied, place_notes
from outcomes.notebook import follow
from outcomes.schema import LEDGER, Cohort, check_frame


def load_cohort(
    path: str | Path,
    *,
    layout: str | Path | None = None,
    dictionary: str | Path | None = None,
    events: str | Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> Cohort:
    r"""Load a folder of exports, or one file with questionnaires, into the frames of a cohort.

    Parameters
    ----------
    path : a folder that holds outcomes.toml, or one file with questionnaires
    layout : path of a layout file, its TOML text, or None; for one file only, a folder names its layouts in
        outcomes.toml
    dictionary, events : path of a REDCap data dictionary (or FHIR Questionnaire) and of an events file, or
        None; likewise for one file only
    progress : callable or None; it is given a sentence every few seconds while a long file is read ("input-1:
        4,000,000 rows read"), and nothing where loading is quick. Without it a notebook shows the sentence
        until the cohort is loaded, and a script shows nothing

    Returns
    -------
    Cohort with scores (SCORES, strict totals), infusions, patients (one row per patient seen in any file),
    ledger (one row per physical row of every file) and notes (what was decided, on which evidence); ids are
    "site/id" where they are unique within a site only

    Raises
    ------
    DataError
        If a file cannot be read, needs a decision (all questions at once; inspect_source shows them with a
        layout to edit), or loses too many rows (E251) or all of them (E252).
    DefinitionError
        If outcomes.toml or a layout is not as needed (E6xx).
    PrivacyError
        If a file holds what identifies a person, or calendar dates that are not declared (E1xx).
    LedgerError
        If rows read and rows accounted for do not agree (E900).

    Notes
    -----
    Every physical row ends in the ledger once, used or excluded with one reason. The frames do not depend on
    the order of rows in the files; of identical duplicates the first by input and row is kept.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import outcomes as oc
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "scores.csv"
    >>> _ = file.write_text("patient_id,day,phq9_total\nA,0,18\nA,14,7\nA,14,7\n")
    >>> oc.load_cohort(file)
    Cohort(1 patients, 0 infusions, 2 questionnaires, 3 rows read = 2 used + 1 excluded)
    """
    path = Path(path)
    settings = read_settings(path)
    beside = {"layout": layout, "dictionary": dictionary, "events": events}
    if path.is_dir() and (named := [key for key, given in beside.items() if given is not None]):
        message = (
            f"{named[0]} goes with one file; this is a folder. Name it as {named[0]} of its [[source]] in "
            "outcomes.toml."
        )
        raise DefinitionError(Problem("E603", "", message))
    if not path.is_dir():
        settings = with_companions(settings, dictionary=dictionary, events=events)
    root = path if path.is_dir() else path.parent
    with follow(progress) as say:
        tell = say_seldom(say)
        loaded = _read_sources(root, settings, layout, tell, is_folder=path.is_dir())
        tell("all files are read; bringing their rows together")
        return _join(loaded, settings, tell, is_folder=path.is_dir())


def _join(
    loaded: list[Loaded], settings: FolderSettings, tell: Callable[[str], None], *, is_folder: bool
) -> Cohort:
    """Bring the rows of all files together, each of them in the ledger once."""
    frames = {role: _stack(loaded, role) for role in FRAMES}
    frames["excluded"] = stack_excluded([one.extract.excluded for one in loaded])
    rows = pd.concat([one.extract.rows for one in loaded], ignore_index=True, copy=False)
    rows = rows.astype({column.name: column.dtype for column in LEDGER.columns}, copy=False)
    frames, rows = prefix_ids(frames, rows, settings)
    raise_problems(ask_times(frames["scores"], frames["infusions"]))
    frames, rows, places = _drop_repeats(frames, rows, loaded)
    _check_limits(rows, loaded)
    _check_end(frames, settings, is_folder=is_folder)
    order = find_order(places)
    totals = score_totals(frames["scores"], profile=settings.profile)
    scores = take_rows(check_frame(join_columns(frames["scores"], totals), "SCORES"), order)
    infusions = take_rows(frames["infusions"], find_order(Places(frames["infusions"])))
    check_frame(infusions, "INFUSIONS")
    patients, noted = build_patients(frames, settings, places=places)
    check_frame(patients, "PATIENTS")
    tell("checking that every row stands in the ledger once")
    ledger = check_frame(_sort_ledger(rows), "LEDGER")
    uids = pd.concat([one.table.row_uids for one in loaded], ignore_index=True, copy=False)
    check_ledger(ledger, uids=uids, scores=scores, infusions=infusions, order=order)
    within_site = settings.patient_ids == "unique-within-site"
    noted = (
        *noted,
        *note_links(frames),
        *note_twins([one.extract.frame for one in loaded], within_site=within_site),
    )
    notes = tuple(dict.fromkeys([*(note for one in loaded for note in one.extract.notes), *noted]))
    return Cohort(
        scores, infusions, patients, ledger, settings.profile, notes, settings.name, frames["excluded"],
        check_frame(frames["visits"], "VISITS"), check_frame(frames["conditions"], "CONDITIONS"),
    )  # fmt: skip


def _read_sources(
    root: Path,
    settings: FolderSettings,
    layout: str | Path | None,
    tell: Callable[[str], None],
    *,
    is_folder: bool,
) -> list[Loaded]:
    """Read every file; the problems of all of them are raised together."""
    loaded: list[Loaded] = []
    errors: list[OutcomesError] = []
    for number, source in enumerate(settings.source, start=1):
        given = layout if not is_folder else None if source.layout is None else root / source.layout
        try:
            one = _read_source(root, source, settings, given, number, loaded, tell, is_folder=is_folder)
            loaded.append(one)
        except (DataError, DefinitionError, PrivacyError) as error:
            errors.append(error)
    if errors:
        problems = [problem for error in errors for problem in error.found]
        for kind in (PrivacyError, DefinitionError):
            if any(isinstance(error, kind) for error in errors):
                raise kind(
                    sorted(problems, key=lambda problem: not problem.code.startswith(kind.default_code[:2]))
                )
        if len(errors) == 1 and type(errors[0]) is not DataError:
            raise errors[0]
        raise DataError(problems)
    return loaded


def _read_source(
    root: Path,
    source: SourceSettings,
    settings: FolderSettings,
    given: str | Path | None,
    number: int,
    earlier: list[Loaded],
    tell: Callable[[str], None],
    *,
    is_folder: bool,
) -> Loaded:
    opened = open_source(
        root, source, number=number, role=source.role, layout=given,
        limited_data_set=settings.limited_data_set, latest=settings.last_date,
        count=lambda rows: tell(f"input-{number}: {rows:,} rows read"),
    )  # fmt: skip
    table, read, declared = opened.table, opened.layout, opened.declared
    tell(f"input-{number}: all {table.n_rows:,} rows read, now what they say")
    within_site = settings.patient_ids == "unique-within-site"
    twins = find_same_data(earlier, source, table, within_site=within_site)
    if any(is_read_alike(one, source, read) for one in twins):
        return make_again(source, table, read)
    if source.role != "scores":
        check_tie(read, table)
        other = read_other(table, read, declared, source.role)
        extract = replace(other, notes=tuple(place_notes(table, other.notes)))
    else:
        studied = study_scores(table, read, declared)
        raise_problems(_add_hint(studied, is_folder=is_folder))
        if studied.extract is None:
            raise_problems([table.problem("E250", say_other_kind(str(studied.recognized.kind)))])
        assert studied.extract is not None
        extract = studied.extract
    one = Loaded(source, table, read, extract)
    if any(says_the_same(one, twin) for twin in twins):
        return make_again(source, table, read)
    return replace(one, extract=replace(extract, notes=(*extract.notes, *note_same_bytes(one, earlier))))


def _add_hint(studied: Studied, *, is_folder: bool) -> list[Problem]:
    """The open questions; the last one says how to answer them, unless no layout can."""
    questions = sorted(studied.questions, key=lambda problem: not problem.code.startswith("E1"))
    if not questions or studied.refused or studied.recognized.foreign:
        return questions
    hint = (
        "\nTo settle it, complete the layout that outcomes inspect prints, and name it as layout of this "
        "[[source]]."
        if is_folder
        else f"\nTo settle it, complete this layout and load with it.\n\n{write_layout_text(studied)}"
    )
    last = questions[-1]
    return [*questions[:-1], Problem(last.code, last.where, last.message + hint)]


def _stack(loaded: list[Loaded], role: str) -> pd.DataFrame:
    """The frames of all files of a role, in the order of the files and their rows."""
    schema = FRAMES[role]
    parts = [one.extract.frame for one in loaded if one.extract.role == role and len(one.extract.frame)]
    if not parts:
        return schema.empty()
    return pd.concat(parts, ignore_index=True, copy=False)


def _drop_repeats(
    frames: dict[str, pd.DataFrame], rows: pd.DataFrame, loaded: list[Loaded]
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame, Places]:
    """Take out what stands in the files more than once, across all of them; and the places of the scores."""
    scores, infusions, patients = frames["scores"], frames["infusions"], frames["patients"]
    places = Places(scores)
    aligned = align_days(scores, infusions)
    found = places if aligned is scores else Places(aligned)
    reason = find_repeats(found, _name_rules(scores, loaded))
    rows = exclude_questionnaires(rows, scores, reason)
    again = infusions.duplicated(["patient_id", "date", "study_day", "clock", "route"])
    rows = exclude_rows(rows, infusions.loc[again, "row_uid"], "duplicate")
    repeats = find_patient_repeats(patients)
    if repeats.notna().any():
        used = rows[(rows["role"] == "patients") & (rows["status"] == "used")]["row_uid"].to_numpy()
        for word in ("duplicate", "conflicting_duplicate"):
            rows = exclude_rows(rows, used[repeats.eq(word).fillna(False).to_numpy(dtype=bool)], word)
    repeated = bool(reason.notna().any())
    kept = {
        "scores": scores[reason.isna()] if repeated else scores,
        "infusions": infusions[~again],
        "patients": patients[repeats.isna()],
        **{role: frames[role] for role in ("visits", "conditions", "excluded")},
    }
    if repeated:
        again_out = scores[reason.notna()].assign(reason=reason[reason.notna()])
        kept["excluded"] = stack_excluded([frames["excluded"], again_out])
    return kept, rows, Places(kept["scores"]) if repeated else places


def _name_rules(scores: pd.DataFrame, loaded: list[Loaded]) -> pd.Series | str:
    """The rule for repeats within a day, from the layout of each questionnaire's file."""
    rule = {str(one.table.number): one.layout.rules.same_day_repeat for one in loaded}
    if len(set(rule.values())) == 1:
        return next(iter(rule.values()))
    named = [rule[uid.partition(":")[0]] for uid in scores["row_uid"]]
    return pd.Series(named, index=scores.index, dtype=object)


def _check_limits(rows: pd.DataFrame, loaded: list[Loaded]) -> None:
    problems = []
    for one in loaded:
        mine = rows if len(loaded) == 1 else rows[rows["input"] == one.table.number]
        # A visit that was missed is no fault of the file that says so.
        missed = mine["role"].eq("visits") & mine["reason"].eq("not_administered").fillna(False)
        mine = mine[~missed] if missed.any() else mine
        accepted = one.settings.accept_exclusions
        problems += find_limits(
            mine, number=one.table.number, sha256=one.table.sha256, accept_exclusions=accepted
        )
    raise_problems(problems)


def _check_end(frames: dict[str, pd.DataFrame], settings: FolderSettings, *, is_folder: bool) -> None:
    """A folder with calendar dates must say until when it could have held data; scores cannot tell."""
    dated = any(frames[role]["date"].notna().any() for role in ("scores", "infusions"))
    if is_folder and dated and settings.observed_until is None:
        message = (
            "observed_until is needed where there are calendar dates: the last date that the export could "
            "contain. Add it."
        )
        raise DefinitionError(Problem("E603", "outcomes.toml", message))


def _sort_ledger(rows: pd.DataFrame) -> pd.DataFrame:
    """By input, sheet and row, as they are read."""
    keys = [rows[name].to_numpy(dtype=np.int64) for name in ("row", "sheet", "input")]
    return take_rows(rows, np.lexsort(keys))
