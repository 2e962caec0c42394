"""Ways to follow up, in words: how fast, how often, which leads, and how old a lead is."""

from __future__ import annotations

import math
from dataclasses import replace

from smarketing_sim.decide.design import Design, Tried
from smarketing_sim.decide.follow_ups import DEPTHS, LIMITS, THRESHOLDS
from smarketing_sim.decide.shadow_price import AGES_MINUTES, AttemptValues
from smarketing_sim.measure.statistics import Interval
from smarketing_sim.words.numbers import counted, gain, money, percent, range_of

_DAY, _WEEK = 1440.0, 10_080.0
_OFTEN = 0.9
_UNITS = ((10_080.0, "week"), (1_440.0, "day"), (60.0, "hour"), (1.0, "minute"))


def age_words(minutes: float) -> str:
    """Return an age in the largest unit that it fills, such as ``5 minutes`` or ``1 day``."""
    size, unit = next(one for one in _UNITS if minutes >= one[0] or one[0] == 1.0)
    return counted(round(minutes / size), unit)


def attempts_words(attempts: int, days: int) -> str:
    """Return how often and how long leads are followed up, such as ``up to 5 attempts over 8 days``."""
    if attempts == 1:
        return "one attempt"
    return f"up to {attempts} attempts" + (f" over {counted(days, 'day')}" if days else "")


def choice_words(*, attempts: int, days: int, within: str | None, threshold: float | None) -> str:
    """Return a way to follow up in words.

    Parameters
    ----------
    attempts, days
        Most attempts on a lead, and calendar days from the first to the last.
    within
        Limit of the first attempt; None for none.
    threshold
        Score from which leads are handed over; None where the score does not decide.
    """
    first = "" if within is None else f", {'the first ' if attempts > 1 else ''}within {within}"
    return attempts_words(attempts, days) + first + ("" if threshold is None else f", for {score_words(threshold)}")


def score_words(threshold: float) -> str:
    """Return which leads are handed over, such as ``leads that score 50 or more``."""
    return f"leads that score {threshold:g} or more" if threshold > 0.0 else "leads of any score"


def edge_words(*, within: str | None, attempts: int, threshold: float | None) -> str:
    """Return in what the best lies at the end of what was tried, as a sentence; empty where it lies inside."""
    ends = {
        "limit": within in {LIMITS[0], LIMITS[-1]},
        "number of attempts": attempts >= max(DEPTHS),
        "score": threshold is not None and threshold > 0.0 and not min(THRESHOLDS) < threshold < max(THRESHOLDS),
    }
    named = [name for name, at_the_end in ends.items() if at_the_end]
    return f"Its {' and '.join(named)} lie{'s' * (len(named) == 1)} at the end of what was tried." if named else ""


def order_words(design: Design) -> str:
    """Return what the order of the queue alone brings, where the promise on speed steers it."""
    start = design.start
    if start.within is None:
        return "The contract promises no speed, so the order of the queue is left as it is. "
    return (
        f"Working the earliest deadline first alone, with {start.within} and {counted(start.attempts, 'attempt')}, "
        f"brings {gain(design.order.mean)} ({range_of(design.order, gain)}). "
    )


def level_words(design: Design) -> str:
    """Return which limits cannot be told apart from the best one, and how often each is kept."""
    best = design.optimum
    level = [
        f"{one.choice.within}{_kept(one)}"
        for one in design.tried
        if one.choice != best and replace(one.choice, within=best.within) == best and not one.behind.low > 0.0
    ]
    return f"A first attempt within {' or '.join(level)} cannot be told apart from it. " if level else ""


def rule_words(design: Design) -> str:
    """Return what a limit means that brings most and is rarely kept; empty where it is kept well enough."""
    if design.optimum.within is None or not design.kept.mean < _OFTEN:
        return ""
    return (
        f"The limit of {design.optimum.within} says whom to call next. As a promise it is another matter: with it "
        f"sales keeps all its promises in {percent(design.kept.mean)} of months. "
    )


def _kept(one: Tried) -> str:
    known = math.isfinite(one.kept.mean)
    return f" (all sales promises kept in {percent(one.kept.mean)} of months)" if known else ""


