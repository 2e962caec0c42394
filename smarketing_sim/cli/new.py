"""The command new: a dozen questions, and a scenario file that follows from the answers."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smarketing_sim.cli.options import Json, Workers, app
from smarketing_sim.cli.screen import print_json, say, tell
from smarketing_sim.errors import InputError, Problem

if TYPE_CHECKING:
    from smarketing_sim.decide.fitting import Fit
    from smarketing_sim.scenario.interview import Answers


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the plan is called.")],
    answers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Answers as a YAML file; nothing is asked then.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write it; params/NAME.yaml where left out.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write over a file that is there.")] = False,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Ask a dozen questions that any CRM answers, and write a commented scenario file."""
    from smarketing_sim.cli.loading import executor_for
    from smarketing_sim.decide.fitting import fit, read
    from smarketing_sim.decide.self_check import YEARS, self_check, to_json
    from smarketing_sim.engine import choose_engine
    from smarketing_sim.experiment.panel import simulate_all
    from smarketing_sim.publish.company import self_check_text
    from smarketing_sim.publish.store import disk_faults_told, write_atomically

    target = out or Path("params") / f"{_file_name(name)}.yaml"
    if target.exists() and not yes:
        raise InputError([Problem("is there already; name another with --out, or add --yes", file=str(target))])
    given = _from_file(answers) if answers is not None else _asked()
    _tell_back(given)
    with executor_for(workers, jobs=YEARS, engine=choose_engine(None)) as executor:
        fitted = fit(name, given, starts_on=dt.date(dt.date.today().year + 1, 1, 1), executor=executor)
        scenario = read(fitted.text)
        (experiment,) = simulate_all([scenario], replications=YEARS, executor=executor)
    with disk_faults_told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    misfit = "" if fitted.close else _misfit(fitted)
    warned = textwrap.fill(misfit, 118, initial_indent="# DOES NOT FIT: ", subsequent_indent="# ")
    write_atomically(target, f"{warned}\n#\n{fitted.text}" if misfit else fitted.text)
    implied = self_check(experiment)
    if misfit:
        tell(misfit)
    if as_json:
        print_json({"digest": scenario.digest, "company": to_json(implied)})
        return
    say(f"wrote {target}\n\n{self_check_text(implied)}\n\nNext: smarketing report {target}")


def _misfit(fitted: Fit) -> str:
    """Return how far answers are from what the belief about waiting allows, and what would fit better."""
    said = 1 / fitted.wanted
    if not fitted.seen.mean > 0.0:
        return (
            f"With these answers nobody is ever reached, and you said one conversation in {said:.3g} dials: more leads "
            "come than the team can call while they still answer. Fewer leads, more reps, or more of their day for "
            "these leads (inbound_share) would fit."
        )
    allowed = 1 / fitted.seen.mean
    return (
        f"At the speed these answers give, the belief decay.preset: medium allows one conversation in {allowed:.3g} "
        f"dials, and you said {said:.3g}. A milder belief (mild, or none), or a team with more time for these leads, "
        "would fit better."
    )


def _tell_back(given: Answers) -> None:
    """Say back what is easily typed in another way than it was meant."""
    leads = given.handed_per_month
    listed = ", ".join(f"{name.replace('_', ' ')} {count:g}" for name, count in leads.items())
    tell(f"{sum(leads.values()):g} leads a month from {len(leads)} source{'s' * (len(leads) > 1)}: {listed}")
    if not given.promise.business:
        tell(
            f"The promise of {given.promise} counts nights and weekends too; where it means working time, answer "
            f"“{given.promise.amount:g} business {given.promise.unit}{'s' * (given.promise.amount != 1)}”."
        )


def _file_name(name: str) -> str:
    """Return a plan's name as a file's: small letters and digits, hyphens between."""
    words = "".join(letter if letter.isalnum() and letter.isascii() else " " for letter in name.lower()).split()
    if not words:
        raise InputError([Problem("has no letter or digit to name a file by; name one with --out", value=name)])
    return "-".join(words)[:80]


def _from_file(path: Path) -> Answers:
    from smarketing_sim.scenario.documents import read_document
    from smarketing_sim.scenario.interview import read_answers

    document = read_document(path)
    return read_answers(document.data, origins={key: (str(path), line) for key, line in document.lines.items()})


def _asked() -> Answers:
    """Ask question after question; an answer that cannot be is asked for again."""
    from smarketing_sim.scenario.interview import DEFAULTS, questions, read_answers

    given: dict[str, Any] = {}
    for key, question in questions().items():
        default, source = DEFAULTS[key]
        while True:
            answer = typer.prompt(f"{question} ({source})", default=default, err=True)
            if _holds({**given, key: answer}, key):
                given[key] = _read(key, answer)
                break
    return read_answers(given)


def _holds(given: Mapping[str, Any], key: str) -> bool:
    """Tell whether an answer can be, and say why where it cannot."""
    from smarketing_sim.scenario.interview import read_answers

    try:
        read_answers({**given, key: _read(key, given[key])})
    except InputError as error:
        mine = [problem for problem in error.problems if (problem.path or key).split(".")[0] == key]
        for problem in mine:
            tell(str(problem))
        return not mine
    return True


def _read(key: str, answer: Any) -> Any:
    from smarketing_sim.scenario.documents import parse_value

    words = {"handed_per_month", "hours", "zone", "promise"}
    return answer if key in words or not isinstance(answer, str) else parse_value(answer, name=key)
