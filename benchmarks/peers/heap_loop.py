"""The benchmark model in C, the anchor of most figures: built with ``cc -O3`` where it runs, called on prepared arrays.

``Prepared(year)`` lays out arguments and results, ``Prepared.run()`` is the loop alone and releases the interpreter.
"""

from __future__ import annotations

import ctypes
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.model import DEPTH_MINUTES, END, HORIZON, Thin, Year

SOURCE = Path(__file__).with_name("heap_loop.c")


@functools.cache
def library() -> ctypes.CDLL:
    """Build the loop into a temporary folder and load it."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise RuntimeError("the C peer needs gcc")
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "heap_loop.so"
        command = [compiler, "-O3", "-march=native", "-shared", "-fPIC", "-o", str(built), str(SOURCE), "-lm"]
        subprocess.run(command, check=True)
        loaded = ctypes.CDLL(str(built))
    loaded.simulate.restype = ctypes.c_int64
    return loaded


class Prepared:
    """A year laid out for the C loop, and its results after ``run``."""

    def __init__(self, year: Year) -> None:
        count = year.lead_count
        self.events = 0
        self._in: list[npt.NDArray[np.generic]] = [
            np.ascontiguousarray(column)
            for column in (
                year.created_at,
                year.deadline,
                year.rank,
                year.connect_before,
                year.handling_minutes,
                year.would_qualify,
                year.would_win,
                year.cycle_minutes,
                year.value,
            )
        ]
        kinds = {
            "first_at": np.float64,
            "attempt_count": np.int32,
            "attempts_in_12": np.int32,
            "connected_at": np.float64,
            "qualified": np.bool_,
            "won": np.bool_,
            "revenue": np.float64,
        }
        self.thin = Thin(**{name: np.empty(count, dtype=kind) for name, kind in kinds.items()})
        out = [getattr(self.thin, name) for name in kinds]
        self._arguments = (
            ctypes.c_int64(count),
            ctypes.c_int64(year.reps),
            *map(ctypes.c_double, (END, HORIZON, DEPTH_MINUTES)),
            *(ctypes.c_void_p(column.ctypes.data) for column in (*self._in, *out)),
        )
        self._simulate = library().simulate

    def run(self) -> Thin:
        """Run the loop."""
        self.events = self._simulate(*self._arguments)
        if self.events < 0:
            raise MemoryError
        return self.thin


def run(year: Year) -> Thin:
    """Simulate one year."""
    return Prepared(year).run()
