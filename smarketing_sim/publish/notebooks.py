"""Running a report notebook: parameters checked first, papermill for the rest, errors in plain words."""

from __future__ import annotations

import ast
import keyword
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from smarketing_sim.errors import (
    InputError,
    NothingToDecide,
    Problem,
    RunFailed,
    SmarketingError,
    nearest_name,
    shorten,
)
from smarketing_sim.files import write_atomically
from smarketing_sim.report.notebook.cards import answer_html
from smarketing_sim.report.notebook.display import RECORD_MIME
from smarketing_sim.timeouts import HANG_SECONDS, LONG_SECONDS
from smarketing_sim.words.numbers import upper_first

Scalar = str | int | float | bool
_KINDS: dict[type, str] = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}

PARAMETERS_TAG = "parameters"


class NotebookFailed(SmarketingError):
    """A cell of a report notebook failed for a reason that is no fault of the input."""

    exit_code = 3


def execute(
    notebook: Path,
    output: Path,
    parameters: Mapping[str, Scalar],
    *,
    timeout_seconds: int = LONG_SECONDS,
    cwd: Path | None = None,
) -> NotebookNode:
    """Run ``notebook`` with ``parameters`` and write the executed copy to ``output``.

    Parameters
    ----------
    notebook
        The notebook; one of its cells is tagged ``parameters``.
    output
        Where the executed notebook goes; nothing is written when it fails.
    parameters
        Values by name; each name must stand in the notebook's own parameters cell.
    timeout_seconds
        The longest that one cell may take.
    cwd
        The folder the notebook runs in; the output's folder if left out.

    Returns
    -------
    NotebookNode
        The executed notebook.

    Raises
    ------
    InputError
        If the notebook or a parameter cannot be used, or the notebook itself says that its input cannot.
    NothingToDecide
        If the notebook finds no case for its question.
    RunFailed
        If the notebook says that a run failed.
    NotebookFailed
        If a cell failed in any other way; one paragraph says where and why.
    """
    source = read_notebook(notebook)
    check_parameters(notebook, source, parameters)
    executed = _run(
        notebook.name,
        source,
        dict(parameters),
        timeout_seconds=timeout_seconds,
        cwd=cwd or output.parent,
    )
    write_atomically(output, nbformat.writes(executed))  # type: ignore[no-untyped-call]
    return executed


def without_answer(notebook: NotebookNode, reason: NothingToDecide) -> NotebookNode:
    """Return what stands in the place of an executed notebook whose question has no case: its heading, and why."""
    text, _, advice = reason.problems[0].rule.partition(": ")[2].partition("; ")
    finding = f"{upper_first(text)}."
    page = {"text/html": answer_html(finding, f"{upper_first(advice)}.", []), "text/plain": finding}
    facts = {RECORD_MIME: {"finding": finding, "results": {"nothing_to_decide": finding}}}
    outputs = [nbformat.v4.new_output("display_data", data) for data in (page, facts)]  # type: ignore[no-untyped-call]
    cells = [*notebook.cells[:1], nbformat.v4.new_code_cell(outputs=outputs)]  # type: ignore[no-untyped-call]
    made: NotebookNode = nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata)  # type: ignore[no-untyped-call]
    return made


def read_notebook(path: Path) -> NotebookNode:
    """Return the notebook in ``path``.

    Raises
    ------
    InputError
        If there is none, or it is no notebook.
    """
    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        return notebook
    except (OSError, UnicodeError) as error:
        raise InputError([Problem("this notebook cannot be read", file=str(path), value=_reason(error))]) from None
    except Exception as error:  # nbformat lets JSON, validation and attribute errors through
        raise InputError([Problem("this is not a notebook", file=str(path), value=_reason(error))]) from None


def notebook_title(notebook: NotebookNode) -> str:
    """Return the heading that a notebook begins with; empty where it begins with anything else."""
    first = notebook.cells[0].source.partition("\n")[0] if notebook.cells else ""
    return first.removeprefix("# ").strip() if first.startswith("# ") else ""


def declared_parameters(notebook: NotebookNode) -> tuple[str, ...]:
    """Return the names that the notebook's parameters cell assigns, in order; empty when there is no such cell.

    Raises
    ------
    InputError
        If there are several such cells, or the cell is not Python.
    """
    return tuple(name for statement in _parameters_cell(notebook) for name in _assigned(statement))


def default_parameters(notebook: NotebookNode) -> dict[str, Scalar]:
    """Return the plain values that the notebook's parameters cell assigns, by name.

    Raises
    ------
    InputError
        As :func:`declared_parameters`.
    """
    known: dict[str, Scalar] = {}
    for statement in _parameters_cell(notebook):
        value = getattr(statement, "value", None)
        if isinstance(value, ast.Constant) and isinstance(value.value, str | int | float | bool):
            known |= dict.fromkeys(_assigned(statement), value.value)
    return known


