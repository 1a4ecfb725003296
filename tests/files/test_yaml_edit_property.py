"""Random edits of random documents: the value is the one meant, and every other line stays."""

from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import Any

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from publisher.domain.errors import ContentError
from publisher.files.yaml_edit import append, remove, set_value
from publisher.files.yaml_text import read_yaml
from tests.files.yaml_documents import Pointer, Written, documents, lines_of

TEXT = st.text("ab :#-\n\t'\"\\é🌷{}[],&*!|>%@`~?\x85\u2028\ufeffno1", max_size=12)
SCALARS = st.one_of(
    TEXT,
    st.sampled_from(["no", "12:30", "2026-12-01T09:00", "2026-12-01", "a\nb\n", "a\n\n b", "0o7"]),
    st.none() | st.booleans() | st.integers(-99, 10**18) | st.floats(-1e30, 1e30),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXT.filter("<<".__ne__), inner, max_size=3)
    ),
    max_leaves=5,
)


def pointers(value: Any, here: Pointer = ()) -> Iterator[Pointer]:
    if here:
        yield here
    items = enumerate(value) if isinstance(value, list) else ()
    for step, item in value.items() if isinstance(value, dict) else items:
        yield from pointers(item, (*here, step))


def at(value: Any, pointer: Pointer) -> Any:
    for step in pointer:
        value = value[step]
    return value


def with_value(whole: Any, pointer: Pointer, value: Any) -> Any:
    if not pointer:
        return value
    step, *rest = pointer
    copy = whole.copy()
    copy[step] = with_value(
        copy.get(step) if isinstance(copy, dict) else copy[step], tuple(rest), value
    )
    return copy


def without(whole: Any, pointer: Pointer) -> Any:
    parent = at(whole, pointer[:-1]).copy()
    del parent[pointer[-1]]
    return with_value(whole, pointer[:-1], parent)


def drawn(data: st.DataObject, document: Written) -> Pointer:
    value = read_yaml(document.data, "p").value
    return data.draw(st.sampled_from(list(pointers(value))), "pointer")


def says(edited: bytes, document: Written, meant: Callable[[Any], Any]) -> None:
    """The edited text has the value that is meant, and the byte order mark that was there.

    A last line without an end may get one: `|` then keeps it, as people see it.
    """
    ended = document.data if document.data.endswith((b"\n", b"\r")) else document.data + b"\n"
    options = [meant(read_yaml(data, "p").value) for data in (document.data, ended)]
    assert typed(read_yaml(edited, "p").value) in list(map(typed, options))
    mark = "\ufeff".encode()
    assert edited.startswith(mark) == document.data.startswith(mark)


def typed(value: Any) -> str:
    """The value with its types, whatever the order of the keys."""
    if isinstance(value, dict):
        return "{" + ",".join(sorted(f"{k!r}:{typed(v)}" for k, v in value.items())) + "}"
    return "[" + ",".join(map(typed, value)) + "]" if isinstance(value, list) else repr(value)


def only_with_aliases(document: Written, error: ContentError) -> None:
    """A refusal names a place and a way out, and only names that are shared may cause it."""
    (problem,) = error.problems
    assert problem.line
    assert problem.hint
    assert b"*n" in document.data, str(error)
    event("refused")


def stays(document: Written, edited: bytes, first: int, last: int) -> None:
    """Every line outside of the range is there, byte for byte, in its place."""
    old, new = lines_of(document.data), lines_of(edited)
    behind = len(old) - last - 1
    assert new[:first] == old[:first]
    assert behind == 0 or new[-behind:] == old[-behind:]


@settings(max_examples=400, deadline=None)
@given(documents(), st.data(), VALUES)
def test_setting_a_value_changes_its_own_lines_only(
    document: Written, data: st.DataObject, value: Any
) -> None:
    pointer = drawn(data, document)
    try:
        edited = set_value(document.data, pointer, value, path="p")
    except ContentError as error:
        only_with_aliases(document, error)
        return
    says(edited, document, lambda whole: with_value(whole, pointer, value))
    stays(document, edited, *document.range_of(pointer))
    assert set_value(edited, pointer, value, path="p") == edited


