"""What commands say about themselves, held against what they take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from smarketing_sim.cli import app
from tests.conftest import ROOT

COMMANDS = typer.main.get_group(app).commands
CALL = re.compile(r"\bsmarketing ([a-z]+)\b([^`\n#]*)")
PAGES = (
    ROOT / "README.md",
    ROOT / "smarketing_sim" / "cli" / "working_folder.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)
TOLD_IN = [page for page in PAGES if any(call[1] in COMMANDS for call in CALL.finditer(page.read_text("utf-8")))]


def options_of(command: str) -> set[str]:
    """Every option that a command takes."""
    taken = {word for param in COMMANDS[command].params for word in param.opts if word.startswith("-")}
    return taken | {"--help"}


def options_in(text: str) -> set[str]:
    """Every option that a text speaks of."""
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_speaks_of_no_option_that_it_lacks(command: str) -> None:
    texts = [COMMANDS[command].help, *(getattr(param, "help", None) for param in COMMANDS[command].params)]
    assert options_in("\n".join(filter(None, texts))) <= options_of(command)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_shows_and_explains_every_option(smarketing, command: str, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    said = smarketing(command, "--help")
    assert said.code == 0
    assert options_of(command) <= options_in(said.out)
    assert all(param.help for param in COMMANDS[command].params)


@pytest.mark.parametrize("page", TOLD_IN, ids=lambda page: page.name)
def test_a_command_on_a_page_has_the_options_that_stand_there(page: Path) -> None:
    told = CALL.findall(page.read_text(encoding="utf-8"))
    told = [(command, words) for command, words in told if command in COMMANDS]
    assert told
    for command, words in told:
        assert options_in(words) <= options_of(command), f"smarketing {command}{words}"
