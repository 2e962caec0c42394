"""The command new: some questions, and a scenario file that follows from the answers."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smarketing_sim.cli.options import Json, Workers, app
from smarketing_sim.cli.screen import print_json, say, tell
from smarketing_sim.errors import InputError, Problem

if TYPE_CHECKING:
    from smarketing_sim.decide.fitting import Fit
    from smarketing_sim.scenario.answers import Answers
    from smarketing_sim.scenario.interview import Interview


_KEYS = (
    "country, zone, currency, dollar_rate, starts_on, handed_per_month, lead_cost, outside_share, handoff_delay, "
    "reps, hours, closed, rep_cost, inbound_share, dials_per_rep_day, dials_per_conversation, attempts, give_up_after, "
    "conversation_to_opportunity, win_rate, deal_value, revenue, gross_margin, days_to_win, account_executives, "
    "ae_cost, promise, follow_up, leads_promised"
)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the plan is called.")],
    answers: Annotated[
        Path | None, typer.Option(metavar="FILE", help=f"Answers as a YAML file; nothing is asked then. Keys: {_KEYS}.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write it; params/NAME.yaml where left out.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing, and write over a file that is there.")] = False,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Ask what any CRM or payroll answers, and write a commented scenario file."""
    from smarketing_sim.cli.simulating import executor_for
    from smarketing_sim.decide.fitting import FITTING_YEARS, fit, nearest_that_fit, read
    from smarketing_sim.decide.usual import YEARS, self_check, to_json
    from smarketing_sim.engine import choose_engine
    from smarketing_sim.experiment.simulation import Simulation
    from smarketing_sim.files import disk_faults_told, write_atomically
    from smarketing_sim.report.planning.company import self_check_text
    from smarketing_sim.words.numbers import tell_money_in

    target = out or Path("params") / f"{_file_name(name)}.yaml"
    if target.exists() and not yes:
        raise InputError([Problem("already exists; name another with --out, or add --yes", file=str(target))])
    interview = _interview(answers, yes=yes)
    _tell_back(interview.answers)
    if answers is not None:
        _tell_assumed(interview)
    with executor_for(workers, jobs=YEARS, engine=choose_engine(None)) as executor:
        few = Simulation(FITTING_YEARS, executor=executor)
        fitted = fit(name, interview, few)
        scenario = read(fitted.text)
        (experiment,) = few.of(YEARS).panel([scenario])
        nearest = [] if fitted.close else nearest_that_fit(name, interview, few)
    with disk_faults_told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    misfit = "" if fitted.close else _misfit(fitted, nearest)
    warned = textwrap.fill(misfit, 118, initial_indent="# DOES NOT FIT: ", subsequent_indent="# ")
    write_atomically(target, f"{warned}\n#\n{fitted.text}" if misfit else fitted.text)
    tell_money_in(scenario.currency)
    implied = self_check(experiment)
    if misfit:
        tell(misfit)
    if as_json:
        print_json({"digest": scenario.digest, "company": to_json(implied)})
        return
    say(f"wrote {target}\n\n{self_check_text(implied)}\n\nNext: smarketing report {target}")


def _interview(path: Path | None, *, yes: bool) -> Interview:
    """Return the answers of a file, those that somebody types, or what is offered where nothing shall be asked."""
    from smarketing_sim.scenario.interview import read_answers

    today = dt.date.today()
    if path is not None:
        return _from_file(path, today)
    return read_answers({}, today=today) if yes else _asked(today)


def _misfit(fitted: Fit, nearest: Sequence[str]) -> str:
    """Return how far answers are from what the belief about waiting allows, and what would fit."""
    said = 1 / fitted.wanted
    offered = f"What would fit: {'; or '.join(nearest)}." if nearest else "Nothing near to these answers would fit."
    if not fitted.seen.mean > 0.0:
        return (
            f"With these answers nobody is ever reached, and you said one conversation in {said:.3g} dials: more leads "
            f"come than the team can call while they still answer. {offered}"
        )
    return (
        f"At the speed these answers give, the belief decay.preset: medium allows one conversation in "
        f"{1 / fitted.seen.mean:.3g} dials, and you said {said:.3g}. {offered}"
    )