@settings(max_examples=300, deadline=None)
@given(documents(), st.data(), VALUES)
def test_adding_a_key_only_adds_lines(document: Written, data: st.DataObject, value: Any) -> None:
    whole = read_yaml(document.data, "p").value
    mappings = [(), *(p for p in pointers(whole) if isinstance(at(whole, p), dict))]
    parent = data.draw(st.sampled_from(mappings), "parent")
    key = data.draw(st.sampled_from(["new", "no", "ü: x"]))
    order = data.draw(st.permutations(["a", "b", key, "title", "tasks"]))
    try:
        edited = set_value(document.data, (*parent, key), value, path="p", order=order)
    except ContentError as error:
        only_with_aliases(document, error)
        return
    says(edited, document, lambda whole: with_value(whole, (*parent, key), value))
    assert set_value(edited, (*parent, key), value, path="p") == edited
    only_added(document, edited, parent)


@settings(max_examples=200, deadline=None)
@given(documents(), st.data(), VALUES)
def test_appending_only_adds_lines(document: Written, data: st.DataObject, value: Any) -> None:
    whole = read_yaml(document.data, "p").value
    lists = [p for p in pointers(whole) if isinstance(at(whole, p), list)]
    assume(lists)
    parent = data.draw(st.sampled_from(lists), "list")
    try:
        edited = append(document.data, parent, value, path="p")
    except ContentError as error:
        only_with_aliases(document, error)
        return
    says(edited, document, lambda whole: with_value(whole, parent, [*at(whole, parent), value]))
    only_added(document, edited, parent)


def only_added(document: Written, edited: bytes, parent: Pointer) -> None:
    """Below a block collection nothing goes, and what is new stands together in one place."""
    if parent and not any(known[:-1] == parent for known in document.ranges):
        stays(document, edited, *document.range_of(parent))
        return
    old, new = lines_of(document.data), lines_of(edited)
    head = alike(old, new)
    if new[head + len(new) - len(old) :] != old[head:]:
        assert head == len(old) - 1
        assert new[head].rstrip("\r\n") == old[head], "the last line, which had no end, got one"


def alike(old: list[str], new: list[str]) -> int:
    """How many lines at the beginning are the same."""
    pairs = zip(old, new, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


@settings(max_examples=400, deadline=None)
@given(documents(), st.data())
def test_removing_takes_what_belongs_to_it_only(document: Written, data: st.DataObject) -> None:
    pointer = drawn(data, document)
    try:
        edited = remove(document.data, pointer, path="p")
    except ContentError as error:
        only_with_aliases(document, error)
        return
    says(edited, document, lambda whole: without(whole, pointer))
    assert remove(edited, (*pointer[:-1], "gone"), path="p") == edited
    first, last = document.range_of(pointer)
    siblings = [known for known in document.ranges if known[:-1] == pointer[:-1]]
    parent = pointer[:-1]
    if pointer not in document.ranges:
        stays(document, edited, first, last)
    elif len(siblings) == 1:
        stays(document, edited, *(document.ranges[parent] if parent else (first, last)))
    elif parent in document.ranges and document.ranges[parent][0] == first:
        follower = min(document.ranges[known][0] for known in siblings if known != pointer)
        stays(document, edited, first, follower)
    else:
        lost_no_more(document, edited, pointer)


def lost_no_more(document: Written, edited: bytes, pointer: Pointer) -> None:
    """Beside the entry only its own comments and blank lines are gone."""
    (first, last), column = document.ranges[pointer], document.columns[pointer]
    old, new = lines_of(document.data), lines_of(edited)
    head = min(alike(old, new), first)
    tail = head + len(old) - len(new)
    assert new[head:] == old[tail:]
    assert tail > last
    for line in old[head:first]:
        assert not line.strip() or comment_column(line) == column
    for line in old[last + 1 : tail]:
        assert not line.strip() or comment_column(line) > column


def comment_column(line: str) -> int:
    return len(line) - len(line.lstrip(" ")) if line.lstrip(" ").startswith("#") else -1
