"""What a folder of exports holds once it is loaded."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from outcomes.notebook import lay_out
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
        return f"Cohort({self._say_size()}, {self._say_rows()})"

    def _repr_html_(self) -> str:
        kinds = self.scores.groupby("instrument", as_index=False).agg(
            questionnaires=("instrument", "size"),
            patients=("patient_id", "nunique"),
            totals=("total", "count"),
        )
        return lay_out(
            self.name or "Cohort",
            lines=(self._say_size(), self._say_rows(), f"Profile: {self.profile}"),
            table=kinds,
            folded={f"Notes of the loader ({len(self.notes)})": "\n".join(self.notes)},
        )

    def _say_size(self) -> str:
        frames = {"patients": self.patients, "infusions": self.infusions, "questionnaires": self.scores}
        return ", ".join(f"{len(frame)} {name}" for name, frame in frames.items())

    def _say_rows(self) -> str:
        used, excluded = (int((self.ledger["status"] == status).sum()) for status in ("used", "excluded"))
        return f"{len(self.ledger)} rows read = {used} used + {excluded} excluded"
