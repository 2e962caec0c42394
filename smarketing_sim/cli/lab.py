"""The command lab: JupyterLab on the notebook of the scenario lab, for this machine only."""

from __future__ import annotations

from smarketing_sim.cli.commands import find_notebook
from smarketing_sim.cli.options import app

ADDRESS = "127.0.0.1"


@app.command()
def lab() -> None:
    """Open the scenario lab in JupyterLab: move a slider, see the promise hold or break."""
    from jupyterlab.labapp import LabApp  # type: ignore[import-untyped]

    LabApp.launch_instance(arguments())


def arguments() -> list[str]:
    """Return what JupyterLab is told; words given to it win over a user's settings files, so it listens here alone."""
    notebook = find_notebook("scenario_lab").resolve()
    return [
        f"--LabApp.default_url=/lab/tree/{notebook.name}",
        f"--ServerApp.root_dir={notebook.parent}",
        f"--ServerApp.ip={ADDRESS}",
        "--ServerApp.allow_remote_access=False",
        "--ServerApp.allow_origin=",
        "--ServerApp.allow_origin_pat=",
    ]
