"""The kernel that runs report notebooks: this very Python, over an encrypted connection."""

from __future__ import annotations

import subprocess
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets import default


class EncryptedKernelManager(AsyncKernelManager):
    """Start the kernel of the running interpreter, whatever kernels the machine has registered under the same name."""

    @default("transport_encryption")
    def _transport_encryption_default(self) -> str:
        return "auto"

    @default("kernel_spec_manager")
    def _kernel_spec_manager_default(self) -> KernelSpecManager:
        # With no folder to look into, only the native kernel is left, and that is sys.executable.
        return KernelSpecManager(parent=self, kernel_dirs=[])

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
        """Start the kernel; what it prints past the notebook (compiled code, a shutdown) is not ours to show."""
        await super().start_kernel(**{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **options})
