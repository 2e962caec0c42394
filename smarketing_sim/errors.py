"""One family of errors and one of warnings.

Every error that a user can cause is a :class:`SmarketingError`; the command line prints its text and leaves with its
``exit_code``. Anything else that reaches the top is a defect of ours.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from smarketing_sim.printable import one_line


class SmarketingError(Exception):
    """The base of every error that this package raises on purpose."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input, in the words a user needs to mend it.

    Parameters
    ----------
    rule
        What must hold, as a sentence without a full stop.
    file, line
        Where it stands; ``line`` counts from 1.
    path
        Dotted path inside the file, such as ``sales.sdr.headcount``.
    value
        The offending value as the user wrote it, shortened.
    nearest
        The nearest valid name, where a name is wrong.
    """

    rule: str
    file: str | None = None
    line: int | None = None
    path: str | None = None
    value: object = None
    nearest: str | None = None

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        what = _one_line(self.path or "", 200)
        if self.value is not None:
            what += f" = {shorten(self.value)}" if what else shorten(self.value)
        hint = f"; did you mean '{self.nearest}'?" if self.nearest else ""
        return ": ".join(_one_line(part, 1000) for part in (where, what, self.rule + hint) if part)


class InputError(SmarketingError):
    """Input that cannot be used, with every problem found in it.

    Parameters
    ----------
    problems
        The problems in the order a reader meets them; a plain string stands for a problem with only a rule.
    """

    def __init__(self, problems: Iterable[Problem | str] | str) -> None:
        listed = [problems] if isinstance(problems, str) else list(problems)
        self.problems = tuple(p if isinstance(p, Problem) else Problem(p) for p in listed)
        super().__init__("\n".join(str(p) for p in self.problems))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class ConflictError(InputError):
    """Input whose parts are each valid and do not go together."""


class NothingToDecide(InputError):
    """A plan that is whole and has no case for a question: nobody to call, nothing promised; a page says so."""


class LedgerError(SmarketingError):
    """A ledger that breaks its schema or one of its invariants."""


class RunFailed(SmarketingError):
    """One or more replications failed; the others were finished."""

    exit_code = 3


class SmarketingWarning(UserWarning):
    """The base of our warnings; each kind can be silenced by its own class."""


class CadenceWarning(SmarketingWarning):
    """The planned follow-up cannot meet a clause of the contract."""


class VolumeWarning(SmarketingWarning):
    """Leads come in months for which they may not be meant."""


class RangeWarning(SmarketingWarning):
    """A range of a belief reaches where the other values of the plan leave no room."""


class DoubleCountingWarning(SmarketingWarning):
    """One effect of delay is charged twice."""


class HolidayWarning(SmarketingWarning):
    """A year of the run whose public holidays are not known."""


class AlternativeWarning(SmarketingWarning):
    """A named alternative that cannot be had in this scenario."""


class EngineWarning(SmarketingWarning):
    """The slower engine runs, because the faster one is not installed."""


def nearest_name(name: str, valid: Iterable[str], *, alike: float = 0.6) -> str | None:
    """Return the valid name closest to ``name``, or None when nothing is so much alike."""
    close = difflib.get_close_matches(name, list(valid), n=1, cutoff=alike)
    return close[0] if close else None


def shorten(value: object, width: int = 60) -> str:
    """Return ``value`` as a user wrote it, on one line and at most ``width`` characters."""
    text = _one_line(value if isinstance(value, str) else repr(value), width)
    return f"'{text}'" if isinstance(value, str) else text


def _one_line(text: str, width: int) -> str:
    return one_line(text if len(text) <= width else text[: width - 1] + "…")
