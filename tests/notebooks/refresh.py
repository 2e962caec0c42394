"""Run every notebook and store the outputs that the tests compare; all other outputs stay out of the files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat

from smarketing_sim.publish.notebooks import execute

ROOT = Path(__file__).resolve().parents[2]


def refresh(path: Path) -> None:
    """Store fresh outputs of the checked cells of one notebook, with the execution count that nbval asks for."""
    kept = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as scratch:
        run = execute(path, Path(scratch) / path.name, {}, cwd=ROOT)
    fresh = {cell["id"]: cell.get("outputs", []) for cell in run.cells}
    code = (cell for cell in kept.cells if cell.cell_type == "code")
    for number, cell in enumerate(code, start=1):
        checked = "nbval-check-output" in cell.metadata.get("tags", [])
        cell.outputs = fresh[cell["id"]] if checked else []
        cell.execution_count = number if checked else None
    nbformat.write(kept, path)


if __name__ == "__main__":
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        refresh(notebook)
        print(f"refreshed {notebook.relative_to(ROOT)}")
