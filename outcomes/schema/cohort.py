"""What a folder of exports holds once it is loaded."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from outcomes.schema.loaded import CONDITIONS, EXCLUDED, VISITS


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
    name : str, what the folder is called; empty where it has no name
    excluded : DataFrame (EXCLUDED), questionnaires that were read and left out, with the reason
    visits : DataFrame (VISITS), attended visits; empty where the folder has no such file
    conditions : DataFrame (CONDITIONS), recorded diagnoses and circumstances; likewise
    """

    scores: pd.DataFrame
    infusions: pd.DataFrame
    patients: pd.DataFrame
    ledger: pd.DataFrame
    profile: str = "default"
    notes: tuple[str, ...] = ()
    name: str = ""
    excluded: pd.DataFrame = field(default_factory=EXCLUDED.empty)
    visits: pd.DataFrame = field(default_factory=VISITS.empty)
    conditions: pd.DataFrame = field(default_factory=CONDITIONS.empty)

    def __repr__(self) -> str:
        used, excluded = (int((self.ledger["status"] == status).sum()) for status in ("used", "excluded"))
        return (
            f"Cohort({len(self.patients)} patients, {len(self.infusions)} infusions, "
            f"{len(self.scores)} questionnaires, "
            f"{len(self.ledger)} rows read = {used} used + {excluded} excluded)"
        )
