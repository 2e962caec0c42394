"""The command app: the scenario lab as a web page, for this machine only."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from smarketing_sim.cli.commands import find_notebook
from smarketing_sim.cli.options import app as commands
from smarketing_sim.cli.screen import say

PORT = 8866
_PLAN = Path("params") / "baseline.yaml"


@commands.command()
def app(
    params: Annotated[Path, typer.Argument(metavar="PARAMS", help="Scenario file that the lab opens.")] = _PLAN,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any that is free.")] = PORT,
) -> None:
    """Open the scenario lab as a web page: sliders, scorecard and charts without a notebook around them."""
    notebook = find_notebook("scenario_lab")
    _try(params)
    from smarketing_sim.lab import server
    from smarketing_sim.lab.publishing import offer_reports

    sockets, token, reports = server.listen(port), secrets.token_hex(24), Path("reports").resolve()
    address = f"http://{server.ADDRESS}:{sockets[0].getsockname()[1]}/?token={token}"
    offer_reports(reports, at=server.REPORTS_AT)
    with tempfile.TemporaryDirectory(prefix="smarketing-lab-") as scratch:
        served = Path(scratch) / "page"
        served.mkdir()
        page = server.write_page(notebook, served, params=params)
        server.serve(
            page,
            sockets,
            token=token,
            scratch=Path(scratch),
            reports=reports,
            ready=lambda: say(f"The scenario lab, on this machine only; Ctrl-C ends it:\n{address}"),
        )


def _try(params: Path) -> None:
    """Read a scenario, so that what is wrong with it is told before a server starts."""
    from smarketing_sim.scenario.schema import Scenario

    Scenario.load(params)
