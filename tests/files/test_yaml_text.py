"""Any bytes give a document or a ContentError; good text is read as YAML 1.2 says."""

import subprocess
import sys
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.domain.errors import ContentError
from publisher.files.yaml_text import MAX_BYTES, MAX_VALUES, Document, read_yaml
from tests.files.epics_for_tests import GOOD

PIECES = st.sampled_from(
    [
        *"\t\n\r :-?,[]{}#&*!|>'\"%@`~=<\x00\x7f\x85\u2028\ufeffé",
        "<<: ",
        "&a ",
        "*a",
        "!!x ",
        "1e9",
        "- ",
        "? ",
        "---\n",
        "...\n",
        "\n  ",
        ".nan",
        "true: ",
        "0x1",
        '"\\',
        "9" * 25,
        "a: ",
        "{a: ",
    ]
)


def outcome(data: bytes) -> Document | ContentError:
    started = time.perf_counter()
    result: Document | ContentError
    try:
        result = read_yaml(data, "p.yaml")
    except ContentError as error:
        (problem,) = error.problems
        assert problem.path == "p.yaml"
        assert "value that cannot be used" not in problem.message, "every oddity has its sentence"
        result = error
    assert time.perf_counter() - started < 2
    return result


def every_place_exists(document: Document) -> None:
    lines = document.data.decode().removeprefix("\ufeff").splitlines()
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), document.value)]
    while waiting:
        pointer, value = waiting.pop()
        for is_key in (False, True):
            line, column = document.place(pointer, key=is_key)
            assert 1 <= line <= len(lines) + 1
            assert column >= 1
        if isinstance(value, dict):
            waiting.extend(((*pointer, key), item) for key, item in value.items())
        elif isinstance(value, list):
            waiting.extend(((*pointer, index), item) for index, item in enumerate(value))


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf")
@example(b"a: \xed\xa0\x80\n")
def test_any_bytes(data: bytes) -> None:
    outcome(data)


@example("::")
@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join)))
def test_any_text(text: str) -> None:
    result = outcome(text.encode("utf-8", "surrogatepass"))
    if isinstance(result, Document):
        every_place_exists(result)


@settings(max_examples=300)
@given(st.integers(0, len(GOOD)), st.integers(0, 12), st.lists(PIECES, max_size=4).map("".join))
def test_any_wound_of_a_good_epic(start: int, length: int, instead: str) -> None:
    result = outcome((GOOD[:start] + instead + GOOD[start + length :]).encode())
    if isinstance(result, Document):
        every_place_exists(result)


@pytest.mark.parametrize(
    "piece",
    [
        "[", "{", "[[],", "{a: ", "&a [", "!!x [", '{"a":', "[?", "? ", "- ", "a: ", "\n- a", "'",
        '"', "*a ", "%", "\ufeff", "\u2028", "a: b\n", "x: |\n y\n", "--- \n", "a: &a [*a, ",
        "\0", "\\",
    ],
)  # fmt: skip
def test_a_megabyte_of_anything_is_answered_in_time(piece: str) -> None:
    count = MAX_BYTES // len(piece.encode())
    outcome((piece * count).encode())
    outcome(("title: [" + piece * (count - 10)).encode())


def test_values_are_those_of_yaml_1_2() -> None:
    text = "a: no\nb: on\nc: 12:30\nd: 2026-12-01T09:00\ne: Yes\nf: True\ng: 0x1F\nh: ~\ni: 017\n"
    assert read_yaml(text.encode(), "p").value == {
        "a": "no", "b": "on", "c": "12:30", "d": "2026-12-01T09:00", "e": "Yes", "f": True,
        "g": 31, "h": None, "i": "017",
    }  # fmt: skip


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_marks_are_accepted(start: bytes, end: str) -> None:
    document = read_yaml(start + GOOD.replace("\n", end).encode(), "p")
    assert document.value == read_yaml(GOOD.encode(), "p").value
    assert document.place(("tasks", 1, "body")) == (25, 11)
    assert document.place(("title",), key=True) == (1, 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Bonjour ! Ça va", "Bonjour ! Ça va"),
        ("R & D !important", "R & D !important"),
        ("|-\n  !foo\n  !!python/name:x\n  &a *b*", "!foo\n!!python/name:x\n&a *b*"),
        ("'!foo'", "!foo"),
        ('"&a *a <<"', "&a *a <<"),
        ("x\n  !foo", "x !foo"),
        ("[ &a x, *a ]", ["x", "x"]),
        ("{b: &a [1], c: *a}", {"b": [1], "c": [1]}),
        ("1e999", "1e999"),
        ('[&a x, {"1": y}]', ["x", {"1": "y"}]),
        ("[&a x, ..., -, 12-, 1:2, 0x, 1_0]", ["x", "...", "-", "12-", "1:2", "0x", "1_0"]),
        ("[&a x, {-b: ':', ':': 1, 12:30: x}]", ["x", {"-b": ":", ":": 1, "12:30": "x"}]),
    ],
)
def test_what_only_looks_special_is_read(text: str, value: object) -> None:
    assert read_yaml(f"a: {text}\n".encode(), "p").value == {"a": value}


def test_places() -> None:
    document = read_yaml(GOOD.encode(), "p")
    assert document.place(("tasks", 0, "media", 0, "file")) == (13, 15)
    assert document.place(("tasks", 0, "media", 0, "file"), key=True) == (13, 9)
    assert document.place(("tasks", 0, "overrides", "sandbox-feed", "body")) == (16, 28)
    assert document.place(("tasks", 1)) == (21, 5)
    assert document.place(("schedule", "nothing")) == (6, 3), "the nearest that exists"
    aliased = read_yaml(b"a: &x {b: 1}\nc: *x\n", "p")
    assert aliased.place(("c", "b")) == (1, 11), "where the text of the alias stands"


def nested(depth: int) -> bytes:
    return b"a: " + b"[" * (depth - 1) + b"]" * (depth - 1)


@pytest.mark.parametrize("shape", ["flow", "block"])
def test_128_levels_and_no_more(shape: str) -> None:
    for depth, fine in ((128, True), (129, False)):
        block = "".join(" " * i + "a:\n" for i in range(depth)).encode()
        result = outcome(nested(depth) if shape == "flow" else block)
        assert isinstance(result, Document) == fine


@pytest.mark.parametrize(
    "text",
    [
        "b: [.nan]",
        "b: [" + "1," * 60000 + "]",
        '"<<": 1',
        f'b: &b "{"x" * 9999}"\nc: [{"*b," * 999}]',
        '"a": {1: x}',
        'b: "\\x07"',
        'b: {"\\x07": 1}',
    ],
)
def test_values_are_refused_before_any_schema_sees_them(text: str) -> None:
    assert isinstance(outcome(f"a: x\n{text}\n".encode()), ContentError)


def test_the_largest_files() -> None:
    assert isinstance(outcome(b"a: " + b"x" * (MAX_BYTES - 3)), Document)
    assert isinstance(outcome(b"a: " + b"x" * (MAX_BYTES - 2)), ContentError)
    assert isinstance(outcome(b"a: [" + b"1," * (MAX_VALUES - 10) + b"]"), Document)


def test_the_fast_path_imports_no_pyyaml() -> None:
    data = GOOD.replace("Why we do", "Bonjour ! Q&A, R & D !important do").encode()
    code = (
        "import sys; from publisher.files.yaml_text import read_yaml;"
        f"read_yaml({data!r}, 'p'); assert 'yaml' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
