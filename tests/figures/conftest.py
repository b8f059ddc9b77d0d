"""Small frames for the pictures, each with the columns of the verb that makes it."""

from types import SimpleNamespace

import matplotlib as mpl
import pandas as pd
import pytest

from outcomes.summaries.control_chart import summarize_control_chart
from outcomes.summaries.funnel import summarize_funnel

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


@pytest.fixture(scope="session")
def make():
    return SimpleNamespace(
        curve=make_curve,
        scores=make_scores,
        means=make_means,
        model=make_model,
        courses=make_courses,
        flow=make_flow,
        completeness=make_completeness,
        completeness_map=make_completeness_map,
        residuals=make_residuals,
        incidence=make_incidence,
        states=make_states,
        ratios=make_ratios,
        shift=make_shift,
        funnel=make_funnel,
        chart=make_chart,
        courses_in_states=make_courses_in_states,
        infusions=make_infusions,
    )


def make_incidence():
    """As fit_cumulative_incidence gives them."""
    rows = [("response", day, share) for day, share in ((0, 0.0), (7, 0.2), (14, 0.4), (28, 0.5))]
    rows += [("stopped", day, share) for day, share in ((0, 0.0), (7, 0.05), (14, 0.15), (28, 0.2))]
    frame = pd.DataFrame(rows, columns=["cause", "day", "estimate"]).assign(group="all")
    return frame.assign(conf_low=frame["estimate"] * 0.8, conf_high=frame["estimate"] * 1.2)


