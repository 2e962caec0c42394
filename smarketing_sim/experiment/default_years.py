"""How many simulated years are taken unless told otherwise, and how many can be asked for."""

from __future__ import annotations

from smarketing_sim.errors import InputError

QUICK_YEARS = 20
"""Of a quick look, a comparison, a sweep."""
REPORT_YEARS = 200
"""Of a planning report, and of the lab's answers."""
CHAPTER_YEARS = {
    "planning_report": REPORT_YEARS,
    "beliefs": 8,
    "follow_up": 24,
    "free_levers": 20,
    "marketing_promise": 20,
    "sales_promise": 24,
    "staffing": 400,
    "real_trial": 60,
    "who_broke_it": 20,
    "replications": 40,
}
"""Of each chapter that is published; opened in Jupyter, a notebook takes the few that its first cell says."""
DESIGN_YEARS = 12
"""Of each way to follow up that ``design`` tries."""
STAFFING_YEARS = 800
"""Of one headcount that ``staff`` tries, at most."""
MAX_REPLICATIONS = 100_000


def check_numbers(*, replications: int, seed: int) -> None:
    """Raise InputError unless so many simulated years can be run from this seed."""
    problems = []
    if not 1 <= replications <= MAX_REPLICATIONS:
        problems.append(f"replications = {replications}: must be between 1 and {MAX_REPLICATIONS:,}")
    if seed < 0:
        problems.append(f"seed = {seed}: must be a whole number from 0")
    if problems:
        raise InputError(problems)
