"""The command app: the scenario lab as a web page, for this machine only."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from smarketing_sim.cli.loading import find_params
from smarketing_sim.cli.options import BASELINE
from smarketing_sim.cli.options import app as commands
from smarketing_sim.cli.reporting import find_notebook
from smarketing_sim.cli.screen import say
from smarketing_sim.lifetimes import passing_folder

PORT = 8866


@commands.command()
def app(
    params: Annotated[Path, typer.Argument(metavar="PARAMS", help="Scenario file that the lab opens.")] = BASELINE[0],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any that is free.")] = PORT,
) -> None:
    """Open the scenario lab as a web page: sliders, scorecard and charts without a notebook around them."""
    notebook = find_notebook("scenario_lab")
    params = find_params(params)
    _try(params)
    from smarketing_sim.lab import server
    from smarketing_sim.lab.gate import ADDRESS
    from smarketing_sim.lab.publishing import offer_home

    sockets, token, home = server.listen(port), secrets.token_hex(24), Path.cwd()
    address = f"http://{ADDRESS}:{sockets[0].getsockname()[1]}/?token={token}"
    offer_home(home, reports_at=server.REPORTS_AT)
    with passing_folder(Path(tempfile.gettempdir()) / f"smarketing-lab-{secrets.token_hex(8)}") as scratch:
        served = scratch / "page"
        served.mkdir()
        page = server.write_page(notebook, served, params=params)
        server.serve(
            page,
            sockets,
            token=token,
            scratch=scratch,
            reports=home / "reports",
            ready=lambda: say(f"The scenario lab, on this machine only; Ctrl-C ends it:\n{address}"),
        )


def _try(params: Path) -> None:
    """Read a scenario, so that what is wrong with it is told before a server starts."""
    from smarketing_sim.scenario.files import load

    load(params)