def make_states():
    """As fit_state_occupancy gives them."""
    shares = {
        0: (1.0, 0.0, 0.0, 0.0, 0.0), 28: (0.4, 0.5, 0.0, 0.0, 0.1), 56: (0.35, 0.4, 0.15, 0.0, 0.1),
        84: (0.32, 0.35, 0.18, 0.05, 0.1), 112: (0.3, 0.35, 0.2, 0.05, 0.1),
    }  # fmt: skip
    names = ("not responding", "responding", "response lost", "responding again", "stopped")
    rows = [
        ("all", name, day, one) for day, each in shares.items() for name, one in zip(names, each, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["group", "state", "day", "estimate"])
    return frame.assign(at_risk=frame["day"].map({0: 60, 28: 50, 56: 40, 84: 8, 112: 2}))


def make_completeness_map():
    """As summarize_completeness gives it by site, one of them small."""
    frame = make_completeness()
    sites = [frame.assign(site=name) for name in ("Harbor", "Lakeside")]
    small = frame.assign(site="Summit", n_due=8, n_measured=5, share=0.625)
    table = pd.concat([*sites, small], ignore_index=True)
    return table.assign(percent_shown=table["n_due"] >= 11)


def make_shift():
    """As summarize_severity_shift gives it."""
    bands = ["minimal", "mild", "moderate", "moderately severe", "severe"]
    rows = [
        (before, after, down * 3 + across, 5 * (3 * down + 2) + 8)
        for down, before in enumerate(bands)
        for across, after in enumerate([*bands, "not measured"])
    ]
    frame = pd.DataFrame(rows, columns=["band_from", "band_to", "k", "n"])
    steps = frame["band_to"].map({band: place for place, band in enumerate(bands)})
    steps = steps - frame["band_from"].map({band: place for place, band in enumerate(bands)})
    return frame.assign(instrument="phq9", shift=steps.astype("Int64"), percent_shown=frame["n"] >= 11)


def make_funnel():
    """As summarize_funnel gives it."""
    names = [f"Site {letter}" for letter in "ABCDEFGHIJ"]
    counts = pd.DataFrame(
        {
            "site": names,
            "k": [9, 20, 31, 12, 25, 41, 6, 60, 10, 70],
            "n": [20, 45, 60, 30, 55, 90, 12, 78, 60, 140],
        }
    )
    return summarize_funnel(counts)


def make_chart(count=16):
    """As summarize_control_chart gives it, with a signal, and a quarter of few."""
    quarters = pd.period_range("2022Q1", periods=count, freq="Q").astype(str)
    n = [40 + 3 * number for number in range(count)]
    n[2] = 6
    k = [round(one * (0.4 if number < 14 else 0.85)) for number, one in enumerate(n)]
    return summarize_control_chart(pd.DataFrame({"quarter": quarters, "k": k, "n": n}))


def make_courses_in_states(patients=12):
    """As build_states gives them."""
    rows = []
    for number in range(patients):
        who, end = f"p{number:02}", 40 + 10 * number
        rows += [(who, "not responding", 0, 7, False), (who, "responding", 7, end, number % 2 == 0)]
    rows.append(("stopped", "stopped", 5, 180, False))
    return pd.DataFrame(rows, columns=["patient_id", "state", "start", "stop", "ongoing"])


def make_infusions(patients=12):
    """As derive_series gives them."""
    days = [0, 3, 7, 10, 14, 17, 45]
    rows = [(f"p{number:02}", 1, day) for number in range(patients) for day in days]
    return pd.DataFrame(rows, columns=["patient_id", "series", "day"])


def make_ratios():
    """As fit_cox gives them."""
    return pd.DataFrame(
        {
            "term": ["route[T.IN]", "route[T.IV]", "baseline", "prior_failures"],
            "estimate": [0.3, -0.4, 0.02, -0.1],
            "conf_low": [-0.2, -0.9, -0.01, -0.2], "conf_high": [0.8, 0.1, 0.05, 0.0],
        }
    )  # fmt: skip


def make_residuals(rows=60):
    """As estimate_residuals gives them, with one residual far out."""
    quantiles = [(number - rows / 2 + 0.5) / rows * 5 for number in range(rows)]
    frame = pd.DataFrame(
        {"normal_quantile": quantiles, "fitted": [6 + number % 13 for number in range(rows)]}
    )
    return frame.assign(
        day=[number % 5 * 7 for number in range(rows)],
        standardized=[*(one + 0.1 * (number % 3 - 1) for number, one in enumerate(quantiles[:-1])), 4.6],
    )


def make_curve(group="all", n=40, days=(7, 14, 21), events=(8, 8, 8), censored=(0, 4, 0)):
    """A Kaplan-Meier table; the numbers follow from the counts."""
    rows, share, seen, lost = [(group, 0, 1.0, 1.0, 1.0, n, 0, 0)], 1.0, 0, 0
    for day, event, gone in zip(days, events, censored, strict=True):
        at_risk = n - seen - lost
        share *= 1 - event / at_risk
        seen, lost = seen + event, lost + gone
        limits = (max(share - 0.1, 0), min(share + 0.1, 1))
        rows.append((group, day, share, *limits, n - seen - lost, seen, lost))
    names = ["group", "day", "estimate", "conf_low", "conf_high", "at_risk", "observed", "censored"]
    return pd.DataFrame(rows, columns=names)


def make_scores(patients=12, instrument="phq9"):
    """A baseline and three later scores of each patient; the last patient has a baseline only."""
    rows = []
    for number in range(patients):
        rows.append((f"p{number:03}", 18 + number % 5, -number % 4 - 3, 0, False, 1))
        if number < patients - 1:
            rows += [
                (f"p{number:03}", 15 - week * 2 - number % 3, 7 * week, 2 * week, True, pd.NA)
                for week in (1, 2, 3)
            ]
    names = ["patient_id", "total", "day", "infusion_number", "endpoint_use", "baseline_of"]
    frame = pd.DataFrame(rows, columns=names).assign(instrument=instrument, series=1)
    types = {"patient_id": "string", "instrument": "string", "endpoint_use": "boolean"}
    return frame.astype(
        {**types, **dict.fromkeys(("total", "day", "infusion_number", "baseline_of", "series"), "Int64")}
    )


def make_means(by="week"):
    """As summarize_trajectory gives them."""
    return pd.DataFrame(
        {
            "instrument": "phq9",
            by: [0, 1, 2, 3],
            "n": [12, 11, 11, 11],
            "mean": [19.8, 12.0, 10.1, 8.2],
            "conf_low": [18.9, 11.2, 9.2, 7.1],
            "conf_high": [20.7, 12.8, 11.0, 9.3],
            "mean_day": [0.0, 6.5, 13.0, 20.0],
        }
    )


def make_model():
    """As estimate_marginal_means gives them."""
    day = pd.Series([0.0, 7.0, 14.0, 21.0, 28.0])
    estimate = 19.0 - 0.4 * day
    return pd.DataFrame(
        {"day": day, "estimate": estimate, "conf_low": estimate - 1, "conf_high": estimate + 1}
    )


def make_courses(repeat=1, instrument="phq9"):
    """Seven patients: one per category, one without an endpoint total, one below caseness who is worse."""
    columns = ["baseline", "endpoint_total", "eligible", "remission", "response", "reliable_improvement"]
    columns.append("reliable_deterioration")
    rows = [
        (18, 4, True, True, True, True, False),
        (20, 8, True, False, True, True, False),
        (20, 12, True, False, False, True, False),
        (15, 15, True, False, False, False, False),
        (14, 21, True, False, False, False, True),
        (16, None, True, None, None, None, None),
        (6, 13, False, None, None, None, True),
    ]
    frame = pd.DataFrame(rows * repeat, columns=columns)
    frame = frame.astype(
        {"baseline": "Int64", "endpoint_total": "Int64", **dict.fromkeys(columns[2:], "boolean")}
    )
    frame = frame.assign(
        series=1, instrument=instrument, due=True, change=frame["endpoint_total"] - frame["baseline"]
    )
    frame = frame.assign(percent_change=100 * frame["change"] / frame["baseline"])
    return frame.astype({"series": "Int64", "instrument": "string", "due": "boolean"})


def make_flow(reasons=1):
    """As summarize_flow gives it; so many reasons for leaving after the third step."""
    rows = [
        ("started", 400, 10, "start_not_observed", 10),
        ("start observed", 390, 20, "not_matured", 20),
        *(("matured", 370, 10 * reasons, f"reason_{number}", 10) for number in range(reasons)),
        ("baseline in window", 370 - 10 * reasons, 0, None, 0),
        ("at or above caseness", 370 - 10 * reasons, 30, "no_score_in_window", 30),
        ("score in endpoint window", 340 - 10 * reasons, 0, None, 0),
    ]
    frame = pd.DataFrame(rows, columns=["step", "n", "left", "reason", "n_reason"])
    return frame.assign(instrument="phq9", n_few_infusions=25, n_not_started=3)


def make_completeness():
    """As summarize_completeness gives it; nobody is due at the last occasion."""
    return pd.DataFrame(
        {
            "instrument": "phq9",
            "occasion": ["baseline", "endpoint", "90 days", "365 days"],
            "n_due": [40, 40, 40, 0],
            "n_measured": [38, 29, 32, 0],
            "share": [0.95, 0.725, 0.8, None],
            "conf_low": [0.835, 0.572, 0.652, None],
            "conf_high": [0.986, 0.839, 0.895, None],
        }
    ).astype(
        {
            "n_due": "Int64",
            "n_measured": "Int64",
            "share": "Float64",
            "conf_low": "Float64",
            "conf_high": "Float64",
        }
    )
