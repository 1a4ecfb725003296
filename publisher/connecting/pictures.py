"""The size of a picture, read from its first bytes without decoding it."""

import struct
from collections.abc import Iterator

_PNG = b"\x89PNG\r\n\x1a\n"
_LOSSY_KEY = b"\x9d\x01\x2a"
_MARK = 0xFF
# JPEG frames; the rest of C0–CF are tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})

Size = tuple[int, int]


def size_of(data: bytes) -> Size | None:
    """Width and height in pixels of a PNG, JPEG, GIF or WebP as it is stored; None: unknown."""
    try:
        found = next(_sizes(data), None)
    except (struct.error, IndexError):
        return None
    return found if found and min(found) > 0 else None


def _sizes(data: bytes) -> Iterator[Size]:
    if data.startswith(_PNG):
        yield struct.unpack_from(">II", data, 16)
    elif data.startswith((b"GIF87a", b"GIF89a")):
        yield struct.unpack_from("<HH", data, 6)
    elif data.startswith(b"\xff\xd8"):
        yield from _jpeg(data)
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        yield from _webp(data)


def _jpeg(data: bytes) -> Iterator[Size]:
    at = 2
    while at < len(data):
        if data[at] != _MARK:
            return
        marker = data[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            yield width, height
            return
        if marker == _MARK:
            at += 1
        elif marker in _STANDALONE:
            at += 2
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]


def _webp(data: bytes) -> Iterator[Size]:
    match data[12:16]:
        case b"VP8X":
            yield _little(data, 24) + 1, _little(data, 27) + 1
        case b"VP8L":
            bits = struct.unpack_from("<I", data, 21)[0]
            yield (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 " if data[23:26] == _LOSSY_KEY:
            width, height = struct.unpack_from("<HH", data, 26)
            yield width & 0x3FFF, height & 0x3FFF


def _little(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")
