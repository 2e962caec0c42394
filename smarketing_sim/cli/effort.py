"""What a command says before it simulates for long, and when it refuses to."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from smarketing_sim.cli.screen import tell
from smarketing_sim.errors import InputError

if TYPE_CHECKING:
    from smarketing_sim.experiment.effort import Effort
    from smarketing_sim.scenario.schema import Scenario

TOLD_FROM_SECONDS = 120.0
TOLD_FROM_BYTES = 3e9
MOST_SECONDS = 3600.0
CHECKED_SECONDS, CHECKED_BYTES = 4.0, 0.7e9
"""What ``check`` may take for its few simulated years."""
YEARS_OF_NOTEBOOKS = {
    "planning_report": (700, 1),
    "first_steps": (15, 2),
    "beliefs": (0, 70),
    "follow_up": (0, 22),
    "free_levers": (0, 18),
    "marketing_promise": (0, 36),
    "sales_promise": (0, 29),
    "staffing": (400, 2),
    "real_trial": (0, 5),
    "who_broke_it": (0, 42),
    "replications": (0, 5),
}
"""Years that a notebook simulates: so many, and so many for each one asked for; shared leads count once."""


def hold_effort(
    work: Sequence[tuple[Scenario, int]],
    *,
    workers: int | None,
    engine: str,
    yes: bool,
    jobs: int | None = None,
    cluster: str | None = None,
    keep_ledgers: bool = False,
) -> None:
    """Tell what simulating takes where that is long or large, and refuse what is too long or too large.

    Parameters
    ----------
    work
        Plans, each with its number of simulated years.
    workers, jobs, engine, cluster
        As for :func:`~smarketing_sim.cli.loading.executor_for`; nothing is known of how fast a cluster is, so nothing
        is told of it.
    yes
        Whether to go on all the same.
    keep_ledgers
        Whether every ledger is kept.

    Raises
    ------
    InputError
        If it takes more than an hour, or more memory than there is, and nobody said yes.
    """
    if cluster is not None:
        return
    from smarketing_sim.experiment.effort import effort_of
    from smarketing_sim.experiment.workers import worker_count

    processes = worker_count(workers, jobs=jobs, engine=engine)
    effort, free_bytes = effort_of(work, workers=processes, engine=engine, keep_ledgers=keep_ledgers), memory_free()
    limits = [f"more than the limit of {_time(MOST_SECONDS)}"] if effort.seconds > MOST_SECONDS else []
    limits += [f"more than the {_memory(free_bytes)} of memory free here"] if effort.memory_bytes > free_bytes else []
    if limits and not yes:
        raise InputError(
            f"{effort_text(effort)}, {' and '.join(limits)}; ask for fewer years with --replications, "
            "shorten run.horizon_months, or add --yes to go on"
        )
    if effort.seconds > TOLD_FROM_SECONDS or effort.memory_bytes > TOLD_FROM_BYTES:
        tell(f"{effort_text(effort)}; fewer --replications take less")


def not_checked(scenario: Scenario) -> str | None:
    """Return why ``check`` does not simulate a plan, or None where its few years are soon simulated."""
    from smarketing_sim.decide.usual import YEARS
    from smarketing_sim.experiment.effort import effort_of, size_of

    effort = effort_of([(scenario, YEARS)])
    if effort.seconds <= CHECKED_SECONDS and effort.memory_bytes <= CHECKED_BYTES:
        return None
    leads = f"{_about(size_of(scenario).leads_count):,.0f} leads and {scenario.sales.sdr.headcount:,} reps"
    return (
        f"too large to try out in a check (about {leads}: {effort_text(effort)}), "
        "so what it implies about a company is left out; run and report show it"
    )


def effort_text(effort: Effort) -> str:
    """Return what simulating takes in words, such as ``about 12 minutes and 4 GB for 20,000 simulated years``."""
    from smarketing_sim.words.numbers import counted

    took = f"about {_time(effort.seconds)} and {_memory(effort.memory_bytes)}"
    return f"{took} for {counted(effort.years, 'simulated year')}"


def notebook_years(name: str, years: int) -> int:
    """Return about how many years a notebook simulates when it is asked for some; one of the reader's own, just those.

    Years of plans that meet the same leads count for less, as they take less.
    """
    fixed, each = YEARS_OF_NOTEBOOKS.get(name, (0, 1))
    return fixed + each * years


def memory_free() -> float:
    """Return the bytes of memory that are free on this machine, or for this container; infinite where nobody tells."""
    found = [math.inf]
    try:
        free = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
        found += [1024.0 * int(free[1])] if free else []
        found.append(float(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):
        pass  # "max" sets no limit
    return min(found)


def _about(number: float) -> float:
    """Return a number as roughly as an estimate is sure of it: 12 and 40, not 12.3 and 37."""
    if number <= 0:
        return 0.0
    step = 10.0 ** math.floor(math.log10(number / 2.0))
    return round(number / step) * step


def _time(seconds: float) -> str:
    """Return a span of time, roughly."""
    for unit, size, most in (("second", 1.0, 90.0), ("minute", 60.0, 90.0), ("hour", 3600.0, 72.0)):
        if seconds < most * size:
            return _counted(seconds / size, unit)
    return _counted(seconds / 86400.0, "day")


def _counted(number: float, unit: str) -> str:
    text = f"{_about(number):,.1f}".removesuffix(".0")
    return f"{text} {unit}" if text == "1" else f"{text} {unit}s"


def _memory(size_bytes: float) -> str:
    """Return an amount of memory, roughly; from ten gigabytes on in whole ones, so that it can be told from a limit."""
    gigabytes = size_bytes / 1e9
    text = f"{gigabytes:,.0f}" if gigabytes >= 10.0 else f"{_about(gigabytes):.1f}".removesuffix(".0")
    return f"{text} GB"
