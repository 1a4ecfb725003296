"""The ways to make one change in a YAML text: each a whole new text, the best one first.

None of them is trusted: `yaml_edit` reads each again and takes the first that says what is meant.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from publisher.files.yaml_layout import Entry, Layout, Step
from publisher.files.yaml_nodes import Node
from publisher.files.yaml_render import STEP, Spot, Value, Writing, key_text, writings

FLOW: Final = frozenset("{[")
_BLOCK: Final = frozenset(":-")
_LITERAL: Final = frozenset("|>")
_BREAKS: Final = ("\n", "\r", "\x85", "\u2028", "\u2029")

Splice = tuple[int, int, str]


def replaced(layout: Layout, parent: Node, step: Step, value: Value) -> Iterator[str]:
    """Put a value in the place of another."""
    entry = layout.entry(parent, step)
    spot = _spot(layout, parent, entry, is_text=isinstance(value, str))
    if isinstance(value, Mapping) and not spot.item and spot.below <= spot.column:
        spot = replace(spot, below=spot.column + STEP)
    for writing in writings(value, spot):
        yield from _put(layout, entry, writing)


def added(
    layout: Layout, parent: Node, key: str, value: Value, order: Sequence[str] = ()
) -> Iterator[str]:
    """Add a key to a mapping: where `order` says, or at its end."""
    entries = layout.entries(parent)
    if parent.style in FLOW:
        for writing in writings(value, Spot(0, STEP, flow=True)):
            yield _into_flow(
                layout, parent, entries, f"{key_text(key, flow=True)}: {writing.inline}"
            )
        return
    column = layout.column(entries[0].start)
    before = order[: order.index(key)] if key in order else ()
    fitting = [at for at, entry in enumerate(entries) if entry.step in before]
    place = fitting[-1] if fitting else len(entries) - 1
    for entry in (entries[place], *entries[max(0, place - 1) : place]):
        at = after(layout, entry, column)
        for writing in writings(value, Spot(column, column + _deeper(layout, parent))):
            line = f"{' ' * column}{key_text(key, flow=False)}: {writing.inline}".rstrip(" ")
            yield from _lines(layout, at, at, (line, *writing.below), ())


def appended(layout: Layout, parent: Node, value: Value) -> Iterator[str]:
    """Add an item at the end of a list that has some, or of an empty `[]`."""
    entries = layout.entries(parent)
    if parent.style in FLOW:
        for writing in writings(value, Spot(0, STEP, flow=True)):
            yield _into_flow(layout, parent, entries, writing.inline)
        return
    last = entries[-1]
    column = layout.column(last.start)
    gap = STEP
    if layout.line_start(last.value[0]) == layout.line_start(last.start) and not last.is_empty:
        gap = last.value[0] - last.start
    at = after(layout, last, column)
    apart = len(entries) > 1 and _is_apart(layout, last, column)
    for blank_line in (apart, False):
        for writing in writings(value, Spot(column, column + gap, item=True)):
            line = f"{' ' * column}-{' ' * (gap - 1)}{writing.inline}"
            yield from _lines(layout, at, at, (*[""] * blank_line, line, *writing.below), ())


def removed_root(layout: Layout) -> Iterator[str]:
    """Leave an empty mapping where the whole document was."""
    yield spliced(layout, ((layout.first(layout.root), layout.end(layout.root), "{}"),))


def after(layout: Layout, entry: Entry, column: int) -> int:
    """Return where the line below an entry begins: below comments that are indented as its own."""
    at = probe = layout.next_line(entry.end)
    while probe < len(layout.text):
        if not layout.is_blank(probe):
            found = layout.comment_column(probe)
            if found is None or found <= column:
                break
            at = layout.next_line(probe)
        probe = layout.next_line(probe)
    return at


def comments_above(layout: Layout, start: int, column: int) -> int:
    """Return where the comment lines begin that stand directly above, in the same column."""
    above = layout.line_before(start)
    while above is not None and layout.comment_column(above) == column:
        start, above = above, layout.line_before(above)
    return start


def spliced(layout: Layout, splices: Sequence[Splice]) -> str:
    """Make the splices, which are given in the order of the text."""
    text = layout.text
    for start, end, instead in reversed(splices):
        text = text[:start] + instead + text[end:]
    return text


def _spot(layout: Layout, parent: Node, entry: Entry, *, is_text: bool) -> Spot:
    column, style = layout.column(entry.start), "" if entry.is_alias else entry.node.style
    spot = Spot(
        column,
        column + _deeper(layout, parent),
        flow=parent.style in FLOW,
        item=parent.style == "-" and (entry.is_alias or not entry.node.anchor),
        style=style,
    )
    if style in _BLOCK:
        first = layout.first(entry.node)
        same_line = layout.line_start(first) == layout.line_start(entry.start)
        return replace(spot, below=layout.column(first), item=spot.item and same_line)
    if style in _LITERAL and is_text:
        return replace(spot, below=layout.literal_column(entry) or spot.below)
    if spot.item:
        empty = entry.is_empty
        return replace(spot, below=column + STEP if empty else layout.column(entry.value[0]))
    return spot


def _deeper(layout: Layout, parent: Node) -> int:
    """How much deeper the mappings below this one's keys are indented."""
    for entry in layout.entries(parent):
        if not entry.is_alias and entry.node.style == ":" and parent.style == ":":
            return layout.column(layout.first(entry.node)) - layout.column(entry.start)
    return STEP


