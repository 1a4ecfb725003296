"""Pausing changes one word of a file that people write, and no other byte."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from publisher.files.settings_edit import with_paused

lines = st.sampled_from(
    [
        "id: acme",
        "timezone: Europe/Berlin   # where we work",
        "# paused: true",
        "  # paused: maybe",
        "",
        "policy:",
        "  paused: false",
        "unpaused: true",
        "note: 'paused: true'",
        "brief: |",
        "  paused: true",
        "überschrift: “Größe”",
    ]
)
ends = st.sampled_from(["\n", "\r\n"])
blanks = st.sampled_from(["", " ", "  ", "\t"])
comments = st.sampled_from(["", " # until Monday", "\t#"])


@given(
    before=st.lists(lines, max_size=5),
    after=st.lists(lines, max_size=5),
    end=ends,
    blank=blanks,
    word=st.sampled_from(["true", "false", "True", "yes", "'true'", "~"]),
    comment=comments,
    paused=st.booleans(),
    last=st.booleans(),
)
def test_only_the_word_changes(
    before: list[str],
    after: list[str],
    end: str,
    blank: str,
    word: str,
    comment: str,
    paused: bool,
    last: bool,
) -> None:
    def text(value: str) -> bytes:
        line = f"paused:{blank or ' '}{value}{comment}"
        whole = end.join([*before, line, *after]) + (end if last else "")
        return whole.encode()

    assert with_paused(text(word), paused=paused) == text("true" if paused else "false")


@given(st.lists(lines, max_size=5), ends, st.booleans(), st.booleans())
def test_a_missing_line_is_added_at_the_end(
    before: list[str], end: str, last: bool, paused: bool
) -> None:
    text = (end.join(before) + (end if last and before else "")).encode()
    edited = with_paused(text, paused=paused)
    added = edited[len(text) :]

    assert edited.startswith(text)
    assert added.strip() == b"paused: " + (b"true" if paused else b"false")
    assert edited.endswith(b"\n")
    assert (b"\r\n" in added) is (b"\r\n" in text)


@given(st.binary(max_size=60), st.booleans())
def test_saying_it_twice_changes_nothing(text: bytes, paused: bool) -> None:
    once = with_paused(text, paused=paused)

    assert with_paused(once, paused=paused) == once


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"id: acme\n",
        b"id: acme",
        b"paused: false\n",
        b"paused:\n",
        b"paused: # not yet\nid: acme\n",
        b'"paused": false\n',
        b"paused : false\n",
    ],
)
@pytest.mark.parametrize("paused", [True, False])
def test_the_edited_file_says_it_once(text: bytes, paused: bool) -> None:
    edited = with_paused(text, paused=paused)

    assert yaml.safe_load(edited)["paused"] is paused
    assert edited.count(b"paused") == 1
