"""Finding links, mentions and hashtags in a text, for platforms that do not find them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import regex

MOST_TAG_GRAPHEMES = 64
_BEFORE = r"(?:^|(?<=[\s(]))"
_LINK = re.compile(_BEFORE + r"https?://\S+", re.IGNORECASE)
_MENTION = re.compile(_BEFORE + r"@([a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)")
_HOST_PART = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")
_TAG = regex.compile(r"(?:^|(?<=\s))[#＃](?!\ufe0f)([^\s\u00ad\u2060\u200a-\u200d\u20e2]+)")
_TAG_END = regex.compile(r"\p{P}+$")
_SENTENCE_END = ".,;:!?'\""
_LONGEST_HOST = 253


class Kind(StrEnum):
    """What a piece of text stands for."""

    LINK = "link"
    MENTION = "mention"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Span:
    """One piece of a text by its bytes in UTF-8; `value` is the address, the name or the tag."""

    kind: Kind
    value: str
    start: int
    end: int


def spans_of(text: str) -> list[Span]:
    """Every span in order; one inside another is left out."""
    found = [*_links(text), *_mentions(text), *_tags(text)]
    found.sort(key=lambda span: span[2])
    kept: list[Span] = []
    end = 0
    for kind, value, start, stop in found:
        if start >= end:
            end = stop
            kept.append(Span(kind, value, _bytes(text[:start]), _bytes(text[:stop])))
    return kept


_Found = tuple[Kind, str, int, int]


def _links(text: str) -> Iterator[_Found]:
    for match in _LINK.finditer(text):
        address = _without_the_sentence(match[0])
        if not address.endswith("//"):
            yield Kind.LINK, address, match.start(), match.start() + len(address)


def _without_the_sentence(address: str) -> str:
    """Take off what ends the sentence around it, and a bracket that was opened before it."""
    shorter = address.rstrip(_SENTENCE_END)
    if shorter.endswith(")") and shorter.count(")") > shorter.count("("):
        shorter = shorter[:-1]
    return address if shorter == address else _without_the_sentence(shorter)


def _mentions(text: str) -> Iterator[_Found]:
    """Only full host names are handles: `@acme` alone says nothing."""
    for match in _MENTION.finditer(text):
        parts = match[1].split(".")
        whole = len(parts) > 1 and all(_HOST_PART.fullmatch(part) for part in parts)
        if whole and len(match[1]) <= _LONGEST_HOST and parts[-1][0].isalpha():
            yield Kind.MENTION, match[1], match.start(), match.end()


def _tags(text: str) -> Iterator[_Found]:
    for match in _TAG.finditer(text):
        tag = _TAG_END.sub("", match[1])
        if tag and not tag.isdecimal() and len(tag) <= MOST_TAG_GRAPHEMES:
            yield Kind.TAG, tag, match.start(), match.start() + 1 + len(tag)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
