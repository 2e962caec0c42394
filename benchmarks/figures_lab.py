"""Figures of the lab in a real browser: from a slider's move to the new scorecard and to both new charts."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.figure import Effort, Figure, NotThere, fast_engine
from benchmarks.model import sample_year
from benchmarks.peers import naive_simpy
from benchmarks.timing import Ratio, interleaved
from smarketing_sim.lab.charts import response_png, waiting_png
from smarketing_sim.lab.simulated_years import Years
from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load

BASELINE = "params/baseline.yaml"
SEED = 20_230_101
FIRST_LOOK = 4
PATIENCE_SECONDS = 120.0
MOVES = {"reps": "Reps", "leads": "Leads, of the plan’s"}
_DONE = "200 simulated years; ranges are 95 %."
_WATCH = """
() => {
  const said = () => document.querySelector('.lab-card').innerText;
  const drawn = () => [...document.querySelectorAll('.lab img')].map(image => image.src);
  const moved = {at: performance.now(), card: null, charts: null}, card = said(), charts = drawn();
  window.moved = moved;
  new MutationObserver((_, observer) => {
    const now = performance.now() - moved.at, pictures = drawn();
    if (moved.card === null && said() !== card) moved.card = now;
    if (pictures.length === 2 && pictures.every((picture, n) => picture !== charts[n])) {
      moved.charts = now;
      observer.disconnect();
    }
  }).observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});
}
"""


def lab(effort: Effort) -> list[Figure]:
    """Time from a key that moves a slider to what the page shows after it, over one naive SimPy replication.

    The first look of four years is what is shown; each move goes to a plan that was not asked about before.
    """
    fast_engine()
    year, moves = sample_year(seed=SEED), effort.of(5, 2)
    naive_simpy.run(year)
    found: dict[str, list[float]] = {}
    with _served() as address, _page(address) as page:
        for name, label in MOVES.items():
            for _ in range(moves):
                naive = _seconds(lambda: naive_simpy.run(year))
                card, charts = _moved(page, label)
                found.setdefault(f"lab {name}", []).append(card / naive)
                found.setdefault(f"{name} drawn", []).append(charts / naive)
    shown = {"lab": "scorecard", "drawn": "both charts"}
    figures = [
        Figure(name=name, what=f"a move to {next(shown[word] for word in name.split() if word in shown)} / one naive "
               "SimPy replication", ratio=Ratio.of(values), note="in Chromium, 150 ms of it waiting for the next move")
        for name, values in found.items()
    ]  # fmt: skip
    return [*figures, *_beside_drawing(effort)]


def _beside_drawing(effort: Effort) -> list[Figure]:
    """Time that simulating the first look takes, over the time that drawing both charts takes."""
    plan, known = load(BASELINE), Years()
    more = override(plan, {"sales.sdr.headcount": plan.sales.sdr.headcount + 1})
    for _ in range(FIRST_LOOK):
        known.add(plan, 1)
    shown = known.experiment(plan, 1, FIRST_LOOK)

    def simulate(anew: bool) -> None:
        known.known(more, 1).clear()
        if anew:
            known.forget_leads([])
        for _ in range(FIRST_LOOK):
            known.add(more, 1)

    rounds = interleaved(
        lambda: simulate(False), lambda: simulate(True), lambda: (waiting_png(shown), response_png(shown)),
        pairs=effort.of(7, 2),
    )  # fmt: skip
    return [
        Figure(name=name, what=f"simulating {FIRST_LOOK} years{told} / drawing both charts",
               ratio=Ratio.of([seconds[at] / seconds[2] for seconds in rounds]))
        for at, (name, told) in enumerate((("draw reps", ""), ("draw leads", ", every lead drawn again")))
    ]  # fmt: skip


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _moved(page: Any, label: str) -> tuple[float, float]:
    """Move a slider by one step; return the seconds to the next scorecard and to both charts."""
    page.locator(f".widget-slider:has(.widget-label:text-is('{label}')) .noUi-handle").focus()
    page.evaluate(_WATCH)
    page.keyboard.press("ArrowRight")
    page.wait_for_function("window.moved.charts !== null")
    moved = page.evaluate("window.moved")
    page.get_by_text(_DONE).first.wait_for()
    page.wait_for_timeout(500)
    return moved["card"] / 1000, moved["charts"] / 1000


@contextmanager
def _served() -> Iterator[str]:
    """Serve the lab's page, and give its address."""
    command = [sys.executable, "-c", "from smarketing_sim.cli import main; main()", "app", BASELINE, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            lines = iter(process.stdout or ())
            addresses = (re.search(r"http://127\.0\.0\.1:\d+/\S*token=\w+", line) for line in lines)
            yield next(address[0] for address in addresses if address)
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE_SECONDS)


@contextmanager
def _page(address: str) -> Iterator[Any]:
    """Open an address in a browser, and wait until all it asks for is simulated."""
    program = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - an extra
    except ImportError:
        program = None
    if program is None:
        raise NotThere("it needs Chromium, and playwright to drive it")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(1000 * PATIENCE_SECONDS)
        page.goto(address)
        page.get_by_text(_DONE).first.wait_for()
        yield page
        page.close(run_before_unload=True)
        browser.close()
