"""Text from data stays text, whatever it looks like."""

from __future__ import annotations

import html

import pytest
from bs4 import BeautifulSoup

from smarketing_sim.words.markup import escape, plain_text, to_html, unbroken


def test_no_hostile_text_becomes_an_element_in_html(hostile: list[str]) -> None:
    for text in hostile:
        soup = BeautifulSoup(f"<p title='{escape(text)}'>{escape(text)}</p>", "html.parser")
        assert [(tag.name, sorted(tag.attrs)) for tag in soup.find_all()] == [("p", ["title"])], text
        assert soup.p["title"] == soup.p.text == plain_text(text)


def test_no_hostile_text_becomes_an_element_in_markdown(hostile: list[str]) -> None:
    for text in hostile:
        for markdown in (escape(text), f"so {escape(text)} it is"):
            soup = BeautifulSoup(to_html(markdown), "html.parser")
            assert [tag.name for tag in soup.find_all()] in (["p"], []), text
            assert plain_text(text) in soup.text, text


def test_a_page_with_any_escaped_text_can_be_written_to_disk(hostile: list[str]) -> None:
    for text in hostile:
        assert escape(text).encode("utf-8").decode("utf-8") == escape(text)
        assert "\x00" not in html.unescape(escape(text))


@pytest.mark.parametrize("name", ["תוכנית 2026", "خطة ٢٠٢٦", "Plan שלום"])
def test_a_name_from_right_to_left_is_shown_and_turns_no_word_around_it(name: str) -> None:
    soup = BeautifulSoup(f"<p title='{escape(name)}'>{escape(name)}: 7 years</p>", "html.parser")
    assert soup.p["title"] == f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"
    assert soup.p.text == f"{soup.p['title']}: 7 years"


@pytest.mark.parametrize("code", [0x202E, 0x2066, 0x200B, 0x200E, 0xAD, 0x2028, 0xFEFF, 0xE0041, 0x1B, 0x85])
def test_what_turns_or_hides_text_reaches_no_page(code: int) -> None:
    assert chr(code) not in plain_text(f"a{chr(code)}b")
    assert chr(code) not in html.unescape(escape(f"a{chr(code)}b"))


def test_our_own_words_keep_their_marks_and_dollars_are_not_formulas() -> None:
    assert to_html("**$2.4m** or **$3.0m**") == "<p><strong>$2.4m</strong> or <strong>$3.0m</strong></p>\n"


def test_folded_parts_survive_markdown() -> None:
    folded = to_html("<details><summary>How</summary>\n\nSome **words**.\n\n</details>")
    assert "<details><summary>How</summary>" in folded
    assert "<p>Some <strong>words</strong>.</p>" in folded


@pytest.mark.parametrize(
    "address", ["javascript:x", "JaVaScRiPt:x", "vbscript:x", "data:text/html,x", "java&#115;cript:x"]
)
def test_an_address_that_runs_code_is_defused_even_in_our_own_words(address: str) -> None:
    link = BeautifulSoup(to_html(f"[read]({address})"), "html.parser").a
    assert link is None or not link["href"].lower().startswith(("javascript", "vbscript", "data"))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("kept in 95% of months", []),
        ("hire 2 (−NOK 592k, at 2.5%)", ["−NOK 592k"]),
        ("worth +NOK 1.21m or NOK 1,200", ["+NOK 1.21m", "NOK 1,200"]),
        ("no number, no unit: 7 of 12; ABC d", []),
        ("<b>NOK 12</b>", ["NOK 12"]),
    ],
)
def test_a_heading_keeps_a_number_and_its_unit_on_one_line(text: str, kept: list[str]) -> None:
    soup = BeautifulSoup(f"<h1>{unbroken(text)}</h1>", "html.parser")
    assert soup.get_text() == text
    assert [span.get_text() for span in soup.find_all("span")] == kept
    assert soup.find_all("b") == []
