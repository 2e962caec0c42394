"""The commands. Each reads its words, calls the package, prints, and leaves with an agreed exit code.

Exit codes: 0 fine, 1 the answer is "no", 2 bad input, 3 a run failed, 130 stopped by the user. Answers go to stdout,
everything else to stderr.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smarketing_sim.errors import InputError, Problem, RunFailed, SmarketingError, SmarketingWarning, nearest_name

if TYPE_CHECKING:
    import rich.progress

    from smarketing_sim.experiment.runs import Experiment
    from smarketing_sim.scenario.schema import Scenario

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Simulate the agreement between marketing and sales: will it be kept, and what is it worth?",
)

Params = Annotated[Path, typer.Argument(metavar="PARAMS", help="Scenario file, such as params/baseline.yaml.")]
ManyParams = Annotated[list[Path], typer.Argument(metavar="PARAMS…", help="One or more scenario files.")]
Sets = Annotated[list[str], typer.Option("--set", metavar="PATH=VALUE", help="Override one value; may be repeated.")]
Replications = Annotated[int, typer.Option(help="Simulated years.")]
Seed = Annotated[int, typer.Option(help="Root seed, from 0.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; all cores where left out.")]
Engine = Annotated[str, typer.Option(help="Which engine: reference.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
_NO_SETS: list[str] = []
_TOLD_FROM = 50


@app.command()
def check(params: ManyParams, sets: Sets = _NO_SETS, as_json: Json = False) -> None:
    """Validate scenario files and print every problem in them."""
    from smarketing_sim.scenario.files import load, parse_overrides

    overrides, found, checked = parse_overrides(sets), [], {}
    for path in params:
        try:
            checked[str(path)] = load(path, overrides)
        except InputError as error:
            found += list(error.problems)
    if as_json:
        _print_json(
            {
                "valid": not found,
                "problems": [str(problem) for problem in found],
                "scenarios": {path: scenario.digest for path, scenario in checked.items()},
            }
        )
    if found:
        raise InputError(found) if not as_json else typer.Exit(2)
    for name, scenario in checked.items() if not as_json else ():
        _say(f"{name}: fine; {scenario.name}, digest {scenario.digest[:8]}")


@app.command()
def run(
    params: Params,
    sets: Sets = _NO_SETS,
    replications: Replications = 20,
    seed: Seed = 1,
    engine: Engine = "reference",
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the ledgers of all years here.")] = None,
    require: Annotated[
        float | None, typer.Option(min=0, max=1, help="Exit 1 when a chance kept is below this.")
    ] = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Simulate a scenario; print each clause with its range and chance kept, revenue and utilisation."""
    from smarketing_sim.experiment.results import to_json

    scenario = _load(params, sets)
    experiment = _simulate(scenario, replications, seed, engine, workers, keep_ledgers=out is not None)
    if out is not None:
        _write_ledgers(experiment, out)
    answer = to_json(experiment)
    _print_json(answer) if as_json else _print_run(answer)
    _hold_failures(experiment)
    broken = [c["id"] for c in answer["clauses"] if require is not None and _below(c["p_kept"]["mean"], require)]
    if broken:
        print(f"chance kept below {require}: {', '.join(broken)}", file=sys.stderr)
        raise typer.Exit(1)


@app.command()
def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="Scenario to compare from.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Scenario to compare to.")],
    sets: Annotated[list[str], typer.Option("--set", metavar="PATH=VALUE", help="Override one value of B.")] = _NO_SETS,
    replications: Replications = 20,
    seed: Seed = 1,
    engine: Engine = "reference",
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Compare two scenarios lead by lead: differences B − A with their ranges."""
    from smarketing_sim.experiment.compare import compare as paired

    scenarios = [_load(a, []), _load(b, sets)]
    both = [_simulate(scenario, replications, seed, engine, workers) for scenario in scenarios]
    for experiment in both:
        _hold_failures(experiment)
    answer = paired(*both)
    _print_json(answer) if as_json else _print_compare(answer)


@app.command()
def report(
    params: ManyParams,
    notebook: Annotated[str, typer.Option(metavar="NAME", help="Notebook in notebooks/.")] = "planning_report",
    sets: Sets = _NO_SETS,
    pdf: Annotated[bool, typer.Option("--pdf", help="Make a PDF too.")] = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of published reports.")] = Path("reports"),
    replications: Replications = 200,
    seed: Seed = 1,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Publish a planning report for each scenario, and refresh the hub page."""
    from smarketing_sim.experiment.runs import check_numbers
    from smarketing_sim.publish.reports import publish_report
    from smarketing_sim.publish.words import counted

    source = _find_notebook(notebook)
    scenarios = [(path, _load(path, sets)) for path in params]
    check_numbers(replications=replications, seed=seed)
    for path, scenario in scenarios:
        _tell(f"{scenario.name}: {counted(replications, 'simulated year')}")
        with _Progress("simulated years") as progress:
            published = publish_report(
                source,
                scenario,
                params_file=path,
                root=out,
                replications=replications,
                seed=seed,
                workers=workers,
                pdf=pdf,
                progress=progress,
            )
        if published.pdf_note:
            _tell(published.pdf_note)
        if not as_json:
            for made in ("report.html", "report.pdf"):
                if (published.path / made).exists():
                    _say(f"published {published.path / made}")
    if as_json:
        _print_json({"published": [{"scenario": s.name, "digest": s.digest} for _, s in scenarios]})
    else:
        _say(f"all reports: {out / 'index.html'}")


