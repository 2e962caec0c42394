"""Pages that could not be made wait for nobody: others are made in their place."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from smarketing_sim.lab.kernels import Kernels


class Kernel(SimpleNamespace):
    """A kernel that runs, for all one knows."""

    page, ending = "<p>", False

    async def is_alive(self) -> bool:
        return True


async def failing() -> None:
    raise RuntimeError("no kernel")


async def buried(*, started: bool) -> SimpleNamespace:
    """Let a kernel fail to start, or to make its page, and tell what was done about it."""
    work = asyncio.create_task(failing())
    await asyncio.wait([work])
    made: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    made.set_result({"kernel_id": "k", "task": work})
    ended, filled = [], []

    async def end(kernel_id: str, *, now: bool) -> None:
        ended.append((kernel_id, now))

    pools = {"lab.ipynb": [made if started else work]}
    there = SimpleNamespace(
        _pools=pools,
        _kernels={"k": Kernel()} if started else {},
        shutdown_kernel=end,
        fill_if_needed=lambda **how: filled.append(how),
    )
    await Kernels.bury(there)  # type: ignore[arg-type]
    return SimpleNamespace(ended=ended, filled=filled, left=pools["lab.ipynb"])


def test_a_kernel_that_could_not_start_is_tried_again() -> None:
    told = asyncio.run(buried(started=False))
    assert (told.left, told.ended) == ([], [])
    assert told.filled == [{"delay": 0, "notebook_name": "lab.ipynb"}]


def test_a_kernel_that_could_not_make_its_page_is_ended_and_another_waits() -> None:
    told = asyncio.run(buried(started=True))
    assert told.ended == [("k", True)]
    assert told.filled == [{"delay": 0, "notebook_name": "lab.ipynb"}]
