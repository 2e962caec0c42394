"""Package rules that no linter holds: no code from data, no global luck, functions of a size to read."""

from __future__ import annotations

import ast
import functools
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "smarketing_sim"
MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = [path.relative_to(ROOT).as_posix() for path in MODULES]

FORBIDDEN_MODULES = {"pickle", "cPickle", "cloudpickle", "dill", "marshal", "shelve"}
FORBIDDEN_CALLS = {"eval", "exec", "joblib.load", "joblib.dump", "yaml.load", "yaml.unsafe_load", "os.system"}
FORBIDDEN_METHODS = {"to_pickle", "read_pickle"}
FORBIDDEN_FLAGS = {"allow_pickle", "shell"}
WRITERS = {"write_text", "write_bytes", "to_parquet", "write_table", "savefig", "dump"}
# What writes beside the place and moves there in one step, what writes into memory, and what writes into a folder that
# is gone, or moved whole, at the end. The reference is made from the code, and stands in version control.
MAY_WRITE = {
    "experiment/journal.py": {"open"},
    "experiment/sweep.py": {"to_parquet"},
    "lab/charts.py": {"savefig"},
    "lab/saving.py": {"dump", "write_text"},
    "lab/server.py": {"write"},
    "ledger_files.py": {"open", "write_table"},
    "report/notebook/display.py": {"savefig"},
    "report/notebook/progress.py": {"write_text"},
    "files.py": {"to_parquet"},
    "scenario/json_schema.py": {"write_text"},
}
GENERATOR_NAMES = {
    *("Generator", "SeedSequence", "ISeedSequence", "bit_generator", "BitGenerator", "default_rng"),
    *("PCG64", "PCG64DXSM", "Philox", "SFC64"),
}

MODULE_LINES = 400
FUNCTION_LINES = 60
MEDIAN_FUNCTION_LINES = 15


@functools.cache
def parsed(source: str) -> ast.Module:
    """Return the tree of a source, which nobody may change; each rule asks for that of every module."""
    return ast.parse(source)


