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
        if _owns(layout, top, end, before, behind):
            start = top
        yield spliced(layout, ((*_with_blank_lines(layout, start, end), ""),))
        yield spliced(layout, ((start, end, ""),))


def _owns(layout: Layout, top: int, end: int, before: Entry | None, behind: Entry | None) -> bool:
    """Say whether the comment that begins at `top` is about this entry and nothing else.

    It is set off above, does not open the file, and no other entry stands directly below.
    """
    above = layout.line_before(top)
    if above is None:
        return False
    set_off = before is None or layout.is_blank(above)
    shared = behind is not None and layout.line_start(behind.start) == end
    return set_off and not shared


def _with_blank_lines(layout: Layout, start: int, end: int) -> tuple[int, int]:
    """Take in the blank lines of one side, when they would meet those of the other."""
    behind = end
    while layout.is_blank(behind):
        behind = layout.next_line(behind)
    top = start
    above = layout.line_before(start)
    while above is not None and layout.is_blank(above):
        top, above = above, layout.line_before(above)
    if behind == len(layout.text):
        return top, end
    return start, behind if top < start or start == 0 else end


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
