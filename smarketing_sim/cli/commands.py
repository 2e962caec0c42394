"""The commands check, run, compare and report."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smarketing_sim.cli.loading import executor_for, find_params, load_with
from smarketing_sim.cli.options import (
    BASELINE,
    NO_WORDS,
    Cluster,
    Engine,
    Insecure,
    Json,
    ManyParams,
    Params,
    Seed,
    Sets,
    Workers,
    app,
)
from smarketing_sim.cli.screen import Progress, print_json, say, show, tell
from smarketing_sim.errors import InputError, Problem, RunFailed, nearest_name
from smarketing_sim.plain import one_line
from smarketing_sim.shipped import shipped

REPORT_YEARS = 200

if TYPE_CHECKING:
    from smarketing_sim.decide.self_check import Implied
    from smarketing_sim.experiment.runs import Experiment
    from smarketing_sim.scenario.schema import Scenario


@app.command()
def check(params: ManyParams, sets: Sets = NO_WORDS, as_json: Json = False) -> None:
    """Validate scenario files, print every problem in them, and show what each implies about a company."""
    from smarketing_sim.scenario.files import load, parse_overrides

    overrides, found, checked = parse_overrides(sets), [], {}
    for path in params:
        try:
            checked[str(path)] = load(find_params(path), overrides)
        except InputError as error:
            found += list(error.problems)
    implied = {} if found else {path: _implied(scenario) for path, scenario in checked.items()}
    if as_json:
        from smarketing_sim.decide.self_check import to_json

        print_json(
            {
                "valid": not found,
                "problems": [str(problem) for problem in found],
                "scenarios": {path: scenario.digest for path, scenario in checked.items()},
                "company": {path: to_json(numbers) for path, numbers in implied.items()},
            }
        )
    if found:
        raise InputError(found) if not as_json else typer.Exit(2)
    for name, scenario in checked.items() if not as_json else ():
        from smarketing_sim.publish.company import self_check_text
        from smarketing_sim.publish.words import tell_money_in

        tell_money_in(scenario.currency)
        fine = f"{one_line(name)}: fine; {one_line(scenario.name)}, digest {scenario.digest[:8]}"
        say(f"{fine}\n{self_check_text(implied[name])}")


def _implied(scenario: Scenario) -> list[Implied]:
    """Simulate a few years and return what a scenario implies about a company."""
    from smarketing_sim.decide.self_check import YEARS, self_check
    from smarketing_sim.experiment.panel import simulate_all

    return self_check(simulate_all([scenario], replications=YEARS)[0])


@app.command()
def run(
    params: Params,
    sets: Sets = NO_WORDS,
    replications: Annotated[int, typer.Option(help="Simulated years; with --precision at most so many.")] = 20,
    precision: Annotated[
        list[str],
        typer.Option(metavar="MEASURE=HALF_WIDTH", help="Stop once a range is narrow: revenue_expected=3%."),
    ] = NO_WORDS,
    seed: Seed = 1,
    engine: Engine = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the ledgers of all years here.")] = None,
    require: Annotated[
        float | None, typer.Option(min=0, max=1, help="Exit 1 when a chance kept is below this.")
    ] = None,
    workers: Workers = None,
    cluster: Cluster = None,
    insecure: Insecure = False,
    as_json: Json = False,
) -> None:
    """Simulate a scenario; print each clause with its range and chance kept, revenue and utilisation."""
    from smarketing_sim.engine import choose_engine
    from smarketing_sim.experiment.precision import parse_precision
    from smarketing_sim.experiment.results import to_json

    engine = choose_engine(engine)
    scenario, wanted = load_with(params, sets), parse_precision(precision)
    with executor_for(workers, jobs=replications, engine=engine, cluster=cluster, insecure=insecure) as executor:
        experiment = _simulate(
            scenario, replications, seed, engine, executor, precision=wanted, keep_ledgers=out is not None
        )
    if not experiment.measures:
        _hold_failures(experiment)
    if out is not None:
        _write_ledgers(experiment, out)
    answer = to_json(experiment)
    show(answer, _words("run_text"), as_json=as_json)
    _hold_failures(experiment)
    broken = [c["id"] for c in answer["clauses"] if require is not None and _below(c["p_kept"]["mean"], require)]
    if broken:
        tell(f"chance kept below {require}: {one_line(', '.join(broken))}")
        raise typer.Exit(1)


@app.command()
def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="Scenario to compare from.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Scenario to compare to.")],
    more: Annotated[list[Path] | None, typer.Argument(metavar="C…", help="More of them; A is the base of all.")] = None,
    sets: Annotated[
        list[str], typer.Option("--set", metavar="PATH=VALUE", help="Override one value of all but A.")
    ] = NO_WORDS,
    best: Annotated[str | None, typer.Option(metavar="MEASURE", help="Find the best of them by this measure.")] = None,
    indifference: Annotated[
        float | None, typer.Option(metavar="X", help="With --best: the least difference worth detecting.")
    ] = None,
    replications: Annotated[int, typer.Option(help="Simulated years; with --best at most so many.")] = 20,
    seed: Seed = 1,
    engine: Engine = None,
    workers: Workers = None,
    cluster: Cluster = None,
    insecure: Insecure = False,
    as_json: Json = False,
) -> None:
    """Compare scenarios lead by lead: differences B − A with their ranges; of several, all hold at once."""
    from smarketing_sim.engine import choose_engine
    from smarketing_sim.experiment.compare import compare as paired
    from smarketing_sim.experiment.compare import compare_all

    engine = choose_engine(engine)
    if (best is None) != (indifference is None):
        raise InputError("--best and --indifference go together: --best revenue_expected --indifference 50000")
    scenarios = [load_with(a, []), *(load_with(path, sets) for path in (b, *(more or [])))]
    with executor_for(workers, jobs=replications, engine=engine, cluster=cluster, insecure=insecure) as executor:
        if best is not None and indifference is not None:
            answer = _best(scenarios, best, indifference, replications, seed, engine, executor)
            show(answer, _words("best_text"), as_json=as_json)
            return
        found = [_simulate(scenario, replications, seed, engine, executor) for scenario in scenarios]
    for experiment in found:
        _hold_failures(experiment)
    answer = compare_all(found[0], found[1:]) if more else paired(*found)
    show(answer, _words("compare_all_text" if more else "compare_text"), as_json=as_json)


@app.command()
def report(
    params: ManyParams = BASELINE,
    notebook: Annotated[str, typer.Option(metavar="NAME", help="Notebook in notebooks/.")] = "planning_report",
    sets: Sets = NO_WORDS,
    pdf: Annotated[bool, typer.Option("--pdf", help="Make a PDF too.")] = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of published reports.")] = Path("reports"),
    replications: Annotated[
        int | None, typer.Option(help="Simulated years; 200 for the planning report, else what the notebook says.")
    ] = None,
    parameters: Annotated[
        list[str], typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A parameter of the notebook's own.")
    ] = NO_WORDS,
    seed: Seed = 1,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Publish a planning report, or another chapter, for each scenario, and refresh the hub page."""
    from smarketing_sim.experiment.limits import check_numbers
    from smarketing_sim.publish.notebooks import default_parameters, read_notebook, read_parameters
    from smarketing_sim.publish.parameters import PARAMETERS
    from smarketing_sim.publish.publisher import MAIN_NOTEBOOK
    from smarketing_sim.publish.reports import publish_report
    from smarketing_sim.publish.words import counted

    source = find_notebook(notebook)
    scenarios = [(path, load_with(path, sets)) for path in params]
    defaults = default_parameters(read_notebook(source))
    own = read_parameters(parameters, {name: value for name, value in defaults.items() if name not in PARAMETERS})
    years = replications or (REPORT_YEARS if notebook == MAIN_NOTEBOOK else int(defaults.get("replications", 1)))
    check_numbers(replications=years if replications is None else replications, seed=seed)
    for path, scenario in scenarios:
        tell(f"{one_line(scenario.name)}: {counted(years, 'simulated year')}")
        with Progress("simulating", in_percent=True) as progress:
            published = publish_report(
                source,
                scenario,
                params_file=path,
                root=out,
                replications=years,
                seed=seed,
                parameters=own,
                workers=workers,
                pdf=pdf,
                progress=progress,
            )
        if published.pdf_note:
            tell(published.pdf_note)
        if not as_json:
            for made in ("report.html", "report.pdf"):
                if (published.path / made).exists():
                    say(f"published {one_line(published.path / made)}")
    if as_json:
        print_json({"published": [{**s.identity} for _, s in scenarios]})
    else:
        say(f"all reports: {one_line(out / 'index.html')}")