@functools.cache
def source_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def imported(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Line, local name and full name of everything a module imports, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                yield node.lineno, alias.asname or top, alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield node.lineno, alias.asname or alias.name, f"{node.module}.{alias.name}"


def full_name(node: ast.expr, imports: dict[str, str]) -> str:
    """The dotted name of an expression with import aliases undone; empty when it is no plain name."""
    if isinstance(node, ast.Name):
        return imports.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        base = full_name(node.value, imports)
        return f"{base}.{node.attr}" if base else ""
    return ""


def code_from_data(source: str) -> list[str]:
    """Places where data could become code (threat T8): pickles, eval, the unsafe YAML loader, a shell."""
    tree = parsed(source)
    imports = {local: name for _, local, name in imported(tree)}
    found = [f"{line}: {name}" for line, _, name in imported(tree) if name.split(".")[0] in FORBIDDEN_MODULES]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = full_name(node.func, imports).removeprefix("builtins.")
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name in FORBIDDEN_CALLS or method in FORBIDDEN_METHODS:
            found.append(f"{node.lineno}: {name or method}")
        for keyword in node.keywords:
            off = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            if keyword.arg in FORBIDDEN_FLAGS and not off:
                found.append(f"{node.lineno}: {keyword.arg}")
    return found


def spreadsheet_writers(source: str) -> list[str]:
    """Places that write a sheet whose text cells a spreadsheet could run as formulas (threat T5); we write Parquet."""
    tree = parsed(source)
    found = [f"{line}: {name}" for line, _, name in imported(tree) if name.split(".")[0] in {"csv", "openpyxl"}]
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    writes = {"to_csv", "to_excel", "write_csv", "savetxt"}
    return found + [f"{node.lineno}: {node.func.attr}" for node in calls if node.func.attr in writes]


def global_luck(source: str) -> list[str]:
    """Places that draw from, or seed, a state which no caller passed in."""
    tree = parsed(source)
    imports = {local: name for _, local, name in imported(tree)}
    found = [f"{line}: {name}" for line, _, name in imported(tree) if name.split(".")[0] == "random"]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            name = full_name(node, imports)
            if name.startswith("numpy.random.") and name.split(".")[2] not in GENERATOR_NAMES:
                found.append(f"{node.lineno}: {name}")
        if isinstance(node, ast.Call) and not node.args and not node.keywords:
            name = full_name(node.func, imports)
            if name.startswith("numpy.random.") and name.split(".")[-1] in GENERATOR_NAMES:
                found.append(f"{node.lineno}: {name}() without a seed")
    return found


def writers(source: str) -> set[str]:
    """What a module calls that writes a file under the name it is given, where a kill would leave half of it."""
    found = set()
    for node in ast.walk(parsed(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        told = [*node.args[isinstance(node.func, ast.Name) :], *(keyword.value for keyword in node.keywords)]
        texts = [str(one.value) for one in told if isinstance(one, ast.Constant)]
        opens = name == "open" and any(re.fullmatch("[rbt]*[wxa+][rwxab+t]*", text) for text in texts)
        if name in WRITERS or opens or full_name(node.func, {}) == "nbformat.write":
            found.add(name)
    return found


def functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Name and length of each function, in lines without its docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            if ast.get_docstring(node, clean=False) is not None:
                length -= node.body[0].end_lineno - node.body[0].lineno + 1
            yield node.name, length


@pytest.mark.slow
@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_no_sheet_is_written_whose_text_could_run_as_a_formula(path: Path) -> None:
    assert not spreadsheet_writers(source_of(path))


@pytest.mark.parametrize("planted", ["frame.to_csv('x.csv')", "import csv", "from openpyxl import Workbook"])
def test_a_planted_sheet_writer_is_found(planted: str) -> None:
    assert spreadsheet_writers(planted)


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_no_data_becomes_code(path: Path) -> None:
    assert not code_from_data(source_of(path))


@pytest.mark.parametrize(
    "planted",
    [
        "import pickle",
        "from pickle import loads",
        "def f():\n    import cloudpickle as c",
        "import joblib\njoblib.load('x')",
        "from joblib import load as get\nget('x')",
        "import numpy as np\nnp.load('x', allow_pickle=True)",
        "eval('1')",
        "import builtins\nbuiltins.eval('1')",
        "exec('1')",
        "import yaml\nyaml.load('x')",
        "import subprocess\nsubprocess.run('ls', shell=True)",
        "import subprocess\nsubprocess.run('ls', shell=flag)",
        "frame.to_pickle('x')",
        "import os\nos.system('ls')",
    ],
)
def test_planted_code_from_data_is_found(planted: str) -> None:
    assert code_from_data(planted)


def test_harmless_namesakes_are_let_through() -> None:
    assert not code_from_data(
        "'''No pickle, no eval(.'''\nimport re\nre.compile('x')\nmodel.eval()\nrun(x, shell=False)"
    )


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_no_file_is_written_under_its_final_name(path: Path) -> None:
    assert writers(source_of(path)) <= MAY_WRITE.get(path.relative_to(PACKAGE).as_posix(), set())


@pytest.mark.parametrize(
    "planted",
    ["path.write_text('x')", "frame.to_parquet(folder / 'x')", "open('x', 'w')", "path.open('ab')",
     "open('x', mode='r+')", "import nbformat\nnbformat.write(page, 'x')", "figure.savefig('x.png')"],
)  # fmt: skip
def test_a_planted_write_under_a_final_name_is_found(planted: str) -> None:
    assert writers(planted)
    assert not writers("open('x')\nopen('x', 'rb')\npath.open(encoding='utf-8')\nstreams.open('day effect')")


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_no_luck_comes_from_a_global_state(path: Path) -> None:
    assert not global_luck(source_of(path))


@pytest.mark.parametrize(
    "planted",
    [
        "import random",
        "from random import choice",
        "import numpy as np\nnp.random.seed(1)",
        "import numpy\nx = numpy.random.normal()",
        "from numpy import random\nrandom.shuffle(x)",
        "from numpy.random import rand\nrand()",
        "import numpy as np\nrng = np.random.default_rng()",
        "import numpy as np\nnp.random.RandomState(1)",
    ],
)
def test_planted_global_luck_is_found(planted: str) -> None:
    assert global_luck(planted)


def test_generators_that_are_passed_in_are_let_through() -> None:
    source = (
        "import numpy as np\nseed = np.random.SeedSequence(1)\nrng: np.random.Generator = np.random.default_rng(seed)"
    )
    assert not global_luck(source)


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_module_says_what_it_is_for_and_can_be_read_in_one_sitting(path: Path) -> None:
    source = source_of(path)
    tree = parsed(source)
    assert ast.get_docstring(tree)
    assert len(source.splitlines()) <= MODULE_LINES
    assert not [f"{name}: {length} lines" for name, length in functions(tree) if length > FUNCTION_LINES]


def test_functions_are_short_in_the_median() -> None:
    lengths = [length for path in MODULES for _, length in functions(parsed(source_of(path)))]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION_LINES
