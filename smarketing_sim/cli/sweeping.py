"""The command sweep."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smarketing_sim.cli.loading import load_with
from smarketing_sim.cli.options import NO_WORDS, Cluster, Engine, Insecure, Json, Params, Seed, Sets, Workers, Yes, app
from smarketing_sim.cli.screen import show, tell
from smarketing_sim.cli.simulating import simulating
from smarketing_sim.errors import InputError, RunFailed, SmarketingError
from smarketing_sim.experiment.default_years import QUICK_YEARS
from smarketing_sim.printable import one_line

if TYPE_CHECKING:
    from smarketing_sim.experiment.grid import Grid
    from smarketing_sim.experiment.sweep import Sweep
    from smarketing_sim.scenario.schema import Scenario


class _Stopped(SmarketingError):
    """Ctrl-C in a sweep, which loses nothing."""

    exit_code = 130


@app.command()
def sweep(
    params: Params,
    vary: Annotated[list[str], typer.Option("--vary", metavar="PATH=A,B,C", help="Values of one path; repeatable.")],
    sets: Sets = NO_WORDS,
    replications: Annotated[int, typer.Option(help="Simulated years of each scenario.")] = QUICK_YEARS,
    seed: Seed = 1,
    engine: Engine = None,
    workers: Workers = None,
    cluster: Cluster = None,
    insecure: Insecure = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where it is kept and resumed; else below reports/sweeps.")
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Simulate every combination of some values; one table. A sweep that was stopped goes on where it was."""
    from smarketing_sim.experiment.grid import make_grid, parse_vary
    from smarketing_sim.experiment.simulation import Simulation
    from smarketing_sim.experiment.sweep import TABLE, identity_of
    from smarketing_sim.experiment.sweep import sweep as simulate_grid
    from smarketing_sim.files import disk_faults_told, slug

    axes, settings = parse_vary(vary), Simulation(replications, seed, engine)
    grid = make_grid(load_with(params, sets), axes)
    jobs, agreed = grid.count * replications, _ask(grid, replications, yes)
    identity = identity_of(grid, settings)
    folder = out or Path("reports", "sweeps", f"{slug(grid.base.name)}-{identity[:8]}")
    try:
        with (
            disk_faults_told(folder),
            simulating(
                settings, _work(grid, jobs), jobs=jobs, workers=workers, yes=agreed, cluster=cluster, insecure=insecure
            ) as simulation,
        ):
            result = simulate_grid(grid, simulation, folder=folder)
    except KeyboardInterrupt:
        raise _Stopped("stopped; the same command goes on from there") from None
    _show(result, folder / TABLE, as_json=as_json)


def _work(grid: Grid, years: int) -> list[tuple[Scenario, int]]:
    """Return the years of a sweep, dealt out to its plans with one value changed: a few that stand for all."""
    from smarketing_sim.experiment.grid import each_alone

    plans = each_alone(grid)
    each, left = divmod(years, len(plans))
    return [(plan, each + (place < left)) for place, plan in enumerate(plans)]


def _ask(grid: Grid, replications: int, yes: bool) -> bool:
    """Ask before a sweep that takes long, and return whether it was agreed to; who cannot answer says so beforehand."""
    from smarketing_sim.experiment.grid import ASKED_FROM, cost
    from smarketing_sim.words.numbers import counted

    if yes or cost(grid, replications) <= ASKED_FROM:
        return yes
    text = f"this sweep has {counted(grid.count, 'scenario')} of {counted(replications, 'simulated year')} each"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError(f"{text}; add --yes to simulate so many")
    print(f"{text}; go on? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise typer.Abort
    return True


def _show(result: Sweep, table: Path, *, as_json: bool) -> None:
    from smarketing_sim.cli.text.terminal import sweep_text

    show(result.to_json(), sweep_text, as_json=as_json)
    if not as_json:
        tell(f"the table is in {one_line(table)}")
    if result.failures:
        listed = "\n".join(
            f"  scenario {f.point}, year {f.replication}: {one_line(f.error)}" for f in result.failures[:20]
        )
        others = ", the others were finished" if any(result.records) else ", and none was finished"
        text = f"{len(result.failures)} simulated years failed{others}; the same command tries again"
        raise RunFailed(f"{text}:\n{listed}")
