"""What people wrote, inside Markdown on GitHub: it acts on nothing and mentions nobody."""

import re
from html import escape

_JOINER = "\u2060"  # GitHub looks for mentions after Markdown's escapes are gone
_CALLS = re.compile(r"([@#])(?=\w)")
_SPACE = re.compile(r"\s+")
_MARKS = re.compile(r"([\\`*_\[\]|~!])")


def plain(text: str) -> str:
    """Return one line of Markdown that shows the text as it is."""
    return _MARKS.sub(r"\\\1", in_html(text))


def in_html(text: str) -> str:
    """Return one line for inside an HTML element, where Markdown's escapes would show."""
    return _CALLS.sub(rf"\1{_JOINER}", escape(_SPACE.sub(" ", text)))


def spoken(text: str) -> str:
    """Return a sentence of ours: what stands between backticks is code, the rest is plain."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return plain(text)
    return "".join(code(one) if at % 2 else plain(one) for at, one in enumerate(pieces))


def code(text: str) -> str:
    """Return a code span."""
    return f"`{' '.join(text.replace('`', '').split())}`"


def code_block(text: str) -> str:
    """Return a code block that no text in it can end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"
