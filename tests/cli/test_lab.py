"""The command lab: it opens the lab's notebook, and nothing that it tells JupyterLab lets another machine in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from jupyterlab.labapp import LabApp

from smarketing_sim.cli.lab import arguments
from tests.conftest import ROOT

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


def test_it_takes_no_words(smarketing) -> None:
    told = smarketing("lab", "--ip", "0.0.0.0")
    assert told.code == 2
    assert "No such option" in told.err
