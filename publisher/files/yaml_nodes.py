"""YAML text → a tree of places, in one pass without recursion, refusing what we do not support."""

import re
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import Final, NoReturn

import yaml

from publisher.domain.errors import ContentError
from publisher.domain.problems import Problem
from publisher.domain.rules import Rule
from publisher.files.words import shown
from publisher.files.yaml_faults import syntax_fault
from publisher.files.yaml_text import CONTROL, MAX_BYTES, MAX_DEPTH, MAX_VALUES, load

Place = tuple[int, int]
Span = tuple[int, int]

_NO_TEXT: Final = frozenset(
    ["", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE"]
)
_NUMBER: Final = re.compile(r"[-+]?(\.?\d[\w.+-]*|\.(inf|Inf|INF)|\.(nan|NaN|NAN))", re.ASCII)
_QUOTE_IT: Final = "Put it into quotes."


@dataclass(slots=True)
class Node:
    """Where a value stands, and how much it holds once its aliases are written out.

    Spans count characters of the text. That of a value begins with its anchor; that of a block
    collection or block scalar ends where the next thing begins. `aliases` has the children that
    are written as one. `style` is the character that makes it: a quote, | or > of a scalar (empty
    when it is plain); { or [ of a flow collection; : or - of a block collection.
    """

    place: Place
    span: Span = (0, 0)
    style: str = ""
    anchor: str = ""
    keys: dict[str | int, Place] = field(default_factory=dict)
    key_spans: dict[str | int, Span] = field(default_factory=dict)
    children: dict[str | int, "Node"] = field(default_factory=dict)
    aliases: dict[str | int, Span] = field(default_factory=dict)
    values: int = 1
    characters: int = 0


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet, and the totals at its beginning."""

    node: Node
    anchor: str | None
    is_mapping: bool
    values: int
    characters: int
    key: str | None = None


def scan(text: str, path: str) -> Node:
    """Return the tree of places; raise ContentError at the first thing that is not supported."""
    scanner = _Scanner(path)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            scanner.take(event)
    except yaml.MarkedYAMLError as error:
        raise ContentError((syntax_fault(error, text, path),)) from None
    except (yaml.YAMLError, ValueError) as error:
        message = f"This cannot be read as YAML: {' '.join(str(error).split())[:120]}."
        raise ContentError((Problem(path, 0, 0, message, rule=Rule.SYNTAX),)) from None
    return scanner.root


class _Scanner:
    """Takes the parser's events in order; `root` is complete after the last one."""

    def __init__(self, path: str) -> None:
        self.root = Node((1, 1))
        self._path = path
        self._documents = 0
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._values = 0
        self._characters = 0

    def take(self, event: yaml.Event) -> None:
        mark = event.start_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    hint = "Remove the line `---` and what belongs elsewhere."
                    message = "A second document begins here; a file holds one."
                    self._refuse(Rule.SECOND_DOCUMENT, place, message, hint)
            case yaml.AliasEvent():
                self._alias(event, place)
            case yaml.ScalarEvent():
                self._scalar(event, place)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._begin(event, place)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end(event)
            case _:
                pass

    def _alias(self, event: yaml.AliasEvent, place: Place) -> None:
        anchor = event.anchor
        if self._awaits_key():
            message = f"“*{anchor}” stands where a key belongs."
            self._refuse(Rule.ALIAS, place, message, "Write the key out.")
        node = self._anchors.get(anchor or "")
        if node is None:
            what = "contains itself" if anchor in self._anchors else "was never defined"
            hint = "Text that begins with * goes into quotes, or below `|`."
            self._refuse(Rule.ALIAS, place, f"The alias “*{anchor}” {what}.", hint)
        self._count(node.values, node.characters, place, alias=True)
        self._attach(node, alias=span_of(event))

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> None:
        self._check_tag(event.tag, place)
        plain, value = not event.style, event.value
        if not plain and CONTROL.search(value):
            hint = "Write the text without it."
            message = "This text holds an escaped control character."
            self._refuse(Rule.CONTROL, place, message, hint)
        self._count(1, len(value), place)
        if not self._stack and (value or not plain):
            self._refuse_top(place, "text")
        if self._awaits_key():
            self._key(value, place, plain=plain)
            self._stack[-1].node.key_spans[value] = span_of(event)
            return
        if plain:
            self._check_number(value, place)
        node = Node(
            place, span_of(event), event.style or "", event.anchor or "", characters=len(value)
        )
        if event.anchor:
            self._anchors[event.anchor] = node
        self._attach(node)

    def _begin(self, event: yaml.CollectionStartEvent, place: Place) -> None:
        self._check_tag(event.tag, place)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        if self._awaits_key():
            what = "mapping" if is_mapping else "list"
            hint = "Text that begins with { or [ goes into quotes."
            message = f"A {what} stands where a key belongs; keys are text."
            self._refuse(Rule.KEY, place, message, hint)
        if not self._stack and not is_mapping:
            self._refuse_top(place, "a list")
        if len(self._stack) >= MAX_DEPTH:
            message = f"Lists and mappings are nested more than {MAX_DEPTH} levels deep."
            self._refuse(Rule.TOO_MUCH, place, message, "Make the file flatter.")
        style = ("{" if is_mapping else "[") if event.flow_style else (":" if is_mapping else "-")
        node = Node(place, span_of(event), style, event.anchor or "")
        self._stack.append(_Open(node, event.anchor, is_mapping, self._values, self._characters))
        self._count(1, 0, place)
        if event.anchor:
            self._anchors[event.anchor] = None

    def _end(self, event: yaml.CollectionEndEvent) -> None:
        done = self._stack.pop()
        done.node.span = (done.node.span[0], span_of(event)[1])
        done.node.values = self._values - done.values
        done.node.characters = self._characters - done.characters
        if done.anchor:
            self._anchors[done.anchor] = done.node
        self._attach(done.node)

    def _attach(self, node: Node, alias: Span | None = None) -> None:
        if not self._stack:
            self.root = node
            return
        parent = self._stack[-1]
        step = parent.key if parent.key is not None else len(parent.node.children)
        parent.node.children[step] = node
        if alias:
            parent.node.aliases[step] = alias
        parent.key = None

    def _key(self, key: str, place: Place, *, plain: bool) -> None:
        parent = self._stack[-1]
        if plain and not isinstance(resolved(key), str):
            self._refuse(Rule.KEY, place, f"The key {shown(key)} is no text.", _QUOTE_IT)
        if key == "<<":
            hint = "Write the keys out."
            self._refuse(Rule.MERGE, place, "Merging with `<<` is not supported.", hint)
        first = parent.node.keys.get(key)
        if first:
            message = f"The key {shown(key)} is here a second time; line {first[0]} has it already."
            self._refuse(Rule.DUPLICATE_KEY, place, message, "Keep one of the two.")
        parent.node.keys[key] = place
        parent.key = key

    def _awaits_key(self) -> bool:
        return bool(self._stack) and self._stack[-1].is_mapping and self._stack[-1].key is None

    def _count(self, values: int, characters: int, place: Place, *, alias: bool = False) -> None:
        self._values += values
        self._characters += characters
        if self._values <= MAX_VALUES and self._characters <= 2 * MAX_BYTES:
            return
        if alias:
            message = "Aliases blow this file up: written out it is far too large."
            self._refuse(Rule.TOO_MUCH, place, message, "Write out what is meant.")
        message = f"The file holds more than {MAX_VALUES} values."
        self._refuse(Rule.TOO_MUCH, place, message, "Split it into several epics.")

    def _check_tag(self, tag: str | None, place: Place) -> None:
        if tag is not None:
            written = tag.replace("tag:yaml.org,2002:", "!!", 1)
            hint = "Remove it; text that begins with ! goes into quotes."
            message = f"The YAML tag {shown(written)} is not supported."
            self._refuse(Rule.TAG, place, message, hint)

    def _check_number(self, value: str, place: Place) -> None:
        number = resolved(value)
        if isinstance(number, float) and not isfinite(number):
            message = f"The number {shown(value)} is too large, or is none."
            hint = "If it is meant as text, put it into quotes."
            self._refuse(Rule.NUMBER, place, message, hint)

    def _refuse_top(self, place: Place, what: str) -> NoReturn:
        message = f"The file must consist of `key: value` lines; this is {what}."
        hint = "Begin with a line like `title: …`, with a space after the colon."
        self._refuse(Rule.NO_MAPPING, place, message, hint)

    def _refuse(self, rule: Rule, place: Place, message: str, hint: str) -> NoReturn:
        raise ContentError((Problem(self._path, *place, message, hint, rule),))


def span_of(event: yaml.Event | yaml.Token) -> Span:
    """Return from where to where it stands, in characters of the text."""
    start, end = event.start_mark, event.end_mark
    return (start.index, end.index) if start and end else (0, 0)


def resolved(plain: str) -> object:
    """Return what the fast parser makes of unquoted text; a number too large becomes infinite."""
    if plain in _NO_TEXT:
        return None
    if not _NUMBER.fullmatch(plain):
        return plain
    try:
        return load(plain)
    except ValueError:
        return inf
