"""Sections on what marketing promises: whose part of the goal is what, the pacing line, bursts, and the next leads."""

from __future__ import annotations

import math

from smarketing_sim.charts.promise import pacing_chart
from smarketing_sim.decide.flow import next_count
from smarketing_sim.decide.marketing_promise import MarketingPromise
from smarketing_sim.experiment import results
from smarketing_sim.experiment.chance_kept import kept_in_a_month, kept_months
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.report.marketing_promise.words import leads, pays_up_to, pays_up_to_range
from smarketing_sim.report.notebook.display import fold, heading, show, table
from smarketing_sim.scenario.contract import PacingClause, VolumeClause
from smarketing_sim.words.numbers import counted, gain, money, month_range, months, percent, range_of, signed
from smarketing_sim.words.tables import table_html

_DAYS = (5, 10, 15, 20, 25, 31)
_HALFWAY = 15


def show_split(promise: MarketingPromise) -> None:
    """Show the goal's split between marketing and sales, and the quotas of those who close."""
    goal, quota = promise.scenario.goal, _quota(promise)
    if not goal.revenue and not quota:
        heading("Neither a goal nor a quota is set", "There is nothing to split and nothing to check.")
        return
    heading(
        _split_title(promise, quota),
        "Marketing’s leads alone are simulated, and not the deals that sales sources itself.",
    )
    rows = [*_goal_rows(promise), *_revenue_rows(promise), *_quota_rows(promise, quota)]
    table(["", "amount", "range"], rows, numeric=["amount", "range"])


def show_pacing(promise: MarketingPromise) -> None:
    """Show the pacing line: the running count of a month, day by day."""
    line = promise.pacing
    expected, total = (leads(float(line.expected[day - 1])) for day in (_HALFWAY, 31))
    is_promised = math.isfinite(line.promised[-1])
    half, whole = (leads(float(line.promised[day - 1])) if is_promised else "" for day in (_HALFWAY, 31))
    heading(
        f"By the {_HALFWAY}th, {expected} of the {half} leads promised by then are in; by month end, {total} of {whole}"
        if is_promised
        else f"By the {_HALFWAY}th, {expected} leads are in, by month end {total}; no number is promised",
        f"Means over all months of the simulated years; nine months of ten run inside the band.{_kept_words(promise)}",
    )
    show(
        pacing_chart(line, title="Leads handed over so far, by day of the month"),
        alt="Running count of leads handed over in a month: "
        + ", ".join(f"day {day} {leads(float(line.expected[day - 1]))}" for day in _DAYS)
        + (f"; promised {whole} by the end." if is_promised else "; nothing is promised."),
        caption="The band is how far single months stray, not how sure the mean is.",
    )
    columns = ["by day", "expected", "nine months of ten", "promised"]
    rows = [
        (
            f"{day}",
            leads(float(line.expected[day - 1])),
            f"{leads(float(line.low[day - 1]))} to {leads(float(line.high[day - 1]))}",
            leads(float(line.promised[day - 1])) if is_promised else "–",
        )
        for day in _DAYS
    ]
    fold("Day by day in numbers", table_html(columns, rows, numeric=columns[1:]))


def show_burst(promise: MarketingPromise) -> None:
    """Show what it costs that leads come in campaigns."""
    burst, total = promise.burst, promise.scenario.run.horizon_months
    if burst is None:
        heading("No campaign is planned, so no burst costs anything", "They go under campaigns: in the plan’s file.")
        return
    heading(
        _burst_title(burst.contribution),
        f"{leads(burst.burst_leads)} leads come in campaigns; here they come evenly over the year instead, from the "
        "same sources, as many as before. What campaigns themselves cost is left out on both sides.",
    )
    rows: list[tuple[object, ...]] = [
        ("contribution", gain(burst.contribution.mean), range_of(burst.contribution, gain)),
        ("expected revenue", gain(burst.revenue.mean), range_of(burst.revenue, gain)),
    ]
    if math.isfinite(burst.kept_share.mean):
        share = burst.kept_share
        kept = Interval(total * share.mean, total * share.low, total * share.high)
        rows.append((f"months of {total} in which sales keeps all promises", _more(kept.mean), range_of(kept, _more)))
    names = ["an even flow, vs the plan", "difference", "range"]
    table(names, rows, numeric=names[1:])


def show_next(promise: MarketingPromise) -> None:
    """Show what the next leads of each source bring."""
    more = {name: one for name, one in promise.next_leads.items() if math.isfinite(one.contribution.mean)}
    if not more:
        heading("No source hands leads over evenly", "So there are no next ones to ask about.")
        return
    ordered = sorted(more.items(), key=lambda item: -item[1].contribution.mean)
    heading(
        _next_title({name: one.contribution for name, one in ordered}, next_count(promise.scenario)),
        "What they cost, and what they take from all other leads by making them wait, is counted. They come evenly "
        "over the year, one source at a time.",
    )
    names = ["source", "each of them brings", "range", "media for one", "how many came"]
    rows = [
        (
            _source(name),
            gain(one.contribution.mean),
            range_of(one.contribution, gain),
            money(promise.scenario.marketing.sources[name].cost_per_handed),
            leads(one.handed_count),
        )
        for name, one in ordered
    ]
    table(names, rows, numeric=names[1:])


