"""The frames of `outcomes`: each column with its dtype, unit, meaning and the verb that makes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from outcomes.errors import DataError, Problem

MAX_ITEMS = 20


@dataclass(frozen=True)
class Column:
    """One column of a frame.

    Attributes
    ----------
    name : str
    dtype : str, the pandas dtype: string, Int64, Int8, Float64, boolean or datetime64[ns]
    meaning : str, one sentence; says what missing means where that is not plain
    made_by : str, the public function that makes it
    unit : str, empty where the column has none
    """

    name: str
    dtype: str
    meaning: str
    made_by: str
    unit: str = ""


@dataclass(frozen=True)
class Schema:
    """One kind of frame.

    Attributes
    ----------
    name : str
    grain : str, what one row is
    key : tuple of str, the columns that are unique together
    columns : tuple of Column
    required : tuple of str, the verbs whose columns every such frame has; later verbs add the others
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    required: tuple[str, ...]

    def column(self, name: str) -> Column | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def required_columns(self) -> tuple[Column, ...]:
        """The columns that every such frame has."""
        return tuple(column for column in self.columns if column.made_by in self.required)

    def empty(self) -> pd.DataFrame:
        """A frame without rows that has the required columns."""
        return pd.DataFrame({c.name: pd.Series(dtype=c.dtype) for c in self.required_columns})


@dataclass(frozen=True)
class Cohort:
    """What a folder of exports holds, ready for endpoints.

    Attributes
    ----------
    scores : DataFrame (SCORES), one row per questionnaire
    infusions : DataFrame (INFUSIONS), one row per administration that was given
    patients : DataFrame (PATIENTS), one row per patient seen in any file
    ledger : DataFrame (LEDGER), one row per physical row of every file
    profile : str, the profile that the folder names
    notes : tuple of str, what the loader decided and on which evidence
    """

    scores: pd.DataFrame
    infusions: pd.DataFrame
    patients: pd.DataFrame
    ledger: pd.DataFrame
    profile: str = "default"
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return (
            f"Cohort({len(self.patients)} patients, {len(self.infusions)} infusions, {len(self.scores)} questionnaires, "
            f"{len(self.ledger)} rows read = {int((self.ledger['status'] == 'used').sum())} used"
            f" + {int((self.ledger['status'] == 'excluded').sum())} excluded)"
        )


_WHO = (
    Column("patient_id", "string", "Patient; unique across sites ('site/id' where ids are unique within a site only)", "load_cohort"),
    Column("site", "string", "Site; missing where the export names none", "load_cohort"),
)
_WHEN = (
    Column("date", "datetime64[ns]", "Calendar date; missing where the export gives study days or no date", "load_cohort"),
    Column("study_day", "Int64", "Day relative to the patient's first infusion (day 0), given instead of a date", "load_cohort", "days"),
    Column("clock", "Int64", "Time of day in seconds after midnight; missing where only the date is known", "load_cohort", "seconds"),
)

ITEMS = Schema(
    "ITEMS",
    "one row per questionnaire (patient, instrument, occasion) as it was answered",
    ("assessment_id",),
    (
        Column("assessment_id", "string", "Questionnaire: the row_uid of its (first) row and the instrument", "load_cohort"),
        Column("row_uid", "string", "The physical row it came from, as in LEDGER", "load_cohort"),
        *_WHO,
        Column("instrument", "string", "Instrument id: phq9, gad7, pcl5 ...", "load_cohort"),
        *_WHEN,
        Column("declared_timing", "string", "'before' or 'after' the infusion of the day, where the export says so", "load_cohort"),
        Column("visit", "string", "Visit label of the export, kept for tracing only", "load_cohort"),
        *(
            Column(f"item_{number}", "Int8", f"Answer to item {number}; missing: not answered, or the instrument has fewer items",
                   "load_cohort", "points")
            for number in range(1, MAX_ITEMS + 1)
        ),
        Column("difficulty", "Int8", "Answer to the difficulty question (0-3); never part of a total", "load_cohort", "points"),
        Column("recorded_total", "Int64", "Total as the export states it; a check, never a source where items exist", "load_cohort", "points"),
    ),
    ("load_cohort",),
)

