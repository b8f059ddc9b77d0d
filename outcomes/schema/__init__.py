"""The frames of `outcomes`: each column with its dtype, unit, meaning and the verb that makes it."""

from outcomes.schema.check import SCHEMAS, check_frame, require_columns
from outcomes.schema.cohort import Cohort
from outcomes.schema.column import Column, Schema
from outcomes.schema.courses import COURSES
from outcomes.schema.events import EVENTS
from outcomes.schema.loaded import (
    CONDITIONS,
    EXCLUDED,
    INFUSIONS,
    ITEMS,
    LEDGER,
    MAX_ITEMS,
    PATIENTS,
    VISITS,
)
from outcomes.schema.measures import MEASURES
from outcomes.schema.scores import SCORES

__all__ = [
    "CONDITIONS",
    "COURSES",
    "EVENTS",
    "EXCLUDED",
    "INFUSIONS",
    "ITEMS",
    "LEDGER",
    "MAX_ITEMS",
    "MEASURES",
    "PATIENTS",
    "SCHEMAS",
    "SCORES",
    "VISITS",
    "Cohort",
    "Column",
    "Schema",
    "check_frame",
    "require_columns",
]
