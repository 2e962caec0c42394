from __future__ import annotations

import gc
import math
import os
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smarketing_sim.errors import InputError, Problem
from smarketing_sim.scenario.documents import Document, parse_document, parse_value, read_document

TRAP_VALUES: list[tuple[str, Any]] = [
    ("12:30", "12:30"),
    ("1:30:00", "1:30:00"),
    ("1e3", 1000.0),
    ("1.0e3", 1000.0),
    ("1E-2", 0.01),
    ("010", 10),
    ("08", 8),
    ("0o10", 8),
    ("0x1F", 31),
    ("0b11", "0b11"),
    ("1_000", "1_000"),
    ("+7", 7),
    ("-0", 0),
    (".5", 0.5),
    ("5.", 5.0),
    ("1.2.3", "1.2.3"),
    ("5%", "5%"),
    ("no", "no"),
    ("NO", "NO"),
    ("on", "on"),
    ("yes", "yes"),
    ("y", "y"),
    ("true", True),
    ("True", True),
    ("FALSE", False),
    ("tRUE", "tRUE"),
    ("null", None),
    ("~", None),
    ("", None),
    ("Null", None),
    ("None", "None"),
    ("2026-01-01", "2026-01-01"),
    ("2026-01-01 09:00:00", "2026-01-01 09:00:00"),
    (".inf", math.inf),
    ("-.INF", -math.inf),
    ("inf", "inf"),
    ("nan", "nan"),
    ("'010'", "010"),
    ('"null"', "null"),
    ("!!str 010", "010"),
    ("=", "="),
    ("<<", "<<"),
    ("$3", "$3"),
    ("a#b", "a#b"),
    ("a # b", "a"),
    ("Zoë", "Zoë"),
]

TRAP_FAULTS = [
    (".nan", "not a number"),
    ("1e400", "too large"),
    ("9" * 19, "digits"),
    ("9" * 5000, "digits"),
    ("0" * 5000, "digits"),
    ("0x" + "f" * 5000, "digits"),
    ("!!python/object:os.system {}", "tags"),
    ("!!python/name:os.system", "tags"),
    ("!foo 1", "tags"),
    ("! 1", "tags"),
    ("!!binary aGk=", "tags"),
    ("!!timestamp 2026-01-01", "tags"),
    ("!!set {x}", "tags"),
    ("@x", "not valid YAML"),
    ("`x", "not valid YAML"),
    ("%x", "not valid YAML"),
    ("b: c", "not valid YAML"),
    ("*nobody", "names nothing"),
    ("&x [*x]", "names nothing"),
    ('"\\0"', "U+0000"),
    ('"\\ud800"', "U+D800"),
    ('"\\U00110000"', "not valid YAML"),
    ("{k: 1, k: 2}", "stands twice"),
    ("{<<: 1}", "extends"),
    ("{true: 1}", "key"),
    ("{1.5: 1}", "key"),
    ("{null: 1}", "key"),
    ("{[1]: 1}", "key"),
    ("{{a: 1}: 1}", "key"),
]


def refused(text: str) -> Problem:
    with pytest.raises(InputError) as caught:
        parse_document(text, name="f.yaml")
    return caught.value.problems[0]


