"""Names, question texts and numbers of items held against each other; what they leave open is asked."""

from __future__ import annotations

import json

import pandas as pd
import pyreadstat
import pytest

import outcomes as oc
from outcomes.definitions.instrument import get_instrument
from outcomes.errors import OutcomesError

ALL = ("phq9", "gad7", "pcl5")
TEXTS = {id: [item.stem for item in get_instrument(id).items] for id in ALL}
WORK = get_instrument("phq9").difficulty.stem
PHQ = [f"phq9_{n}" for n in range(1, 10)]


@pytest.fixture
def load(tmp_path):
    """Load rows of numbers as a SAV file whose variables carry labels, or as CSV where none do."""

    def loader(header, rows, texts=(), layout=None, values=None):
        path = tmp_path / ("scores.sav" if texts or values else "scores.csv")
        frame = pd.DataFrame(
            [[f"P{n}", n, *row] for n, row in enumerate(rows)], columns=["id", "day", *header]
        )
        if path.exists():  # a SAV file written again has another hash, and a layout is tied to it
            return oc.load_cohort(path, layout=layout)
        if path.suffix == ".csv":
            frame.to_csv(path, index=False)
        else:
            labels = ["id", "day", *texts] if texts else None
            pyreadstat.write_sav(frame, path, column_labels=labels, variable_value_labels=values)
        return oc.load_cohort(path, layout=layout)

    return loader


@pytest.fixture
def ask(load, tmp_path):
    """The code and message of the only question, and the layout that inspecting prints."""

    def asker(*args, **settings):
        with pytest.raises(OutcomesError) as caught:
            load(*args, **settings)
        (problem,) = caught.value.found
        path = next(tmp_path.glob("scores.*"))
        return problem.code, problem.message, oc.inspect_source(path, layout=settings.get("layout")).layout

    return asker


def items(cohort) -> list[int]:
    return [int(cohort.scores[f"item_{n}"].iloc[0]) for n in range(1, 10)]


def complete(layout: str, start: str) -> str:
    """The layout with the first open line that starts so."""
    line = next(line for line in layout.splitlines() if line.startswith(f"# {start}"))
    return layout.replace(line, line.removeprefix("# "))


