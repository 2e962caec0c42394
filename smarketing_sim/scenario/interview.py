"""Some two dozen questions that any CRM or payroll answers, and what Enter keeps for each."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from babel.numbers import get_territory_currencies
from pydantic import ValidationError

from smarketing_sim.errors import InputError, Problem
from smarketing_sim.scenario.answers import Answers
from smarketing_sim.scenario.calendars import expand_days, zones_by_country
from smarketing_sim.scenario.countries import country_code
from smarketing_sim.scenario.currency import DOLLARS, currency_codes, named_currency, settled
from smarketing_sim.scenario.documents import parse_value
from smarketing_sim.scenario.phrases import by_source, each_by_source, folded, one_off, rate
from smarketing_sim.scenario.problems import problem_at, translate
from smarketing_sim.scenario.reach_curve import INSIDE, REACHABLE, best_reach, met_share
from smarketing_sim.scenario.units import parse_hours

Origins = dict[tuple[str, ...], tuple[str, int]]


@dataclass(frozen=True)
class Interview:
    """Answers, and where each comes from.

    Parameters
    ----------
    answers
        What was said, defaults filled in.
    origins
        By question ``answered``, what it ``follows from``, or what was ``assumed``.
    answered
        What was said, as it was said.
    """

    answers: Answers
    origins: Mapping[str, str]
    answered: Mapping[str, Any] = field(default_factory=dict)


_BASELINE = "the baseline company"
_DEFAULTS: dict[str, tuple[str, str]] = {
    "handed_per_month": ("organic 154, paid search 114, demo request 90, referral 58", _BASELINE),
    "outside_share": ("38%", "E23: 38% of forms"),
    "handoff_delay": ("10 minutes", _BASELINE),
    "reps": ("8", _BASELINE),
    "hours": ("mon-fri 09:00-17:00", _BASELINE),
    "closed": ("none", _BASELINE),
    "inbound_share": ("40%", "E28: 22 to 45%"),
    "dials_per_rep_day": ("50", "E37: 50 to 80"),
    "dials_per_conversation": ("10", "E14"),
    "attempts": ("6", "E13, E22"),
    "conversation_to_opportunity": ("22%", "E31: 14 to 31% of leads"),
    "win_rate": ("20%", "E32: 15 to 30%"),
    "revenue": ("recurring", _BASELINE),
    "days_to_win": ("60", "E34"),
    "account_executives": ("enough", "25 open deals each"),
    "promise": ("6 business hours for 90%", _BASELINE),
    "follow_up": ("none", "no such promise"),
    "leads_promised": ("none", "no such promise"),
}
_LONGER = 3
"""Days that an attempt takes on the way, at two business days between attempts."""
_DEAL_DOLLARS, _REP_DOLLARS, _AE_DOLLARS = 25_000, 95_000, 220_000
_LEAD_DOLLARS = {
    "organic": (164, "E33"), "paid": (310, "E33"), "demo": (40, ""), "referral": (60, ""), "webinar": (150, ""),
    "event": (350, ""), "fair": (350, ""), "social": (220, ""), "": (198, "E33"),
}  # fmt: skip
"""US dollars of a handed lead by a word in its source's name, and where that comes from."""