@pytest.mark.parametrize(("text", "value"), TRAP_VALUES)
def test_a_trap_scalar_gives_the_value_that_its_writer_sees(text: str, value: object) -> None:
    found = parse_document(f"a: 1\nb: {text}\n", name="f.yaml").data["b"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(("text", "words"), TRAP_FAULTS)
def test_a_trap_scalar_without_a_safe_value_is_refused_with_its_line(text: str, words: str) -> None:
    problem = refused(f"a: 1\nb: {text}\n")
    assert (problem.file, problem.line) == ("f.yaml", 2)
    assert words in problem.rule


def test_every_key_and_item_has_the_line_it_stands_on() -> None:
    text = "# top\na: 1\nb:\n  c:\n    - 5\n    - d: {e: 1}\n  3: x\n"
    found = parse_document(text, name="f.yaml")
    assert found.data == {"a": 1, "b": {"c": [5, {"d": {"e": 1}}], "3": "x"}}
    expected = {
        (): 2,
        ("a",): 2,
        ("b",): 3,
        ("b", "c"): 4,
        ("b", "c", "0"): 5,
        ("b", "c", "1"): 6,
        ("b", "c", "1", "d"): 6,
        ("b", "c", "1", "d", "e"): 6,
        ("b", "3"): 7,
    }
    assert found.lines == expected


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r"])
def test_lines_are_those_of_an_editor_whatever_breaks_them(break_: str) -> None:
    assert parse_document(f"a: 'x\u2028y'{break_}{break_}b: 2", name="f").lines[("b",)] == 3


def test_an_alias_gives_its_own_copy_so_that_overrides_cannot_leak() -> None:
    data = parse_document("a: &x {k: [1]}\nb: *x", name="f").data
    data["a"]["k"].append(2)
    assert data["b"] == {"k": [1]}


def test_all_faults_of_a_file_are_told_at_once_in_line_order() -> None:
    with pytest.raises(InputError) as caught:
        parse_document("a: 1\na: 2\nb:\n  c: !foo 1\n'3': .nan\n3: 1\n? [x]\n: 1\n", name="f.yaml")
    assert [(p.line, p.path) for p in caught.value.problems] == [(2, "a"), (4, "b.c"), (5, "3"), (6, "3"), (7, None)]
    assert "line 1" in caught.value.problems[0].rule


def test_the_list_of_faults_ends_before_it_buries_the_reader() -> None:
    with pytest.raises(InputError) as caught:
        parse_document("a: 1\n" * 5000, name="f")
    assert len(caught.value.problems) == 50


@pytest.mark.parametrize("text", ["", "\n\n", "# only a remark\n", "---\n", "\ufeff"])
def test_an_empty_file_is_called_empty(text: str) -> None:
    assert refused(text).rule == "the file is empty"


def test_a_text_beyond_the_limit_is_refused_unread() -> None:
    assert "longer than 1,000,000" in refused("a: " + "x" * 1_000_000).rule


@pytest.mark.parametrize("text", ["null", "5", "- a\n- b\n", "just words", "'a: 1'"])
def test_a_top_level_that_is_no_mapping_is_refused(text: str) -> None:
    assert "top level must be a mapping" in refused(text).rule


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\n---\nb: 2\n", 2, "one document"),
        ("%YAML 1.1\n---\na: no\n", 2, "YAML 1.2"),
        ("a: 1\nb:\n\t- 1\n", 3, "not tabs"),
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "begins on line 2"),
        ("a: 1\nb: 'x\n\n", 4, "begins on line 2"),
        ("a: 1\nb: x\0y\n", 2, "U+0000"),
        ("a: 1\nb: x\x1by\n", 2, "U+001B"),
        ("x: &a {p: 1}\ny:\n  <<: *a\n", 3, "extends"),
        ("\n!foo\na: 1\n", 2, "tags"),
    ],
)
def test_a_fault_of_the_text_names_line_and_rule(text: str, line: int, words: str) -> None:
    problem = refused(text)
    assert words in problem.rule
    assert problem.line == line


def test_fifty_levels_are_read_and_one_more_is_refused() -> None:
    assert parse_document("a: " + "[" * 49 + "]" * 49, name="f").data
    assert refused("a: " + "[" * 50 + "]" * 50).rule == "nested deeper than 50 levels"
    assert refused("a: " + "{b: " * 50 + "}" * 50).rule == "nested deeper than 50 levels"


def test_a_depth_made_of_aliases_is_refused_too() -> None:
    lines = ["a0: &a0 [1]"] + [f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 60)]
    assert "deeper than 50" in refused("\n".join(lines)).rule


def test_a_hundred_aliases_are_read_and_one_more_is_refused() -> None:
    assert len(parse_document("a: &x 1\nb: [" + "*x, " * 100 + "]", name="f").data["b"]) == 100
    assert "100 aliases" in refused("a: &x 1\nb: [" + "*x, " * 101 + "]").rule


def alias_bomb(width: int, levels: int) -> str:
    lines = ["a0: &a0 [lol, lol]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * width)}]" for i in range(1, levels)]
    return "\n".join(lines)


BOMBS = pytest.mark.parametrize(
    "text",
    [alias_bomb(10, 12), alias_bomb(10, 10), alias_bomb(2, 48), "[" * 900_000, "{" * 900_000, "- " * 400_000],
    ids=["too many aliases", "few aliases", "thin and deep", "brackets", "braces", "dashes"],
)


