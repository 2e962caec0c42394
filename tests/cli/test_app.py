"""The command app: a page for this machine and whoever has the address, nothing else served, nothing left behind."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import nbformat
import pytest

from smarketing_sim.errors import InputError
from tests.conftest import ROOT
from tests.patience import HANG_SECONDS, wait_for

from .conftest import processes_of, start
from .tiny import write_tiny

pytestmark = pytest.mark.slow  # for servers, which take seconds to come up and to go
SECRET = "nobody may read this"
NAME = "SMARKETING_TEST_MARK"


@dataclass(frozen=True)
class Site:
    """A running page, with the folders around it."""

    process: subprocess.Popen[str]
    port: int
    token: str
    home: Path
    scratch: Path

    def ask(self, path: str, *, method: str = "GET", **headers: str) -> tuple[int, bytes]:
        """Ask as somebody on this machine; the path goes out as it is, dots and all."""
        status, _, body = self.answer(path, method=method, **headers)
        return status, body

    def answer(self, path: str, *, method: str = "GET", **headers: str) -> tuple[int, Message, bytes]:
        """Ask, and return what was said in full."""
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HANG_SECONDS)
        try:
            asked.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = asked.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            asked.close()


def opened(home: Path, *, mark: str) -> Site:
    """Start the command in a folder of a user's own and wait for its address."""
    scratch = home.parent / "scratch"
    scratch.mkdir()
    process = start("app", "params/tiny.yaml", "--port", "0", cwd=home, TMPDIR=str(scratch), **{NAME: mark})
    assert process.stdout is not None
    assert "this machine only" in process.stdout.readline()
    found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\?token=([0-9a-f]{48})\n", process.stdout.readline())
    assert found is not None
    return Site(process, int(found[1]), found[2], home, scratch)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("app") / "home"
    (home / "params").mkdir(parents=True)
    write_tiny(home / "params")
    (home / "secret.txt").write_text(SECRET)
    (home / "voila.py").write_text("open('ran', 'w').close()")
    page = home / "reports" / "tiny-plan-0123456789" / "20260101T000000Z-01234567"
    page.mkdir(parents=True)
    (page / "report.html").write_text("<p>a published page</p>")
    (page / "run.json").write_text(SECRET)
    (home / "reports" / "index.html").write_text("<p>the list</p>")
    (home / "reports" / "runs-2026-01-1.html").write_text("<p>the list of a month</p>")
    made = opened(home, mark="app-module")
    yield made
    made.process.send_signal(signal.SIGINT)
    made.process.wait(HANG_SECONDS)


def test_the_address_that_was_printed_opens_the_page_and_no_other_does(site: Site) -> None:
    status, body = site.ask(f"/?token={site.token}")
    assert status == 200
    assert b"The scenario lab" in body
    assert [site.ask(path)[0] for path in ("/", "/?token=", "/?token=0", f"/?token={site.token[:-1]}")] == [403] * 4


@pytest.mark.parametrize(
    "path", ["/voila/static/voila.js", "/login", "/api/kernels/x", "/voila/query/0", "/reports/a/b/report.html"]
)
def test_nothing_at_all_is_shown_without_the_token(site: Site, path: str) -> None:
    assert site.ask(path)[0] == 403
    assert site.ask(path, method="POST")[0] == 403
    assert site.ask(path, Cookie=f"smarketing-lab-{site.port}=forged")[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "lab.example"},
        {"Host": "127.0.0.1.lab.example"},
        {"Host": "[::bad"},
        {"Origin": "http://lab.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_a_foreign_name_or_page_is_refused_even_with_the_token(site: Site, headers: dict[str, str]) -> None:
    assert site.ask(f"/?token={site.token}", **headers)[0] in {400, 403}


def test_the_page_is_told_to_ask_nobody_else(site: Site) -> None:
    _, headers, body = site.answer(f"/?token={site.token}")
    assert headers["Content-Security-Policy"].startswith("default-src 'self' ")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert not re.findall(rb"""(?:src|href)=["']https?://""", body)
    assert b"open_lab" not in body


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"), ("HEAD", "/"), ("PUT", "/"), ("GET", "/none"), ("GET", "/login"), ("GET", "/logout"),
        ("GET", "/voila/static/voila.js"), ("GET", "/voila/static/none.js"), ("GET", "/voila/files/x"),
        ("GET", "/voila/templates/lab/static/voila.js"), ("GET", "/voila/templates/x"),
        ("GET", "/voila/query/00000000-0000-0000-0000-000000000000"), ("POST", "/voila/api/shutdown/x"),
        ("GET", "/api/kernels/00000000-0000-0000-0000-000000000000"), ("GET", "/reports/index.html"),
    ],
)  # fmt: skip
def test_every_answer_carries_the_headers_of_the_page(site: Site, method: str, path: str) -> None:
    for token in (site.token, "forgotten"):
        _, headers, _ = site.answer(f"{path}?token={token}", method=method)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert re.match("default-src 'self' |sandbox ", headers["Content-Security-Policy"])


