"""Where each key, dash, comma, comment and line of a YAML text stands, for edits that keep them."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import yaml

from publisher.files.yaml_nodes import Node, Span, span_of
from publisher.files.yaml_text import Document

Step = str | int

_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_BREAKS: Final = "\n\r\x85\u2028\u2029"
_HEADER: Final = re.compile(r"[|>]([-+]?)(\d?)([-+]?)")
_BLANKS: Final = " \t"


@dataclass(frozen=True, slots=True)
class Entry:
    """One key with its value, or one item of a list.

    `start` is where the key or the dash begins; `lead_end` where the colon or the dash ends;
    `value` the node, with the span that is written here. `end` is where the last character of it
    all stands: comments and blank lines after it do not count.
    """

    step: Step
    start: int
    lead_end: int
    has_lead: bool
    node: Node
    value: Span
    is_alias: bool
    end: int

    @property
    def is_empty(self) -> bool:
        """Nothing is written where the value belongs."""
        return self.value[0] == self.value[1]


class Layout:
    """One document's text, tokens and lines. Positions count characters of `text`."""

    def __init__(self, document: Document) -> None:
        self.text, self.root = document.text, document.root
        spans: dict[type, list[Span]] = {kind: [] for kind in _KINDS}
        for token in yaml.scan(self.text, Loader=yaml.CSafeLoader):
            if type(token) in spans:
                spans[type(token)].append(span_of(token))
        self._dashes, self._colons, self._marks, self._anchors = spans.values()

    def entries(self, parent: Node) -> list[Entry]:
        """Return the entries of a collection in the order of the text."""
        return [self.entry(parent, step) for step in parent.children]

    def entry(self, parent: Node, step: Step) -> Entry:
        node, alias = parent.children[step], parent.aliases.get(step)
        value = alias or node.span
        start, lead_end, has_lead = self._lead(parent, step, value)
        if alias:
            end = alias[1]
        elif value[0] == value[1]:
            end = max(value[1] if parent.style in {"{", "["} else 0, lead_end)
        else:
            end = self.end(node)
        return Entry(step, start, lead_end, has_lead, node, value, alias is not None, end)

    def _lead(self, parent: Node, step: Step, value: Span) -> tuple[int, int, bool]:
        if parent.style == "[":
            return value[0], value[0], True
        if parent.style == "-":
            dash = self._dashes[bisect_right(self._dashes, (value[0], -1)) - 1]
            return dash[0], dash[1], True
        key = parent.key_spans[step]
        mark = bisect_right(self._marks, (key[0], len(self.text))) - 1
        start = self._marks[mark][0] if mark >= 0 else key[0]
        if self.text[start : start + 1] != "?" or self.text[start + 1 : key[0]].strip():
            start = key[0]
        colon = bisect_left(self._colons, key[1:])
        if colon < len(self._colons) and self._colons[colon][1] <= value[0]:
            return start, self._colons[colon][1], True
        return start, key[1], False

    def end(self, node: Node) -> int:
        """Return where the last character of a value stands."""
        if node.style in {":", "-"}:
            if not node.children:
                return node.span[0]
            return self.entry(node, next(reversed(node.children))).end
        if node.style in {"|", ">"}:
            return self._literal_end(node)
        return node.span[1]

    def content(self, entry: Entry) -> int:
        """Return where the value begins, behind its anchor; there the text may end, or break."""
        if entry.is_alias or not entry.node.anchor:
            return entry.value[0]
        at = bisect_left(self._anchors, (entry.value[0], 0))
        end = self._anchors[at][1]
        while end < entry.value[1] and self.text[end] in _BLANKS:
            end += 1
        return end

    def first(self, node: Node) -> int:
        """Return where the first key or dash of a block collection begins."""
        return self.entry(node, next(iter(node.children))).start

    def header_end(self, node_start: int) -> int:
        """Return where the `|2-` of a block scalar ends, for the comment behind it."""
        found = _HEADER.match(self.text, node_start)
        return found.end() if found else node_start

    def literal_column(self, entry: Entry) -> int | None:
        """Return the column in which the text of a block scalar begins; None when it is blank."""
        start = self.next_line(self.content(entry))
        for row in self.rows(start, entry.end):
            line = self.text[slice(*row)]
            if line.strip(_BLANKS):
                return len(line) - len(line.lstrip(" "))
        return None

    def _literal_end(self, node: Node) -> int:
        """Leave out the blank lines at the end, unless the text keeps them."""
        at = node.span[0]
        while self.text[at] not in "|>":
            at += 1
        header = self.header_end(at)
        rows = list(self.rows(self.next_line(at), node.span[1]))
        lines = (self.text[slice(*row)] for row in rows)
        indent = next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), None)
        while rows and "+" not in self.text[at:header] and self._is_padding(rows[-1], indent):
            rows.pop()
        return rows[-1][1] if rows else self.line_end(header)

    def _is_padding(self, row: Span, indent: int | None) -> bool:
        line = self.text[slice(*row)]
        return not line.strip(" ") and (indent is None or len(line) <= indent)

    def rows(self, start: int, end: int) -> Iterator[Span]:
        """Yield the lines from the one that begins at `start`, without their breaks."""
        while start < end:
            row_end = self.line_end(start)
            yield start, row_end
            start = self.next_line(row_end)

    def line_start(self, at: int) -> int:
        while at > 0 and self.text[at - 1] not in _BREAKS:
            at -= 1
        return at

    def line_end(self, at: int) -> int:
        found = _BREAK.search(self.text, at)
        return found.start() if found else len(self.text)

    def next_line(self, at: int) -> int:
        """Return where the line after the one of `at` begins, or the end of the text."""
        found = _BREAK.search(self.text, at)
        return found.end() if found else len(self.text)

    def line_before(self, at: int) -> int | None:
        """Return where the line before the one that begins at `at` begins."""
        if at == 0:
            return None
        step = 2 if self.text[at - 2 : at] == "\r\n" else 1
        return self.line_start(at - step)

    def line(self, at: int) -> str:
        return self.text[at : self.line_end(at)]

    def column(self, at: int) -> int:
        return at - self.line_start(at)

    def place(self, at: int) -> tuple[int, int]:
        """Return line and column, from 1."""
        before = self.text[: self.line_start(at)]
        return len(_BREAK.findall(before)) + 1, self.column(at) + 1

    def line_break(self, at: int) -> str:
        """Return the kind of line end that is in use before `at`."""
        before = [found[0] for found in _BREAK.finditer(self.text, 0, at)][-1:]
        found = before or [match[0] for match in [_BREAK.search(self.text)] if match]
        return found[0] if found and found[0] in {"\n", "\r\n", "\r"} else "\n"

    def is_blank(self, at: int) -> bool:
        return at < len(self.text) and not self.line(at).strip(_BLANKS)

    def comment_column(self, at: int) -> int | None:
        """Return the column of the comment that is all there is on the line, or None."""
        line = self.line(at)
        bare = line.lstrip(_BLANKS)
        return len(line) - len(bare) if bare.startswith("#") else None


_KINDS: Final = (yaml.BlockEntryToken, yaml.ValueToken, yaml.KeyToken, yaml.AnchorToken)
