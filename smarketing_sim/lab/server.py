"""The lab as a web page: Voilà with the lab's notebook and nothing else, for this machine and whoever has the token."""

from __future__ import annotations

import hmac
import logging
import os
import re
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from subprocess import DEVNULL
from typing import Any
from urllib.parse import urlsplit

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, ServerKernelManager
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from tornado.routing import Router
from tornado.web import Application, RequestHandler, StaticFileHandler, decode_signed_value
from traitlets import default
from traitlets.config import Config
from voila.app import Voila
from voila.tornado.handler import TornadoVoilaHandler

from smarketing_sim.errors import InputError, Problem
from smarketing_sim.lab.channels import Channels
from smarketing_sim.patience import HANG_SECONDS
from smarketing_sim.shipped import absolute

ADDRESS = "127.0.0.1"
REPORTS_AT = "/reports/"
_NAMES = frozenset({ADDRESS, "localhost"})
_LEFT_SECONDS = 30
_UNMET_SECONDS = 600.0
_LOOKS = 6  # at kernels that were left, within that time
_KERNEL_ID = re.compile(r'"kernelId": "([0-9a-f-]+)"')
_EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8")
_TEMPLATE = Path(__file__).with_name("page_template")
_POLICY = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


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
    told = Config()
    loud = logging.INFO if os.environ.get("SMARKETING_DEBUG") else logging.CRITICAL
    told.Voila.update(
        ip=ADDRESS, port=port, token=token, notebook_path=str(page), root_dir=str(page.parent), open_browser=False,
        connection_dir_root=str(scratch), log_level=loud, kernel_websocket_connection_class=Channels,
        tornado_settings={"allow_remote_access": False, "port": port, "headers": {"Content-Security-Policy": _POLICY,
                                                                    "Referrer-Policy": "no-referrer"}},
    )  # fmt: skip
    told.VoilaConfiguration.update(
        strip_sources=True, show_tracebacks=True, preheat_kernel=True, default_pool_size=1,
        allow_template_override="NO", allow_theme_override="NO", file_allowlist=[], http_keep_alive_timeout=30,
        extension_allowlist=list(_EXTENSIONS), kernel_spec_manager_class=OwnKernel,
        multi_kernel_manager_class=Kernels,
    )  # fmt: skip
    told.VoilaExecutor.update(startup_timeout=HANG_SECONDS, iopub_timeout=HANG_SECONDS)
    told.KernelManager.update(transport_encryption="auto", shutdown_wait_time=1.0)
    told.MultiKernelManager.kernel_manager_class = f"{__name__}.QuietKernel"
    told.IdentityProvider.cookie_name = cookie_name(port)
    told.MappingKernelManager.update(cull_idle_timeout=left_seconds, cull_interval=max(1, left_seconds // _LOOKS))
    return told


def cookie_name(port: int) -> str:
    """Return the name of the cookie that remembers the token; a browser keeps no cookies apart by port."""
    return f"smarketing-lab-{port}"


class OwnKernel(KernelSpecManager):
    """The kernel of the running interpreter, whatever kernels the machine has registered under the same name."""

    @default("kernel_dirs")
    def _no_folder_to_look_into(self) -> list[str]:
        return []


class QuietKernel(ServerKernelManager):
    """A visitor's kernel; what it prints past the page, as when it is ended in the middle, is for nobody."""

    page: str | None = None
    met = False
    alone_since: float | None = None

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
        """Start the kernel."""
        nowhere = {} if os.environ.get("SMARKETING_DEBUG") else {"stdout": DEVNULL, "stderr": DEVNULL}
        await super().start_kernel(**{**nowhere, **options})


class Kernels(AsyncMappingKernelManager):
    """Every visitor's kernel, with the page it was handed out with, and the one that waits for the next visitor.

    A kernel ends once its page is closed; a page that is reloaded, or opened again soon after, finds its own.
    """

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

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that was left, whatever it works on; Voilà asks about none that waits for its first visitor."""
        kernel, now = self._found(kernel_id), time.monotonic()
        patience = self.cull_idle_timeout if kernel.met else _UNMET_SECONDS
        alone = not self._kernel_connections.get(kernel_id)
        kernel.alone_since = (kernel.alone_since or now) if alone else None
        if kernel.execution_state == "dead" or (alone and now - kernel.alone_since >= patience):
            kernel.page = None
            await self.shutdown_kernel(kernel_id)  # type: ignore[no-untyped-call]

    def _found(self, kernel_id: str) -> Any:
        return self.get_kernel(kernel_id)


class Visit(TornadoVoilaHandler):  # type: ignore[misc]
    """The lab's page: the one that this browser has just left, as it stands by now, or one with a kernel of its own."""

    async def get_generator(self, path: str | None = None) -> AsyncIterator[str]:
        """Yield the page in parts."""
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


class Refusal(RequestHandler):
    """What anybody gets who does not come by the address that was printed."""

    def prepare(self) -> None:
        """Answer every method alike."""
        self.set_status(403)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("Open the lab by the address that 'smarketing app' printed, with its token.\n")


class Reports(StaticFileHandler):
    """Published pages; a page has no business with the lab that it was published from."""

    def set_extra_headers(self, path: str) -> None:
        """Let a page run in a box of its own."""
        self.set_header("Content-Security-Policy", "sandbox allow-scripts allow-popups allow-downloads")
        self.set_header("X-Content-Type-Options", "nosniff")


class Gate(Router):
    """Lets a request through to Voilà that asks for this machine by name, comes from its own page and knows the token.

    Parameters
    ----------
    inside
        Voilà's application; several of its handlers ask for no token.
    token
        What a visitor must know.
    cookie
        Name of the cookie that remembers it.
    """

    def __init__(self, inside: Application, *, token: str, cookie: str) -> None:
        self._inside, self._token, self._cookie = inside, token, cookie

    def find_handler(self, request: HTTPServerRequest, **_: Any) -> HTTPMessageDelegate | None:
        """Return who answers a request."""
        if self._is_ours(request) and self._is_known(request):
            return self._inside.find_handler(request)
        return self._inside.get_handler_delegate(request, Refusal)

    def _is_ours(self, request: HTTPServerRequest) -> bool:
        try:
            host = urlsplit(f"//{request.host}").hostname
        except ValueError:
            return False
        origin = request.headers.get("Origin")
        return host in _NAMES and origin in {None, f"{request.protocol}://{request.host}"}

    def _is_known(self, request: HTTPServerRequest) -> bool:
        told = request.query_arguments.get("token", [b""])[-1]
        if hmac.compare_digest(told, self._token.encode()):
            return True
        cookie = request.cookies.get(self._cookie)
        secret = self._inside.settings["cookie_secret"]
        return cookie is not None and decode_signed_value(secret, self._cookie, cookie.value) is not None


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
        HTTPServer(Gate(self.app, token=self.token, cookie=cookie_name(self.port))).add_sockets(self.sockets)
        self.ioloop = IOLoop.current()
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, self._handle_signal_stop)  # the terminal was closed
        self.ready()
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()
