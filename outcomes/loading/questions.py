"""What the columns of a file leave open about its instruments, each as one question."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from outcomes.definitions.instrument import get_instrument, list_recognized
from outcomes.errors import Problem
from outcomes.loading.codebook import Field
from outcomes.loading.item_columns import InstrumentColumns, find_by_name
from outcomes.loading.item_texts import find_by_text
from outcomes.loading.numbers import find_missing
from outcomes.loading.plan import QuestionnairePlan
from outcomes.loading.redcap.dictionary import name_companion
from outcomes.loading.tables import Table
from outcomes.loading.vocabulary import (
    CAPS_OR_PCL,
    INFUSION_ROLES,
    INFUSION_SIGNS,
    LOOKALIKES,
    NOT_AN_ITEM,
    PAST_WEEK,
    PATIENT,
    ROLES,
    SHORT_FORMS,
)
from outcomes.privacy.identifiers import normalize_header


def ask_instruments(
    table: Table,
    found: list[InstrumentColumns],
    plans: tuple[QuestionnairePlan, ...],
    names: Mapping[int, str],
    kind: str | None,
) -> list[Problem]:
    """Ask about what the headers leave open; a file that is of another kind leaves nothing open."""
    problems = [_ask_doubt(table, one) for one in found if one.doubt]
    if plans or problems:
        return problems
    if set(CAPS_OR_PCL) <= set(names.values()):
        first = next(p for p, name in names.items() if name == CAPS_OR_PCL[0])
        message = (
            "the instrument must be known; 20 columns B1 to E6 may be the PCL-5 or the CAPS-5 interview. "
            "Name the PCL-5 items in the layout."
        )
        return [table.problem("E257", message, column=first)]
    alike = _lookalikes(names)
    if alike:
        position, title = next(iter(alike.items()))
        message = (
            f"a PHQ-9, GAD-7 or PCL-5 is needed; column {position + 1} looks like another instrument "
            f"({title}), which is never read as one of them. Export the right questionnaire."
        )
        return [table.problem("E257", message, column=position)]
    if are_columns_patients(names):
        message = (
            "each patient must be a row; here patients are columns. Turn the table, so that each row is one "
            'patient and day, or say orientation = "patients-in-columns" in the layout and name the '
            "instrument."
        )
        return [table.problem("E250", message)]
    if kind in ("infusions", "patients"):
        return []
    message = (
        "columns of a known instrument are needed (PHQ-9, GAD-7, PCL-5); none was recognized. Name its items "
        "or its total in the layout."
    )
    return [table.problem("E250", message)]


def are_columns_patients(names: Mapping[int, str]) -> bool:
    """True where most of the columns are named as patients are, by number."""
    numbered = [
        name for name in names.values() if re.fullmatch(r"(?:patient|subject|participant|pt)_?[0-9]+", name)
    ]
    return len(numbered) >= 3 and len(numbered) * 2 > len(names)


def _ask_doubt(table: Table, one: InstrumentColumns) -> Problem:
    size, listed = get_instrument(one.id).n_items, ", ".join(str(p + 1) for p in one.doubtful[:3])
    many = ", ..." if len(one.doubtful) > 3 else ""
    asked = {
        "scale": f"{one.id}: column {listed} is one item or the total; no value decides. Name it as "
        f"{one.id}.recorded_total if it is the total.",
        "version": f"{one.id}: column {listed} names no version of its questionnaire. Name it as "
        f"{one.id}.recorded_total if it is the total of the {size}-item form.",
        "partial": f"{one.id}: {size} items are needed; only some are there (columns {listed}{many}). "
        f"A short form is never read as {one.id}; name the items.",
        "sets": f"{one.id}: several columns claim the same items (columns {listed}{many}). Name one set as "
        f"{one.id}.items in the layout.",
        "visits": f"{one.id}: a time point stands in the name of columns {listed}{many}. Give each visit its "
        f"columns and its day as [[{one.id}.visits]] in the layout, or drop the columns.",
        "numbering": f"{one.id}: {size + 1} columns are numbered 0 to {size} (columns {listed}{many}). The "
        f"items may be 0 to {size - 1} or 1 to {size}, and no question text decides. Name them as "
        f"{one.id}.items in the layout.",
        "texts": f"{one.id}: the names of columns {listed}{many} say other items than their question texts. "
        f"Name the items as {one.id}.items in the layout, in the order of the questionnaire by their texts; "
        "if the texts are wrong, mend them.",
    }[one.doubt]
    short = one.doubt == "partial" and len(one.doubtful) in (2, 4, 8, 17)
    return table.problem("E257" if short else "E255", asked, column=one.doubtful[0])


def _lookalikes(names: Mapping[int, str]) -> dict[int, str]:
    """Columns of instruments that look like ours, with what they are."""
    return {
        position: title
        for title, stems in LOOKALIKES.items()
        for position, name in names.items()
        for stem in stems
        if re.fullmatch(f"{stem}(?:_.*|[0-9].*)?", name) and name.split("_")[-1] not in NOT_AN_ITEM
    }


def note_lookalikes(names: Mapping[int, str], plans: tuple[QuestionnairePlan, ...]) -> list[str]:
    """Note other instruments beside ours; their columns are never read."""
    own = {position for plan in plans for position in plan.columns}
    titles = sorted({title for position, title in _lookalikes(names).items() if position not in own})
    return (
        [f"columns of another instrument ({title}) are noted and not read" for title in titles]
        if plans
        else []
    )


def ask_lookalikes(
    table: Table, plans: tuple[QuestionnairePlan, ...], fields: Mapping[int, Field]
) -> list[Problem]:
    """Ask about items that are another instrument by what was asked, whatever their columns are named.

    These are the PCL-5 for the past week, and a form of which only the first items were ever answered. A FHIR
    response names its form, and its reader has decided.
    """
    problems = []
    for plan in plans:
        id = plan.instrument.id
        wording = [table.header[p] for p in plan.items]
        wording += [text for p in plan.items if p in fields for text in (fields[p].label, fields[p].lead)]
        if id == "pcl5" and any(PAST_WEEK.search(normalize_header(text)) for text in wording):
            message = (
                "pcl5: the questions ask about the past week, and the PCL-5 is about the past month. Leave "
                "these columns out by drop under [columns] in the layout."
            )
            problems.append(table.problem("E257", message, column=plan.items[0]))
        title = SHORT_FORMS.get(id, {}).get(_count_used(table, plan.items))
        if title and table.format != "fhir":
            message = (
                f"{id}: only the first items were ever answered, as in the {title}, which is never read as "
                f"{id}. Leave these columns out by drop under [columns] in the layout."
            )
            problems.append(table.problem("E257", message, column=plan.items[0]))
    return problems


def _count_used(table: Table, items: tuple[int, ...]) -> int:
    """The number of items up to the last one that anybody answered."""
    used = len(items)
    while used and find_missing(table.distinct(items[used - 1]).series).all():
        used -= 1
    return used


def find_foreign_format(table: Table) -> Problem | None:
    """Name the companions of records, which are no data themselves."""
    companion = name_companion(table.header)
    return None if companion is None else table.problem("E250", companion)


def say_other_kind(kind: str) -> str:
    """What to do with a file of infusions or patients that is given as questionnaires."""
    what = {"infusions": "infusion records", "patients": "a list of patients"}[kind]
    return (
        f'questionnaires are needed; this looks like {what}. Give it role = "{kind}" in the outcomes.toml of '
        "a folder that holds the questionnaires too, and load the folder."
    )


def ask_role(table: Table, role: str, *, dropped: Collection[int] = ()) -> Problem | None:
    """Refuse questionnaires as infusions, and questionnaires or infusions as patients (E250)."""
    names = {p: normalize_header(text) for p, text in enumerate(table.header) if p not in dropped}
    scores = sorted(_find_scores(names))
    doses = [p for p, name in names.items() if name in INFUSION_SIGNS or name in INFUSION_ROLES["dose"]]
    given = [p for p, name in names.items() if any(name in INFUSION_ROLES[key] for key in ("route", "drug"))]
    if role == "infusions" and scores and not (doses or given):
        found, what = scores, "questionnaires, and none of a dose, route, drug or infusion number"
    elif role == "patients" and (scores or doses):
        found, what = sorted([*scores, *doses]), "questionnaires" if scores else "infusion records"
    else:
        return None
    listed = ", ".join(str(p + 1) for p in found[:3]) + (", ..." if len(found) > 3 else "")
    message = (
        f"{role} are needed, as the role says; this file has columns of {what} (columns {listed}). Correct "
        "the role in outcomes.toml, or name those columns in drop under [columns] of a layout."
    )
    return table.problem("E250", message, column=found[0])


def _find_scores(names: Mapping[int, str]) -> set[int]:
    """Columns of items and totals, by name or by text, and the two columns of a long table."""
    found: set[int] = set()
    for id in list_recognized():
        for one in (find_by_name(names, get_instrument(id)), find_by_text(names, get_instrument(id))):
            found |= {*one.items, *(() if one.total is None else (one.total,))}
    long = {
        role: p
        for role in ("instrument", "item", "total")
        for p, name in names.items()
        if name in ROLES[role]
    }
    return found | (set(long.values()) if "instrument" in long and len(long) > 1 else set())


def find_other_kind(roles: Mapping[str, int], names: Mapping[int, str]) -> str | None:
    """Infusion records, by dose, date or number of infusions, or drug beside dose; or patients, by most."""
    have = set(names.values())
    if have & set(INFUSION_SIGNS) or all(have & set(INFUSION_ROLES[role]) for role in ("drug", "dose")):
        return "infusions"
    known = have & {*PATIENT, *ROLES["patient_id"], *ROLES["site"]}
    return (
        "patients" if "patient_id" in roles and have & set(PATIENT) and 2 * len(known) > len(have) else None
    )
