"""What marketing must promise, in words: where one more lead stops paying, and what the goal takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from smarketing_sim.decide.marketing_promise import Course, MarketingPromise
from smarketing_sim.decide.volume import Curve
from smarketing_sim.measure.statistics import Interval, paired_difference, t_interval
from smarketing_sim.words.numbers import gain, money, percent, range_of, readable

Cell = object


def leads(count: float) -> str:
    """Return a number of leads."""
    return f"{count:,.0f}"


def ranged(interval: Interval, tell: Callable[[float], str]) -> str:
    """Return the range of an interval with the word for it, or that there is none."""
    words = range_of(interval, tell)
    return words if words == "no range" else f"range {words}"


def is_lowest(curve: Curve) -> bool:
    """Tell whether the fewest leads tried already bring most."""
    return bool(curve.cliff.factor.mean <= curve.factors[0])


def pays_up_to(curve: Curve) -> str:
    """Return up to how many leads a month one more pays."""
    count = leads(curve.cliff.handed_per_month.mean)
    if is_lowest(curve):
        return f"below {count}"
    return count if curve.cliff.in_sight else f"beyond {count}"


def pays_up_to_range(curve: Curve) -> str:
    """Return the range of that number; where an end lies at the end of what was tried, it may lie further."""
    cliff = curve.cliff
    words = range_of(cliff.handed_per_month, leads)
    if words == "no range" or not cliff.in_sight or is_lowest(curve):
        return "no range"
    low = "fewer" if cliff.factor.low <= curve.factors[0] else leads(cliff.handed_per_month.low)
    high = "more" if cliff.factor.high >= curve.factors[-1] else leads(cliff.handed_per_month.high)
    return f"{low} to {high}"


def cliff_words(course: Course) -> str:
    """Return where one more lead stops paying beside what the plan hands over, as a sentence."""
    curve, today = course.curve, leads(course.today_per_month)
    cliff, here = curve.cliff, f"the plan delivers {today}"
    count, handed = leads(cliff.handed_per_month.mean), cliff.handed_per_month
    if is_lowest(curve):
        return f"Even {count} leads a month, the fewest tried, are too many to pay; {here}."
    if not cliff.in_sight:
        return f"An extra lead pays at every number tried, up to {count} a month; {here}."
    low, high = (end if math.isfinite(end) else handed.mean for end in (handed.low, handed.high))
    if high < course.today_per_month:
        return f"Above {count} leads a month, each extra lead lowers contribution; {here}."
    if low > course.today_per_month:
        return f"An extra lead pays up to {count} a month; {here}."
    return f"An extra lead pays up to about {count} a month, and {here}: the plan stands at the edge."


def needed(course: Course) -> float:
    """Return the leads a month that the goal takes; NaN without a goal or where no number tried reaches it."""
    goal = course.goal
    if goal is None or goal.factor is None:
        return math.nan
    return sum(one.handed_per_month for one in goal.by_source.values())


def needed_words(course: Course) -> str:
    """Return the leads a month that the goal takes, in words."""
    if course.goal is None or course.goal.factor is None:
        return "none tried"
    fewest = course.goal.factor <= course.curve.factors[0]
    return f"{leads(needed(course))}{' or fewer' if fewest else ''}"


def goal_words(promise: MarketingPromise) -> str:
    """Return what the goal takes as a sentence to follow another one; empty without a goal."""
    way = promise.way_to_goal
    if promise.as_it_is.goal is None:
        return ""
    if way is None:
        return f" No number of leads tried reaches the goal with a chance of {percent(promise.chance)}."
    if way is promise.as_it_is:
        return f" The goal takes {needed_words(way)} a month."
    return f" The goal is out of reach as it is; with {quoted(way)} it takes {needed_words(way)} a month."


def quoted(course: Course) -> str:
    """Return a course as it is named inside a sentence."""
    return f"“{course.label}”"


def moves_words(promise: MarketingPromise) -> str:
    """Return where the other courses move the point at which one more lead stops paying."""
    first, *others = promise.courses[1:]
    moves = [f"{quoted(first)} raises that to {pays_up_to(first.curve)}"]
    moves += [f"{quoted(course)} to {pays_up_to(course.curve)}" for course in others]
    return f"{', '.join(moves)}. "


def cliff_rows(promise: MarketingPromise) -> list[Sequence[Cell]]:
    """Return for each course where one more lead stops paying, and what it brings there vs today's plan."""
    base = promise.as_it_is.curve
    today = base.contribution[:, _today(base)]
    return [_cliff_row(course, today) for course in promise.courses]


def _cliff_row(course: Course, today: np.ndarray) -> Sequence[Cell]:
    curve = course.curve
    top = curve.contribution[:, int(np.argmax(curve.contribution.mean(axis=0)))]
    there, more = t_interval(top), paired_difference(top, today)
    return (
        course.label,
        (pays_up_to(curve), pays_up_to_range(curve)),
        (money(there.mean), range_of(there, money)),
        (gain(more.mean), range_of(more, gain)),
    )


def _today(curve: Curve) -> int:
    return int(np.argmin(np.abs(curve.factors - 1.0)))


def goal_rows(promise: MarketingPromise) -> list[Sequence[Cell]]:
    """Return for each course how many leads the goal takes, with what chance, and the most that was tried brings."""
    return [_goal_row(course) for course in promise.courses]


def _goal_row(course: Course) -> Sequence[Cell]:
    curve, goal = course.curve, course.goal
    place = int(np.argmax(curve.goal_revenue.mean(axis=0)))
    most, there = t_interval(curve.goal_revenue[:, place]).from_zero, curve.handed_per_month[:, place].mean()
    reached = ("–", "") if goal is None else (percent(goal.reached.mean), range_of(goal.reached, percent))
    return course.label, needed_words(course), reached, (money(most.mean), range_of(most, money)), leads(float(there))


def source_rows(course: Course) -> list[Sequence[Cell]]:
    """Return for each source what the goal takes: leads a month, their worth on paper, and their media cost."""
    listed = {} if course.goal is None else course.goal.by_source
    rows: list[Sequence[Cell]] = [
        (
            readable(name),
            leads(one.handed_per_month),
            money(one.worth / one.handed_per_month) if one.handed_per_month else "–",
            money(one.worth),
            money(one.cost),
        )
        for name, one in listed.items()
    ]
    worth, cost = (sum(getattr(one, name) for one in listed.values()) for name in ("worth", "cost"))
    return [*rows, ("All", leads(needed(course)), "", money(worth), money(cost))]
