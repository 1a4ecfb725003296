"""Unicode's tables for `domain/lengths.py`: graphemes, emoji, and the domains that X knows."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.domain.lengths import Unicode
from publisher.domain.links import Span

if TYPE_CHECKING:
    import regex

_FLAG = r"[\U0001F1E6-\U0001F1FF]{2}"
_EMOJI = (
    _FLAG + r"|[0-9#*]\uFE0F?\u20E3"  # keycaps
    r"|[©®]\uFE0F"
    r"|(?![©®])\p{Extended_Pictographic}(?!\uFE0E)"
    r"(?:\uFE0F|[\U0001F3FB-\U0001F3FF])?"
    r"(?:[\U000E0020-\U000E007E]+\U000E007F)?"  # flags of England, Scotland, Wales
    r"(?:\u200D[\p{Extended_Pictographic}♀♂](?:\uFE0F|[\U0001F3FB-\U0001F3FF])?)*+"
    r"|[\U0001F3FB-\U0001F3FF]"
)


def _graphemes(text: str) -> int:
    if text.isascii():
        return len(text) - text.count("\r\n")
    # a long row of flags would make \X quadratic: each pair becomes one letter first
    return len(_pattern(r"\X").findall(_pattern(_FLAG).sub("x", text)))


def clusters(text: str) -> list[str]:
    """Return what a reader takes for one character each."""
    return list(text) if text.isascii() else list(_pattern(r"\X").findall(text))


def _emoji(text: str) -> Sequence[Span]:
    return [] if text.isascii() else [match.span() for match in _pattern(_EMOJI).finditer(text)]


@cache
def _pattern(pattern: str) -> "regex.Pattern[str]":
    import regex  # noqa: PLC0415 - 14 ms that a text in ASCII does without

    return regex.compile(pattern)


@cache
def _top_level_domains() -> frozenset[str]:
    text = Path(__file__).with_name("tlds.txt").read_text(encoding="utf-8")
    return frozenset(
        name for line in text.splitlines() if not line.startswith("#") for name in line.split()
    )


UNICODE = Unicode(_graphemes, _emoji, _top_level_domains)
