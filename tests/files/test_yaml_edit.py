"""Single edits, one oddity at a time: what comes out, to the byte."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.errors import ContentError
from publisher.files.yaml_edit import append, remove, set_value
from publisher.files.yaml_text import read_yaml


@pytest.mark.parametrize(
    ("before", "pointer", "value", "after"),
    [
        ("a: 1   # why\n", "a", 2, "a: 2   # why\n"),
        ("a:\nb: 1\n", "a", "x", "a: x\nb: 1\n"),
        ("a:   # why\nb: 1\n", "a", "x", "a: x   # why\nb: 1\n"),
        ("'a' : 'x'\n", "a", "it's", "'a' : 'it''s'\n"),
        ('a: "x"\n', "a", "y", 'a: "y"\n'),
        ("a: x\n  y\nb: 1\n", "a", "z", "a: z\nb: 1\n"),
        ("a: x # why\nb: 1\n", "a", "p\nq\n", "a: | # why\n  p\n  q\nb: 1\n"),
        ("a: | # why\n    x\n\n# end\n", "a", "p\nq\n", "a: | # why\n    p\n    q\n\n# end\n"),
        ("a: | # why\n  x\n\nb: 1\n", "a", 7, "a: 7 # why\n\nb: 1\n"),
        ("a: >-\n  x\nb: 1\n", "a", "y", "a: |-\n  y\nb: 1\n"),
        ("a:\n  - x\n  - y\nb: 1\n", "a", ["z"], "a:\n  - z\nb: 1\n"),
        ("a:\n- x\nb: 1\n", "a", {"c": "d"}, "a:\n  c: d\nb: 1\n"),
        ("a: # why\n  - x\n", "a", [], "a: [] # why\n"),
        ("a: [x, y]\n", "a", ["z", "no"], 'a: [z, "no"]\n'),
        ("a: [x, y]  # why\n", "a.1", "z, u", 'a: [x, "z, u"]  # why\n'),
        ("a: {p: x, q: }\n", "a.q", "z", "a: {p: x, q: z }\n"),
        ("a: {p, q: x}\n", "a.p", "z", "a: {p: z, q: x}\n"),
        ("? a\n: x\n", "a", "z", "? a\n: z\n"),
        ("a: &n x\nb: 1\n", "a", "z", "a: &n z\nb: 1\n"),
        ("a: &n x\nb: *n\n", "b", "z", "a: &n x\nb: z\n"),
        ("a:\n  - - &n\n", "a.0.0", [["x"]], "a:\n  - - &n\n      - [x]\n"),
        ("a: &n # why\n  b: 1\nc: 2\n", "a", "x", "a: &n x # why\nc: 2\n"),
        ("a: &n # why\n  b: 1\nc: 2\n", "a", {"d": 1}, "a: &n # why\n  d: 1\nc: 2\n"),
        ("a: x # why", "a", "p\nq", "a: |- # why\n  p\n  q"),
        ("a:", "a", "p\nq", "a: |-\n  p\n  q"),
        ("a:", "a", {"b": 1}, "a:\n  b: 1"),
        ("a:\n  - |\n   x\n", "a.0", {"b": 1, "c": 2}, "a:\n  - b: 1\n    c: 2\n"),
        ("a:\r\n  b: 1\r\n", "a.b", "p\nq", "a:\r\n  b: |-\r\n    p\r\n    q\r\n"),
        ("\ufeffa: 1", "a", 2, "\ufeffa: 2"),
        ("a: 1\n", "b.c", "d", "a: 1\nb:\n  c: d\n"),
        ("a:\nb: 1\n", "a.c", "d", "a:\n  c: d\nb: 1\n"),
        ("a:\n    b: {c: 1}\n", "a.d", "e", "a:\n    b: {c: 1}\n    d: e\n"),
        ("a: {}\n", "a.b", 1, "a: {b: 1}\n"),
        ("a: {b: 1, }\n", "a.c", 2, "a: {b: 1, c: 2, }\n"),
        ("a: 1\n  # of a\n\n# of b\nb: 2\n", "new", 3, "a: 1\n  # of a\n\n# of b\nb: 2\nnew: 3\n"),
        ("a: 1", "b", 2, "a: 1\nb: 2"),
        ("a: |\n  x", "b", 2, "a: |\n  x\nb: 2\n"),
        ("a: 1\n...\n", "b", 2, "a: 1\nb: 2\n...\n"),
    ],
)
def test_setting(before: str, pointer: str, value: Any, after: str) -> None:
    steps = [int(step) if step.isdigit() else step for step in pointer.split(".")]
    assert set_value(before.encode(), steps, value).decode() == after
    assert set_value(after.encode(), steps, value).decode() == after


@pytest.mark.parametrize(
    ("before", "pointer", "after"),
    [
        ("a: 1\nb: 2\n", "b", "a: 1\n"),
        ("a: 1\n\n# of b\nb: 2\n\nc: 3\n", "b", "a: 1\n\nc: 3\n"),
        ("a: 1\n\n# of b and c\nb: 2\nc: 3\n", "b", "a: 1\n\n# of b and c\nc: 3\n"),
        ("a: 1\n# of a or b?\nb: 2\n", "b", "a: 1\n# of a or b?\n"),
        ("# of the file\na: 1\n\nb: 2\n", "a", "# of the file\n\nb: 2\n"),
        ("# of the file\n\n# of a\na: 1\n\nb: 2\n", "a", "# of the file\n\nb: 2\n"),
        ("a:\n  x: 1\n  # in a\n# of b\nb: 2\n", "a", "# of b\nb: 2\n"),
        ("a:\n  # of x\n  x: 1\n\n  y: 2\n", "a.x", "a:\n  y: 2\n"),
        ("a: 1\n\nb: 2\n", "b", "a: 1\n"),
        ("a: |+\n  x\n\nb: 2\n", "b", "a: |+\n  x\n\n"),
        ("a: |+\n  x\nb:\n\nc: 1\n", "b", "a: |+\n  x\nc: 1\n"),
        ("a:\n  b: 1 # why\nc: 2\n", "a.b", "a: {}\nc: 2\n"),
        ("a:\n  - x\n", "a.0", "a: []\n"),
        ("a:\n  - p: 1\n    q: 2\n", "a.0.p", "a:\n  - q: 2\n"),
        ("a:\n  - p: 1\n    # of q\n    q: 2\n", "a.0.p", "a:\n  -\n    # of q\n    q: 2\n"),
        ("a: [x, y, z]\n", "a.0", "a: [y, z]\n"),
        ("a: [x, y, z]\n", "a.2", "a: [x, y]\n"),
        ("a: [ x ]\n", "a.0", "a: []\n"),
        ("a: [\n  x, # of x\n  y # of y\n]\n", "a.1", "a: [\n  x, # of x\n]\n"),
        ("a: {p: 1, q: 2}\n", "a.p", "a: {q: 2}\n"),
        ("a: 1\n", "a", "{}\n"),
        ("a: 1\n", "b", "a: 1\n"),
        ("a: [x]\n", "a.1", "a: [x]\n"),
    ],
)
def test_removing(before: str, pointer: str, after: str) -> None:
    steps = [int(step) if step.isdigit() else step for step in pointer.split(".")]
    assert remove(before.encode(), steps).decode() == after


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("a: [x]\n", "w", "a: [x, w]\n"),
        ("a: [\n  x, # why\n]\n", "w", "a: [\n  x, w, # why\n]\n"),
        ("a: []\n", "w", "a: [w]\n"),
        ("a: []\n", {"b": 1}, "a:\n  - b: 1\n"),
        ("a:\nb: 1\n", "w", "a: [w]\nb: 1\n"),
        ("b: 1\n", "w", "b: 1\na: [w]\n"),
        ("a:\n- x\nb: 1\n", {"c": 1, "d": 2}, "a:\n- x\n- c: 1\n  d: 2\nb: 1\n"),
        ("a:\n  -   b: 1\n", {"b": 2, "c": 3}, "a:\n  -   b: 1\n  -   b: 2\n      c: 3\n"),
        ("a:\n  - x\n\n  # y\n  - y\n", "z", "a:\n  - x\n\n  # y\n  - y\n\n  - z\n"),
        ("a:\n  - x\n\n  - |+\n    y\n", "z", "a:\n  - x\n\n  - |+\n    y\n  - z\n"),
    ],
)
def test_appending(before: str, value: Any, after: str) -> None:
    assert append(before.encode(), ("a",), value).decode() == after


@pytest.mark.parametrize(
    ("before", "edit", "place", "says"),
    [
        ("a: &n x\nb: *n\n", lambda d: set_value(d, ("a",), 1, path="p"), "p:1:4", "alias (*)"),
        ("a: &n x\nb: *n\n", lambda d: remove(d, ("a",), path="p"), "p:1:4", "alias (*)"),
        (
            "a: &n {c: 1}\nb: *n\n",
            lambda d: set_value(d, ("b", "c"), 2, path="p"),
            "p:2:4",
            "alias",
        ),
        ("a: x\n", lambda d: set_value(d, ("a", "b"), 1, path="p"), "p:1:4", "no mapping"),
        ("a: [x]\n", lambda d: set_value(d, ("a", 3), 1, path="p"), "p:1:4", "no entry 4"),
        ("a: [x]\n", lambda d: set_value(d, ("a", "b"), 1, path="p"), "p:1:4", "no mapping"),
        ("a: x\n", lambda d: append(d, ("a",), 1, path="p"), "p:1:4", "no list"),
        ("a: x\n", lambda d: set_value(d, ("a",), "\x00", path="p"), "p:1:4", "U+0000"),
        ("a: x\n", lambda d: set_value(d, ("a",), "\ud800", path="p"), "p:1:4", "U+D800"),
        ("a: x\n", lambda d: set_value(d, ("a",), float("nan"), path="p"), "p:1:4", "by hand"),
        ("a: x\n", lambda d: set_value(d, ("a",), 10**30, path="p"), "p:1:4", "by hand"),
        ("a: [\n", lambda d: set_value(d, ("a",), 1, path="p"), "p:2:1", "missing"),
        ("", lambda d: set_value(d, ("a",), 1, path="p"), "p", "empty"),
    ],
)
def test_what_would_do_harm_is_refused(before: str, edit: Any, place: str, says: str) -> None:
    with pytest.raises(ContentError) as caught:
        edit(before.encode())
    assert str(caught.value).startswith(f"{place}: ")
    assert says in str(caught.value)


def test_a_key_goes_where_it_belongs() -> None:
    order = ("title", "owner", "schedule", "tasks")
    data = b"title: x\n# about tasks\ntasks: []\n"
    assert set_value(data, ("owner",), "ana", order=order) == (
        b"title: x\nowner: ana\n# about tasks\ntasks: []\n"
    )


@pytest.mark.parametrize("paused", [True, False])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("id: acme\n", "id: acme\npaused: WORD\n"),
        ("id: acme\r\npaused: maybe  # until Monday", "id: acme\r\npaused: WORD  # until Monday"),
        ("paused: # not yet\nid: acme\n", "paused: WORD # not yet\nid: acme\n"),
        ('"paused" : "no"\nx: {paused: no}\n', '"paused" : WORD\nx: {paused: no}\n'),
        ("note: |\n  paused: no\n", "note: |\n  paused: no\npaused: WORD\n"),
    ],
)
def test_pausing_changes_one_word(before: str, after: str, paused: bool) -> None:
    edited = set_value(before.encode(), ("paused",), paused)
    assert edited.decode() == after.replace("WORD", "true" if paused else "false")


@pytest.mark.parametrize(
    "text", ["2026-12-01T09:00", "PT2H", "Europe/Berlin", "über", "a:b", "x#y", "#", "12:30", "no",
             "y", "1e3", "0o7", "1_000", "~", "2026-12-01", "=", "- a", "a: b", " a", "", "*a"],
)  # fmt: skip
def test_readers_of_both_versions_read_the_same_text(text: str) -> None:
    edited = set_value(b"a: 1\n", ("a",), text)
    assert read_yaml(edited, "p").value == yaml.safe_load(edited) == {"a": text}


@pytest.mark.parametrize("text", ["2026-12-01T09:00", "PT2H", "Europe/Berlin", "über 🌷", "a:b"])
def test_plain_words_stay_plain(text: str) -> None:
    assert set_value(b"a: 1\n", ("a",), text).decode() == f"a: {text}\n"


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t"), max_size=60)
)
def test_any_text_is_written_for_both_versions(text: str) -> None:
    try:
        edited = set_value(b"a: 1\nb: 2\n", ("a",), text)
    except ContentError:
        assert not text.isprintable()
        return
    assert read_yaml(edited, "p").value == {"a": text, "b": 2}
    assert yaml.safe_load(edited) == {"a": text, "b": 2}
