"""What the notebook of the lab calls: open it, and keep what its first look found for a run without a reader."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smarketing_sim.analysis.plans import find_params
from smarketing_sim.analysis.plots import Plots
from smarketing_sim.errors import RunFailed
from smarketing_sim.lab.faults import NOT_OPENED, fault_words
from smarketing_sim.lab.scorecard import figures
from smarketing_sim.lab.simulated_years import Answer
from smarketing_sim.lab.state import open_state
from smarketing_sim.lab.widgets import Lab
from smarketing_sim.report.notebook.parameters import check_parameters
from smarketing_sim.report.planning.planning import Report, write_tables
from smarketing_sim.report.planning.sections import how_old_leads_are, show_ages, where_leads_wait
from smarketing_sim.timeouts import LONG_SECONDS
from smarketing_sim.words.numbers import percent, ranged, tell_money_in


def open_lab(namespace: Mapping[str, Any]) -> Lab:
    """Check a notebook's parameters and return the lab on the scenario they name; it begins to simulate at once.

    Parameters
    ----------
    namespace
        ``globals()`` of the notebook.

    Raises
    ------
    InputError
        If a parameter is unknown or has the wrong type, or the scenario has problems.
    """
    try:
        return _opened(namespace)
    except Exception as error:
        _show_in_words(error)
        raise


def _opened(namespace: Mapping[str, Any]) -> Lab:
    for earlier in (value for value in namespace.values() if isinstance(value, Lab)):
        earlier.close()  # the cell was run again
    params = check_parameters({name: value for name, value in namespace.items() if not isinstance(value, Lab)})
    path = find_params(Path(params["params_path"]))
    state = open_state(path, seed=params["seed"], years=params["replications"])
    tell_money_in(state.scenario.currency)
    return Lab(state)


def keep_first_look(lab: Lab, tables_dir: str) -> None:
    """Write the numbers of the first look as tables, and show its charts; nothing where no folder is named.

    A published page has no kernel to move sliders with, and a run that asks for tables is one that nobody watches.
    """
    if tables_dir:
        report = Report(_first(lab).experiment)
        write_tables(report, Path(tables_dir))
        where_leads_wait(report).show(Plots(report.years).waiting())
        how_old_leads_are(report).show(Plots(report.years).response())
        show_ages(report)


def key_figures(lab: Lab) -> str:
    """Return the scorecard of the first look as lines of text, for the tests to compare.

    Raises
    ------
    RunFailed
        If the first look failed.
    """
    answer = _first(lab)
    kept = [
        (f"{clause['id'].removeprefix('sla.')} kept in a month", ranged(clause["p_kept"], percent))
        for clause in answer.scorecard["clauses"]
    ]
    return "\n".join(f"{label:<52}{value}" for label, value in [*kept, *figures(answer)])


def _show_in_words(error: Exception) -> None:
    """Let the notebook show what is wrong where the lab would stand, in place of a traceback."""
    lines = [fault_words(error), NOT_OPENED]
    error._render_traceback_ = lambda: lines  # type: ignore[attr-defined]


def _first(lab: Lab) -> Answer:
    answer = lab.wait_first(LONG_SECONDS)
    if answer is None:
        raise RunFailed(lab.trouble or "the first years took too long")
    return answer