class TestNamesAndTexts:
    ROW = (3, 0, 1, 0, 0, 0, 0, 0, 0)
    MOVED = (TEXTS["phq9"][8], *TEXTS["phq9"][:8])

    def test_question_texts_in_another_order_than_the_names_are_asked_about(self, ask):
        code, message, layout = ask(PHQ, [self.ROW], self.MOVED)
        assert code == "E255"
        assert "question texts" in message
        order = [f"phq9_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 1)]
        assert f"# items = {json.dumps(order)}" in layout

    def test_the_order_of_the_texts_is_the_one_that_a_layout_can_name(self, load, ask):
        layout = ask(PHQ, [self.ROW], self.MOVED)[2]
        cohort = load(PHQ, [self.ROW], self.MOVED, layout=complete(layout, "items"))
        assert items(cohort) == [0, 1, 0, 0, 0, 0, 0, 0, 3]

    def test_a_layout_against_the_texts_is_refused(self, ask):
        with pytest.raises(OutcomesError) as caught:
            ask(PHQ, [self.ROW], self.MOVED, layout=f"[phq9]\nitems = {json.dumps(PHQ)}\n")
        assert caught.value.code == "E603"

    def test_a_named_total_does_not_stand_in_for_the_items(self, ask, load):
        header, rows, texts = [*PHQ, "phq9_total"], [(*self.ROW, 4)], [*self.MOVED, ""]
        layout = ask(header, rows, texts, layout='[phq9]\nrecorded_total = "phq9_total"\n')[2]
        cohort = load(header, rows, texts, layout=complete(layout, "items"))
        assert items(cohort)[8] == 3
        assert cohort.scores["recorded_total"].tolist() == [4]

    def test_one_text_of_another_item_is_enough(self, ask):
        texts = ["", "", *TEXTS["phq9"][2:8], TEXTS["phq9"][0]]
        assert ask(PHQ, [self.ROW], texts)[0] == "E255"

    def test_texts_of_another_questionnaire_are_asked_about(self, ask):
        names = [f"gad7_{n}" for n in range(1, 8)]
        assert ask(names, [self.ROW[:7]], TEXTS["phq9"][:7])[0] == "E255"

    @pytest.mark.parametrize("id", ALL)
    def test_texts_in_the_order_of_the_names_leave_nothing_open(self, load, id):
        size = get_instrument(id).n_items
        names = [f"{id}_{n}" for n in range(1, size + 1)]
        assert len(load(names, [[0] * size], TEXTS[id]).scores) == 1

    def test_columns_without_a_text_are_known_by_their_names(self, load):
        assert items(load(PHQ, [self.ROW], ["", *TEXTS["phq9"][1:8], ""])) == list(self.ROW)


class TestNumbering:
    NAMES = tuple(f"phq9_{n}" for n in range(10))
    ROW = (1, 1, 2, 3, 0, 1, 2, 3, 1, 0)

    @pytest.mark.parametrize("id", ["phq9", "gad7"])
    def test_columns_from_zero_to_the_last_number_are_asked_about(self, ask, id):
        size = get_instrument(id).n_items
        names = [f"{id}_{n}" for n in range(size + 1)]
        code, message, layout = ask(names, [self.ROW[: size + 1]])
        assert (code, "0 to" in message) == ("E255", True)
        assert f"# items = {json.dumps(names[:-1])}" in layout
        assert f"# items = {json.dumps(names[1:])}" in layout

    @pytest.mark.parametrize("start", [0, 1])
    def test_the_layout_says_with_which_number_they_start(self, load, start):
        named = json.dumps(self.NAMES[start : start + 9])
        cohort = load(self.NAMES, [self.ROW], layout=f"[phq9]\nitems = {named}\n")
        assert items(cohort) == list(self.ROW[start : start + 9])

    @pytest.mark.parametrize(
        ("texts", "start"), [([*TEXTS["phq9"], WORK], 0), (["Language", *TEXTS["phq9"]], 1)]
    )
    def test_the_texts_of_all_items_prove_one_numbering(self, load, texts, start):
        cohort = load(self.NAMES, [self.ROW], texts)
        assert items(cohort) == list(self.ROW[start : start + 9])
        assert cohort.scores["difficulty"].notna().any() == (start == 0)

    def test_texts_that_prove_neither_leave_it_open(self, ask):
        assert ask(self.NAMES, [self.ROW], [*TEXTS["phq9"][::-1], WORK])[0] == "E255"


class TestLabels:
    """Value labels that only some of the columns have."""

    WORDS = tuple(get_instrument("phq9").answers)
    ROW = (3, 0, 1, 2, 0, 0, 0, 0, 0)

    def labels(self, *columns, start=0, turned=False) -> dict:
        words = self.WORDS[::-1] if turned else self.WORDS
        codes = {float(start + n): word for n, word in enumerate(words)}
        return {f"phq9_{n}": codes for n in columns}

    @pytest.mark.parametrize(
        ("values", "row"),
        [
            (((1,), 0, True), ROW),
            (((1,), 0, False), ROW),
            ((range(1, 9), 1, False), (1, 2, 3, 4, 1, 1, 1, 1, 0)),
            ((range(1, 9), 1, False), (1, 2, 3, 4, 1, 1, 1, 1, 2)),
        ],
    )
    def test_numbers_beside_labeled_codes_are_asked_about(self, ask, values, row):
        columns, start, turned = values
        named = self.labels(*columns, start=start, turned=turned)
        code, message, layout = ask(PHQ, [row], values=named)
        assert (code, "without value labels" in message) == ("E253", True)
        assert "# coding =" in layout

    def test_a_declared_coding_is_that_of_the_columns_without_labels(self, load):
        named = self.labels(1, turned=True)
        cohort = load(PHQ, [self.ROW], values=named, layout='[phq9]\ncoding = "0-3"\n')
        assert items(cohort) == [0, *self.ROW[1:]]

    def test_an_unlabeled_column_without_answers_leaves_nothing_open(self, load):
        row = (float("nan"), *(value + 1 for value in self.ROW[1:]))
        cohort = load(PHQ, [row], values=self.labels(*range(2, 10), start=1))
        assert cohort.scores["n_items_answered"].tolist() == [8]

    def test_labels_of_all_columns_decide_one_by_one(self, load):
        named = self.labels(1, turned=True) | self.labels(*range(2, 10))
        assert items(load(PHQ, [self.ROW], values=named)) == [0, *self.ROW[1:]]


class TestTotals:
    @pytest.mark.parametrize(
        ("header", "value"), [("PCL", 44), ("PHQ", 20), ("GAD", 15), ("phq", 2), ("pcl", 3)]
    )
    def test_a_bare_name_without_a_version_is_asked_about_whatever_its_values(self, ask, header, value):
        code, message, layout = ask([header], [[value]])
        assert (code, "names no version" in message) == ("E255", True)
        assert f'# recorded_total = "{header.lower()}"' in layout

    def test_a_layout_says_that_it_is_ours(self, load):
        assert load(["PCL"], [[44]], layout='[pcl5]\nrecorded_total = "PCL"\n').scores["total"].tolist() == [
            44
        ]

    @pytest.mark.parametrize(("header", "value"), [("pcl5", 44), ("PHQ-9", 20), ("GAD7", 15)])
    def test_a_bare_name_with_its_version_is_the_total_by_its_values(self, load, header, value):
        assert load([header], [[value]]).scores["total"].tolist() == [value]

    def test_two_bare_names_are_no_single_total(self, ask):
        assert ask(["phq9", "phq"], [[20, 18]])[0] == "E255"

    def test_a_tenth_question_named_like_a_scale_is_no_recorded_total(self, load):
        names = [f"phq{n}" for n in range(1, 11)]
        cohort = load(names, [[0, 1, 0, 0, 0, 0, 0, 0, 1, 3]])
        assert cohort.scores["total"].tolist() == [2]
        assert cohort.scores["recorded_total"].isna().all()
