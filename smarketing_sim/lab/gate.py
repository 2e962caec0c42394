"""Who is let in to the lab and what every answer carries, of the page's server and of JupyterLab's alike."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.auth.identity import PasswordIdentityProvider
from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import Router
from tornado.web import Application, OutputTransform, RequestHandler, decode_signed_value

ADDRESS = "127.0.0.1"
_NAMES = frozenset({ADDRESS, "localhost"})
_COOKIE = {"samesite": "Lax", "expires_days": None}
"""Forgotten with the browser's session. Strict would keep it from the link of a report to the list of reports, for a
report is shown in a box that counts as foreign."""


def guard(application: Application, headers: Mapping[str, str]) -> None:
    """Give every answer of a server the headers that it lacks, and let its cookies end with the browser's session.

    Parameters
    ----------
    application
        Jupyter's application; handlers that are not Jupyter's, such as those of files and redirects, set no headers.
    headers
        Names and values.
    """
    application.add_transform(partial(Covered, lacking=headers))  # type: ignore[arg-type]
    identity = application.settings["identity_provider"]
    identity.cookie_options = {**identity.cookie_options, **_COOKIE}
    forms = application.settings.get("xsrf_cookie_kwargs", {})
    application.settings["xsrf_cookie_kwargs"] = {**forms, **_COOKIE}


class Covered(OutputTransform):
    """An answer, with headers that whoever answered did not think of.

    Parameters
    ----------
    request
        What is answered.
    lacking
        Names and values of the headers.
    """

    def __init__(self, request: HTTPServerRequest, *, lacking: Mapping[str, str]) -> None:
        super().__init__(request)
        self._lacking = lacking

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Fill in the headers."""
        for name, value in self._lacking.items():
            headers.setdefault(name, value)
        return status_code, headers, chunk


class Doorkeeper(PasswordIdentityProvider):
    """Knows a token; from a foreign page it counts no more than a cookie, so the page is neither answered nor named."""

    def is_token_authenticated(self, handler: Any) -> bool:
        """Tell whether a request needs no further proof of where it comes from."""
        return _is_from_own_page(handler.request) and super().is_token_authenticated(handler)


def _is_from_own_page(request: HTTPServerRequest) -> bool:
    """Tell whether a request comes from a page of the server that it asks, or from no page at all."""
    named = {request.headers[name] for name in ("Origin", "Sec-WebSocket-Origin") if name in request.headers}
    return named <= {f"{request.protocol}://{request.host}"}


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Guard JupyterLab's server; its own handlers say more, and its pages need more, than could be said here."""
    guard(server.web_app, {"Content-Security-Policy": "frame-ancestors 'self'", "X-Content-Type-Options": "nosniff"})


class Refusal(RequestHandler):
    """What anybody gets who does not come by the address that was printed."""

    def prepare(self) -> None:
        """Answer every method alike."""
        self.set_status(403)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("Open the lab by the address that 'smarketing app' printed, with its token.\n")


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
        token = request.query_arguments.get("token", [b""])[-1]
        if hmac.compare_digest(token, self._token.encode()):
            return True
        cookie = request.cookies.get(self._cookie)
        secret = self._inside.settings["cookie_secret"]
        return cookie is not None and decode_signed_value(secret, self._cookie, cookie.value) is not None
