"""The lab as a web page: Voilà with the lab's notebook and nothing else, for this machine and whoever has the token."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from tornado.web import RequestHandler, StaticFileHandler
from traitlets.config import Config
from voila.app import Voila
from voila.tornado.handler import TornadoVoilaHandler

from smarketing_sim.errors import InputError, Problem
from smarketing_sim.lab.channels import VisitorChannels
from smarketing_sim.lab.faults import NOT_OPENED, shown
from smarketing_sim.lab.gate import ADDRESS, Doorkeeper, Gate, guard
from smarketing_sim.lab.kernels import Kernels, OwnKernel, QuietKernel
from smarketing_sim.lifetimes import leave_within
from smarketing_sim.shipped import absolute
from smarketing_sim.timeouts import HANG_SECONDS

REPORTS_AT = "/reports/"
_LEFT_SECONDS = 30
_PATIENCE_SECONDS = 20.0
_LOOKS = 6  # at kernels that were left, within that time
_EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8")
_TEMPLATE = Path(__file__).with_name("page_template")
_POLICY = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}


def write_page(notebook: Path, folder: Path, *, params: Path) -> Path:
    """Write what is served into a folder: the lab's notebook without its prose, opened on one scenario.

    Parameters
    ----------
    notebook
        The lab's notebook.
    folder
        An empty folder.
    params
        The scenario file, beside which the lab saves, or the name of one that comes with the package.
    """
    page = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    page.cells = [cell for cell in page.cells if "remove_cell" not in cell.metadata.get("tags", [])]
    place = next(n for n, cell in enumerate(page.cells, start=1) if "parameters" in cell.metadata.get("tags", []))
    page.cells.insert(place, nbformat.v4.new_code_cell(f"params_path = {str(absolute(params))!r}"))  # type: ignore[no-untyped-call]
    page.metadata["title"] = "The scenario lab"
    served = folder / notebook.name
    nbformat.write(page, served)  # type: ignore[no-untyped-call]
    return served


def listen(port: int) -> list[socket.socket]:
    """Return open sockets on this machine alone; port 0 takes any that is free.

    Raises
    ------
    InputError
        If the port is taken or not allowed.
    """
    try:
        return bind_sockets(port, ADDRESS)
    except OSError as error:
        rule = f"cannot be listened on: {os.strerror(error.errno or 0).lower()}; choose another, or 0 for any"
        raise InputError([Problem(rule, path="--port", value=port)]) from None


def serve(
    page: Path,
    sockets: Sequence[socket.socket],
    *,
    token: str,
    scratch: Path,
    reports: Path,
    ready: Callable[[], None],
    left_seconds: int = _LEFT_SECONDS,
) -> None:
    """Serve the lab until the process is told to stop.

    Parameters
    ----------
    page
        What :func:`write_page` wrote.
    sockets
        Where to listen.
    token
        What a visitor must know.
    scratch
        Folder for the files through which the kernels are reached.
    reports
        Folder of published reports; their pages are shown to visitors.
    ready
        Called once the page can be asked for.
    left_seconds
        How long a visitor's kernel outlives the page, which may have been reloaded.
    """
    if not os.environ.get("SMARKETING_DEBUG"):
        for name in ("tornado.access", "tornado.general", "tornado.application"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    port = sockets[0].getsockname()[1]
    app = Page(
        config=settings(page, port=port, token=token, scratch=scratch, left_seconds=left_seconds),
        config_file_paths=[],  # a file voila.py in the working folder would be run as code
    )
    app.sockets, app.reports, app.ready = sockets, reports, ready
    app.initialize([])
    app.start()


def settings(page: Path, *, port: int, token: str, scratch: Path, left_seconds: int = _LEFT_SECONDS) -> Config:
    """Return what Voilà and its kernels are told; words given so win over a user's settings files."""
    config = Config()
    loud = logging.INFO if os.environ.get("SMARKETING_DEBUG") else logging.CRITICAL
    config.Voila.update(
        ip=ADDRESS, port=port, token=token, notebook_path=str(page), root_dir=str(page.parent), open_browser=False,
        connection_dir_root=str(scratch), log_level=loud, kernel_websocket_connection_class=VisitorChannels,
        identity_provider_class=Doorkeeper,
        tornado_settings={"allow_remote_access": False, "port": port, "headers": _HEADERS},
    )  # fmt: skip
    config.VoilaConfiguration.update(
        strip_sources=True, show_tracebacks=False, preheat_kernel=True, default_pool_size=1,
        allow_template_override="NO", allow_theme_override="NO", file_allowlist=[], http_keep_alive_timeout=30,
        extension_allowlist=list(_EXTENSIONS), kernel_spec_manager_class=OwnKernel,
        multi_kernel_manager_class=Kernels,
    )  # fmt: skip
    config.VoilaExecutor.update(
        startup_timeout=HANG_SECONDS, iopub_timeout=HANG_SECONDS, on_cell_executed=hide_faults,
        cell_error_instruction=f"{NOT_OPENED} Open the page anew.",
    )  # fmt: skip
    # One that is started anew in place of one that died knows nothing of the page.
    config.KernelManager.update(transport_encryption="auto", shutdown_wait_time=1.0, autorestart=False)
    config.MultiKernelManager.kernel_manager_class = f"{QuietKernel.__module__}.{QuietKernel.__name__}"
    config.IdentityProvider.cookie_name = cookie_name(port)
    config.MappingKernelManager.update(cull_idle_timeout=left_seconds, cull_interval=max(1, left_seconds // _LOOKS))
    return config


def cookie_name(port: int) -> str:
    """Return the name of the cookie that remembers the token; a browser keeps no cookies apart by port."""
    return f"smarketing-lab-{port}"


def hide_faults(cell: nbformat.NotebookNode, **_: Any) -> None:
    """Put words in the place of what a cell says of a fault; called for each cell of the page once it was run."""
    seen = [shown(output.output_type, output) for output in cell.outputs]
    cell.outputs = [
        nbformat.v4.new_output("stream", text=f"{output['evalue']}\n{NOT_OPENED}\n") if "ename" in output else output  # type: ignore[no-untyped-call]
        for output in seen
        if output is not None
    ]


class Visit(TornadoVoilaHandler):  # type: ignore[misc]
    """The lab's page: the one that this browser has just left, as it stands by now, or one with a kernel of its own."""

    async def get_generator(self, path: str | None = None) -> AsyncIterator[str]:
        """Yield the page in parts."""
        await self.kernel_manager.bury()
        name = f"{cookie_name(self.settings['port'])}-left"
        page = self.kernel_manager.left_page(self.get_cookie(name))
        if page is not None:
            self.clear_cookie(name)
            self.set_header("Cache-Control", "no-store")
            self.kernel_manager.hand_out(page)
            yield page
            return
        parts = []
        async for part in super().get_generator(path):
            parts.append(part)
            yield part
        self.kernel_manager.hand_out("".join(parts))


class Goodbye(RequestHandler):
    """What a page says when it is left; it may only be reloaded, so its kernel ends once it was alone for a while."""

    def check_xsrf_cookie(self) -> None:
        """Ask for none: nothing comes of it."""

    def post(self, kernel_id: str) -> None:
        """Take note."""
        self.set_status(204)


class Reports(StaticFileHandler):
    """Published pages; a page has no business with the lab that it was published from."""

    def set_extra_headers(self, path: str) -> None:
        """Let a page run in a box of its own."""
        self.set_header("Content-Security-Policy", "sandbox allow-scripts allow-popups allow-downloads")
        self.set_header("X-Content-Type-Options", "nosniff")


class Page(Voila):  # type: ignore[misc]
    """Voilà behind the gate, with our template and on sockets that are open already."""

    sockets: Sequence[socket.socket]
    reports: Path
    ready: Callable[[], None]

    def setup_template_dirs(self) -> None:
        """Put our template before Voilà's own, which asks a public server for its icons."""
        super().setup_template_dirs()
        self.template_paths.insert(0, str(_TEMPLATE))

    def init_handlers(self) -> list[Any]:
        """Add the pages that were published, by the two names that a run's place has, and the pages that list them."""
        pages = REPORTS_AT + r"([a-z0-9_-]{1,200}/[A-Za-z0-9-]{1,80}/report\.html|index\.html"
        pages += r"|runs-[0-9-]{1,20}\.html)"
        ours = {TornadoVoilaHandler: Visit}
        inside = [(at, ours.get(kind, kind), *how) for at, kind, *how in super().init_handlers()]
        return [(pages, Reports, {"path": str(self.reports)}), (r"/voila/api/shutdown/(.*)", Goodbye), *inside]

    def listen(self) -> None:
        """Listen, and work until told to stop."""
        guard(self.app, _HEADERS)
        HTTPServer(Gate(self.app, token=self.token, cookie=cookie_name(self.port))).add_sockets(self.sockets)
        self.ioloop = IOLoop.current()
        _when_told_to_stop(lambda *_: self.ioloop.add_callback_from_signal(self._leave))
        self.ready()
        self.ioloop.start()

    async def _leave(self) -> None:
        """End every kernel, in the loop that the starts of some may still run in, and then the server."""
        _when_told_to_stop(signal.SIG_IGN)
        leave_within(_PATIENCE_SECONDS, code=0)  # a kernel that has not ended by then ends once its server has
        shutil.rmtree(self.connection_dir)
        await self.kernel_manager.shutdown_all()
        self.ioloop.stop()


def _when_told_to_stop(do: Any) -> None:
    """Handle Ctrl-C, a request to end and a terminal that is closed in one way, where they are not ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, do)
