"""Hypothesis: YAML as people write it, with the lines that each entry takes up."""

import re
from dataclasses import dataclass, field

from hypothesis import strategies as st

Pointer = tuple[str | int, ...]

WORDS = st.sampled_from(
    ["foo", "bar baz", "über 🌷", "a-b", "x:y", "it's", "q#r", "2026-12-01T09:00"]
)
PLAIN = st.one_of(WORDS, st.sampled_from(["1", "2.5", "true", "null", "~", "no", "12:30"]))
QUOTED = st.sampled_from(["'it''s'", '"a\\n b"', "'# no'", '"é: 🌷"', "''", '"x\\ty"'])
KEYS = st.sampled_from(["a", "b", "title", "at", '"q k"', "'s'", "über", "tasks", "body", "c d"])
TEXTS = st.sampled_from(["text", "  deeper", "# no comment", "", "- a: b", "ünï", "tail  "])
COMMENTS = st.sampled_from(["# why", "#", "# key: value", "# 'quote", "#\ttab", "# ü"])
BREAKS = re.compile("\r\n|\n|\r")


@dataclass(frozen=True)
class Written:
    """A document; `ranges` has the first and the last line (from 0) of each block entry."""

    data: bytes
    ranges: dict[Pointer, tuple[int, int]]
    columns: dict[Pointer, int]

    def range_of(self, pointer: Pointer) -> tuple[int, int]:
        while pointer not in self.ranges:
            pointer = pointer[:-1]
        return self.ranges[pointer]


def lines_of(data: bytes) -> list[str]:
    """Split behind \\n, \\r\\n and \\r, and nothing else; without a byte order mark."""
    text = data.decode().removeprefix("\ufeff")
    ends = [found.end() for found in BREAKS.finditer(text)]
    rows = [text[a:b] for a, b in zip([0, *ends], [*ends, len(text)], strict=True)]
    return rows if rows[-1] else rows[:-1]


