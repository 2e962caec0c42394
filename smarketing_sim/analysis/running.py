"""How a question asked from Python is simulated: on all cores, or on an executor of one's own, with a progress bar."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from tqdm.auto import tqdm

from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.experiment.workers import workers

QUIET_SECONDS = 1.0
"""What is finished sooner shows no bar."""


@contextmanager
def prepared(
    replications: int, seed: int, *, years: int, executor: Executor | None, progress: bool
) -> Iterator[Simulation]:
    """Provide a simulation.

    Parameters
    ----------
    replications, seed
        Simulated years of each plan, and the root seed.
    years
        About how many years there are to simulate in all, by which processes are worth starting or not.
    executor
        Any ``concurrent.futures`` executor, a Dask client's too; None takes processes on this machine.
    progress
        Whether to show a bar: text in a terminal, a widget in Jupyter.
    """
    settings = Simulation(replications, seed)
    with tqdm(delay=QUIET_SECONDS, disable=not progress, leave=False, desc="simulating") as bar:

        def tell(done: int, planned: int) -> None:
            bar.total = planned
            bar.update(done - bar.n)

        if executor is not None:
            yield dataclasses.replace(settings, executor=executor, progress=tell)
            return
        with workers(None, jobs=years, engine=settings.engine_name) as processes:
            yield dataclasses.replace(settings, executor=processes, progress=tell)
