"""A commented scenario file for a company that answered a dozen questions; its text stands in ``newcomer.yaml``."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from string import Template

from smarketing_sim.scenario.interview import BETA, BOOKING_DAYS, REACHABLE, REBOOK, SHOW, Answers, Company

_FILE = Path(__file__).with_name("newcomer.yaml")
_COSTS = {
    "organic": (164, "E33"), "paid": (310, "E33"), "demo": (40, ""), "referral": (60, ""), "webinar": (150, ""),
    "event": (350, ""), "social": (220, ""),
}  # fmt: skip
_ANY_COST = (198, "E33")


def to_yaml(name: str, answers: Answers, company: Company, *, starts_on: dt.date) -> str:
    """Return the scenario file: what was answered, what follows from it, and what is assumed, each marked so.

    Parameters
    ----------
    name
        What the plan is called.
    answers, company
        What was said, and what follows.
    starts_on
        First day of the year that is simulated.
    """
    days, hours = answers.hours
    values: dict[str, object] = {
        "name": json.dumps(name, ensure_ascii=False),
        "starts_on": starts_on,
        "zone": answers.zone,
        "days": days,
        "hours": hours,
        "year": starts_on.year,
        "sources": _sources(answers, company),
        "deal_value": _plain(answers.deal_value),
        "promise": answers.promise,
        "two_more": answers.reps + 2,
        "reachable": _percent(REACHABLE),
        "reps": answers.reps,
        "inbound_share": _percent(answers.inbound_share),
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
        "show": _percent(SHOW),
        "rebook": _percent(REBOOK),
        "account_executives": company.ae_headcount,
        "days_to_win": f"{answers.days_to_win:g}",
        "days_range": _spread(answers.days_to_win, "days"),
        "deep": min(4, answers.attempts),
        "leads_per_rep": f"{sum(answers.handed_per_month.values()) / answers.reps:.4g}",
    }
    return Template(_FILE.read_text(encoding="utf-8")).substitute(values)


def _sources(answers: Answers, company: Company) -> str:
    lines = []
    for name, leads in answers.handed_per_month.items():
        cost, source = next((found for word, found in _COSTS.items() if word in name), _ANY_COST)
        known = f", source: {source}, grade: C" if source else ""
        lines += [
            f"    {json.dumps(name)}:",
            f"      leads_per_month: {leads:g}",
            "      handed_share: 100 %",
            "      action_share: 100 %",
            f"      cost_per_handed: {{value: {cost}{known}, range: [{0.5 * cost:g}, {1.6 * cost:g}]}}",
            f"      qualify_prob: {{value: {_percent(company.qualify_prob)}, range: [{_around(company.qualify_prob)}]}}"
            "  # follows",
            f"      win_prob: {{value: {_percent(answers.win_rate)}, range: [{_around(answers.win_rate)}]}}",
        ]
    return "\n".join(lines)


def _minutes(minutes: float) -> str:
    return f"{{value: {minutes:.3g} min, range: [{_spread(minutes, 'min')}]}}"


def _spread(value: float, unit: str) -> str:
    return f"{0.6 * value:.3g} {unit}, {1.6 * value:.3g} {unit}"


def _around(share: float) -> str:
    return f"{_percent(0.75 * share)}, {_percent(min(1.0, 1.25 * share))}"


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"


def _plain(amount: float) -> str:
    return f"{amount:.10g}"