def _simulate(
    scenario: Scenario,
    replications: int,
    seed: int,
    engine: str | None,
    executor: Executor | None,
    **how: Any,
) -> Experiment:
    from smarketing_sim.experiment.runs import run as simulate_many

    with Progress("simulated years") as progress:
        return simulate_many(
            scenario,
            replications=replications,
            seed=seed,
            engine=engine,
            executor=executor,
            progress=progress,
            **how,
        )


def _best(
    scenarios: list[Scenario],
    measure: str,
    indifference: float,
    replications: int,
    seed: int,
    engine: str | None,
    executor: Executor | None,
) -> dict[str, Any]:
    """Return which scenario is best, as plain JSON types."""
    from smarketing_sim.experiment.selection import select_best

    found = select_best(
        scenarios,
        measure=measure,
        indifference=indifference,
        first=min(10, replications),
        at_most=replications,
        seed=seed,
        engine=engine,
        executor=executor,
    )
    listed = [
        {
            **scenario.identity,
            "mean": found.means[place],
            "replications": found.replications[place],
            "eliminated_after": found.eliminated.get(place),
        }
        for place, scenario in enumerate(scenarios)
    ]
    asked = {"measure": measure, "indifference": indifference, "seed": seed}
    return {**asked, "choice": found.choice, "guaranteed": found.guaranteed, "scenarios": listed}


