"""Wanted precision, read as the command line gives it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from smarketing_sim.errors import InputError, Problem, nearest_name
from smarketing_sim.experiment.replications import OfMean, Precision
from smarketing_sim.measure.names import HEADLINES, current_name

_PRECISION = "--precision"


def parse_precision(settings: Sequence[str]) -> dict[str, Precision]:
    """Read ``measure=half_width`` words, such as ``expected_revenue=3%`` or ``sdr_utilisation=0.01``.

    Returns
    -------
    dict of str to float or OfMean
        Half-widths by headline measure: in its own unit, or with a per cent sign as a share of its mean.

    Raises
    ------
    InputError
        With every problem: no measure, no number above 0.
    """
    problems: list[Problem] = []
    wanted: dict[str, Precision] = {}
    for setting in settings:
        name, _, text = (part.strip() for part in setting.partition("="))
        name = current_name(name)
        width = _positive(text.removesuffix("%").strip())
        if name not in HEADLINES:
            rule = "is not a measure; name one that smarketing compare prints"
            problems.append(Problem(rule, file=_PRECISION, value=name, nearest=nearest_name(name, HEADLINES)))
        elif width is None:
            rule = "must be a half-width above 0, such as 3% of the mean, or 0.01 in the measure's own unit"
            problems.append(Problem(rule, file=_PRECISION, path=name, value=text))
        else:
            wanted[name] = OfMean(width / 100.0) if text.endswith("%") else width
    if problems:
        raise InputError(problems)
    return wanted


def _positive(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0.0 < number < math.inf else None
