"""Faults made by rule: bounds swapped, a factor dropped, a sign turned, a condition turned, one off, another measure.

``python -m tests.mutants_by_rule --count 200`` draws a seeded sample of all that the rules make of the code behind the
numbers, plants each in a copy as :mod:`tests.mutants` does, and lists those that no test saw. Some faults change
nothing that can be seen, such as a bound that is never met, so a few survivors are to be looked at, not mended.
"""

from __future__ import annotations

import argparse
import ast
import random
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.mutants import NUMBERS, ROOT, Mutant, copied, survives

APPROVED = "report/test_approved_pages.py"
PAGE = (APPROVED, *NUMBERS, "report/test_what_if.py", "report/test_desks.py", "report/test_planning.py")
ENGINE = ("engine/test_equality.py", "engine/test_policies.py", "theory")
CODE: dict[str, tuple[str, ...]] = {
    "report/planning/answer.py": PAGE,
    "report/planning/contract.py": PAGE,
    "report/planning/desks.py": PAGE,
    "report/planning/finance.py": PAGE,
    "report/planning/load.py": PAGE,
    "report/planning/sections.py": PAGE,
    "report/planning/what_if.py": PAGE,
    "decide/advice.py": ("decide/test_judging.py", *PAGE),
    "decide/judging.py": ("decide/test_judging.py", *PAGE),
    "decide/ranking.py": ("decide/test_ranking.py", "decide/test_judging.py", APPROVED),
    "decide/volume.py": ("decide/test_volume.py", *PAGE),
    "decide/staffing.py": ("decide/test_staffing.py", APPROVED, "cli/test_staff.py"),
    "experiment/results.py": ("experiment/test_results.py", *PAGE),
    "experiment/chance_kept.py": ("experiment/test_results.py", *PAGE),
    "experiment/stability.py": ("experiment/test_stability.py", *PAGE),
    "world/roster.py": ("world", "decide/test_hiring.py", "engine/test_policies.py"),
    "engine/kernel/loop.py": ENGINE,
    "engine/kernel/attempt.py": ENGINE,
    "engine/kernel/queues.py": ENGINE,
}
"""Files below the package, and the tests below ``tests`` that are to see a fault in each."""
_BOUNDS = {"low": "high", "high": "low", "mean": "low"}
_COMPARED = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "=="}
_MEASURES = ("contribution", "expected_revenue", "spend", "booked_revenue", "sdr_utilisation", "won", "qualified")


def mutants_of(file: str) -> Iterator[Mutant]:
    """Yield what the rules make of a file, each as the whole text before and after."""
    text = (ROOT / "smarketing_sim" / file).read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    starts = [sum(len(line.encode()) for line in lines[:number]) for number in range(len(lines))]

    def span(node: ast.expr) -> tuple[int, int]:
        return starts[node.lineno - 1] + node.col_offset, starts[(node.end_lineno or 1) - 1] + (
            node.end_col_offset or 0
        )

    raw = text.encode()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.expr):
            continue
        for rule, wrong in _faults(node, raw, span):
            first, last = span(node)
            changed = (raw[:first] + wrong.encode() + raw[last:]).decode()
            yield Mutant(
                f"{file}:{node.lineno} {rule}: {raw[first:last].decode()} → {wrong}", file, text, changed, CODE[file],
                beside_years=not file.startswith(("world", "engine")),
            )  # fmt: skip


def _faults(node: ast.expr, raw: bytes, span: Callable[[ast.expr], tuple[int, int]]) -> Iterator[tuple[str, str]]:
    """Yield the rules that fit an expression, each with the text that stands in its place then."""

    def said(part: ast.expr) -> str:
        first, last = span(part)
        return raw[first:last].decode()

    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.attr in _BOUNDS:
        yield "another end", f"{said(node.value)}.{_BOUNDS[node.attr]}"
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARED and len(node.ops) == 1:
        yield "comparison", f"{said(node.left)} {_COMPARED[type(node.ops[0])]} {said(node.comparators[0])}"
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        yield "factor dropped", f"({said(node.left)})"
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield "sign turned", f"{said(node.left)} {'-' if isinstance(node.op, ast.Add) else '+'} {said(node.right)}"
    elif isinstance(node, ast.IfExp):
        yield "condition turned", f"({said(node.orelse)} if {said(node.test)} else {said(node.body)})"
    elif isinstance(node, ast.BoolOp):
        yield "flag ignored", f"({said(node.values[0])})"
    elif isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool):
        yield "one off", str(node.value + 1)
    elif isinstance(node, ast.Constant) and node.value in _MEASURES:
        following = _MEASURES[(_MEASURES.index(str(node.value)) + 1) % len(_MEASURES)]
        yield "another measure", f'"{following}"'


def sample(count: int, seed: int) -> list[Mutant]:
    """Return so many faults of all, drawn by a seed; each file is as likely as it is rich in faults."""
    everything = [mutant for file in CODE for mutant in mutants_of(file)]
    return random.Random(seed).sample(everything, min(count, len(everything)))


def main(arguments: list[str] | None = None) -> int:
    """Plant a sample of faults, tell the survivors and the share that died; 1 where fewer than 95% did."""
    parser = argparse.ArgumentParser(description="Plant faults made by rule, and list those that no test saw.")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(arguments)
    chosen = sample(options.count, options.seed)
    lists = [chosen[start :: options.workers] for start in range(options.workers)]
    with ProcessPoolExecutor(options.workers) as pool:
        alive = [name for found in pool.map(_survivors, lists) for name in found]
    print(f"{len(chosen) - len(alive)} of {len(chosen)} died")
    return int(len(alive) > 0.05 * len(chosen))


def _survivors(mutants: list[Mutant]) -> list[str]:
    alive = []
    with copied() as copy:
        for mutant in mutants:
            lives = _lives(mutant, copy)
            print(f"{'SURVIVED' if lives else 'died':<9}{mutant.name}", flush=True)
            alive += [mutant.name] if lives else []
    return alive


def _lives(mutant: Mutant, copy: Path) -> bool:
    """Tell whether a fault lives; what cannot even be collected has died."""
    try:
        return survives(mutant, copy)
    except RuntimeError:
        return False


if __name__ == "__main__":
    sys.exit(main())
