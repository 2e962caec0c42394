"""The command lab: it opens the lab's notebook, and nothing that it tells JupyterLab lets another machine in."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest
from jupyterlab.labapp import LabApp

from smarketing_sim.cli.lab import arguments
from tests.conftest import ROOT
from tests.patience import HANG_SECONDS, wait_for

from .conftest import start

OPENS = ["--LabApp.default_url=/lab/tree/notebooks/scenario_lab.ipynb", f"--ServerApp.root_dir={ROOT}"]


def test_the_command_opens_the_notebook_of_the_lab(smarketing, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []
    monkeypatch.setattr(LabApp, "launch_instance", given.append)
    monkeypatch.setenv("SMARKETING_HOME", "")
    monkeypatch.setenv("SMARKETING_REPORTS_AT", "")
    monkeypatch.chdir(ROOT)
    assert smarketing("lab").code == 0
    assert given == [arguments()]
    assert given[0][:2] == OPENS
    assert os.environ["SMARKETING_HOME"] == str(ROOT)
    assert os.environ["SMARKETING_REPORTS_AT"] == "/files/reports/"


def test_in_another_folder_it_opens_a_copy_there_and_leaves_a_changed_one_alone(
    tmp_path: Path, smarketing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LabApp, "launch_instance", lambda words: None)
    monkeypatch.setenv("SMARKETING_HOME", "")
    monkeypatch.setenv("SMARKETING_REPORTS_AT", "")
    monkeypatch.chdir(tmp_path)
    told = smarketing("lab")
    assert (told.code, told.out) == (0, "")
    assert told.err == "made notebooks/scenario_lab.ipynb, a copy of the lab's notebook that is yours to change\n"
    copy = tmp_path / "notebooks" / "scenario_lab.ipynb"
    assert copy.read_bytes() == (ROOT / "notebooks" / "scenario_lab.ipynb").read_bytes()
    copy.write_text("mine")
    assert smarketing("lab").err == ""
    assert copy.read_text() == "mine"
    assert arguments()[1] == f"--ServerApp.root_dir={tmp_path}"


def test_the_server_listens_on_this_machine_alone_whatever_a_users_settings_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "jupyter_lab_config.py"
    settings.write_text(
        "c.ServerApp.ip = '0.0.0.0'\nc.ServerApp.allow_remote_access = True\nc.ServerApp.allow_origin = '*'\n"
    )
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    app = LabApp.initialize_server(arguments())
    server = app.serverapp if hasattr(app, "serverapp") else app
    try:
        assert server.ip == "127.0.0.1"
        assert server.allow_remote_access is False
        assert server.allow_origin == ""
        assert len(server.token) >= 32
        assert Path(server.root_dir) == Path.cwd()
    finally:
        LabApp.clear_instance()
        type(server).clear_instance()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """The port and the token of a lab that was started in a folder of a user's own."""
    home = tmp_path_factory.mktemp("lab")
    (home / "jupyter_server_config.json").write_text('{"ServerApp": {"allow_root": true, "port": 0}}')
    places = {name: str(home) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR")}
    process = start("lab", cwd=home, BROWSER="true", **places)
    assert process.stderr is not None
    found = next(
        filter(None, (re.search(r"http://127\.0\.0\.1:(\d+)/\S*token=(\w+)", line) for line in process.stderr))
    )
    wait_for("the lab to listen", lambda: listens(int(found[1])), by=process)
    yield int(found[1]), found[2]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=HANG_SECONDS)


def listens(port: int) -> bool:
    """Tell whether somebody listens; the address is printed a moment before."""
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def answer(site: tuple[int, str], path: str, **headers: str) -> tuple[int, Message]:
    asked = http.client.HTTPConnection("127.0.0.1", site[0], timeout=HANG_SECONDS)
    with contextlib.closing(asked):
        asked.request("GET", f"{path}?token={site[1]}", headers=headers)
        told = asked.getresponse()
        return told.status, told.headers


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/lab", "/api/contents", "/files/notebooks/scenario_lab.ipynb", "/api/status"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_a_foreign_page_is_not_named_as_allowed_even_with_the_token(
    site: tuple[int, str], path: str, origin: str
) -> None:
    for name in ("Origin", "Sec-WebSocket-Origin"):
        assert answer(site, path, **{name: origin})[1].get("Access-Control-Allow-Origin") in {None, ""}
    assert answer(site, path, Origin=f"http://127.0.0.1:{site[0]}")[0] == 200
    assert answer(site, path)[0] == 200


def test_a_foreign_page_opens_no_websocket_even_with_the_token_and_our_own_does(site: tuple[int, str]) -> None:
    client = pytest.importorskip("websockets.sync.client", reason="websockets comes with Voilà")
    refused = pytest.importorskip("websockets.exceptions").InvalidStatus
    address = f"ws://127.0.0.1:{site[0]}/api/events/subscribe?token={site[1]}"
    with pytest.raises(refused, match="403"):
        client.connect(address, origin="http://evil.example", open_timeout=HANG_SECONDS)
    with client.connect(address, origin=f"http://127.0.0.1:{site[0]}", open_timeout=HANG_SECONDS):
        pass


def test_cookies_are_forgotten_with_the_browsers_session_and_kept_from_foreign_pages(site: tuple[int, str]) -> None:
    login, form = sorted(answer(site, "/lab")[1].get_all("Set-Cookie", []), key=lambda c: c.startswith("_xsrf"))
    assert "HttpOnly" in login
    for cookie in (login, form):
        assert "SameSite=Lax" in cookie
        assert "expires" not in cookie.lower()


@pytest.mark.parametrize(
    "path", ["/", "/lab/", "/api/", "/none", "/static/lab/none.js", "/api/kernels/0-0-0-0-0/channels"]
)
def test_every_answer_of_jupyterlab_may_not_be_framed_nor_guessed_at(site: tuple[int, str], path: str) -> None:
    _, headers = answer(site, path)
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_it_takes_no_words(smarketing) -> None:
    told = smarketing("lab", "--ip", "0.0.0.0")
    assert told.code == 2
    assert "No such option" in told.err
