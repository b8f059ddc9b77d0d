"""What a questionnaire is: frozen types for its items, answers, bands, cut-offs and reliable change."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from outcomes.definitions.scoring_types import DiagnosticRule, MissingRule, Scoring, Status, Subscale
from outcomes.definitions.strict import STRICT, FrozenDict, Text
from outcomes.errors import DefinitionError
from outcomes.notebook import lay_out_text

Operator = Literal["<", "<=", ">", ">="]
Scores = Annotated[dict[str, int], AfterValidator(FrozenDict)]


@dataclass(frozen=True, config=STRICT)
class Item:
    """One question: wording, codes, and word sets that recognize a header (any set, all of its words)."""

    number: int
    key: Text
    label: Text
    stem: str = ""
    key_words: tuple[tuple[Text, ...], ...] = ()
    excluded_words: tuple[Text, ...] = ()
    stem_variants: tuple[Text, ...] = ()
    loinc: str | None = None
    cluster: str | None = None
    code: str | None = None


@dataclass(frozen=True, config=STRICT)
class Band:
    """A named range of totals, both ends included."""

    name: Text
    low: int
    high: int


@dataclass(frozen=True, config=STRICT)
class Threshold:
    """A cut line on the total, or a number of points, with where it comes from."""

    value: int | float
    op: Operator
    status: Status
    source: Text
    note: str = ""


@dataclass(frozen=True, config=STRICT)
class ReliableChange:
    """The smallest change in points that measurement error alone rarely makes."""

    id: Text
    points: int
    status: Status
    source: Text
    reliability: float | None = None
    reliability_kind: Literal["internal consistency", "test-retest"] | None = None
    sd: float | None = None
    sem: float | None = None
    note: str = ""

    @property
    def formula_value(self) -> float | None:
        """1.96 * SEM * sqrt(2) with SEM = SD * sqrt(1 - r); None where the inputs are not published."""
        sem = self.sem
        if sem is None and self.sd is not None and self.reliability is not None:
            sem = self.sd * math.sqrt(1 - self.reliability)
        return None if sem is None else 1.96 * math.sqrt(2) * sem


@dataclass(frozen=True, config=STRICT)
class Reliability:
    """A published reliability coefficient."""

    kind: Literal["internal consistency", "test-retest"]
    value: Annotated[float, Field(gt=0, lt=1)]
    population: Text
    status: Status
    source: Text


@dataclass(frozen=True, config=STRICT)
class PublishedSd:
    """A published mean and standard deviation of the total; mean is None where only the spread is used."""

    population: Text
    sd: Annotated[float, Field(gt=0)]
    status: Status
    source: Text
    mean: float | None = None


@dataclass(frozen=True, config=STRICT)
class Difficulty:
    """The unscored question on how difficult the problems made daily life."""

    key: Text
    stem: Text
    answers: tuple[Text, ...]
    answer_codes: Scores
    loinc: str | None = None


@dataclass(frozen=True, config=STRICT)
class WrongCode:
    """A code to refuse for this instrument, altogether or where it is given as the total, with the reason."""

    code: Text
    refused_as: Literal["instrument", "total"]
    reason: Text


@dataclass(frozen=True, config=STRICT)
class Instrument:
    """A questionnaire: what is asked, how it is scored, and what its totals are taken to mean.

    One that is not `recognized` is read only where a layout names its columns, so that a short form is never
    taken for the questionnaire whose items it shares. Without items, recorded totals alone are read.
    """

    id: Text
    version: Text
    title: Text
    measures: Text
    n_items: int
    item_min: int
    item_max: int
    total_min: int
    total_max: int
    lower_is_better: bool
    scale_status: Status
    scale_source: Text
    recall_days: int
    recall_text: Text
    license: Text
    missing: MissingRule
    recognized: bool = True
    lead_in: str = ""
    stems: tuple[Text, ...] = ()
    answers: tuple[Text, ...] = ()
    items: tuple[Item, ...] = ()
    scoring: Scoring = Field(default_factory=Scoring)
    caseness: Threshold | None = None
    mcid: Threshold | None = None
    reliable_change: tuple[ReliableChange, ...] = ()
    reliable_change_default: Text | None = None
    diagnostic_rules: tuple[DiagnosticRule, ...] = ()
    answer_synonyms: Scores = Field(default_factory=FrozenDict)
    answer_codes: Scores = Field(default_factory=FrozenDict)
    bands: tuple[Band, ...] = ()
    bands_status: Status | None = None
    bands_source: Text | None = None
    difficulty: Difficulty | None = None
    subscales: tuple[Subscale, ...] = ()
    self_harm_item: int | None = None
    loinc_panel: str | None = None
    loinc_total: str | None = None
    snomed_total: str | None = None
    wrong_codes: tuple[WrongCode, ...] = ()
    caseness_alternatives: tuple[Threshold, ...] = ()
    reliability: tuple[Reliability, ...] = ()
    published_sd: tuple[PublishedSd, ...] = ()

    @property
    def item_keys(self) -> tuple[str, ...]:
        """The item columns in questionnaire order, for example phq9_1 to phq9_9."""
        return tuple(item.key for item in self.items)

    @property
    def clusters(self) -> FrozenDict:
        """Item numbers by cluster, for example B: (1, 2, 3, 4, 5); empty where the items have none."""
        names = dict.fromkeys(item.cluster for item in self.items if item.cluster)
        members = {name: [item.number for item in self.items if item.cluster == name] for name in names}
        return FrozenDict({name: tuple(numbers) for name, numbers in members.items()})

    @property
    def answer_values(self) -> FrozenDict:
        """Every accepted answer label in lower case, with its score."""
        english = {label.lower(): self.item_min + place for place, label in enumerate(self.answers)}
        return FrozenDict({**english, **self.answer_synonyms})

    def reliable_change_points(self, id: str | None = None) -> int:
        """Give the reliable change in points: the instrument's default, or another of its registry.

        Parameters
        ----------
        id : str, optional; an entry of `reliable_change`, such as "phq9.retest"

        Returns
        -------
        int, points of the total

        Raises
        ------
        DefinitionError
            where the registry has no such entry.

        Notes
        -----
        The points are the smallest integer greater than 1.96 * SD * sqrt(2 * (1 - r)) [1]_ where SD and r are
        published.

        References
        ----------
        .. [1] Jacobson NS, Truax P (1991). Clinical significance: a statistical approach to defining
           meaningful change in psychotherapy research. J Consult Clin Psychol 59:12-19.
           doi:10.1037/0022-006X.59.1.12

        Examples
        --------
        >>> import outcomes as oc
        >>> oc.get_instrument("phq9").reliable_change_points()
        6
        >>> oc.get_instrument("phq9").reliable_change_points("phq9.retest")
        7
        """
        wanted = id or str(self.reliable_change_default)
        registry = {entry.id: entry.points for entry in self.reliable_change}
        if wanted not in registry:
            message = f"{self.id} has no such reliable change entry. Known: {', '.join(registry)}."
            raise DefinitionError(message, code="E603")
        return registry[wanted]

    def _repr_html_(self) -> str:
        return lay_out_text(self.describe())

    def describe(self) -> str:
        """Give the items, bands, cut-offs and reliable changes as plain text, each number with its source.

        Returns
        -------
        str
        """
        lines = [
            f"{self.title} ({self.id}, version {self.version}): {self.measures}, {self.recall_text}",
            f"total {self.total_min}-{self.total_max}, items {self.item_min}-{self.item_max} "
            f"[{self.scale_status}: {self.scale_source}]",
            "",
            *(f"{item.number:>4}  {item.label:<22}{item.loinc or '-'}" for item in self.items),
            "",
        ]
        if self.scoring.divisor > 1:
            lines.append(f"published as a mean: the total divided by {self.scoring.divisor}")
        for name, one in (("caseness", self.caseness), ("smallest important change", self.mcid)):
            lines += [f"{name} {one.op} {one.value} [{one.status}: {one.source}]"] if one else []
        lines += [f"band {band.low}-{band.high}: {band.name}" for band in self.bands]
        lines += (
            [f"bands [{self.bands_status}: {self.bands_source}]"]
            if self.bands
            else ["no severity bands exist"]
        )
        lines += [
            f"rule {rule.id}: {rule.label} [{rule.status}: {rule.source}]" for rule in self.diagnostic_rules
        ]
        for entry in self.reliable_change:
            default = " (default)" if entry.id == self.reliable_change_default else ""
            lines.append(
                f"reliable change {entry.id}{default}: {entry.points} points [{entry.status}: {entry.source}]"
            )
        lines += [
            f"{one.kind} {one.value:g}, {one.population} [{one.status}: {one.source}]"
            for one in self.reliability
        ]
        lines += [
            f"SD {one.sd:g}, {one.population} [{one.status}: {one.source}]" for one in self.published_sd
        ]
        rule = f"missing items: none, or up to {self.missing.prorate_max_missing} where prorating is chosen"
        return "\n".join([*lines, f"{rule} [{self.missing.status}: {self.missing.source}]", "", self.license])