def defaults(answered: Mapping[str, Any], *, today: dt.date) -> dict[str, tuple[str, str]]:
    """Return what Enter keeps for each question, as it would be typed, and where it comes from.

    What is said of one thing tells the likely answer to another: a zone its country, a country its zone and currency.

    Parameters
    ----------
    answered
        What is answered so far.
    today
        The plan begins on the next first of January.
    """
    country, zone = str(answered.get("country") or ""), str(answered.get("zone") or "")
    of_zone = next((code for code, zones in zones_by_country().items() if zone in zones), None)
    country = country.upper().partition("-")[0] if "country" in answered else of_zone or "US"
    zones = zones_by_country().get(country, ())
    named = named_currency(answered.get("deal_value"))
    local = next(iter(get_territory_currencies(country)), None) if "country" in answered and zones else None
    money = named or local or DOLLARS
    currency = str(answered.get("currency") or money)
    dollar = rate(answered.get("dollar_rate"))
    goods = str(one_off(answered.get("revenue"))) == "one_off"
    tries = answered.get("attempts")
    days = max(21, _LONGER * tries) if isinstance(tries, int) else 21
    worth = 1.0 if currency == DOLLARS or not isinstance(dollar, int | float) else float(dollar)
    costs = usual_costs(answered.get("handed_per_month") or _DEFAULTS["handed_per_month"][0], worth)
    found = {
        "country": (country, "the time zone" if of_zone else _BASELINE),
        "zone": (zones[0] if zones and country != "US" else "America/New_York", "the country" if zones else _BASELINE),
        "currency": (money, "the deal's value" if named else "the country" if local else _BASELINE),
        "dollar_rate": ("1" if currency == DOLLARS else "", "the currency"),
        "starts_on": (dt.date(today.year + 1, 1, 1).isoformat(), "the next first of January"),
        "lead_cost": (
            ", ".join(f"{name.replace('_', ' ')} {cost:g}" for name, cost in costs.items()),
            "E33, or a guess",
        ),
        "rep_cost": (f"{_REP_DOLLARS * worth:.10g}", _BASELINE),
        "ae_cost": (f"{_AE_DOLLARS * worth:.10g}", _BASELINE),
        "deal_value": (f"{_DEAL_DOLLARS * worth:.10g}", "E34: $25k"),
        "give_up_after": (f"{days} days", _BASELINE if days == 21 else "room for that many attempts"),
        "gross_margin": ("40%", "goods, not software") if goods else ("80%", "software"),
        **_DEFAULTS,
    }
    return {name: found[name] for name in Answers.model_fields}


def usual_costs(handed_per_month: Any, dollar: float) -> dict[str, float]:
    """Return what a lead of each source usually costs, by folded name; nothing where the sources cannot be read."""
    try:
        named = by_source(handed_per_month)
    except ValueError:
        return {}
    names = list(map(folded, named)) if isinstance(named, Mapping) else []
    return {name: float(f"{usual_cost(name)[0] * dollar:.4g}") for name in names}


def usual_cost(source: str) -> tuple[float, str]:
    """Return what a lead of a source usually costs, US dollars, and the row of the evidence that says so, if any."""
    return next(known for word, known in _LEAD_DOLLARS.items() if word in source)


def _costs_by_source(said: Any, names: Iterable[str]) -> Any:
    """Return what leads cost by folded name of their source, one amount said for all of them included."""
    costs = each_by_source(said)
    return costs if isinstance(costs, Mapping) else dict.fromkeys(map(folded, names), costs)


def questions() -> dict[str, str]:
    """Return every question by its name."""
    return {name: str(field.description or name) for name, field in Answers.model_fields.items()}


def read_answers(answered: Mapping[str, Any], *, today: dt.date, origins: Origins | None = None) -> Interview:
    """Return checked answers; a question without one keeps its default.

    Raises
    ------
    InputError
        With every answer that cannot be, or that contradicts another.
    """
    where, problems = dict(origins or {}), list[Problem]()
    if "country" in answered:
        answered = {**answered, "country": country_code(answered["country"])}
    if "dollar_rate" in answered:
        answered = {**answered, "dollar_rate": rate(answered["dollar_rate"])}
    kept = defaults(answered, today=today)
    data: dict[str, Any] = {name: _typed(name, text) for name, (text, _) in kept.items()} | dict(answered)
    if data["currency"] == DOLLARS:
        data["dollar_rate"] = 1.0
    elif data["dollar_rate"] is None and data["currency"] in currency_codes():
        rule = f"is needed: what one US dollar is worth in {data['currency']}, for costs that are known in dollars"
        why = next((where[key,] for key in ("currency", "deal_value", "country") if (key,) in where), None)
        problems.append(problem_at(("dollar_rate",), rule, origins={("dollar_rate",): why} if why else where))
        data["dollar_rate"] = 1.0  # so that the other answers can be looked at
    dollar = data["dollar_rate"] if isinstance(data["dollar_rate"], int | float) else 1.0
    usual = usual_costs(data["handed_per_month"], dollar)
    try:
        data["lead_cost"] = _costs_by_source(answered["lead_cost"], usual) if "lead_cost" in answered else usual
    except ValueError as fault:
        problems.append(problem_at(("lead_cost",), str(fault), origins=where, value=data["lead_cost"]))
        data["lead_cost"] = usual
    answers, found = _checked(data, where)
    told = {problem.path for problem in problems}
    problems += [problem for problem in found if problem.path not in told]
    if answers is None or problems:
        problems.sort(key=lambda problem: problem.line or 0)
        raise InputError(problems)
    follows = {"the country", "the time zone", "the currency", "the deal's value"}
    origin_of = {
        name: "answered" if name in answered else f"follows from {why}" if why in follows else f"assumed: {why}"
        for name, (_, why) in kept.items()
    }
    return Interview(answers, origin_of, answered)


