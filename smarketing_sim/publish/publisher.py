"""Publishing one run: the notebook is run out of sight, made into a page, and moved to its place in one step."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from smarketing_sim.errors import NothingToDecide
from smarketing_sim.files import disk_faults_told, slug, write_atomically
from smarketing_sim.publish.hub import rebuild_hub
from smarketing_sim.publish.notebooks import (
    NotebookFailed,
    Scalar,
    check_parameters,
    declared_parameters,
    execute,
    read_notebook,
    without_answer,
)
from smarketing_sim.publish.pages import render_page, scripts_of
from smarketing_sim.publish.pdf import write_pdf
from smarketing_sim.publish.privacy import scrub_notebook
from smarketing_sim.publish.runs import RUN_NAME, run_id
from smarketing_sim.publish.store import Staging, manifest, staged
from smarketing_sim.report.notebook.display import RECORD_MIME
from smarketing_sim.report.notebook.progress import Progress, watch_progress
from smarketing_sim.report.notebook.provenance import git_state, identity, versions
from smarketing_sim.timeouts import LONG_SECONDS

MAIN_NOTEBOOK = "planning_report"
PAGE_NAME = "report.html"
PDF_NAME = "report.pdf"
NOTEBOOK_NAME = "notebook.ipynb"
TABLES_NAME = "tables"

_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Published:
    """A run in its place.

    Parameters
    ----------
    path
        The folder of the run.
    pdf_note
        One line when a PDF was asked for: how it was made, where not in the usual way, or why it could not be.
    """

    path: Path
    pdf_note: str | None = None


def publish(
    notebook: Path,
    *,
    root: Path,
    scenario: str,
    title: str,
    params_json: str,
    seed: int,
    model_version: str,
    parameters: Mapping[str, Scalar] | None = None,
    run_facts: Mapping[str, Any] | None = None,
    kicker: str = "",
    pdf: bool = False,
    published_at: datetime | None = None,
    progress: Progress | None = None,
    timeout_seconds: int = LONG_SECONDS,
) -> Published:
    """Run ``notebook`` on a scenario and put its page, its record and its tables on the shelf; refresh the hub.

    Parameters
    ----------
    notebook
        The report notebook. It must declare ``params_path``, which gets a file with ``params_json``; ``tables_dir``, if
        declared, gets the folder whose files are published as ``tables/``; ``seed``, if declared, the seed.
    root
        The reports folder.
    scenario
        The scenario's name; its slug names the folder.
    title, kicker
        The page's title and the line above it. Plain text.
    params_json
        The scenario in full, as canonical JSON.
    seed, model_version
        What, with the params, settles every number of the run.
    parameters
        Further parameters of the notebook.
    run_facts
        Further entries of ``run.json`` that the caller knows, such as ``digest``, ``params_file`` and ``replications``.
    pdf
        Whether a PDF is wanted too.
    published_at
        With a time zone; the present if left out.
    progress
        Called with (finished, planned) of what the notebook simulates.
    timeout_seconds
        The longest that one cell may take.

    Raises
    ------
    InputError
        If the notebook, a parameter or the folder cannot be used.
    RunFailed, NotebookFailed
        If the run failed; nothing is published then.
    """
    started = time.monotonic()
    moment = published_at or datetime.now(UTC)
    facts = dict(run_facts or {})
    extra = _checked_parameters(notebook, parameters or {}, seed)
    name = run_id(moment, identity(params_json, seed=seed, model_version=model_version))
    with staged(root, folder_name(scenario, notebook.stem), name) as staging, disk_faults_told(root):
        with watch_progress(staging.work, progress):
            executed = _execute(notebook, staging, extra, params_json, timeout_seconds=timeout_seconds)
        recorded = read_record(executed)
        _check_echo(notebook, facts.get("digest"), recorded.get("digest"))
        html = render_page(executed, title=title, published_at=moment, kicker=kicker, scripts=scripts_of(executed))
        write_atomically(staging.folder / PAGE_NAME, html)
        note = write_pdf(staging.folder / PAGE_NAME, staging.folder / PDF_NAME) if pdf else None
        request = {"title": title, "notebook": notebook.stem, "scenario": scenario, "seed": seed}
        record = {
            "schema": _SCHEMA,
            **request,
            "model_version": model_version,
            "published_at": moment.astimezone(UTC).isoformat(timespec="seconds"),
            **_results(recorded),
            "params": json.loads(params_json),
            **facts,
            **_circumstances(notebook, started),
            "artefacts": manifest(staging.folder),
        }
        write_atomically(staging.folder / RUN_NAME, json.dumps(record, indent=1, ensure_ascii=True, allow_nan=False))
    rebuild_hub(root)
    if staging.place is None:  # pragma: no cover - the block above either moved the run or raised
        raise AssertionError("the run was not moved")
    return Published(staging.place, note)


def folder_name(scenario: str, notebook: str) -> str:
    """Return the folder of a scenario's reports; the main report's notebook is not named in it."""
    if notebook == MAIN_NOTEBOOK:
        return slug(scenario)
    known = notebook if re.fullmatch("[a-z][a-z0-9_]{0,63}", notebook) else slug(notebook)
    return f"{slug(scenario)}-{known}"


def read_record(notebook: NotebookNode) -> dict[str, Any]:
    """Return what the executed ``notebook`` recorded; of two records with the same entry the later one holds."""
    merged: dict[str, Any] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            merged.update(output.get("data", {}).get(RECORD_MIME, {}))
    return merged


def _checked_parameters(notebook: Path, parameters: Mapping[str, Scalar], seed: int) -> dict[str, Scalar]:
    """Return the parameters to run with, or refuse them before any folder is made."""
    source = read_notebook(notebook)
    declared = declared_parameters(source)
    params = dict(parameters) | ({"seed": seed} if "seed" in declared else {})
    params |= {"params_path": ""} | ({"tables_dir": ""} if "tables_dir" in declared else {})
    check_parameters(notebook, source, params)
    return params


def _execute(
    notebook: Path,
    staging: Staging,
    parameters: dict[str, Scalar],
    params_json: str,
    *,
    timeout_seconds: int,
) -> NotebookNode:
    """Run the notebook in the staging's scratch folder and leave a copy that tells nothing of this machine."""
    params = staging.work.resolve() / "params.json"
    tables = staging.folder.resolve() / TABLES_NAME
    write_atomically(params, params_json)
    tables.mkdir()
    places: dict[str, Scalar] = {"params_path": str(params), "tables_dir": str(tables)}
    values = {name: places.get(name, value) for name, value in parameters.items()}
    try:
        executed = execute(notebook, staging.work / NOTEBOOK_NAME, values, timeout_seconds=timeout_seconds)
    except NothingToDecide as nothing:
        executed = without_answer(read_notebook(notebook), nothing)
    if not any(tables.iterdir()):
        tables.rmdir()
    clean = scrub_notebook(executed, {staging.work.resolve(): ".", staging.folder.resolve(): "."})
    write_atomically(staging.folder / NOTEBOOK_NAME, nbformat.writes(clean) + "\n")  # type: ignore[no-untyped-call]
    return clean


def _results(recorded: Mapping[str, Any]) -> dict[str, Any]:
    empty: dict[str, Any] = {"finding": "", "headline": [], "results": {}}
    return {name: recorded.get(name, nothing) for name, nothing in empty.items()}


def _circumstances(notebook: Path, started: float) -> dict[str, Any]:
    return {
        "versions": versions(),
        "git": git_state(notebook.resolve().parent),
        "duration_seconds": round(time.monotonic() - started, 3),
        "cores": os.cpu_count(),
    }


def _check_echo(notebook: Path, facts: object, ran: object) -> None:
    if facts is not None and ran is not None and facts != ran:
        raise NotebookFailed(
            f"{notebook.name}: the notebook ran another scenario than it was given; nothing was published"
        )