SCORES = Schema(
    "SCORES",
    "one row per questionnaire (patient, instrument, occasion)",
    ("assessment_id",),
    (
        *ITEMS.columns,
        Column("items_available", "boolean", "False where the export holds a total and no items", "score_items"),
        Column("n_items_answered", "Int64", "Number of items answered; missing where items are not available", "score_items", "items"),
        Column("total", "Int64", "Total score; missing where it may not be scored (an item is missing and prorating is off)", "score_items",
               "points"),
        Column("prorated", "boolean", "True where missing items were prorated into the total", "score_items"),
        # derive_timeline
        Column("series", "Int64", "Home series: the latest series that began before this assessment, else 1; missing without any infusion",
               "derive_timeline"),
        Column("day", "Int64", "Day relative to the first infusion of the home series (day 0)", "derive_timeline", "days"),
        Column("infusion_number", "Int64", "Infusions of the home series given before this assessment", "derive_timeline", "infusions"),
        Column("days_since_infusion", "Int64", "Days since the last infusion before this assessment", "derive_timeline", "days"),
        Column("days_to_next_infusion", "Int64", "Days until the next infusion (0 on its day, when before it)", "derive_timeline", "days"),
        Column("hours_since_infusion", "Float64", "Hours since the start of the last infusion; missing without clock times", "derive_timeline",
               "hours"),
        Column("phase", "string", "'before', 'induction' or 'maintenance': phase of the last infusion before this assessment",
               "derive_timeline"),
        Column("timing", "string", "On an infusion day 'before', 'after' or 'unknown'; on other days 'none'", "derive_timeline"),
        Column("order_assumed", "boolean", "True where the order on the infusion day is the profile's assumption", "derive_timeline"),
        Column("timing_class", "string", "pre_course, acute, trough, early, later or unknown_same_day (clinical timing of the score)",
               "derive_timeline"),
        Column("endpoint_use", "boolean", "True where the score may serve an endpoint: after the start of the home series and not acute",
               "derive_timeline"),
        Column("recall_overlap", "boolean", "True where the questionnaire's recall period reaches back past the last infusion",
               "derive_timeline"),
        Column("baseline_candidate_of", "Int64",
               "Series that the next infusion begins, where this score is early enough to be its baseline and its start is observed",
               "derive_timeline"),
        Column("start_observed", "boolean", "False where the export may not hold the first infusion (too soon after observed_from)",
               "derive_timeline"),
        Column("route", "string", "Route of the first infusion of the home series", "derive_timeline"),
        Column("drug", "string", "Drug of the first infusion of the home series", "derive_timeline"),
        # derive_baseline
        Column("baseline_of", "Int64", "Series for which this row is the baseline assessment; missing for all other rows", "derive_baseline"),
        Column("baseline", "Int64", "Baseline total of the home series", "derive_baseline", "points"),
        Column("baseline_day", "Int64", "Day of that baseline", "derive_baseline", "days"),
        Column("baseline_reason", "string", "Why the home series has no baseline; missing where it has one", "derive_baseline"),
        # derive_change ...
        Column("change", "Int64", "Total minus baseline; negative is better where lower is better; missing unless endpoint_use",
               "derive_change", "points"),
        Column("percent_change", "Float64", "Change in percent of baseline; missing at baseline 0", "derive_change", "percent of baseline"),
        Column("severity", "string", "Severity band of the total; missing where the instrument has no bands", "derive_severity"),
        Column("response", "boolean", "Response against baseline; missing where not eligible (baseline below caseness) or not judged",
               "derive_response"),
        Column("remission", "boolean", "Remission (PHQ-9, GAD-7) or below cut-off (PCL-5); missing where not eligible or not judged",
               "derive_remission"),
        Column("reliable_improvement", "boolean", "Improved by at least the reliable change; missing where not eligible or not judged",
               "derive_reliable_change"),
        Column("reliable_deterioration", "boolean", "Worsened by at least the reliable change; judged for everyone with a baseline, no gate",
               "derive_reliable_change"),
        Column("any_worsening", "boolean", "Total above baseline; judged for everyone with a baseline, no gate", "derive_reliable_change"),
        Column("mcid_reached", "boolean", "Improved by at least the smallest important change; missing as for response", "derive_recovery"),
        Column("recovery", "boolean", "Baseline at caseness, total below it; missing as for response", "derive_recovery"),
        Column("reliable_recovery", "boolean", "Recovery and reliable improvement; missing as for response", "derive_recovery"),
        Column("change_class", "string", "recovered, improved, unchanged or deteriorated (clinically significant change), no gate",
               "derive_recovery"),
    ),
    ("load_cohort", "score_items"),
)