def _hold_failures(experiment: Experiment) -> None:
    """Leave with exit code 3 and a table where replications failed."""
    if experiment.failures:
        count = len(experiment.failures)
        told = f"{count} simulated years failed, the others were finished"
        told = told if experiment.measures else f"no simulated year was finished, all {count} failed"
        listed = "\n".join(f"  year {f.replication}: {one_line(f.error)}" for f in experiment.failures[:20])
        raise RunFailed(f"{told}:\n{listed}")


def _write_ledgers(experiment: Experiment, out: Path) -> None:
    from smarketing_sim.experiment.results import joined_ledger

    joined_ledger(experiment).write(out)
    tell(f"ledgers of {len(experiment.measures)} years are in {one_line(out)}")


def find_notebook(name: str) -> Path:
    """Find a notebook by name: the reader's own, or the one that comes with the package."""
    folders = [Path("notebooks"), shipped("notebooks")]
    for folder in folders:
        path = folder / f"{name}.ipynb"
        if name == Path(name).name and path.is_file():
            return path
    known = [path.stem for folder in folders if folder.is_dir() for path in folder.glob("*.ipynb")]
    nearest = nearest_name(name, known)
    listed = "" if nearest else f"; there are {', '.join(sorted(set(known)))}"
    raise InputError(
        [Problem(f"is not a notebook in notebooks/{listed}", path="--notebook", value=name, nearest=nearest)]
    )


def _below(value: float | None, limit: float) -> bool:
    return value is not None and value < limit


def _words(text: str) -> Callable[[dict[str, Any]], str]:
    """Return the words for an answer; a command that prints none need not load them."""
    from smarketing_sim.publish import terminal

    words: Callable[[dict[str, Any]], str] = getattr(terminal, text)
    return words
