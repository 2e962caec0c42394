"""The words that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smarketing_sim import __version__
from smarketing_sim.cli.screen import say

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
)

Params = Annotated[Path, typer.Argument(metavar="PARAMS", help="Scenario file, such as params/baseline.yaml.")]
ManyParams = Annotated[list[Path], typer.Argument(metavar="PARAMS…", help="One or more scenario files.")]
Sets = Annotated[list[str], typer.Option("--set", metavar="PATH=VALUE", help="Override one value; may be repeated.")]
Replications = Annotated[int, typer.Option(help="Simulated years.")]
Seed = Annotated[int, typer.Option(help="Root seed, from 0.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; all cores where left out.")]
Engine = Annotated[str | None, typer.Option(help="Which engine; the fastest one installed where left out.")]
Cluster = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Simulate on this Dask cluster, such as tls://scheduler:8786.")
]
Insecure = Annotated[bool, typer.Option("--insecure", help="Allow an unencrypted cluster on other machines.")]
Yes = Annotated[bool, typer.Option("--yes", help="Go on, however long it takes and however much memory; ask nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
NO_WORDS: list[str] = []
BASELINE = [Path("params") / "baseline.yaml"]


@app.callback(help="Simulate the agreement between marketing and sales: will it be kept, and what is it worth?")
def begin(
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version and leave.")] = False,
) -> None:
    """Answer ``--version``; what goes before every command."""
    if version:
        say(f"smarketing {__version__}")
        raise typer.Exit
