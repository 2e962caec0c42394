"""Rules that tie one part of a scenario to another, and cautions about legal but doubtful plans."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from smarketing_sim.errors import (
    CadenceWarning,
    DoubleCountingWarning,
    HolidayWarning,
    SmarketingWarning,
    VolumeWarning,
    nearest_name,
)
from smarketing_sim.scenario.contract import DepthClause, FeedbackClause
from smarketing_sim.scenario.countries import country_name, unknown_years
from smarketing_sim.scenario.evidence import evidence
from smarketing_sim.scenario.schema import Scenario
from smarketing_sim.scenario.scoring import best_auc, inside_profile_prob
from smarketing_sim.scenario.units import share_text

MAX_LEADS = 20_000_000
MAX_NAME = 100
_TOLERANCE = 1e-6

Broken = tuple[tuple[str, ...], str, Any, str | None]


def broken_rules(scenario: Scenario) -> list[Broken]:
    """Return every rule that a scenario breaks as (path, rule, value, nearest valid name)."""
    checks = (
        _names,
        _shares,
        _reachable_chances,
        _months,
        _cooling,
        _references,
        _team,
        _dates,
        _sources_of_beliefs,
        _size,
        _scores,
    )
    return [broken for check in checks for broken in check(scenario)]


def cautions(scenario: Scenario) -> list[SmarketingWarning]:
    """Return warnings about plans that are legal and cannot do what they say."""
    found: list[SmarketingWarning] = []
    if len(scenario.decay.spoils) > 1:
        found.append(
            DoubleCountingWarning(
                f"decay.outcomes: lateness is charged to {' and '.join(scenario.decay.spoils)}; a published "
                "curve already "
                "holds the whole effect on one of them"
            )
        )
    found += _seasons_before_the_year(scenario)
    found += _holidays(scenario)
    found += [caution for name, clause in scenario.sla.items() for caution in _cadence(scenario, name, clause)]
    return found


def _seasons_before_the_year(scenario: Scenario) -> Iterator[SmarketingWarning]:
    """Tell of lists of twelve months that fill the warm-up, too, as if they had held the year before."""
    if scenario.run.warm_up_weeks == 0:
        return
    for name, source in scenario.marketing.sources.items():
        if source.months_from is None and len(set(source.monthly_leads)) > 1:
            yield VolumeWarning(
                f"marketing.sources.{name}: its twelve months hold in every year, so those before "
                f"{scenario.run.starts_on} are taken from their end; if they only begin then, say so with "
                f"months_from: {scenario.run.starts_on}"
            )


def _holidays(scenario: Scenario) -> Iterator[SmarketingWarning]:
    """Tell the years of the run whose public holidays nobody knows."""
    country, (first, last) = scenario.calendar.holidays.country, _ends_of_run(scenario)
    years = unknown_years(country, first.year, last.year) if country else []
    if country and years:
        yield HolidayWarning(
            f"calendar.holidays.country: no public holidays of {country_name(country)} are known in "
            f"{', '.join(map(str, years))}; list the days under calendar.holidays.dates"
        )


def _cadence(scenario: Scenario, name: str, clause: Any) -> Iterator[SmarketingWarning]:
    """Compare the planned attempts with what a clause asks for, both in wall time."""
    cadence = scenario.sales.sdr.cadence
    business = scenario.calendar.business_minutes
    if isinstance(clause, DepthClause):
        if cadence.max_attempts < clause.attempts:
            yield CadenceWarning(
                f"sla.{name}: asks for {clause.attempts} attempts, the cadence plans "
                f"{cadence.max_attempts}; only leads connected or disqualified before that will count"
            )
            return
        gaps = [cadence.gap(n) for n in range(1, clause.attempts)]
        if len({gap.business for gap in gaps} | {clause.within.business}) == 1:
            planned, limit = sum(gap.minutes(business) for gap in gaps), clause.within.minutes(business)
            if planned > limit:
                day, days = (business["day"], "business days") if clause.within.business else (1440.0, "days")
                when = f"{planned / day:.1f} {days}" if day else f"{planned / 60:.1f} business hours"
                yield CadenceWarning(
                    f"sla.{name}: attempt {clause.attempts} is planned {when} after the first one, the clause allows "
                    f"{clause.within}"
                )
    if isinstance(clause, FeedbackClause) and scenario.sales.sdr.recording.share < clause.target:
        yield CadenceWarning(
            f"sla.{name}: promises {share_text(clause.target)}, reps record "
            f"{share_text(scenario.sales.sdr.recording.share)} of outcomes"
        )


def _names(scenario: Scenario) -> Iterator[Broken]:
    """Find names that could not be one step of a dotted path."""
    sdr, marketing = scenario.sales.sdr, scenario.marketing
    groups: tuple[tuple[tuple[str, ...], Iterable[str]], ...] = (
        (("personas",), scenario.personas),
        (("marketing", "sources"), marketing.sources),
        (("marketing", "campaigns"), marketing.campaigns),
        (("sla",), scenario.sla),
        (("sales", "sdr", "channels"), sdr.channels),
        (("sales", "sdr", "routing", "territories"), sdr.routing.territories),
        (("alternatives",), scenario.alternatives),
    )
    for path, names in groups:
        for name in names:
            if not 0 < len(name) <= MAX_NAME or "." in name or "/" in name:
                yield (*path, name), f"a name has 1 to {MAX_NAME} characters, '.' and '/' not among them", name, None


def _shares(scenario: Scenario) -> Iterator[Broken]:
    """Find shares of a whole that do not sum to one."""
    total = sum(persona.share for persona in scenario.personas.values())
    if abs(total - 1.0) > _TOLERANCE:
        yield ("personas",), f"shares must sum to 100%, they sum to {total:.4%}", None, None
    for name, source in scenario.marketing.sources.items():
        if source.personas is None:
            continue
        total = sum(source.personas.values())
        if abs(total - 1.0) > _TOLERANCE:
            yield ("marketing", "sources", name, "personas"), f"must sum to 100%, they sum to {total:.4%}", None, None


def _references(scenario: Scenario) -> Iterator[Broken]:
    """Find names that are used and do not exist."""
    sources = scenario.marketing.sources
    segments = {persona.segment or name for name, persona in scenario.personas.items()}
    for name, campaign in scenario.marketing.campaigns.items():
        yield from _known(("marketing", "campaigns", name, "source"), campaign.source, sources, "source")
    for name, source in sources.items():
        for persona in source.personas or ():
            yield from _known(
                ("marketing", "sources", name, "personas", persona), persona, scenario.personas, "persona"
            )
    for channel in dict.fromkeys(scenario.sales.sdr.cadence.channels):
        yield from _known(("sales", "sdr", "cadence", "channels"), channel, scenario.sales.sdr.channels, "channel")
    for name, clause in scenario.sla.items():
        applies = clause.applies_to
        if applies.source is not None:
            yield from _known(("sla", name, "applies_to", "source"), applies.source, sources, "source")
        if applies.segment is not None:
            yield from _known(("sla", name, "applies_to", "segment"), applies.segment, segments, "segment")
    for name, territory in scenario.sales.sdr.routing.territories.items():
        at = ("sales", "sdr", "routing", "territories", name, "takes")
        takes = territory.takes
        for field, value, valid in (
            ("source", takes.source, sources),
            ("persona", takes.persona, scenario.personas),
            ("segment", takes.segment, segments),
        ):
            if value is not None:
                yield from _known((*at, field), value, valid, field)


def _reachable_chances(scenario: Scenario) -> Iterator[Broken]:
    """Find chances to qualify that the leads inside the profile would have to exceed."""
    marketing = scenario.marketing
    for (name, source), audience in zip(marketing.sources.items(), marketing.audiences.values(), strict=True):
        fit = audience.in_profile_share
        inside = fit + (1.0 - fit) * marketing.out_of_profile_factor
        if source.qualify_prob > inside:
            rule = f"must be at most {inside:.3g}: in_profile_share and out_of_profile_factor leave no more"
            yield ("marketing", "sources", name, "qualify_prob"), rule, source.qualify_prob, None


def _months(scenario: Scenario) -> Iterator[Broken]:
    """Find lists of months that are neither a year nor a course with a beginning."""
    for name, source in scenario.marketing.sources.items():
        column = source.volume_column
        listed = len(source.monthly_leads)
        if source.months_from is None and listed not in {1, 12}:
            rule = f"must be one number or twelve, January first, not {listed}; another list says its months_from"
            yield ("marketing", "sources", name, column), rule, None, None
        if source.months_from is not None and listed == 1:
            yield ("marketing", "sources", name, "months_from"), f"needs a list of months in {column}", None, None


def _cooling(scenario: Scenario) -> Iterator[Broken]:
    """Find sources that cool while nothing says what waiting spoils."""
    for name, source in scenario.marketing.sources.items():
        if source.decay is not None and source.decay.curve is not None and not scenario.decay.spoils:
            rule = "needs decay.outcomes, such as [contact]: what waiting spoils is said there, for all sources"
            yield ("marketing", "sources", name, "decay"), rule, None, None


def _known(path: tuple[str, ...], name: str, valid: Iterable[str], what: str) -> Iterator[Broken]:
    names = list(valid)
    if name not in names:
        yield path, f"is not a known {what}", name, nearest_name(name, names)


def _team(scenario: Scenario) -> Iterator[Broken]:
    """Find overrides and territories of reps that do not exist."""
    sdr = scenario.sales.sdr
    numbers = {str(number) for number in range(1, sdr.headcount + 1)}
    for rep in sdr.reps:
        if rep not in numbers:
            rule = f"overrides a rep that does not exist; reps are numbered 1 to sales.sdr.headcount = {sdr.headcount}"
            yield ("sales", "sdr", "reps", rep), rule, rep, None
    for name, territory in sdr.routing.territories.items():
        for number in territory.reps:
            if not 1 <= number <= sdr.headcount:
                path = ("sales", "sdr", "routing", "territories", name, "reps")
                yield path, f"names a rep that does not exist; sales.sdr.headcount = {sdr.headcount}", number, None
    if sdr.routing.rule == "territory" and not sdr.routing.territories:
        yield ("sales", "sdr", "routing", "rule"), "territory needs sales.sdr.routing.territories", "territory", None


def _dates(scenario: Scenario) -> Iterator[Broken]:
    """Find dates outside the years that the run touches."""
    first, last = _ends_of_run(scenario)
    years = f"the run touches {first.year} to {last.year}"
    holidays = scenario.calendar.holidays
    at = ("calendar", "holidays", "dates") if holidays.country else ("calendar", "holidays")
    for index, days in enumerate(holidays.dates):
        if not first.year - 1 <= days.first.year <= days.last.year <= last.year + 1:
            yield (*at, str(index)), f"is out of range; {years}", days.text, None
    for name, campaign in scenario.marketing.campaigns.items():
        if not first.year - 1 <= campaign.starts_on.year <= last.year + 1:
            path = ("marketing", "campaigns", name, "starts_on")
            yield path, f"is out of range; {years}", campaign.starts_on.isoformat(), None


def _ends_of_run(scenario: Scenario) -> tuple[dt.date, dt.date]:
    """Return about the first and the last day of the run; the years are exact."""
    run = scenario.run
    months = run.starts_on.year * 12 + run.starts_on.month - 1 + run.horizon_months
    first = run.starts_on - dt.timedelta(weeks=run.warm_up_weeks)
    return first, dt.date(months // 12, months % 12 + 1, 1) + dt.timedelta(weeks=run.cool_down_weeks)


def _sources_of_beliefs(scenario: Scenario) -> Iterator[Broken]:
    """Find beliefs that name no row of the evidence ledger, or folklore."""
    rows = evidence()
    for path, belief in scenario.beliefs.items():
        for name in belief.source.replace(",", " ").split():
            if name[:1] == "E" and name[1:2].isdigit():
                if name not in rows:
                    rule = f"source {name} is not in the evidence ledger"
                    yield tuple(path.split(".")), rule, None, nearest_name(name, rows)
                elif rows[name].grade.startswith("F"):
                    yield tuple(path.split(".")), f"source {name} is folklore and cannot carry a default", None, None


def _size(scenario: Scenario) -> Iterator[Broken]:
    """Refuse what no machine could finish, before any work starts."""
    run = scenario.run
    months = run.horizon_months + (run.warm_up_weeks + run.cool_down_weeks) / 4.35
    season = months * max(scenario.marketing.season)
    parts: dict[tuple[str, ...], float] = {("run", "opening_backlog"): run.opening_backlog}
    for name, source in scenario.marketing.sources.items():
        parts["marketing", "sources", name] = season * max(source.monthly_leads)
    for name, campaign in scenario.marketing.campaigns.items():
        parts["marketing", "campaigns", name] = campaign.first_week_leads * campaign.weeks
    leads = sum(parts.values())
    if not leads <= MAX_LEADS:
        rule = f"about {leads:,.0f} leads in one run; at most {MAX_LEADS:,} can be simulated"
        yield max(parts, key=lambda path: parts[path]), rule, None, None


def _scores(scenario: Scenario) -> Iterator[Broken]:
    """Find a score better than one that sees the propensity itself."""
    marketing = scenario.marketing
    for (name, source), audience in zip(marketing.sources.items(), marketing.audiences.values(), strict=True):
        spread, auc = audience.scoring.spread, audience.scoring.auc
        inside = inside_profile_prob(
            qualify_prob=source.qualify_prob,
            in_profile_share=audience.in_profile_share,
            out_of_profile_factor=marketing.out_of_profile_factor,
        )
        best = best_auc(qualify_prob=inside, handed_share=source.handed_share, spread=spread)
        if not best >= auc:
            own = ("marketing", "sources", name, "scoring", "auc")
            path = own if source.scoring else ("marketing", "scoring", "auc")
            rule = (
                f"no score can be this good for leads from {name} while the spread of leads is {spread:g}; "
                f"the best is {best:.3f}"
            )
            yield path, rule, auc, None
