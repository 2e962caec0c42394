"""Faults that were planted by hand once and stayed unseen: each must make the tests that are named with it fail.

Run by ``make soak``, or alone: ``python -m tests.mutants``. The tracked files are copied to a folder of their own, each
fault is put into that copy and taken out again, and the tests named with it run there.
"""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 1200
LIBRARIES = (
    "pandas",
    "scipy.stats",
    "matplotlib.figure",
    "numba",
    "nbformat",
    "nbclient",
    "pydantic",
    "hypothesis",
    "simpy",
)


@dataclass(frozen=True)
class Mutant:
    """A fault.

    Parameters
    ----------
    name
        What is wrong then.
    file
        Where, below the package.
    right, wrong
        The text that stands there once, and the fault in its place.
    tests
        What must fail, below ``tests``: files, with ``-k`` and words where less will do.
    beside_years
        Whether simulated years are the same with the fault, so that the copy's may be kept from one fault to the next.
    """

    name: str
    file: str
    right: str
    wrong: str
    tests: tuple[str, ...]
    beside_years: bool = False


NUMBERS = ("report/test_planning_numbers.py",)
MUTANTS = (
    Mutant("ramp ignored", "world/roster.py", "if ramp.months > 0:", "if ramp.months > 999:",
           ("decide/test_hiring.py",)),
    Mutant("ramp a step off", "world/roster.py", "np.arange(ramp.months + 1) / ramp.months",
           "np.arange(1, ramp.months + 2) / ramp.months", ("decide/test_hiring.py",)),
    Mutant("rep meetings ignored", "world/roster.py", "for weekday, hours in meetings:",
           "for weekday, hours in meetings[:0]:", ("world/test_roster.py",)),
    Mutant("stop when rejected ignored", "engine/reference.py",
           "elif self.stop_when_rejected and not self.fit[lead]:", "elif False and not self.fit[lead]:",
           ("engine/test_policies.py", "engine/test_equality.py")),
    Mutant("rep skill ignored", "engine/reference.py", "self.qualify_prob[lead] * self.talker[lead].skill",
           "self.qualify_prob[lead]", ("engine/test_equality.py", "engine/test_policies.py")),
    Mutant("ln in place of log2 in the fading of deals", "engine/deals.py", "np.exp2(-wait / ae.fade_half_life)",
           "np.exp(-wait / ae.fade_half_life)", ("decide/test_bottleneck.py",)),
    Mutant("the whole goal for marketing’s part", "experiment/results.py", "np.sum(revenue >= goal.from_marketing)",
           "np.sum(revenue >= goal.revenue)", NUMBERS),
    Mutant("quota not scaled by the months", "experiment/results.py", "ae.quota * ae.headcount * months / 12.0",
           "ae.quota * ae.headcount", NUMBERS),
    Mutant("a month without a case counts as kept", "experiment/chance_kept.py",
           "np.where(none, np.nan, np.all(", "np.where(none, 1.0, np.all(", ("experiment",)),
    Mutant("campaign cost not scaled with volume", "decide/volume.py", "factor * campaign.cost", "campaign.cost",
           ("decide/test_volume.py",)),
    Mutant("no widening for several looks", "decide/staffing.py", "level=1.0 - 0.05 / len(looks)", "level=0.95",
           ("decide/test_staffing.py",)),
    Mutant("folklore may be a source", "scenario/checks.py", 'elif rows[name].grade.startswith("F"):',
           'elif rows[name].grade.startswith("never"):',
           ("scenario", "bad_input")),
    Mutant("won shows qualified", "report/planning/sections.py",
           '"leads", "handed", "reached", "qualified", "won")',
           '"leads", "handed", "reached", "qualified", "qualified")', NUMBERS),
    Mutant("contribution shows revenue", "report/planning/sections.py", '*_money(report, "contribution"),',
           '*_money(report, "expected_revenue"),', NUMBERS),
    Mutant("booked shows expected", "report/planning/sections.py", '*_money(report, "booked_revenue"))',
           '*_money(report, "expected_revenue"))', NUMBERS),
    Mutant("a bad year shows a good one", "report/planning/finance.py", ", 0.1)", ", 0.9)", ("report/test_desks.py",)),
    Mutant("media left out on the way to contribution", "report/planning/finance.py", '-series("spend")',
           '0.0 * series("spend")',
           ("report/test_desks.py",)),
    Mutant("a month shows the next one", "report/planning/contract.py", "kept[:, [month]]",
           "kept[:, [(month + 1) % report.months]]", NUMBERS),
    Mutant("the gain of a design told from the years that chose it", "decide/design.py",
           "gain=paired_difference(judged, today),",
           "gain=paired_difference(found.series(\"contribution\"), plan.series(\"contribution\")),",
           ("report/test_follow_up.py",)),
    Mutant("months kept from what was attained", "report/planning/contract.py",
           "attained, kept = report.scenario.sla[name], report.clauses[name].attained, report.clauses[name].kept",
           "attained, kept = report.scenario.sla[name], report.clauses[name].attained, report.clauses[name].attained",
           NUMBERS),
    Mutant("marketing’s side shows sales’", "report/planning/answer.py",
           "return kept_in_a_month(all_kept_months(report.years, sides))",
           'return kept_in_a_month(all_kept_months(report.years, ("sales",)))', NUMBERS),
    Mutant("finalists told from the years that chose them", "report/planning/desks.py",
           "for one in sorted(judged, key", "for one in sorted(tried, key",
           NUMBERS),
    Mutant("cold leads cost nothing", "decide/settled_load.py", "* first_success[:, None] * warm",
           "* first_success[:, None] * np.ones_like(warm)", ("decide/test_settled_load.py",)),
    Mutant("revenue of a month under the next one", "measure/economics.py", "case.line.month_of(created)",
           "(case.line.month_of(created) + 1) % (len(case.line.month_starts_at) - 1)", NUMBERS),
    Mutant("the backlog without follow-ups", "experiment/stability.py",
           'years.stacked("waiting_by_month").sum(axis=1)', 'years.stacked("waiting_by_month")[:, 0]', NUMBERS),
    Mutant("an AE’s wait counted twice", "measure/economics.py", 'opened["opportunity_at"] - opened["met_at"]',
           '2 * (opened["opportunity_at"] - opened["met_at"])', ("decide/test_bottleneck.py",)),
    Mutant("a hire’s cost forgotten", "measure/economics.py", "return shared + once, loaded * years + once",
           "return shared, loaded * years", ("decide/test_hiring.py",)),
)  # fmt: skip