def read_parameters(settings: Sequence[str], defaults: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Read ``name=value`` words as values for parameters of a notebook, each of the type of its default.

    Raises
    ------
    InputError
        With every problem: an unknown name, with the nearest one, or a value of another type.
    """
    found: dict[str, Scalar] = {}
    problems: list[Problem] = []
    for setting in settings:
        name, _, text = (part.strip() for part in setting.partition("="))
        if name not in defaults:
            rule = "is not a parameter of this notebook's own"
            problems.append(Problem(rule, file="--parameter", value=name, nearest=nearest_name(name, list(defaults))))
            continue
        kind = type(defaults[name])
        try:
            found[name] = kind(text)
        except ValueError:
            problems.append(Problem(f"must be {_KINDS[kind]}", file="--parameter", path=name, value=text))
    if problems:
        raise InputError(problems)
    return found


def _parameters_cell(notebook: NotebookNode) -> list[ast.stmt]:
    cells = [cell for cell in notebook.cells if PARAMETERS_TAG in cell.metadata.get("tags", [])]
    if len(cells) > 1:
        raise InputError("a notebook has one cell tagged 'parameters'; this one has several")
    try:
        return ast.parse(cells[0].source).body if cells else []
    except (SyntaxError, ValueError) as error:
        raise InputError([Problem("the notebook's parameters cell is not Python", value=_reason(error))]) from None


def check_parameters(path: Path, notebook: NotebookNode, parameters: Mapping[str, object]) -> None:
    """Refuse every parameter that ``notebook`` does not declare, or that is no plain value.

    Raises
    ------
    InputError
        With every problem found, each with the nearest valid name.
    """
    declared = declared_parameters(notebook)
    problems = [
        Problem(rule, file=path.name, path=_shown(str(name)), nearest=nearest)
        for name, value in parameters.items()
        for rule, nearest in _faults(name, value, declared)
    ]
    if problems:
        raise InputError(problems)


def _assigned(statement: ast.stmt) -> Iterator[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    yield from (target.id for target in targets if isinstance(target, ast.Name))


def _faults(name: object, value: object, declared: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    if not isinstance(name, str) or not _is_plain_name(name):
        yield "a parameter's name is letters, digits and underscores, and no word of Python", None
    elif name not in declared:
        yield "the notebook has no such parameter", nearest_name(name, declared)
    if not _is_plain_value(value):
        yield "a parameter is a text, a finite number, true or false", None


def _is_plain_name(name: str) -> bool:
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")


def _is_plain_value(value: object) -> bool:
    if type(value) is str:
        return not any("\ud800" <= character <= "\udfff" for character in value)
    return type(value) in (bool, int) or (type(value) is float and math.isfinite(value))


def _run(
    name: str, notebook: NotebookNode, parameters: dict[str, Scalar], *, timeout_seconds: int, cwd: Path
) -> NotebookNode:
    import papermill  # noqa: PLC0415 - takes two seconds, and faults in the input should be told at once
    from nbclient.exceptions import CellTimeoutError, DeadKernelError  # noqa: PLC0415
    from papermill.exceptions import PapermillExecutionError  # noqa: PLC0415

    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    try:
        executed: NotebookNode = papermill.execute_notebook(
            notebook,
            None,
            parameters,
            kernel_name="python3",
            language="python",
            cwd=str(cwd),
            progress_bar=False,
            request_save_on_cell_execute=False,
            start_timeout=HANG_SECONDS,
            execution_timeout=timeout_seconds,
            iopub_timeout=timeout_seconds,
            kernel_manager_class="smarketing_sim.publish.kernel.EncryptedKernelManager",
        )
        return executed
    except PapermillExecutionError as error:
        raise _told(name, error, cell_number=_number_in_source(notebook, error.cell_index, parameters)) from None
    except CellTimeoutError:
        raise NotebookFailed(f"{name}: a cell took longer than {timeout_seconds} seconds and was stopped") from None
    except (DeadKernelError, RuntimeError) as error:
        raise NotebookFailed(f"{name}: the notebook's process ended before its time: {_reason(error)}") from None


def _number_in_source(notebook: NotebookNode, index: int, parameters: Mapping[str, Scalar]) -> int:
    """Return the number, counted from 1, that the failed cell has in the notebook as its author sees it."""
    tagged = [i for i, cell in enumerate(notebook.cells) if PARAMETERS_TAG in cell.metadata.get("tags", [])]
    injected_before = bool(parameters) and index > tagged[0]
    return index + 1 - injected_before


def _told(name: str, error: Any, *, cell_number: int) -> BaseException:
    """Return what to raise for a cell that failed: our own errors as they were, anything else as one paragraph."""
    if error.ename == "KeyboardInterrupt":
        return KeyboardInterrupt()
    exit_codes = {kind.__name__: kind.exit_code for kind in _family(SmarketingError)}
    if error.ename in exit_codes:
        bad_input = exit_codes[error.ename] == InputError.exit_code
        if error.ename == NothingToDecide.__name__:
            return NothingToDecide(error.evalue.splitlines())
        return InputError(error.evalue.splitlines()) if bad_input else RunFailed(error.evalue)
    first_line = next((line for line in error.source.splitlines() if line.strip()), "")
    reason = _shown(f"{error.ename}: {error.evalue}".strip(": "), 300)
    return NotebookFailed(f"{name}: cell {cell_number}, which begins with {shorten(first_line)}, failed: {reason}")


def _family(kind: type[SmarketingError]) -> Iterator[type[SmarketingError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)


def _shown(text: str, width: int = 60) -> str:
    return shorten(text, width)[1:-1]


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text.splitlines()[0]
