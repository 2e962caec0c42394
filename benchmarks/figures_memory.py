"""Figures of memory: how far a process grows for a year of 1.5 million leads."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from benchmarks.figure import Effort, Figure, fast_engine
from benchmarks.timing import Ratio

SEED = 20_230_101


def p12(effort: Effort) -> list[Figure]:
    """Peak bytes a lead, in a fresh process each, of measures alone and of every table; and whether the peak stays."""
    fast_engine()
    rate = effort.of(6000, 600)
    figures = []
    for kind, target, never in (("measures", 150.0, 250.0), ("ledger", 600.0, 800.0)):
        runs = [_grown(kind, rate=rate, replications=1) for _ in range(effort.of(3, 1))]
        row = _grown(kind, rate=rate, replications=3)
        note = f"three replications in a row {row:.0f}"
        figures.append(Figure(name=f"P12 {kind}", what="peak bytes a lead", ratio=Ratio.of(runs), target=target,
                              never=never, note=note))  # fmt: skip
    return figures


def _grown(kind: str, *, rate: int, replications: int) -> float:
    command = [sys.executable, "-m", "benchmarks.figures_memory", kind, str(rate), str(replications)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout))


def peak_growth(kind: str, *, rate: float, replications: int) -> float:
    """Return by how many bytes a lead this process's peak exceeds its size before the leads were drawn."""
    from benchmarks.adapter import demand_for, scenario_for  # noqa: PLC0415 - only the fresh process needs them
    from benchmarks.model import sample_year  # noqa: PLC0415
    from smarketing_sim.engine import simulate  # noqa: PLC0415
    from smarketing_sim.measure.summary import measure  # noqa: PLC0415

    engine = fast_engine()

    def replicate(rate: float, seed: int) -> int:
        reps = max(1, round(rate / 20))
        scenario = scenario_for(rate=rate, reps=reps)
        ledger = simulate(scenario, demand_for(scenario, sample_year(seed=seed, rate=rate, reps=reps)), engine=engine)
        if kind == "measures":
            measure(ledger, scenario)
        else:
            touched = [column for table in ledger.tables.values() for column in table.values()]
            assert all(len(column.shape) == 1 for column in touched)
        return len(ledger.tables["leads"]["lead_id"])

    replicate(20.0, SEED)  # what is compiled or imported at first use belongs to no lead
    before = _resident_bytes()
    leads = max(replicate(rate, SEED + number) for number in range(replications))
    return max(0, _peak_bytes() - before) / leads


def _peak_bytes() -> int:
    # Not the peak that resource usage tells: a process begins with that of the one which started it.
    with open("/proc/self/status", encoding="ascii") as file:
        return next(1024 * int(line.split()[1]) for line in file if line.startswith("VmHWM:"))


def _resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    print(json.dumps(peak_growth(sys.argv[1], rate=float(sys.argv[2]), replications=int(sys.argv[3]))))
