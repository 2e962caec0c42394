"""The printed page: WeasyPrint where it works, else a browser of the system, else a line of advice; never an error."""

from __future__ import annotations

import base64
import logging
import os
import subprocess
import tempfile
from pathlib import Path

from smarketing_sim.files import write_atomically
from smarketing_sim.timeouts import HANG_SECONDS
from smarketing_sim.words.markup import plain_text

ADVICE = (
    "install WeasyPrint (pip install 'smarketing-sim[pdf]', and Pango from the system), or Chromium; "
    "the page prints well from any browser"
)

# Only absolute places that an administrator owns: a browser in the working folder or early in PATH may be anything.
BROWSERS = (
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome-stable",
    "/usr/bin/google-chrome",
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)

_REASON_LENGTH = 200
_FACES = (
    ("DejaVu Sans", "normal", "normal", "DejaVuSans.ttf"),
    ("DejaVu Sans", "bold", "normal", "DejaVuSans-Bold.ttf"),
    ("DejaVu Serif", "normal", "normal", "DejaVuSerif.ttf"),
    ("DejaVu Serif", "bold", "normal", "DejaVuSerif-Bold.ttf"),
    ("DejaVu Serif", "normal", "italic", "DejaVuSerif-Italic.ttf"),
)


class _NotMade(Exception):
    """Why one way of printing brought no PDF, as the end of a sentence."""


def write_pdf(html_path: Path, pdf_path: Path) -> str | None:
    """Print the page in ``html_path`` to ``pdf_path``; nothing outside the page is read, nothing is fetched.

    Returns
    -------
    str or None
        None when WeasyPrint made the PDF, else one line: that a browser did and why, or why neither could and what to
        install. A failure here fails no publish.
    """
    reasons: list[str] = []
    for name, make in (("WeasyPrint", _by_weasyprint), ("a browser", _by_browser)):
        try:
            data = make(html_path)
            if not data.startswith(b"%PDF-"):
                raise _NotMade("what it made is no PDF")
        except _NotMade as reason:
            reasons.append(f"{name}: {plain_text(reason)[:_REASON_LENGTH]}")
            continue
        write_atomically(pdf_path, data)
        return f"the PDF was printed by {name} ({'; '.join(reasons)})" if reasons else None
    return f"no PDF was made; {'; '.join(reasons)}; {ADVICE}"


def _by_weasyprint(html_path: Path) -> bytes:
    try:
        # A missing Pango shows as an OSError on import.
        from weasyprint import CSS, HTML  # noqa: PLC0415
        from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except ImportError as error:
        raise _NotMade("it is not installed" if error.name == "weasyprint" else str(error)) from None
    except OSError as error:
        raise _NotMade(f"a library of the system is missing: {error}") from None
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    fetcher = URLFetcher(allowed_protocols={"data"}, allow_redirects=False)
    fonts = FontConfiguration()
    try:
        style = CSS(string=_fallback_faces(), url_fetcher=fetcher, font_config=fonts)
        page = HTML(string=html_path.read_text("utf-8"), base_url=None, url_fetcher=fetcher)
        pdf: bytes = page.write_pdf(stylesheets=[style], font_config=fonts)
    except Exception as error:
        # The layout of one page is not worth the run that it reports; the browser is asked next.
        raise _NotMade(f"{type(error).__name__}: {error}") from error
    return pdf


def _fallback_faces() -> str:
    """Return the fonts that matplotlib carries as a style sheet: a fresh machine may have no font at all."""
    import matplotlib  # noqa: PLC0415 - only needed for a PDF

    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    return "\n".join(
        f"@font-face{{font-family:'{family}';font-weight:{weight};font-style:{style};"
        f"src:url(data:font/ttf;base64,{base64.b64encode((folder / file).read_bytes()).decode('ascii')})}}"
        for family, weight, style, file in _FACES
    )


def _by_browser(html_path: Path) -> bytes:
    browser = next((path for path in BROWSERS if os.path.isabs(path) and os.access(path, os.X_OK)), None)
    if browser is None:
        raise _NotMade("none is in its usual place")
    with tempfile.TemporaryDirectory() as scratch:
        printed = Path(scratch, "page.pdf")
        try:
            subprocess.run(
                [browser, *_browser_arguments(scratch, printed), html_path.resolve().as_uri()],
                cwd=scratch,
                env=_quiet_environment(scratch),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=HANG_SECONDS,
                check=True,
            )
            return printed.read_bytes()
        except subprocess.CalledProcessError as error:
            raise _NotMade(f"{browser} left with exit code {error.returncode}") from None
        except subprocess.TimeoutExpired:
            raise _NotMade(f"{browser} did not come to an end") from None
        except OSError as error:
            why = "it left no PDF" if isinstance(error, FileNotFoundError) else error.strerror
            raise _NotMade(f"{browser}: {why}") from None


def _browser_arguments(scratch: str, printed: Path) -> list[str]:
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [
        "--headless",
        *as_root,
        "--disable-gpu",
        "--disable-extensions",
        "--disable-background-networking",
        "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={scratch}/profile",
        "--no-pdf-header-footer",
        f"--print-to-pdf={printed}",
    ]


def _quiet_environment(scratch: str) -> dict[str, str]:
    if os.name != "posix":  # pragma: no cover - Windows programs need their own environment
        return dict(os.environ)
    # The browser's start script looks up its helpers in PATH.
    return {"PATH": "/usr/bin:/bin", "HOME": scratch, "LANG": "C.UTF-8"}
