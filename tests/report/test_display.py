"""What a notebook shows: described figures, escaped tables, and a record that is plain JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bs4 import BeautifulSoup
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from smarketing_sim.report.notebook import display


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the list that collects (bundle, metadata) of everything shown."""
    outputs: list[tuple[dict[str, Any], dict[str, Any]]] = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, metadata, raw: outputs.append((bundle, metadata)))
    return outputs


def drawing() -> Figure:
    figure, axes = plt.subplots(figsize=(4, 2))
    axes.plot([1, 2, 3], [3, 1, 2], label="a line")
    axes.fill_between([1, 2, 3], [3, 1, 2], alpha=0.3)
    axes.set(xlabel="hours", clip_on=True)
    axes.legend()
    return figure


def test_the_same_drawing_gives_the_same_bytes() -> None:
    assert display.figure_svg(drawing()) == display.figure_svg(drawing())


def test_a_figure_says_neither_when_nor_by_what_it_was_drawn() -> None:
    svg = display.figure_svg(drawing())
    assert "<dc:date>" not in svg
    assert "Matplotlib v" not in svg


def test_letters_are_paths_so_the_figure_needs_no_font() -> None:
    assert "<text" not in display.figure_svg(drawing())


def test_a_figure_is_laid_out_so_that_no_label_is_cut_off() -> None:
    figure = drawing()
    display.figure_svg(figure)
    assert type(figure.get_layout_engine()).__name__ == "ConstrainedLayoutEngine"


def test_a_figure_keeps_a_layout_of_its_own() -> None:
    figure = plt.figure(layout="tight")
    display.figure_svg(figure)
    assert type(figure.get_layout_engine()).__name__ == "TightLayoutEngine"


def test_a_figure_is_closed_and_carries_its_description(shown: list) -> None:
    figure = drawing()
    display.show(figure, alt="It falls, then rises", caption="Two hours")
    assert not plt.fignum_exists(figure.number)
    [(bundle, metadata)] = shown
    assert metadata["image/svg+xml"] == {"alt": "It falls, then rises", "caption": "Two hours"}
    assert bundle["text/plain"] == "It falls, then rises"


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_a_figure_without_description_is_refused(alt: str) -> None:
    with pytest.raises(ValueError, match="alternative text"):
        display.show(drawing(), alt=alt)


def test_every_cell_of_a_table_is_escaped(hostile: list[str]) -> None:
    rows = [[text, (text, text), text] for text in hostile]
    calm = [["x", ("x", "x"), "x"] for _ in hostile]
    made = [
        BeautifulSoup(display.table_html(head, r, caption=cap, numeric=[head[1]]), "html.parser").find_all()
        for head, r, cap in ((hostile[:3], rows, hostile[4]), (["a", "b", "c"], calm, "cap"))
    ]
    assert [(t.name, t.attrs) for t in made[0]] == [(t.name, t.attrs) for t in made[1]]


def test_a_table_names_its_rows_and_sets_numbers_right(shown: list) -> None:
    display.table(["clause", "kept"], [["Speed", ("2 of 12", "1–3")]], numeric=["kept"])
    soup = BeautifulSoup(shown[0][0]["text/html"], "html.parser")
    assert soup.find("th", scope="row").text == "Speed"
    assert soup.td["class"] == ["n", "r"]
    assert soup.td.span.text == "1–3"


def test_a_row_of_the_wrong_length_is_no_silent_gap() -> None:
    with pytest.raises(ValueError, match="zip"):
        display.table_html(["a", "b"], [["only one"]])


def test_words_and_folds_are_shown_as_html(shown: list) -> None:
    display.say("**now**")
    display.fold("more <b>", "<p>inside</p>")
    assert shown[0][0]["text/html"] == "<p><strong>now</strong></p>\n"
    folded = BeautifulSoup(shown[1][0]["text/html"], "html.parser")
    assert folded.summary.text == "more <b>"
    assert folded.p.text == "inside"


def test_a_record_is_plain_json(shown: list) -> None:
    display.record(
        {"results": {"a": np.float64(0.5), "b": np.array([1, 2]), "c": float("inf"), "d": (1, "x"), 5: None}}
    )
    assert shown[0][0][display.RECORD_MIME] == {"results": {"a": 0.5, "b": [1, 2], "c": None, "d": [1, "x"], "5": None}}


def test_a_record_of_something_else_is_refused(shown: list) -> None:
    with pytest.raises(TypeError):
        display.record({"results": object()})
    assert shown == []
