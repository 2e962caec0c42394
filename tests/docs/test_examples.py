"""What stands in the how-to guides and the tutorial is tried out: plans are checked, commands are read or run."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

import smarketing_sim as sm
from smarketing_sim.cli import app
from tests.cli.conftest import Said
from tests.conftest import PARAMS, ROOT

DOCS = ROOT / "docs"
PAGES = sorted([DOCS / "tutorial.md", *(DOCS / "how-to").glob("*.md")])
LANGUAGES = {"yaml", "shell", "text", "python"}
BLOCK = re.compile(r"(?:<!-- tested: run(?:, leaves with (\d))? -->\n)?^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "<!-- tested: run"
COMMANDS = typer.main.get_group(app).commands
FEW_YEARS = (("--replications", "2"), ("--workers", "1"))
SHORT_YEARS = (("--set", "run.horizon_months=1"), ("--set", "run.warm_up_weeks=1"))
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
Command = Callable[..., Said]


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and, where it is to be run, the exit code of its commands."""

    language: str
    text: str
    leaves_with: int | None

    @property
    def commands(self) -> list[list[str]]:
        """The words of each of its lines that call the command line, comments left out."""
        return [
            shlex.split(line, comments=True)[1:] for line in self.text.splitlines() if line.startswith("smarketing ")
        ]

    @property
    def targets(self) -> list[str]:
        """The targets of its lines that call make."""
        return [line.split()[1] for line in self.text.splitlines() if line.startswith("make ")]


def blocks(text: str) -> Iterator[Block]:
    """Every fenced block of a page but directives."""
    for found in BLOCK.finditer(text):
        if not found[2].startswith("{"):
            yield Block(found[2], found[3], int(found[1] or 0) if found[0].startswith(MARK) else None)


WITH_EXAMPLES = [page for page in PAGES if any(blocks(page.read_text(encoding="utf-8")))]


def named(text: str) -> str | None:
    """The file that a block of YAML says it is, in its first line."""
    found = re.match(r"# ((?:params/)?[a-z][a-z-]*\.yaml)\b", text)
    return found[1] if found else None


def faults(text: str) -> list[str]:
    """What keeps the examples of a page from being tested."""
    every = list(blocks(text))
    found = [f"a block of {block.language or 'no language'}" for block in every if block.language not in LANGUAGES]
    found += [
        f"no file name: {block.text[:40]!r}" for block in every if block.language == "yaml" and not named(block.text)
    ]
    found += [
        f"nothing to run: {block.text[:40]!r}"
        for block in every
        if block.leaves_with is not None and not block.commands and block.language != "python"
    ]
    if text.count(MARK) != sum(block.leaves_with is not None for block in every):
        found.append("a mark that stands before no block")
    return found + [
        f"text that calls a command: {block.text[:40]!r}"
        for block in every
        if block.language == "text" and block.commands
    ]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a copy of the shipped plans."""
    shutil.copytree(PARAMS, tmp_path / "params")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_example_can_be_tested(page: Path) -> None:
    assert faults(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    ["```yaml\nname: Ours\n```", "```bash\nls\n```", "```\nls\n```", "```text\nsmarketing run x\n```",
     "<!-- tested: run -->\n```shell\nls\n```", "<!-- tested: run -->\n\nwords\n"],
)  # fmt: skip
def test_a_planted_example_that_nobody_tests_is_found(planted: str) -> None:
    assert faults(planted)
    assert not faults("```{toctree}\nx\n```\n\n```yaml\n# params/x.yaml\nname: X\n```\n\n```shell\nls\n```\n")


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.stem)
def test_the_examples_of_a_page_work(page: Path, folder: Path, smarketing: Command) -> None:
    """Plans and answers are written where they say they are; every command is read, and the marked ones are run."""
    plans: list[str] = []
    for block in blocks(page.read_text(encoding="utf-8")):
        assert TARGETS.issuperset(block.targets)
        if block.language == "yaml":
            name = str(named(block.text))
            (folder / name).write_text(block.text, encoding="utf-8")
            plans += [name] if name.startswith("params/") else []
        for words in block.commands:
            read(words)
            if block.leaves_with is not None:
                said = smarketing(*small(*words))
                assert said.code == block.leaves_with, f"{' '.join(words)}: {said.err}"
    if plans:
        said = smarketing(*small("check", *plans))
        assert said.code == 0, said.err


FILES_LEFT = {
    "tutorial": ("exported/leads.parquet", "waiting.png"),
    "use-it-from-python": ("leads.csv",),
}
"""What the Python of a page writes."""


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.stem)
def test_the_python_of_a_page_runs(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Marked blocks are run as they stand, on plans of a month; the others are pieces of code to be put somewhere."""
    load = sm.load
    short = {"run.horizon_months": 1, "run.warm_up_weeks": 1}
    monkeypatch.setattr(sm, "load", lambda path, overrides=None: load(path, short | (overrides or {})), raising=False)
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language == "python" and block.leaves_with is not None:
            exec(block.text, {})
            assert [name for name in FILES_LEFT[page.stem] if not (folder / name).exists()] == []


def read(words: list[str]) -> None:
    """Let a command read its words, and do nothing; what it cannot read is an error."""
    COMMANDS[words[0]].make_context(words[0], list(words[1:]))


def small(*words: str) -> list[str]:
    """A command with as little to simulate as shows that it works."""
    taken = {name for param in COMMANDS[words[0]].params for name in param.opts}
    added = [pair for pair in FEW_YEARS if pair[0] in taken and pair[0] not in words]
    added += [pair for pair in SHORT_YEARS if pair[0] in taken]
    return [*words, *(word for pair in added for word in pair)]


def test_a_command_that_cannot_be_read_is_found() -> None:
    read(["run", "params/baseline.yaml", "--replications", "2"])
    for wrong in (["run"], ["run", "x.yaml", "--replication", "2"], ["run", "x.yaml", "--seed", "one"]):
        with pytest.raises(Exception, match=r"(?i)missing|no such option|valid integer"):
            read(wrong)
