"""The lab in a real browser, as JupyterLab and as a web page: what is moved is seen, by keyboard and on a phone too."""

from __future__ import annotations

import json
import math
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from smarketing_sim.scenario.building import override
from smarketing_sim.scenario.files import load
from smarketing_sim.words.numbers import money, percent, ranged
from tests.browser.conftest import CHROMIUM, visitor
from tests.cli.conftest import start
from tests.cli.tiny import write_tiny
from tests.conftest import ROOT
from tests.patience import HANG_SECONDS, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LAPTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
FINAL = "200 simulated years; ranges are 95%."
NETWORK_GONE = ("ERR_CONNECTION", "WebSocket connection")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium on this machine"),
]


def home(folder: Path, *, months: int = 1) -> Path:
    """A folder of a user's own: scenarios, and the notebook of the lab opened on a small one."""
    (folder / "params").mkdir()
    tiny = write_tiny(folder / "params")
    tiny.write_text(tiny.read_text().replace("horizon_months: 1,", f"horizon_months: {months},"))
    (folder / "notebooks").mkdir()
    source = ROOT / "notebooks" / "scenario_lab.ipynb"
    text = source.read_text(encoding="utf-8").replace("params/baseline.yaml", "params/tiny.yaml")
    assert "params/tiny.yaml" in text
    (folder / "notebooks" / source.name).write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "notebooks" / "planning_report.ipynb", folder / "notebooks")
    (folder / ".jupyter").mkdir()
    (folder / ".jupyter" / "jupyter_server_config.json").write_text('{"ServerApp": {"allow_root": true}}')
    return folder


def started(folder: Path, *words: str) -> tuple[subprocess.Popen[str], str]:
    """Start a server as a user would, and return it with the address that it prints."""
    process = start(*words, cwd=folder, BROWSER="true", JUPYTER_CONFIG_DIR=str(folder / ".jupyter"))
    lines = process.stdout if words[0] == "app" else process.stderr
    assert lines is not None
    for line in lines:
        found = re.search(r"http://127\.0\.0\.1:\d+/\S*token=\w+", line)
        if found:
            return process, found[0]
    raise AssertionError("no address was printed")


def stop(process: subprocess.Popen[str], *, sign: int = signal.SIGTERM) -> None:
    process.send_signal(sign)
    process.communicate(timeout=HANG_SECONDS)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return home(tmp_path_factory.mktemp("voila"))


@pytest.fixture(scope="module")
def address(place: Path) -> Iterator[str]:
    process, found = started(place, "app", "params/tiny.yaml", "--port", "0")
    yield found
    stop(process)


