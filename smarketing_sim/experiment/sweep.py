"""Sweeps: a grid of scenarios under the same luck, resumable after any kill, one tidy table out."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smarketing_sim import __version__
from smarketing_sim.arrays import Floats
from smarketing_sim.experiment.grid import Grid, make_points
from smarketing_sim.experiment.jobs import Job, Outcome, make_jobs, run_jobs
from smarketing_sim.experiment.journal import Journal, remove_leftovers, write_whole
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.experiment.sweep_record import Record, interval_of, read_record, table_names
from smarketing_sim.experiment.years import Progress
from smarketing_sim.measure.names import with_old_names
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.scenario.schema import Scenario, digest_of

TABLE = "table.parquet"
ANSWER = "sweep.json"


@dataclass(frozen=True)
class PointFailure:
    """A simulated year of one point that failed; the others were finished."""

    point: int
    replication: int
    error: str
    detail: str = field(default="", repr=False)


@dataclass(frozen=True, eq=False)
class Sweep:
    """A grid of scenarios, each simulated many times under the same luck.

    Parameters
    ----------
    grid, seed, replications, engine
        What was asked for.
    points
        The scenarios in the order of the grid.
    records
        By point, what is kept of each simulated year that finished, by its number.
    failures
        Those that did not finish.
    """

    grid: Grid
    seed: int
    replications: int
    engine: str
    points: tuple[Scenario, ...]
    records: tuple[dict[int, Record], ...] = field(repr=False)
    failures: tuple[PointFailure, ...] = ()

    def series(self, point: int, name: str) -> Floats:
        """Return one measure of a point by replication, NaN for one that failed; the names are those of ``compare``."""
        found = self.records[point]
        return np.array([found[r].measures[name] if r in found else np.nan for r in range(self.replications)])

    @cached_property
    def intervals(self) -> tuple[dict[str, Interval], ...]:
        """By point, every measure of the table with its interval."""
        found = []
        for scenario, by_number in zip(self.points, self.records, strict=True):
            years = [by_number[number] for number in sorted(by_number)]
            found.append({name: interval_of(years, scenario, name) for name in table_names(scenario)})
        return tuple(found)

    def table(self) -> pd.DataFrame:
        """Return one row for each point and measure: what varies, mean, low and high of its range, replications."""
        rows: list[dict[str, Any]] = []
        columns = [axis.column for axis in self.grid.axes]
        for point, place in enumerate(self.grid.places()):
            varied = {axis.path: column[i] for axis, column, i in zip(self.grid.axes, columns, place, strict=True)}
            for name, found in self.intervals[point].items():
                ends = {**asdict(found), "replications": len(self.records[point])}
                rows.append({"point": point, **varied, "measure": name, **ends})
        return pd.DataFrame(rows)

    def to_json(self) -> dict[str, Any]:
        """Return the answer of ``smarketing sweep`` as plain JSON types: no times, durations or paths."""
        return {
            **self.grid.base.identity,
            "seed": self.seed,
            "replications": self.replications,
            "engine": self.engine,
            "vary": [{"path": axis.path, "values": list(axis.column)} for axis in self.grid.axes],
            "points": [self._point(point, place) for point, place in enumerate(self.grid.places())],
            "failures": [{"point": f.point, "replication": f.replication, "error": f.error} for f in self.failures],
        }

    def _point(self, point: int, place: Sequence[int]) -> dict[str, Any]:
        return {
            "point": point,
            "digest": self.points[point].digest,
            "values": {axis.path: axis.column[i] for axis, i in zip(self.grid.axes, place, strict=True)},
            "replications": len(self.records[point]),
            "measures": {name: found.as_dict() for name, found in self.intervals[point].items()},
        }


def identity_of(grid: Grid, simulation: Simulation) -> str:
    """Return what tells a sweep from any other, in hex: the same words on the same model give the same."""
    vary = [[axis.path, list(axis.values)] for axis in grid.axes]
    settings = [simulation.seed, simulation.replications, simulation.engine_name]
    return digest_of([grid.base.digest, vary, *settings, __version__])


def sweep(
    grid: Grid,
    simulation: Simulation,
    *,
    folder: Path | None = None,
) -> Sweep:
    """Simulate every point of a grid under the same luck.

    Parameters
    ----------
    grid
        The points, as :func:`~smarketing_sim.experiment.grid.make_grid` checked them.
    simulation
        How each of them is simulated.
    folder
        Where finished jobs are kept, and at last the table and the answer; what is there of this very sweep is not
        simulated again. None keeps nothing.

    Raises
    ------
    InputError
        If a point or a number asked for cannot be simulated; nothing was simulated then.
    OSError
        If the folder cannot be written.
    """
    replications, seed, engine = simulation.replications, simulation.seed, simulation.engine_name
    points = make_points(grid)
    jobs = make_jobs(points, simulation.numbers, seed=seed, engine=engine)
    identity = identity_of(grid, simulation)
    journal = None if folder is None else Journal(folder / "jobs", identity)
    if journal is not None:
        journal.folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(journal.folder)
    gathered = _Gathered([{} for _ in points], [])
    left = [job for job in jobs if journal is None or not gathered.take(job, journal.read(_key(job)))]
    done, planned = (
        sum(len(job.points) for job in jobs) - sum(len(job.points) for job in left),
        len(points) * replications,
    )
    _tell(simulation.progress, done, planned)
    for job, outcome in run_jobs(left, simulation.executor):
        if journal is not None and not any("error" in item for item in outcome):
            journal.write(_key(job), outcome)
        gathered.add(job, outcome)
        done += len(job.points)
        _tell(simulation.progress, done, planned)
    failures = sorted(gathered.failures, key=lambda failure: (failure.point, failure.replication))
    result = Sweep(grid, seed, replications, engine, points, tuple(gathered.records), tuple(failures))
    if folder is not None:
        write_results(result, folder)
    return result


def write_results(result: Sweep, folder: Path) -> None:
    """Write ``table.parquet`` and, last, ``sweep.json`` with its hash."""
    buffer = io.BytesIO()
    result.table().to_parquet(buffer, index=False)
    write_whole(folder / TABLE, buffer.getvalue())
    artefacts = {TABLE: hashlib.sha256(buffer.getvalue()).hexdigest()}
    answer = json.dumps(with_old_names(result.to_json()) | {"artefacts": artefacts}, indent=1, allow_nan=False)
    write_whole(folder / ANSWER, answer.encode())


@dataclass
class _Gathered:
    """Outcomes by point, in whatever order they come."""

    records: list[dict[int, Record]]
    failures: list[PointFailure]

    def take(self, job: Job, outcome: Any) -> bool:
        """Add what was found on disk, if it is the whole outcome of the job."""
        try:
            found = [read_record(item, scenario) for item, scenario in zip(outcome, job.scenarios, strict=True)]
        except (ValueError, TypeError, KeyError, AttributeError):
            return False
        for point, record in zip(job.points, found, strict=True):
            self.records[point][job.replication] = record
        return True

    def add(self, job: Job, outcome: Outcome) -> None:
        """Add what a job came to."""
        for point, scenario, item in zip(job.points, job.scenarios, outcome, strict=True):
            if "error" in item:
                self.failures.append(PointFailure(point, job.replication, item["error"], item["detail"]))
            else:
                self.records[point][job.replication] = read_record(item, scenario)


def _key(job: Job) -> str:
    return f"{digest_of([scenario.digest for scenario in job.scenarios])} year {job.replication}"


def _tell(progress: Progress | None, done: int, planned: int) -> None:
    if progress is not None:
        progress(done, planned)
