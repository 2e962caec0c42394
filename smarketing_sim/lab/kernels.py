"""The processes that visitors' pages work in: who has which, which one waits, and when each ends."""

from __future__ import annotations

import asyncio
import os
import re
import time
from asyncio import Future
from collections.abc import Callable
from subprocess import DEVNULL
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, ServerKernelManager
from traitlets import default

_UNMET_SECONDS = 600.0
_KERNEL_ID = re.compile(r'"kernelId": "([0-9a-f-]+)"')


class OwnKernel(KernelSpecManager):
    """The kernel of the running interpreter, whatever kernels the machine has registered under the same name."""

    @default("kernel_dirs")
    def _no_folder_to_look_into(self) -> list[str]:
        return []


class QuietKernel(ServerKernelManager):
    """A visitor's kernel; what it prints past the page, as when it is ended in the middle, is for nobody."""

    page: str | None = None
    met = ending = False
    alone_since: float | None = None

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
        """Start the kernel."""
        nowhere = {} if os.environ.get("SMARKETING_DEBUG") else {"stdout": DEVNULL, "stderr": DEVNULL}
        await super().start_kernel(**{**nowhere, **options})


class Kernels(AsyncMappingKernelManager):
    """Every visitor's kernel, with the page it was handed out with, and the one that waits for the next visitor.

    A kernel ends once its page is closed; a page that is reloaded, or opened again soon after, finds its own.
    """

    # Both come with what Voilà makes of this class: the pages that wait, by notebook, and a way to have one wait.
    _pools: dict[str, list[Future[dict[str, Any]]]]
    fill_if_needed: Callable[..., None]

    def hand_out(self, page: str) -> None:
        """Remember the page of a kernel; it takes a browser a while to connect, on a busy machine a long one."""
        found = _KERNEL_ID.search(page)
        if found and found[1] in self:
            kernel = self._found(found[1])
            kernel.page, kernel.alone_since = page, None
            kernel.met = bool(self._kernel_connections.get(found[1]))

    def left_page(self, kernel_id: str | None) -> str | None:
        """Return the page of a kernel that a browser says it has just left, if it is still there."""
        return self._found(kernel_id).page if kernel_id is not None and kernel_id in self else None

    def notify_connect(self, kernel_id: str) -> None:
        """Note that a page has come to its kernel."""
        super().notify_connect(kernel_id)  # type: ignore[no-untyped-call]
        if kernel_id in self:
            self._found(kernel_id).met = True

    async def cull_kernels(self) -> None:
        """Look after every kernel."""
        await self.bury()
        await super().cull_kernels()  # type: ignore[no-untyped-call]

    async def bury(self) -> None:
        """Forget kernels that died or could not make their page, and have another one wait for the next visitor."""
        for pool in self._pools.values():
            pool[:] = [made for made in pool if not _failed(made)]
        waiting = [made.result() for pool in self._pools.values() for made in pool if made.done()]
        without_page = {made["kernel_id"] for made in waiting if _failed(made["task"])}
        for kernel_id in list(self._kernels):
            kernel = self._kernels.get(kernel_id)
            if kernel and (kernel_id in without_page or not await kernel.is_alive()) and not kernel.ending:
                kernel.page, kernel.ending = None, True
                await self.shutdown_kernel(kernel_id, now=True)  # type: ignore[no-untyped-call]
        for notebook in self._pools:
            self.fill_if_needed(delay=0, notebook_name=notebook)

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that was left, whatever it works on; Voilà asks about none that waits for its first visitor."""
        kernel, now = self._found(kernel_id), time.monotonic()
        patience = self.cull_idle_timeout if kernel.met else _UNMET_SECONDS
        alone = not self._kernel_connections.get(kernel_id)
        kernel.alone_since = (kernel.alone_since or now) if alone else None
        if alone and now - kernel.alone_since >= patience:
            kernel.page, kernel.ending = None, True
            await self.shutdown_kernel(kernel_id)  # type: ignore[no-untyped-call]

    async def shutdown_all(self, now: bool = False) -> None:  # type: ignore[override]
        """End every kernel; one that is being started is waited for, as nobody can end it before."""
        await asyncio.gather(*[made for pool in self._pools.values() for made in pool], return_exceptions=True)
        ends = [self.shutdown_kernel(kernel_id, now=now) for kernel_id in self.list_kernel_ids()]  # type: ignore[no-untyped-call]
        await asyncio.gather(*ends, return_exceptions=True)

    def _found(self, kernel_id: str) -> Any:
        return self.get_kernel(kernel_id)


def _failed(work: Future[Any]) -> bool:
    return work.done() and (work.cancelled() or work.exception() is not None)