INFUSIONS = Schema(
    "INFUSIONS",
    "one row per administration that was given",
    ("row_uid",),
    (
        Column("row_uid", "string", "The physical row it came from, as in LEDGER", "load_cohort"),
        *_WHO,
        *_WHEN,
        Column("drug", "string", "ketamine or esketamine as the export names it", "load_cohort"),
        Column("route", "string", "IV, IM, IN, SC, SL or PO", "load_cohort"),
        Column("dose_mg", "Float64", "Dose; missing where not stated beyond doubt", "load_cohort", "mg"),
        Column("weight_kg", "Float64", "Body weight at the infusion", "load_cohort", "kg"),
        Column("dose_mg_per_kg", "Float64", "Dose per body weight", "load_cohort", "mg/kg"),
        Column("duration_min", "Float64", "Duration of the infusion", "load_cohort", "minutes"),
        Column("declared_phase", "string", "'induction', 'maintenance' or 're-induction', where the export says so", "load_cohort"),
        Column("declared_number", "Int64", "Infusion number as the export states it; checked, never trusted", "load_cohort"),
        Column("series", "Int64", "Series of infusions, 1, 2, ... by the gap rule", "derive_series"),
        Column("day", "Int64", "Day relative to the first infusion of the series", "derive_series", "days"),
        Column("infusion_number", "Int64", "Number within the series; administrations of one date share it", "derive_series"),
        Column("phase", "string", "'induction' or 'maintenance'", "derive_series"),
        Column("gap_days", "Int64", "Days since the previous infusion of the patient; missing for the first", "derive_series", "days"),
        Column("long_gap", "boolean", "True after a gap longer than long_gap_days within a series", "derive_series"),
        Column("possible_reinduction", "boolean", "True where a block as dense as an induction follows a long gap; never split",
               "derive_series"),
        Column("several_same_day", "boolean", "True where the date holds more than one administration", "derive_series"),
    ),
    ("load_cohort",),
)

PATIENTS = Schema(
    "PATIENTS",
    "one row per patient seen in any file",
    ("patient_id",),
    (
        *_WHO,
        Column("sex", "string", "Sex as the export states it", "load_cohort"),
        Column("age", "Int64", "Age at the first infusion (0-89)", "load_cohort", "years"),
        Column("diagnosis", "string", "Diagnosis group as the export states it", "load_cohort"),
        Column("period", "string", "Period of the first infusion ('2026Q2') where only study days are given", "load_cohort"),
        Column("observed_from", "datetime64[ns]", "First date that the export could contain", "load_cohort"),
        Column("observed_until", "datetime64[ns]", "Last date that the export could contain", "load_cohort"),
        Column("observed_until_day", "Int64", "The same relative to the first infusion, where only study days are given", "load_cohort", "days"),
        Column("admission_date", "datetime64[ns]", "First psychiatric admission after the start, where recorded", "load_cohort"),
    ),
    ("load_cohort",),
)