def test_cookies_are_forgotten_with_the_browsers_session_and_kept_from_foreign_pages(site: Site) -> None:
    _, headers, _ = site.answer(f"/?token={site.token}", method="HEAD")  # which is refused with a form's cookie, too
    login, form = sorted(headers.get_all("Set-Cookie", []), key=lambda cookie: cookie.startswith("_xsrf"))
    assert login.startswith(f"smarketing-lab-{site.port}=")
    assert "HttpOnly" in login
    for cookie in (login, form):
        assert "SameSite=Lax" in cookie
        assert "expires" not in cookie.lower()
        assert "max-age" not in cookie.lower()


def hostile_paths() -> list[str]:
    """Two hundred ways to ask for a file that is none of a visitor's business."""
    tops = ["/", "/static/", "/voila/static/", "/voila/files/", "/voila/templates/lab/static/", "/voila/labextensions/",
            "/voila/api/themes/", "/reports/"]  # fmt: skip
    ups = ["../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..\\", "..%5c", "%252e%252e%252f", "....//", "..;/", "//"]
    files = ["secret.txt", "params/baseline.yaml", "etc/passwd"]
    return [f"{top}{up * 6}{name}" for top in tops for up in ups for name in files]


def test_two_hundred_paths_out_of_the_folder_lead_nowhere(site: Site) -> None:
    paths = hostile_paths()
    assert len(paths) >= 200
    direct = [f"/voila/files{site.home}/secret.txt", f"/voila/static{site.home}/secret.txt", "/scenario_lab.ipynb",
              "/voila/files/scenario_lab.ipynb", "/voila/render/scenario_lab.ipynb", "/voila/tree"]  # fmt: skip
    for path in paths + direct:
        status, body = site.ask(f"{path}?token={site.token}")
        assert SECRET.encode() not in body, path
        assert b"Baseline plan 2026" not in body, path
        assert b"root:" not in body, path
        assert b"params_path" not in body, path
        assert status != 200 or b"The scenario lab" in body, path


def test_a_published_page_is_shown_and_nothing_beside_it(site: Site) -> None:
    place = "/reports/tiny-plan-0123456789/20260101T000000Z-01234567"
    status, body = site.ask(f"{place}/report.html?token={site.token}")
    assert (status, body) == (200, b"<p>a published page</p>")
    lists = [site.ask(f"/reports/{name}?token={site.token}") for name in ("index.html", "runs-2026-01-1.html")]
    assert lists == [(200, b"<p>the list</p>"), (200, b"<p>the list of a month</p>")]
    assert site.ask(f"{place}/run.json?token={site.token}")[0] != 200
    assert site.ask(f"/reports/?token={site.token}")[0] != 200


def test_a_visitor_may_move_controls_and_run_no_code(site: Site) -> None:
    client = pytest.importorskip("websockets.sync.client", reason="websockets comes with Voilà")
    kernel = re.search(r'"kernelId": "([0-9a-f-]+)"', site.ask(f"/?token={site.token}")[1].decode())
    assert kernel is not None
    path = f"ws://127.0.0.1:{site.port}/api/kernels/{kernel[1]}/channels?token={site.token}"
    with client.connect(path, open_timeout=HANG_SECONDS, ping_interval=None) as socket:
        code = f"open({str(site.home / 'ran-code')!r}, 'w').close()"
        socket.send(_message("execute_request", {"code": code, "silent": False}))
        socket.send(_message("comm_info_request", {}))
        while "comm_info_reply" not in str(socket.recv(timeout=HANG_SECONDS)):
            pass
    assert not (site.home / "ran-code").exists()


@pytest.mark.parametrize("protocol", [None, "v1.kernel.websocket.jupyter.org"])
def test_a_malformed_frame_ends_its_own_connection_and_holds_up_nobody(site: Site, protocol: str | None) -> None:
    client = pytest.importorskip("websockets.sync.client", reason="websockets comes with Voilà")
    closed = pytest.importorskip("websockets.exceptions")
    kernel = re.search(r'"kernelId": "([0-9a-f-]+)"', site.ask(f"/?token={site.token}")[1].decode())
    assert kernel is not None
    path = f"ws://127.0.0.1:{site.port}/api/kernels/{kernel[1]}/channels?token={site.token}"
    spoken = {"subprotocols": [protocol]} if protocol else {}
    with client.connect(path, open_timeout=HANG_SECONDS, ping_interval=None, **spoken) as socket:
        socket.send(b"\xff" * 8)
        with pytest.raises(closed.ConnectionClosedError, match="1003"):
            deque(socket, maxlen=0)  # whatever else was said before
    assert site.ask(f"/?token={site.token}")[0] == 200


