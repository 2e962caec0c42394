"""What is said of a fault: no place in the machine, no traceback; the log has both."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import nbformat
import pytest

from smarketing_sim.lab.controller import Told
from smarketing_sim.lab.faults import short_paths, shown
from smarketing_sim.lab.publishing import Publication
from smarketing_sim.lab.server import hide_faults
from smarketing_sim.lab.state import State
from smarketing_sim.lab.widgets import Lab

TRACE = ["Traceback (most recent call last)", "File \x1b[32m/opt/lab/x.py:1\x1b[39m, in f"]


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("/srv/ann/plans/params/x.yaml: already exists", "params/x.yaml: already exists"),
        ("no such file: '/etc/lab/x.yaml'", "no such file: '…/x.yaml'"),
        ("(/srv/ben/a/b.yaml) and /opt/lib/c.py", "(…/b.yaml) and …/c.py"),
        ("5 leads/rep; params/x.yaml; 1/2; 3 / 4 / 5", "5 leads/rep; params/x.yaml; 1/2; 3 / 4 / 5"),
    ],
)
def test_files_are_named_without_the_folders_above(said: str, seen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMARKETING_HOME", "/srv/ann/plans")
    assert short_paths(said) == seen


def test_a_cell_that_fails_says_a_sentence_and_the_log_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    cell = nbformat.v4.new_code_cell()
    cell.outputs = [
        nbformat.v4.new_output("stream", name="stderr", text="/opt/lab/y.py:2: SomeWarning"),
        nbformat.v4.new_output("stream", text="kept"),
        nbformat.v4.new_output("error", ename="KeyError", evalue="'/opt/lab/secret'", traceback=TRACE),
    ]
    hide_faults(cell)
    kept, told = cell.outputs
    assert kept.text == "kept"
    assert told.output_type == "stream"
    assert told.text == "internal error in the lab (KeyError); the details are in its log\nThe lab was not opened.\n"
    assert "/opt/lab/y.py:2: SomeWarning" in caplog.text
    assert "File /opt/lab/x.py:1, in f" in caplog.text


def test_what_is_wrong_with_a_plan_is_said_in_its_own_words(caplog: pytest.LogCaptureFixture) -> None:
    seen = shown("error", {"ename": "InputError", "evalue": "/srv/p/x.yaml: no name", "traceback": TRACE})
    assert seen == {"ename": "InputError", "evalue": "…/x.yaml: no name", "traceback": ["…/x.yaml: no name"]}
    assert caplog.text == ""


def test_what_every_page_makes_a_kernel_say_does_not_fill_the_terminal(caplog: pytest.LogCaptureFixture) -> None:
    assert shown("stream", {"name": "stderr", "text": "No such comm: 0165e3b4\n"}) is None
    assert caplog.text == ""


def test_a_reply_with_a_traceback_is_shortened_and_others_are_handed_on() -> None:
    failed = shown("comm_info_reply", {"status": "error", "ename": "OSError", "evalue": "x", "traceback": TRACE})
    assert failed is not None
    assert failed["traceback"] == ["internal error in the lab (OSError); the details are in its log"]
    assert shown("comm_info_reply", {"status": "ok"}) == {"status": "ok"}
    assert shown("stream", {"name": "stdout", "text": "x"}) == {"name": "stdout", "text": "x"}
    assert shown("stream", {"name": "stderr", "text": "x"}) is None
    assert shown("execute_input", {"code": "params_path = '/srv/p/x.yaml'"}) is None


def test_no_line_of_the_lab_names_a_place_in_the_machine(state: State, caplog: pytest.LogCaptureFixture) -> None:
    lab = Lab(state)
    try:
        lab._hear(Told("/srv/p/x.yaml: already exists", trouble=True))
        lab._hear(Publication("no report was published: /srv/p/x.yaml: gone", ended=True, trouble=True))
        assert "…/x.yaml: already exists" in unescape(lab.message.value)
        assert "…/x.yaml: gone" in unescape(lab.report.value)
        lab.controller.save = lambda *_, **__: Path("/srv/none/x").read_text()  # type: ignore[method-assign, assignment]
        lab.save_button.click()
        assert "internal error in the lab (FileNotFoundError)" in unescape(lab.message.value)
        assert "/srv" not in unescape(lab.message.value + lab.report.value)
        assert "/srv/none/x" in caplog.text
    finally:
        lab.close()