COURSES = Schema(
    "COURSES",
    "one row per patient, series and instrument; a patient without an infusion has one row per instrument and no series",
    ("patient_id", "series", "instrument"),
    tuple(
        Column(name, dtype, meaning, "build_courses", unit)
        for name, dtype, meaning, unit in (
            ("patient_id", "string", "Patient", ""),
            ("site", "string", "Site", ""),
            ("series", "Int64", "Series; missing for a patient without any infusion", ""),
            ("instrument", "string", "Instrument id", ""),
            ("start_date", "datetime64[ns]", "Date of the first infusion of the series", ""),
            ("start_day", "Int64", "Day of the first infusion of the series, from the patient's first infusion", "days"),
            ("quarter", "string", "Quarter of the first infusion of the series, '2026Q2'", ""),
            ("route", "string", "Route of the first infusion", ""),
            ("drug", "string", "Drug of the first infusion", ""),
            ("n_infusions", "Int64", "Infusion days in the series", "infusions"),
            ("n_induction", "Int64", "Infusion days of the induction", "infusions"),
            ("n_maintenance", "Int64", "Infusion days after the induction", "infusions"),
            ("last_induction_day", "Int64", "Day of the last induction infusion", "days"),
            ("last_infusion_day", "Int64", "Day of the last infusion of the series", "days"),
            ("first_maintenance_day", "Int64", "Day of the first maintenance infusion after the endpoint's anchor", "days"),
            ("possible_reinduction", "boolean", "True where a block as dense as an induction follows a long gap in the series", ""),
            ("induction_status", "string", "complete, compressed, in_progress or incomplete", ""),
            ("start_observed", "boolean", "False where the export may not hold the first infusion", ""),
            ("observed_until_day", "Int64", "Last day of the series that the export could contain", "days"),
            ("admission_day", "Int64", "Day of the recorded psychiatric admission, from the first infusion of the series", "days"),
            ("matured", "boolean", "True where the post-induction window has closed for everyone who started that day", ""),
            ("due", "boolean", "Started, start observed and matured", ""),
            ("baseline", "Int64", "Baseline total", "points"),
            ("baseline_day", "Int64", "Day of the baseline", "days"),
            ("baseline_reason", "string", "Why there is no baseline; missing where there is one", ""),
            ("baseline_order_assumed", "boolean", "True where the baseline rests on the assumed order of the first infusion day", ""),
            ("baseline_severity", "string", "Severity band at baseline", ""),
            ("eligible", "boolean", "Due, with a baseline at or above caseness", ""),
            ("eligible_reason", "string", "Why not eligible; missing where eligible", ""),
            ("endpoint_total", "Int64", "Total in the post-induction window", "points"),
            ("endpoint_day", "Int64", "Day of that total", "days"),
            ("endpoint_reason", "string", "Why there is no endpoint total; missing where there is one", ""),
            ("endpoint_timing_class", "string", "timing_class of that total", ""),
            ("endpoint_severity", "string", "Severity band of that total", ""),
            ("infusion_in_window", "boolean", "True where a maintenance infusion lies between anchor and endpoint", ""),
            ("change", "Int64", "Endpoint total minus baseline", "points"),
            ("percent_change", "Float64", "Change in percent of baseline", "percent of baseline"),
            ("response", "boolean", "Response at the endpoint; missing where not eligible or no endpoint total", ""),
            ("remission", "boolean", "Remission or below cut-off at the endpoint; missing as for response", ""),
            ("mcid_reached", "boolean", "Smallest important change reached at the endpoint; missing as for response", ""),
            ("recovery", "boolean", "Endpoint total below caseness; missing as for response", ""),
            ("reliable_improvement", "boolean", "Reliable improvement at the endpoint; missing as for response", ""),
            ("reliable_recovery", "boolean", "Recovery and reliable improvement at the endpoint; missing as for response", ""),
            ("reliable_deterioration", "boolean", "Reliable deterioration; judged for everyone due with both totals", ""),
            ("any_worsening", "boolean", "Endpoint total above baseline; judged for everyone due with both totals", ""),
            ("change_class", "string", "recovered, improved, unchanged or deteriorated; for everyone due with both totals", ""),
            *(
                column
                for days in (90, 180, 365)
                for column in (
                    (f"due_{days}", "boolean", f"Started, start observed and the {days}-day window has closed", ""),
                    (f"eligible_{days}", "boolean", f"Due at {days} days, with a baseline at or above caseness", ""),
                    (f"total_{days}", "Int64", f"Total in the {days}-day window", "points"),
                    (f"day_{days}", "Int64", f"Day of the total in the {days}-day window", "days"),
                    (f"reason_{days}", "string", f"Why there is no total at {days} days; missing where there is one", ""),
                    (f"after_new_series_{days}", "boolean", "True where a later series had begun before that total", ""),
                    *(
                        (f"{flag}_{days}", "string" if flag == "change_class" else "boolean", f"As {flag}, at {days} days", "")
                        for flag in (
                            "response", "remission", "mcid_reached", "recovery", "reliable_improvement", "reliable_recovery",
                            "reliable_deterioration", "any_worsening", "change_class",
                        )
                    ),
                )
            ),
        )
    ),
    ("build_courses",),
)

