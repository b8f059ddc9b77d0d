import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import DataError
from outcomes.figures.trajectory import describe_trajectories, plot_trajectories
from outcomes.models.fit import Fit


def artists(ax, gid):
    return [one for one in ax.findobj() if one.get_gid() == gid]


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def notes(ax):
    return [text.get_text() for text in artists(ax, "note")]


def test_every_patient_is_a_line_and_who_has_one_score_a_dot(make):
    ax = plot_trajectories(make.scores(12))
    lines = artists(ax, "patient")
    assert len([line for line in lines if line.get_marker() == "None"]) == 11
    dots = [line for line in lines if line.get_marker() == "."]
    assert sum(len(line.get_xdata()) for line in dots) == 1
    assert labels(ax) == ["12 patients"]


def test_a_line_is_the_totals_of_one_patient_by_day(make):
    scores = make.scores(2)
    line = artists(plot_trajectories(scores), "patient")[0]
    mine = scores[scores["patient_id"] == "p000"]
    assert list(line.get_xdata()) == list(mine["day"])
    assert list(line.get_ydata()) == list(mine["total"])


def test_a_sample_is_drawn_above_the_limit_and_the_legend_says_so(make):
    scores = make.scores(12)
    ax = plot_trajectories(scores, max_lines=5)
    assert labels(ax) == ["5 of 12 patients"]
    assert sum(len(set(map(tuple, line.get_xydata()))) > 0 for line in artists(ax, "patient")) <= 5


def test_a_sample_depends_on_the_seed_and_not_on_the_order_of_rows(make):
    def drawn(scores, seed):
        lines = artists(plot_trajectories(scores, max_lines=5, seed=seed), "patient")
        return sorted(tuple(map(tuple, line.get_xydata())) for line in lines)

    scores = make.scores(40)
    assert drawn(scores, 1) == drawn(scores[::-1], 1)
    assert drawn(scores, 1) != drawn(scores, 2)


def test_acute_scores_other_series_and_missing_totals_are_left_out(make):
    scores = make.scores(2)
    acute = scores.iloc[[1]].assign(endpoint_use=False, total=1)
    later = scores.iloc[[1]].assign(series=2, total=2)
    unscored = scores.iloc[[1]].assign(total=pd.array([pd.NA], dtype="Int64"))
    ax = plot_trajectories(pd.concat([scores, acute, later, unscored]))
    heights = {height for line in artists(ax, "patient") for height in line.get_ydata()}
    assert heights == {float(total) for total in scores["total"]}


def test_the_axes_show_the_full_range_with_units(make):
    ax = plot_trajectories(make.scores())
    assert ax.get_ylim() == (-0.5, 27.5)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Days since first infusion", "PHQ-9 total (points)")


def test_severity_bands_are_named_at_the_right_edge(make):
    ax = plot_trajectories(make.scores())
    names = [text.get_text().replace("\n", " ") for text in ax.texts if text.get_gid() == "band"]
    assert names == ["minimal", "mild", "moderate", "moderately severe", "severe"]


def test_pcl5_has_one_cut_line_and_no_bands(make):
    ax = plot_trajectories(make.scores(instrument="pcl5"), instrument="pcl5")
    assert [line.get_ydata()[0] for line in ax.lines if line.get_gid() == "cut"] == [33]
    assert not [patch for patch in ax.patches if str(patch.get_gid()).startswith("band")]
    assert ax.get_ylim() == (-0.5, 80.5)


def test_observed_means_stand_at_the_mean_day_of_their_scores_with_n_below(make):
    ax = plot_trajectories(make.scores(), means=make.means())
    markers = artists(ax, "mean")[0]
    assert list(markers.get_xdata()) == [0, 6.5, 13, 20]
    assert list(markers.get_ydata()) == [19.8, 12.0, 10.1, 8.2]
    bars = artists(ax, "mean:interval")[0].get_segments()
    assert [tuple(bar[:, 1]) for bar in bars] == [(18.9, 20.7), (11.2, 12.8), (9.2, 11.0), (7.1, 9.3)]
    assert [text.get_text() for text in artists(ax, "n")] == ["n", "12", "11", "11", "11"]