def main() -> None:
    """Run the command line; no fault of the user's ever ends in a traceback."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a notebook that was stopped leaves a task behind
    warnings.showwarning = _show_warning
    warnings.simplefilter("always", SmarketingWarning)
    try:
        code = app(prog_name="smarketing", standalone_mode=False)
    except SmarketingError as error:
        _tell(str(error))
        code = error.exit_code
    except typer.Exit as leave:
        code = leave.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except Exception as error:
        code = _usage(error)
    if code == 130:
        _tell("stopped; nothing half-written was left behind")
    sys.exit(code if isinstance(code, int) else 0)


def _usage(error: Exception) -> int:
    """Tell what is wrong with the command's words; anything else is a defect of ours, told in one line."""
    show = getattr(error, "show", None)
    if show is not None:
        show()
        return int(getattr(error, "exit_code", 2))
    _tell(f"a defect of smarketing, not of your input: {type(error).__name__}: {error}")
    if os.environ.get("SMARKETING_DEBUG"):
        raise error
    return 3


def _load(path: Path, sets: list[str]) -> Scenario:
    from smarketing_sim.scenario.files import load, parse_overrides
    from smarketing_sim.scenario.schema import shorten_name

    overrides = parse_overrides(sets)
    scenario = load(path, overrides)
    if not overrides or "name" in overrides:
        return scenario
    told = ", ".join(setting.strip() for setting in sets)
    return scenario.model_copy(update={"name": shorten_name(f"{scenario.name} with {told}")})


def _simulate(
    scenario: Scenario, replications: int, seed: int, engine: str, workers: int | None, *, keep_ledgers: bool = False
) -> Experiment:
    from smarketing_sim.experiment.runs import run as simulate_many
    from smarketing_sim.experiment.workers import workers as provide

    with _Progress("simulated years") as progress, provide(workers, jobs=replications) as executor:
        return simulate_many(
            scenario,
            replications=replications,
            seed=seed,
            engine=engine,
            executor=executor,
            keep_ledgers=keep_ledgers,
            progress=progress,
        )


def _hold_failures(experiment: Experiment) -> None:
    """Leave with exit code 3 and a table where replications failed."""
    if experiment.failures:
        listed = "\n".join(f"  year {f.replication}: {f.error}" for f in experiment.failures[:20])
        raise RunFailed(f"{len(experiment.failures)} simulated years failed, the others were finished:\n{listed}")


def _write_ledgers(experiment: Experiment, out: Path) -> None:
    from smarketing_sim.experiment.results import joined_ledger

    joined_ledger(experiment).write(out)
    _tell(f"ledgers of {len(experiment.measures)} years are in {out}")


def _find_notebook(name: str) -> Path:
    """Find a notebook by name beside the reader or beside the package."""
    folders = [Path("notebooks"), Path(__file__).resolve().parent.parent / "notebooks"]
    for folder in folders:
        path = folder / f"{name}.ipynb"
        if name == Path(name).name and path.is_file():
            return path
    known = [path.stem for folder in folders if folder.is_dir() for path in folder.glob("*.ipynb")]
    raise InputError(
        [Problem("is not a notebook in notebooks/", path="--notebook", value=name, nearest=nearest_name(name, known))]
    )


def _below(value: float | None, limit: float) -> bool:
    return value is not None and value < limit


def _print_json(answer: Any) -> None:
    _say(json.dumps(answer, indent=1, ensure_ascii=True, allow_nan=False))


def _say(text: str) -> None:
    """Print an answer; a reader who stopped listening, such as ``head``, changes nothing else."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    if isinstance(message, SmarketingWarning):
        _tell(f"note: {message}")


class _Progress:
    """A progress bar on stderr where somebody is watching, a line at each tenth elsewhere."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._bar: rich.progress.Progress | None = None
        self._task: rich.progress.TaskID | None = None
        self._told = 0

    def __enter__(self) -> Callable[[int, int], None]:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
        return self._update

    def _update(self, done: int, planned: int) -> None:
        if self._bar is None:
            tenth = 10 * done // max(planned, 1)
            if tenth > self._told and planned >= _TOLD_FROM:
                _tell(f"{self._what}: {done} of {planned}")
            self._told = max(tenth, self._told)
            return
        if self._task is None:
            self._task = self._bar.add_task(self._what, total=planned)
        self._bar.update(self._task, completed=done, total=planned)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


def _print_run(answer: dict[str, Any]) -> None:
    from smarketing_sim.publish.terminal import run_text

    _say(run_text(answer))


def _print_compare(answer: dict[str, Any]) -> None:
    from smarketing_sim.publish.terminal import compare_text

    _say(compare_text(answer))
