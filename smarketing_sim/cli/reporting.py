"""The command report: a page for each scenario and notebook, on one hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smarketing_sim.cli.effort import hold_effort, notebook_years
from smarketing_sim.cli.loading import load_with
from smarketing_sim.cli.options import BASELINE, NO_WORDS, Json, ManyParams, Seed, Sets, Workers, Yes, app
from smarketing_sim.cli.screen import Progress, print_json, say, tell
from smarketing_sim.errors import InputError, Problem, RunFailed, SmarketingError, nearest_name
from smarketing_sim.experiment.default_years import CHAPTER_YEARS
from smarketing_sim.printable import one_line
from smarketing_sim.shipped import home_of, shipped

_MAIN = ["planning_report"]

if TYPE_CHECKING:
    from smarketing_sim.publish.publisher import Published
    from smarketing_sim.scenario.schema import Scenario


@dataclass(frozen=True)
class _Chapter:
    """A notebook to publish, with its own parameters and how many years it simulates."""

    source: Path
    own: dict[str, Any]
    years: int


@app.command()
def report(
    params: ManyParams = BASELINE,
    notebooks: Annotated[
        list[str], typer.Option("--notebook", metavar="NAME", help="Notebook in notebooks/; may be repeated.")
    ] = _MAIN,
    sets: Sets = NO_WORDS,
    pdf: Annotated[bool, typer.Option("--pdf", help="Make a PDF too.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of published reports; that of the project if left out.")
    ] = None,
    replications: Annotated[
        int | None,
        typer.Option(help="Simulated years; 200 for the planning report, else what the chapter needs."),
    ] = None,
    parameters: Annotated[
        list[str], typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A parameter of the notebook's own.")
    ] = NO_WORDS,
    seed: Seed = 1,
    workers: Workers = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Publish a planning report, or other chapters, for each scenario, and refresh the hub page."""
    from smarketing_sim.engine import choose_engine

    chapters = _chapters(notebooks, parameters, replications, seed)
    scenarios = [(path, load_with(path, sets)) for path in params]
    work = [(plan, notebook_years(one.source.stem, one.years)) for _, plan in scenarios for one in chapters]
    hold_effort(work, workers=workers, engine=choose_engine(), yes=yes)
    failures: list[SmarketingError] = []
    hubs: dict[Path, None] = {}
    for path, scenario in scenarios:
        root = out or _shelf(path)
        hubs[root / "index.html"] = None
        for chapter in chapters:
            try:
                _tell_made(_published(chapter, scenario, path, root=root, seed=seed, workers=workers, pdf=pdf), as_json)
            except SmarketingError as error:
                if len(scenarios) * len(chapters) == 1:
                    raise
                tell(f"{one_line(scenario.name)}, {chapter.source.stem.replace('_', ' ')}: not published: {error}")
                failures.append(error)
    if as_json:
        print_json({"published": [scenario.identity for _, scenario in scenarios]})
    else:
        say("\n".join(f"all reports: {one_line(hub)}" for hub in hubs))
    if failures:
        raise _in_all(failures, len(scenarios) * len(chapters))


def find_notebook(name: str) -> Path:
    """Find a notebook by name: the reader's own, or the one that comes with the package."""
    folders = [Path("notebooks"), shipped("notebooks")]
    for folder in folders:
        path = folder / f"{name}.ipynb"
        if name == Path(name).name and path.is_file():
            return path
    known = [path.stem for folder in folders if folder.is_dir() for path in folder.glob("*.ipynb")]
    nearest = nearest_name(name, known)
    listed = "" if nearest else f"; there are {', '.join(sorted(set(known)))}"
    raise InputError(
        [Problem(f"is not a notebook in notebooks/{listed}", path="--notebook", value=name, nearest=nearest)]
    )


def _chapters(names: Sequence[str], parameters: Sequence[str], replications: int | None, seed: int) -> list[_Chapter]:
    """Return the notebooks asked for, each with those parameters that it has."""
    from smarketing_sim.experiment.default_years import check_numbers
    from smarketing_sim.publish.notebooks import default_parameters, read_notebook, read_parameters
    from smarketing_sim.report.notebook.parameters import PARAMETERS

    found, known = [], dict[str, Any]()
    sources = [find_notebook(name) for name in dict.fromkeys(names)]
    declared = [default_parameters(read_notebook(source)) for source in sources]
    for defaults in declared:
        known |= {name: value for name, value in defaults.items() if name not in PARAMETERS}
    params = read_parameters(parameters, known)
    for source, defaults in zip(sources, declared, strict=True):
        usual = CHAPTER_YEARS.get(source.stem) or int(defaults.get("replications", 1))
        years = replications or usual
        check_numbers(replications=years if replications is None else replications, seed=seed)
        found.append(_Chapter(source, {name: value for name, value in params.items() if name in defaults}, years))
    return found


def _shelf(params: Path) -> Path:
    """Return the folder of reports of the project that a scenario belongs to, as it is called from here."""
    home = home_of(params)
    return Path("reports") if home.resolve() == Path.cwd().resolve() else home / "reports"


def _published(
    chapter: _Chapter,
    scenario: Scenario,
    path: Path,
    *,
    root: Path,
    seed: int,
    workers: int | None,
    pdf: bool,
) -> Published:
    from smarketing_sim.publish.reports import publish_report
    from smarketing_sim.words.numbers import counted

    tell(f"{one_line(scenario.name)}: {counted(chapter.years, 'simulated year')}")
    with Progress("simulating", in_percent=True) as progress:
        return publish_report(
            chapter.source,
            scenario,
            params_file=path,
            root=root,
            replications=chapter.years,
            seed=seed,
            parameters=chapter.own,
            workers=workers,
            pdf=pdf,
            progress=progress,
        )


def _tell_made(published: Published, as_json: bool) -> None:
    if published.pdf_note:
        tell(published.pdf_note)
    for made in () if as_json else ("report.html", "report.pdf"):
        if (published.path / made).exists():
            say(f"published {one_line(published.path / made)}")


def _in_all(failures: Sequence[SmarketingError], planned: int) -> SmarketingError:
    """Return what is said at the end of several reports of which some could not be published."""
    text = f"{len(failures)} of {planned} reports could not be published, for what is said above"
    bad_input = all(isinstance(failure, InputError) for failure in failures)
    return InputError(text) if bad_input else RunFailed(text)
