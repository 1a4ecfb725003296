"""Changing one setting in a file that people write: every other byte stays."""

import re

_PAUSED = re.compile(rb"^(paused[ \t]*:[ \t]*)([^\s#]+)", re.MULTILINE)


def with_paused(text: bytes, *, paused: bool) -> bytes:
    """The same copydesk.yaml with `paused` set; the line is added at the end when missing."""
    word = b"true" if paused else b"false"
    edited, found = _PAUSED.subn(rb"\g<1>" + word, text, count=1)
    if found:
        return edited
    end = b"\r\n" if b"\r\n" in text else b"\n"
    gap = b"" if not text or text.endswith(b"\n") else end
    return text + gap + b"paused: " + word + end
