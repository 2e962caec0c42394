"""The commands check, run and compare."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smarketing_sim.cli.effort import not_checked
from smarketing_sim.cli.loading import find_params, load_with
from smarketing_sim.cli.options import (
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
    Yes,
    app,
)
from smarketing_sim.cli.screen import print_json, say, show, tell
from smarketing_sim.cli.simulating import simulating
from smarketing_sim.errors import InputError, RunFailed
from smarketing_sim.experiment.default_years import QUICK_YEARS
from smarketing_sim.printable import one_line

if TYPE_CHECKING:
    from smarketing_sim.experiment.replications import Replications
    from smarketing_sim.experiment.simulation import Simulation
    from smarketing_sim.scenario.schema import Scenario


@app.command()
def check(params: ManyParams, sets: Sets = NO_WORDS, as_json: Json = False) -> None:
    """Validate scenario files, print every problem in them, and show what each implies about a company."""
    from smarketing_sim.decide.usual import self_check
    from smarketing_sim.experiment.stability import stability
    from smarketing_sim.scenario.files import load
    from smarketing_sim.scenario.layering import parse_overrides

    overrides, found, checked = parse_overrides(sets), [], {}
    for path in params:
        try:
            checked[str(path)] = load(find_params(path), overrides)
        except InputError as error:
            found += list(error.problems)
    fine = {} if found else checked
    left_out = {path: why for path, scenario in fine.items() if (why := not_checked(scenario))}
    years = {path: _few_years(scenario) for path, scenario in fine.items() if path not in left_out}
    implied = {path: self_check(some) for path, some in years.items()}
    settled = {path: stability(some).to_json() for path, some in years.items()}
    if as_json:
        from smarketing_sim.decide.usual import to_json

        print_json(
            {
                "valid": not found,
                "problems": [str(problem) for problem in found],
                "scenarios": {path: scenario.digest for path, scenario in checked.items()},
                "company": {path: to_json(numbers) for path, numbers in implied.items()},
                "stability": settled,
                "not_simulated": left_out,
            }
        )
    if found:
        raise InputError(found) if not as_json else typer.Exit(2)
    for name, scenario in checked.items() if not as_json else ():
        from smarketing_sim.decide.usual import YEARS
        from smarketing_sim.report.planning.company import holidays_text, self_check_text
        from smarketing_sim.words.numbers import tell_money_in, upper_first
        from smarketing_sim.words.settling import backlog_words

        tell_money_in(scenario.currency)
        first = f"{one_line(name)}: fine; {one_line(scenario.name)}, digest {scenario.digest[:8]}"
        text = upper_first(f"{left_out[name]}.") if name in left_out else self_check_text(implied[name])
        trend = "" if name in left_out else f"Backlog, in {YEARS} simulated years: {backlog_words(settled[name])}\n"
        say(f"{first}\n{holidays_text(scenario)}\n{trend}{text}")


def _few_years(scenario: Scenario) -> Replications:
    """Simulate a few years, to see what a scenario implies about a company."""
    from smarketing_sim.decide.usual import YEARS
    from smarketing_sim.experiment.simulation import Simulation

    return Simulation(YEARS).panel([scenario])[0]


@app.command()
def run(
    params: Params,
    sets: Sets = NO_WORDS,
    replications: Annotated[int, typer.Option(help="Simulated years; with --precision at most so many.")] = QUICK_YEARS,
    precision: Annotated[
        list[str],
        typer.Option(metavar="MEASURE=HALF_WIDTH", help="Stop once a range is narrow: expected_revenue=3%."),
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
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Simulate a scenario; print each clause with its range and chance kept, revenue and utilisation."""
    from smarketing_sim.decide.settled_load import run_json, settled_load
    from smarketing_sim.experiment.precision import parse_precision
    from smarketing_sim.experiment.simulation import Simulation

    scenario, wanted, keep = load_with(params, sets), parse_precision(precision), out is not None
    with simulating(
        Simulation(replications, seed, engine),
        [(scenario, replications)],
        jobs=replications, workers=workers, yes=yes, cluster=cluster, insecure=insecure, keep_ledgers=keep,
    ) as simulation:  # fmt: skip
        experiment = simulation.run(scenario, precision=wanted, keep_ledgers=keep)
    if not experiment.measures:
        _hold_failures(experiment)
    if out is not None:
        _write_ledgers(experiment, out)
    answer = run_json(experiment, settled_load(experiment))
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
    replications: Annotated[int, typer.Option(help="Simulated years; with --best at most so many.")] = QUICK_YEARS,
    seed: Seed = 1,
    engine: Engine = None,
    workers: Workers = None,
    cluster: Cluster = None,
    insecure: Insecure = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Compare scenarios lead by lead: differences B − A with their ranges; of several, all hold at once."""
    from smarketing_sim.experiment.compare import compare as paired
    from smarketing_sim.experiment.compare import compare_all
    from smarketing_sim.experiment.simulation import Simulation

    settings = Simulation(replications, seed, engine)
    if (best is None) != (indifference is None):
        raise InputError("--best and --indifference go together: --best expected_revenue --indifference 50000")
    scenarios = [load_with(a, []), *(load_with(path, sets) for path in (b, *(more or [])))]
    work = [(scenario, replications) for scenario in scenarios]
    with simulating(
        settings, work, jobs=replications, workers=workers, yes=yes, cluster=cluster, insecure=insecure
    ) as simulation:
        if best is not None and indifference is not None:
            answer = _best(scenarios, best, indifference, simulation)
            show(answer, _words("best_text"), as_json=as_json)
            return
        steps = simulation.parts([1.0] * len(scenarios))
        found = [step.run(scenario) for scenario, step in zip(scenarios, steps, strict=True)]
    for experiment in found:
        _hold_failures(experiment)
    answer = compare_all(found[0], found[1:]) if more else paired(*found)
    show(answer, _words("compare_all_text" if more else "compare_text"), as_json=as_json)


def _best(
    scenarios: list[Scenario],
    measure: str,
    indifference: float,
    simulation: Simulation,
) -> dict[str, Any]:
    """Return which scenario is best, as plain JSON types."""
    from smarketing_sim.experiment.selection import select_best

    found = select_best(
        scenarios,
        simulation,
        measure=measure,
        indifference=indifference,
        first=min(10, simulation.replications),
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
    facts = {"measure": measure, "indifference": indifference, "seed": simulation.seed}
    return {**facts, "choice": found.choice, "guaranteed": found.guaranteed, "scenarios": listed}


def _hold_failures(experiment: Replications) -> None:
    """Leave with exit code 3 and a table where replications failed."""
    if experiment.failures:
        count = len(experiment.failures)
        text = f"{count} simulated years failed, the others were finished"
        text = text if experiment.measures else f"no simulated year was finished, all {count} failed"
        listed = "\n".join(f"  year {f.replication}: {one_line(f.error)}" for f in experiment.failures[:20])
        raise RunFailed(f"{text}:\n{listed}")


def _write_ledgers(experiment: Replications, out: Path) -> None:
    from smarketing_sim.experiment.results import joined_ledger
    from smarketing_sim.ledger_files import write_ledger

    write_ledger(joined_ledger(experiment), out)
    tell(f"ledgers of {len(experiment.measures)} years are in {one_line(out)}")


def _below(value: float | None, limit: float) -> bool:
    return value is not None and value < limit


def _words(text: str) -> Callable[[dict[str, Any]], str]:
    """Return the words for an answer; a command that prints none need not load them."""
    from smarketing_sim.cli.text import terminal

    words: Callable[[dict[str, Any]], str] = getattr(terminal, text)
    return words