def test_a_mean_of_one_patient_has_a_marker_and_no_interval(make):
    means = make.means().assign(conf_low=None, conf_high=None)
    ax = plot_trajectories(make.scores(), means=means)
    assert len(artists(ax, "mean")[0].get_xdata()) == 4


def test_the_model_mean_ends_where_fewer_than_11_patients_have_a_later_score(make):
    # 11 of 12 patients have a score on day 21, the last of the model is day 28
    ax = plot_trajectories(make.scores(12), model=make.model())
    assert list(artists(ax, "model")[0].get_xdata()) == [0, 7, 14, 21]
    assert notes(ax) == ["The model mean ends where fewer than 11 patients have a later score."]


def test_no_model_mean_for_fewer_than_11_patients(make):
    ax = plot_trajectories(make.scores(10), model=make.model())
    assert artists(ax, "model") == []
    assert notes(ax) == ["No model mean is drawn: fewer than 11 patients."]


def test_a_model_that_is_not_estimable_is_said_in_words(make):
    fit = Fit("Means", make.model(), "NOT ESTIMABLE", notes=("One patient only.",))
    ax = plot_trajectories(make.scores(), model=fit)
    assert artists(ax, "model") == []
    assert notes(ax) == ["No model mean is drawn: One patient only."]


def test_groups_have_two_channels_and_a_row_of_n_each(make):
    means = pd.concat([make.means().assign(route="IV"), make.means().assign(route="IM", n=13)])
    model = pd.concat([make.model().assign(route="IV"), make.model().assign(route="IM")])
    ax = plot_trajectories(make.scores(), means=means, model=model, group="route")
    for gid, second in (("mean", "get_marker"), ("model", "get_linestyle")):
        one, other = artists(ax, gid)
        assert one.get_color() != other.get_color()
        assert getattr(one, second)() != getattr(other, second)()
    assert [text.get_text() for text in artists(ax, "n")] == [
        "n IM",
        *["13"] * 4,
        "n IV",
        "12",
        "11",
        "11",
        "11",
    ]


@pytest.mark.parametrize("what", ["means", "model"])
def test_several_groups_without_naming_their_column_are_refused(make, what):
    frames = {"means": make.means(), "model": make.model()}
    with pytest.raises(DataError, match="group="):
        plot_trajectories(make.scores(), **{what: pd.concat([frames[what], frames[what]])})


def test_by_infusion_the_latest_score_of_each_number_is_taken_and_stayers_are_marked(make):
    scores = make.scores(12)
    twice = scores.iloc[[1]].assign(day=8, total=1)
    few = scores.iloc[[3]].assign(infusion_number=9, day=60)
    ax = plot_trajectories(
        pd.concat([scores, twice, few]), by="infusion_number", means=make.means("infusion_number")
    )
    first = artists(ax, "patient")[0]
    assert list(first.get_xdata()) == [0, 2, 4, 6, 9]
    assert first.get_ydata()[1] == 1
    assert artists(ax, "stayers")[0].get_x() == 8.5
    assert "stayers only: fewer than half" in labels(ax)
    assert ax.get_xlabel() == "Infusions given before the score"


def test_means_of_fewer_than_11_patients_are_not_drawn_and_their_n_is_printed(make):
    ax = plot_trajectories(make.scores(), means=make.means().assign(n=[12, 11, 10, 3]))
    assert list(artists(ax, "mean")[0].get_xdata()) == [0, 6.5]
    assert [text.get_text() for text in artists(ax, "n")] == ["n", "12", "11", "10", "3"]
    assert notes(ax) == ["Means of fewer than 11 patients are not drawn."]


def test_a_small_clinic_sees_its_means_without_intervals(make):
    ax = plot_trajectories(make.scores(3), means=make.means().assign(n=3))
    assert len(artists(ax, "mean")[0].get_xdata()) == 4
    assert [len(bar) for bar in artists(ax, "mean:interval")[0].get_segments()] == [0, 0, 0, 0]
    assert labels(ax) == ["3 patients", "observed weekly mean"]
    assert "observed weekly mean, 95 % interval" in labels(
        plot_trajectories(make.scores(), means=make.means())
    )


