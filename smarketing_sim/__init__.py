"""A playbook and simulation lab for smarketing: marketing and sales under one two-way service level agreement.

>>> import smarketing_sim as sm
>>> plan = sm.load("smarketing:baseline", {"sales.sdr.headcount": 12})
>>> years = sm.simulate(plan, replications=2)

``years.clauses``, ``years.funnel``, ``years.money`` and ``years.waiting`` are data frames, ``years.plot.waiting()``
and its like draw; ``compare``, ``sweep``, ``staff``, ``design``, ``explain`` and ``levers`` ask what the commands ask.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smarketing_sim.analysis.answers import Answer
    from smarketing_sim.analysis.plans import load, override
    from smarketing_sim.analysis.questions import compare, design, explain, levers, simulate, staff, sweep
    from smarketing_sim.analysis.years import Years
    from smarketing_sim.errors import InputError, RunFailed, SmarketingError
    from smarketing_sim.scenario.schema import Scenario

__version__ = "0.2.0"
_STANDS_IN = {
    "Answer": "analysis.answers",
    "InputError": "errors",
    "RunFailed": "errors",
    "Scenario": "scenario.schema",
    "SmarketingError": "errors",
    "Years": "analysis.years",
    "compare": "analysis.questions",
    "design": "analysis.questions",
    "explain": "analysis.questions",
    "levers": "analysis.questions",
    "load": "analysis.plans",
    "override": "analysis.plans",
    "simulate": "analysis.questions",
    "staff": "analysis.questions",
    "sweep": "analysis.questions",
}
__all__ = [
    "Answer",
    "InputError",
    "RunFailed",
    "Scenario",
    "SmarketingError",
    "Years",
    "__version__",
    "compare",
    "design",
    "explain",
    "levers",
    "load",
    "override",
    "simulate",
    "staff",
    "sweep",
]


def __getattr__(name: str) -> Any:
    """Load what is asked for: a command that only prints its version need not wait for data frames."""
    if name in _STANDS_IN:
        return getattr(importlib.import_module(f"smarketing_sim.{_STANDS_IN[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
