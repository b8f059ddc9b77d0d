import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from outcomes.errors import DataError
from outcomes.figures.survival import describe_survival, plot_survival
from outcomes.models.fit import Fit


def artists(ax, gid):
    return [one for one in ax.findobj() if one.get_gid() == gid]


def risk_table(ax):
    """The counts under the ticks: row name to list."""
    texts = [text for text in ax.texts if str(text.get_gid()).startswith("risk:")]
    rows = {"at_risk": [], "observed": [], "censored": []}
    for text in texts:
        name = text.get_gid().removeprefix("risk:")
        if name in rows:
            rows[name].append(int(text.get_text().replace(",", "")))
    return rows


def test_the_line_is_the_estimate_in_percent(make):
    table = make.curve()
    line = artists(plot_survival(table), "curve")[0]
    assert list(line.get_xdata()) == [0, 7, 14, 21]
    assert line.get_ydata() == pytest.approx(100 * table["estimate"])
    assert line.get_drawstyle() == "steps-post"


def test_incidence_is_one_minus_survival_with_its_limits(make):
    table = make.curve()
    ax = plot_survival(table, as_incidence=True, ylabel="Responded (%)")
    assert artists(ax, "curve")[0].get_ydata() == pytest.approx(100 - 100 * table["estimate"])
    heights = artists(ax, "interval")[0].get_paths()[0].vertices[:, 1]
    assert heights.min() == pytest.approx(0.0)
    assert heights.max() == pytest.approx(100 - 100 * table["conf_low"].iloc[-1])
    assert ax.get_ylim() == (0, 100)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Days since the start of the clock", "Responded (%)")


def test_a_curve_whose_table_starts_later_is_drawn_from_day_0(make):
    line = artists(plot_survival(make.curve().iloc[1:]), "curve")[0]
    assert (line.get_xdata()[0], line.get_ydata()[0]) == (0, 100)


def test_a_curve_ends_with_the_last_step_that_11_at_risk_have_seen(make):
    table = make.curve(n=20, days=(5, 10, 15), events=(5, 5, 5), censored=(0, 0, 0))
    ax = plot_survival(table)
    # 20, 15 and 10 were at risk at the three steps
    assert list(artists(ax, "curve")[0].get_xdata()) == [0, 5, 10]
    assert "Lines end where fewer than 11 are still at risk." in [text.get_text() for text in ax.texts]


def test_a_group_below_11_is_a_thin_line_without_an_interval_and_says_so(make):
    ax = plot_survival(make.curve(n=6, events=(1, 1, 1), censored=(0, 0, 0)))
    line = artists(ax, "curve")[0]
    assert list(line.get_xdata()) == [0, 7, 14, 21]
    assert line.get_linewidth() < 1
    assert artists(ax, "interval") == []
    assert "Thin line: fewer than 11 patients, no interval." in [text.get_text() for text in ax.texts]


def test_risk_table_stands_under_the_ticks_and_adds_up_to_everyone(make):
    table = make.curve()
    ax = plot_survival(table)
    risk_ax = ax.figure.axes[1]
    rows = risk_table(risk_ax)
    assert rows["at_risk"][0] == 40
    assert {sum(counts) for counts in zip(*rows.values(), strict=True)} == {40}
    places = [text.get_position()[0] for text in risk_ax.texts if text.get_gid() == "risk:at_risk"]
    assert places == list(ax.get_xticks())
    assert risk_ax.get_xlim() == ax.get_xlim()
    ax.figure.canvas.draw()
    assert risk_ax.get_position().x0 == pytest.approx(ax.get_position().x0)
    assert risk_ax.get_position().x1 == pytest.approx(ax.get_position().x1)


def test_risk_table_counts_also_those_after_a_curve_has_ended(make):
    short = make.curve("IM", n=20, days=(5, 10, 15), events=(5, 5, 5), censored=(0, 0, 0))
    ax = plot_survival(pd.concat([make.curve("IV", n=100), short]))
    rows = risk_table(ax.figure.axes[1])
    assert rows["at_risk"][-1] == 5


def test_given_axes_get_a_table_only_where_there_is_a_place_for_it(make):
    figure, (ax, risk_ax) = plt.subplots(2, 1)
    plot_survival(make.curve(), ax=ax)
    assert figure.axes == [ax, risk_ax]
    assert list(risk_ax.texts) == []
    plot_survival(make.curve(), ax=ax, risk_ax=risk_ax)
    assert risk_table(risk_ax)["at_risk"][0] == 40


def test_groups_differ_in_color_and_dash_and_name_their_n(make):
    ax = plot_survival(pd.concat([make.curve("IV"), make.curve("IM", n=60)]))
    first, second = artists(ax, "curve")
    assert first.get_color() != second.get_color()
    assert first.get_linestyle() != second.get_linestyle()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["IV (n = 40)", "IM (n = 60)"]


