"""What a command that simulates begins with: what it takes is told or refused, then workers and a progress bar."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from smarketing_sim.cli.effort import hold_effort
from smarketing_sim.cli.screen import Progress
from smarketing_sim.errors import InputError

if TYPE_CHECKING:
    from smarketing_sim.experiment.simulation import Simulation
    from smarketing_sim.scenario.schema import Scenario


@contextmanager
def simulating(
    simulation: Simulation,
    work: Sequence[tuple[Scenario, int]],
    *,
    jobs: int,
    workers: int | None,
    yes: bool,
    bar: str = "simulated years",
    cluster: str | None = None,
    insecure: bool = False,
    keep_ledgers: bool = False,
) -> Iterator[Simulation]:
    """Provide a simulation with its workers, and with a progress bar on the screen.

    Parameters
    ----------
    simulation
        How many years, from which seed, by which engine.
    work, yes, keep_ledgers
        As for :func:`~smarketing_sim.cli.effort.hold_effort`.
    jobs, workers, cluster, insecure
        As for :func:`executor_for`.
    bar
        What the progress bar counts.
    """
    engine = simulation.engine_name
    hold_effort(work, workers=workers, jobs=jobs, engine=engine, cluster=cluster, yes=yes, keep_ledgers=keep_ledgers)
    with (
        executor_for(workers, jobs=jobs, engine=engine, cluster=cluster, insecure=insecure) as executor,
        Progress(bar) as progress,
    ):
        yield dataclasses.replace(simulation, executor=executor, progress=progress)


@contextmanager
def executor_for(
    workers: int | None, *, jobs: int, engine: str, cluster: str | None = None, insecure: bool = False
) -> Iterator[Executor | None]:
    """Provide a cluster where one was named, else processes on this machine."""
    if cluster is None:
        from smarketing_sim.experiment.workers import workers as provide

        with provide(workers, jobs=jobs, engine=engine) as executor:
            yield executor
        return
    from smarketing_sim.experiment.cluster import dask_executor

    if workers is not None:
        raise InputError("--workers and --cluster cannot go together: a cluster has the workers it has")
    with dask_executor(cluster, insecure=insecure) as executor:
        yield executor