@pytest.mark.slow
@BOMBS
def test_a_bomb_is_refused_in_little_memory(text: str) -> None:
    tracemalloc.start()
    try:
        refused(text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 200e6


@pytest.mark.slow
@BOMBS
def test_a_bomb_is_refused_in_under_a_second(text: str) -> None:
    gc.collect()  # what other tests left behind is none of its work
    begun = time.thread_time()
    refused(text)
    assert time.thread_time() - begun < (1.0 if "*" in text else 3.0)


@pytest.mark.slow
def test_a_crowd_of_values_ends_in_a_refusal_not_a_wait() -> None:
    # the parser's own refusal, not the later one that follows aliases: the text must not be read to its end
    assert refused("a: [" + "1," * 200_000 + "]").rule == "more than 50,000 keys and values"


def test_a_file_is_read_like_its_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes("\ufeffa: Zoë\n".encode())
    assert read_document(path) == Document({"a": "Zoë"}, {(): 1, ("a",): 1})


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    with path.open("wb") as stream:
        stream.truncate(50_000_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="larger than 1,000,000 bytes"):
            read_document(path)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_a_missing_file_names_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "baseline.yaml").write_text("a: 1")
    (tmp_path / "other.txt").write_text("a: 1")
    for wrong in ("baselines.yaml", "baseline", "baseline.yml"):
        with pytest.raises(InputError) as caught:
            read_document(tmp_path / wrong)
        assert caught.value.problems[0].nearest == "baseline.yaml"
        assert caught.value.problems[0].file == str(tmp_path / wrong)


@pytest.mark.parametrize("name", ["none/x.yaml", "x" * 300, "a\0b"])
def test_a_path_that_cannot_exist_is_refused_in_words(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        read_document(tmp_path / name)


def test_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder"):
        read_document(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="regular file"):
        read_document(tmp_path / "pipe")


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: 1")

    def forbid(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbid)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        read_document(path)


@pytest.mark.parametrize("content", [b"a: 1\nb: \xff\n", "a: 1\n".encode("utf-16"), b"a: 1\nb: \xed\xa0\x80\n"])
def test_bytes_that_are_no_utf8_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match="UTF-8") as caught:
        read_document(path)
    assert caught.value.problems[0].line == content.split(b"\xff")[0].split(b"\xed")[0].count(b"\n") + 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("0.9", 0.9),
        ("12:30", "12:30"),
        ("no", "no"),
        ("2026-01-01", "2026-01-01"),
        ("null", None),
        ("two words", "two words"),
        ("[1, {a: 010}]", [1, {"a": 10}]),
        ("{a: 1, b: [x]}", {"a": 1, "b": ["x"]}),
        ("''", ""),
        ("'#fff'", "#fff"),
    ],
)
def test_a_value_on_the_command_line_is_typed_as_in_a_file(text: str, value: object) -> None:
    found = parse_value(text, name="--set a.b")
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    ["", " ", "#fff", "Team #1", "7 # seven", "a: b", "- 1", "[1", "[1] 2", "1\n---\n2", "*x", "!x 1", ".nan", "..."],
)
def test_a_value_that_would_be_misread_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_value(text, name="--set a.b")
    assert caught.value.problems[0].file == "--set a.b"


HOSTILE = st.text(
    st.sampled_from(list("ab01:-?[]{},&*!|>'\"%@`#~<=. \n\t\r\\xuU\0\x85\u2028\ud800\U0001f600")), max_size=60
)


def assert_document_or_refusal(text: str) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        assert isinstance(parse_document(text, name="f"), Document)
    except InputError as fault:
        problems = fault.problems
    try:
        parse_value(text, name="f")
    except InputError as fault:
        problems += fault.problems
    assert all(problem.file == "f" and problem.rule for problem in problems)


@settings(max_examples=600, deadline=None)
@given(HOSTILE)
@example("%YAML 9999999999999999999999999.1\n---\na: 1")
@example("%TAG ! x\n--- !a\n")
@example('"\\U7fffffff"')
@example("? \n? \n: :")
def test_no_text_at_all_gives_anything_but_a_document_or_a_refusal(text: str) -> None:
    assert_document_or_refusal(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_no_unicode_text_gives_anything_but_a_document_or_a_refusal(text: str) -> None:
    assert_document_or_refusal(text)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(["a: ", "- ", "\n", "  ", "&x ", "*x", "[", "]", "{", "}", "!t ", "<<: ", "1", ", "])))
def test_no_row_of_yaml_tokens_gives_anything_but_a_document_or_a_refusal(tokens: list[str]) -> None:
    assert_document_or_refusal("".join(tokens))