def attempts_title(values: AttemptValues) -> str:
    """Return up to which attempt follow-up pays, for fresh leads and for old ones."""
    last = dict(zip(AGES_MINUTES, values.last_that_pays, strict=True))
    if len(set(last.values())) == 1:
        return f"Whatever its age, a lead is worth {counted(last[_DAY], 'attempt') if last[_DAY] else 'no attempt'}"
    first, day, week = (str(last[age]) if last[age] else "none" for age in (AGES_MINUTES[0], _DAY, _WEEK))
    return (
        f"Followed up within {age_words(AGES_MINUTES[0])}, a lead is worth {first} attempts; after a day {day}, "
        f"after a week {week}"
    )


def _at_price(design: Design, per_hour: float) -> AttemptValues:
    return replace(design.values, cost_per_hour=design.price.wage_per_hour + per_hour)


def age_rows(design: Design) -> list[tuple[object, ...]]:
    """Return for each age who is still interested, what a first attempt brings, and the last attempt that pays."""
    values, price = design.values, design.price.per_hour
    dear, cheap = (_at_price(design, end).last_that_pays for end in (price.high, price.low))
    ranged = math.isfinite(price.low)
    return [
        (
            age_words(age),
            percent(values.still_interested[place]),
            money(values.profit[0, place]),
            str(values.last_that_pays[place] or "none"),
            _ends(dear[place], cheap[place]) if ranged else "no range",
        )
        for place, age in enumerate(AGES_MINUTES)
    ]


def _ends(least: int, most: int) -> str:
    return f"{least or 'none'} to {most}" if most else "none"


def attempt_rows(design: Design) -> list[tuple[object, ...]]:
    """Return for each attempt what it brings at every age, and how far the worth of an hour moves that."""
    values, price = design.values, design.price.per_hour
    half = (price.high - price.low) / 2.0
    return [
        (
            (f"{number + 1}", f"gets through {percent(values.connect_prob[number])}, {values.minutes[number]:.0f} min"),
            *(money(value) for value in values.profit[number]),
            f"± {money(half * values.minutes[number] / 60.0)}" if math.isfinite(half) else "no range",
        )
        for number in range(len(values.minutes))
    ]


def why_fewer(design: Design) -> str:
    """Return why the depth that brings most for all leads may be less than what pays for a fresh one."""
    best = design.optimum
    deeper = next((one for one in design.tried if one.choice.attempts > best.attempts
                   and replace(one.choice, attempts=best.attempts) == best), None)  # fmt: skip
    text = (
        "Ranges come from the worth of an hour. It is that of the next hour: one more attempt on every lead takes many "
        "hours at once and makes each of them dearer, which only the simulation counts."
    )
    if deeper is None or max(design.values.last_that_pays) <= best.attempts:
        return text
    busy, then = percent(design.tried[0].utilisation.mean), percent(deeper.utilisation.mean)
    return (
        f"{text} With {deeper.choice.attempts} attempts for all, reps are {then} busy, with {best.attempts} only "
        f"{busy}. So attempts beyond {best.attempts} pay for fresh leads alone, not for all."
    )


def step_words(one: Tried, design: Design) -> str:
    """Return in what a choice differs from the optimum."""
    here, there = design.optimum, one.choice
    if there.within != here.within:
        return f"first attempt within {there.within}"
    if there.attempts != here.attempts:
        return attempts_words(there.attempts, 0)
    return score_words(there.threshold or 0.0)


def place_words(one: Tried) -> str:
    """Return a choice in few words: limit, attempts, score."""
    threshold = "any score" if one.choice.threshold is None else f"from {one.choice.threshold:g}"
    return f"{one.choice.within or 'no promise'}, {one.choice.attempts}, {threshold}"


def tried_row(label: str, one: Tried, design: Design) -> tuple[object, ...]:
    """Return a choice as a row: contribution vs the best, its range, chance kept, how busy the reps are."""
    beside = Interval(-one.behind.mean, -one.behind.high, -one.behind.low)
    kept = "no promise" if math.isnan(one.kept.mean) else (percent(one.kept.mean), range_of(one.kept, percent))
    busy = (percent(one.utilisation.mean), range_of(one.utilisation, percent))
    if one.choice == design.optimum:
        return label, "the best", "–", kept, busy
    return label, gain(beside.mean), range_of(beside, gain), kept, busy