class Visit:
    """A visitor's page, with all that it asked for and complained about."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.outside, self.complaints = page, [], []
        page.on("request", lambda request: self._asked(request.url))
        page.on("console", lambda message: self._said(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable")
        page.goto(address)

    def _asked(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            self.outside.append(url)

    def _said(self, kind: str, text: str) -> None:
        if kind == "error":
            self.complaints.append(text)

    def ready(self, *, text: str = FINAL) -> Visit:
        """Wait until the years asked for are simulated and both charts are drawn."""
        self.page.get_by_text(text).first.wait_for()
        self.page.wait_for_function("document.querySelectorAll('.lab img').length === 2")
        return self

    def says(self, told: list[str]) -> None:
        """Wait for words on the scorecard: an answer to a slider's last move follows those to the moves before it."""
        wait_for(f"a scorecard with {told}", lambda: all(text in self.card for text in told))

    def worked(self) -> float:
        """Ask the page, which must come to an end of what it does, for how many seconds it has worked so far."""
        found = self._devtools.send("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in found if metric["name"] == "ThreadTime")

    @property
    def card(self) -> str:
        """The scorecard as it reads."""
        return " ".join(self.page.locator(".lab-card").first.inner_text().split())

    @property
    def charts(self) -> list[str]:
        return [image.get_attribute("src") or "" for image in self.page.locator(".lab img").all()]

    @property
    def told(self) -> str:
        return " ".join(self.page.locator(".lab [role=status]").all_inner_texts())

    def slide(self, label: str, key: str, times: int = 1) -> None:
        """Move a slider by keyboard alone."""
        self.slider(label).wait_for()  # it may lie in a fold that is still opening
        self.slider(label).focus()
        for _ in range(times):
            self.page.keyboard.press(key)

    def slider(self, label: str) -> Any:
        return self._part(label, ".noUi-handle")

    def value(self, label: str) -> str:
        typed = self.typed(label)
        return str(typed.input_value() if typed.count() else self._part(label, ".widget-readout").inner_text())

    def typed(self, label: str) -> Any:
        """The field beside a slider."""
        return self.page.locator(f".lab-slider:has(.widget-label:text-is('{label}')) input")

    def _part(self, label: str, part: str) -> Any:
        return self.page.locator(f".widget-slider:has(.widget-label:text-is('{label}')) {part}")

    def press(self, button: str) -> None:
        """Press a button by keyboard alone."""
        self.page.get_by_role("button", name=button).focus()
        self.page.keyboard.press("Enter")

    def changed_from(self, card: str) -> None:
        self.page.wait_for_function(
            "before => { const now = document.querySelector('.lab-card').innerText.split(/\\s+/).join(' ').trim();"
            " return now !== before; }",
            arg=card,
        )

    def leave(self) -> None:
        """Close the page as a person does, so that its kernel ends with it."""
        self.page.close(run_before_unload=True)
        self.page.context.close()

    def sideways(self) -> list[str]:
        """Parts of the page that are wider than their place and can be scrolled, or stick out of the window."""
        return self.page.evaluate(
            "() => [...document.querySelectorAll('html, body, body *')].filter(e => e.checkVisibility()"
            " && (['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1"
            " || e.getBoundingClientRect().right > innerWidth + 1)).map(e => e.tagName + '.' + e.className)"
        )


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    made = Visit(visitor(browser, viewport=LAPTOP).new_page(), address).ready()
    yield made
    made.leave()


def as_told(folder: Path, *words: str) -> list[str]:
    """What the command says with the lab's seed and years, in the words of the scorecard."""
    command = ["run", "params/tiny.yaml", *words, "--replications", "200", "--seed", "1", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", "from smarketing_sim.cli import main; main()", *command],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    answer = json.loads(done.stdout)
    told = [ranged(clause[name], percent) for clause in answer["clauses"] for name in ("attainment", "p_kept")]
    told += [ranged(answer["revenue"]["expected"], money), ranged(answer["contribution"], money)]
    return [" ".join(text.split()) for text in told]


def test_a_slider_moved_by_key_changes_scorecard_and_charts_to_what_the_command_says(visit: Visit, place: Path) -> None:
    before, charts = visit.card, visit.charts
    assert all(text in before for text in as_told(place))
    visit.slide("Reps", "ArrowLeft", 6)
    visit.changed_from(before)
    visit.ready()
    assert visit.value("Reps") == "2"
    told = as_told(place, "--set", "sales.sdr.headcount=2")
    visit.says(told)
    assert visit.charts[0] != charts[0]
    assert visit.charts[1] != charts[1]
    assert visit.complaints == []
    assert visit.outside == []


def test_what_is_typed_beside_a_slider_counts_as_a_person_means_it(visit: Visit) -> None:
    for typed, told in (("130", "130%"), ("1,2", "120%"), ("85%", "85%")):
        field = visit.typed("Leads, of the plan’s")
        field.fill(typed)
        field.press("Enter")
        wait_for("the field to tell it", lambda told=told: visit.value("Leads, of the plan’s") == told)
    wait_for(
        "the slider to follow", lambda: visit.slider("Leads, of the plan’s").get_attribute("aria-valuetext") == told
    )
    visit.typed("Reps").fill("a dozen")
    visit.typed("Reps").press("Enter")
    wait_for("the fault to be told", lambda: "must be a whole number, such as 12" in visit.told)
    assert visit.value("Reps") == "8"
    visit.slide("Reps", "ArrowLeft")
    wait_for("the field to follow the slider", lambda: visit.value("Reps") == "7")


def test_lever_pin_undo_and_as_opened_work_by_key(visit: Visit) -> None:
    page, opened = visit.page, visit.card
    visit.press("Pin this plan")
    visit.press("Hire two more reps")
    page.get_by_role("button", name="✓ Hire two more reps").wait_for()
    page.get_by_text("Against the pinned plan, in the same 200 simulated years").wait_for()
    assert visit.value("Reps") == "10"
    assert "difference (range)" in page.locator(".lab-card").last.inner_text()
    visit.press("Undo")
    page.wait_for_function("!document.body.innerText.includes('✓ Hire')")
    assert visit.value("Reps") == "8"
    visit.press("Unpin")
    page.wait_for_function("!document.body.innerText.includes('Against the pinned plan')")
    visit.slide("Leads, of the plan’s", "ArrowRight", 4)
    page.get_by_text("leads of every source and campaign: 120%").wait_for()
    visit.press("As opened")
    page.get_by_text("Now: the plan as it was opened.").wait_for()
    wait_for("the scorecard as it was", lambda: visit.card == opened)


def test_folded_controls_open_by_key_count_and_can_be_undone(visit: Visit) -> None:
    page = visit.page
    assert not page.get_by_label("Call first").is_visible()
    visit.press("Queue order")
    page.get_by_label("Call first").select_option("the newest")
    page.get_by_text("call first: the soonest deadline → the newest").wait_for()
    visit.press("Cadence")
    visit.slide("Attempts at most", "ArrowLeft", 3)
    page.get_by_text("asks for 4 attempts, the cadence plans 3").wait_for()
    visit.press("Undo")
    wait_for("the slider to go back", lambda: visit.value("Attempts at most") == "6")
    visit.press("Undo")
    page.get_by_text("Now: the plan as it was opened.").wait_for()
    assert page.get_by_label("Call first").input_value() == "the soonest deadline"


def test_a_plan_saved_in_the_page_is_read_back_and_never_written_over(visit: Visit, place: Path) -> None:
    visit.slide("Reps", "ArrowRight")
    visit.page.get_by_text("reps: 8 → 9").wait_for()
    visit.page.get_by_label("Save as").fill("nine-reps")
    visit.press("Save as YAML")
    visit.page.get_by_text("saved as params/nine-reps.yaml").wait_for()
    saved = place / "params" / "nine-reps.yaml"
    expected = override(load(place / "params" / "tiny.yaml"), {"sales.sdr.headcount": 9})
    assert load(saved).digest == expected.digest
    visit.slide("Reps", "ArrowRight", 2)
    visit.page.get_by_text("reps: 8 → 11").wait_for()
    visit.press("Save as YAML")
    visit.page.get_by_text("already exists; choose another name").wait_for()
    assert load(saved).digest == expected.digest


def test_a_report_is_published_in_the_background_and_opened_by_its_link(visit: Visit, place: Path) -> None:
    page = visit.page
    visit.press("Publish the report")
    page.get_by_text("the lab goes on meanwhile").wait_for()
    before = visit.card
    visit.slide("Reps", "ArrowRight")
    visit.changed_from(before)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open the report").click()
    report = opened.value
    report.wait_for_load_state()
    assert report.locator("h1").count() == 1
    assert "Tiny plan" in report.title() + report.inner_text("body")
    assert list((place / "reports").glob("*/*/report.html"))
    report.get_by_role("link", name="All reports").click()
    report.locator("h1", has_text="reports").wait_for()


def test_a_folder_that_is_gone_and_a_broken_file_are_told_in_the_page(visit: Visit, place: Path) -> None:
    page, params = visit.page, place / "params"
    page.get_by_label("Save as").fill("elsewhere")
    text = (params / "tiny.yaml").read_text()
    try:
        (params / "tiny.yaml").write_text("name: [")
        visit.press("Save as YAML")
        page.locator(".lab .lab-trouble", has_text="tiny.yaml").wait_for()
    finally:
        (params / "tiny.yaml").write_text(text)
    params.rename(place / "away")
    params.touch()
    try:
        visit.press("Save as YAML")
        page.locator(".lab .lab-trouble", has_text="there is no such file").wait_for()
    finally:
        params.unlink()
        (place / "away").rename(params)
    before = visit.card
    visit.slide("Reps", "ArrowRight")
    visit.changed_from(before)
    assert "Traceback" not in page.inner_text("body")


def test_a_file_that_broke_after_the_start_is_told_where_the_lab_would_stand(browser: Browser, tmp_path: Path) -> None:
    folder = home(tmp_path)
    process, found = started(folder, "app", "params/tiny.yaml", "--port", "0")
    first, second = visitor(browser), visitor(browser)
    try:
        (folder / "params" / "tiny.yaml").write_text("name: [")
        pages = [context.new_page() for context in (first, second)]
        Visit(pages[0], found)  # may have been opened before the file broke
        Visit(pages[1], found)
        pages[1].get_by_text("The lab was not opened.").wait_for()
        assert "tiny.yaml" in pages[1].inner_text("body")
        assert "Traceback" not in pages[1].inner_text("body")
        assert 'File "' not in pages[1].inner_text("body")
    finally:
        first.close()
        second.close()
        stop(process, sign=signal.SIGINT)


def test_two_visitors_do_not_meet(browser: Browser, address: str) -> None:
    contexts = [visitor(browser, viewport=LAPTOP) for _ in range(2)]
    one, two = (Visit(context.new_page(), address) for context in contexts)
    one.ready()
    two.ready()
    before = two.card
    one.slide("Reps", "ArrowLeft", 7)
    one.changed_from(before)
    two.slide("Leads, of the plan’s", "ArrowRight", 2)
    two.page.get_by_text("leads of every source and campaign: 110%").wait_for()
    assert (one.value("Reps"), two.value("Reps")) == ("1", "8")
    assert one.value("Leads, of the plan’s") == "100%"
    one.leave()
    two.leave()


def test_a_reload_finds_its_own_plan_again_and_so_does_a_page_that_was_closed(browser: Browser, address: str) -> None:
    context = visitor(browser, viewport=LAPTOP)
    visit = Visit(context.new_page(), address).ready()
    before = visit.card
    visit.slide("Reps", "ArrowLeft", 3)
    visit.changed_from(before)
    visit.page.reload()
    visit.ready()
    assert visit.value("Reps") == "5"
    visit.slide("Reps", "ArrowLeft", 1)
    visit.page.get_by_text("reps: 8 → 4").wait_for()
    visit.page.close(run_before_unload=True)
    again = Visit(context.new_page(), address).ready()
    assert again.value("Reps") == "4"
    beside = Visit(context.new_page(), address).ready()
    assert beside.value("Reps") == "8"
    assert visit.complaints == []
    again.leave()


def test_dragging_ends_at_the_last_place_and_leaves_the_page_at_hand(visit: Visit) -> None:
    page = visit.page
    rail = page.locator(".widget-slider:has(.widget-label:text-is('Reps')) .noUi-base").bounding_box()
    assert rail is not None
    worked = [visit.worked()]
    visit.slider("Reps").hover()
    page.mouse.down()
    for step in range(60):
        share = 0.5 + 0.45 * math.sin(step / 4)
        page.mouse.move(rail["x"] + share * rail["width"], rail["y"])
        worked.append(visit.worked())
        page.wait_for_timeout(40)
    page.mouse.move(rail["x"] + 0.6 * rail["width"], rail["y"])
    page.mouse.up()
    page.get_by_text("reps: 8 → 12").wait_for()
    visit.ready()
    assert visit.value("Reps") == "12"
    assert max(after - before for before, after in pairwise(worked)) < 1.0
    assert visit.complaints == []


@pytest.fixture(scope="module")
def slow_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A page whose years take long enough to be stopped in the middle."""
    process, found = started(home(tmp_path_factory.mktemp("slow"), months=60), "app", "params/tiny.yaml", "--port", "0")
    yield process, found
    if process.poll() is None:
        stop(process)


def test_stop_leaves_the_answer_that_is_shown(browser: Browser, slow_place: tuple[subprocess.Popen[str], str]) -> None:
    visit = Visit(visitor(browser, viewport=LAPTOP).new_page(), slow_place[1])
    visit.ready(text="simulated years")
    visit.slide("Reps", "ArrowRight")
    visit.page.get_by_text("reps: 8 → 9").wait_for()
    visit.page.get_by_text("A first look: 4 simulated years").wait_for()
    visit.press("Stop")
    visit.page.get_by_text("stopped; the answer shown stays").wait_for()
    card = visit.card
    visit.page.wait_for_timeout(1500)
    assert visit.card == card
    assert FINAL not in card
    visit.leave()


def test_a_server_that_stops_is_told_and_leaves_what_is_shown(
    browser: Browser, slow_place: tuple[subprocess.Popen[str], str]
) -> None:
    process, found = slow_place
    visit = Visit(visitor(browser, viewport=LAPTOP).new_page(), found).ready(text="simulated years")
    stop(process, sign=signal.SIGINT)
    assert process.returncode == 0
    visit.page.get_by_role("alert").filter(has_text="server has stopped").wait_for()
    assert "who promises what" in visit.card
    assert "Traceback" not in visit.page.inner_text("body")
    assert [text for text in visit.complaints if not any(word in text for word in NETWORK_GONE)] == []
    visit.page.context.close()


@pytest.fixture(scope="module", params=[LAPTOP, PHONE], ids=["laptop", "phone"])
def unfolded(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A visit to look at, with all that folds away open."""
    made = Visit(visitor(browser, viewport=request.param).new_page(), address).ready()
    for fold in made.page.locator(".lab-fold").all():
        fold.click()
    made.page.get_by_text("Deal value").wait_for()
    yield made
    made.leave()


def test_the_page_fits_and_its_first_screen_shows_what_to_move(unfolded: Visit) -> None:
    page = unfolded.page
    assert unfolded.sideways() == []
    assert page.locator("h1").count() == 1
    for label in ("Reps", "Leads, of the plan’s", "First call promised"):
        box = unfolded.slider(label).bounding_box()
        assert box is not None
        assert box["y"] < page.viewport_size["height"]
    card = page.locator(".lab-card").first.bounding_box()
    assert page.viewport_size["width"] < 500 or card["y"] < 300


def serious_faults(found: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """What axe found that keeps people out, and where."""
    return [
        (fault["id"], [node["html"][:200] for node in fault["nodes"]])
        for fault in found
        if fault["impact"] in {"serious", "critical"}
    ]


def test_axe_finds_no_serious_fault(unfolded: Visit) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    unfolded.press("Pin this plan")
    unfolded.slide("Reps", "ArrowRight")
    unfolded.page.get_by_text("Against the pinned plan").wait_for()
    assert serious_faults(axe.Axe().run(unfolded.page).response["violations"]) == []
    assert unfolded.sideways() == []


def test_every_control_is_reached_by_the_tab_key_in_the_order_it_is_read(visit: Visit) -> None:
    reached = []
    for _ in range(60):
        visit.page.keyboard.press("Tab")
        reached.append(
            visit.page.evaluate(
                "(e => e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText || e.tagName)"
                "(document.activeElement)"
            ).strip()
        )
    wanted = ["Reps", "Leads, of the plan’s", "First call promised", "Pin this plan", "As opened",
              "Hire two more reps", "Stop", "Queue order", "Deal terms, of the plan’s", "Save as", "Save as YAML",
              "Publish the report"]  # fmt: skip
    places = [reached.index(name) for name in wanted]
    assert places == sorted(places)


# ------------------------------------------------------------------------------------------------ JupyterLab


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    folder = home(tmp_path_factory.mktemp("jupyter"))
    process, found = started(folder, "lab")
    yield folder, found
    stop(process)


def run_all(browser: Browser, address: str) -> Visit:
    """Open the notebook in a browser of its own and run it by the menu."""
    visit = Visit(visitor(browser, viewport=LAPTOP).new_page(), address)
    visit.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    visit.page.locator(".lm-MenuBar-itemLabel:text-is('Run')").click()
    visit.page.locator(".lm-Menu-itemLabel:text-is('Run All Cells')").click()
    return visit.ready()


def test_jupyterlab_opens_on_the_lab_and_runs_it(browser: Browser, jupyter: tuple[Path, str]) -> None:
    folder, found = jupyter
    visit = run_all(browser, found)
    page, before = visit.page, visit.card
    visit.slide("Reps", "ArrowLeft", 6)
    visit.changed_from(before)
    visit.ready()
    told = as_told(folder, "--set", "sales.sdr.headcount=2")
    visit.says(told)
    visit.press("Pin this plan")
    visit.press("Undo")
    page.get_by_text("Against the pinned plan").wait_for()
    page.get_by_text("Now: the plan as it was opened.").wait_for()
    page.get_by_label("Save as").fill("from-jupyter")
    visit.slide("Reps", "ArrowRight")
    page.get_by_text("reps: 8 → 9").wait_for()
    visit.press("Save as YAML")
    page.get_by_text("saved as params/from-jupyter.yaml").wait_for()
    assert load(folder / "params" / "from-jupyter.yaml").sales.sdr.headcount == 9
    assert page.locator(".lab mjx-container, .lab .MathJax").count() == 0
    assert visit.outside == []
    page.context.close()


def test_jupyterlab_tells_a_screen_reader_what_every_control_is_and_where_it_stands(
    browser: Browser, jupyter: tuple[Path, str]
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    visit = run_all(browser, jupyter[1])
    page = visit.page
    visit.press("Queue order")
    page.get_by_role("button", name="Queue order", expanded=True).wait_for()
    page.get_by_role("button", name="Hire two more reps", pressed=False).wait_for()
    page.get_by_role("slider", name="First call promised").wait_for()
    page.get_by_role("slider", name="Leads, of the plan’s").wait_for()
    reps = page.get_by_role("slider", name="Reps")
    reps.focus()
    page.keyboard.press("ArrowLeft")
    wait_for("the slider to tell where it stands", lambda: reps.get_attribute("aria-valuetext") == "7")
    assert serious_faults(axe.Axe().run(page, context=".lab").response["violations"]) == []
    assert visit.complaints == []
    page.context.close()
