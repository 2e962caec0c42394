"""Simulated years of a plan as tables and charts."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from smarketing_sim.analysis import frames
from smarketing_sim.decide.settled_load import run_json, settled_load
from smarketing_sim.errors import InputError, RunFailed
from smarketing_sim.experiment.replications import Failure, Replications, replicate
from smarketing_sim.experiment.results import ClauseResult, clause_results
from smarketing_sim.files import write_parquet
from smarketing_sim.ledger import Ledger
from smarketing_sim.world.timeline import timeline

if TYPE_CHECKING:
    from smarketing_sim.analysis.plots import Plots


class Years(Replications):
    """Simulated years of one plan, ready to be looked at; what :func:`smarketing_sim.simulate` returns.

    Tables have a row for each number, with its ``mean``, the ends of its 95 % range under ``low`` and ``high``, and its
    ``unit``; money is in the plan's currency. A range is NaN where one simulated year gives none.
    """

    @classmethod
    def of(cls, years: Replications) -> Years:
        """Return simulated years with tables and charts; nothing is simulated again."""
        return cls(years.scenario, years.seed, years.engine, years.measures, years.failures, years.ledgers)

    @cached_property
    def clause_results(self) -> dict[str, ClauseResult]:
        """What came of each clause of the contract, by name."""
        return clause_results(self)

    @property
    def clauses(self) -> pd.DataFrame:
        """For each clause: the share attained, the chance that a month and that a whole year keeps it, the ceiling."""
        return frames.clauses(self.clause_results)

    @property
    def funnel(self) -> pd.DataFrame:
        """By source: leads of a year at each stage, what was spent on them, and what they bring."""
        return frames.funnel(self)

    @property
    def money(self) -> pd.DataFrame:
        """Revenue in its views, contribution, media, and what a deal costs."""
        return frames.money(self)

    @property
    def waiting(self) -> pd.DataFrame:
        """Leads waiting by hour of the week: never called, and due for a follow-up."""
        return frames.waiting(self)

    @property
    def plot(self) -> Plots:
        """Charts: ``waiting()``, ``response()``, ``funnel()``, ``revenue()``, ``clauses()``, as matplotlib axes."""
        from smarketing_sim.analysis.plots import Plots  # noqa: PLC0415 - whoever draws nothing need not load charts

        return Plots(self)

    def leads(self, replication: int = 0) -> pd.DataFrame:
        """Return every lead of one simulation: who came, when what happened (UTC), what came of it.

        Leads of the warm-up before the reported months, and of the cool-down after them, are among them;
        ``in_horizon`` tells those that were created in the months that every other table counts.

        Raises
        ------
        InputError
            If that year was not simulated.
        """
        ledger = self.ledger(replication)
        line, created_at = timeline(self.scenario), ledger.tables["leads"]["created_at"]
        inside = (created_at >= line.horizon_starts_at) & (created_at < line.horizon_ends_at)
        return ledger.as_timestamps("leads").assign(in_horizon=inside)

    def attempts(self, replication: int = 0) -> pd.DataFrame:
        """Return every attempt of one simulation: which lead, which rep, when (UTC), with what result."""
        return self.ledger(replication).as_timestamps("attempts")

    def ledger(self, replication: int = 0) -> Ledger:
        """Return one simulated year as a ledger; it is simulated again, to the last bit as it was.

        Raises
        ------
        InputError
            If that year was not simulated.
        RunFailed
            If it fails this time.
        """
        known = [found.replication for found in self.measures]
        if replication not in known:
            raise InputError(f"replication = {replication}: was not simulated; {len(known)} years were, from 0")
        found = replicate(self.scenario, self.seed, replication, self.engine, keep_ledger=True)
        if isinstance(found, Failure) or found[1] is None:
            raise RunFailed(f"simulated year {replication} failed: {getattr(found, 'error', 'no ledger')}")
        return found[1]

    def export(self, folder: str | Path, replication: int = 0) -> list[Path]:
        """Write all tables, and leads and attempts of one simulated year, into a folder as Parquet files.

        Returns
        -------
        list of Path
            The files.

        Raises
        ------
        InputError
            If the folder cannot be written, or that year was not simulated.
        """
        tables = {name: getattr(self, name).reset_index() for name in ("clauses", "funnel", "money", "waiting")}
        tables |= {"leads": self.leads(replication), "attempts": self.attempts(replication)}
        paths = {Path(folder) / f"{name}.parquet": table for name, table in tables.items()}
        for path, table in paths.items():
            write_parquet(table, path)
        return list(paths)

    def to_frame(self) -> pd.DataFrame:
        """Return every measure that ``smarketing compare`` knows: one row each, with label and unit."""
        return frames.headlines(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the answer of ``smarketing run --json``."""
        return run_json(self, settled_load(self))

    def __repr__(self) -> str:
        """Name plan and years."""
        return f"<{len(self.measures)} simulated years of {self.scenario.name!r}>"

    def _repr_html_(self) -> str:
        return frames.years_html(self.scenario, len(self.measures), self.clause_results, self.money)
