"""Figures of whole processes: the report from the prompt, and a sweep beside stand-alone scenarios."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from benchmarks.figure import Effort, Figure, fast_engine
from benchmarks.timing import Contestant, interleaved, ratios
from smarketing_sim.experiment.grid import make_grid, parse_vary
from smarketing_sim.experiment.simulation import Simulation
from smarketing_sim.experiment.sweep import sweep
from smarketing_sim.publish.reports import KNOWN_NAME
from smarketing_sim.scenario.files import load

BASELINE = "params/baseline.yaml"
IMPORTS = ("numpy", "pandas", "matplotlib", "seaborn", "scipy", "simpy", "ipywidgets", "pydantic", "papermill")


def p9(effort: Effort) -> list[Figure]:
    """``make report`` over papermill running an empty notebook that imports the same packages.

    Once as it is when a plan is published again, its simulated years known, and once for a plan never simulated before.
    """
    with tempfile.TemporaryDirectory() as folder:
        notebook = Path(folder) / "empty.ipynb"
        cell = nbformat.v4.new_code_cell("\n".join(f"import {name}" for name in IMPORTS))
        kernel = {"kernelspec": {"name": "python3", "display_name": "python3", "language": "python"}}
        nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), notebook)
        papermill = [sys.executable, "-m", "papermill", "-k", "python3", str(notebook), str(notebook.with_stem("run"))]
        # What is installed is as it is: an installation in the middle would be timed.
        report = ["make", "--silent", "--old-file=.venv/.installed", "report"]
        rounds = interleaved(
            Contestant(lambda _: _run(report), prepare=_forget_years),
            lambda: _run(report),
            lambda: _run(papermill),
            pairs=effort.of(5, 1),
        )
    return [
        Figure(name="P9", what="make report again / papermill with an empty notebook",
               ratio=ratios(rounds, above=1, below=2), target=2.0, never=3.0, note="no year is simulated anew"),
        Figure(name="P9 first", what="the same, every year simulated", ratio=ratios(rounds, above=0, below=2)),
    ]  # fmt: skip


def _forget_years() -> None:
    (Path("reports") / KNOWN_NAME).unlink(missing_ok=True)


def p13(effort: Effort) -> list[Figure]:
    """Time of a scenario in a sweep of 1,000 that share their leads, over that of one swept alone."""
    base, engine = load(BASELINE), fast_engine()
    steps = effort.of(10, 3)
    values = {
        "sales.sdr.headcount": [str(5 + n) for n in range(steps)],
        "sales.sdr.marketing_time.share": [str(round(0.30 + 0.02 * n, 2)) for n in range(steps)],
        "sla.speed.target": [str(round(0.80 + 0.01 * n, 2)) for n in range(steps)],
    }

    def sweep_over(chosen: dict[str, list[str]]) -> None:
        grid = make_grid(base, parse_vary([f"{path}={','.join(texts)}" for path, texts in chosen.items()]))
        sweep(grid, Simulation(1, 1, engine=engine))

    alone = [{path: [texts[n % steps]] for path, texts in values.items()} for n in range(effort.of(20, 3))]

    def one_by_one() -> None:
        for chosen in alone:
            sweep_over(chosen)

    rounds = interleaved(
        lambda: sweep_over(values),
        one_by_one,
        pairs=effort.of(5, 1),
        warm_up=effort.quick,
    )
    each = [(together / steps**3, apart / len(alone)) for together, apart in rounds]
    return [Figure(name="P13", what="a scenario in a sweep / alone", ratio=ratios(each), target=0.45, never=0.7,
                   note=f"{steps**3} scenarios")]  # fmt: skip


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)
