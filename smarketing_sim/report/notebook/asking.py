"""What every chapter begins with: checked parameters, a scenario, workers, progress."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.experiment.workers import workers
from smarketing_sim.report.notebook.parameters import check_parameters, load_plan
from smarketing_sim.report.notebook.progress import report_progress
from smarketing_sim.scenario.schema import Scenario


@dataclass(frozen=True)
class Question:
    """What a chapter was asked.

    Parameters
    ----------
    scenario
        The plan it is about.
    params
        Every parameter of the notebook by name.
    simulation
        How it is simulated.
    """

    scenario: Scenario
    params: dict[str, Any]
    simulation: Simulation


@contextmanager
def ask(namespace: Mapping[str, Any], **more: type) -> Iterator[Question]:
    """Check a notebook's parameters and provide what its decision needs.

    Parameters
    ----------
    namespace
        ``globals()`` of the notebook.
    more
        Parameters beside those of every report, by type.

    Raises
    ------
    InputError
        If a parameter is unknown or has the wrong type, or the scenario has problems.
    """
    params = check_parameters(namespace, more)
    scenario = load_plan(params)
    with report_progress() as progress, workers(params["workers"] or None) as executor:
        yield Question(scenario, params, Simulation(params["replications"], params["seed"], None, executor, progress))