@dataclass
class _Writer:
    draw: st.DrawFn
    lines: list[str] = field(default_factory=list)
    ranges: dict[Pointer, tuple[int, int]] = field(default_factory=dict)
    columns: dict[Pointer, int] = field(default_factory=dict)
    anchors: list[str] = field(default_factory=list)
    after_text: bool = False
    after_keep: bool = False

    def one_in(self, n: int) -> bool:
        return self.draw(st.integers(1, n)) == n

    def noise(self, column: int) -> None:
        """Blank lines and comments between entries."""
        for _ in range(self.draw(st.sampled_from([0, 0, 0, 1, 2]))):
            if self.one_in(2) and not self.after_keep:
                self.lines.append(self.draw(st.sampled_from(["", "", "  "])) if column else "")
            else:
                deeper = 0 if self.after_text else self.draw(st.sampled_from([0, 0, 2, 5]))
                comment = f"{self.draw(COMMENTS)} {len(self.lines)}"
                self.lines.append(" " * (column + deeper) + comment)
                self.after_keep = self.after_text = False

    def tail(self) -> str:
        return self.draw(st.sampled_from(["", "", "", "  ", " # c", "   # d: e"]))

    def mapping(self, at: Pointer, column: int, depth: int, head: str = "") -> None:
        keys = self.draw(st.lists(KEYS, min_size=1, max_size=3, unique=True))
        for index, key in enumerate(keys):
            if index or not head:
                self.noise(column)
            before = head if head and not index else " " * column
            gap = self.draw(st.sampled_from(["", "", " "]))
            self.entry((*at, key.strip("\"'")), f"{before}{key}{gap}:", column, depth)

    def sequence(self, at: Pointer, column: int, depth: int, head: str = "") -> None:
        gap = self.draw(st.sampled_from([1, 1, 1, 3]))
        for index in range(self.draw(st.integers(1, 3))):
            if index or not head:
                self.noise(column)
            here = (*at, index)
            dash = (head if head and not index else " " * column) + "-"
            kind = self.draw(st.integers(0, 4)) if depth else 4
            if kind == 4:
                self.entry(here, dash, column, depth)
                continue
            start = len(self.lines)
            self.after_text = self.after_keep = False
            inside = self.mapping if kind else self.sequence
            inside(here, column + 1 + gap, depth - 1, dash + " " * gap)
            self.ranges[here], self.columns[here] = (start, len(self.lines) - 1), column

    def entry(self, here: Pointer, head: str, column: int, depth: int) -> None:
        start = len(self.lines)
        self.after_text = self.after_keep = False
        anchor = ""
        if self.one_in(8):
            anchor = f" &n{len(self.lines)}"
        deeper = column + self.draw(st.sampled_from([2, 2, 2, 1, 4]))
        kind = self.draw(st.integers(0, 9))
        if kind <= 1 and depth:
            self.lines.append(head + anchor + self.tail())
            self.mapping(here, deeper, depth - 1)
        elif kind == 2 and depth:
            self.lines.append(head + anchor + self.tail())
            flat = head.rstrip().endswith(":") and self.one_in(2)
            self.sequence(here, column if flat else deeper, depth - 1)
        elif kind == 3:
            self.block_text(head + anchor, deeper)
        else:
            self.lines.extend(self.inline(head, anchor, deeper))
        if anchor and anchor in self.lines[start]:
            self.anchors.append(anchor[2:])
        self.ranges[here], self.columns[here] = (start, len(self.lines) - 1), column

    def block_text(self, head: str, column: int) -> None:
        style = self.draw(st.sampled_from(["|", "|", ">", "|-", "|+", ">-"]))
        self.lines.append(f"{head} {style}{self.tail()}")
        self.lines.append(" " * column + "first")
        for text in self.draw(st.lists(TEXTS, max_size=3)):
            self.lines.append(" " * column + text if text else "")
        while not self.lines[-1].strip():
            self.lines.pop()
        if "+" in style:
            self.lines.extend([""] * self.draw(st.integers(0, 2)))
        self.after_text, self.after_keep = True, "+" in style

    def inline(self, head: str, anchor: str, deeper: int) -> list[str]:
        match self.draw(st.integers(0, 7)):
            case 0:
                return [head + self.tail()] if not anchor else [f"{head}{anchor}{self.tail()}"]
            case 1 if self.anchors:
                return [f"{head} *{self.draw(st.sampled_from(self.anchors))}{self.tail()}"]
            case 2:
                first, *rest = self.draw(st.lists(WORDS, min_size=2, max_size=3))
                rows = [f"{head}{anchor} {first}", *(" " * deeper + word for word in rest)]
                return [*rows[:-1], rows[-1] + self.tail()]
            case 3 | 4:
                return self.flow(f"{head}{anchor} ", deeper)
            case _:
                return [f"{head}{anchor} {self.draw(PLAIN | QUOTED)}{self.tail()}"]

    def flow(self, head: str, deeper: int) -> list[str]:
        is_list = self.one_in(2)
        inner = st.sampled_from(["foo", "1", "'a'", '"b c"', "[x, y]", "{k: v}", "ü", "[]", "{ }"])
        items = self.draw(st.lists(inner, max_size=3))
        if not is_list:
            items = [f"{key}: {item}" for key, item in zip("pqr", items, strict=False)]
        opening, closing = "[]" if is_list else "{}"
        comma = "," if items and self.one_in(3) else ""
        if not items or self.one_in(2):
            space = self.draw(st.sampled_from(["", " "]))
            return [f"{head}{opening}{space}{', '.join(items)}{comma}{space}{closing}{self.tail()}"]
        rows = [" " * deeper + item + "," + self.tail() for item in items]
        return [f"{head}{opening}{self.tail()}", *rows, " " * deeper + closing + self.tail()]


@st.composite
def documents(draw: st.DrawFn) -> Written:
    """Draw a mapping with comments, odd indentation, anchors, quotes, blocks and line ends."""
    writer = _Writer(draw)
    if draw(st.booleans()):
        writer.lines += ["# a head", "---"] if draw(st.booleans()) else ["# a head"]
    writer.mapping((), draw(st.sampled_from([0, 0, 0, 0, 3])), 3)
    writer.noise(0)
    ends = draw(st.sampled_from([["\n"], ["\n"], ["\r\n"], ["\n", "\r\n"], ["\r"]]))
    chosen = [draw(st.sampled_from(ends)) if len(ends) > 1 else ends[0] for _ in writer.lines]
    text = "".join(line + end for line, end in zip(writer.lines, chosen, strict=True))
    if writer.lines[-1].strip() and draw(st.integers(0, 3)) == 0:
        text = text.removesuffix(chosen[-1])
    mark = draw(st.sampled_from(["", "", "", "\ufeff"]))
    return Written((mark + text).encode(), writer.ranges, writer.columns)
