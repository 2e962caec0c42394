"""The command staff."""

from __future__ import annotations

from typing import Annotated

import typer

from smarketing_sim.cli.loading import load_with
from smarketing_sim.cli.options import NO_WORDS, Json, Params, Seed, Sets, Workers, Yes, app
from smarketing_sim.cli.screen import show
from smarketing_sim.cli.simulating import simulating
from smarketing_sim.errors import InputError, Problem
from smarketing_sim.experiment.default_years import STAFFING_YEARS


@app.command()
def staff(
    params: Params,
    keep: Annotated[float, typer.Option(metavar="P", help="Chance that is wanted, above 0 and below 1.")] = 0.95,
    keep_year: Annotated[bool, typer.Option("--keep-year", help="Kept in every month of a year, not in one.")] = False,
    clauses: Annotated[
        str, typer.Option(metavar="sales|all", help="Whose promises: those of sales, or all.")
    ] = "sales",
    cap: Annotated[
        int | None, typer.Option(metavar="N", help="Largest headcount; else 4 times today's, at least 20 more.")
    ] = None,
    of: Annotated[str, typer.Option(metavar="sdr|ae", help="Whose headcount: reps, or account executives.")] = "sdr",
    sets: Sets = NO_WORDS,
    replications: Annotated[int, typer.Option(help="Simulated years of one headcount, at most.")] = STAFFING_YEARS,
    seed: Seed = 1,
    workers: Workers = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Find the least headcount that keeps the promises, beside the best change that costs nothing.

    With --of ae: what fewer and more account executives bring after their wages, for no clause is promised by them.
    """
    from smarketing_sim.cli.text.staff import ae_text, staff_text
    from smarketing_sim.decide.ae_headcount import STEPS, YEARS, ae_headcounts
    from smarketing_sim.decide.ae_headcount import to_json as ae_json
    from smarketing_sim.decide.staffing import planned_years
    from smarketing_sim.decide.staffing import staff as find_headcount
    from smarketing_sim.decide.staffing_answer import to_json
    from smarketing_sim.experiment.simulation import Simulation

    scenario, settings = load_with(params, sets), Simulation(replications, seed)
    if of not in ("sdr", "ae"):
        raise InputError([Problem("must be sdr or ae", path="of", value=of)])
    if of == "ae":
        work = [(scenario, len(STEPS) * min(replications, YEARS))]
        with simulating(settings, work, jobs=replications, workers=workers, yes=yes) as simulation:
            show(ae_json(ae_headcounts(scenario, simulation)), ae_text, as_json=as_json)
        return
    work, period = [(scenario, planned_years(replications))], "year" if keep_year else "month"
    with simulating(settings, work, jobs=replications, workers=workers, yes=yes) as simulation:
        found = find_headcount(scenario, simulation, keep=keep, period=period, clauses=clauses, cap=cap)
    answer = to_json(found)
    show(answer, staff_text, as_json=as_json)
    if found.headcount is None:
        raise typer.Exit(1)
