"""The ways to take one entry out of a YAML text, with what belongs to it."""

from collections.abc import Iterator

from publisher.files.yaml_layout import Entry, Layout, Step
from publisher.files.yaml_nodes import Node
from publisher.files.yaml_splices import FLOW, after, comments_above, neighbours, spliced


def removed(layout: Layout, parent: Node, step: Step) -> Iterator[str]:
    """Take an entry out of a collection that keeps others (a flow collection may become empty)."""
    before, entry, behind = neighbours(layout.entries(parent), step)
    if parent.style in FLOW:
        yield _from_flow(layout, parent, before, entry, behind)
    elif layout.text[layout.line_start(entry.start) : entry.start].strip():
        if behind is not None:
            yield _behind_a_dash(layout, entry, behind)
    else:
        column = layout.column(entry.start)
        start, end = layout.line_start(entry.start), after(layout, entry, column)
        top = comments_above(layout, start, column)
        above = layout.line_before(top)
        opens = before is None and above is not None and layout.comment_column(above) is None
        shared = behind is not None and layout.line_start(behind.start) == end
        if _is_set_off(layout, above, opens=opens) and not shared:
            start = top
        ways = (
            _with_blank_lines(layout, start, end, opens=opens),
            (start, end),
            (start, _below_blank_lines(layout, end)),
        )
        for way in ways:
            yield spliced(layout, ((*way, ""),))


def _is_set_off(layout: Layout, above: int | None, *, opens: bool) -> bool:
    """Say whether the comment below the line `above` is about the entry that follows it only.

    A comment that opens the file, or stands directly below another entry, may be about more.
    """
    return above is not None and (opens or layout.is_blank(above))


def _with_blank_lines(layout: Layout, start: int, end: int, *, opens: bool) -> tuple[int, int]:
    """Take in the blank lines of one side, where they would meet others or open a collection."""
    behind, top = _below_blank_lines(layout, end), start
    above = layout.line_before(start)
    while above is not None and layout.is_blank(above):
        top, above = above, layout.line_before(above)
    if behind == len(layout.text):
        return top, end
    return start, behind if top < start or start == 0 or opens else end


def _below_blank_lines(layout: Layout, at: int) -> int:
    while layout.is_blank(at):
        at = layout.next_line(at)
    return at


def _behind_a_dash(layout: Layout, entry: Entry, behind: Entry) -> str:
    """Take out the first entry of several, which stands on the line of a dash."""
    end = layout.next_line(entry.end)
    if layout.text[end : layout.line_start(behind.start)].strip():
        start = len(layout.text[: entry.start].rstrip(" \t"))
        return spliced(layout, ((start, layout.line_end(entry.end), ""),))
    return spliced(layout, ((entry.start, behind.start, ""),))


def _from_flow(
    layout: Layout, parent: Node, before: Entry | None, entry: Entry, behind: Entry | None
) -> str:
    text = layout.text
    row = layout.line_start(entry.start)
    rest = text[entry.end : layout.line_end(entry.end)].lstrip(" \t,")
    alone = not text[row : entry.start].strip() and (not rest or rest.startswith("#"))
    if alone and row > parent.span[0]:
        return spliced(layout, ((row, layout.next_line(entry.end), ""),))
    if behind is not None:
        return spliced(layout, ((entry.start, behind.start, ""),))
    if before is not None:
        return spliced(layout, ((before.end, entry.end, ""),))
    opening = text.index(parent.style, parent.span[0]) + 1
    return spliced(layout, ((opening, parent.span[1] - 1, ""),))
