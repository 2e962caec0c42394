"""``python -m benchmarks``: run the figures, print the table, keep the history."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence

from benchmarks import figures_answer, figures_engine, figures_lab, figures_memory, figures_process
from benchmarks.figure import HISTORY, Effort, Figure, NotThere, remember
from benchmarks.timing import machine_facts

FIGURES: dict[str, Callable[[Effort], list[Figure]]] = {
    "P1": figures_engine.p1,
    "P2": figures_engine.p2,
    "P3": figures_engine.p3,
    "P4": figures_engine.p4,
    "P5": figures_answer.p5,
    "P6": figures_answer.p6,
    "P7": figures_engine.p7,
    "P8": figures_engine.p8,
    "P9": figures_process.p9,
    "P10": figures_answer.p10,
    "P11": figures_engine.p11,
    "P12": figures_memory.p12,
    "P13": figures_process.p13,
    "coverage": figures_answer.coverage,
    "lab": figures_lab.lab,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; the exit code is 1 where a figure is worse than it may ever be."""
    options = _parser().parse_args(arguments)
    wanted = options.only.split(",") if options.only else list(FIGURES)
    unknown = [name for name in wanted if name not in FIGURES]
    if unknown:
        print(f"{unknown[0]} is not a figure; there are {', '.join(FIGURES)}", file=sys.stderr)
        return 2
    machine = machine_facts()
    print("  ".join(f"{name} {value}" for name, value in machine.items()))
    print(f"{'figure':<13}{'min':>10}  {'median':>10}  {'max':>10}  {'target':>8}  {'never':>8}  verdict")
    worse = False
    for name in wanted:
        for figure in _measured(name, Effort(quick=options.quick)):
            print(figure.line(), flush=True)
            worse |= figure.verdict == "worse"
            if not options.quick:
                remember(figure, machine, history=HISTORY)
    return int(worse)


def _measured(name: str, effort: Effort) -> list[Figure]:
    started = time.perf_counter()
    try:
        figures = FIGURES[name](effort)
    except NotThere as missing:
        print(f"{name:<13}left out: {missing}")
        return []
    print(f"{name} took {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return figures


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="The project beside its peers.")
    parser.add_argument("--only", default="", help="figures to run, such as P1,P4")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and leads; never kept in the history")
    return parser


if __name__ == "__main__":
    sys.exit(main())
