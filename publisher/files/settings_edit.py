"""Changing one setting in a file that people write: every other byte stays."""

import re

_PAUSED = re.compile(
    rb"""^((?:paused|'paused'|"paused")[ \t]*:)([ \t]*)([^\s#]*)([ \t]*)""", re.MULTILINE
)


def with_paused(text: bytes, *, paused: bool) -> bytes:
    """The same copydesk.yaml with `paused` set; the line is added at the end when missing."""
    word = b"true" if paused else b"false"
    found = _PAUSED.search(text)
    if found:
        name, gap, old, rest = found.groups()
        line = name + (gap or b" ") + word + (rest if old else gap)
        return text[: found.start()] + line + text[found.end() :]
    end = b"\r\n" if b"\r\n" in text else b"\n"
    gap = b"" if not text or text.endswith(b"\n") else end
    return text + gap + b"paused: " + word + end