def test_a_cut_axis_is_said_and_takes_the_means_along(make):
    ax = plot_trajectories(make.scores(), means=make.means(), until=14)
    assert max(day for line in artists(ax, "patient") for day in line.get_xdata()) == 14
    assert list(artists(ax, "mean")[0].get_xdata()) == [0, 6.5, 13]
    assert notes(ax) == ["Scores after day 14 are not drawn."]
    assert "at week 2 (n = 11)." in describe_trajectories(make.scores(), means=make.means(), until=14)


def test_groups_that_share_a_week_stand_beside_each_other(make):
    means = pd.concat([make.means().assign(route="IV"), make.means().assign(route="IM")])
    one, other = artists(plot_trajectories(make.scores(), means=means, group="route"), "mean")
    shift = other.get_xdata() - one.get_xdata()
    assert (shift > 0).all()
    assert (shift < 1).all()


def test_words_tell_the_first_and_the_last_observed_mean(make):
    told = describe_trajectories(make.scores(), means=make.means())
    assert told.endswith("12 patients. Observed mean 19.8 at week 0 (n = 12), and 8.2 at week 3 (n = 11).")


def test_one_patient_with_one_score(make):
    ax = plot_trajectories(make.scores(1))
    assert labels(ax) == ["1 patient"]


def loaded(tmp_path, text):
    path = tmp_path / "scores.csv"
    path.write_text(text, encoding="utf-8")
    return oc.load_cohort(path)


def test_exports_without_infusions_are_drawn_from_each_patients_first_score(tmp_path):
    rows = "A,10,18\nA,24,7\nB,-3,20\nB,11,15\n"
    cohort = loaded(tmp_path, f"patient_id,day,phq9_total\n{rows}")
    assert any("no infusions are loaded" in note for note in cohort.notes)
    ax = plot_trajectories(cohort.scores, by="first_score")
    assert [list(line.get_xdata()) for line in artists(ax, "patient")] == [[0, 14], [0, 14]]
    assert ax.get_xlabel() == "Days since each patient's first score"
    assert not artists(ax, "first infusion")
    assert "2 patients" in describe_trajectories(cohort.scores, by="first_score")


def test_a_survey_that_asks_once_shows_how_many_have_each_total(tmp_path):
    path = tmp_path / "once.csv"
    path.write_text("patient_id,phq9_total\nA,18\nB,7\nC,7\n", encoding="utf-8")
    cohort = oc.load_cohort(
        path, layout='[columns]\noccasion = "single"\n[phq9]\nrecorded_total = "phq9_total"\n'
    )
    ax = plot_trajectories(cohort.scores, by="first_score")
    dots = artists(ax, "patient")[0]
    assert sorted(zip(dots.get_xdata(), dots.get_ydata(), strict=True)) == [(1, 7), (1, 18), (2, 7)]
    assert ax.get_xlabel() == "Patients with this total (one score each)"
    assert describe_trajectories(cohort.scores, by="first_score").startswith("Dot chart of PHQ-9")


def test_dates_count_from_the_first_score_as_days_do(tmp_path):
    rows = "A,2026-01-30,18\nA,2026-02-02,7\n"
    path = tmp_path / "dated.csv"
    path.write_text(f"patient_id,date,phq9_total\n{rows}", encoding="utf-8")
    cohort = oc.load_cohort(path, layout="limited_data_set = true\n")
    line = artists(plot_trajectories(cohort.scores, by="first_score"), "patient")[0]
    assert list(line.get_xdata()) == [0, 3]


def test_dates_and_study_days_of_a_patient_are_never_mixed(tmp_path):
    scores = loaded(tmp_path, "patient_id,day,phq9_total\nA,0,18\nA,14,7\n").scores
    scores = scores.assign(date=pd.to_datetime(["2026-01-30", None]))
    dots = artists(plot_trajectories(scores, by="first_score"), "patient")[0]
    assert list(dots.get_ydata()) == [18], "the score without a date is not placed by its study day"


def test_without_infusions_the_course_says_that_they_are_missing(tmp_path):
    cohort = loaded(tmp_path, "patient_id,day,phq9_total\nA,0,18\nA,14,7\n")
    scores = oc.derive_endpoints(cohort.scores, cohort.infusions, cohort.patients)
    said = artists(plot_trajectories(scores), "sentence")[0].get_text()
    assert "no infusion of these patients is loaded" in " ".join(said.split())
