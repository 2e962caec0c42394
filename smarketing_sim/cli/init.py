"""The command init: a working folder of one's own, from the installed package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from smarketing_sim.cli.options import app
from smarketing_sim.cli.screen import say
from smarketing_sim.printable import one_line
from smarketing_sim.shipped import shipped

_COPIED = ("params/*.yaml", "params/*.json", "params/*.md", "notebooks/*.ipynb")
_README = Path(__file__).with_name("working_folder.md")


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where; made if it is not there.")] = Path("."),
) -> None:
    """Make a working folder: example scenarios, notebooks and a short README, all yours to change."""
    files = {folder / "README.md": _README.read_bytes()}
    for pattern in _COPIED:
        kind, _, names = pattern.partition("/")
        files |= {folder / kind / source.name: source.read_bytes() for source in sorted(shipped(kind).glob(names))}
    made = copy_files(files)
    mine = len(files) - made
    kept = f"; {mine} that were there already stay as they are" if mine else ""
    place = one_line(folder)
    where = "" if folder == Path(".") else f"cd {place} && "
    say(f"made {made} files in {place}{kept}; README.md says what each is for\n\nNext: {where}smarketing report")


def copy_files(files: Mapping[Path, bytes]) -> int:
    """Write files that are not there yet, and return how many that were; what is there stays as it is.

    Raises
    ------
    InputError
        If a folder cannot be written.
    RunFailed
        If the disk fails or is full.
    """
    from smarketing_sim.files import disk_faults_told, write_atomically

    missing = {path: content for path, content in files.items() if not path.exists()}
    for path, content in missing.items():
        with disk_faults_told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    return len(missing)
