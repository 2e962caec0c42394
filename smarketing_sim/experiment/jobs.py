"""Jobs that share their leads: several scenarios, one simulated year, over any executor, whatever finishes first."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any

from smarketing_sim.engine import simulate
from smarketing_sim.errors import InputError
from smarketing_sim.experiment.sweep_record import record_of
from smarketing_sim.experiment.years import died, submitted
from smarketing_sim.measure.summary import measure
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.world.demand import reads_digest, sample_demand

BLOCK = 25
IN_FLIGHT = 64

Outcome = list[dict[str, Any]]
"""For each scenario of a job a plain record, or what went wrong under ``error`` and ``detail``."""


@dataclass(frozen=True)
class Job:
    """Scenarios that meet the same leads, in one simulated year.

    Parameters
    ----------
    points
        Places of the scenarios in the list they came from.
    scenarios
        The scenarios, equal in all that a demand reads.
    seed, replication, engine
        What is simulated.
    """

    points: tuple[int, ...]
    scenarios: tuple[Scenario, ...] = field(repr=False)
    seed: int
    replication: int
    engine: str

    def run(self) -> Outcome:
        """Sample the leads once and simulate each scenario.

        A fault of the input is raised, for it would meet every job; anything else is told in place of the record.
        """
        try:
            demand = sample_demand(self.scenarios[0], seed=self.seed, replication=self.replication)
        except InputError:
            raise
        except Exception as error:  # the other jobs go on
            return self.failed(error)
        return [self._one(scenario, demand) for scenario in self.scenarios]

    def failed(self, error: BaseException) -> Outcome:
        """Return the outcome of a job that failed as a whole."""
        return [_failure(error) for _ in self.scenarios]

    def _one(self, scenario: Scenario, demand: Any) -> dict[str, Any]:
        try:
            ledger = simulate(scenario, demand, engine=self.engine)
            return record_of(measure(ledger, scenario), scenario).plain()
        except InputError:
            raise
        except Exception as error:  # a failed year is a result; the others go on
            return _failure(error)


def make_jobs(scenarios: Sequence[Scenario], replications: Sequence[int], *, seed: int, engine: str) -> list[Job]:
    """Deal scenarios out to jobs: those that read the same demand together, at most ``BLOCK`` of them at a time."""
    return [
        Job(block, tuple(scenarios[point] for point in block), seed, replication, engine)
        for block in sharing_demand(scenarios)
        for replication in replications
    ]


def sharing_demand(scenarios: Sequence[Scenario]) -> list[tuple[int, ...]]:
    """Return the places of scenarios that read the same demand, together, at most ``BLOCK`` of them at a time."""
    groups: dict[str, list[int]] = {}
    for point, scenario in enumerate(scenarios):
        groups.setdefault(reads_digest(scenario), []).append(point)
    return [tuple(group[at : at + BLOCK]) for group in groups.values() for at in range(0, len(group), BLOCK)]


def run_jobs(jobs: Sequence[Job], executor: Executor | None) -> Iterator[tuple[Job, Outcome]]:
    """Yield each job with its outcome as it finishes; None runs them here, one after another.

    A few jobs at a time are handed over, so that a large sweep waits here and not in an executor's memory.
    """
    if executor is None:
        yield from ((job, job.run()) for job in jobs)
        return
    waiting, running, suspects = iter(jobs), dict[Future[Outcome], Job](), list[Job]()
    try:
        while True:
            for _, job in zip(range(IN_FLIGHT - len(running)), waiting, strict=False):
                running[submitted(executor, job)] = job
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job = running.pop(future)
                if died(future):
                    suspects.append(job)
                else:
                    yield job, _outcome(job, future)
        # A worker that dies takes the jobs of its pool along; run again alone, a job shows whose fault it was.
        for job in suspects:
            yield job, _outcome(job, submitted(executor, job))
    finally:
        for future in running:
            future.cancel()


def _outcome(job: Job, future: Future[Outcome]) -> Outcome:
    try:
        return future.result()
    except InputError:
        raise
    except Exception as error:  # what killed its worker again, or every worker that it met
        return job.failed(error)


def _failure(error: BaseException) -> dict[str, Any]:
    return {"error": _in_words(error), "detail": "".join(traceback.format_exception(error))}


def _in_words(error: BaseException) -> str:
    """Return an error on one line; that of a cluster whose workers all died names machines, so it is told anew."""
    if type(error).__name__ == "KilledWorker":
        return "KilledWorker: every worker that took this on died"
    return f"{type(error).__name__}: {error}"