def _put(layout: Layout, entry: Entry, writing: Writing) -> Iterator[str]:
    """Write `writing` into the entry; a comment behind the value stays where it is."""
    text, style = layout.text, "" if entry.is_alias else entry.node.style
    start, end = layout.content(entry), entry.end
    below = below_end = layout.next_line(end)
    if entry.is_empty:
        start = end = entry.lead_end
    elif style in _LITERAL:
        end = layout.header_end(start)
        below = layout.next_line(end)
    elif style in _BLOCK:
        first, anchor_end = layout.first(entry.node), len(text[:start].rstrip(" \t"))
        start = first
        if layout.line_start(first) > entry.lead_end:
            start = end = anchor_end if entry.node.anchor else entry.lead_end
            below = layout.next_line(end)
    if not writing.inline:
        while start > entry.lead_end and text[start - 1] in " \t":
            start -= 1
    gap = "" if not writing.inline or text[start - 1 : start] in {" ", "\t"} else " "
    if not entry.has_lead:
        gap = ": "
    elif entry.start == entry.lead_end:
        gap = ""
    head = (start, end, gap + writing.inline)
    yield from _lines(layout, below, below_end, writing.below, (head,))


def _lines(
    layout: Layout, start: int, end: int, lines: Sequence[str], others: Sequence[Splice]
) -> Iterator[str]:
    """Put whole lines in the place of others, and make the other splices as well."""
    text, line_break = layout.text, layout.line_break(start)
    if not lines:
        yield spliced(layout, (*others, (start, end, "")))
        return
    joined = line_break.join(lines)
    if end < len(text) or text.endswith(_BREAKS):
        yield spliced(layout, (*others, (start, end, joined + line_break)))
        return
    if start == end:
        joined = line_break + joined
    yield spliced(layout, (*others, (start, end, joined)))
    yield spliced(layout, (*others, (start, end, joined + line_break)))


def _into_flow(layout: Layout, parent: Node, entries: Sequence[Entry], written: str) -> str:
    if entries:
        at, written = entries[-1].end, f", {written}"
    else:
        at = layout.text.index(parent.style, parent.span[0]) + 1
    return spliced(layout, ((at, at, written),))


def _is_apart(layout: Layout, entry: Entry, column: int) -> bool:
    """Say whether a blank line stands above the entry and its comments."""
    top = comments_above(layout, layout.line_start(entry.start), column)
    above = layout.line_before(top)
    return above is not None and layout.is_blank(above)


def neighbours(entries: Sequence[Entry], step: Step) -> tuple[Entry | None, Entry, Entry | None]:
    """Return the entry before, the entry itself, and the one after it."""
    padded = (None, *entries, None)
    for (before, entry), (_, behind) in zip(pairwise(padded), pairwise(padded[1:]), strict=False):
        if entry is not None and entry.step == step:
            return before, entry, behind
    raise KeyError(step)