# ---------------------------------------------------------------------- words and rows


def _quota(promise: MarketingPromise) -> float:
    """Return the quotas of all account executives over the horizon."""
    ae, total = promise.scenario.sales.ae, promise.scenario.run.horizon_months
    return ae.quota * ae.headcount * total / 12.0


def _split_title(promise: MarketingPromise, quota: float) -> str:
    goal = promise.scenario.goal
    if not goal.revenue:
        return f"No goal is set; the account executives’ quotas add up to {money(quota)}"
    whole = goal.marketing_share == 1.0
    part = "all of the goal," if whole else f"{money(goal.from_marketing)} of the goal of"
    text = f"Marketing’s leads must bring {part} {money(goal.revenue)}"
    if not quota:
        return f"{text}; no quota is set"
    amount = "as much" if money(quota) == money(goal.revenue) else money(quota)
    short = "" if _quota_leads(promise, quota) is not None else ", and no number of leads tried fills them"
    return f"{text}; the account executives’ quotas add up to {amount}{short}"


def _goal_rows(promise: MarketingPromise) -> list[tuple[object, ...]]:
    goal = promise.scenario.goal
    if not goal.revenue:
        return []
    reached = results.goal_reached(promise.today)
    return [
        ("goal", money(goal.revenue), "set"),
        (f"of it by marketing’s leads, {percent(goal.marketing_share)}", money(goal.from_marketing), "set"),
        ("of it sourced by sales itself", money(goal.revenue - goal.from_marketing), "set"),
        ("chance that marketing’s part is reached, as planned", percent(reached.mean), range_of(reached, percent)),
    ]


def _revenue_rows(promise: MarketingPromise) -> list[tuple[object, ...]]:
    views = {
        "revenue expected from this year’s leads": "expected_revenue",
        "revenue booked this year from marketing’s leads": "booked_revenue",
    }
    listed = {label: results.mean_of(promise.today, name) for label, name in views.items()}
    return [(label, money(one.mean), range_of(one, money)) for label, one in listed.items()]


def _quota_rows(promise: MarketingPromise, quota: float) -> list[tuple[object, ...]]:
    """Return the quotas, the chance that they are filled, and the leads they take beside those that can be worked."""
    if not quota:
        return []
    reached, here = results.quota_reached(promise.today), promise.as_it_is
    closers = counted(promise.scenario.sales.ae.headcount, "account executive")
    needed = _quota_leads(promise, quota)
    return [
        (f"quotas of {closers} together", money(quota), "set"),
        (
            "chance that marketing’s leads alone fill them",
            percent(reached.mean),
            range_of(reached, percent),
        ),
        (
            f"leads a month that bring marketing’s part of them, chance {percent(promise.chance)}",
            "none tried" if needed is None else leads(needed),
            "–",
        ),
        ("leads a month up to which one more pays", pays_up_to(here.curve), pays_up_to_range(here.curve)),
    ]


def _quota_leads(promise: MarketingPromise, quota: float) -> float | None:
    """Return the fewest leads a month tried that bring marketing's part of the quotas; None where none does."""
    curve, part = promise.as_it_is.curve, promise.scenario.goal.marketing_share * quota
    enough = (place for place, one in enumerate(curve.goal_chance(part)) if one.mean >= promise.chance)
    place = next(enough, None)
    return None if place is None else float(curve.handed_per_month[:, place].mean())


def _kept_words(promise: MarketingPromise) -> str:
    """Return in how many months the promised number of leads is kept; empty without a promise or a case."""
    total, kinds = promise.scenario.run.horizon_months, VolumeClause | PacingClause
    name = next((n for n, c in promise.scenario.sla.items() if isinstance(c, kinds) and c.leads_per_rep), None)
    if name is None:
        return ""
    kept = kept_in_a_month(kept_months(promise.today, name))
    if math.isnan(kept.mean):
        return ""
    named = name.replace("_", " ")
    return f" The promise ({named}) is kept in {months(kept, total)} months ({month_range(kept, total)})."


def _burst_title(cost: Interval) -> str:
    if cost.low > 0.0:
        return f"Bursts cost {money(cost.mean)}: in an even flow the same leads would bring that much more"
    if cost.high < 0.0:
        return f"Bursts cost nothing: in an even flow the same leads would bring {money(-cost.mean)} less"
    return "Whether bursts cost anything cannot be told from these simulated years"


def _next_title(each: dict[str, Interval], count: int) -> str:
    """Return which source's next leads of a year bring most; ``each`` is best first."""
    first, best = next(iter(each.items()))
    if best.low > 0.0:
        return f"Of the next {count:,} leads a year, those from {_source(first)} bring most: {gain(best.mean)} each"
    losing = sum(one.high < 0.0 for one in each.values())
    tail = f"; for {losing} of {counted(len(each), 'source')} they clearly cost more" if losing else ""
    return f"No source’s next {count:,} leads a year clearly bring more than they cost{tail}"


def _source(name: str) -> str:
    return name.replace("_", " ")


def _more(months_more: float) -> str:
    text = signed(f"{months_more:.1f}")
    return f"+{text}" if months_more > 0 and text != "0.0" else text
