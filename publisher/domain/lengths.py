"""How long a text is, counted as its platform counts it.

Unicode's tables are not in the standard library, so they are handed in (`Unicode`);
`files/unicode_tables.py` has them.
"""

import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from unicodedata import normalize

from publisher.domain.limits import Counting
from publisher.domain.links import Span, find_links

LINK = 23  # X (twitter-text v3, transformedURLLength) and Mastodon (its server's URL placeholder)
_LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
_WIDE = 2
_WEB = re.compile(r"https?://[^\s<>\"“”«»]*[^\s<>\"“”«».,:;!?'()\[\]{}]", re.IGNORECASE)
_NAME = r"[A-Za-z0-9_]++(?:[.-]++[A-Za-z0-9_]++)*+"
_MENTION = re.compile(rf"(?<![\w/=])@({_NAME})@\w++(?:[.-]++\w++)*+")
_HASHTAG = re.compile(r"(?<![\w&/])[#＃](?=\w*[^\W\d_])\w+")
_AT = re.compile(r"(?<![\w/.])[@＠][\w.]*\w")
_CASHTAG = re.compile(r"(?<![\w$])\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?![\w$])")
_RESERVED = re.compile(r"[|{}@\[\]()<>\\*_~]|#(?!\w)")


@dataclass(frozen=True, slots=True)
class Unicode:
    """`graphemes` counts them; `emoji` gives the spans of emoji sequences, in order."""

    graphemes: Callable[[str], int]
    emoji: Callable[[str], Sequence[Span]]
    top_level_domains: Callable[[], AbstractSet[str]]


def length(text: str, counting: Counting, unicode: Unicode) -> int:
    """Count `text` as a platform with this way of counting does."""
    match counting:
        case Counting.CHARACTERS:
            return len(text)
        case Counting.UTF8:
            return len(text.encode("utf-8", "surrogatepass"))
        case Counting.UTF16:
            return len(text.encode("utf-16-le", "surrogatepass")) // 2
        case Counting.ESCAPED:
            return len(escaped(text))
        case Counting.GRAPHEMES:
            return unicode.graphemes(text)
        case Counting.MASTODON:
            return unicode.graphemes(_MENTION.sub(r"@\1", _WEB.sub("x" * LINK, text)))
        case Counting.THREADS:
            return _threads(text, unicode)
        case Counting.WEIGHTED:
            return _weighted(text, unicode)


def escaped(text: str) -> str:
    """LinkedIn's “little text”: reserved characters carry a backslash, hashtags stay as they are.

    An unescaped one does not fail: the rest of the text would be dropped.
    """
    return _RESERVED.sub(r"\\\g<0>", text)


def hashtags(text: str) -> int:
    return len(_HASHTAG.findall(text))


def mentions(text: str) -> int:
    return len(_AT.findall(text))


def cashtags(text: str) -> int:
    return len(_CASHTAG.findall(text))


def _threads(text: str, unicode: Unicode) -> int:
    emoji = sum(len(text[start:end].encode()) - (end - start) for start, end in unicode.emoji(text))
    return len(text) + emoji


def _weighted(text: str, unicode: Unicode) -> int:
    """twitter-text, configuration v3: NFC; what is light weighs 1, an emoji and all else 2."""
    text = normalize("NFC", text)
    links = find_links(text, unicode.top_level_domains) if "." in text else []
    heavy = [(start, end, LINK) for start, end in links]
    heavy += [(start, end, _WIDE) for start, end in unicode.emoji(text)]
    total, here = 0, 0
    for start, end, weight in sorted(heavy):
        if start < here:
            continue
        total += _plain(text[here:start]) + weight
        here = end
    return total + _plain(text[here:])


def _plain(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(1 if _is_light(ord(character)) else _WIDE for character in text)


def _is_light(point: int) -> bool:
    return any(first <= point <= last for first, last in _LIGHT)
