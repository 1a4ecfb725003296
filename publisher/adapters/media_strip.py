"""Taking metadata out of JPEG and PNG files without touching the picture."""

import struct
from collections.abc import Iterator

from PIL import ExifTags, Image

_SOI, _EOI, _SOS = b"\xff\xd8", 0xD9, 0xDA
_TELLING = frozenset({0xE1, 0xED, 0xFE})  # EXIF and XMP, IPTC, comments
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_PNG_SIGNATURE = 8
_PNG_TELLING = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})


def stripped_jpeg(data: bytes, orientation: int) -> bytes:
    """Leave out EXIF, XMP, IPTC and comments; what turns the picture upright stays.

    Raises ValueError for what is no whole JPEG. What follows the first picture is dropped.
    """
    kept = [piece for marker, piece in _jpeg_pieces(data) if marker not in _TELLING]
    return b"".join((_SOI, _turning(orientation), *kept))


def stripped_png(data: bytes) -> bytes:
    """Leave out EXIF, texts and the time; raise ValueError for what is no whole PNG."""
    kept = [data[:_PNG_SIGNATURE]]
    at = _PNG_SIGNATURE
    while at < len(data):
        if at + 8 > len(data):
            raise ValueError("a chunk is cut short")
        length, name = struct.unpack(">I4s", data[at : at + 8])
        end = at + 12 + length
        if name not in _PNG_TELLING:
            kept.append(data[at:end])
        at = end
        if name == b"IEND":
            return b"".join(kept)
    raise ValueError("the end is missing")


def _jpeg_pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Every segment with its marker, from after SOI to EOI; the coded picture goes with its SOS."""
    at = len(_SOI)
    while at + 4 <= len(data):
        if data[at] != 0xFF:  # noqa: PLR2004 - the marker prefix
            raise ValueError("a marker is missing")
        marker = data[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 - fill bytes before a marker
            at += 1
            continue
        end = at + 2
        if marker not in _WITHOUT_LENGTH:
            end += int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SOS:
            end = _end_of_scan(data, end)
        yield marker, data[at:end]
        at = end
        if data[at : at + 2] == bytes((0xFF, _EOI)):
            yield _EOI, data[at : at + 2]
            return
    raise ValueError("the end is missing")


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker stands that is neither a stuffed byte nor a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise ValueError("the picture is cut short")
        if data[at + 1] != 0 and data[at + 1] not in _WITHOUT_LENGTH:
            return at
        at += 2


def _turning(orientation: int) -> bytes:
    if orientation in {0, 1}:
        return b""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    body = exif.tobytes()
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body