def test_a_group_without_a_curve_keeps_its_place(make):
    empty = make.curve("IM", n=12).assign(estimate=np.nan, conf_low=np.nan, conf_high=np.nan)
    ax = plot_survival(pd.concat([make.curve("IV"), empty]))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "IV (n = 40)",
        "IM (n = 12), no curve",
    ]
    assert "IM: no curve." in describe_survival(pd.concat([make.curve("IV"), empty]))


def test_two_methods_are_named_and_the_second_is_dashed(make):
    ax = plot_survival(make.curve(), compare=make.curve(days=(8, 15, 22)))
    solid, dashed = artists(ax, "curve")
    assert (solid.get_linestyle(), dashed.get_linestyle()) == ("-", "--")
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["interval-censored (n = 40)", "dated at the visit (n = 40)"]


def test_two_methods_of_several_groups_are_refused(make):
    with pytest.raises(DataError, match="one group; there are 2"):
        plot_survival(pd.concat([make.curve("IV"), make.curve("IM")]), compare=make.curve())


def test_a_fifth_group_is_refused(make):
    with pytest.raises(DataError, match="small multiples"):
        plot_survival(pd.concat([make.curve(name) for name in "abcde"]))


def test_stretches_without_a_known_step_are_shaded_and_exact_days_are_not(make):
    table = make.curve(days=(7, 14, 15), events=(8, 8, 8), censored=(0, 0, 0))
    support = pd.DataFrame({"group": "all", "low": [0, 7, 14, 40], "high": [7, 14, 15, None], "mass": 0.2})
    support = support.astype({"low": "Int64", "high": "Int64"})
    ax = plot_survival(Fit("Onset", table, "OK", extras={"support": support}))
    boxes = artists(ax, "undetermined")
    assert [(box.get_x(), box.get_width()) for box in boxes] == [(0, 7), (7, 7)]
    assert boxes[0].get_y() == pytest.approx(100 * table["estimate"].iloc[1])
    assert boxes[0].get_height() == pytest.approx(100 - 100 * table["estimate"].iloc[1])
    assert "step lies within" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_what_is_not_estimable_is_said_in_words(make):
    fit = Fit("Onset", make.curve(), "NOT ESTIMABLE", notes=("no event among 40 patients.",))
    ax = plot_survival(fit)
    assert [text.get_text() for text in ax.texts] == [
        "This curve cannot be estimated. no event among 40 patients."
    ]
    assert "cannot be estimated" in describe_survival(fit)


@pytest.mark.parametrize("events", [0, 40])
def test_nobody_or_everybody_with_the_event(make, events):
    table = make.curve(days=(7,), events=(events,), censored=(0,))
    shares = artists(plot_survival(table), "curve")[0].get_ydata()
    assert shares[-1] == (100 if events == 0 else 0)


def test_one_patient(make):
    table = make.curve(n=1, days=(9,), events=(1,), censored=(0,))
    assert list(artists(plot_survival(table), "curve")[0].get_ydata()) == [100, 0]


def test_words_tell_the_rows_at_weeks_4_and_8(make):
    table = make.curve(n=100, days=(20, 28, 50, 70), events=(10, 10, 10, 10), censored=(0, 0, 10, 0))
    told = describe_survival(table, as_incidence=True, event="response")
    assert "All patients: 20 % at day 28, 80 at risk; 30 % at day 50, 60 at risk." in told


def test_the_picture_does_not_depend_on_the_order_of_rows(make):
    table = make.curve()
    one, other = (artists(plot_survival(rows), "curve")[0] for rows in (table, table[::-1]))
    assert list(one.get_ydata()) == list(other.get_ydata())


@pytest.mark.parametrize(
    ("settings", "xlabel", "ylabel"),
    [
        ({}, "Days since the start of the clock", "Without the event (%)"),
        ({"endpoint": "response"}, "Days since first infusion", "Without response (%)"),
        (
            {"endpoint": "loss_of_response"},
            "Days since the post-induction score",
            "Without loss of response (%)",
        ),
        ({"endpoint": "response", "clock": "infusions"}, "Infusions", "Without response (%)"),
    ],
)
def test_the_axes_name_the_event_and_the_clock_of_the_fit(make, settings, xlabel, ylabel):
    fit = Fit("Kaplan-Meier", make.curve(), "OK", (), settings, 30, 30, None, {})
    ax = plot_survival(fit)
    assert (ax.get_xlabel(), ax.get_ylabel()) == (xlabel, ylabel)
    in_weeks = [label.get_text() for label in ax.get_xticklabels() if "wk" in label.get_text()]
    assert bool(in_weeks) == (settings.get("clock") != "infusions")
    assert ylabel.removeprefix("Without ").removesuffix(" (%)") in describe_survival(fit)