def _tell_back(answers: Answers) -> None:
    """Say back what is easily typed in another way than it was meant."""
    leads = answers.leads_by_source
    listed = ", ".join(f"{name.replace('_', ' ')} {count:g}" for name, count in leads.items())
    tell(f"{answers.leads_per_month:g} leads a month from {len(leads)} source{'s' * (len(leads) > 1)}: {listed}")
    for promise in (answers.promise, answers.follow_up):
        if promise is not None and not promise.within.business:
            span = promise.within
            tell(
                f"The promise of {span} counts nights and weekends too; where it means working time, answer "
                f"“{span.amount:g} business {span.unit}{'s' * (span.amount != 1)}”."
            )


def _tell_assumed(interview: Interview) -> None:
    """Say which questions a file of answers leaves open, and what is taken in their place."""
    from smarketing_sim.scenario.interview import defaults
    from smarketing_sim.scenario.units import share_text

    offered = defaults(interview.answered, today=dt.date.today())
    left = {key: offered[key][0] for key, origin in interview.origins.items() if origin.startswith("assumed")}
    promised = interview.answers.follow_up
    if promised is not None and "target" not in promised.model_fields_set:
        left["the share of leads that follow_up is promised for"] = share_text(promised.target)
    if left:
        tell(f"not answered, so assumed: {'; '.join(f'{key} {value}' for key, value in left.items())}")


def _file_name(name: str) -> str:
    """Return a plan's name as a file's: small letters and digits, hyphens between."""
    words = "".join(letter if letter.isalnum() and letter.isascii() else " " for letter in name.lower()).split()
    if not words:
        raise InputError([Problem("has no letter or digit to name a file by; name one with --out", value=name)])
    return "-".join(words)[:80]


def _from_file(path: Path, today: dt.date) -> Interview:
    from smarketing_sim.scenario.documents import read_document
    from smarketing_sim.scenario.interview import read_answers

    document = read_document(path)
    origins = {key: (str(path), line) for key, line in document.lines.items()}
    return read_answers(document.data, today=today, origins=origins)


def _asked(today: dt.date) -> Interview:
    """Ask question after question; an answer that cannot be is asked for again, and Enter leaves what is offered."""
    from smarketing_sim.scenario.currency import DOLLARS
    from smarketing_sim.scenario.interview import defaults, questions, read_answers

    answered: dict[str, Any] = {}
    for key, question in questions().items():
        default, source = defaults(answered, today=today)[key]
        if key == "dollar_rate" and answered.get("currency", defaults(answered, today=today)["currency"][0]) == DOLLARS:
            continue
        while True:
            answer = typer.prompt(f"{question} ({source})", default=default, err=True)
            if answer == default and default:
                break
            if _holds(answered, key, answer, today):
                answered[key] = _read(key, answer)
                break
    return read_answers(answered, today=today)


def _holds(answered: Mapping[str, Any], key: str, answer: str, today: dt.date) -> bool:
    """Tell whether an answer can be, and say why where it cannot."""
    from smarketing_sim.scenario.interview import read_answers

    try:
        read_answers({"dollar_rate": 1.0, **answered, key: _read(key, answer)}, today=today)
    except InputError as error:
        mine = [problem for problem in error.problems if (problem.path or key).split(".")[0] == key]
        for problem in mine:
            tell(str(problem))
        return not mine
    return True


def _read(key: str, answer: Any) -> Any:
    from smarketing_sim.scenario.documents import parse_value
    from smarketing_sim.scenario.interview import TEXTS

    return answer if key in TEXTS or not isinstance(answer, str) else parse_value(answer, name=key)
