"""Machine code where Numba is installed; the same plain Python where it is not.

Only a function that Python calls is kept on disk; what it calls is compiled into it. Numba looks at the date of that
one function's file, so code compiled from an older state of the other files is thrown away here.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

INSTALLED = importlib.util.find_spec("numba") is not None  # there is none yet for a very new Python
Function = TypeVar("Function", bound=Callable[..., Any])


def part(function: Function) -> Function:
    """Compile a function of numbers and arrays into each compiled function that calls it; it must not allocate."""
    return _compiled(function, forceinline=True)


def seldom(function: Function) -> Function:
    """Compile a part that is called so seldom that its code need not stand at every call."""
    return _compiled(function)


def entry(function: Function) -> Function:
    """Compile a function that Python calls, free of the interpreter's lock, and keep the code on disk."""
    if INSTALLED:
        _forget_older(Path(function.__code__.co_filename).parent)
    try:
        return _compiled(function, cache=True)
    except RuntimeError:  # no folder to keep it in can be written
        return _compiled(function)


def is_ready() -> bool:
    """Tell whether compiled code was kept by an earlier run; True, too, where none can be kept or is needed."""
    package = Path(__file__).parent
    return not (INSTALLED and os.access(package, os.W_OK)) or any(package.rglob("__pycache__/*.nbi"))


def _prefetch() -> Callable[[Any, int, int], None]:
    """Return a function for compiled code that has an item of a row brought near; it reads nothing itself."""
    from llvmlite import ir  # noqa: PLC0415
    from numba.core import cgutils, types  # noqa: PLC0415
    from numba.extending import intrinsic  # noqa: PLC0415

    item_pointer: Any = cgutils.get_item_pointer

    @intrinsic
    def prefetch(_: Any, array: Any, row: Any, column: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            kind, *places = signature.args
            found = context.make_array(kind)(context, builder, args[0])
            both = [context.cast(builder, arg, place, types.intp) for arg, place in zip(args[1:], places, strict=True)]
            pointer = item_pointer(context, builder, kind, found, both[: kind.ndim], wraparound=False)
            word, byte = ir.IntType(32), cgutils.voidptr_t
            shape = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
            hint = builder.module.declare_intrinsic("llvm.prefetch", [byte], shape)
            builder.call(hint, [builder.bitcast(pointer, byte), word(0), word(3), word(1)])
            return context.get_dummy_value()

        return types.none(array, row, column), emit

    hint: Callable[[Any, int, int], None] = prefetch  # type: ignore[assignment]
    return hint


def _compiled(function: Function, **options: bool) -> Function:
    if not INSTALLED:
        return function
    import numba  # noqa: PLC0415

    # Without reference counts, and with every part inlined, an event costs a tenth of what it would otherwise.
    compiled: Function = numba.njit(nogil=True, _nrt=False, error_model="numpy", **options)(function)  # type: ignore[call-overload]
    return compiled


def _forget_older(folder: Path) -> None:
    """Remove compiled code that is older than any source beside it."""
    newest = max(path.stat().st_mtime for path in folder.glob("*.py"))
    for kept in folder.glob("__pycache__/*.nb?"):
        with contextlib.suppress(OSError):
            if kept.stat().st_mtime < newest:
                kept.unlink()


prefetch = _prefetch() if INSTALLED else lambda array, row, column: None
