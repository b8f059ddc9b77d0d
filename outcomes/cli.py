"""The command line: parses, calls the public functions, prints."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from outcomes.errors import DataError, DefinitionError, OutcomesError, PrivacyError, Problem
from outcomes.options import (
    Dictionary,
    Events,
    Init,
    Layout,
    ProfileName,
    Quarter,
    Quiet,
    Replace,
    ReportDate,
    SettingsFile,
    Source,
    refuse_inputs,
)  # fmt: skip
from outcomes.terminal import print_plain, say_bug, show_progress

EXPORTS = {".csv", ".tsv", ".txt", ".xlsx", ".json", ".ndjson", ".xml", ".sav", ".dta", ".xpt"}

app = typer.Typer(
    name="outcomes",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="PHQ-9, GAD-7 and PCL-5 outcomes of ketamine clinics, from exports to a report.\n\n"
    "Example: outcomes report sample_data --quarter 2026Q2 -o reports",
    context_settings={"max_content_width": 80, "help_option_names": ["-h", "--help"]},
)


@app.command()
def inspect(
    source: Source,
    layout: Layout = None,
    dictionary: Dictionary = None,
    events: Events = None,
) -> None:
    """Say what a file or folder seems to be, and on which evidence.

    Use it first with a new export: it changes nothing, lists what would be
    left out and why, and prints a layout that you can edit and pass back.

    Example: outcomes inspect sample_data
    """
    import outcomes

    if source.is_dir():
        reports = outcomes.inspect_folder(source)
    else:
        reports = (outcomes.inspect_source(source, layout=layout, dictionary=dictionary, events=events),)
    for report in reports:
        print_plain(str(report))
    questions = [question for report in reports for question in report.questions]
    if questions:
        questions.sort(key=lambda question: (question.code[:2] != "E1", question.code[:2] != "E6"))
        kinds = {"E1": PrivacyError, "E6": DefinitionError}
        raise kinds.get(questions[0].code[:2], DataError)(questions)


@app.command()
def check(
    source: Source,
    layout: Layout = None,
    dictionary: Dictionary = None,
    events: Events = None,
    ledger: Annotated[
        Path | None,
        typer.Option("--ledger", help="Also write the row ledger here (CSV).", show_default=False),
    ] = None,
    review_list: Annotated[
        Path | None,
        typer.Option(
            "--review-list", help="Also write who answered above 0 to item 9 (CSV).", show_default=False
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 10 if any row is excluded.")] = False,
    replace: Replace = False,
) -> None:
    """Count the rows of every file: used, and excluded by reason.

    Use it before every report. Row and column of the first case of each
    reason are given; --ledger writes the place of every row. It also counts
    who answered above zero to PHQ-9 item 9, a prompt for review.

    Example: outcomes check sample_data --ledger ledger.csv
    """
    import outcomes

    refuse_inputs(source, ledger, review_list)
    cohort = outcomes.load_cohort(
        source, layout=layout, dictionary=dictionary, events=events, progress=show_progress(quiet=False)
    )
    print_plain(outcomes.describe_ledger(cohort.ledger))
    for note in cohort.notes:
        print_plain(f"note: {note}", err=True)
    review = outcomes.build_review_list(cohort.scores, excluded=cohort.excluded)
    now = int((review["answer"] > 0).sum())
    print_plain(
        f"PHQ-9 item 9: {now} people answered above zero at their last questionnaire, and "
        f"{len(review) - now} more at an earlier one (--review-list FILE names them). "
        "A prompt for review, not a risk score; a zero is no reassurance."
    )
    for frame, path in ((cohort.ledger, ledger), (review, review_list)):
        if path is not None:
            outcomes.write_table(frame, path, replace=replace)
    if strict and (cohort.ledger["status"] == "excluded").any():
        raise DataError("rows were excluded and --strict was given; see the reasons above.", code="E251")


@app.command()
def endpoints(
    source: Source,
    output: Annotated[Path, typer.Option("--output", "-o", help="CSV file to write.", show_default=False)],
    layout: Layout = None,
    profile: ProfileName = None,
    replace: Replace = False,
) -> None:
    """Write one row per patient, series and instrument (CSV).

    Baseline, endpoint, response, remission, reliable change, and why a value
    is missing; for spreadsheets and other programs.

    Example: outcomes endpoints sample_data -o courses.csv
    """
    import outcomes

    refuse_inputs(source, output)
    cohort = outcomes.load_cohort(source, layout=layout, progress=show_progress(quiet=False))
    chosen = profile or cohort.profile
    scores = outcomes.derive_endpoints(cohort.scores, cohort.infusions, cohort.patients, profile=chosen)
    courses = outcomes.build_courses(
        scores, cohort.infusions, cohort.patients, profile=chosen, excluded=cohort.excluded
    )
    outcomes.write_table(courses, output, replace=replace)
    print_plain(f"{len(courses)} rows (patient, series, instrument) under profile {chosen}.")


@app.command()
def report(
    source: Source,
    quarter: Quarter,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write into.")] = Path("reports"),
    profile: ProfileName = None,
    settings: SettingsFile = None,
    init: Init = None,
    report_date: ReportDate = None,
    layout: Layout = None,
    replace: Replace = False,
    quiet: Quiet = False,
) -> None:
    """Build the quarterly outcome report (HTML, PDF, workbook, figures).

    The report is internal: it holds small numbers and single courses. It is
    written whole or not at all, beside its results.json and ledger.csv.
    --init FILE writes a commented settings file to start from.

    Example: outcomes report sample_data --quarter 2026Q2 -o reports
    """
    import outcomes

    chosen = outcomes.read_report_settings(settings)
    chosen.find_folder(output, quarter, replace=replace)
    say = show_progress(quiet)
    say("reading the exports")
    cohort = outcomes.load_cohort(source, layout=layout, progress=say)
    built = outcomes.build_report(
        cohort, quarter=quarter, profile=profile, settings=chosen, report_date=report_date, progress=say
    )
    say("writing")
    folder = outcomes.write_report(built, output, replace=replace)
    print_plain(built.summary())
    print_plain(f"Written to {folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}")


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder that holds your exports.", show_default=False)],
) -> None:
    """Start a project: outcomes.toml, settings, a notebook, a .gitignore.

    Looks at every file of the folder, writes what it recognized, and marks
    what only you can decide with ASK. Your files are never changed.

    Example: outcomes init exports
    """
    import outcomes

    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in EXPORTS and path.is_file())
    if not files:
        raise DataError(
            "the folder holds no file of a kind that is read. Put your exports there.", code="E216"
        )
    found, refused, identified = {}, {}, list[Problem]()
    for number, path in enumerate(files, start=1):
        name = path.relative_to(folder).as_posix()
        try:
            found[name] = outcomes.inspect_source(path, number=number)
        except DataError as error:
            refused[name] = str(error)
        except PrivacyError as error:
            identified += error.found
    if identified:
        print_plain(
            f"Inputs are numbered in alphabetical order; {len(files)} files, nothing is written.", err=True
        )
        raise PrivacyError(identified)
    written = outcomes.write_project(folder, found, refused=refused)
    left = f" Not a source as they are: {len(refused)}; outcomes.toml says why." if refused else ""
    print_plain(f"Files looked at: {len(files)}. Written: {', '.join(path.name for path in written)}.{left}")
    print_plain(
        "Questions that only you can answer are marked ASK in outcomes.toml and the layouts. "
        f"Next: complete those lines, then outcomes check {folder} and first_look.ipynb."
    )


@app.command()
def simulate(
    output: Annotated[Path, typer.Argument(help="New or empty folder.", show_default=False)],
    patients: Annotated[int, typer.Option("--patients", min=1, help="Number of patients.")] = 400,
    sites: Annotated[int, typer.Option("--sites", min=1, max=12, help="Number of sites.")] = 3,
    seed: Annotated[int, typer.Option("--seed", help="Seed; the same seed gives the same files.")] = 1,
) -> None:
    """Write the messy exports of a made-up clinic, and the truth.

    For trying out the toolkit, for teaching and for tests. truth.json holds
    the rates that the generating model implies and the planted faults.

    Example: outcomes simulate --patients 400 --sites 3 --seed 1 demo
    """
    import outcomes

    outcomes.simulate_exports(output, patients=patients, sites=sites, seed=seed)
    print_plain(
        f"{patients} made-up patients at {sites} sites written to {output} (seed {seed}). "
        f"Next: outcomes check {output}"
    )


@app.command()
def profiles(
    name: Annotated[str | None, typer.Argument(help="Profile to show.", show_default=False)] = None,
) -> None:
    """List the definition profiles, or print one as a methods section.

    Example: outcomes profiles default
    """
    import outcomes

    if name is not None:
        print_plain(str(outcomes.get_profile(name)))
        return
    for one in map(outcomes.get_profile, outcomes.list_profiles()):
        print_plain(f"{one.id:<14} {one.title} ({one.kind}: {', '.join(one.instruments)})")


@app.command()
def instruments(
    name: Annotated[
        str | None, typer.Argument(help="Instrument id, e.g. phq9. Default: list all.", show_default=False)
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--check", help="Check the TOML file of a new instrument.", show_default=False),
    ] = None,
) -> None:
    """List the instruments, or show one with its sources.

    Every cut-off and band names where it comes from; --check reads a new
    instrument file as strictly as the built-in ones.

    Example: outcomes instruments phq9
    """
    import outcomes

    if file is not None:
        read = outcomes.read_instrument(file)
        print_plain(f"{read.id}: the file is complete and every clinical number has a source.")
    elif name is None:
        for one in map(outcomes.get_instrument, outcomes.list_instruments()):
            print_plain(
                f"{one.id:<8} {one.title}: {one.n_items} items, total {one.total_min}-{one.total_max}"
            )
    else:
        print_plain(outcomes.get_instrument(name).describe())


def run() -> None:
    """Run the command line; user errors end with their message and exit code, never with a traceback."""
    try:
        code = app(standalone_mode=False)
    except OutcomesError as error:
        print_plain(str(error), err=True)
        sys.exit(error.exit_code)
    except TyperException as error:
        typer.echo(f"{error.format_message()} See: outcomes --help", err=True)
        sys.exit(2)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except OSError as error:  # its text would show the path
        typer.echo(
            f"E216 A path that was given cannot be used: {error.strerror or 'unknown reason'}.", err=True
        )
        sys.exit(DataError.exit_code)
    except Exception as error:  # noqa: BLE001 - the last resort: a bug is named by its place, never by its text, which may quote data
        say_bug(error)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