EVENTS = Schema(
    "EVENTS",
    "one row per patient, series, instrument and endpoint (time to onset or relapse)",
    ("patient_id", "series", "instrument", "endpoint"),
    tuple(
        Column(name, dtype, meaning, "build_onset_times, build_relapse_times", unit)
        for name, dtype, meaning, unit in (
            ("patient_id", "string", "Patient", ""),
            ("site", "string", "Site", ""),
            ("series", "Int64", "Series; missing for a patient without any infusion", ""),
            ("instrument", "string", "Instrument id", ""),
            ("endpoint", "string", "response, remission, sustained_response, sustained_remission, relapse or loss_of_response", ""),
            ("quarter", "string", "Quarter of the first infusion of the series", ""),
            ("route", "string", "Route of the first infusion of the series", ""),
            ("drug", "string", "Drug of the first infusion of the series", ""),
            ("included", "boolean", "True where the patient-series belongs to the population of this endpoint", ""),
            ("excluded_reason", "string", "Why not included; missing where included", ""),
            ("origin_day", "Int64", "Day of the series on which the clock starts (0, or the day of the post-induction score)", "days"),
            ("left", "Int64", "Event after this day: the last visit without it; the censoring day where there is no event", "days"),
            ("right", "Int64", "Event at the latest on this day: the first visit with it; missing where there is no event", "days"),
            ("time", "Int64", "Conventional time: the observed day of the event (right), or the censoring day", "days"),
            ("event", "boolean", "True where the event was seen", ""),
            ("left_infusions", "Int64", "left on the infusion clock (onset only)", "infusions"),
            ("right_infusions", "Int64", "right on the infusion clock (onset only)", "infusions"),
            ("reason", "string", "score, new_series or admission (events); last_score, last_bad_unconfirmed, unconfirmed, no_follow_up", ""),
            ("unconfirmed", "boolean", "True where a candidate event lacked a confirming score", ""),
            ("event_gap", "boolean", "True where a long time without a score precedes an admission or a new series (relapse only)", ""),
            ("n_scores", "Int64", "Scores used after the clock started", "assessments"),
            ("median_gap_days", "Float64", "Median gap between those scores (and the origin)", "days"),
        )
    ),
    ("build_onset_times, build_relapse_times",),
)

