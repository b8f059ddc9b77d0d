"""Defensible PHQ-9, GAD-7 and PCL-5 outcomes of ketamine and esketamine clinics.

Every public name is listed here by verb, and imported when first used so that `import outcomes` stays quick.
The prefix of a function says what it gives:

inspect_, load_                what a file is; the frames of a folder, and the ledger of every row
derive_                        the same rows with more columns
build_                         one row per course, event or state, with every patient accounted for
summarize_                     one row per group; every share with its count and interval
fit_, estimate_, compare_      a Fit: a table, a verdict (OK, CAUTION, NOT ESTIMABLE) and notes
plot_, describe_               a picture on the axes that you pass; its words
write_                         files, whole or not at all
get_, list_, read_             instruments, profiles, conditions, published rates, report settings
simulate_                      a made-up clinic with known truth
check_, score_                 whether a frame keeps its promises; totals from items

Five to begin with: load_cohort, derive_endpoints, build_courses, summarize_endpoints, build_report.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    # get, list, read: what a questionnaire and an endpoint are
    "outcomes.definitions.instrument": ("get_instrument", "list_instruments", "read_instrument"),
    "outcomes.definitions.profile": ("get_profile", "list_profiles", "read_profile"),
    "outcomes.definitions.definition_table": ("list_definitions",),
    "outcomes.definitions.conditions": ("list_conditions",),
    "outcomes.definitions.benchmarks": ("list_benchmarks",),
    # inspect, load, score: from files to frames
    "outcomes.loading.inspect": ("inspect_source", "inspect_folder"),
    "outcomes.loading.cohort": ("load_cohort",),
    "outcomes.loading.scoring": ("score_items",),
    # check: the promises of the frames
    "outcomes.schema": (
        "Cohort", "check_frame",
        "ITEMS", "SCORES", "EXCLUDED", "INFUSIONS", "PATIENTS", "VISITS", "CONDITIONS",
        "COURSES", "EVENTS", "MEASURES", "LEDGER",
    ),
    # simulate: a clinic with known truth
    "outcomes.simulate.exports": ("simulate_exports",),
    "outcomes.simulate.traps": ("simulate_traps",),
    # derive: the same rows, more columns
    "outcomes.endpoints.series": ("derive_series",),
    "outcomes.endpoints.timeline": ("derive_timeline",),
    "outcomes.endpoints.baseline": ("derive_baseline",),
    "outcomes.endpoints.change": ("derive_change",),
    "outcomes.endpoints.severity": ("derive_severity",),
    "outcomes.endpoints.response": ("derive_response",),
    "outcomes.endpoints.remission": ("derive_remission",),
    "outcomes.endpoints.reliable_change": ("derive_reliable_change",),
    "outcomes.endpoints.change_index": ("derive_change_index",),
    "outcomes.endpoints.recovery": ("derive_recovery",),
    "outcomes.endpoints.endpoints": ("derive_endpoints",),
    "outcomes.endpoints.item_scores": ("derive_subscales", "derive_diagnosis"),
    "outcomes.endpoints.self_harm": ("derive_self_harm",),
    # build: another grain
    "outcomes.endpoints.courses": ("build_courses",),
    "outcomes.endpoints.joint_recovery": ("build_joint_recovery",),
    "outcomes.endpoints.onset": ("build_onset_times",),
    "outcomes.endpoints.relapse": ("build_relapse_times",),
    "outcomes.endpoints.competing": ("build_competing_times",),
    "outcomes.endpoints.states": ("build_states",),
    "outcomes.endpoints.exposure": ("build_exposure_rows",),
    "outcomes.endpoints.recurrence": ("build_recurrent_times",),
    "outcomes.endpoints.review": ("build_review_list",),
    "outcomes.endpoints.measures": ("build_measure",),
    # summarize: one row per group
    "outcomes.summaries.rates": ("summarize_endpoints",),
    "outcomes.summaries.flow": ("summarize_flow",),
    "outcomes.summaries.completeness": ("summarize_completeness",),
    "outcomes.summaries.scores": ("summarize_scores", "summarize_reliable_change", "summarize_trajectory"),
    "outcomes.summaries.change_indices": ("summarize_change_indices",),
    "outcomes.summaries.severity": ("summarize_severity_shift",),
    "outcomes.summaries.profiles": ("summarize_profiles",),
    "outcomes.summaries.benchmarks": ("summarize_benchmarks",),
    "outcomes.summaries.safety": ("summarize_safety", "summarize_dosing"),
    "outcomes.summaries.self_harm": ("summarize_self_harm",),
    "outcomes.summaries.cumulative": ("summarize_cumulative_response",),
    "outcomes.summaries.visit_intensity": ("summarize_visit_intensity",),
    "outcomes.summaries.dropout": ("summarize_dropout",),
    "outcomes.summaries.categories": ("summarize_categories",),
    "outcomes.summaries.characteristics": ("summarize_characteristics",),
    "outcomes.summaries.control_chart": ("summarize_control_chart",),
    "outcomes.summaries.funnel": ("summarize_funnel",),
    "outcomes.summaries.measures": ("summarize_measures",),
    "outcomes.summaries.events": ("summarize_events",),
    "outcomes.summaries.ledger": ("summarize_ledger", "summarize_timing"),
    # fit, estimate, compare: estimates with a verdict
    "outcomes.models.fit": ("Fit",),
    "outcomes.models.mixed.model": ("fit_mixed_model",),
    "outcomes.models.visits.mmrm": ("fit_mmrm",),
    "outcomes.models.estimates.marginal_means": ("estimate_marginal_means",),
    "outcomes.models.estimates.mean_differences": ("compare_marginal_means",),
    "outcomes.models.estimates.predictions": ("estimate_predictions",),
    "outcomes.models.estimates.probability": ("estimate_probability",),
    "outcomes.models.missing.imputed_rates": ("estimate_rates",),
    "outcomes.models.missing.sensitivity": ("estimate_imputed_differences",),
    "outcomes.models.missing.tipping": ("estimate_tipping_point",),
    "outcomes.models.missing.missingness": ("fit_dropout", "fit_visit_intensity"),
    "outcomes.models.estimates.slopes": ("estimate_slopes",),
    "outcomes.models.estimates.residuals": ("estimate_residuals",),
    "outcomes.models.estimates.influence": ("estimate_influence",),
    "outcomes.models.estimates.model_comparison": ("compare_models",),
    "outcomes.models.survival.kaplan_meier": ("fit_kaplan_meier", "compare_survival"),
    "outcomes.models.survival.interval_survival": ("fit_interval_survival",),
    "outcomes.models.survival.interval_test": ("compare_interval_survival",),
    "outcomes.models.survival.accelerated": ("fit_interval_regression",),
    "outcomes.models.survival.restricted_mean": ("estimate_restricted_mean",),
    "outcomes.models.survival.state_occupancy": ("fit_state_occupancy",),
    "outcomes.models.survival.cox": ("fit_cox",),
    "outcomes.models.survival.cumulative_incidence": (
        "fit_cumulative_incidence", "compare_cumulative_incidence",
    ),
    # plot, describe: pictures and their words
    "outcomes.figures.trajectory": ("plot_trajectories", "describe_trajectories"),
    "outcomes.figures.waterfall": ("plot_change", "describe_change"),
    "outcomes.figures.survival": ("plot_survival", "describe_survival"),
    "outcomes.figures.flow": ("plot_flow", "describe_flow"),
    "outcomes.figures.profiles": ("plot_profiles", "describe_profiles"),
    "outcomes.figures.completeness": ("plot_completeness", "describe_completeness"),
    "outcomes.figures.completeness_map": ("plot_completeness_map", "describe_completeness_map"),
    "outcomes.figures.incidence": ("plot_incidence", "describe_incidence"),
    "outcomes.figures.states": ("plot_states", "describe_states"),
    "outcomes.figures.forest": ("plot_forest", "describe_forest"),
    "outcomes.figures.severity_shift": ("plot_severity_shift", "describe_severity_shift"),
    "outcomes.figures.reliable_change": ("plot_reliable_change", "describe_reliable_change"),
    "outcomes.figures.funnel": ("plot_funnel", "describe_funnel"),
    "outcomes.figures.control_chart": ("plot_control_chart", "describe_control_chart"),
    "outcomes.figures.swimmer": ("plot_swimmer", "describe_swimmer"),
    "outcomes.figures.residuals": (
        "plot_residuals", "describe_residuals", "plot_quantiles", "describe_quantiles",
    ),
    # build, write: the report
    "outcomes.reports.build": ("build_report",),
    "outcomes.reports.settings_file": ("read_report_settings", "write_report_settings"),
    "outcomes.reports.write": ("write_report", "write_html", "write_table"),
    "outcomes.reports.project": ("write_project",),
    "outcomes.reports.ledger_text": ("describe_ledger",),
    "outcomes.reports.methods_text": ("describe_methods",),
    "outcomes.reports.dictionary": ("write_data_dictionary",),
    "outcomes.reports.endpoint_reference": ("write_endpoint_reference",),
    # errors
    "outcomes.errors": (
        "OutcomesError", "DataError", "LedgerError", "DefinitionError", "EstimationError", "ReportError",
        "PrivacyError",
    ),
}  # fmt: skip
_HOME = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"outcomes has no public name {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """What completion offers: the functions, which their prefixes group; frames and errors are in __all__."""
    return sorted(name for name in _HOME if name[0].islower())
