"""The page: self-contained, readable, and deaf to whatever is in the data."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from smarketing_sim.publish.pages import content_policy, readable_time, render_page
from smarketing_sim.publish.publisher import Published
from smarketing_sim.words.markup import escape, plain_text
from tests.patience import HANG_SECONDS

from .conftest import CHROMIUM, MOMENT

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


def shown(data: dict[str, str], **metadata: dict[str, str]) -> nbformat.NotebookNode:
    return new_output("display_data", data=data, metadata=metadata)


def notebook(*outputs: nbformat.NotebookNode, markdown: str = "") -> nbformat.NotebookNode:
    cells = [new_code_cell("secret_code = 1", outputs=list(outputs), execution_count=7)]
    return new_notebook(cells=[new_markdown_cell(markdown)] * bool(markdown) + cells)


def page(nb: nbformat.NotebookNode, **options: object) -> BeautifulSoup:
    given = {"title": "A title", "published_at": MOMENT, **options}
    return BeautifulSoup(render_page(nb, **given), "html.parser")


def structure(soup: BeautifulSoup) -> list[tuple[str, list[str]]]:
    return [(tag.name, sorted(tag.attrs)) for tag in soup.find_all()]


def test_a_reader_sees_no_code_no_prompt_no_print_and_no_traceback() -> None:
    outputs = [
        new_output("stream", name="stdout", text="printed"),
        new_output("stream", name="stderr", text="warned"),
        new_output("error", ename="E", evalue="failed", traceback=["failed"]),
        shown({"text/plain": "<Figure size 640x480>"}),
        shown({"application/javascript": "ran()"}),
        shown({"image/png": "AAAA"}),
        shown({"text/html": "<p>kept</p>"}),
    ]
    text = str(page(notebook(*outputs)).body)
    assert "kept" in text
    assert not re.search(r"secret_code|\[7\]|printed|warned|failed|Figure size|ran\(\)|AAAA", text)


def test_cells_with_parameters_are_left_out_with_their_outputs() -> None:
    nb = notebook(shown({"text/html": "<p>hidden</p>"}))
    for tag in ("parameters", "injected-parameters", "remove_cell"):
        nb.cells[0].metadata["tags"] = [tag]
        assert "hidden" not in str(page(nb))


def test_a_figure_is_an_image_with_its_description_and_caption() -> None:
    described = {"image/svg+xml": {"alt": 'it "falls" <b>', "caption": "in <i>two</i> hours"}}
    figure = page(notebook(shown({"image/svg+xml": SVG}, **described))).figure
    assert figure.img["alt"] == 'it "falls" <b>'
    assert figure.figcaption.text == "in <i>two</i> hours"
    assert figure.img["src"].startswith("data:image/svg+xml;base64,")


def test_a_page_asks_for_nothing_from_outside() -> None:
    nb = notebook(shown({"image/svg+xml": SVG}, **{"image/svg+xml": {"alt": "x"}}), shown({"text/html": "<p>a</p>"}))
    html = render_page(nb, title="t", published_at=MOMENT)
    soup = BeautifulSoup(html, "html.parser")
    assert not re.search(r"https?://|//cdn|url\(|@import", html)
    assert soup.find(["script", "link", "iframe", "object", "embed"]) is None
    assert all(img["src"].startswith("data:") for img in soup.find_all("img"))


def test_the_policy_lets_nothing_run_and_nothing_load() -> None:
    policy = page(notebook()).find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert "default-src 'none'" in policy
    assert "script-src 'none'" in policy
    assert "img-src data:" in policy


def test_the_policy_lets_exactly_our_scripts_run() -> None:
    soup = page(notebook(), scripts=["let a = 1 < 2 && 3;"])
    assert soup.script.string == "let a = 1 < 2 && 3;"
    policy = soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]{43}='", policy)
    assert "unsafe-inline" not in policy.split("script-src")[1]


@pytest.mark.parametrize("script", ["x</script><b>", "x</SCRIPT >", "<!-- x"])
def test_a_script_that_would_end_its_own_element_is_refused(script: str) -> None:
    with pytest.raises(ValueError, match="script"):
        content_policy([script])


def test_exactly_one_element_holds_the_publishing_time() -> None:
    later = MOMENT.replace(month=7, day=31, hour=23)
    pages = [render_page(notebook(), title="t", published_at=moment) for moment in (MOMENT, later)]
    bare = [re.sub(r'<time [^>]*id="published"[^>]*>[^<]*</time>', "", html) for html in pages]
    assert pages[0] != pages[1]
    assert bare[0] == bare[1]
    assert page(notebook()).find(id="published").text == "5 January 2026, 09:30 UTC" == readable_time(MOMENT)


def test_a_page_has_a_language_a_way_past_its_head_and_one_main_heading() -> None:
    soup = page(notebook(), language="en")
    assert soup.html["lang"] == "en"
    assert soup.find("a", class_="skip")["href"] == "#content"
    assert soup.find(id="content").name == "main"
    assert [h.text for h in soup.find_all("h1")] == ["A title"]


def test_a_notebook_with_its_own_main_heading_gets_no_second_one() -> None:
    soup = page(notebook(markdown="# The answer"))
    assert [h.text for h in soup.find_all("h1")] == ["The answer"]
    assert soup.title.text == "A title"


def test_markdown_cells_and_outputs_become_html_and_folds_stay() -> None:
    folded = "<details><summary>How</summary>\n\nSome **words**.\n\n</details>"
    soup = page(notebook(shown({"text/markdown": "It costs $5 and **$6**"}), markdown=folded))
    assert soup.details.summary.text == "How"
    assert soup.details.p.strong.text == "words"
    assert soup.find_all("strong")[-1].text == "$6"


def test_no_template_of_the_working_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "leader").mkdir()
    (tmp_path / "leader" / "index.html.j2").write_text("planted")
    (tmp_path / "leader" / "conf.json").write_text('{"preprocessors": {"1": {"type": "planted.Preprocessor"}}}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert "planted" not in str(page(notebook()))


def test_no_hostile_title_or_kicker_or_caption_adds_an_element(hostile: list[str]) -> None:
    calm = structure(
        page(notebook(shown({"image/svg+xml": SVG}, **{"image/svg+xml": {"alt": "a", "caption": "c"}})), kicker="k")
    )
    for text in hostile[:50]:
        described = {"image/svg+xml": {"alt": text.encode("utf-8", "replace").decode(), "caption": plain_text(text)}}
        soup = page(notebook(shown({"image/svg+xml": SVG}, **described)), title=text, kicker=text)
        assert structure(soup) == calm, text
        assert soup.h1.text == soup.title.text == plain_text(text)


@pytest.mark.slow
def test_no_hostile_text_in_outputs_adds_an_element(hostile: list[str]) -> None:
    def body(texts: list[str]) -> BeautifulSoup:
        rows = [shown({"text/html": f"<p title='{text}'>{text}</p>", "text/plain": ""}) for text in texts]
        return page(notebook(*rows))

    assert structure(body([escape(text) for text in hostile])) == structure(body(["x"] * len(hostile)))


@pytest.mark.parametrize(
    "text", ["{{7*7}}", "{% for x in y %}", "{{''.__class__}}", "{# c #}", "{{ cycler.__init__ }}"]
)
def test_template_language_in_data_stays_literal(text: str) -> None:
    described = {"image/svg+xml": {"alt": text, "caption": text}}
    outputs = [shown({"image/svg+xml": SVG}, **described), shown({"text/html": f"<p>{escape(text)}</p>"})]
    soup = page(notebook(*outputs, markdown=escape(text)), title=text, kicker=text)
    found = [soup.h1.text, soup.title.text, soup.img["alt"], soup.figcaption.text, soup.find_all("p")[1].text]
    assert found == [text] * 5
    assert soup.find("p", class_="k").text.startswith(text)


def dom(path: Path, scratch: Path) -> str:
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={scratch}", "--dump-dom"]
    command += ["--virtual-time-budget=3000", path.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=HANG_SECONDS, check=True).stdout


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium on this machine")
def test_a_real_browser_runs_nothing_and_builds_nothing_from_hostile_data(
    toy_runs: list[Published], tmp_path: Path
) -> None:
    report = toy_runs[0].path / "report.html"
    unguarded = tmp_path / "unguarded.html"
    unguarded.write_text(re.sub(r"<meta[^>]*Content-Security-Policy[^>]*>", "", report.read_text()))
    assert "Content-Security-Policy" not in unguarded.read_text()
    planted = tmp_path / "planted.html"
    planted.write_text(
        unguarded.read_text().replace("</main>", "<img src=x onerror=document.documentElement.dataset.pwned=1>")
    )
    meant = structure(BeautifulSoup(report.read_text(), "html.parser"))
    for number, path in enumerate((report, unguarded, toy_runs[0].path.parents[1] / "index.html")):
        built = dom(path, tmp_path / f"profile-{number}")
        assert not re.search(r"<html[^>]*pwned", built), path
        if path == report:
            soup = BeautifulSoup(built, "html.parser")
            buttons = soup.select("button.csv")  # which our own script adds, one for each table
            assert len(buttons) == len(soup.select("main table"))
            for button in buttons:
                button.decompose()
            assert structure(soup) == meant
    assert re.search(r"<html[^>]*pwned", dom(planted, tmp_path / "profile-planted")), "the check itself is blind"


def test_the_templates_travel_with_the_package() -> None:
    from smarketing_sim.publish.pages import TEMPLATES

    assert {p.name for p in TEMPLATES.rglob("*.*")} >= {
        "index.html.j2",
        "conf.json",
        "page.css",
        "hub.html.j2",
        "hub.css",
    }
