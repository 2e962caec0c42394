"""The command design."""

from __future__ import annotations

from typing import Annotated

import typer

from smarketing_sim.cli.loading import load_with
from smarketing_sim.cli.options import NO_WORDS, Json, Params, Seed, Sets, Workers, Yes, app
from smarketing_sim.cli.screen import show
from smarketing_sim.cli.simulating import simulating
from smarketing_sim.experiment.default_years import DESIGN_YEARS


@app.command()
def design(
    params: Params,
    sets: Sets = NO_WORDS,
    replications: Annotated[int, typer.Option(help="Simulated years of each way to follow up.")] = DESIGN_YEARS,
    seed: Seed = 1,
    workers: Workers = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Find the follow-up that brings most: how fast, how often, from which score; and the worth of an hour."""
    from smarketing_sim.cli.text.design import design_text
    from smarketing_sim.decide.design import MOST_EXPERIMENTS, to_json
    from smarketing_sim.decide.design import design as find_design
    from smarketing_sim.experiment.simulation import Simulation

    scenario, settings = load_with(params, sets), Simulation(replications, seed)
    work = [(scenario, MOST_EXPERIMENTS * replications)]
    with simulating(settings, work, jobs=replications, workers=workers, yes=yes, bar="experiments") as simulation:
        found = find_design(scenario, simulation)
    facts = {"seed": seed, "replications": replications, "engine": settings.engine_name}
    answer = {**scenario.identity, **facts, **to_json(found)}
    show(answer, design_text, as_json=as_json)
