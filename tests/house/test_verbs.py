"""A verb is a promise: what every function of a prefix takes, gives and leaves alone."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import outcomes as oc

ROOMS = {
    "get": ("definitions",),
    "list": ("definitions",),
    "read": ("definitions", "loading", "reports"),
    "inspect": ("loading",),
    "load": ("loading",),
    "score": ("loading",),
    "check": ("schema",),
    "simulate": ("simulate",),
    "derive": ("endpoints",),
    "build": ("endpoints", "reports"),
    "summarize": ("summaries",),
    "fit": ("models",),
    "estimate": ("models",),
    "compare": ("models",),
    "plot": ("figures",),
    "describe": ("figures", "reports"),
    "section": ("reports",),
    "write": ("reports",),
}
COURSE = ["patient_id", "series", "instrument"]
FUNCTIONS = dir(oc)


def of(*prefixes: str) -> list[str]:
    return [name for name in FUNCTIONS if name.split("_")[0] in prefixes]


@pytest.fixture(scope="session")
def frames(sample_cohort, sample_scores, sample_courses, sample_onset):
    return {
        "scores": sample_scores,
        "infusions": oc.derive_series(sample_cohort.infusions),
        "patients": sample_cohort.patients,
        "courses": sample_courses,
        "events": sample_onset.query("instrument == 'phq9'"),
        "ledger": sample_cohort.ledger,
        "items": sample_cohort.scores,
        "measures": oc.build_measure(sample_cohort, "nhs_tt"),
        "cohort": sample_cohort,
        "onset": sample_onset,
        "table": oc.summarize_profiles(sample_cohort, ["default", "mcinnes2022"]),
        "counts": count_by_site_and_quarter(sample_courses),
    }


def count_by_site_and_quarter(courses):
    """Responders by site, each site with a quarter of its own, as a funnel and a chart want one row each."""
    rates = oc.summarize_endpoints(courses, by="site", endpoints=["response"])
    rates = rates[(rates["instrument"] == "phq9") & (rates["denominator"] == "observed")]
    return rates.assign(quarter=pd.period_range("2025Q1", periods=len(rates), freq="Q").astype(str))


def arguments(name: str, frames: dict) -> dict:
    wanted = inspect.signature(getattr(oc, name)).parameters
    return {key: frames[key] for key in wanted if key in frames}


def copies(given: dict) -> dict:
    frames = {key: one.scores if key == "cohort" else one for key, one in given.items()}
    return {key: frame.copy(deep=True) for key, frame in frames.items()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_has_a_verb_and_lives_on_its_floor(name):
    verb = name.split("_")[0]
    assert verb in ROOMS, f"{name}: {verb} is no verb of the house"
    assert getattr(oc, name).__module__.split(".")[1] in ROOMS[verb]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_options_are_keyword_only(name):
    parameters = list(inspect.signature(getattr(oc, name)).parameters.values())
    frames_or_first = {
        "scores",
        "infusions",
        "patients",
        "courses",
        "report",
        "folder",
        "relapse",
        "measure",
        "profiles",
    }
    for parameter in parameters[1:]:
        assert parameter.kind is parameter.KEYWORD_ONLY or parameter.name in frames_or_first | {
            "path",
            "schema",
            "formula",
            "sources",
        }, parameter.name


@pytest.mark.parametrize("name", of("derive"))
def test_derive_keeps_rows_order_index_and_input(name, frames):
    given = arguments(name, frames)
    first = next(iter(given))
    shuffled = given[first].sample(frac=1.0, random_state=3)
    shuffled.index = pd.Index(range(1000, 1000 + len(shuffled)))
    given[first] = shuffled
    before = copies(given)
    after = getattr(oc, name)(**given)
    assert after.index.equals(shuffled.index)
    identity = {"scores": ["assessment_id"], "infusions": ["row_uid"]}.get(first, COURSE)
    assert_frame_equal(after[identity], shuffled[identity])
    assert set(shuffled.columns) <= set(after.columns)
    for key, frame in copies(given).items():
        assert_frame_equal(frame, before[key])


@pytest.mark.parametrize("name", of("derive"))
def test_deriving_twice_gives_the_same(name, frames):
    given = arguments(name, frames)
    first = next(iter(given))
    once = getattr(oc, name)(**given)
    assert_frame_equal(getattr(oc, name)(**{**given, first: once}), once)


@pytest.mark.parametrize("name", ["build_courses", "build_onset_times", "build_relapse_times"])
def test_build_accounts_for_every_patient_with_a_reason(name, frames):
    given = arguments(name, frames)
    before = copies(given)
    built = getattr(oc, name)(**given)
    assert set(built["patient_id"]) == set(frames["patients"]["patient_id"])
    for flag, reason in (("eligible", "eligible_reason"), ("included", "excluded_reason")):
        if flag in built.columns:
            assert (built[flag].fillna(False) == built[reason].isna()).all()
    oc.check_frame(built, "COURSES" if name == "build_courses" else "EVENTS")
    for key, frame in copies(given).items():
        assert_frame_equal(frame, before[key])


@pytest.mark.parametrize("name", of("summarize"))
def test_summarize_gives_every_share_with_its_denominator_and_interval(name, frames):
    given = arguments(name, frames)
    before = copies(given)
    summary = getattr(oc, name)(**given)
    assert isinstance(summary, pd.DataFrame)
    if "share" in summary.columns:
        assert {"k", "n", "conf_low", "conf_high"} <= set(summary.columns) or {
            "n_measured",
            "n_due",
            "conf_low",
            "conf_high",
        } <= set(summary.columns)
        known = summary.dropna(subset=["share"])
        assert ((known["conf_low"] <= known["share"]) & (known["share"] <= known["conf_high"])).all()
    for key, frame in copies(given).items():
        assert_frame_equal(frame, before[key])


@pytest.mark.parametrize(
    "name", ["fit_kaplan_meier", "fit_interval_survival", "compare_survival", "fit_mixed_model"]
)
def test_fit_gives_a_frozen_fit_with_a_verdict_and_leaves_the_frame_alone(name, frames):
    if name == "fit_mixed_model":
        data = frames["scores"].query("instrument == 'phq9'")
        extra = {"formula": "total ~ day", "re_formula": "~1"}
    else:
        data = frames["events"]
        extra = {"by": "site"} if name == "compare_survival" else {}
    before = data.copy(deep=True)
    fit = getattr(oc, name)(data, **extra)
    assert fit.verdict in ("OK", "CAUTION", "NOT ESTIMABLE")
    assert fit.n_patients > 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        fit.verdict = "OK"
    assert_frame_equal(data, before)


def test_check_gives_back_the_very_same_frame(frames):
    assert oc.check_frame(frames["scores"], "SCORES") is frames["scores"]


def test_only_the_report_room_writes_files():
    package = Path(oc.__file__).parent
    writers = {"to_csv", "to_excel", "to_json", "to_pickle", "write_text", "write_bytes", "savefig"}
    for path in package.rglob("*.py"):
        if path.relative_to(package).parts[0] not in ("reports", "simulate"):
            called = {
                node.func.attr
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            }
            assert not called & writers, path


def test_every_key_of_a_profile_is_read_somewhere():
    from outcomes.definitions.index_keys import INDEX_KEYS
    from outcomes.definitions.series_keys import SERIES_KEYS

    package = Path(oc.__file__).parent
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in package.rglob("*.py")
        if path.relative_to(package).parts[0] != "definitions"
    )
    unread = [key for key in {**SERIES_KEYS, **INDEX_KEYS} if f'"{key}"' not in source]
    assert unread == [], "a key that nothing reads changes the hash and no number"


def test_messages_name_only_options_and_commands_that_exist():
    from outcomes.cli import app

    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    rooms = [Path(oc.__file__).parent / name for name in ("cli.py", "options.py")]
    options = {
        one for room in rooms for one in re.findall(r'"(--[a-z-]+)"', room.read_text(encoding="utf-8"))
    }
    for path in Path(oc.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text):
            assert option in options | {"--help"}, f"{path}: {option}"
        for command in re.findall(r"(?:run: |Run: |`|run |Next: )outcomes ([a-z]+)", text):
            assert command in commands, f"{path}: outcomes {command}"
