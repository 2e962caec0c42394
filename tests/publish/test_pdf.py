"""The PDF: made from the page alone, by programs nobody planted, and never a reason to fail."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from smarketing_sim.publish import pdf

from .conftest import CHROMIUM

PAGE = "<!doctype html><html lang=en><title>t</title><body><p>It costs 5 — and more.</p>{}</body></html>"
PLANTED = [
    "inkscape",
    "pandoc",
    "xelatex",
    "pdflatex",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "rsvg-convert",
    "fc-list",
]


def has_weasyprint() -> bool:
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


needs_weasyprint = pytest.mark.skipif(not has_weasyprint(), reason="WeasyPrint or Pango is not installed")
needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium on this machine")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(PAGE.format(""), "utf-8")
    return path


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file that any of the planted programs would make."""
    folder, mark = tmp_path / "planted", tmp_path / "planted-ran"
    folder.mkdir()
    for name in PLANTED:
        program = folder / name
        program.write_text(f"#!/bin/sh\ntouch {mark}\n")
        program.chmod(0o755)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", os.pathsep.join([".", str(folder), os.environ["PATH"]]))
    return mark


def without_weasyprint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)


@needs_weasyprint
def test_weasyprint_makes_it_and_runs_nothing_planted(page: Path, trap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "BROWSERS", ())
    assert pdf.write_pdf(page, page.with_suffix(".pdf")) is None
    assert page.with_suffix(".pdf").read_bytes().startswith(b"%PDF-")
    assert not trap.exists()


@needs_chromium
@pytest.mark.browser
def test_a_browser_of_the_system_makes_it_and_nothing_planted_runs(
    page: Path, trap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_weasyprint(monkeypatch)
    told = "the PDF was printed by a browser (WeasyPrint: it is not installed)"
    assert pdf.write_pdf(page, page.with_suffix(".pdf")) == told
    assert page.with_suffix(".pdf").read_bytes().startswith(b"%PDF-")
    assert not trap.exists()


def test_browsers_are_looked_for_in_absolute_places_only() -> None:
    assert all(path.startswith("/") or path[1:3] == ":\\" for path in pdf.BROWSERS)


def test_with_neither_there_is_one_line_of_advice_and_no_file(
    page: Path, trap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_weasyprint(monkeypatch)
    monkeypatch.setattr(pdf, "BROWSERS", ("chromium", "./chromium", "/nowhere/chromium"))
    note = pdf.write_pdf(page, page.with_suffix(".pdf"))
    assert note == (
        "no PDF was made; WeasyPrint: it is not installed; a browser: none is in its usual place; " + pdf.ADVICE
    )
    assert not page.with_suffix(".pdf").exists()
    assert not trap.exists()


class BrokenPango:
    def __getattr__(self, name: str) -> object:
        raise OSError("cannot load library 'pango'")


@pytest.mark.parametrize(
    ("script", "reason"),
    [("exit 1", " left with exit code 1"), ("exit 0", ": it left no PDF"), ("kill -9 $$", " left with exit code -9")],
)
def test_a_broken_layout_engine_or_browser_fails_no_publish_and_both_reasons_are_told(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: str
) -> None:
    broken = tmp_path / "browser"
    broken.write_text(f"#!/bin/sh\n{script}\n")
    broken.chmod(0o755)
    monkeypatch.setitem(sys.modules, "weasyprint", BrokenPango())
    monkeypatch.setattr(pdf, "BROWSERS", (str(broken),))
    assert pdf.write_pdf(page, page.with_suffix(".pdf")) == (
        "no PDF was made; WeasyPrint: a library of the system is missing: cannot load library 'pango'; "
        f"a browser: {broken}{reason}; {pdf.ADVICE}"
    )


@needs_weasyprint
def test_a_layout_that_fails_half_way_is_handed_to_the_browser_and_the_fault_is_told(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "_fallback_faces", lambda: 1 / 0)
    monkeypatch.setattr(pdf, "_by_browser", lambda path: b"%PDF-1.7 by browser")
    told = "the PDF was printed by a browser (WeasyPrint: ZeroDivisionError: division by zero)"
    assert pdf.write_pdf(page, page.with_suffix(".pdf")) == told
    assert page.with_suffix(".pdf").read_bytes() == b"%PDF-1.7 by browser"


@pytest.mark.slow
@needs_weasyprint
def test_a_page_that_names_files_and_addresses_gets_none_of_them(tmp_path: Path) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    addresses = [secret.as_uri(), str(secret), "secret.svg", "http://127.0.0.1:9/x.png"]
    page = tmp_path / "report.html"

    def reads_one_of(*addresses: str) -> bool:
        named = "".join(f'<img src="{a}" alt=""><a rel=attachment href="{a}">a</a>' for a in addresses)
        page.write_text(PAGE.format(named), "utf-8")
        return b"EmbeddedFile" in pdf._by_weasyprint(page)

    assert not reads_one_of(*addresses)
    assert reads_one_of("data:text/plain;base64,aGVsbG8="), "the check itself is blind"


@needs_weasyprint
def test_a_fault_of_many_lines_is_told_on_one(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise ValueError("first\nsecond \x1b[31m" + "x" * 1000)

    monkeypatch.setattr(pdf, "_fallback_faces", fail)
    monkeypatch.setattr(pdf, "BROWSERS", ())
    note = pdf.write_pdf(page, page.with_suffix(".pdf"))
    assert note is not None
    assert note.startswith("no PDF was made; WeasyPrint: ValueError: first second \ufffd[31mxxx")
    assert note.isprintable()
    assert len(note) < 500


@needs_weasyprint
def test_a_machine_without_fonts_still_gets_a_font() -> None:
    assert pdf._fallback_faces().count("data:font/ttf;base64,") == len(pdf._FACES)
    assert "file:" not in pdf._fallback_faces()
