"""Edits by machine to YAML written by people: only the lines that are meant change.

Each edit is read again before it is returned: it says exactly what was meant, or it is refused
with a ContentError. The same edit a second time changes nothing (but for `append`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from publisher.domain.errors import ContentError
from publisher.domain.problems import Problem
from publisher.files import yaml_removal, yaml_splices
from publisher.files.words import shown
from publisher.files.yaml_layout import Layout, Step
from publisher.files.yaml_nodes import Node
from publisher.files.yaml_render import Value, texts_of
from publisher.files.yaml_text import CONTROL, Document, read_yaml

Pointer = Sequence[Step]
Texts = Iterator[str]

_BY_HAND: Final = "Change it by hand, or write the lines around it in a plainer way first."


def set_value(
    data: bytes,
    pointer: Pointer,
    value: Value,
    *,
    path: str = "epic.yaml",
    order: Sequence[str] = (),
) -> bytes:
    """Set what stands at the pointer; a key that is missing is added, with those above it.

    `order` names the keys of the mapping in which a missing key is added, in the order in which
    they belong; without it the key comes last.
    """
    return _done(data, path, pointer, lambda edit: edit.set(value, order))


def remove(data: bytes, pointer: Pointer, *, path: str = "epic.yaml") -> bytes:
    """Remove a key or an item, with the comment above it where that is about nothing else."""
    return _done(data, path, pointer, lambda edit: edit.remove())


def append(data: bytes, pointer: Pointer, value: Value, *, path: str = "epic.yaml") -> bytes:
    """Add an item at the end of a list; a list that is missing is added."""
    return _done(data, path, pointer, lambda edit: edit.append(value))


def _done(data: bytes, path: str, pointer: Pointer, change: "Callable[[_Edit], bytes]") -> bytes:
    """Make the change; where a last line without an end is in its way, end it first."""
    try:
        return change(_Edit(read_yaml(data, path), tuple(pointer)))
    except ContentError:
        if data.endswith((b"\n", b"\r")):
            raise
    ended = data + (b"\r\n" if b"\r\n" in data else b"\n")
    return change(_Edit(read_yaml(ended, path), tuple(pointer)))


class _Gone:
    """Stands for the value of what is removed."""


_GONE = _Gone()


@dataclass(frozen=True, slots=True)
class _Edit:
    """One change at one place of one document."""

    document: Document
    pointer: tuple[Step, ...]

    def set(self, value: Value, order: Sequence[str] = ()) -> bytes:
        known = self.known()
        missing = self.pointer[len(known) :]
        for step in reversed(missing[1:]):
            value = {self.key(step): value}
        if not missing:
            return self.put(value)
        if known and self.value_at(known) is None:
            return replace(self, pointer=known).put({self.key(missing[0]): value})
        if not isinstance(self.value_at(known), Mapping):
            raise self.refusal(known, _no_place(missing[0]))
        key, place = self.key(missing[0]), (*known, missing[0])
        return replace(self, pointer=place).done(
            value,
            lambda layout: yaml_splices.added(layout, self.written(known), key, value, order),
        )

    def remove(self) -> bytes:
        if self.known() != self.pointer:
            return self.document.data
        return self.done(_GONE, self.removing)

    def append(self, value: Value) -> bytes:
        items = self.value_at(self.pointer) if self.known() == self.pointer else None
        if items is not None and not isinstance(items, list):
            raise self.refusal(self.pointer, "This is no list; nothing can be added to it.")
        if items is None or (not items and isinstance(value, Mapping | list | tuple)):
            return self.set([value])
        return self.done(
            [*items, value],
            lambda layout: yaml_splices.appended(layout, self.written(self.pointer), value),
        )

    def known(self) -> tuple[Step, ...]:
        """Return as much of the pointer as leads to something."""
        value: Any = self.document.value
        for depth, step in enumerate(self.pointer):
            known = range(len(value)) if isinstance(value, list) else value
            if step not in (known if isinstance(value, list | dict) else ()):
                return self.pointer[:depth]
            value = value[step]
        return self.pointer

    def value_at(self, pointer: Pointer) -> Any:  # noqa: ANN401  (whatever the file holds)
        value: Any = self.document.value
        for step in pointer:
            value = value[step]
        return value

    def key(self, step: Step) -> str:
        if isinstance(step, str):
            return step
        raise self.refusal(self.pointer, _no_place(step))

    def written(self, pointer: Pointer) -> Node:
        """Return the node; refuse a place that is written elsewhere and only named here."""
        node = self.document.root
        for step in pointer:
            if step in node.aliases:
                place = Layout(self.document).place(node.aliases[step][0])
                message = "An alias (*) stands here; its text belongs to another place as well."
                hint = "Write the text out here."
                raise ContentError((Problem(self.document.path, *place, message, hint),))
            node = node.children[step]
        return node

    def put(self, value: Value) -> bytes:
        return self.done(value, lambda layout: self.replacing(layout, value))

    def replacing(self, layout: Layout, value: Value) -> Texts:
        return yaml_splices.replaced(
            layout, self.written(self.pointer[:-1]), self.pointer[-1], value
        )

    def removing(self, layout: Layout) -> Texts:
        parent, step = self.written(self.pointer[:-1]), self.pointer[-1]
        if parent.style in yaml_splices.FLOW or len(parent.children) > 1:
            return yaml_removal.removed(layout, parent, step)
        if len(self.pointer) == 1:
            return yaml_splices.removed_root(layout)
        above = replace(self, pointer=self.pointer[:-1])
        return above.replacing(layout, {} if isinstance(step, str) else [])

    def done(self, value: Value | _Gone, texts: Callable[[Layout], Texts]) -> bytes:
        """Return the first of the texts that says what is meant, as bytes; or refuse."""
        document = self.document
        meant = _changed(document.value, self.pointer, value)
        if _same(meant, document.value):
            return document.data
        mark = document.data[: len(document.data) - len(document.text.encode())]
        for text in texts(Layout(document)):
            try:
                edited = mark + text.encode()
                if _same(read_yaml(edited, document.path).value, meant):
                    return edited
            except (ContentError, UnicodeEncodeError):
                continue
        hidden = CONTROL.search("".join(texts_of(value))) if not isinstance(value, _Gone) else None
        if hidden:
            message = f"The new text holds a control character (U+{ord(hidden[0]):04X})."
            raise self.refusal(self.pointer, message, "Delete it; pasted text often has some.")
        hint = "If an alias (*) uses this text, write the text out there first."
        hint = hint if "*" in document.text else ""
        raise self.refusal(self.pointer, "This cannot be changed by machine without harm.", hint)

    def refusal(self, pointer: Pointer, message: str, hint: str = "") -> ContentError:
        return ContentError((self.document.problem(pointer, message, hint or _BY_HAND),))


def _no_place(step: Step) -> str:
    if isinstance(step, int):
        return f"There is no entry {step + 1} here."
    return f"The key {shown(step)} cannot be added here: this is no mapping."


def _changed(whole: Any, pointer: Pointer, value: Value | _Gone) -> Any:  # noqa: ANN401
    """Return a copy of the plain value with the one change made."""
    if not pointer:
        return value
    step, rest = pointer[0], pointer[1:]
    copy: Any = whole.copy()
    if not rest and isinstance(value, _Gone):
        del copy[step]
    else:
        copy[step] = _changed(copy[step] if rest else None, rest, value)
    return copy


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401
    """Compare plain values; true is not 1, and 1 is not 1.0."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and bool(one == other)
