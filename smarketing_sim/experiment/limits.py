"""How many simulated years can be asked for, and from which seed."""

from __future__ import annotations

from smarketing_sim.errors import InputError

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
