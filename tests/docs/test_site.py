"""The docs as a site: built with no warning and no network, whole, and the same every time."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from smarketing_sim.ledger import SCHEMA
from tests.conftest import ROOT

pytestmark = pytest.mark.slow
LOADED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src"}


def build(place: Path, **variables: str) -> Path:
    """Build the site as ``make docs`` does; whatever Sphinx has to say is a failure."""
    options = ("--fresh-env", "--fail-on-warning", "--quiet", "--doctree-dir", str(place / "doctrees"))
    command = [sys.executable, "-m", "sphinx", *options, "docs", str(place / "site")]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return place / "site"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("docs"), PYTHONHASHSEED="1")


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, BeautifulSoup]:
    return {path: BeautifulSoup(path.read_text("utf-8"), "html.parser") for path in sorted(site.rglob("*.html"))}


def targets(page: BeautifulSoup) -> Iterator[str]:
    """Every address inside the site that a page links to or loads."""
    for element in page.find_all(["a", *LOADED]):
        address = element.get("href") or element.get("src")
        if address and not urlsplit(address).scheme:
            yield address


def test_no_link_inside_the_site_leads_nowhere(pages: dict[Path, BeautifulSoup]) -> None:
    names = {path: {element["id"] for element in page.find_all(id=True)} for path, page in pages.items()}
    broken = []
    for path, page in pages.items():
        for address in targets(page):
            parts = urlsplit(address)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file() or (parts.fragment and unquote(parts.fragment) not in names.get(target, ())):
                broken.append(f"{path.name}: {address}")
    assert not broken
    assert sum(len(list(targets(page))) for page in pages.values()) > len(pages)


def test_a_page_loads_nothing_from_another_server(site: Path, pages: dict[Path, BeautifulSoup]) -> None:
    loaded = [
        element.get(LOADED[element.name], "") for page in pages.values() for element in page.find_all(list(LOADED))
    ]
    styles = [found for path in site.rglob("*.css") for found in re.findall(r"url\(([^)]*)\)", path.read_text("utf-8"))]
    assert not [address for address in loaded + styles if re.match(r"[\"']?(https?:)?//", address)]
    assert loaded


def test_the_same_docs_give_the_same_bytes(site: Path, tmp_path: Path) -> None:
    again = build(tmp_path, PYTHONHASHSEED="2")
    hashes = [
        {path.relative_to(place): hashlib.sha256(path.read_bytes()).hexdigest() for path in place.rglob("*.*")}
        for place in (site, again)
    ]
    assert hashes[0] == hashes[1]
    assert str(ROOT) not in "".join(path.read_text("utf-8") for path in site.rglob("*.html"))


def test_the_reference_holds_every_command_column_and_key(pages: dict[Path, BeautifulSoup]) -> None:
    """Lost, a reader looks a word up and finds nothing."""
    from tests.cli.test_help import COMMANDS, options_of

    words = {path.stem: {code.get_text() for code in page.find_all("code")} for path, page in pages.items()}
    assert set().union(*map(options_of, COMMANDS)) - {"--help"} <= words["commands"]
    assert {f"smarketing {command}" for command in COMMANDS} <= words["commands"]
    assert {*SCHEMA, *(column for table in SCHEMA.values() for column in table)} <= words["ledger"]
    keys = re.findall(r"^\| `([^`]+)` \|", (ROOT / "params" / "README.md").read_text("utf-8"), re.MULTILINE)
    assert set(keys) <= words["scenario-keys"]