@contextmanager
def planted(mutant: Mutant, copy: Path) -> Iterator[None]:
    """Put a fault into a copy of the package, and take it out again."""
    place = copy / "smarketing_sim" / mutant.file
    text = place.read_text(encoding="utf-8")
    if text.count(mutant.right) != 1:
        raise LookupError(f"{mutant.name}: {mutant.right!r} stands {text.count(mutant.right)} times in {mutant.file}")
    place.write_text(text.replace(mutant.right, mutant.wrong), encoding="utf-8")
    try:
        yield
    finally:
        place.write_text(text, encoding="utf-8")


def survives(mutant: Mutant, copy: Path) -> bool:
    """Tell whether the tests named with a fault are green in spite of it.

    They run in a child of this process, which has imported already what they need beside the package.
    """
    for name in LIBRARIES:
        importlib.import_module(name)
    with planted(mutant, copy), tempfile.TemporaryFile("w+") as said:
        child = os.fork()
        if child == 0:  # pragma: no cover - another process
            os._exit(_tested(mutant, copy, said.fileno()))
        code = _outcome(child)
        if code not in (0, 1, None):
            said.seek(0)
            raise RuntimeError(f"{mutant.name}: the tests did not run\n{said.read()[-4000:]}")
    return code == 0


def _tested(mutant: Mutant, copy: Path, said: int) -> int:  # pragma: no cover - another process
    """Run tests of the copy in this process, and return pytest's exit code."""
    os.dup2(said, 1), os.dup2(said, 2)
    os.setsid()
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    os.environ["PYTHONPATH"] = str(copy)
    for name in [name for name in os.environ if name.startswith(("SMARKETING", "PYTEST"))]:
        del os.environ[name]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("tests", "smarketing_sim")]:
        del sys.modules[name]
    if mutant.beside_years:
        _keep_years(copy / "years.sqlite")
    words = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *(f"tests/{name}" for name in mutant.tests)]
    return int(pytest.main(words))


def _keep_years(file: Path) -> None:  # pragma: no cover - another process
    """Have the years that this process simulates by itself looked up in a file, whatever the package's code is."""
    from smarketing_sim.experiment import years, years_cache

    plain = years.outcomes
    years_cache.code_digest = lambda: "with a fault beside the years"  # type: ignore[assignment]
    known = years_cache.KnownYears(_Here(), file)
    years.outcomes = lambda jobs, executor: plain(jobs, executor or known)


class _Here(Executor):
    """Runs each job at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


def _outcome(child: int) -> int | None:
    """Wait for a child's exit code; None where it never ends, or died, which is seen."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else None
        time.sleep(0.1)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


@contextmanager
def copied() -> Iterator[Path]:
    """Provide a copy of the tracked files, without notebooks and reports."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, Path(folder) / name)
        yield Path(folder)


def main() -> int:
    """Plant every fault in turn; tell the survivors, and how many died."""
    with copied() as copy:
        alive = []
        for mutant in MUTANTS:
            lives = survives(mutant, copy)
            print(f"{'SURVIVED' if lives else 'died':<9}{mutant.name}", flush=True)
            alive += [mutant.name] if lives else []
    print(f"{len(MUTANTS) - len(alive)} of {len(MUTANTS)} died")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
