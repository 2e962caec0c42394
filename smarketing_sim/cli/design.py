"""The command design."""

from __future__ import annotations

from typing import Annotated

import typer

from smarketing_sim.cli.effort import hold_effort
from smarketing_sim.cli.loading import executor_for, load_with
from smarketing_sim.cli.options import NO_WORDS, Json, Params, Seed, Sets, Workers, Yes, app
from smarketing_sim.cli.screen import Progress, show


@app.command()
def design(
    params: Params,
    sets: Sets = NO_WORDS,
    replications: Annotated[int, typer.Option(help="Simulated years of each way to follow up.")] = 12,
    seed: Seed = 1,
    workers: Workers = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Find the follow-up that brings most: how fast, how often, from which score; and the worth of an hour."""
    from smarketing_sim.cli.text.design import design_text
    from smarketing_sim.decide.design import MOST_EXPERIMENTS, to_json
    from smarketing_sim.decide.design import design as find_design
    from smarketing_sim.engine import choose_engine
    from smarketing_sim.experiment.limits import check_numbers

    engine, scenario = choose_engine(None), load_with(params, sets)
    check_numbers(replications=replications, seed=seed)
    work = [(scenario, MOST_EXPERIMENTS * replications)]
    hold_effort(work, workers=workers, jobs=replications, engine=engine, yes=yes)
    with executor_for(workers, jobs=replications, engine=engine) as executor, Progress("experiments") as progress:
        found = find_design(
            scenario, replications=replications, seed=seed, engine=engine, executor=executor, progress=progress
        )
    asked = {**scenario.identity, "seed": seed}
    answer = {**asked, "replications": replications, "engine": engine, **to_json(found)}
    show(answer, design_text, as_json=as_json)