LEDGER = Schema(
    "LEDGER",
    "one row per physical row of every file",
    ("row_uid",),
    tuple(
        Column(name, dtype, meaning, "load_cohort", unit)
        for name, dtype, meaning, unit in (
            ("row_uid", "string", "'input:sheet:row' with the number of the input, of the sheet (0 for text files) and of the row", ""),
            ("input", "Int64", "Number of the input in the order of outcomes.toml (1, 2, ...)", ""),
            ("sha256", "string", "First 12 characters of the file's SHA-256", ""),
            ("role", "string", "scores, infusions or patients", ""),
            ("sheet", "Int64", "Number of the sheet; 0 for text files", ""),
            ("row", "Int64", "Row as an editor or Excel numbers it (the header is above the first data row)", ""),
            ("status", "string", "'used' or 'excluded'", ""),
            ("reason", "string", "Why excluded (closed list); missing where used", ""),
            ("column", "Int64", "Column of the first fault in an excluded row, counted from 1; missing where no single cell is at fault", ""),
            ("left_out", "string", "Instruments of a used row that were left out, 'gad7=out_of_range'; missing where none", ""),
            ("assessment_row", "string", "row_uid under which this row stands in SCORES (long item rows share one); missing where excluded", ""),
        )
    ),
    ("load_cohort",),
)

SCHEMAS = (ITEMS, SCORES, INFUSIONS, PATIENTS, COURSES, EVENTS, LEDGER)


def check_frame(frame: pd.DataFrame, schema: Schema | str) -> pd.DataFrame:
    """Return the same frame if it keeps the promises of its schema; raise with all problems otherwise.

    Parameters
    ----------
    frame : DataFrame
    schema : Schema or its name, for example "SCORES"; columns that the schema does not know are allowed

    Returns
    -------
    DataFrame, the very same object; nothing is repaired

    Raises
    ------
    DataError
        If a required column is missing, a known column has another dtype, or the key is missing or repeated.

    Examples
    --------
    >>> import outcomes as oc
    >>> oc.check_frame(oc.INFUSIONS.empty(), "INFUSIONS").shape[0]
    0
    """
    schema = _schema(schema)
    problems = [*_missing_columns(frame, schema), *_wrong_dtypes(frame, schema)]
    if not problems:
        problems.extend(_repeated_keys(frame, schema))
    if problems:
        raise DataError(problems)
    return frame


def require_columns(frame: pd.DataFrame, columns: Iterable[str], *, caller: str) -> None:
    """Raise, naming the verb that makes it, if a column that the caller needs is not there."""
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise DataError([Problem("E250", "", f"{caller} needs the column {name}: run {_maker(name)} first.") for name in missing])


def _schema(schema: Schema | str) -> Schema:
    if isinstance(schema, Schema):
        return schema
    known = {one.name: one for one in SCHEMAS}
    if schema not in known:
        raise DataError(f"check_frame knows the frames {', '.join(known)}; give one of these names.", code="E250")
    return known[schema]


def _missing_columns(frame: pd.DataFrame, schema: Schema) -> list[Problem]:
    return [
        Problem("E250", schema.name, f"the column {c.name} ({c.dtype}) is missing: run {c.made_by}() first.")
        for c in schema.required_columns
        if c.name not in frame.columns
    ]


def _wrong_dtypes(frame: pd.DataFrame, schema: Schema) -> list[Problem]:
    return [
        Problem("E250", schema.name, f"the column {c.name} must have dtype {c.dtype}; it has {frame[c.name].dtype}. Convert it with astype.")
        for c in schema.columns
        if c.name in frame.columns and str(frame[c.name].dtype) != c.dtype
    ]


def _repeated_keys(frame: pd.DataFrame, schema: Schema) -> list[Problem]:
    key = [name for name in schema.key if name in frame.columns]
    repeated = int(frame.duplicated(key).sum())
    if not repeated:
        return []
    return [Problem("E250", schema.name, f"each row must be one {', '.join(key)}; {repeated} rows repeat an earlier one. Remove the repeats.")]


def _maker(name: str) -> str:
    makers = [c.made_by for schema in SCHEMAS for c in schema.columns if c.name == name]
    return f"{makers[0]}()" if makers else "the verb that makes it"
