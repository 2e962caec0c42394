"""The commands as Markdown, read from the command line itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_group

from smarketing_sim.cli import app

VALUES = {int: "N", float: "X"}


def commands() -> Iterator[str]:
    """Yield a section for each command: how it is called, what it does, and every option with its default."""
    for name, command in sorted(get_group(app).commands.items()):
        arguments = [param for param in command.params if param.param_type_name == "argument"]
        options = [param for param in command.params if param.param_type_name == "option"]
        words = " ".join(_place(param) for param in arguments)
        yield f"\n## `smarketing {name}`\n\n{_prose(command.help)}\n"
        yield (
            "```text\n"
            + " ".join(filter(None, ("smarketing", name, words, "[OPTIONS]" if options else "")))
            + "\n```\n"
        )
        if command.params:
            yield "| | what it is | default |\n|---|---|---|"
            yield from map(_row, arguments + options)
        yield ""


def _place(param: Any) -> str:
    return _metavar(param) if param.required else f"[{_metavar(param)}]"


def _row(param: Any) -> str:
    option = param.param_type_name == "option"
    names = ", ".join(f"`{name}`" for name in param.opts) if option else f"`{_metavar(param)}`"
    takes = f" `{_metavar(param)}`" if option and not param.is_flag else ""
    return f"| {names}{takes} | {_cell(param.help)} | {_default(param)} |"


def _metavar(param: Any) -> str:
    """Return what stands for a value: the word that the command line gives it, or one for its type."""
    if param.metavar:
        return str(param.metavar)
    if param.param_type_name == "argument":
        return str(param.name).upper()
    return VALUES.get(param.type_descriptor.annotation, "TEXT")


def _default(param: Any) -> str:
    value = param.default
    if param.required:
        return "required"
    if value is None or value in ([], ()) or value is False or callable(value):
        return "–"
    return ", ".join(f"`{one}`" for one in (value if isinstance(value, list | tuple) else [value]))


def _prose(text: str | None) -> str:
    """Return help as paragraphs; a line break inside one is the terminal's."""
    told = re.sub(r"(?<![\w`-])--[a-z][a-z-]*", r"`\g<0>`", (text or "").strip())
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", told))


def _cell(text: str | None) -> str:
    return _prose(text).replace("|", "\\|").replace("\n\n", " ")
