"""The command explain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smarketing_sim.cli.loading import load_with
from smarketing_sim.cli.options import Json, Replications, Seed, Workers, Yes, app
from smarketing_sim.cli.screen import show
from smarketing_sim.cli.simulating import simulating
from smarketing_sim.experiment.default_years import QUICK_YEARS


@app.command()
def explain(
    a: Annotated[Path, typer.Argument(metavar="A", help="Plan to compare from, such as what was planned.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Plan that is asked about, such as what happened.")],
    replications: Replications = QUICK_YEARS,
    seed: Seed = 1,
    workers: Workers = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Split the gap between two plans, B − A, over the causes that differ: who broke it."""
    from smarketing_sim.cli.text.explain import explain_text
    from smarketing_sim.decide import attribution
    from smarketing_sim.experiment.simulation import Simulation

    settings, plans = Simulation(replications, seed), (load_with(a, []), load_with(b, []))
    work = [(mixture, replications) for mixture in attribution.mix(*plans).scenarios]
    with simulating(settings, work, jobs=replications * len(work), workers=workers, yes=yes) as simulation:
        found = attribution.explain(*plans, simulation)
    answer = attribution.to_json(found)
    show(answer, explain_text, as_json=as_json)
