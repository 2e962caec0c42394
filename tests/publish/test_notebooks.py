"""Running a notebook: strict at the door, silent on stdout, plain about what went wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from smarketing_sim.errors import InputError, RunFailed
from smarketing_sim.publish.kernel import EncryptedKernelManager
from smarketing_sim.publish.notebooks import (
    NotebookFailed,
    check_parameters,
    declared_parameters,
    execute,
    read_notebook,
)
from smarketing_sim.publish.publisher import read_record
from tests.patience import HANG_SECONDS, wait_for

from .conftest import notebook_of

HOSTILE_KEYS = [
    "x;import os",
    "x=1\nimport os",
    "x\n",
    " x",
    "x y",
    "",
    "1x",
    "x-y",
    "x.y",
    "x[0]",
    "x,y",
    "(x)",
    "*x",
    "x:int",
    "x#",
    "class",
    "import",
    "None",
    "True",
    "lambda",
    "__builtins__",
    "__import__",
    "__name__",
    "ｘ",
    "é",
    "x\x00",
    "\ud800",
    "{x}",
    "'x'",
    '"""',
    "x\u2028y",
    "\\",
]


def refuse(names: str, given: dict[object, object]) -> InputError:
    with pytest.raises(InputError) as refused:
        check_parameters(Path("a/toy.ipynb"), notebook_of(parameters=names), given)  # type: ignore[arg-type]
    return refused.value


def test_an_unknown_parameter_is_refused_with_the_nearest_name() -> None:
    [problem] = refuse("leads_per_day: int = 3", {"lead_per_day": 4}).problems
    assert problem.nearest == "leads_per_day"
    assert str(problem) == "toy.ipynb: lead_per_day: the notebook has no such parameter; did you mean 'leads_per_day'?"


def test_every_bad_parameter_is_told_at_once() -> None:
    assert len(refuse("a = 1", {"b": 1, "a": [1], "c d": None}).problems) == 4


@pytest.mark.parametrize("key", HOSTILE_KEYS, ids=ascii)
def test_a_name_that_could_be_code_is_refused_though_the_notebook_declares_much(key: str) -> None:
    assert "letters, digits" in str(refuse("x = 1; y = 2", {key: 1}))


def test_a_hundred_made_up_names_are_refused() -> None:
    names = [f"{a}{b}{c}" for a in ("x", "", "_") for b in HOSTILE_KEYS for c in (";", "\n", "=1")][:100]
    assert len({str(refuse("x = 1", {name: 1})) for name in names if not name.isidentifier()}) > 50


@pytest.mark.parametrize(
    "value", [None, [1], {"a": 1}, (1,), b"x", float("nan"), float("inf"), "\ud800", 1j, Path("x")]
)
def test_a_value_that_is_no_plain_one_is_refused(value: object) -> None:
    assert "finite number" in str(refuse("x = 1", {"x": value}))


def test_the_parameters_are_those_that_the_cell_assigns() -> None:
    source = "import os\na: int = 1  # one\nb = c = 'x'\nd: str | None = None\ne: int\nf[0] = 1\ng += 1"
    assert declared_parameters(notebook_of(parameters=source)) == ("a", "b", "c", "d", "e", "g")


def test_a_notebook_without_parameters_declares_none() -> None:
    assert declared_parameters(nbformat.v4.new_notebook()) == ()


def test_two_parameter_cells_are_refused() -> None:
    twice = notebook_of()
    twice.cells.append(twice.cells[0])
    with pytest.raises(InputError, match="several"):
        declared_parameters(twice)


def test_a_parameters_cell_that_is_not_python_is_refused() -> None:
    with pytest.raises(InputError, match="not Python"):
        declared_parameters(notebook_of(parameters="a = = 1"))


@pytest.mark.parametrize("content", [None, "", "{", "[]", "{}", '{"cells": 1}', "\ufffd\x00", b"\xff\xfe"])
def test_what_is_no_notebook_is_refused_in_one_line(tmp_path: Path, content: str | bytes | None) -> None:
    path = tmp_path / "toy.ipynb"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as refused:
        read_notebook(path)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


