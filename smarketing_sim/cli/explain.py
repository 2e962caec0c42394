"""The command explain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smarketing_sim.cli.effort import hold_effort
from smarketing_sim.cli.loading import executor_for, load_with
from smarketing_sim.cli.options import Json, Replications, Seed, Workers, Yes, app
from smarketing_sim.cli.screen import Progress, show


@app.command()
def explain(
    a: Annotated[Path, typer.Argument(metavar="A", help="Plan to compare from, such as what was planned.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Plan that is asked about, such as what happened.")],
    replications: Replications = 20,
    seed: Seed = 1,
    workers: Workers = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Split the gap between two plans, B − A, over the causes that differ: who broke it."""
    from smarketing_sim.cli.text.explain import explain_text
    from smarketing_sim.decide import attribution
    from smarketing_sim.engine import choose_engine
    from smarketing_sim.experiment.limits import check_numbers

    check_numbers(replications=replications, seed=seed)
    engine, plans = choose_engine(), (load_with(a, []), load_with(b, []))
    work = [(mixture, replications) for mixture in attribution.mix(*plans).scenarios]
    jobs = replications * len(work)
    hold_effort(work, workers=workers, jobs=jobs, engine=engine, yes=yes)
    with executor_for(workers, jobs=jobs, engine=engine) as executor, Progress("simulated years") as progress:
        found = attribution.explain(
            *plans, replications=replications, seed=seed, engine=engine, executor=executor, progress=progress
        )
    answer = attribution.to_json(found)
    show(answer, explain_text, as_json=as_json)
