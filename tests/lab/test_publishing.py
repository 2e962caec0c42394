"""Publishing from within the lab: the right file, by the command, in the background, and a word for every fault."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from smarketing_sim.lab import publishing
from smarketing_sim.lab.controller import Controller, Told
from smarketing_sim.lab.page import open_lab
from smarketing_sim.lab.publishing import Publication, Publisher, offer_home
from smarketing_sim.lab.state import move, open_state, undo
from smarketing_sim.lab.widgets import Lab
from tests.patience import wait_for

from .conftest import Ear

REPS = "sales.sdr.headcount"
PLACE = "tiny-plan-0123456789/20260101T000000Z-01234567/report.html"
SPEAKS = f"""
import os, pathlib, sys
words = sys.argv[2:]
page = pathlib.Path(words[words.index("--out") + 1]) / "{PLACE}"
page.parent.mkdir(parents=True)
page.write_text(" ".join(words))
print("simulated years: 20 of 200", file=sys.stderr, flush=True)
print(f"published {{page}}", flush=True)
print("all reports: elsewhere")
"""
FAILS = "import sys; print('some words'); sys.exit('params/x.yaml: cannot be used')"
HANGS = "import time; print('begun', flush=True); time.sleep(600)"
STOPS = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))\n" + HANGS


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a small program in the place of the command."""
    monkeypatch.delenv("SMARKETING_HOME", raising=False)
    monkeypatch.delenv("SMARKETING_REPORTS_AT", raising=False)
    return lambda program: monkeypatch.setattr(publishing, "_COMMAND", program)


class Post(Ear):
    """An ear that waits for the end of a report."""

    @property
    def reports(self) -> list[Publication]:
        return [news for news in self.heard if isinstance(news, Publication)]

    def ended(self) -> Publication:
        wait_for("the end of the report", lambda: self.reports and self.reports[-1].ended)
        return self.reports[-1]


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def controller(tiny: Path, post: Post) -> Iterator[Controller]:
    made = Controller(open_state(tiny, years=7, seed=3), post)
    yield made
    made.close()


def test_an_unchanged_plan_is_published_from_its_own_file(
    controller: Controller, post: Post, tiny: Path, command: Callable[[str], None]
) -> None:
    command(SPEAKS)
    assert controller.publish("")
    last = post.ended()
    assert (last.trouble, last.address) == (False, "")
    assert last.text == f"published the report of {tiny.name}: reports/{PLACE}"
    assert any("20 of 200" in report.text for report in post.reports)
    asked = (tiny.parent / "reports" / PLACE).read_text()
    assert asked == f"report {tiny} --replications 7 --seed 3 --out {tiny.parent / 'reports'}"


def test_an_offered_folder_is_published_to_and_linked(
    controller: Controller, post: Post, tmp_path: Path, command: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    command(SPEAKS)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    offer_home(tmp_path / "home", reports_at="/reports/")
    assert controller.publish("")
    assert post.ended().address == f"/reports/{PLACE}"


def test_a_changed_plan_is_saved_first_and_published_from_there(
    controller: Controller, post: Post, tiny: Path, command: Callable[[str], None]
) -> None:
    command(SPEAKS)
    controller.apply(lambda state: move(state, REPS, 3))
    assert not controller.publish(" ")
    assert "give the plan a name" in post.troubles[-1]
    assert controller.publish("three")
    post.ended()
    assert f"report {tiny.parent / 'three.yaml'} " in (tiny.parent / "reports" / PLACE).read_text()


def test_a_plan_that_was_saved_is_published_without_a_name_and_an_unsaved_one_is_not(
    controller: Controller, post: Post, tiny: Path, command: Callable[[str], None]
) -> None:
    command(FAILS)
    controller.apply(lambda state: move(state, REPS, 3))
    assert controller.save("three") is not None
    assert controller.publish("")
    post.ended()
    controller.apply(lambda state: move(state, REPS, 4))
    assert not controller.publish("")
    controller.apply(undo)
    assert controller.publish("")
    post.ended()


def test_a_report_that_fails_is_told_in_its_own_last_words(
    controller: Controller, post: Post, command: Callable[[str], None]
) -> None:
    command(FAILS)
    assert controller.publish("")
    assert post.ended() == Publication(
        "no report was published: params/x.yaml: cannot be used", ended=True, trouble=True
    )


@pytest.mark.parametrize("program", [HANGS, STOPS], ids=["at once", "as the command does"])
def test_one_report_at_a_time_and_none_outlives_the_lab(
    program: str, controller: Controller, post: Post, command: Callable[[str], None]
) -> None:
    command(program)
    assert controller.publish("")
    assert not controller.publish("")
    assert "one at a time" in post.troubles[-1]
    process = controller._publisher._process
    assert process is not None
    controller.close()
    assert process.poll() is not None
    assert post.ended().text == "publishing was stopped"


@pytest.mark.slow
def test_the_command_that_is_typed_is_the_one_that_is_run(tiny: Path) -> None:
    heard: list[Publication] = []
    publisher = Publisher(heard.append)
    publisher.publish(tiny.parent / "nowhere.yaml", years=1, seed=1)
    wait_for("the end of the report", lambda: heard[-1].ended)
    assert "nowhere.yaml: there is no such file" in heard[-1].text


def test_the_button_shows_word_and_link_as_text_and_rests_meanwhile(tiny: Path) -> None:
    lab = Lab(open_state(tiny, years=1))
    lab._hear(Publication("publishing <b>"))
    assert lab.publish_button.disabled
    assert "<b>" not in lab.report.value
    lab._hear(Publication("published", '/reports/"x"', ended=True))
    assert not lab.publish_button.disabled
    assert 'href="/reports/"x""' not in lab.report.value
    assert lab.report.value.count("<a ") == 1
    lab._hear(Publication("gone", ended=True, trouble=True))
    assert "lab-trouble" in lab.report.value
    lab._hear(Told("else"))
    assert "gone" in lab.report.value
    lab.close()


def test_what_is_wrong_with_a_plan_is_shown_in_words_where_the_lab_would_stand(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("name: [")
    given = {"params_path": str(broken), "replications": 1, "seed": 1, "workers": 0, "tables_dir": ""}
    with pytest.raises(Exception, match=r"broken\.yaml") as raised:
        open_lab(given)
    shown = raised.value._render_traceback_()  # type: ignore[attr-defined]
    assert shown[-1] == "The lab was not opened."
    assert "broken.yaml" in shown[0]
    assert "Traceback" not in "".join(shown)


def test_a_defect_is_shown_in_words_too_and_where_it_lies_is_logged(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def defect(*_: object) -> None:
        raise ZeroDivisionError("gone")

    monkeypatch.setattr(sys.modules["smarketing_sim.lab.page"], "open_state", lambda *_, **__: defect())
    given = {"params_path": str(tiny), "replications": 1, "seed": 1, "workers": 0, "tables_dir": ""}
    with pytest.raises(ZeroDivisionError) as raised:
        open_lab(given)
    told = raised.value._render_traceback_()[0]  # type: ignore[attr-defined]
    assert told == "internal error in the lab (ZeroDivisionError); the details are in its log"
    assert "gone" in caplog.text
