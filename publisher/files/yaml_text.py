"""YAML text → plain values, with a place for every value. Hostile text ends in a ContentError."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any, NoReturn

import ryaml

from publisher.domain.errors import ContentError
from publisher.domain.problems import Problem
from publisher.domain.rules import Rule

if TYPE_CHECKING:
    from publisher.files.yaml_nodes import Node

load = ryaml.loads  # type: ignore[attr-defined]  # its __init__ marks no re-export

MAX_BYTES = 1 << 20
MAX_DEPTH = 128
MAX_VALUES = 50_000
MAX_PROBLEMS = 100

CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PROPERTY = re.compile(r"[&!](?<![^\s,\[{:?\-\ufeff][&!])")
_BEFORE_A_NODE = "\n\r\x85\u2028\u2029\ufeff-:,?[{"
_LOOK_BACK = 200
_REFUSED_AT = re.compile(r" at line (\d+) column (\d+)")


@dataclass(frozen=True)
class Document:
    """A mapping that was read from YAML, and where each of its values stands."""

    path: str
    data: bytes
    value: Mapping[str, Any]

    def place(self, pointer: Sequence[str | int], *, key: bool = False) -> tuple[int, int]:
        """Return line and column (from 1) of the value, or of its key; the nearest that exists."""
        node = self.root
        place = node.place
        for step in pointer:
            child = node.children.get(step)
            if child is None:
                return node.place
            place = node.keys.get(step, child.place)
            node = child
        return place if key else node.place

    def problem(
        self,
        pointer: Sequence[str | int],
        message: str,
        hint: str = "",
        rule: str = "",
        *,
        key: bool = False,
    ) -> Problem:
        return Problem(self.path, *self.place(pointer, key=key), message, hint, rule)

    @cached_property
    def text(self) -> str:
        """What `data` says, without a byte order mark."""
        return _decoded(self.data, self.path)

    @cached_property
    def root(self) -> "Node":
        """The tree of places; its spans count characters of `text`."""
        return _scan(self.text, self.path)


def read_yaml(data: bytes, path: str) -> Document:
    """Read one YAML 1.2 mapping; raise ContentError with one precise problem."""
    text = _decoded(data, path)
    if _needs_a_scan(text):
        _scan(text, path)
    try:
        value = load(text)
    except ValueError as error:
        _explain(text, path, str(error))
    if value is None:
        hint = "Begin with a `key: value` line, or delete the file."
        raise ContentError((Problem(path, 0, 0, "The file is empty.", hint, Rule.EMPTY),))
    if not isinstance(value, dict) or _is_odd(value, escapes="\\" in text):
        _explain(text, path, "it holds a value that cannot be used")
    return Document(path, data, value)


def too_large(path: str, size: int) -> Problem:
    message = f"The file is {size / MAX_BYTES:.1f} MiB large; text files hold at most 1 MiB."
    hint = "Put pictures and films into media/ as files."
    return Problem(path, 0, 0, message, hint, Rule.TOO_LARGE)


def _decoded(data: bytes, path: str) -> str:
    if len(data) > MAX_BYTES:
        raise ContentError((too_large(path, len(data)),))
    try:
        return data.decode().lstrip("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        place = (_lines(before), len(before) - before.rfind("\n"))
        message = f"Byte {error.start} of the file (0x{data[error.start]:02x}) is not UTF-8."
        hint = "Save the file with the encoding UTF-8."
        problem = Problem(path, *place, message, hint, Rule.ENCODING)
        raise ContentError((problem,)) from None


def _lines(text: str) -> int:
    return text.count("\n") + 1


def _needs_a_scan(text: str) -> bool:
    """Say whether the text may hold what the fast parser misreads, or takes minutes for.

    That is a tag, an anchor, or flow collections nested so deeply that it becomes quadratic.
    """
    if text.count("[") + text.count("{") > MAX_DEPTH:
        return True
    for match in _PROPERTY.finditer(text):
        start = max(0, match.start() - _LOOK_BACK)
        before = text[start : match.start()].rstrip(" \t")
        if not before or before[-1] in _BEFORE_A_NODE:
            return True
    return False


def _is_odd(root: dict[Any, Any], *, escapes: bool) -> bool:
    """Find what YAML can say and we cannot use; `_explain` then says what and where."""
    waiting: list[Any] = [root]
    seen = 0
    while waiting:
        value = waiting.pop()
        seen += 1
        if isinstance(value, str):
            if escapes and CONTROL.search(value):
                return True
        elif isinstance(value, dict):
            if "<<" in value or not all(isinstance(key, str) for key in value):
                return True
            waiting.extend(value.values())
            if escapes:
                waiting.extend(value)
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, float) and not isfinite(value):
            return True
    return seen > MAX_VALUES


def _scan(text: str, path: str) -> "Node":
    # PyYAML is slow to import and needed only where something is wrong
    from publisher.files.yaml_nodes import scan  # noqa: PLC0415

    return scan(text, path)


def _explain(text: str, path: str, said: str) -> NoReturn:
    """Raise the ContentError for a text that the fast parser or the check refused."""
    control = CONTROL.search(text)
    if control:
        before = text[: control.start()]
        place = (_lines(before), len(before) - before.rfind("\n"))
        message = f"A control character (U+{ord(control[0]):04X}) is hidden here."
        hint = "Delete it; it often comes along when text is pasted."
        raise ContentError((Problem(path, *place, message, hint, Rule.CONTROL),))
    _scan(text, path)
    found = _REFUSED_AT.search(said)
    line, column = (int(found[1]), int(found[2])) if found else (0, 0)
    said = _REFUSED_AT.sub("", said)
    message = f"This cannot be read as YAML: {said}."
    raise ContentError((Problem(path, line, column, message, rule=Rule.SYNTAX),))
