"""The command lab: JupyterLab on the notebook of the scenario lab, for this machine only."""

from __future__ import annotations

from pathlib import Path

from smarketing_sim.cli.init import copy_files
from smarketing_sim.cli.options import app
from smarketing_sim.cli.reporting import find_notebook
from smarketing_sim.cli.screen import tell

ADDRESS = "127.0.0.1"
NOTEBOOK = "scenario_lab"


@app.command()
def lab() -> None:
    """Open the scenario lab in JupyterLab: move a slider, see the promise hold or break."""
    from jupyterlab.labapp import LabApp  # type: ignore[import-untyped]

    from smarketing_sim.lab.publishing import offer_home

    own = Path("notebooks") / f"{NOTEBOOK}.ipynb"
    if not own.exists():  # JupyterLab writes into what it opens
        copy_files({own: find_notebook(NOTEBOOK).read_bytes()})
        tell(f"made {own}, a copy of the lab's notebook that is yours to change")
    offer_home(Path.cwd(), reports_at="/files/reports/")
    LabApp.launch_instance(arguments())


def arguments() -> list[str]:
    """Return what JupyterLab is told; words given to it win over a user's settings files, so it listens here alone."""
    return [
        f"--LabApp.default_url=/lab/tree/notebooks/{NOTEBOOK}.ipynb",
        f"--ServerApp.root_dir={Path.cwd()}",
        "--ServerApp.base_url=/",
        f"--ServerApp.ip={ADDRESS}",
        "--ServerApp.allow_remote_access=False",
        # The page has a command of its own.
        "--ServerApp.jpserver_extensions={'voila.server_extension': False, 'smarketing_sim.lab.gate': True}",
        "--ServerApp.identity_provider_class=smarketing_sim.lab.gate.Doorkeeper",
        "--ServerApp.kernel_websocket_connection_class=smarketing_sim.lab.channels.Channels",
        "--ServerApp.allow_origin=",
        "--ServerApp.allow_origin_pat=",
    ]