def test_a_fault_in_a_control_is_told_in_a_sentence_and_where_it_lies_in_the_terminal_alone(site: Site) -> None:
    client = pytest.importorskip("websockets.sync.client", reason="websockets comes with Voilà")
    kernel = re.search(r'"kernelId": "([0-9a-f-]+)"', site.ask(f"/?token={site.token}")[1].decode())
    assert kernel is not None
    path = f"ws://127.0.0.1:{site.port}/api/kernels/{kernel[1]}/channels?token={site.token}"
    with client.connect(path, open_timeout=HANG_SECONDS, ping_interval=None, max_size=None) as socket:
        socket.send(_message("comm_info_request", {}))
        while "comm_info_reply" not in (heard := str(socket.recv(timeout=HANG_SECONDS))):
            pass
        for control in json.loads(heard)["content"]["comms"]:  # until one has a value that cannot be a list
            data = {"method": "update", "state": {"value": [{}]}, "buffer_paths": []}
            socket.send(_message("comm_msg", {"comm_id": control, "data": data}, number=control))
            said = []
            while not said or control not in said[-1] or '"idle"' not in said[-1]:
                said.append(str(socket.recv(timeout=HANG_SECONDS)))
            faults = [json.loads(text)["content"] for text in said if '"msg_type": "error"' in text]
            if faults:
                break
    sentence = "internal error in the lab (TraitError); the details are in its log"
    assert faults == [{"ename": "TraitError", "evalue": sentence, "traceback": [sentence]}]
    assert not [text for text in said if "Traceback" in text or sys.prefix in text]
    assert site.process.stderr is not None
    assert "Traceback" in "".join(site.process.stderr.readline() for _ in range(3))


def _message(kind: str, content: dict[str, object], *, number: str = "") -> str:
    header = {"msg_id": number or kind, "msg_type": kind, "session": "s", "username": "u", "version": "5.3", "date": ""}
    parts = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    return json.dumps({**parts, "channel": "shell", "buffers": []})


def test_only_this_machine_is_listened_on(site: Site) -> None:
    listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    mine = re.findall(rf" ([0-9A-F]+):{site.port:04X} [0-9A-F]+:0000 0A", listening)
    assert mine == ["0100007F"]


def test_the_folder_that_is_served_holds_the_notebook_alone(site: Site) -> None:
    [folder] = site.scratch.glob("smarketing-lab-*/page")
    assert [path.name for path in folder.iterdir()] == ["scenario_lab.ipynb"]


def test_ctrl_c_ends_it_quietly_and_leaves_nothing_behind(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "params").mkdir(parents=True)
    write_tiny(home / "params")
    site = opened(home, mark="app-ctrl-c")
    assert site.ask(f"/?token={site.token}")[0] == 200
    site.process.send_signal(signal.SIGINT)
    out, err = site.process.communicate(timeout=HANG_SECONDS)
    assert (site.process.returncode, out, err) == (0, "", "")
    assert list(site.scratch.iterdir()) == []
    wait_for("every kernel to end", lambda: not processes_of(f"{NAME}=app-ctrl-c"))


def test_a_settings_file_in_the_users_folder_is_not_run_as_code(site: Site) -> None:
    assert (site.home / "voila.py").exists()
    assert not (site.home / "ran").exists()


def test_a_taken_port_is_told_in_one_line(tiny: Path, smarketing) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = smarketing("app", tiny, "--port", port)
    assert told.code == 2
    assert told.out == ""
    assert told.err.splitlines() == [
        f"--port = {port}: cannot be listened on: address already in use; choose another, or 0 for any"
    ]


def test_a_broken_scenario_is_told_before_anything_starts(tiny: Path, smarketing) -> None:
    tiny.write_text("name: [")
    told = smarketing("app", tiny, "--port", "0")
    assert told.code == 2
    assert "tiny.yaml" in told.err
    missing = smarketing("app", "nowhere.yaml", "--port", "0")
    assert missing.code == 2
    assert len(missing.err.splitlines()) == 1


def test_a_notebook_that_is_not_there_is_told_in_one_line(
    tiny: Path, smarketing, monkeypatch: pytest.MonkeyPatch
) -> None:
    from smarketing_sim.cli import reporting

    def nowhere(name: str) -> Path:
        raise InputError(f"{name} is not a notebook in notebooks/")

    monkeypatch.setattr(reporting, "find_notebook", nowhere)
    monkeypatch.setattr(sys.modules["smarketing_sim.cli.app"], "find_notebook", nowhere)
    told = smarketing("app", tiny)
    assert (told.code, len(told.err.splitlines())) == (2, 1)


def test_the_page_that_is_served_opens_the_scenario_by_its_full_place(tiny: Path, tmp_path: Path) -> None:
    from smarketing_sim.lab.server import write_page

    folder = tmp_path / "served"
    folder.mkdir()
    shutil.copy(ROOT / "notebooks" / "scenario_lab.ipynb", tmp_path)
    page = nbformat.read(write_page(tmp_path / "scenario_lab.ipynb", folder, params=tiny), as_version=4)
    code = [cell.source for cell in page.cells]
    assert f"params_path = {str(tiny.resolve())!r}" in code
    assert code.index(f"params_path = {str(tiny.resolve())!r}") == 1
    assert "lab.screen" in code
    assert not [source for source in code if "key_figures" in source or source.startswith("#")]
