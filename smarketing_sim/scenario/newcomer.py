"""A commented scenario file for a company that answered some questions; its text stands in ``newcomer.yaml``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from string import Template

from smarketing_sim.scenario.answers import OWN_FIGURE, Answers
from smarketing_sim.scenario.calendars import WEEKDAYS, expand_days
from smarketing_sim.scenario.currency import DOLLARS
from smarketing_sim.scenario.derivation import Company, warm_up_weeks
from smarketing_sim.scenario.interview import Interview, usual_cost
from smarketing_sim.scenario.reach_curve import (
    BETA,
    BOOKING_DAYS,
    IN_PROFILE,
    INSIDE,
    OUT_OF_PROFILE_FACTOR,
    REACHABLE,
    REBOOK,
    SHOW,
)
from smarketing_sim.scenario.units import WALL_MINUTES, parse_hours, share_text

_BY_DAY = ("event", "fair", "show")
_FILE = Path(__file__).with_name("newcomer.yaml")


def to_yaml(name: str, interview: Interview, company: Company) -> str:
    """Return the scenario file: what was answered, what follows from it, and what is assumed, each marked so.

    Parameters
    ----------
    name
        What the plan is called.
    interview, company
        What was said, and what follows.
    """
    answers = interview.answers
    values: dict[str, object] = {
        "name": json.dumps(name, ensure_ascii=False),
        "currency": answers.currency,
        "exchange": "{}" if answers.currency == DOLLARS else f"{{USD: {answers.dollar_rate:g}}}",
        "starts_on": answers.starts_on,
        "zone": answers.zone,
        **dict(zip(("days", "hours"), answers.hours, strict=True)),
        "holidays": _holidays(answers),
        "hour_weights": ", ".join(f"{weight:.3g}" for weight in company.hour_weights),
        "closed_days": ", ".join(day for day in WEEKDAYS if day not in expand_days(answers.hours[0])),
        "sources": _sources(interview, company),
        "warm_up_weeks": warm_up_weeks(answers.days_to_win),
        "handoff_delay": _handoff_delay(interview),
        "deal_value": _plain(answers.deal_value),
        "revenue": answers.revenue,
        "recurring": "# " if answers.revenue == "one_off" else "",
        "rep_cost": _cost(interview, "rep_cost"),
        "ae_cost": _cost(interview, "ae_cost"),
        "gross_margin": share_text(answers.gross_margin),
        "margin_range": "" if _own(interview, "gross_margin") else f", range: [{_around(answers.gross_margin)}]",
        "promise": answers.promise.within,
        "promise_target": share_text(answers.promise.target),
        "follow_up": _follow_up(answers),
        "reachable": share_text(REACHABLE),
        "in_profile": share_text(IN_PROFILE),
        "out_of_profile": share_text(OUT_OF_PROFILE_FACTOR),
        "reps": answers.reps,
        "inbound_share": share_text(answers.inbound_share),
        "inbound_range": _around(answers.inbound_share),
        "preparation": _minutes(company.preparation_minutes),
        "silent": _minutes(company.silent_minutes),
        "talk": _minutes(company.talk_minutes),
        "attempts": answers.attempts,
        "dials_per_conversation": f"{answers.dials_per_conversation:g}",
        "alpha": f"{company.alpha:.4g}",
        "alpha_low": f"{0.7 * company.alpha:.4g}",
        "alpha_high": f"{1.4 * company.alpha:.4g}",
        "beta": BETA,
        "booking_days": f"{BOOKING_DAYS:g}",
        "show": share_text(SHOW),
        "rebook": share_text(REBOOK),
        "account_executives": company.ae_headcount,
        "days_to_win": f"{answers.days_to_win:g}",
        "days_range": _spread(answers.days_to_win, "days"),
        "volume": _volume(answers),
        "drop_after": f"drop_after: {_days(answers.give_up_after)}"
        if answers.give_up_after
        else "# drop_after: 21 days",
    }
    values["profile"] = _profile(company, str(values["hour_weights"]), str(values["closed_days"]))
    marks = {f"{key}_is": origin for key, origin in interview.origins.items()}
    marks |= {f"{key}_by": _by(interview, key) for key in interview.origins}
    if answers.account_executives is None:
        marks["account_executives_is"] = "follows: enough for the opportunities there will be, 25 open each"
    return Template(_FILE.read_text(encoding="utf-8")).substitute(values | marks)


def _handoff_delay(interview: Interview) -> str:
    minutes = interview.answers.handoff_delay
    known = f"source: {OWN_FIGURE}" if _own(interview, "handoff_delay") else "range: [1 min, 60 min]"
    return f"{{value: {minutes:g} min, {known}}}"


def _holidays(answers: Answers) -> str:
    country = f"country: {answers.country}" if answers.country else ""
    dates = f"dates: [{', '.join(days.text for days in answers.closed)}]" if answers.closed else ""
    return "{" + ", ".join(filter(None, (country, dates))) + "}" if country or dates else "[]"


def _profile(company: Company, hours: str, closed_days: str) -> str:
    lines = ["  profile:", f"    hours: [{hours}]"]
    if closed_days:
        weights = ", ".join(f"{day.strip()}: {company.closed_day_weight:.3g}" for day in closed_days.split(","))
        lines.append(f"    weekdays: {{{weights}}}")
    return "\n".join(lines)


def _follow_up(answers: Answers) -> str:
    else_promised = "# What else could be promised; take the mark away from what you did promise."
    promised = answers.follow_up
    if promised is None:
        return f"{else_promised}\n  # depth: {{target: 85%, attempts: {min(4, answers.attempts)}, within: 14 days}}"
    text = "" if "target" in promised.model_fields_set else f"; {share_text(promised.target)} assumed"
    return (
        f"depth: {{target: {share_text(promised.target)}, attempts: {promised.attempts}, within: {promised.within}}}"
        f"  # answered{text}\n  {else_promised}"
    )


def _volume(answers: Answers) -> str:
    promised = answers.leads_promised
    each = (answers.leads_per_month if promised is None else promised) / answers.reps
    text = f"volume: {{leads_per_rep: {each:.6g}, contract_headcount: {answers.reps}}}"
    return f"# {text}" if promised is None else f"{text}  # answered"


def _sources(interview: Interview, company: Company) -> str:
    answers, origins = interview.answers, interview.origins
    lines = []
    for name, leads in answers.handed_per_month.items():
        row = usual_cost(name)[1]
        known = _by(interview, "lead_cost") or (f", source: {row}, grade: C" if row else "")
        cost, own = answers.source_cost(name), _by(interview, "conversation_to_opportunity")
        qualify, win = company.qualify_prob[name], answers.win_share(name)
        lines += [
            f"    {json.dumps(name)}:",
            f"      leads_per_month: {_months(leads)}  # {origins['handed_per_month']}",
            "      handed_share: 100%",
            "      action_share: 100%",
            f"      cost_per_handed: {{value: {_plain(cost)}, range: [{_plain(0.5 * cost)}, {_plain(1.6 * cost)}]"
            f"{known}}}  # {origins['lead_cost']}",
            f"      qualify_prob: {{value: {share_text(qualify)}, range: [{_around(qualify, INSIDE)}]{own}}}"
            f"  # follows from conversation_to_opportunity, {origins['conversation_to_opportunity']}",
            f"      win_prob: {{value: {share_text(win)}, range: [{_around(win)}]{_by(interview, 'win_rate')}}}"
            f"  # {origins['win_rate']}",
            *(_by_day(answers) if any(word in name for word in _BY_DAY) else ()),
        ]
    return "\n".join(lines)


def _by_day(answers: Answers) -> list[str]:
    """Return the lines by which leads of a source come in the working hours alone."""
    days, hours = answers.hours
    opens, closes = parse_hours(hours)
    weights = ", ".join(str(int(60 * hour < closes and 60 * (hour + 1) > opens)) for hour in range(24))
    shut = ", ".join(f"{day}: 0" for day in WEEKDAYS if day not in expand_days(days))
    return ["      profile:  # assumed: people meet there by day", f"        hours: [{weights}]"] + (
        [f"        weekdays: {{{shut}}}"] if shut else []
    )


def _by(interview: Interview, question: str) -> str:
    """Return the source of a belief that was answered; the others say it in their own words, or have none."""
    return f", source: {OWN_FIGURE}" if _own(interview, question) else ""


def _own(interview: Interview, question: str) -> bool:
    return interview.origins[question] == "answered"


def _cost(interview: Interview, question: str) -> str:
    """Return a yearly cost, with a range where nobody in the company said it."""
    amount = getattr(interview.answers, question)
    doubt = "" if _own(interview, question) else f", range: [{_plain(0.8 * amount)}, {_plain(1.25 * amount)}]"
    return f"{_plain(amount)}{doubt}"


def _minutes(minutes: float) -> str:
    return f"{{value: {minutes:.3g} min, range: [{_spread(minutes, 'min')}]}}"


def _spread(value: float, unit: str) -> str:
    return f"{0.6 * value:.3g} {unit}, {1.6 * value:.3g} {unit}"


def _around(share: float, most: float = 1.0) -> str:
    return f"{share_text(0.75 * share)}, {share_text(min(most, 1.25 * share))}"


def _months(leads: Sequence[float]) -> str:
    return f"{leads[0]:g}" if len(leads) == 1 else f"[{', '.join(f'{one:g}' for one in leads)}]"


def _days(minutes: float) -> str:
    return f"{minutes / WALL_MINUTES['day']:g} days"


def _plain(amount: float) -> str:
    return f"{amount:.10g}"
