"""Every notebook runs under papermill as it stands, refuses a wrong parameter, and nbval compares what it keeps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest

from tests.conftest import PARAMS, ROOT
from tests.patience import HANG_SECONDS

from .conftest import NOTEBOOKS

pytestmark = pytest.mark.slow
PLAN = PARAMS / "article-sla.yaml" if (PARAMS / "article-sla.yaml").exists() else PARAMS / "baseline.yaml"


def _python(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=HANG_SECONDS, check=False)


def _papermill(notebook: Path, output: Path, *words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    patient = ("--no-progress-bar", "--start-timeout", f"{HANG_SECONDS:.0f}")
    return _python("papermill", *patient, str(notebook), str(output), *words, cwd=cwd)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_under_papermill_and_writes_its_tables(notebook: Path, tiny: Path, tmp_path: Path) -> None:
    out, tables = tmp_path / "out.ipynb", tmp_path / "tables"
    given = {"params_path": str(tiny), "tables_dir": str(tables), "replications": 2, "workers": 1}
    papermill.execute_notebook(
        notebook, out, given, cwd=ROOT, progress_bar=False, start_timeout=HANG_SECONDS
    )  # here, for its command is tried below and takes seconds to load
    executed = nbformat.read(out, as_version=4)
    outputs = [output for cell in executed.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert any({"image/svg+xml", "image/png"} & set(output.get("data", {})) for output in outputs)
    assert list(tables.glob("*.parquet"))


def test_papermills_own_command_works_from_the_top_of_the_checkout(tmp_path: Path) -> None:
    words = ("-p", "params_path", str(PLAN.relative_to(ROOT)), "-p", "replications", "2")
    done = _papermill(Path("notebooks/planning_report.ipynb"), tmp_path / "out.ipynb", *words)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-p", "replicatons", "3"), "is not a parameter of this notebook; did you mean 'replications'?"),
        (("-r", "replications", "three"), "replications = 'three': must be a whole number"),
    ],
    ids=["misspelt", "wrong type"],
)
def test_a_wrong_parameter_stops_the_notebook(words: tuple[str, ...], said: str, tiny: Path, tmp_path: Path) -> None:
    notebook = ROOT / "notebooks" / "planning_report.ipynb"
    done = _papermill(notebook, tmp_path / "out.ipynb", "-p", "params_path", str(tiny), *words)
    assert done.returncode != 0
    assert "InputError" in done.stderr
    assert said in done.stderr


def _checked(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return next(cell for cell in notebook.cells if "nbval-check-output" in cell.metadata.get("tags", []))


def _nbval(notebook: Path) -> subprocess.CompletedProcess[str]:
    options = ("-p", "no:cacheprovider", "-p", "no:xdist", "--nbval-lax", "--nbval-current-env", "-q")
    options += ("--nbval-sanitize-with", str(ROOT / "tests" / "sanitize.cfg"))
    options += tuple(f"--nbval-{what}-timeout={HANG_SECONDS:.0f}" for what in ("cell", "kernel-startup"))
    return _python("pytest", *options, "-c", os.devnull, str(notebook), cwd=notebook.parent)


def test_nbval_is_green_on_the_right_output_and_red_on_a_changed_one(tiny: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / "free_levers.ipynb", as_version=4)
    parameters = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    lines = parameters.source.splitlines()
    lines[0] = f'params_path: str = "{tiny.name}"  # a small one'
    lines[1] = "replications: int = 2  # few"
    assert parameters.source.splitlines()[1].startswith("replications")
    parameters.source = "\n".join(lines)
    small = tmp_path / "small.ipynb"
    nbformat.write(notebook, small)
    ran = _papermill(small, tmp_path / "ran.ipynb", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr[-2000:]
    fresh = next(
        cell.outputs
        for cell in nbformat.read(tmp_path / "ran.ipynb", as_version=4).cells
        if "nbval-check-output" in cell.metadata.get("tags", [])
    )
    _checked(notebook).outputs = [nbformat.v4.new_output("stream", name="stdout", text=fresh[0].text)]
    nbformat.write(notebook, small)
    green = _nbval(small)
    assert green.returncode == 0, green.stdout[-3000:]
    line = fresh[0].text.splitlines()[0]
    changed = line.replace("0", "1") if "0" in line else line.replace(line.strip()[-3], "0")
    assert changed != line
    _checked(notebook).outputs[0].text = fresh[0].text.replace(line, changed, 1)
    nbformat.write(notebook, small)
    red = _nbval(small)
    assert red.returncode == 1, red.stdout[-3000:]
    assert "1 failed" in red.stdout
