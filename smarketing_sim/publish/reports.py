"""From a scenario to a published report: what the command line and a scheduled job call."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from nbformat import NotebookNode

from smarketing_sim import __version__
from smarketing_sim.experiment.years_cache_place import years_kept
from smarketing_sim.publish.notebooks import Scalar, default_parameters, notebook_title, read_notebook
from smarketing_sim.publish.publisher import Published, publish
from smarketing_sim.report.notebook.progress import Progress
from smarketing_sim.scenario.building import to_document
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.shipped import absolute, named, place

KNOWN_NAME = ".years.sqlite"
"""Beside the reports: what each of their simulated years came to."""


def publish_report(
    notebook: Path,
    scenario: Scenario,
    *,
    params_file: Path,
    root: Path,
    replications: int,
    seed: int,
    parameters: Mapping[str, Scalar] | None = None,
    workers: int | None = None,
    pdf: bool = False,
    progress: Progress | None = None,
) -> Published:
    """Run a report notebook on a scenario and publish its page.

    Parameters
    ----------
    notebook
        The notebook; it declares the parameters of the planning report, and may have more of its own.
    scenario
        The scenario, overrides applied.
    params_file
        The file it came from, noted by name and hash.
    root
        Folder of published reports; simulated years that went into one of them are not simulated again.
    replications, seed, workers
        How it is simulated.
    parameters
        Values for parameters of the notebook's own.
    pdf
        Whether a PDF is made too.
    progress
        Called with (finished, planned) simulated years.
    """
    source, own = read_notebook(notebook), dict(parameters or {})
    file = place(named(params_file))
    facts = {
        "digest": scenario.digest,
        "replications": replications,
        **({"parameters": own} if own else {}),
        "params_file": {"name": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()},
    }
    with years_kept(root / KNOWN_NAME):
        return publish(
            notebook,
            root=root,
            scenario=scenario.name,
            title=scenario.name,
            kicker=" · ".join(filter(None, (notebook_title(source), scenario.name))),
            params_json=json.dumps(to_document(scenario), ensure_ascii=False),
            seed=seed,
            model_version=__version__,
            parameters={"replications": replications, "workers": workers or 0, **own, **_files(source, own)},
            run_facts=facts,
            pdf=pdf,
            progress=progress,
        )


def _files(notebook: NotebookNode, own: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Return the parameters that name other files, from this folder: the notebook runs in one of its own."""
    known = {**default_parameters(notebook), **own}
    names = [name for name in known if name.endswith("_path") and name != "params_path"]
    return {name: str(absolute(named(Path(str(known[name]))))) for name in names}
