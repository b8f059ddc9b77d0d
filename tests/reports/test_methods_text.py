"""The methods paragraph: what was done, as it was done, with every reference that it cites."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import outcomes as oc


@pytest.fixture(scope="module")
def events():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"arm": ["A", "B"] * 40, "time": rng.integers(3, 60, 80), "patient_id": range(80)})
    frame["event"] = frame["time"] < 50
    frame["left"], frame["right"] = frame["time"] // 7 * 7, frame["time"] // 7 * 7 + 7
    frame["cause"] = np.where(frame["event"], "response", None)
    return frame


FITS = {
    "Kaplan-Meier": lambda frame: oc.fit_kaplan_meier(frame),
    "Turnbull": lambda frame: oc.fit_interval_survival(frame, n_boot=5),
    "Cox regression": lambda frame: oc.fit_cox(frame, "~ arm"),
    "Aalen": lambda frame: oc.fit_cumulative_incidence(frame),
    "restricted mean time to 30 days": lambda frame: oc.estimate_restricted_mean(frame, tau=30),
    "log-rank": lambda frame: oc.compare_survival(frame, by="arm"),
    "accelerated failure time": lambda frame: oc.fit_interval_regression(frame, "~ arm"),
}


@pytest.mark.parametrize("words", FITS)
def test_a_fit_is_told_with_its_references_and_size(events, words):
    text = oc.describe_methods(FITS[words](events))
    flat = " ".join(text.split())
    assert words in flat
    assert "n = 80 patients" in flat
    assert "outcomes 0.1.0" in flat
    check_references(text)


def check_references(text):
    """Every citation has its reference and every reference is cited; no line is too long."""
    flat = " ".join(text.split())
    listed = set(re.findall(r"\[([A-Z][^\[\]]+? \d{4})\] [A-Z]", flat))
    cited = {one for group in re.findall(r"\[([^\[\]]+)\]", flat) for one in group.split(", ")}
    assert cited == listed
    assert all(len(line) <= 100 for line in text.splitlines())


def test_a_mixed_model_is_told_with_its_degrees_of_freedom():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"patient_id": np.repeat(np.arange(30), 4), "day": np.tile([0.0, 7, 14, 28], 30)})
    frame["total"] = 18 - 0.2 * frame["day"] + rng.normal(size=30)[frame["patient_id"]] + rng.normal(size=120)
    text = oc.describe_methods(oc.fit_mixed_model(frame, "total ~ day", df_method="kenward-roger"))
    assert "total ~ day" in text
    assert "Kenward-Roger degrees of freedom" in " ".join(text.split())
    check_references(text)


def test_a_report_is_told_with_the_definitions_that_were_counted(clinic, invent):
    profile = oc.get_profile("default").replace(instruments=["phq9"], post_window_days=[14, 60])
    cohort = clinic(invent(20, start="2026-04-03", days=60))
    report = oc.build_report(cohort, quarter="2026Q2", profile=profile, report_date="2026-10-01")
    text = oc.describe_methods(report)
    assert "14 to 60 days after the last induction infusion" in " ".join(text.split())
    assert report.meta.profile_hash in text
    check_references(text)


def test_what_has_no_text_is_refused_in_words():
    fit = oc.Fit("Weather", pd.DataFrame(), "OK", (), {}, 0, 0, None, {})
    with pytest.raises(oc.ReportError, match="no methods text"):
        oc.describe_methods(fit)