def test_five_hundred_hostile_values_arrive_as_they_are_and_run_nothing(
    tmp_path: Path, make_notebook, hostile: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    texts = [text for text in hostile if "\ud800" not in text]
    texts += [f'"; open("{tmp_path}/pwned{i}", "w").close() #' for i in range(500 - len(texts))]
    values: dict[str, str | int | float | bool] = {f"p{i}": text for i, text in enumerate(texts)}
    values |= {"whole": 2**70, "share": 1e-300, "yes": True}
    names = "\n".join(f"{name} = 0" for name in values)
    collect = (
        "import os\nfrom smarketing_sim.report.notebook.display import record\n"
        f"record({{'values': {{n: globals()[n] for n in {list(values)!r}}}}})\n"
        "print('printed')\nos.write(1, b'past Python')"
    )
    notebook = make_notebook(tmp_path / "{x}.ipynb", collect, parameters=names)
    work = tmp_path / "work"
    work.mkdir()
    executed = execute(notebook, work / "out.ipynb", values)
    assert read_record(executed)["values"] == values
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["out.ipynb", "work", "{x}.ipynb"]
    assert nbformat.read(work / "out.ipynb", 4).cells[-1].outputs
    told = capfd.readouterr()
    assert told.out == ""
    assert told.err == ""
    assert "encryption" not in told.err


def failing(tmp_path: Path, make_notebook, source: str, **options: int) -> str:
    notebook = make_notebook(tmp_path / "toy.ipynb", "fine = 1", source)
    output = tmp_path / "out.ipynb"
    with pytest.raises((InputError, RunFailed, NotebookFailed)) as failed:
        execute(notebook, output, {"params_path": "x"}, **options)  # type: ignore[arg-type]
    assert not output.exists()
    return f"{type(failed.value).__name__} {failed.value.exit_code} {failed.value}"


def test_a_failing_cell_is_told_in_one_paragraph(tmp_path: Path, make_notebook) -> None:
    told = failing(tmp_path, make_notebook, "\n# why\nx = {}\nx['gone']")
    assert told == "NotebookFailed 3 toy.ipynb: cell 3, which begins with '# why', failed: KeyError: 'gone'"


@pytest.mark.slow
def test_our_own_errors_keep_their_words_and_lose_the_traceback(tmp_path: Path, make_notebook) -> None:
    bad = "from smarketing_sim.errors import *\nraise InputError(['first: bad', 'second: bad'])"
    assert failing(tmp_path, make_notebook, bad) == "InputError 2 first: bad\nsecond: bad"
    bad = "from smarketing_sim.errors import *\nraise RunFailed('2 of 20 failed')"
    assert failing(tmp_path, make_notebook, bad) == "RunFailed 3 2 of 20 failed"


@pytest.mark.slow
def test_a_cell_that_takes_too_long_is_stopped(tmp_path: Path, make_notebook) -> None:
    told = failing(tmp_path, make_notebook, "import time\ntime.sleep(60)", timeout_seconds=1)
    assert told == "NotebookFailed 3 toy.ipynb: a cell took longer than 1 seconds and was stopped"


@pytest.mark.slow
def test_a_process_that_dies_is_told_in_one_line(tmp_path: Path, make_notebook) -> None:
    told = failing(tmp_path, make_notebook, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert told.startswith("NotebookFailed 3 toy.ipynb: the notebook's process ended before its time")
    assert "\n" not in told


def test_an_interrupt_inside_the_notebook_is_an_interrupt(tmp_path: Path, make_notebook) -> None:
    notebook = make_notebook(tmp_path / "toy.ipynb", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        execute(notebook, tmp_path / "out.ipynb", {})


INTERRUPTED = """
import sys
from pathlib import Path
from smarketing_sim.publish.publisher import publish
try:
    asked = dict(scenario="s", title="t", params_json="{}", seed=1, model_version="1")
    publish(Path(sys.argv[1]), root=Path(sys.argv[2]), **asked)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.slow
def test_ctrl_c_ends_the_run_and_its_process_and_leaves_nothing(tmp_path: Path, make_notebook) -> None:
    begun = tmp_path / "begun"
    source = f"import os, time, pathlib\npathlib.Path({str(begun)!r}).write_text(str(os.getpid()))\ntime.sleep(300)"
    notebook = make_notebook(tmp_path / "toy.ipynb", source)
    command = [sys.executable, "-c", INTERRUPTED, str(notebook), str(tmp_path / "reports")]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for("the cell", lambda: begun.exists() and begun.read_text() != "", by=child)
    os.kill(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=HANG_SECONDS)
    assert (child.returncode, out) == (130, ""), err
    assert "Traceback" not in err
    wait_for("the notebook's process to end", lambda: not Path(f"/proc/{begun.read_text()}").exists())
    assert [p.name for p in (tmp_path / "reports").iterdir() if p.name != ".lock"] == []


def test_the_kernel_is_this_python_whatever_else_is_registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = tmp_path / "kernels" / "python3"
    planted.mkdir(parents=True)
    spec = {"argv": ["/bin/planted", "{connection_file}"], "display_name": "planted", "language": "python"}
    (planted / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    manager = EncryptedKernelManager(kernel_name="python3")
    assert manager.kernel_spec.argv[0] == sys.executable
    assert manager.transport_encryption == "auto"