def _checked(data: dict[str, Any], origins: Origins) -> tuple[Answers | None, list[Problem]]:
    """Return answers in the company's own currency, where they can be, and what is wrong with them."""
    problems = list[Problem]()
    rates, known = {DOLLARS: data["dollar_rate"]}, data["currency"] in currency_codes()
    try:
        data = settled(data, Answers, currency=data["currency"], rates=rates, origins=origins)
    except InputError as refused:
        problems += refused.problems if known else ()  # in a currency that nobody knows, no amount can be told
    try:
        answers = Answers.model_validate(data)
    except ValidationError as error:
        told = {problem.path for problem in problems}
        found = translate(error, model=Answers, data=data, origins=origins)
        told |= set() if known else {"rep_cost", "ae_cost", "deal_value", "lead_cost"}
        return None, problems + [problem for problem in found if problem.path not in told]
    broken = contradictions(answers)
    problems += [problem_at((path,), rule, origins=origins, value=data[path]) for path, rule in broken.items()]
    return answers, problems


def _typed(name: str, text: str) -> Any:
    """Return an answer as typed text, or as the number that it stands for."""
    if name == "dollar_rate" and not text:
        return None
    return text if name in TEXTS else parse_value(text, name=name)


TEXTS = {
    "country", "zone", "currency", "starts_on", "handed_per_month", "lead_cost", "hours", "closed", "revenue",
    "promise", "follow_up", "leads_promised", "handoff_delay", "give_up_after", "days_to_win",
    "conversation_to_opportunity", "win_rate", "account_executives",
}  # fmt: skip
"""Questions whose answers are words, or numbers with words."""


def contradictions(answers: Answers) -> dict[str, str]:
    """Return the answers that contradict others, with the rule that each breaks."""
    found = {}
    best, met = best_reach(answers.attempts), met_share()
    if answers.dials_per_conversation < 1.0:
        found["dials_per_conversation"] = (
            "there cannot be more conversations than dials; give at least 1, and 3 to 10 is usual"
        )
    elif 1.0 / answers.dials_per_conversation > best:
        found["dials_per_conversation"] = (
            f"{answers.attempts} attempts lead to at most one conversation in {1 / best:.2f} dials, because "
            f"{1 - REACHABLE:.0%} of leads are out of reach; give at least {math.ceil(100 / best) / 100:.2f}"
        )
    shares = answers.conversation_to_opportunity
    for key in ("lead_cost", "conversation_to_opportunity", "win_rate"):
        said = getattr(answers, key)
        sources = {folded(name) for name in answers.handed_per_month}
        if isinstance(said, dict) and set(said) != sources:
            apart = ", ".join(sorted(sources ^ set(said))).replace("_", " ")
            found[key] = f"must name the sources of handed_per_month, each once; look at {apart}"
    highest = max(shares.values(), default=0.0) if isinstance(shares, dict) else shares
    if highest > met:
        found["conversation_to_opportunity"] = (
            f"only {met:.0%} of meetings take place, so no more conversations can become an opportunity"
        )
    elif highest / met > INSIDE:
        found["conversation_to_opportunity"] = (
            f"must be at most {INSIDE * met:.0%}: three leads of ten are taken to lie outside the profile, and a fifth "
            "of those qualify"
        )
    if answers.follow_up is not None and answers.follow_up.attempts > answers.attempts:
        found["follow_up"] = (
            f"promises {answers.follow_up.attempts} attempts, and reps give a lead up after {answers.attempts}; "
            "say more attempts, or promise fewer"
        )
    opens, closes = parse_hours(answers.hours[1])
    if answers.outside_share > 0 and closes - opens == 1440 and len(expand_days(answers.hours[0])) == 7:
        found["outside_share"] = "no lead can come outside of hours that never end; answer 0%"
    return found
