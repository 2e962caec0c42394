"""A toy report notebook, and one run of it that many tests look at."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest

from smarketing_sim.publish.publisher import Published, publish

CHROMIUM = Path("/usr/bin/chromium")
MOMENT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def notebook_of(
    *sources: str, parameters: str = 'params_path: str = ""  # the scenario, as JSON'
) -> nbformat.NotebookNode:
    """Return a notebook with a parameters cell and one code cell per source, with ids that stay the same."""
    cells = [nbformat.v4.new_code_cell(source) for source in (parameters, *sources)]
    cells[0].metadata["tags"] = ["parameters"]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture(scope="session")
def make_notebook():
    """Return a function that writes a toy notebook to a path."""

    def make(path: Path, *sources: str, **options: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook_of(*sources, **options), path)
        return path

    return make


TOY_PARAMETERS = """\
params_path: str = ""  # the scenario, as JSON
tables_dir: str = ""  # where tables go
seed: int = 1  # the seed
"""

TOY_FIGURE = """\
import json, os, sys, warnings
from pathlib import Path
from matplotlib import pyplot as plt
import numpy as np
from smarketing_sim.report.notebook.display import fold, record, say, show, table
from smarketing_sim.words.markup import escape
names = json.loads(Path(params_path).read_text())["names"]
figure, axes = plt.subplots(figsize=(6, 2))
axes.plot(np.random.default_rng(seed).random(50))
show(figure, alt=names[0], caption=names[1])
"""

TOY_WORDS = """\
say("## The answer costs $5 and **$6**\\n\\nFor " + escape(names[2]) + ".")
table(["name", "value"], [[name, ("1", name)] for name in names], caption=names[3], numeric=["value"])
for name in names:
    say(escape(name))
    fold(name, escape(name))
"""

TOY_RECORD = """\
print("printed", Path.cwd(), Path.home(), sys.prefix)
warnings.warn("a warning with a path")
os.write(1, b"past Python")
Path(tables_dir, "sla.csv").write_text("clause,share\\nspeed,0.9\\n")
number = {"label": names[4], "value": "2 of 12", "range": "1–3"}
record({"headline": [number], "results": {"share": np.float64(0.5), "none": float("nan")}, "finding": names[5]})
"""


@pytest.fixture(scope="session")
def toy_params(hostile: list[str]) -> str:
    return json.dumps({"names": hostile}, sort_keys=True)


@pytest.fixture(scope="session")
def toy_runs(
    tmp_path_factory: pytest.TempPathFactory, make_notebook, toy_params: str, hostile: list[str]
) -> list[Published]:
    """Return two real publications of one toy notebook, a day apart, with hostile text wherever text can go."""
    folder = tmp_path_factory.mktemp("toy")
    sources = (TOY_FIGURE, TOY_WORDS, TOY_RECORD)
    notebook = make_notebook(folder / "weekly_update.ipynb", *sources, parameters=TOY_PARAMETERS)
    return [
        publish(
            notebook,
            root=folder / "reports",
            scenario="Ready, <b>steady</b>",
            title=hostile[1],
            kicker=hostile[2],
            params_json=toy_params,
            seed=7,
            model_version="1",
            run_facts={"digest": "0123", "params_file": {"name": "baseline.yaml", "sha256": "00"}},
            published_at=moment,
        )
        for moment in (MOMENT, MOMENT.replace(day=6))
    ]
